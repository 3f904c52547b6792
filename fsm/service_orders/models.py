"""Service orders and the work done on them."""

import datetime as dt
from decimal import Decimal
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fsm.catalog.models import LaborRate, StockItem
from fsm.core.db import Base
from fsm.core.types import ID, QUANTITY, UNIT_PRICE, Moment, choice
from fsm.customers.models import Customer, Equipment, Site
from fsm.files.models import StoredFile
from fsm.users.models import User


class OrderState(StrEnum):
    """Where a service order stands (product.md 2)."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    IN_PROGRESS = "in_progress"
    DONE = "done"
    CANCELLED = "cancelled"


# Neither done nor cancelled.
OPEN_STATES = frozenset({OrderState.DRAFT, OrderState.SCHEDULED, OrderState.IN_PROGRESS})
TRANSITIONS: dict[OrderState, frozenset[OrderState]] = {
    OrderState.DRAFT: frozenset({OrderState.SCHEDULED, OrderState.IN_PROGRESS, OrderState.CANCELLED}),
    OrderState.SCHEDULED: frozenset({OrderState.DRAFT, OrderState.IN_PROGRESS, OrderState.CANCELLED}),
    OrderState.IN_PROGRESS: frozenset({OrderState.DONE, OrderState.CANCELLED}),
    OrderState.DONE: frozenset({OrderState.IN_PROGRESS}),
    OrderState.CANCELLED: frozenset(),
}


class Priority(StrEnum):
    """How urgent it is."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    EMERGENCY = "emergency"


class ServiceSettings(Base):
    """Rules of this company's service work (one row). ``tells_*``: which messages customers get (``messages.py``)."""

    __tablename__ = "service_settings"
    __audited__ = True
    __table_args__ = (
        sa.CheckConstraint("id = 1", name="single_row"),
        sa.CheckConstraint("minimum_minutes BETWEEN 0 AND 480", name="minimum_minutes"),
        sa.CheckConstraint("rounding_minutes BETWEEN 1 AND 60", name="rounding_minutes"),
    )

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    is_signature_required: Mapped[bool] = mapped_column(sa.Boolean(name="is_signature_required"), default=True)
    technicians_see_sale_prices: Mapped[bool] = mapped_column(
        sa.Boolean(name="technicians_see_sale_prices"), default=False
    )
    minimum_minutes: Mapped[int] = mapped_column(sa.Integer, default=0)
    rounding_minutes: Mapped[int] = mapped_column(sa.Integer, default=15)
    weekly_hours: Mapped[Decimal] = mapped_column(QUANTITY, default=Decimal(38), server_default="3800")
    tells_booked: Mapped[bool] = mapped_column(sa.Boolean(name="tells_booked"), default=False, server_default="0")
    tells_on_my_way: Mapped[bool] = mapped_column(sa.Boolean(name="tells_on_my_way"), default=False, server_default="0")
    tells_done: Mapped[bool] = mapped_column(sa.Boolean(name="tells_done"), default=False, server_default="0")
    version: Mapped[int] = mapped_column(sa.Integer, default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own way to say it


class ServiceOrder(Base):
    """Work for a customer at a site. The number is taken when it is created; it is cancelled, never deleted.

    ``planned_minutes`` is how long a visit is expected to last, where that is known.
    ``has_work_to_bill`` is kept by this slice's services (decision 0003): Done-not-invoiced reads one index.
    ``work_not_to_bill_reason``: hours and parts are not to bill from the start, as a contract covers them.
    """

    __tablename__ = "service_order"
    __audited__ = True
    __table_args__ = (
        sa.Index("ix_service_order_state_id", "state", "id"),
        sa.Index("ix_service_order_customer_id_id", "customer_id", "id"),
        sa.Index("ix_service_order_site_id_id", "site_id", "id"),
        sa.Index("ix_service_order_state_done_at_id", "state", "done_at", "id"),
        sa.Index("ix_service_order_created_by_id", "created_by_id"),
        sa.Index("ix_service_order_to_bill", "has_work_to_bill", "state", "done_at", "id"),
    )

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    number: Mapped[str] = mapped_column(sa.String(30), unique=True)
    number_series: Mapped[str] = mapped_column(sa.String(40))
    number_period: Mapped[str] = mapped_column(sa.String(10))
    number_counter: Mapped[int] = mapped_column(sa.Integer)
    state: Mapped[OrderState] = mapped_column(choice(OrderState, "state"), default=OrderState.DRAFT)
    customer_id: Mapped[int] = mapped_column(sa.ForeignKey(Customer.id))
    site_id: Mapped[int] = mapped_column(sa.ForeignKey(Site.id))
    payer_id: Mapped[int | None] = mapped_column(sa.ForeignKey(Customer.id))
    equipment_id: Mapped[int | None] = mapped_column(sa.ForeignKey(Equipment.id))
    reference: Mapped[str] = mapped_column(sa.String(250), default="")
    kind_of_work: Mapped[str] = mapped_column(sa.String(60), default="")
    priority: Mapped[Priority] = mapped_column(choice(Priority, "priority"), default=Priority.NORMAL)
    skills: Mapped[str] = mapped_column(sa.String(200), default="")
    description: Mapped[str] = mapped_column(sa.Text, default="")
    window_start_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    window_end_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    planned_minutes: Mapped[int | None] = mapped_column(sa.Integer)
    work_not_to_bill_reason: Mapped[str | None] = mapped_column(sa.String(250))
    report: Mapped[str] = mapped_column(sa.Text, default="")
    nothing_to_bill_reason: Mapped[str] = mapped_column(sa.String(250), default="")
    signed_by: Mapped[str] = mapped_column(sa.String(100), default="")
    signature_file_id: Mapped[int | None] = mapped_column(sa.ForeignKey(StoredFile.id))
    signed_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    no_signature_reason: Mapped[str] = mapped_column(sa.String(250), default="")
    cancel_reason: Mapped[str] = mapped_column(sa.String(250), default="")
    reopen_reason: Mapped[str] = mapped_column(sa.String(250), default="")
    started_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    done_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    validated_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    validated_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey(User.id))
    has_work_to_bill: Mapped[bool] = mapped_column(sa.Boolean(name="has_work_to_bill"), default=False)
    created_by_id: Mapped[int] = mapped_column(sa.ForeignKey(User.id))
    created_at: Mapped[dt.datetime] = mapped_column(Moment)
    version: Mapped[int] = mapped_column(sa.Integer, default=1)

    customer: Mapped[Customer] = relationship(foreign_keys=[customer_id])
    payer: Mapped[Customer | None] = relationship(foreign_keys=[payer_id])
    site: Mapped[Site] = relationship()
    equipment: Mapped[Equipment | None] = relationship()
    visits: Mapped[list["Visit"]] = relationship(order_by="Visit.start_at", viewonly=True)
    time_entries: Mapped[list["TimeEntry"]] = relationship(order_by="TimeEntry.start_at", viewonly=True)
    parts_used: Mapped[list["PartUsed"]] = relationship(order_by="PartUsed.id", viewonly=True)
    photos: Mapped[list["Photo"]] = relationship(order_by="Photo.id", viewonly=True)
    tasks: Mapped[list["Task"]] = relationship(order_by="Task.position, Task.id", viewonly=True)
    stamps: Mapped[list["Stamp"]] = relationship(order_by="Stamp.id", viewonly=True)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own way to say it


class Visit(Base):
    """A planned visit of one technician."""

    __tablename__ = "visit"
    __audited__ = True
    __table_args__ = (
        sa.CheckConstraint("start_at < end_at", name="start_before_end"),
        sa.Index("ix_visit_technician_id_start_at", "technician_id", "start_at"),
        sa.Index("ix_visit_service_order_id", "service_order_id"),
    )

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    service_order_id: Mapped[int] = mapped_column(sa.ForeignKey(ServiceOrder.id))
    technician_id: Mapped[int] = mapped_column(sa.ForeignKey(User.id))
    start_at: Mapped[dt.datetime] = mapped_column(Moment)
    end_at: Mapped[dt.datetime] = mapped_column(Moment)
    version: Mapped[int] = mapped_column(sa.Integer, default=1)

    technician: Mapped[User] = relationship()
    service_order: Mapped[ServiceOrder] = relationship(viewonly=True)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own way to say it


class TimeEntry(Base):
    """Time of one technician on an order; ``end_at`` None: the timer runs. Time is kept in minutes.

    ``billable_minutes`` follows the company's minimum and rounding rules unless the office sets it; ``unit_price`` and
    ``hourly_cost`` are what they were when the time was logged.
    """

    __tablename__ = "time_entry"
    __audited__ = True
    __table_args__ = (
        sa.CheckConstraint("end_at IS NULL OR start_at < end_at", name="start_before_end"),
        sa.CheckConstraint("billable_minutes BETWEEN 0 AND 1440", name="billable_minutes"),
        sa.Index("ix_time_entry_technician_id_start_at", "technician_id", "start_at"),
        sa.Index("ix_time_entry_service_order_id", "service_order_id"),
        sa.Index(
            "uq_time_entry_running",
            "technician_id",
            unique=True,
            sqlite_where=sa.text("end_at IS NULL"),
            postgresql_where=sa.text("end_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    service_order_id: Mapped[int] = mapped_column(sa.ForeignKey(ServiceOrder.id))
    technician_id: Mapped[int] = mapped_column(sa.ForeignKey(User.id))
    labor_rate_id: Mapped[int] = mapped_column(sa.ForeignKey(LaborRate.id))
    start_at: Mapped[dt.datetime] = mapped_column(Moment)
    end_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    billable_minutes: Mapped[int] = mapped_column(sa.Integer, default=0)
    description: Mapped[str] = mapped_column(sa.String(500), default="")
    unit_price: Mapped[Decimal] = mapped_column(UNIT_PRICE)
    hourly_cost: Mapped[Decimal] = mapped_column(UNIT_PRICE, default=Decimal(0))
    not_to_bill_reason: Mapped[str] = mapped_column(sa.String(250), default="")
    version: Mapped[int] = mapped_column(sa.Integer, default=1)

    technician: Mapped[User] = relationship()
    labor_rate: Mapped[LaborRate] = relationship()
    service_order: Mapped[ServiceOrder] = relationship(viewonly=True)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own way to say it

    @property
    def minutes(self) -> int:
        """Real minutes; 0 while the timer runs."""
        return 0 if self.end_at is None else int((self.end_at - self.start_at).total_seconds() // 60)


class PartUsed(Base):
    """A part, a distance or a call-out used on an order: from the catalog, from a rate, or free text."""

    __tablename__ = "part_used"
    __audited__ = True
    __table_args__ = (
        sa.CheckConstraint("quantity > 0", name="quantity"),
        sa.CheckConstraint("stock_item_id IS NULL OR labor_rate_id IS NULL", name="one_thing"),
        sa.Index("ix_part_used_service_order_id", "service_order_id"),
    )

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    service_order_id: Mapped[int] = mapped_column(sa.ForeignKey(ServiceOrder.id))
    technician_id: Mapped[int] = mapped_column(sa.ForeignKey(User.id))
    stock_item_id: Mapped[int | None] = mapped_column(sa.ForeignKey(StockItem.id))
    labor_rate_id: Mapped[int | None] = mapped_column(sa.ForeignKey(LaborRate.id))
    description: Mapped[str] = mapped_column(sa.String(500))
    quantity: Mapped[Decimal] = mapped_column(QUANTITY)
    unit: Mapped[str] = mapped_column(sa.String(10), default="")
    unit_price: Mapped[Decimal] = mapped_column(UNIT_PRICE)
    unit_cost: Mapped[Decimal] = mapped_column(UNIT_PRICE, default=Decimal(0))
    used_at: Mapped[dt.datetime] = mapped_column(Moment)
    not_to_bill_reason: Mapped[str] = mapped_column(sa.String(250), default="")
    version: Mapped[int] = mapped_column(sa.Integer, default=1)

    stock_item: Mapped[StockItem | None] = relationship()
    labor_rate: Mapped[LaborRate | None] = relationship()
    technician: Mapped[User] = relationship()
    service_order: Mapped[ServiceOrder] = relationship(viewonly=True)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own way to say it


class Photo(Base):
    """A photo taken on an order."""

    __tablename__ = "photo"
    __audited__ = True

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    service_order_id: Mapped[int] = mapped_column(sa.ForeignKey(ServiceOrder.id), index=True)
    file_id: Mapped[int] = mapped_column(sa.ForeignKey(StoredFile.id))
    caption: Mapped[str] = mapped_column(sa.String(200), default="")
    taken_by_id: Mapped[int] = mapped_column(sa.ForeignKey(User.id))
    taken_at: Mapped[dt.datetime] = mapped_column(Moment)


class Task(Base):
    """One thing of an order's list, to be ticked off."""

    __tablename__ = "task"
    __audited__ = True
    __table_args__ = (sa.Index("ix_task_service_order_id", "service_order_id", "position"),)

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    service_order_id: Mapped[int] = mapped_column(sa.ForeignKey(ServiceOrder.id))
    position: Mapped[int] = mapped_column(sa.Integer)
    description: Mapped[str] = mapped_column(sa.String(200))
    done_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    done_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey(User.id))
    version: Mapped[int] = mapped_column(sa.Integer, default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own way to say it


class StampKind(StrEnum):
    """The steps of a visit that a technician stamps."""

    ON_MY_WAY = "on_my_way"
    START = "start"
    FINISH = "finish"


class Stamp(Base):
    """When a technician took a step; insert-only. ``device_at`` is what the tablet's clock said, ``at`` that corrected."""

    __tablename__ = "stamp"
    __table_args__ = (sa.Index("ix_stamp_service_order_id", "service_order_id", "id"),)

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    service_order_id: Mapped[int] = mapped_column(sa.ForeignKey(ServiceOrder.id))
    technician_id: Mapped[int] = mapped_column(sa.ForeignKey(User.id))
    kind: Mapped[StampKind] = mapped_column(choice(StampKind, "kind"))
    at: Mapped[dt.datetime] = mapped_column(Moment)
    device_at: Mapped[dt.datetime | None] = mapped_column(Moment)

    technician: Mapped[User] = relationship()


class WorkClaim(Base):
    """Which bill's line bills an hour or a part. Live while ``released_at`` is empty; one live claim each, by index.

    A draft's claim is deleted with the draft; a posted one is ended by a crediting that releases the work.
    """

    __tablename__ = "work_claim"
    __table_args__ = (
        sa.CheckConstraint("(time_entry_id IS NULL) <> (part_used_id IS NULL)", name="one_thing"),
        sa.Index(
            "uq_work_claim_time_entry_id",
            "time_entry_id",
            unique=True,
            sqlite_where=sa.text("released_at IS NULL"),
            postgresql_where=sa.text("released_at IS NULL"),
        ),
        sa.Index(
            "uq_work_claim_part_used_id",
            "part_used_id",
            unique=True,
            sqlite_where=sa.text("released_at IS NULL"),
            postgresql_where=sa.text("released_at IS NULL"),
        ),
        sa.Index("ix_work_claim_bill_kind_bill_id", "bill_kind", "bill_id"),
        sa.Index("ix_work_claim_service_order_id", "service_order_id"),
    )

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    service_order_id: Mapped[int] = mapped_column(sa.ForeignKey(ServiceOrder.id))
    time_entry_id: Mapped[int | None] = mapped_column(sa.ForeignKey(TimeEntry.id))
    part_used_id: Mapped[int | None] = mapped_column(sa.ForeignKey(PartUsed.id))
    bill_kind: Mapped[str] = mapped_column(sa.String(20))
    bill_id: Mapped[int] = mapped_column(ID)
    bill_line_id: Mapped[int] = mapped_column(ID)
    is_final: Mapped[bool] = mapped_column(sa.Boolean(name="is_final"), default=False)
    released_at: Mapped[dt.datetime | None] = mapped_column(Moment)
