"""Maintenance contracts, the machines they cover, and the dates that were made, skipped or are offered again."""

import datetime as dt
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fsm.core.db import Base
from fsm.core.types import ID, Moment, choice
from fsm.customers.models import Customer, Equipment, Site
from fsm.service_orders.models import ServiceOrder
from fsm.users.models import User

NEVER = dt.date(9999, 12, 31)  # not NULL, which the engines sort differently


class ContractState(StrEnum):
    """Whether orders are made."""

    ACTIVE = "active"
    PAUSED = "paused"
    ENDED = "ended"


TRANSITIONS: dict[ContractState, frozenset[ContractState]] = {
    ContractState.ACTIVE: frozenset({ContractState.PAUSED, ContractState.ENDED}),
    ContractState.PAUSED: frozenset({ContractState.ACTIVE, ContractState.ENDED}),
    ContractState.ENDED: frozenset({ContractState.ACTIVE}),
}


class IntervalUnit(StrEnum):
    """What an interval counts."""

    DAYS = "days"
    WEEKS = "weeks"
    MONTHS = "months"


class DateState(StrEnum):
    """``made``: it has its order; ``skipped``: nobody goes, for the reason; ``offered``: to be made after all."""

    MADE = "made"
    SKIPPED = "skipped"
    OFFERED = "offered"


class Contract(Base):
    """Work that comes round at a site: every so many days, weeks or months from a first date on.

    Orders are made ``lead_days`` before their window begins, which is from ``days_before`` to ``days_after`` the date.
    Dates before ``runs_from`` are not made: those before it was agreed, or that passed while it was paused.
    ``next_date`` and ``makes_on`` (when its order is made) are kept by ``services.plan`` alone; NEVER: no date is left.
    ``problem``: why the last order could not be made.
    """

    __tablename__ = "maintenance_contract"
    __audited__ = True
    __table_args__ = (
        sa.CheckConstraint("interval_count BETWEEN 1 AND 999", name="interval_count"),
        sa.CheckConstraint("days_before BETWEEN 0 AND 180", name="days_before"),
        sa.CheckConstraint("days_after BETWEEN 0 AND 180", name="days_after"),
        sa.CheckConstraint("lead_days BETWEEN 0 AND 366", name="lead_days"),
        sa.CheckConstraint("planned_minutes BETWEEN 15 AND 6000", name="planned_minutes"),
        sa.CheckConstraint("end_date IS NULL OR end_date >= first_date", name="end_date"),
        sa.CheckConstraint("is_to_bill OR not_to_bill_reason <> ''", name="not_to_bill_reason"),
        sa.Index("ix_maintenance_contract_state_next_date", "state", "next_date", "id"),
        sa.Index("ix_maintenance_contract_state_makes_on", "state", "makes_on", "id"),
        sa.Index("ix_maintenance_contract_state_id", "state", "id"),
        sa.Index("ix_maintenance_contract_customer_id", "customer_id", "id"),
        sa.Index("ix_maintenance_contract_site_id", "site_id"),
    )

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(100))
    state: Mapped[ContractState] = mapped_column(choice(ContractState, "state"), default=ContractState.ACTIVE)
    state_reason: Mapped[str] = mapped_column(sa.String(250), default="")
    customer_id: Mapped[int] = mapped_column(sa.ForeignKey(Customer.id))
    site_id: Mapped[int] = mapped_column(sa.ForeignKey(Site.id))
    kind_of_work: Mapped[str] = mapped_column(sa.String(60), default="")
    reference: Mapped[str] = mapped_column(sa.String(250), default="")
    description: Mapped[str] = mapped_column(sa.Text, default="")
    tasks: Mapped[str] = mapped_column(sa.Text, default="")
    first_date: Mapped[dt.date] = mapped_column(sa.Date)
    end_date: Mapped[dt.date | None] = mapped_column(sa.Date)
    interval_count: Mapped[int] = mapped_column(sa.Integer)
    interval_unit: Mapped[IntervalUnit] = mapped_column(choice(IntervalUnit, "interval_unit"))
    days_before: Mapped[int] = mapped_column(sa.Integer, default=0)
    days_after: Mapped[int] = mapped_column(sa.Integer, default=0)
    lead_days: Mapped[int] = mapped_column(sa.Integer, default=0)
    planned_minutes: Mapped[int] = mapped_column(sa.Integer)
    is_to_bill: Mapped[bool] = mapped_column(sa.Boolean(name="is_to_bill"), default=True)
    not_to_bill_reason: Mapped[str] = mapped_column(sa.String(250), default="")
    runs_from: Mapped[dt.date] = mapped_column(sa.Date)
    next_date: Mapped[dt.date] = mapped_column(sa.Date, default=NEVER)
    makes_on: Mapped[dt.date] = mapped_column(sa.Date, default=NEVER)
    problem: Mapped[str] = mapped_column(sa.String(250), default="")
    created_by_id: Mapped[int] = mapped_column(sa.ForeignKey(User.id))
    created_at: Mapped[dt.datetime] = mapped_column(Moment)
    version: Mapped[int] = mapped_column(sa.Integer, default=1)

    customer: Mapped[Customer] = relationship()
    site: Mapped[Site] = relationship()
    machines: Mapped[list["ContractMachine"]] = relationship(order_by="ContractMachine.id", viewonly=True)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own way to say it


class ContractMachine(Base):
    """A machine that a contract covers."""

    __tablename__ = "contract_machine"
    __audited__ = True
    __table_args__ = (
        sa.UniqueConstraint("contract_id", "equipment_id"),
        sa.Index("ix_contract_machine_equipment_id", "equipment_id"),
    )

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    contract_id: Mapped[int] = mapped_column(sa.ForeignKey(Contract.id))
    equipment_id: Mapped[int] = mapped_column(sa.ForeignKey(Equipment.id))

    equipment: Mapped[Equipment] = relationship()


class ContractDate(Base):
    """What became of one date of a contract; the unique row is why no date is ever made twice."""

    __tablename__ = "contract_date"
    __audited__ = True
    __table_args__ = (
        sa.UniqueConstraint("contract_id", "due_date"),
        sa.UniqueConstraint("service_order_id"),
        sa.CheckConstraint("state <> 'made' OR service_order_id IS NOT NULL", name="made"),
        sa.CheckConstraint("state <> 'skipped' OR reason <> ''", name="skipped"),
    )

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    contract_id: Mapped[int] = mapped_column(sa.ForeignKey(Contract.id))
    due_date: Mapped[dt.date] = mapped_column(sa.Date)
    state: Mapped[DateState] = mapped_column(choice(DateState, "state"))
    service_order_id: Mapped[int | None] = mapped_column(sa.ForeignKey(ServiceOrder.id))
    reason: Mapped[str] = mapped_column(sa.String(250), default="")
    created_at: Mapped[dt.datetime] = mapped_column(Moment)

    service_order: Mapped[ServiceOrder | None] = relationship()
