"""Sales orders and their lines, and the service orders that carry them out."""

import datetime as dt
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fsm.core.db import Base
from fsm.core.types import ID, choice
from fsm.customers.models import Customer
from fsm.documents.priced import PricedColumns, PricedLineColumns
from fsm.service_orders.models import ServiceOrder


class SalesOrderState(StrEnum):
    """S0: an order is billed after it was sent, not before; billed: its final invoice is posted."""

    CREATED = "created"
    SENT = "sent"
    BILLED = "billed"
    CANCELLED = "cancelled"


TRANSITIONS: dict[SalesOrderState, frozenset[SalesOrderState]] = {
    SalesOrderState.CREATED: frozenset({SalesOrderState.SENT, SalesOrderState.CANCELLED}),
    SalesOrderState.SENT: frozenset({SalesOrderState.BILLED, SalesOrderState.CANCELLED}),
    SalesOrderState.BILLED: frozenset({SalesOrderState.SENT}),
    SalesOrderState.CANCELLED: frozenset(),
}


class SalesOrder(PricedColumns, Base):
    """What a customer has signed for. ``quote_id`` is the quote that became it; its content is final once sent."""

    __tablename__ = "sales_order"
    __audited__ = True
    __table_args__ = (
        sa.UniqueConstraint("number_series", "number_period", "number_counter"),
        sa.UniqueConstraint("quote_id"),
        sa.Index("ix_sales_order_state_id", "state", "id"),
        sa.Index("ix_sales_order_customer_id_id", "customer_id", "id"),
        sa.CheckConstraint("number IS NOT NULL", name="number"),
    )

    state: Mapped[SalesOrderState] = mapped_column(choice(SalesOrderState, "state"), default=SalesOrderState.CREATED)
    order_date: Mapped[dt.date] = mapped_column(sa.Date)
    quote_id: Mapped[int | None] = mapped_column(ID)
    quote_number: Mapped[str] = mapped_column(sa.String(255), default="")
    cancelled_reason: Mapped[str] = mapped_column(sa.String(250), default="")

    customer: Mapped[Customer] = relationship(viewonly=True)
    lines: Mapped[list["SalesOrderLine"]] = relationship(order_by="SalesOrderLine.position", viewonly=True)
    service_orders: Mapped[list[ServiceOrder]] = relationship(
        secondary="sales_order_service_order", order_by=ServiceOrder.id, viewonly=True
    )

    __mapper_args__ = {"version_id_col": PricedColumns.version}  # noqa: RUF012 - SQLAlchemy's own way to say it


class SalesOrderLine(PricedLineColumns, Base):
    """A line of a sales order."""

    __tablename__ = "sales_order_line"
    __table_args__ = (sa.UniqueConstraint("sales_order_id", "position"),)

    sales_order_id: Mapped[int] = mapped_column(sa.ForeignKey(SalesOrder.id))


class SalesOrderServiceOrder(Base):
    """Which service orders carry out a sales order; both ways."""

    __tablename__ = "sales_order_service_order"
    __table_args__ = (sa.Index("ix_sales_order_service_order_service_order_id", "service_order_id"),)

    sales_order_id: Mapped[int] = mapped_column(sa.ForeignKey(SalesOrder.id), primary_key=True)
    service_order_id: Mapped[int] = mapped_column(sa.ForeignKey(ServiceOrder.id), primary_key=True)
