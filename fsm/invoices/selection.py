"""Which Done orders a month-end run takes, how they come together, and what comes of them, before anything is written."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.core.db import session
from fsm.core.errors import DomainError
from fsm.core.paging import capped_count
from fsm.core.types import sort_key
from fsm.customers.models import Customer, Site
from fsm.documents.limits import MAX_LINES
from fsm.documents.totals import ZERO
from fsm.invoices.from_orders import Group, Planned, payer, plan, work_by_order
from fsm.invoices.run_models import Grouping
from fsm.service_orders.billable import BillableWork
from fsm.service_orders.models import OrderState, PartUsed, ServiceOrder, TimeEntry
from fsm.service_orders.queries import day_starts_at

MOST_ORDERS = 5_000
MOST_UNVALIDATED = 200
LAW_DAY = 15  # Belgian law: the work of a month is invoiced by the 15th of the next one


@dataclass(frozen=True, slots=True)
class Criteria:
    """What is asked for. ``by_work``: the period is that of the work, else that of the day the order was done."""

    grouping: Grouping = Grouping.ORDER
    from_date: dt.date | None = None
    to_date: dt.date | None = None
    by_work: bool = False
    customer_id: int | None = None
    payer_id: int | None = None
    reference: str = ""
    without: tuple[int, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """For the run's row."""
        return {
            "from": self.from_date.isoformat() if self.from_date else None,
            "to": self.to_date.isoformat() if self.to_date else None,
            "by_work": self.by_work,
            "customer_id": self.customer_id,
            "payer_id": self.payer_id,
            "reference": self.reference,
            "without": list(self.without),
        }


@dataclass(frozen=True, slots=True)
class ToValidate:
    """An order that waits for the office's look at report, hours and parts."""

    order_id: int
    number: str
    customer: str
    site: str
    done_at: dt.datetime
    report: str
    value: Decimal


@dataclass(frozen=True, slots=True)
class RowToCome:
    """An invoice to come, or a group that becomes none and why."""

    order_ids: tuple[int, ...]
    numbers: tuple[str, ...]
    customer_id: int
    customer: str
    about: str
    line_count: int
    currency: str = "EUR"
    net: Decimal = ZERO
    tax: Decimal = ZERO
    total: Decimal = ZERO
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a run would make. ``totals`` is (net, VAT, total) by currency."""

    rows: Sequence[RowToCome] = ()
    refused: Sequence[RowToCome] = ()
    to_validate: Sequence[ToValidate] = ()
    to_validate_count: int = 0
    nothing_left_count: int = 0
    is_too_many: bool = False
    totals: dict[str, tuple[Decimal, Decimal, Decimal]] = field(default_factory=dict)

    @property
    def order_count(self) -> int:
        """Orders that come onto an invoice."""
        return sum(len(row.order_ids) for row in self.rows)

    @property
    def seal(self) -> str:
        """What was looked at, in short: a confirmation goes with the figures that were shown."""
        sums = " ".join(f"{currency} {sums[2]}" for currency, sums in sorted(self.totals.items()))
        return f"{self.order_count} {len(self.rows)} {sums}".strip()


def usual_period(today: dt.date) -> tuple[dt.date | None, dt.date]:
    """Everything until the end of last month while its work is due to be invoiced, later until today's month's end."""
    first = today.replace(day=1)
    if today.day <= LAW_DAY:
        return None, first - dt.timedelta(days=1)
    return None, (first + dt.timedelta(days=32)).replace(day=1) - dt.timedelta(days=1)


def preview(criteria: Criteria) -> Preview:
    """Work out what comes; a few queries whatever the number of orders."""
    found = session.execute(_orders(criteria, to_bill=True).limit(MOST_ORDERS + 1)).all()
    if len(found) > MOST_ORDERS:
        return Preview(is_too_many=True)
    valid, open_ = [row for row in found if row.validated_at], [row for row in found if not row.validated_at]
    shown = open_[:MOST_UNVALIDATED]
    work = work_by_order([row.id for row in (*valid, *shown)])
    heads = {row.id: row for row in valid}
    planned = plan(list(_groups(valid, criteria.grouping, work)), work=work)
    rows = [_row(one, heads, criteria.grouping) for one in planned]
    good = [row for row in rows if not row.sentence]
    return Preview(
        rows=good,
        refused=[row for row in rows if row.sentence],
        to_validate=[_to_validate(row, work[row.id]) for row in shown],
        to_validate_count=len(open_),
        nothing_left_count=capped_count(_orders(criteria, to_bill=False)),
        totals=_totals(good),
    )


def _orders(criteria: Criteria, *, to_bill: bool) -> sa.Select[*tuple[Any, ...]]:
    """Done orders that the criteria name, by payer; with something to bill, or without."""
    who = sa.orm.aliased(Customer)
    query = (
        sa.select(
            ServiceOrder.id,
            ServiceOrder.number,
            ServiceOrder.site_id,
            ServiceOrder.reference,
            ServiceOrder.validated_at,
            ServiceOrder.done_at,
            ServiceOrder.report,
            Site.name.label("site"),
            who.id.label("payer_id"),
            who.name.label("payer"),
        )
        .join(Site, Site.id == ServiceOrder.site_id)
        .join(who, who.id == payer())
        .where(ServiceOrder.state == OrderState.DONE, ServiceOrder.has_work_to_bill.is_(to_bill))
        .order_by(who.sort_key, who.id, ServiceOrder.id)
    )
    query = query.where(*_within(criteria))
    if criteria.customer_id is not None:
        query = query.where(ServiceOrder.customer_id == criteria.customer_id)
    if criteria.payer_id is not None:
        query = query.where(who.id == criteria.payer_id)
    if criteria.reference:
        query = query.where(ServiceOrder.reference.icontains(criteria.reference, autoescape=True))
    if criteria.without:
        query = query.where(ServiceOrder.id.not_in(criteria.without))
    return query


def _within(criteria: Criteria) -> list[sa.ColumnElement[bool]]:
    start = day_starts_at(criteria.from_date) if criteria.from_date else None
    end = day_starts_at(criteria.to_date + dt.timedelta(days=1)) if criteria.to_date else None
    if criteria.by_work:
        if start is None and end is None:
            return []
        time = sa.exists().where(
            TimeEntry.service_order_id == ServiceOrder.id, *_between(TimeEntry.start_at, start, end)
        )
        part = sa.exists().where(PartUsed.service_order_id == ServiceOrder.id, *_between(PartUsed.used_at, start, end))
        return [sa.or_(time, part)]
    return _between(ServiceOrder.done_at, start, end)


def _between(moment: Any, start: dt.datetime | None, end: dt.datetime | None) -> list[sa.ColumnElement[bool]]:  # noqa: ANN401 - a column
    conditions = []
    if start is not None:
        conditions.append(moment >= start)
    if end is not None:
        conditions.append(moment < end)
    return conditions


def _groups(rows: Iterable[Any], grouping: Grouping, work: dict[int, list[BillableWork]]) -> Iterable[Group]:
    """The payer always parts; what would be longer than a document may be becomes several."""
    by_key: dict[tuple[Any, ...], list[Any]] = defaultdict(list)
    for row in rows:
        about = {
            Grouping.ORDER: row.id,
            Grouping.SITE: row.site_id,
            Grouping.CUSTOMER: None,
            Grouping.REFERENCE: sort_key(row.reference),
        }[grouping]
        by_key[row.payer_id, about].append(row)
    for members in by_key.values():
        chunk: list[int] = []
        count = 0
        for row in members:
            lines = len(work[row.id])
            if chunk and count + lines > MAX_LINES:
                yield Group(tuple(chunk))
                chunk, count = [], 0
            chunk.append(row.id)
            count += lines
        yield Group(tuple(chunk))


def _row(one: Planned, heads: dict[int, Any], grouping: Grouping) -> RowToCome:
    members = [heads[order_id] for order_id in one.group.order_ids]
    first = members[0]
    about = {
        Grouping.ORDER: " · ".join(text for text in (first.site, first.reference) if text),
        Grouping.SITE: first.site,
        Grouping.CUSTOMER: "",
        Grouping.REFERENCE: first.reference or _("without reference"),
    }[grouping]
    facts = {
        "order_ids": one.group.order_ids,
        "numbers": tuple(row.number for row in members),
        "customer_id": first.payer_id,
        "customer": first.payer,
        "about": about,
        "line_count": len(one.lines),
    }
    if one.refusal is not None or one.totals is None or one.invoice is None:
        return RowToCome(**facts, sentence=str(one.refusal))
    totals = one.totals
    return RowToCome(
        **facts,
        currency=one.invoice.currency,
        net=totals.total_without_tax,
        tax=totals.total_tax,
        total=totals.total_with_tax,
    )


def _to_validate(row: Any, work: Sequence[BillableWork]) -> ToValidate:  # noqa: ANN401 - a row of columns
    value = sum((item.value for item in work), ZERO)
    return ToValidate(row.id, row.number, row.payer, row.site, row.done_at, row.report, value)


def _totals(rows: Iterable[RowToCome]) -> dict[str, tuple[Decimal, Decimal, Decimal]]:
    sums: dict[str, tuple[Decimal, Decimal, Decimal]] = {}
    for row in rows:
        net, tax, total = sums.get(row.currency, (ZERO, ZERO, ZERO))
        sums[row.currency] = (net + row.net, tax + row.tax, total + row.total)
    return sums


def refuse_preview(found: Preview) -> None:
    """DomainError where a run cannot be made of it."""
    if found.is_too_many:
        raise DomainError(_("At most %(most)s orders in one run: choose a shorter period.", most=MOST_ORDERS))
    if not found.rows:
        raise DomainError(_("None of these orders can be billed."))
