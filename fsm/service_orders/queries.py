"""Service orders for screens: lists by state, a technician's days, what is done and not invoiced."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from fsm.core.db import session
from fsm.core.formats import zone
from fsm.core.money import rounded
from fsm.core.paging import PAGE_SIZE, Page, page
from fsm.core.types import sort_key
from fsm.customers.models import Customer, Site
from fsm.service_orders.billable import BillableWork, billable_work, has_work_to_bill, hours_of, is_to_bill
from fsm.service_orders.models import OrderState, PartUsed, ServiceOrder, TimeEntry, Visit, WorkClaim
from fsm.service_orders.visibility import is_desk, visible_to
from fsm.users.actor import Actor

__all__ = ["visible_to"]

TABS: dict[str, OrderState] = {
    "unscheduled": OrderState.DRAFT,
    "scheduled": OrderState.SCHEDULED,
    "in_progress": OrderState.IN_PROGRESS,
    "done": OrderState.DONE,
    "cancelled": OrderState.CANCELLED,
}
INVOICING_DAY = 15  # of the month after the work
_LATE, _DUE, _IN_TIME = 0, 1, 2
_ROW = (
    joinedload(ServiceOrder.customer),
    joinedload(ServiceOrder.payer),
    joinedload(ServiceOrder.site),
    selectinload(ServiceOrder.visits).joinedload(Visit.technician),
)


@dataclass(frozen=True, slots=True)
class Filters:
    """What narrows a list: words, a technician, a customer, days (planned; of a done order: the day it was done).

    ``validated``: "yes", "no" or all.
    """

    text: str = ""
    technician_id: int | None = None
    customer_id: int | None = None
    from_date: dt.date | None = None
    to_date: dt.date | None = None
    validated: str = ""


@dataclass(frozen=True, slots=True)
class ToInvoice:
    """An order that is done, with what there is to bill."""

    order: ServiceOrder
    value: Decimal

    @property
    def payer(self) -> str:
        """The name of who will get the invoice."""
        return (self.order.payer or self.order.customer).name


@dataclass(frozen=True, slots=True)
class ToInvoiceSummary:
    """Done and not invoiced: how many and their value; of them what is due by this month's 15th, and what is late.

    The invoice for work of a month is issued by the 15th of the next (Belgian law): work done from ``due_from`` until
    ``due_before`` has its 15th still to come, work done before ``due_from`` is late.
    """

    count: int
    value: Decimal
    due_from: dt.date
    due_before: dt.date
    due_count: int = 0
    due_value: Decimal = Decimal("0.00")
    late_count: int = 0
    late_value: Decimal = Decimal("0.00")

    @property
    def from_before_this_month_count(self) -> int:
        """Whether it may still wait or not."""
        return self.due_count + self.late_count

    @property
    def deadline(self) -> dt.date:
        """The last day for what is due: this month's 15th."""
        return self.due_before.replace(day=INVOICING_DAY)


@dataclass(frozen=True, slots=True)
class MyDays:
    """A technician's screen: the timer that runs, orders begun, the visits to come by day."""

    running: TimeEntry | None
    begun: Sequence[ServiceOrder]
    days: dict[dt.date, list[Visit]] = field(default_factory=dict)


def day_starts_at(on: dt.date) -> dt.datetime:
    """Midnight of the company's day, as a UTC moment."""
    return dt.datetime.combine(on, dt.time(), zone()).astimezone(dt.UTC)


def listed(tab: str, filters: Filters, actor: Actor) -> sa.Select[Any]:
    """The orders of a tab that this user sees, to be paged by id, newest first."""
    query = sa.select(ServiceOrder).where(ServiceOrder.state == TABS[tab], visible_to(actor))
    if filters.customer_id is not None:
        query = query.where(ServiceOrder.customer_id == filters.customer_id)
    if filters.technician_id is not None:
        query = query.where(_visit(Visit.technician_id == filters.technician_id))
    if filters.from_date or filters.to_date:
        query = query.where(_within(tab, filters.from_date, filters.to_date))
    if filters.validated:
        is_validated = ServiceOrder.validated_at.is_not(None)
        query = query.where(is_validated if filters.validated == "yes" else ~is_validated)
    return query.where(_matching(filters.text))


def page_of(
    tab: str, filters: Filters, actor: Actor, cursor: str | None, *, sort: str = "-number", size: int = PAGE_SIZE
) -> Page[ServiceOrder]:
    """One page of a tab, with customer, site and visits; by number, or by the moment it was done."""
    keys = [ServiceOrder.done_at, ServiceOrder.id] if sort.endswith("done") else [ServiceOrder.id]
    query = listed(tab, filters, actor).options(*_ROW)
    return page(query, keys, cursor, descending=sort.startswith("-"), size=size)


def of_customer(customer_id: int, actor: Actor, limit: int = 10) -> list[ServiceOrder]:
    """The newest orders of a customer, for the customer's page."""
    query = sa.select(ServiceOrder).where(ServiceOrder.customer_id == customer_id, visible_to(actor))
    return list(session.scalars(query.options(*_ROW).order_by(ServiceOrder.id.desc()).limit(limit)))


def my_days(actor: Actor, *, today: dt.date, days: int = 14) -> MyDays:
    """Today and the coming days of one technician, and what was begun and is not done."""
    start, end = day_starts_at(today), day_starts_at(today + dt.timedelta(days=days))
    visits = session.scalars(
        sa.select(Visit)
        .join(Visit.service_order)
        .where(
            Visit.technician_id == actor.id,
            Visit.end_at > start,
            Visit.start_at < end,
            ServiceOrder.state.in_([OrderState.SCHEDULED, OrderState.IN_PROGRESS]),
        )
        .options(
            joinedload(Visit.service_order).options(joinedload(ServiceOrder.customer), joinedload(ServiceOrder.site))
        )
        .order_by(Visit.start_at, Visit.id)
        .limit(200)
    )
    by_day: dict[dt.date, list[Visit]] = {}
    for visit in visits:
        by_day.setdefault(max(today, visit.start_at.astimezone(zone()).date()), []).append(visit)
    mine = sa.or_(
        ServiceOrder.created_by_id == actor.id,
        _visit(Visit.technician_id == actor.id),
        sa.exists().where(TimeEntry.service_order_id == ServiceOrder.id, TimeEntry.technician_id == actor.id),
    )
    begun = session.scalars(
        sa.select(ServiceOrder)
        .where(ServiceOrder.state == OrderState.IN_PROGRESS, mine)
        .options(*_ROW)
        .order_by(ServiceOrder.id)
        .limit(50)
    )
    return MyDays(running_timer(actor.id), list(begun), by_day)


def running_timer(technician_id: int) -> TimeEntry | None:
    """The timer of this technician that runs now."""
    return session.scalar(
        sa.select(TimeEntry)
        .where(TimeEntry.technician_id == technician_id, TimeEntry.end_at.is_(None))
        .options(joinedload(TimeEntry.service_order))
    )


def _to_invoice(done_from: dt.date | None = None, done_before: dt.date | None = None) -> sa.ColumnElement[bool]:
    conditions = [ServiceOrder.has_work_to_bill, ServiceOrder.state == OrderState.DONE]
    if done_from:
        conditions.append(ServiceOrder.done_at >= day_starts_at(done_from))
    if done_before:
        conditions.append(ServiceOrder.done_at < day_starts_at(done_before))
    return sa.and_(*conditions)


def done_not_invoiced(
    cursor: str | None = None,
    *,
    done_from: dt.date | None = None,
    done_before: dt.date | None = None,
    size: int = PAGE_SIZE,
) -> Page[ToInvoice]:
    """Done orders with something to bill, the oldest first, each with its value."""
    query = sa.select(ServiceOrder).where(_to_invoice(done_from, done_before))
    found = page(query.options(*_ROW), [ServiceOrder.done_at, ServiceOrder.id], cursor, size=size)
    values: dict[int, Decimal] = {}
    for work in billable_work([order.id for order in found.rows]):
        values[work.service_order_id] = values.get(work.service_order_id, Decimal(0)) + work.value
    rows = [ToInvoice(order, values.get(order.id, Decimal("0.00"))) for order in found.rows]
    return Page(rows, found.previous, found.next)


def invoicing_days(today: dt.date) -> tuple[dt.date, dt.date]:
    """From and before which day work must have been done to be due by the next 15th."""
    month = today.replace(day=1)
    return (month if today.day > INVOICING_DAY else (month - dt.timedelta(days=1)).replace(day=1)), month


def to_invoice_summary(
    *, today: dt.date, done_from: dt.date | None = None, done_before: dt.date | None = None
) -> ToInvoiceSummary:
    """Exact counts and values over all pages of the same days."""
    due_from, due_before = invoicing_days(today)
    done = _to_invoice(done_from, done_before)
    phase = sa.case(
        (ServiceOrder.done_at < day_starts_at(due_from), _LATE),
        (ServiceOrder.done_at < day_starts_at(due_before), _DUE),
        else_=_IN_TIME,
    ).label("phase")
    counts: dict[int, int] = dict(
        session.execute(sa.select(phase, sa.func.count()).select_from(ServiceOrder).where(done).group_by("phase")).all()
    )
    # Alike rows are counted together: prices and quantities repeat, so few rows come back from many.
    times = session.execute(
        sa.select(phase, TimeEntry.billable_minutes, TimeEntry.unit_price, sa.func.count())
        .join(ServiceOrder, ServiceOrder.id == TimeEntry.service_order_id)
        .where(done, is_to_bill("time"))
        .group_by("phase", TimeEntry.billable_minutes, TimeEntry.unit_price)
    )
    parts = session.execute(
        sa.select(phase, PartUsed.quantity, PartUsed.unit_price, sa.func.count())
        .join(ServiceOrder, ServiceOrder.id == PartUsed.service_order_id)
        .where(done, is_to_bill("part"))
        .group_by("phase", PartUsed.quantity, PartUsed.unit_price)
    )
    values = dict.fromkeys((_LATE, _DUE, _IN_TIME), Decimal("0.00"))
    for of_phase, minutes, price, number in times:
        values[of_phase] += rounded(hours_of(minutes) * price) * number
    for of_phase, quantity, price, number in parts:
        values[of_phase] += rounded(quantity * price) * number
    return ToInvoiceSummary(
        count=sum(counts.values()),
        value=sum(values.values(), Decimal("0.00")),
        due_from=due_from,
        due_before=due_before,
        due_count=counts.get(_DUE, 0),
        due_value=values[_DUE],
        late_count=counts.get(_LATE, 0),
        late_value=values[_LATE],
    )


def orders_with_wrong_to_bill() -> list[int]:
    """Orders whose ``has_work_to_bill`` is not what their work says; empty unless something is broken."""
    query = sa.select(ServiceOrder.id).where(ServiceOrder.has_work_to_bill != has_work_to_bill())
    return list(session.scalars(query.order_by(ServiceOrder.id)))


def claims_on(order_id: int) -> dict[tuple[str, int], WorkClaim]:
    """The live claims on an order's work by (kind, work id)."""
    claims = session.scalars(
        sa.select(WorkClaim).where(WorkClaim.service_order_id == order_id, WorkClaim.released_at.is_(None))
    )
    return {
        ("time", claim.time_entry_id) if claim.time_entry_id else ("part", claim.part_used_id or 0): claim
        for claim in claims
    }


def to_bill_of(order_id: int) -> list[BillableWork]:
    """What would be billed of one order now."""
    return billable_work([order_id])


def history_of_equipment(order: ServiceOrder, actor: Actor, limit: int = 5) -> list[ServiceOrder]:
    """Earlier orders of the order's machine. A technician reads what was done there, whoever did it: not more."""
    del actor
    if order.equipment_id is None:
        return []
    query = sa.select(ServiceOrder).where(
        ServiceOrder.equipment_id == order.equipment_id,
        ServiceOrder.id != order.id,
        ServiceOrder.state == OrderState.DONE,
    )
    return list(session.scalars(query.order_by(ServiceOrder.done_at.desc(), ServiceOrder.id.desc()).limit(limit)))


def times_of(order_id: int, actor: Actor) -> list[TimeEntry]:
    """The time on an order: all of it for the office, a technician's own for the technician."""
    query = sa.select(TimeEntry).where(TimeEntry.service_order_id == order_id)
    if not is_desk(actor):
        query = query.where(TimeEntry.technician_id == actor.id)
    query = query.options(joinedload(TimeEntry.technician), joinedload(TimeEntry.labor_rate))
    return list(session.scalars(query.order_by(TimeEntry.start_at, TimeEntry.id)))


def parts_of(order_id: int) -> list[PartUsed]:
    """The parts used on an order, by whomever."""
    query = sa.select(PartUsed).where(PartUsed.service_order_id == order_id)
    query = query.options(joinedload(PartUsed.technician), joinedload(PartUsed.stock_item))
    return list(session.scalars(query.order_by(PartUsed.id)))


def _visit(condition: sa.ColumnElement[bool]) -> sa.Exists:
    return sa.exists().where(Visit.service_order_id == ServiceOrder.id, condition)


def _within(tab: str, from_date: dt.date | None, to_date: dt.date | None) -> sa.ColumnElement[bool]:
    column = {"done": ServiceOrder.done_at, "unscheduled": ServiceOrder.created_at}.get(tab, Visit.start_at)
    conditions = []
    if from_date:
        conditions.append(column >= day_starts_at(from_date))
    if to_date:
        conditions.append(column < day_starts_at(to_date + dt.timedelta(days=1)))
    condition = sa.and_(*conditions)
    return _visit(condition) if column is Visit.start_at else condition


def _matching(text: str) -> sa.ColumnElement[bool]:
    """Each word in the number, the reference, the customer's or site's name, or the city."""
    words = sort_key(text).split()[:6]
    conditions: list[sa.ColumnElement[bool]] = [
        sa.or_(
            ServiceOrder.number.icontains(word, autoescape=True),
            ServiceOrder.reference.icontains(word, autoescape=True),
            sa.exists().where(
                Customer.id == ServiceOrder.customer_id, Customer.sort_key.contains(word, autoescape=True)
            ),
            sa.exists().where(
                Site.id == ServiceOrder.site_id,
                sa.or_(Site.sort_key.contains(word, autoescape=True), Site.city.icontains(word, autoescape=True)),
            ),
        )
        for word in words
    ]
    return sa.and_(sa.true(), *conditions)
