"""Month-end runs: what was asked for, and what became of each invoice."""

import datetime as dt
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fsm.core.db import Base
from fsm.core.types import ID, Moment, choice
from fsm.customers.models import Customer
from fsm.invoices.models import Invoice
from fsm.service_orders.models import ServiceOrder


class Grouping(StrEnum):
    """What a month-end run makes one invoice of; the payer always parts."""

    ORDER = "order"
    SITE = "site"
    CUSTOMER = "customer"
    REFERENCE = "reference"


class RunState(StrEnum):
    """Where a month-end run stands; what is left to do is what its rows say."""

    RUNNING = "running"
    STOPPED = "stopped"
    DONE = "done"


class RowState(StrEnum):
    """One invoice of a run; ``skipped``: nothing was left to do, somebody else has done it."""

    WAITING = "waiting"
    DRAFTED = "drafted"
    POSTED = "posted"
    FAILED = "failed"
    SKIPPED = "skipped"


class InvoiceRun(Base):
    """A month-end run: what was asked for, what was expected of it. ``posting_date`` None: it stops at the drafts.

    ``criteria`` as the address of the page has them; ``expected`` is (net, VAT, total) as text by currency.
    ``asked_by_id`` asked last for it to go on. ``resumed_at`` and ``resumed_with`` (steps done by then) say how fast
    it goes; ``beat_at`` is its last sign of life.
    """

    __tablename__ = "invoice_run"

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    state: Mapped[RunState] = mapped_column(choice(RunState, "state"), default=RunState.RUNNING)
    grouping: Mapped[Grouping | None] = mapped_column(choice(Grouping, "grouping"))
    posting_date: Mapped[dt.date | None] = mapped_column(sa.Date)
    criteria: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    expected: Mapped[dict[str, list[str]]] = mapped_column(sa.JSON)
    order_count: Mapped[int] = mapped_column(sa.Integer, default=0)
    row_count: Mapped[int] = mapped_column(sa.Integer)
    created_by_id: Mapped[int] = mapped_column(ID)
    created_at: Mapped[dt.datetime] = mapped_column(Moment)
    asked_by_id: Mapped[int] = mapped_column(ID)
    resumed_at: Mapped[dt.datetime] = mapped_column(Moment)
    resumed_with: Mapped[int] = mapped_column(sa.Integer, default=0)
    beat_at: Mapped[dt.datetime] = mapped_column(Moment)
    ended_at: Mapped[dt.datetime | None] = mapped_column(Moment)


class InvoiceRunRow(Base):
    """One invoice of a month-end run, and what became of it; ``sentence`` says why it failed or was passed over."""

    __tablename__ = "invoice_run_row"
    __table_args__ = (
        sa.Index("ix_invoice_run_row_run_id_state_id", "run_id", "state", "id"),
        sa.Index("ix_invoice_run_row_invoice_id", "invoice_id"),
    )

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    run_id: Mapped[int] = mapped_column(sa.ForeignKey(InvoiceRun.id))
    customer_id: Mapped[int] = mapped_column(sa.ForeignKey(Customer.id))
    state: Mapped[RowState] = mapped_column(choice(RowState, "state"), default=RowState.WAITING)
    invoice_id: Mapped[int | None] = mapped_column(sa.ForeignKey(Invoice.id))
    sentence: Mapped[str] = mapped_column(sa.String(500), default="")
    line_count: Mapped[int] = mapped_column(sa.Integer, default=0)

    customer: Mapped[Customer] = relationship(viewonly=True)
    invoice: Mapped[Invoice | None] = relationship(viewonly=True)


class InvoiceRunOrder(Base):
    """The service orders that a row of a run bills."""

    __tablename__ = "invoice_run_order"
    __table_args__ = (sa.Index("ix_invoice_run_order_service_order_id", "service_order_id"),)

    row_id: Mapped[int] = mapped_column(sa.ForeignKey(InvoiceRunRow.id), primary_key=True)
    service_order_id: Mapped[int] = mapped_column(sa.ForeignKey(ServiceOrder.id), primary_key=True)
