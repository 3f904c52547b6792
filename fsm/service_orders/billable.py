"""Work as the lines of a bill want it: description, quantity, price, VAT and account, in a few queries for many orders."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal

import sqlalchemy as sa

from fsm.catalog.models import LaborRate, StockItem
from fsm.catalog.tax_rates import Taxed
from fsm.core.db import session
from fsm.core.formats import local
from fsm.core.money import rounded
from fsm.core.types import PERCENTAGE
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
    times = session.execute(_times().where(TimeEntry.service_order_id.in_(ids), is_to_bill("time")))
    parts = session.execute(_parts().where(PartUsed.service_order_id.in_(ids), is_to_bill("part")))
    found = [*map(_from_time, times), *map(_from_part, parts)]
    return sorted(found, key=lambda work: (work.service_order_id, work.kind == "part"))


def work_of_claims(bill_kind: str, bill_id: int) -> list[BillableWork]:
    """What a bill's live claims are on, as it is now: a draft's line shows the difference."""
    mine = sa.and_(WorkClaim.bill_kind == bill_kind, WorkClaim.bill_id == bill_id, WorkClaim.released_at.is_(None))
    times = _times().join(WorkClaim, CLAIMED["time"] == TimeEntry.id).where(mine)
    parts = _parts().join(WorkClaim, CLAIMED["part"] == PartUsed.id).where(mine)
    return [
        *(_from_time(row, row.bill_line_id) for row in session.execute(times.add_columns(WorkClaim.bill_line_id))),
        *(_from_part(row, row.bill_line_id) for row in session.execute(parts.add_columns(WorkClaim.bill_line_id))),
    ]


# Columns, not mapped rows: a month of a thousand orders is read by these two queries, and the unit of work has no part in it.


def _times() -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(
            TimeEntry.id,
            TimeEntry.service_order_id,
            ServiceOrder.number,
            TimeEntry.description,
            TimeEntry.start_at,
            TimeEntry.end_at,
            TimeEntry.billable_minutes,
            TimeEntry.unit_price,
            TimeEntry.hourly_cost,
            LaborRate.name,
            LaborRate.tax_rate,
            LaborRate.account_number,
            LaborRate.has_normal_rate_in_dwellings,
        )
        .join(LaborRate, LaborRate.id == TimeEntry.labor_rate_id)
        .join(ServiceOrder, ServiceOrder.id == TimeEntry.service_order_id)
        .order_by(TimeEntry.start_at, TimeEntry.id)
    )


def _parts() -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(
            PartUsed.id,
            PartUsed.service_order_id,
            ServiceOrder.number,
            PartUsed.description,
            PartUsed.quantity,
            PartUsed.unit,
            PartUsed.unit_price,
            PartUsed.unit_cost,
            PartUsed.used_at,
            PartUsed.stock_item_id,
            PartUsed.labor_rate_id,
            StockItem.code,
            StockItem.special_status,
            StockItem.is_stock_tracked,
            sa.func.coalesce(StockItem.tax_rate, LaborRate.tax_rate, type_=PERCENTAGE).label("tax_rate"),
            sa.func.coalesce(
                StockItem.has_normal_rate_in_dwellings, LaborRate.has_normal_rate_in_dwellings, sa.false()
            ).label("has_normal_rate_in_dwellings"),
            sa.func.coalesce(StockItem.account_number, LaborRate.account_number, "").label("account_number"),
        )
        .join(ServiceOrder, ServiceOrder.id == PartUsed.service_order_id)
        .join(StockItem, StockItem.id == PartUsed.stock_item_id, isouter=True)
        .join(LaborRate, LaborRate.id == PartUsed.labor_rate_id, isouter=True)
        .order_by(PartUsed.used_at, PartUsed.id)
    )


def _from_time(row: Any, bill_line_id: int | None = None) -> BillableWork:  # noqa: ANN401 - a row of columns
    return BillableWork(
        kind="time",
        work_id=row.id,
        service_order_id=row.service_order_id,
        order_number=row.number,
        description=f"{row.name}: {row.description}" if row.description else row.name,
        quantity=hours_of(row.billable_minutes),
        unit=HOUR,
        unit_price=row.unit_price,
        unit_cost=_hourly_cost(row),
        tax_rate=row.tax_rate,
        special_status="",
        account_number=row.account_number,
        is_goods=False,
        stock_item_id=None,
        stockitem_code="",
        worked_on=local(row.start_at).date(),
        has_normal_rate_in_dwellings=row.has_normal_rate_in_dwellings,
        bill_line_id=bill_line_id,
    )


def _hourly_cost(row: Any) -> Decimal:  # noqa: ANN401 - as above
    """What a billed hour costs: the hours really worked are paid, however many of them are billed."""
    cost: Decimal = row.hourly_cost
    minutes = 0 if row.end_at is None else int((row.end_at - row.start_at).total_seconds() // 60)
    if row.billable_minutes in {0, minutes}:
        return cost
    return rounded(cost * minutes / row.billable_minutes, 4)


def _from_part(row: Any, bill_line_id: int | None = None) -> BillableWork:  # noqa: ANN401 - as above
    return BillableWork(
        kind="part",
        work_id=row.id,
        service_order_id=row.service_order_id,
        order_number=row.number,
        description=row.description,
        quantity=row.quantity,
        unit=row.unit,
        unit_price=row.unit_price,
        unit_cost=row.unit_cost,
        tax_rate=row.tax_rate,
        special_status=row.special_status or "",
        account_number=row.account_number,
        is_goods=row.labor_rate_id is None and (row.stock_item_id is None or bool(row.is_stock_tracked)),
        stock_item_id=row.stock_item_id,
        stockitem_code=row.code or "",
        worked_on=local(row.used_at).date(),
        has_normal_rate_in_dwellings=bool(row.has_normal_rate_in_dwellings),
        bill_line_id=bill_line_id,
    )
