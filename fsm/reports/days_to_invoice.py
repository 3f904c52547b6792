"""How many days pass from Done to the first invoice of an order, by the day of that invoice."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from fsm.core.db import session
from fsm.core.moments import days_between, local_day
from fsm.core.paging import PAGE_SIZE, Page, page
from fsm.customers.queries import names
from fsm.invoices.models import Invoice, InvoiceKind, InvoiceServiceOrder, InvoiceState
from fsm.ledger.models import Journal, JournalEntry
from fsm.reports.spans import month_start
from fsm.service_orders.models import ServiceOrder

SORTS = ("days", "-days", "date", "-date")


@dataclass(frozen=True, slots=True)
class Days:
    """The middle of all orders, and what nine of ten do not exceed; None without any."""

    count: int
    median: Decimal | None
    ninetieth: int | None


@dataclass(frozen=True, slots=True)
class Row:
    """An order with its first invoice."""

    order_id: int
    order_number: str
    customer: str
    done_on: dt.date
    invoice_id: int
    invoice_number: str
    invoiced_on: dt.date
    days: int


def _first_invoices(first_day: dt.date, last_day: dt.date) -> Any:  # noqa: ANN401 - a subquery
    link, earlier = aliased(InvoiceServiceOrder), aliased(Invoice)
    was_invoiced = (
        sa.exists()
        .where(link.service_order_id == InvoiceServiceOrder.service_order_id, link.invoice_id == earlier.id)
        .where(earlier.kind == InvoiceKind.INVOICE, earlier.state == InvoiceState.POSTED)
        .where(earlier.entry_id < Invoice.entry_id)
    )
    done_on = local_day(ServiceOrder.done_at, last_day)
    return (
        sa.select(
            ServiceOrder.id.label("order_id"),
            ServiceOrder.number.label("order_number"),
            ServiceOrder.customer_id.label("customer_id"),
            sa.type_coerce(done_on, sa.Date).label("done_on"),
            Invoice.id.label("invoice_id"),
            Invoice.number.label("invoice_number"),
            JournalEntry.entry_date.label("invoiced_on"),
            days_between(done_on, JournalEntry.entry_date).label("days"),
        )
        .select_from(JournalEntry)
        .join(Invoice, Invoice.id == JournalEntry.source_id)
        .join(InvoiceServiceOrder, InvoiceServiceOrder.invoice_id == Invoice.id)
        .join(ServiceOrder, ServiceOrder.id == InvoiceServiceOrder.service_order_id)
        .where(
            JournalEntry.entry_date.between(first_day, last_day),
            JournalEntry.journal == Journal.SALES,
            JournalEntry.source_kind == "invoice",
            JournalEntry.issues_document,
            Invoice.kind == InvoiceKind.INVOICE,
            Invoice.state == InvoiceState.POSTED,
            Invoice.entry_id == JournalEntry.id,
            ServiceOrder.done_at.is_not(None),
            ~was_invoiced,
        )
        .subquery()
    )


def by_month(first_day: dt.date, last_day: dt.date) -> dict[dt.date, Counter[int]]:
    """How many orders took how many days, per month of the invoice; one grouped query."""
    of = _first_invoices(first_day, last_day)
    query = sa.select(of.c.invoiced_on, of.c.days, sa.func.count()).group_by(of.c.invoiced_on, of.c.days)
    found: dict[dt.date, Counter[int]] = {}
    for on, days, number in session.execute(query):
        found.setdefault(month_start(on), Counter())[days] += number
    return found


def added(counts: Iterable[Counter[int]]) -> Counter[int]:
    """All months together."""
    return sum(counts, Counter())


def days_of(counts: Mapping[int, int]) -> Days:
    """The median (between two orders their mean) and the 90th percentile (the nearest rank)."""
    number = sum(counts.values())
    if not number:
        return Days(0, None, None)
    lower, upper = _ranked(counts, (number + 1) // 2), _ranked(counts, number // 2 + 1)
    return Days(number, Decimal(lower + upper) / 2, _ranked(counts, -(-number * 9 // 10)))


def _ranked(counts: Mapping[int, int], rank: int) -> int:
    """The value of the one who stands there, counted from 1, the smallest first."""
    seen = 0
    for days in sorted(counts):
        seen += counts[days]
        if seen >= rank:
            return days
    raise ValueError(rank)


def rows(
    first_day: dt.date, last_day: dt.date, *, sort: str = "-days", cursor: str | None = None, size: int = PAGE_SIZE
) -> Page[Row]:
    """The orders first invoiced in these days; by days or by the day of the invoice."""
    of = _first_invoices(first_day, last_day)
    key = of.c.days if sort.endswith("days") else of.c.invoiced_on
    found = page(sa.select(of), [key, of.c.order_id], cursor, descending=sort.startswith("-"), size=size)
    called = names(row.customer_id for row in found.rows)
    shown = [
        Row(
            row.order_id,
            row.order_number,
            called.get(row.customer_id, ""),
            row.done_on,
            row.invoice_id,
            row.invoice_number,
            row.invoiced_on,
            row.days,
        )
        for row in found.rows
    ]
    return Page(shown, found.previous, found.next)
