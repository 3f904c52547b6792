"""The figures of the dashboard and of the integrity page: few queries, each on an index, whatever the books' size."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from fsm.core.db import session, total
from fsm.core.money import rounded
from fsm.core.numbering import NumberCounter, NumberSeries
from fsm.customers.models import Customer
from fsm.invoices.models import Invoice, InvoiceFollowUp, InvoiceKind, InvoiceSettings, InvoiceState
from fsm.ledger.models import FiscalYear, ItemKind, Journal, JournalEntry, JournalHead, OpenItem, Standing
from fsm.payments.models import Payment, PaymentKind
from fsm.service_orders.models import ServiceOrder
from fsm.service_orders.queries import ToInvoiceSummary, to_invoice_summary

ROWS = 8  # of each list on the dashboard
# In the very words of its partial index: SQLite does not take it for a bound value.
DONE_TO_BILL = sa.text("service_order.has_work_to_bill AND service_order.state = 'done'")
OWED = (ItemKind.INVOICE, ItemKind.TAKEN_OVER)


@dataclass(frozen=True, slots=True)
class Figure:
    """How many, and what they come to in EUR."""

    count: int
    value: Decimal


@dataclass(frozen=True, slots=True)
class Dashboard:
    """What waits to be done. ``counts_posted``: what is posted counts, else only what was sent (S0)."""

    counts_posted: bool
    to_invoice: ToInvoiceSummary
    drafts: Figure
    to_send: Figure
    to_collect: Figure
    overdue: Figure
    paid_this_month: Figure
    oldest_overdue: Sequence[sa.Row[OpenItem, str]]
    oldest_to_invoice: Sequence[sa.Row[ServiceOrder, str]]


def dashboard(today: dt.date) -> Dashboard:
    """All figures and lists of the office's start page."""
    counts_posted = bool(session.scalar(sa.select(InvoiceSettings.dashboard_counts_posted)))
    to_collect, overdue = _owed(today, counts_posted=counts_posted)
    return Dashboard(
        counts_posted=counts_posted,
        to_invoice=to_invoice_summary(today=today),
        drafts=_drafts(),
        to_send=_to_send(),
        to_collect=to_collect,
        overdue=overdue,
        paid_this_month=_paid(today.replace(day=1), today),
        oldest_overdue=_oldest_overdue(today, counts_posted=counts_posted),
        oldest_to_invoice=_oldest_to_invoice(),
    )


def _documents(condition: sa.ColumnElement[bool]) -> Figure:
    """Documents with their totals in EUR, credit notes negative; those of one exchange rate are added up first."""
    query = sa.select(Invoice.kind, Invoice.exchange_rate, sa.func.count(), total(Invoice.total_with_tax))
    query = query.where(condition).group_by(Invoice.kind, Invoice.exchange_rate)
    count, value = 0, Decimal("0.00")
    for kind, exchange_rate, number, amount in session.execute(query):
        count += number
        value += rounded(amount * exchange_rate) * (-1 if kind is InvoiceKind.CREDIT_NOTE else 1)
    return Figure(count, value)


def _drafts() -> Figure:
    return _documents(sa.and_(Invoice.kind.in_(list(InvoiceKind)), Invoice.state == InvoiceState.DRAFT))


def _to_send() -> Figure:
    """By the index of what was not sent, a few rows, never by that of all posted documents."""
    unsent = sa.select(InvoiceFollowUp.invoice_id).where(InvoiceFollowUp.sent_at.is_(None))
    return _documents(sa.and_(Invoice.id.in_(unsent), Invoice.state == InvoiceState.POSTED))


def _counted(*, counts_posted: bool) -> sa.ColumnElement[bool]:
    """Open items that count: those taken over, and invoices that were sent."""
    if counts_posted:
        return sa.true()
    sent = sa.exists().where(InvoiceFollowUp.invoice_id == OpenItem.source_id, InvoiceFollowUp.sent_at.is_not(None))
    return sa.or_(OpenItem.kind == ItemKind.TAKEN_OVER, sent)


def _owed(today: dt.date, *, counts_posted: bool) -> tuple[Figure, Figure]:
    """What is not yet due, and what is overdue."""
    is_overdue = sa.case((OpenItem.due_on < today, 1), else_=0)
    query = (
        sa.select(is_overdue, sa.func.count(), total(OpenItem.balance_eur))
        .where(OpenItem.kind.in_(OWED), OpenItem.standing == Standing.OPEN, _counted(counts_posted=counts_posted))
        .group_by(is_overdue)
    )
    found = {overdue: Figure(count, value) for overdue, count, value in session.execute(query)}
    nothing = Figure(0, Decimal("0.00"))
    return found.get(0, nothing), found.get(1, nothing)


def _paid(first_day: dt.date, last_day: dt.date) -> Figure:
    """Payments less refunds; moves are no money."""
    query = (
        sa.select(Payment.kind, sa.func.count(), total(Payment.amount_eur))
        .where(Payment.paid_on.between(first_day, last_day), Payment.undone_at.is_(None))
        .where(Payment.kind != PaymentKind.MOVE)
        .group_by(Payment.kind)
    )
    found = {kind: (count, value) for kind, count, value in session.execute(query)}
    count, paid = found.get(PaymentKind.PAYMENT, (0, Decimal("0.00")))
    _refunds, refunded = found.get(PaymentKind.REFUND, (0, Decimal("0.00")))
    return Figure(count, paid - refunded)


def _oldest_overdue(today: dt.date, *, counts_posted: bool) -> Sequence[sa.Row[OpenItem, str]]:
    query = (
        sa.select(OpenItem, Customer.name)
        .join(Customer, Customer.id == OpenItem.customer_id)
        .where(OpenItem.kind.in_(OWED), OpenItem.standing == Standing.OPEN, OpenItem.due_on < today)
        .where(_counted(counts_posted=counts_posted))
        .order_by(OpenItem.due_on, OpenItem.id)
        .limit(ROWS)
    )
    return session.execute(query).all()


def _oldest_to_invoice() -> Sequence[sa.Row[ServiceOrder, str]]:
    query = (
        sa.select(ServiceOrder, Customer.name)
        .join(Customer, Customer.id == sa.func.coalesce(ServiceOrder.payer_id, ServiceOrder.customer_id))
        .where(DONE_TO_BILL)
        .order_by(ServiceOrder.done_at, ServiceOrder.id)
        .limit(ROWS)
    )
    return session.execute(query).all()


# --- integrity
@dataclass(frozen=True, slots=True)
class CounterRow:
    """A counter: the series' kind and prefix (the journal's name), what its numbers show, its first and last number."""

    kind: str
    prefix: str
    period: str
    first_number: int
    last_number: int
    last_date: dt.date | None


def counters() -> list[CounterRow]:
    """All counters with their first and last numbers; those of documents first."""
    series = {f"{row.kind}:{row.id}": row for row in session.scalars(sa.select(NumberSeries))}
    years = dict(session.execute(sa.select(sa.cast(FiscalYear.id, sa.String), FiscalYear.name)).all())
    found = []
    for row in session.scalars(sa.select(NumberCounter).order_by(NumberCounter.series, NumberCounter.period)):
        kind, _colon, name = row.series.partition(":")
        given = series.get(row.series)
        first, prefix = (given.first_number, given.prefix) if given else (1, name)
        period = years.get(row.period, row.period) if kind == "journal" else row.period
        found.append(CounterRow(kind, prefix, period, first, row.last_number, row.last_date))
    return sorted(found, key=lambda row: row.kind == "journal")


def withdrawn(limit: int = 50) -> Sequence[Invoice]:
    """The documents withdrawn last."""
    query = sa.select(Invoice).where(Invoice.kind.in_(list(InvoiceKind)), Invoice.state == InvoiceState.WITHDRAWN)
    return session.scalars(query.order_by(Invoice.id.desc()).limit(limit)).all()


def chain_heads() -> dict[Journal, tuple[JournalHead, JournalEntry | None, str]]:
    """The head of each journal's hash chain, its newest entry and that entry's fiscal year."""
    query: Any = (
        sa.select(JournalHead, JournalEntry, FiscalYear.name)
        .outerjoin(JournalEntry, JournalEntry.id == JournalHead.entry_id)
        .outerjoin(FiscalYear, FiscalYear.id == JournalEntry.fiscal_year_id)
    )
    rows = {head.journal: (head, entry, year or "") for head, entry, year in session.execute(query)}
    return {journal: rows[journal] for journal in Journal if journal in rows}
