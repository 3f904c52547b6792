"""What must always be true of documents and of what the books say about them; a sentence per violation (accounting.md 8)."""

import functools
import json
from collections.abc import Iterator
from decimal import Decimal

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import aliased

from fsm.core.db import total
from fsm.core.types import AMOUNT
from fsm.documents.canonical import sha256
from fsm.documents.models import PrintedFacts
from fsm.invoices.drafts import BILL_KIND
from fsm.invoices.models import Invoice, InvoiceKind, InvoiceLine, InvoiceServiceOrder, InvoiceState
from fsm.ledger.checks import AnySelect, holes, streamed
from fsm.ledger.models import (
    ItemKind,
    JournalEntry,
    JournalLine,
    OpenItem,
)
from fsm.service_orders.models import WorkClaim

NOTHING = sa.literal(Decimal(0), AMOUNT)
IS_POSTED = Invoice.state == InvoiceState.POSTED
IS_ISSUED = Invoice.state.in_([InvoiceState.POSTED, InvoiceState.WITHDRAWN])
ITS_ITEM = sa.and_(
    OpenItem.source_id == Invoice.id, sa.cast(OpenItem.kind, sa.String) == sa.cast(Invoice.kind, sa.String)
)


def receivable_equals_amount_due() -> Iterator[str]:
    """Every posted document has its open item, over its own total; no other open item of documents has a balance."""
    for number, item_id in streamed(_items_that_differ()):
        if item_id is None:
            yield _("%(number)s has no open item.", number=number)
        else:
            yield _("%(number)s: its open item is of another customer, currency or total.", number=number)
    for number, balance in streamed(_stray_items()):
        yield _("%(number)s is due %(balance)s, but is no posted document.", number=number, balance=balance)


@functools.cache
def _stray_items() -> AnySelect:
    return (
        sa.select(OpenItem.source_number, OpenItem.balance)
        .outerjoin(Invoice, ITS_ITEM)
        .where(
            OpenItem.kind.in_([ItemKind.INVOICE, ItemKind.CREDIT_NOTE]),
            sa.or_(OpenItem.balance != NOTHING, OpenItem.balance_eur != NOTHING),
            sa.or_(Invoice.id.is_(None), ~IS_POSTED),
        )
        .order_by(OpenItem.id)
    )


@functools.cache
def _items_that_differ() -> AnySelect:
    differs = sa.or_(
        OpenItem.customer_id != Invoice.customer_id,
        OpenItem.currency != Invoice.currency,
        sa.and_(Invoice.kind == InvoiceKind.INVOICE, OpenItem.invoiced != Invoice.total_with_tax),
    )
    return (
        sa.select(Invoice.number, OpenItem.id)
        .outerjoin(OpenItem, ITS_ITEM)
        .where(IS_POSTED, sa.or_(OpenItem.id.is_(None), differs))
        .order_by(Invoice.id)
    )


def counters_without_hole() -> Iterator[str]:
    """Posted documents run from the first number of each counter to its last; withdrawn ones stand beside them."""
    for kind in InvoiceKind:
        yield from holes(_numbers(kind), kind.value)


@functools.cache
def _numbers(kind: InvoiceKind) -> AnySelect:
    return sa.select(
        Invoice.number_series.label("series"),
        Invoice.number_period.label("period"),
        Invoice.number_counter.label("number"),
    ).where(IS_POSTED, Invoice.number_series.startswith(f"{kind.value}:"))


def posted_has_one_issuing_entry() -> Iterator[str]:
    """A posted document has exactly one entry that issues it, a withdrawn one that and its reversal."""
    for number, entries, reversals in streamed(_issued_otherwise()):
        yield _(
            "%(number)s is issued by %(entries)s entries, of which %(reversals)s are reversed.",
            number=number,
            entries=entries or 0,
            reversals=reversals or 0,
        )
    for (entry_id,) in streamed(_issuing_nothing()):
        yield _("Entry %(id)s issues a document that is not posted.", id=entry_id)


@functools.cache
def _issuing() -> sa.Subquery:
    """Per document: how many entries issue it, the first of them, how many are reversed."""
    reversal = aliased(JournalEntry)
    return (
        sa.select(
            JournalEntry.source_id,
            sa.func.count().label("entries"),
            sa.func.min(JournalEntry.id).label("entry_id"),
            sa.func.count(reversal.id).label("reversals"),
        )
        .outerjoin(reversal, reversal.reverses_id == JournalEntry.id)
        .where(JournalEntry.issues_document, JournalEntry.source_kind == BILL_KIND)
        .group_by(JournalEntry.source_id)
        .subquery()
    )


@functools.cache
def _issuing_nothing() -> AnySelect:
    issuing = _issuing()
    stray = sa.select(issuing.c.entry_id).outerjoin(Invoice, Invoice.id == issuing.c.source_id)
    return stray.where(sa.or_(Invoice.id.is_(None), ~IS_ISSUED))


@functools.cache
def _issued_otherwise() -> AnySelect:
    issuing = _issuing()
    is_withdrawn = sa.case((Invoice.state == InvoiceState.WITHDRAWN, 1), else_=0)
    return (
        sa.select(Invoice.number, issuing.c.entries, issuing.c.reversals)
        .outerjoin(issuing, issuing.c.source_id == Invoice.id)
        .where(
            IS_ISSUED,
            sa.or_(
                sa.func.coalesce(issuing.c.entries, 0) != 1,
                issuing.c.entry_id != Invoice.entry_id,
                issuing.c.reversals != is_withdrawn,
            ),
        )
        .order_by(Invoice.id)
    )


def document_total_equals_receivable_lines() -> Iterator[str]:
    """A document's total is that of its receivable lines, of what was printed, and of what the hash chain covers."""
    for row in streamed(_issued_with_receivable()):
        sign = -1 if row.kind is InvoiceKind.CREDIT_NOTE else 1
        if (row.amount or 0) * sign != row.total_with_tax:
            yield _(
                "%(number)s: its total is %(total)s, its receivable lines come to %(amount)s.",
                number=row.number,
                total=row.total_with_tax,
                amount=(row.amount or 0) * sign,
            )
        if row.facts is None:
            yield _("%(number)s: what was printed on it is missing.", number=row.number)
        elif not row.sha256 == row.facts_hash == sha256(row.facts):
            yield _("%(number)s: what was printed on it has been changed.", number=row.number)
        elif Decimal(json.loads(row.facts)["totals"]["total_with_tax"]) != row.total_with_tax:
            yield _("%(number)s: its total is not the one that was printed.", number=row.number)


@functools.cache
def _issued_with_receivable() -> AnySelect:
    receivable = (
        sa.select(
            JournalLine.entry_id,
            (total(JournalLine.currency_debit) - total(JournalLine.currency_credit)).label("amount"),
        )
        .where(JournalLine.open_item_id.is_not(None))
        .group_by(JournalLine.entry_id)
        .subquery()
    )
    return (
        sa.select(
            Invoice.number,
            Invoice.kind,
            Invoice.total_with_tax,
            receivable.c.amount,
            JournalEntry.facts_hash,
            PrintedFacts.facts,
            PrintedFacts.sha256,
        )
        .join(JournalEntry, JournalEntry.id == Invoice.entry_id)
        .outerjoin(receivable, receivable.c.entry_id == Invoice.entry_id)
        .outerjoin(
            PrintedFacts,
            sa.and_(PrintedFacts.document_kind == BILL_KIND, PrintedFacts.document_id == Invoice.id),
        )
        .where(IS_ISSUED)
        .order_by(Invoice.id)
    )


def claims_equal_lines_of_live_invoices() -> Iterator[str]:
    """Each live claim is on a line of a draft or, final, of a posted invoice, which names the service order."""
    for claim_id, bill_id in streamed(_unsound_claims()):
        yield _("Claim %(id)s is not that of a line of a live invoice (%(invoice)s).", id=claim_id, invoice=bill_id)


@functools.cache
def _unsound_claims() -> AnySelect:
    is_final_when_posted = sa.or_(
        sa.and_(Invoice.state == InvoiceState.DRAFT, ~WorkClaim.is_final), sa.and_(IS_POSTED, WorkClaim.is_final)
    )
    sound = sa.and_(
        Invoice.kind == InvoiceKind.INVOICE,
        InvoiceLine.invoice_id == WorkClaim.bill_id,
        is_final_when_posted,
        InvoiceServiceOrder.invoice_id.is_not(None),
    )
    return (
        sa.select(WorkClaim.id, WorkClaim.bill_id)
        .outerjoin(Invoice, Invoice.id == WorkClaim.bill_id)
        .outerjoin(InvoiceLine, InvoiceLine.id == WorkClaim.bill_line_id)
        .outerjoin(
            InvoiceServiceOrder,
            sa.and_(
                InvoiceServiceOrder.invoice_id == WorkClaim.bill_id,
                InvoiceServiceOrder.service_order_id == WorkClaim.service_order_id,
            ),
        )
        .where(WorkClaim.bill_kind == BILL_KIND, WorkClaim.released_at.is_(None), sa.func.coalesce(~sound, sa.true()))
        .order_by(WorkClaim.id)
    )
