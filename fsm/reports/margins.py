"""What jobs brought and what they cost: net invoiced less the hours really worked and the parts used.

A job counts by the day it was done, once nothing of it waits to be billed: neither open work nor work on a draft.
Sums are made in SQL on whole numbers (cents, minutes times hundredths of a cent) and rounded once per job.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from fsm.core.db import session
from fsm.core.moments import whole_minutes
from fsm.core.money import from_scaled, rounded
from fsm.core.paging import PAGE_SIZE, Page, page
from fsm.core.types import AMOUNT
from fsm.customers.queries import names
from fsm.invoices.models import Invoice, InvoiceKind, InvoiceLine, InvoiceServiceOrder, InvoiceState
from fsm.service_orders.models import OrderState, PartUsed, ServiceOrder, TimeEntry, WorkClaim
from fsm.service_orders.queries import day_starts_at

ZERO = Decimal("0.00")
SORTS = ("margin", "net", "cost", "number")
_HOUR_TO_CENTS = 60 * 100  # minutes times hundredths of a cent an hour
_PART_TO_CENTS = 10_000  # hundredths times hundredths of a cent
_RATE = 10**10  # one, as an exchange rate is kept
_HALF_RATE_DIGITS = 10**5


@dataclass(frozen=True, slots=True)
class Job:
    """A job: EUR invoiced without VAT, what its hours and parts cost; ``minutes`` were worked."""

    order_id: int
    number: str
    customer: str
    done_at: dt.datetime
    minutes: int
    net: Decimal
    hours_cost: Decimal
    parts_cost: Decimal
    margin: Decimal

    @property
    def cost(self) -> Decimal:
        """Hours and parts."""
        return self.hours_cost + self.parts_cost

    @property
    def percentage(self) -> Decimal | None:
        """Margin of what was invoiced; None where nothing was."""
        return percentage_of(self.margin, self.net)


@dataclass(frozen=True, slots=True)
class Summary:
    """All jobs of a period, the best and the worst of them."""

    count: int
    net: Decimal
    cost: Decimal
    best: Sequence[Job]
    worst: Sequence[Job]

    @property
    def margin(self) -> Decimal:
        """Net less cost."""
        return self.net - self.cost

    @property
    def percentage(self) -> Decimal | None:
        """Margin of what was invoiced; None where nothing was."""
        return percentage_of(self.margin, self.net)


def percentage_of(part: Decimal, whole: Decimal) -> Decimal | None:
    """To a tenth; None of nothing."""
    return rounded(100 * part / whole, 1) if whole > 0 else None


def _settled(first_day: dt.date, last_day: dt.date, customer_id: int | None) -> Any:  # noqa: ANN401 - a named query
    on_draft = sa.exists().where(
        WorkClaim.service_order_id == ServiceOrder.id, WorkClaim.released_at.is_(None), WorkClaim.is_final.is_(False)
    )
    query = sa.select(
        ServiceOrder.id, ServiceOrder.number, ServiceOrder.customer_id, ServiceOrder.done_at.label("done_at")
    ).where(
        ServiceOrder.has_work_to_bill.is_(False),
        ServiceOrder.state == OrderState.DONE,
        ServiceOrder.done_at >= day_starts_at(first_day),
        ServiceOrder.done_at < day_starts_at(last_day + dt.timedelta(days=1)),
        ~on_draft,
    )
    if customer_id:
        query = query.where(ServiceOrder.customer_id == customer_id)
    return query.cte("settled")


def _jobs(first_day: dt.date, last_day: dt.date, customer_id: int | None = None) -> Any:  # noqa: ANN401 - a subquery
    settled = _settled(first_day, last_day, customer_id)
    revenue, hours, parts = _revenue(settled), _hours(settled), _parts(settled)
    net = sa.func.coalesce(revenue.c.cents, 0)
    hours_cost = (sa.func.coalesce(hours.c.cost, 0) + _HOUR_TO_CENTS // 2) // _HOUR_TO_CENTS
    parts_cost = (sa.func.coalesce(parts.c.cost, 0) + _PART_TO_CENTS // 2) // _PART_TO_CENTS
    return (
        sa.select(
            settled,
            sa.func.coalesce(hours.c.minutes, 0).label("minutes"),
            sa.type_coerce(net, AMOUNT).label("net"),
            sa.type_coerce(hours_cost, AMOUNT).label("hours_cost"),
            sa.type_coerce(parts_cost, AMOUNT).label("parts_cost"),
            sa.type_coerce(hours_cost + parts_cost, AMOUNT).label("cost"),
            sa.type_coerce(net - hours_cost - parts_cost, AMOUNT).label("margin"),
        )
        .outerjoin(revenue, revenue.c.order_id == settled.c.id)
        .outerjoin(hours, hours.c.order_id == settled.c.id)
        .outerjoin(parts, parts.c.order_id == settled.c.id)
        .subquery("jobs")
    )


def _revenue(settled: Any) -> Any:  # noqa: ANN401 - named queries
    """Posted lines of each job; a line that names none is that of the document's only job."""
    other = aliased(InvoiceServiceOrder)
    of_job = InvoiceServiceOrder.service_order_id
    is_only_job = ~sa.exists().where(other.invoice_id == Invoice.id, other.service_order_id != of_job)
    net = sa.type_coerce(InvoiceLine.net, sa.BigInteger)
    signed = sa.func.sum(sa.case((Invoice.kind == InvoiceKind.CREDIT_NOTE, -net), else_=net))
    rate = sa.type_coerce(Invoice.exchange_rate, sa.BigInteger)
    per_rate = (
        sa.select(of_job.label("order_id"), rate.label("rate"), sa.cast(signed, sa.BigInteger).label("net"))
        .join(settled, settled.c.id == of_job)
        .join(Invoice, sa.and_(Invoice.id == InvoiceServiceOrder.invoice_id, Invoice.state == InvoiceState.POSTED))
        .join(InvoiceLine, InvoiceLine.invoice_id == Invoice.id)
        .where(sa.or_(InvoiceLine.service_order_id == of_job, InvoiceLine.service_order_id.is_(None) & is_only_job))
        .group_by(of_job, rate)
        .subquery()
    )
    cents = sa.cast(sa.func.sum(_in_eur(per_rate.c.net, per_rate.c.rate)), sa.BigInteger)
    return sa.select(per_rate.c.order_id, cents.label("cents")).group_by(per_rate.c.order_id).subquery("revenue")


def _in_eur(cents: Any, rate: Any) -> Any:  # noqa: ANN401 - columns of whole numbers
    """Times the rate, rounded half away from 0; in two steps, since the product leaves 64 bits."""
    product = cents * (rate // _HALF_RATE_DIGITS) + cents * (rate % _HALF_RATE_DIGITS) // _HALF_RATE_DIGITS
    half = sa.case((cents < 0, -_HALF_RATE_DIGITS // 2), else_=_HALF_RATE_DIGITS // 2)
    return sa.case((rate == _RATE, cents), else_=(product + half) // _HALF_RATE_DIGITS)


def _hours(settled: Any) -> Any:  # noqa: ANN401 - named queries
    minutes = whole_minutes(TimeEntry.start_at, TimeEntry.end_at)
    cost = sa.func.sum(minutes * sa.type_coerce(TimeEntry.hourly_cost, sa.BigInteger))
    return (
        sa.select(
            TimeEntry.service_order_id.label("order_id"),
            sa.cast(sa.func.sum(minutes), sa.BigInteger).label("minutes"),
            sa.cast(cost, sa.BigInteger).label("cost"),
        )
        .join(settled, settled.c.id == TimeEntry.service_order_id)
        .where(TimeEntry.end_at.is_not(None))
        .group_by(TimeEntry.service_order_id)
        .subquery("hours")
    )


def _parts(settled: Any) -> Any:  # noqa: ANN401 - named queries
    quantity, cost = (sa.type_coerce(column, sa.BigInteger) for column in (PartUsed.quantity, PartUsed.unit_cost))
    return (
        sa.select(
            PartUsed.service_order_id.label("order_id"),
            sa.cast(sa.func.sum(quantity * cost), sa.BigInteger).label("cost"),
        )
        .join(settled, settled.c.id == PartUsed.service_order_id)
        .group_by(PartUsed.service_order_id)
        .subquery("parts")
    )


def jobs(  # the period, the order, the page
    first_day: dt.date,
    last_day: dt.date,
    *,
    customer_id: int | None = None,
    sort: str = "margin",
    cursor: str | None = None,
    size: int = PAGE_SIZE,
) -> Page[Job]:
    """A page of the jobs done in these days; ``sort`` is one of ``SORTS``, "-" before it: the most first."""
    found_jobs = _jobs(first_day, last_day, customer_id)
    name = sort.removeprefix("-")
    keys = [found_jobs.c.id] if name == "number" else [found_jobs.c[name], found_jobs.c.id]
    found = page(sa.select(found_jobs), keys, cursor, descending=sort.startswith("-"), size=size)
    return Page(_named(found.rows), found.previous, found.next)


def summary(first_day: dt.date, last_day: dt.date, most: int = 5, customer_id: int | None = None) -> Summary:
    """Sums over all jobs of these days, with the best and the worst; the jobs are read once."""
    of = _jobs(first_day, last_day, customer_id)
    sums = [sa.func.sum(sa.type_coerce(of.c[name], sa.BigInteger)).over() for name in ("net", "cost")]
    ranked = sa.select(
        of,
        sa.func.count().over().label("number_of_jobs"),
        sums[0].label("all_net"),
        sums[1].label("all_cost"),
        sa.func.row_number().over(order_by=(of.c.margin.desc(), of.c.id)).label("from_best"),
        sa.func.row_number().over(order_by=(of.c.margin, of.c.id)).label("from_worst"),
    ).subquery()
    rows = session.execute(
        sa.select(ranked)
        .where(sa.or_(ranked.c.from_best <= max(most, 1), ranked.c.from_worst <= most))
        .order_by(ranked.c.from_best)
    ).all()
    if not rows:
        return Summary(0, ZERO, ZERO, (), ())
    named = dict(zip((row.id for row in rows), _named(rows), strict=True))
    best = [named[row.id] for row in rows if row.from_best <= most and row.margin >= 0]
    # A job stands on one side only: with few jobs the worst are those that are not among the best.
    worst = [named[row.id] for row in reversed(rows) if row.from_worst <= most and named[row.id] not in best]
    first = rows[0]
    return Summary(
        first.number_of_jobs, from_scaled(int(first.all_net), 2), from_scaled(int(first.all_cost), 2), best, worst
    )


def left_out(first_day: dt.date, last_day: dt.date) -> int:
    """How many jobs done in these days still have work to bill or work on a draft."""
    of = _settled(first_day, last_day, None)
    done = sa.select(sa.func.count()).where(
        ServiceOrder.has_work_to_bill.in_([True, False]),
        ServiceOrder.state == OrderState.DONE,
        ServiceOrder.done_at >= day_starts_at(first_day),
        ServiceOrder.done_at < day_starts_at(last_day + dt.timedelta(days=1)),
    )
    return (session.scalar(done) or 0) - (session.scalar(sa.select(sa.func.count()).select_from(of)) or 0)


def _named(rows: Sequence[Any]) -> list[Job]:
    called = names(row.customer_id for row in rows)
    return [
        Job(
            order_id=row.id,
            number=row.number,
            customer=called.get(row.customer_id, ""),
            done_at=row.done_at,
            minutes=row.minutes,
            net=row.net,
            hours_cost=row.hours_cost,
            parts_cost=row.parts_cost,
            margin=row.margin,
        )
        for row in rows
    ]
