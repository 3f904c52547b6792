"""What must always be true of payments; each function yields a sentence per violation (accounting.md 8)."""

import functools
from collections.abc import Iterator
from decimal import Decimal

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import aliased

from fsm.core.db import total
from fsm.core.types import AMOUNT
from fsm.ledger.checks import AnySelect, streamed
from fsm.ledger.models import ItemKind, ItemMovement, JournalEntry, MovementRole, OpenItem
from fsm.payments.models import Payment, PaymentKind, PaymentPart, WriteOff

NOTHING = sa.literal(Decimal(0), AMOUNT)
SOURCE_KIND = "payment"


def payments_have_their_entry() -> Iterator[str]:
    """A payment has its entry, reversed exactly if it is undone; its parts are the movements of that entry."""
    for (payment_id,) in streamed(_entries_that_disagree()):
        yield _("Payment %(id)s and its journal entry do not agree.", id=payment_id)
    for (payment_id,) in streamed(_parts_that_are_not_movements()):
        yield _("Payment %(id)s: its parts are not what its entry moved.", id=payment_id)


@functools.cache
def _entries_that_disagree() -> AnySelect:
    reversal = aliased(JournalEntry)
    return (
        sa.select(Payment.id)
        .outerjoin(JournalEntry, JournalEntry.id == Payment.entry_id)
        .outerjoin(reversal, reversal.reverses_id == Payment.entry_id)
        .where(
            sa.or_(
                JournalEntry.id.is_(None),
                JournalEntry.source_kind != SOURCE_KIND,
                JournalEntry.source_id != Payment.id,
                JournalEntry.entry_date != Payment.paid_on,
                sa.func.coalesce(reversal.id, 0) != sa.func.coalesce(Payment.undone_entry_id, 0),
                Payment.undone_at.is_(None) != Payment.undone_entry_id.is_(None),
            )
        )
        .order_by(Payment.id)
    )


@functools.cache
def _parts_that_are_not_movements() -> AnySelect:
    roles = {
        MovementRole.PAID: PaymentPart.amount,
        MovementRole.DISCOUNT: PaymentPart.discount,
        MovementRole.DIFFERENCE: PaymentPart.difference,
    }
    parts = [
        sa.select(
            PaymentPart.payment_id.label("payment_id"),
            PaymentPart.open_item_id,
            sa.literal(role.value).label("role"),
            column.label("amount"),
        )
        for role, column in roles.items()
    ]
    moved = (
        sa.select(
            Payment.id,
            ItemMovement.open_item_id,
            sa.cast(ItemMovement.role, sa.String),
            ItemMovement.amount,
        )
        .join(ItemMovement, ItemMovement.entry_id == Payment.entry_id)
        .where(Payment.entry_id.is_not(None))
    )
    both = sa.union_all(*parts, moved).subquery()
    return (
        sa.select(both.c.payment_id)
        .group_by(both.c.payment_id, both.c.open_item_id, both.c.role)
        .having(sa.func.sum(both.c.amount) != 0)
        .order_by(both.c.payment_id)
    )


def write_offs_have_their_entry() -> Iterator[str]:
    """A write-off has its entry, reversed exactly if it is undone; what stands is what the open items say is given up."""
    for (write_off_id,) in streamed(_write_offs_that_disagree()):
        yield _("Write-off %(id)s and its journal entry do not agree.", id=write_off_id)
    for (number,) in streamed(_written_off_otherwise()):
        yield _("%(number)s: its write-offs are not what its open item says.", number=number)


@functools.cache
def _write_offs_that_disagree() -> AnySelect:
    reversal = aliased(JournalEntry)
    moved = sa.exists().where(
        ItemMovement.entry_id == WriteOff.entry_id,
        ItemMovement.open_item_id == WriteOff.open_item_id,
        ItemMovement.role == MovementRole.WRITTEN_OFF,
        ItemMovement.amount == -WriteOff.amount,
        ItemMovement.amount_eur == -WriteOff.amount_eur,
    )
    return (
        sa.select(WriteOff.id)
        .outerjoin(JournalEntry, JournalEntry.id == WriteOff.entry_id)
        .outerjoin(reversal, reversal.reverses_id == WriteOff.entry_id)
        .where(
            sa.or_(
                JournalEntry.id.is_(None),
                JournalEntry.source_kind != "write_off",
                JournalEntry.source_id != WriteOff.id,
                JournalEntry.entry_date != WriteOff.written_off_on,
                sa.func.coalesce(reversal.id, 0) != sa.func.coalesce(WriteOff.undone_entry_id, 0),
                WriteOff.undone_at.is_(None) != WriteOff.undone_entry_id.is_(None),
                ~moved,
            )
        )
        .order_by(WriteOff.id)
    )


@functools.cache
def _written_off_otherwise() -> AnySelect:
    standing = (
        sa.select(WriteOff.open_item_id, total(WriteOff.amount).label("amount"))
        .where(WriteOff.undone_at.is_(None))
        .group_by(WriteOff.open_item_id)
        .subquery()
    )
    return (
        sa.select(OpenItem.source_number)
        .outerjoin(standing, standing.c.open_item_id == OpenItem.id)
        .where(OpenItem.written_off != sa.func.coalesce(standing.c.amount, NOTHING))
        .order_by(OpenItem.id)
    )


def on_account_items_right() -> Iterator[str]:
    """What waits on account came by a payment of that customer that is not undone."""
    for (number,) in streamed(_stray_on_account()):
        yield _("What waits on account of %(number)s is not what that payment left.", number=number)


@functools.cache
def _stray_on_account() -> AnySelect:
    return (
        sa.select(OpenItem.source_number)
        .outerjoin(Payment, Payment.id == OpenItem.source_id)
        .where(
            OpenItem.kind == ItemKind.ON_ACCOUNT,
            sa.or_(
                Payment.id.is_(None),
                Payment.kind != PaymentKind.PAYMENT,
                Payment.customer_id != OpenItem.customer_id,
                Payment.currency != OpenItem.currency,
                sa.and_(
                    Payment.undone_at.is_not(None),
                    sa.or_(OpenItem.balance != NOTHING, OpenItem.balance_eur != NOTHING),
                ),
            ),
        )
        .order_by(OpenItem.id)
    )
