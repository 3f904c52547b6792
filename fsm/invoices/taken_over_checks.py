"""What must always be true of documents of a former program; a sentence per violation."""

import functools
from collections.abc import Iterator

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import aliased

from fsm.invoices.models import Invoice, InvoiceState
from fsm.invoices.taken_over import SOURCE_KIND
from fsm.invoices.taken_over_models import TakenOver
from fsm.ledger.checks import AnySelect, streamed
from fsm.ledger.models import ItemKind, ItemMovement, JournalEntry, MovementRole, OpenItem


def taken_over_has_its_entry() -> Iterator[str]:
    """Each has its entry, reversed exactly if it is undone, and an open item that began with what was due."""
    for (number,) in streamed(_that_disagree()):
        yield _(
            "%(number)s of the former program: its journal entry or open item does not agree with it.", number=number
        )
    for (number,) in streamed(_stray_items()):
        yield _("%(number)s is due, but no document of a former program has that number.", number=number)


@functools.cache
def _that_disagree() -> AnySelect:
    reversal = aliased(JournalEntry)
    return (
        sa.select(TakenOver.number)
        .outerjoin(JournalEntry, JournalEntry.id == TakenOver.entry_id)
        .outerjoin(reversal, reversal.reverses_id == TakenOver.entry_id)
        .outerjoin(OpenItem, sa.and_(OpenItem.kind == ItemKind.TAKEN_OVER, OpenItem.source_id == TakenOver.id))
        .outerjoin(
            ItemMovement,
            sa.and_(
                ItemMovement.entry_id == TakenOver.entry_id,
                ItemMovement.open_item_id == OpenItem.id,
                ItemMovement.role == MovementRole.INVOICED,
                ItemMovement.amount == TakenOver.due,
            ),
        )
        .where(
            sa.or_(
                JournalEntry.id.is_(None),
                JournalEntry.source_kind != SOURCE_KIND,
                JournalEntry.source_id != TakenOver.id,
                JournalEntry.entry_date != TakenOver.taken_over_on,
                sa.func.coalesce(reversal.id, 0) != sa.func.coalesce(TakenOver.undone_entry_id, 0),
                OpenItem.id.is_(None),
                OpenItem.customer_id != TakenOver.customer_id,
                OpenItem.currency != TakenOver.currency,
                ItemMovement.id.is_(None),
            )
        )
        .order_by(TakenOver.id)
    )


@functools.cache
def _stray_items() -> AnySelect:
    return (
        sa.select(OpenItem.source_number)
        .outerjoin(TakenOver, TakenOver.id == OpenItem.source_id)
        .where(OpenItem.kind == ItemKind.TAKEN_OVER, TakenOver.id.is_(None))
        .order_by(OpenItem.id)
    )


def taken_over_not_credited_beyond_its_total() -> Iterator[str]:
    """Posted credit notes take back no more than the document came to in the former program."""
    for (number,) in streamed(_exceeded()):
        yield _("%(number)s: the credit notes come to more than its total.", number=number)


@functools.cache
def _exceeded() -> AnySelect:
    return (
        sa.select(TakenOver.number)
        .join(Invoice, Invoice.corrects_taken_over_id == TakenOver.id)
        .where(Invoice.state == InvoiceState.POSTED)
        .group_by(TakenOver.id, TakenOver.number, TakenOver.total)
        .having(sa.func.sum(Invoice.total_with_tax) > TakenOver.total)
        .order_by(TakenOver.id)
    )
