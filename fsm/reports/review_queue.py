"""The review queue (product.md 10): posted entries that nobody has looked at, those most worth a look first.

Each reason has a weight; an entry stands by the sum of its own, then the newest first.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from fsm.core.db import session, total
from fsm.core.formats import local_day
from fsm.core.money import percentage_of
from fsm.invoices.models import Invoice, InvoiceKind, InvoiceLine
from fsm.ledger.models import EntryReview, Journal, JournalEntry, JournalLine, ReviewState
from fsm.reports.spans import Span
from fsm.service_orders.models import PartUsed, WorkClaim

LARGE = Decimal("5000.00")
LOW_MARGIN = Decimal(20)  # per cent of the net that is left above the cost of parts
LOOKED_THROUGH = 2_000  # the newest entries of the period
SHOWN = 100


class Reason(StrEnum):
    """Why an entry is worth a look."""

    BACKDATED = "backdated"
    LARGE = "large"
    LOW_MARGIN = "low_margin"
    PRICE_CHANGED = "price_changed"
    CREDIT = "credit"
    REVERSAL = "reversal"


REASONS: dict[Reason, tuple[int, Any]] = {
    Reason.BACKDATED: (32, _l("backdated")),
    Reason.LARGE: (16, _l("large")),
    Reason.LOW_MARGIN: (8, _l("low margin")),
    Reason.PRICE_CHANGED: (4, _l("price changed")),
    Reason.CREDIT: (2, _l("credit note")),
    Reason.REVERSAL: (1, _l("reversal")),
}


@dataclass(frozen=True, slots=True)
class QueueRow:
    """An entry of the queue; ``amount`` is its debit in EUR."""

    entry: JournalEntry
    amount: Decimal
    reasons: tuple[Reason, ...]
    review: EntryReview | None = None

    @property
    def labels(self) -> list[str]:
        """The reasons in words."""
        return [str(REASONS[reason][1]) for reason in self.reasons]


@dataclass(frozen=True, slots=True)
class Queue:
    """``waiting`` of the period, at most ``LOOKED_THROUGH``; the rows are the first ``SHOWN`` of them."""

    rows: Sequence[QueueRow]
    waiting: int


def waiting(span: Span, only: Reason | None = None) -> Queue:
    """Entries of the period without a mark, those with the gravest reasons first."""
    query = (
        _listed(span).outerjoin(EntryReview, EntryReview.entry_id == JournalEntry.id).where(EntryReview.id.is_(None))
    )
    rows = _rows(list(session.scalars(query.limit(LOOKED_THROUGH))))
    if only:
        rows = [row for row in rows if only in row.reasons]
    rows.sort(key=lambda row: (-sum(REASONS[reason][0] for reason in row.reasons), -row.entry.id))
    return Queue(rows[:SHOWN], len(rows))


def marked(span: Span, state: ReviewState) -> Queue:
    """Entries of the period with this mark, the newest first."""
    query = _listed(span).join(EntryReview, EntryReview.entry_id == JournalEntry.id).where(EntryReview.state == state)
    entries = list(session.scalars(query.limit(LOOKED_THROUGH)))
    ids = [entry.id for entry in entries[:SHOWN]]
    reviews = {
        row.entry_id: row for row in session.scalars(sa.select(EntryReview).where(EntryReview.entry_id.in_(ids)))
    }
    rows = [QueueRow(row.entry, row.amount, row.reasons, reviews[row.entry.id]) for row in _rows(entries[:SHOWN])]
    return Queue(rows, len(entries))


def count(span: Span) -> int:
    """How many of the period wait, at most ``LOOKED_THROUGH``."""
    query = (
        sa.select(JournalEntry.id)
        .outerjoin(EntryReview, EntryReview.entry_id == JournalEntry.id)
        .where(EntryReview.id.is_(None), *_within(span))
        .limit(LOOKED_THROUGH)
    )
    return session.scalar(sa.select(sa.func.count()).select_from(query.subquery())) or 0


def _within(span: Span) -> tuple[sa.ColumnElement[bool], ...]:
    return (JournalEntry.posted_at.is_not(None), JournalEntry.entry_date.between(span.first_day, span.last_day))


def _listed(span: Span) -> sa.Select[JournalEntry]:
    return (
        sa.select(JournalEntry).where(*_within(span)).order_by(JournalEntry.entry_date.desc(), JournalEntry.id.desc())
    )


def _rows(entries: Sequence[JournalEntry]) -> list[QueueRow]:
    amounts = _amounts([entry.id for entry in entries])
    documents = {entry.source_id for entry in entries if entry.issues_document}
    invoices = dict(session.execute(sa.select(Invoice.id, Invoice.kind).where(Invoice.id.in_(documents))).all())
    poor, changed = _of_low_margin(invoices), _with_changed_prices(invoices)
    return [
        QueueRow(entry, amounts.get(entry.id, Decimal(0)), tuple(_reasons(entry, amounts, invoices, poor, changed)))
        for entry in entries
    ]


def _reasons(
    entry: JournalEntry,
    amounts: Mapping[int, Decimal],
    invoices: Mapping[int, InvoiceKind],
    poor: set[int],
    changed: set[int],
) -> Iterable[Reason]:
    document = entry.source_id if entry.issues_document else 0
    # Money is often registered a day after it came; a document bears the day on which it is made.
    posted_on = local_day(entry.posted_at)
    if entry.journal is Journal.SALES and posted_on and entry.entry_date < posted_on:
        yield Reason.BACKDATED
    if amounts.get(entry.id, 0) >= LARGE:
        yield Reason.LARGE
    if document in poor:
        yield Reason.LOW_MARGIN
    if document in changed:
        yield Reason.PRICE_CHANGED
    if invoices.get(document) is InvoiceKind.CREDIT_NOTE:
        yield Reason.CREDIT
    if entry.reverses_id:
        yield Reason.REVERSAL


def _amounts(ids: Sequence[int]) -> dict[int, Decimal]:
    query = sa.select(JournalLine.entry_id, total(JournalLine.debit)).where(JournalLine.entry_id.in_(ids))
    return dict(session.execute(query.group_by(JournalLine.entry_id)).all())


def _of_low_margin(invoices: Mapping[int, InvoiceKind]) -> set[int]:
    """Invoices on which parts with a known cost bring less than the wanted share of their net."""
    ids = [row_id for row_id, kind in invoices.items() if kind is InvoiceKind.INVOICE]
    nets: dict[int, Decimal] = defaultdict(Decimal)
    costs: dict[int, Decimal] = defaultdict(Decimal)
    query = sa.select(InvoiceLine.invoice_id, InvoiceLine.net, InvoiceLine.unit_cost, InvoiceLine.quantity)
    for line in session.execute(query.where(InvoiceLine.invoice_id.in_(ids), InvoiceLine.unit_cost > 0)):
        nets[line.invoice_id] += line.net
        costs[line.invoice_id] += line.unit_cost * line.quantity
    return {row_id for row_id, net in nets.items() if net - costs[row_id] < percentage_of(net, LOW_MARGIN)}


def _with_changed_prices(invoices: Mapping[int, InvoiceKind]) -> set[int]:
    """Invoices that bill a part at another price than the one it was given when it was used."""
    query = (
        sa.select(InvoiceLine.invoice_id)
        .join(WorkClaim, sa.and_(WorkClaim.bill_kind == "invoice", WorkClaim.bill_line_id == InvoiceLine.id))
        .join(PartUsed, PartUsed.id == WorkClaim.part_used_id)
        .where(InvoiceLine.invoice_id.in_(list(invoices)), PartUsed.unit_price != InvoiceLine.amount)
    )
    return set(session.scalars(query.distinct()))
