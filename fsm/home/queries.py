"""The figures of the dashboard and of the integrity page: few queries, each on an index, whatever the books' size."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from fsm.core import numbering
from fsm.core.db import session, total
from fsm.core.money import rounded
from fsm.core.numbering import NumberCounter, NumberSeries
from fsm.customers.models import Customer
from fsm.invoices.models import Invoice, InvoiceFollowUp, InvoiceKind, InvoiceSettings, InvoiceState
from fsm.ledger.models import FiscalYear, ItemKind, Journal, JournalEntry, JournalHead, OpenItem, Standing
from fsm.mail import queries as mail
from fsm.payments.models import Payment, PaymentKind
from fsm.reports import sales
from fsm.reports.sales import Amounts
from fsm.reports.spans import month_end, month_start, months_of
from fsm.service_orders.queries import ToInvoice, ToInvoiceSummary, done_not_invoiced, to_invoice_summary

ROWS = 6  # of each list on the dashboard
OWED = (ItemKind.INVOICE, ItemKind.TAKEN_OVER)


@dataclass(frozen=True, slots=True)
class Figure:
    """How many, and what they come to in EUR."""

    count: int
    value: Decimal


@dataclass(frozen=True, slots=True)
class Month:
    """A month of the chart: what was invoiced with VAT, less credit notes, and what came in, less refunds."""

    first_day: dt.date
    amounts: Amounts

    @property
    def last_day(self) -> dt.date:
        """The last day of the month."""
        return month_end(self.first_day)


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
    oldest_to_invoice: Sequence[ToInvoice]
    oldest_to_send: Sequence[Invoice]
    taken_over: Figure
    months: Sequence[Month]
    mail_problems: int


def dashboard(today: dt.date) -> Dashboard:
    """All figures and lists of the office's start page."""
    counts_posted = bool(session.scalar(sa.select(InvoiceSettings.dashboard_counts_posted)))
    to_collect, overdue, taken_over = _owed(today, counts_posted=counts_posted)
    return Dashboard(
        counts_posted=counts_posted,
        to_invoice=to_invoice_summary(today=today),
        drafts=_drafts(),
        to_send=_to_send(),
        to_collect=to_collect,
        overdue=overdue,
        paid_this_month=_paid(today.replace(day=1), today),
        oldest_overdue=_oldest_overdue(today, counts_posted=counts_posted),
        oldest_to_invoice=done_not_invoiced(size=ROWS).rows,
        oldest_to_send=_oldest_to_send(),
        taken_over=taken_over,
        months=months(today),
        mail_problems=mail.problem_count(),
    )


def months(today: dt.date, count: int = 12) -> list[Month]:
    """The months up to the present one, empty ones too."""
    first = month_start(today, 1 - count)
    found = sales.by_month(sales.accounts(), first, today)
    return [Month(month, found.get(month, Amounts())) for month in months_of(first, today)]


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
    """Open items of invoices that count: all that were posted, else those that were sent."""
    if counts_posted:
        return sa.true()
    return sa.exists().where(InvoiceFollowUp.invoice_id == OpenItem.source_id, InvoiceFollowUp.sent_at.is_not(None))


def _owed(today: dt.date, *, counts_posted: bool) -> tuple[Figure, Figure, Figure]:
    """What is not yet due, what is overdue, and what invoices of a former program still owe: no list of ours has those."""
    taken_over = OpenItem.kind == ItemKind.TAKEN_OVER
    group = sa.case((taken_over, 2), (OpenItem.due_on < today, 1), else_=0).label("group")
    query = (
        sa.select(group, sa.func.count(), total(OpenItem.balance_eur))
        .where(OpenItem.kind.in_(OWED), OpenItem.standing == Standing.OPEN)
        .where(sa.or_(taken_over, _counted(counts_posted=counts_posted)))
        .group_by("group")
    )
    found = {place: Figure(count, value) for place, count, value in session.execute(query)}
    nothing = Figure(0, Decimal("0.00"))
    return found.get(0, nothing), found.get(1, nothing), found.get(2, nothing)


def _paid(first_day: dt.date, last_day: dt.date) -> Figure:
    """Payments less refunds, those that were not undone; moves are no money."""
    query = (
        sa.select(Payment.kind, sa.func.count(), total(Payment.amount_eur))
        .where(Payment.paid_on.between(first_day, last_day), Payment.undone_at.is_(None))
        .where(Payment.kind != PaymentKind.MOVE)
        .group_by(Payment.kind)
    )
    count, value = 0, Decimal("0.00")
    for kind, number, amount in session.execute(query):
        count += number
        value += amount * (-1 if kind is PaymentKind.REFUND else 1)
    return Figure(count, value)


def _oldest_overdue(today: dt.date, *, counts_posted: bool) -> Sequence[sa.Row[OpenItem, str]]:
    query = (
        sa.select(OpenItem, Customer.name)
        .join(Customer, Customer.id == OpenItem.customer_id)
        .where(OpenItem.kind == ItemKind.INVOICE, OpenItem.standing == Standing.OPEN, OpenItem.due_on < today)
        .where(_counted(counts_posted=counts_posted))
        .order_by(OpenItem.due_on, OpenItem.id)
        .limit(ROWS)
    )
    return session.execute(query).all()


def _oldest_to_send() -> Sequence[Invoice]:
    query = (
        sa.select(Invoice)
        .join(InvoiceFollowUp, InvoiceFollowUp.invoice_id == Invoice.id)
        .where(InvoiceFollowUp.sent_at.is_(None), Invoice.state == InvoiceState.POSTED)
        .order_by(InvoiceFollowUp.id)
        .limit(ROWS)
    )
    return session.scalars(query).all()


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
        first, prefix = (numbering.first_of(given, row.period), given.prefix) if given else (1, name)
        period = years.get(row.period, row.period) if kind == "journal" else row.period
        found.append(CounterRow(kind, prefix, period, first, row.last_number, row.last_date))
    return sorted(found, key=lambda row: row.kind == "journal")


def withdrawn(limit: int = 50) -> Sequence[Invoice]:
    """The documents withdrawn last."""
    query = sa.select(Invoice).where(Invoice.kind.in_(list(InvoiceKind)), Invoice.state == InvoiceState.WITHDRAWN)
    return session.scalars(query.order_by(Invoice.id.desc()).limit(limit)).all()


def given_again(documents: Sequence[Invoice]) -> dict[str, Invoice]:
    """The posted documents that bear the numbers of these withdrawn ones now."""
    numbers = [row.number for row in documents if row.number]
    query = sa.select(Invoice).where(Invoice.number.in_(numbers), Invoice.state == InvoiceState.POSTED)
    return {row.number: row for row in session.scalars(query) if row.number}


def chain_heads() -> dict[Journal, tuple[JournalHead, JournalEntry | None, str]]:
    """The head of each journal's hash chain, its newest entry and that entry's fiscal year."""
    query: Any = (
        sa.select(JournalHead, JournalEntry, FiscalYear.name)
        .outerjoin(JournalEntry, JournalEntry.id == JournalHead.entry_id)
        .outerjoin(FiscalYear, FiscalYear.id == JournalEntry.fiscal_year_id)
    )
    rows = {head.journal: (head, entry, year or "") for head, entry, year in session.execute(query)}
    return {journal: rows[journal] for journal in Journal if journal in rows}
