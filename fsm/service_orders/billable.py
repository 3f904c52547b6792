"""Work as the lines of a bill want it: description, quantity, price, VAT and account, in a few queries for many orders."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, joinedload

from fsm.catalog.tax_rates import Taxed
from fsm.core.db import session
from fsm.core.formats import local
from fsm.core.money import rounded
from fsm.service_orders.models import PartUsed, ServiceOrder, TimeEntry, WorkClaim

HOUR = "h"

WorkKind = Literal["time", "part"]

WORK: dict[str, type[TimeEntry] | type[PartUsed]] = {"time": TimeEntry, "part": PartUsed}
CLAIMED: dict[str, Any] = {"time": WorkClaim.time_entry_id, "part": WorkClaim.part_used_id}


def live_claim(kind: WorkKind) -> sa.Exists:
    """A condition on TimeEntry or PartUsed: a bill, draft or posted, has it now."""
    return sa.exists().where(CLAIMED[kind] == WORK[kind].id, WorkClaim.released_at.is_(None)).correlate(WORK[kind])


def is_to_bill(kind: WorkKind) -> sa.ColumnElement[bool]:
    """A condition on TimeEntry or PartUsed: ended, worth billing, not excluded, on no bill."""
    work = WORK[kind]
    condition = sa.and_(work.not_to_bill_reason == "", ~live_claim(kind))
    if kind == "time":
        return sa.and_(TimeEntry.end_at.is_not(None), TimeEntry.billable_minutes > 0, condition)
    return condition


def has_work_to_bill() -> sa.ColumnElement[bool]:
    """What ``ServiceOrder.has_work_to_bill`` must say, computed."""
    return sa.or_(
        *(
            sa.exists().where(WORK[kind].service_order_id == ServiceOrder.id, is_to_bill(kind)).correlate(ServiceOrder)
            for kind in ("time", "part")
        )
    )


class BillingState(StrEnum):
    """Where an hour or a part stands (product.md 2)."""

    RUNNING = "running"
    TO_BILL = "to_bill"
    ON_DRAFT = "on_draft"
    BILLED = "billed"
    NOT_TO_BILL = "not_to_bill"


def billing_state(work: TimeEntry | PartUsed, live: WorkClaim | None) -> BillingState:
    """The state of one row, given its live claim."""
    if live is not None:
        return BillingState.BILLED if live.is_final else BillingState.ON_DRAFT
    if isinstance(work, TimeEntry) and work.end_at is None:
        return BillingState.RUNNING
    is_nothing = isinstance(work, TimeEntry) and work.billable_minutes == 0
    return BillingState.NOT_TO_BILL if work.not_to_bill_reason or is_nothing else BillingState.TO_BILL


@dataclass(frozen=True, slots=True)
class BillableWork:
    """One hour entry or part, ready to become a line.

    ``tax_rate`` None: the company's default; ``account_number`` empty: the default account of goods or services;
    ``bill_line_id`` only where the work is claimed.
    """

    kind: WorkKind
    work_id: int
    service_order_id: int
    order_number: str
    description: str
    quantity: Decimal
    unit: str
    unit_price: Decimal
    unit_cost: Decimal
    tax_rate: Decimal | None
    special_status: str
    account_number: str
    is_goods: bool
    stock_item_id: int | None
    stockitem_code: str
    worked_on: dt.date
    has_normal_rate_in_dwellings: bool = False
    bill_line_id: int | None = None

    @property
    def taxed(self) -> Taxed:
        """What the catalog says of its VAT."""
        return Taxed(self.tax_rate, self.special_status, self.has_normal_rate_in_dwellings)

    @property
    def value(self) -> Decimal:
        """Net value in cents, as a line without discount has it."""
        return rounded(self.quantity * self.unit_price)


def hours_of(minutes: int) -> Decimal:
    """Hours, rounded once to two decimals: 50 minutes are 0.83."""
    return rounded(Decimal(minutes) / 60)


def billable_work(order_ids: Iterable[int]) -> list[BillableWork]:
    """All work of these orders that is to bill and on no bill, by order, hours before parts, in the order it was done."""
    ids = list(order_ids)
    times = [_from_time(entry) for entry in session.scalars(_times().where(_of(TimeEntry, ids), is_to_bill("time")))]
    parts = [_from_part(part) for part in session.scalars(_parts().where(_of(PartUsed, ids), is_to_bill("part")))]
    return sorted([*times, *parts], key=lambda work: (work.service_order_id, work.kind == "part"))


def work_of_claims(bill_kind: str, bill_id: int) -> list[BillableWork]:
    """What a bill's live claims are on, as it is now: a draft's line shows the difference."""
    mine = sa.and_(WorkClaim.bill_kind == bill_kind, WorkClaim.bill_id == bill_id, WorkClaim.released_at.is_(None))
    times = session.execute(
        _times().join(WorkClaim, CLAIMED["time"] == TimeEntry.id).where(mine).add_columns(WorkClaim.bill_line_id)
    )
    parts = session.execute(
        _parts().join(WorkClaim, CLAIMED["part"] == PartUsed.id).where(mine).add_columns(WorkClaim.bill_line_id)
    )
    return [
        *(_from_time(entry, line_id) for entry, line_id in times),
        *(_from_part(part, line_id) for part, line_id in parts),
    ]


def _of(work: Any, order_ids: list[int]) -> sa.ColumnElement[bool]:  # noqa: ANN401 - either class of work
    condition: sa.ColumnElement[bool] = work.service_order_id.in_(order_ids)
    return condition


def _times() -> sa.Select[Any]:
    return (
        sa.select(TimeEntry)
        .join(TimeEntry.labor_rate)
        .join(ServiceOrder, ServiceOrder.id == TimeEntry.service_order_id)
        .options(contains_eager(TimeEntry.labor_rate), joinedload(TimeEntry.service_order))
        .order_by(TimeEntry.start_at, TimeEntry.id)
    )


def _parts() -> sa.Select[Any]:
    return (
        sa.select(PartUsed)
        .options(joinedload(PartUsed.service_order), joinedload(PartUsed.stock_item), joinedload(PartUsed.labor_rate))
        .order_by(PartUsed.used_at, PartUsed.id)
    )


def _from_time(entry: TimeEntry, bill_line_id: int | None = None) -> BillableWork:
    rate = entry.labor_rate
    return BillableWork(
        kind="time",
        work_id=entry.id,
        service_order_id=entry.service_order_id,
        order_number=entry.service_order.number,
        description=f"{rate.name}: {entry.description}" if entry.description else rate.name,
        quantity=hours_of(entry.billable_minutes),
        unit=HOUR,
        unit_price=entry.unit_price,
        unit_cost=_hourly_cost(entry),
        tax_rate=rate.tax_rate,
        special_status="",
        account_number=rate.account_number,
        is_goods=False,
        stock_item_id=None,
        stockitem_code="",
        worked_on=local(entry.start_at).date(),
        has_normal_rate_in_dwellings=rate.has_normal_rate_in_dwellings,
        bill_line_id=bill_line_id,
    )


def _hourly_cost(entry: TimeEntry) -> Decimal:
    """What a billed hour costs: the hours really worked are paid, however many of them are billed."""
    if not entry.billable_minutes:
        return entry.hourly_cost
    return rounded(entry.hourly_cost * entry.minutes / entry.billable_minutes, 4)


def _from_part(part: PartUsed, bill_line_id: int | None = None) -> BillableWork:
    item, rate = part.stock_item, part.labor_rate
    source = item or rate
    return BillableWork(
        kind="part",
        work_id=part.id,
        service_order_id=part.service_order_id,
        order_number=part.service_order.number,
        description=part.description,
        quantity=part.quantity,
        unit=part.unit,
        unit_price=part.unit_price,
        unit_cost=part.unit_cost,
        tax_rate=source.tax_rate if source else None,
        special_status=item.special_status if item else "",
        account_number=source.account_number if source else "",
        is_goods=rate is None and (item is None or item.is_stock_tracked),
        stock_item_id=item.id if item else None,
        stockitem_code=item.code if item else "",
        worked_on=local(part.used_at).date(),
        has_normal_rate_in_dwellings=source.has_normal_rate_in_dwellings if source else False,
        bill_line_id=bill_line_id,
    )
