"""What customers were told about visits and work, and what they were not told and why."""

import datetime as dt
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from fsm.core.db import Base
from fsm.core.types import ID, Moment, choice
from fsm.service_orders.models import ServiceOrder


class MessageKind(StrEnum):
    """The event that a message tells of; its text is ``visit_<kind>`` (``mail/kinds.py``)."""

    BOOKED = "booked"
    MOVED = "moved"
    CANCELLED = "cancelled"
    ON_MY_WAY = "on_my_way"
    DONE = "done"


class CustomerMessage(Base):
    """One event that the customer was to be told of, once: ``event_key`` is unique.

    ``message_id`` names the mail; without it ``why_not`` says why none left, or that it was taken back. Visits are
    deleted when nobody comes, so ``visit_id`` is no foreign key; ``start_at`` and ``end_at`` are what was told.
    """

    __tablename__ = "customer_message"
    __table_args__ = (
        sa.Index("ix_customer_message_service_order_id", "service_order_id", "id"),
        sa.Index("ix_customer_message_visit_id", "visit_id", "id"),
    )

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    service_order_id: Mapped[int] = mapped_column(sa.ForeignKey(ServiceOrder.id))
    kind: Mapped[MessageKind] = mapped_column(choice(MessageKind, "kind"))
    event_key: Mapped[str] = mapped_column(sa.String(80), unique=True)
    visit_id: Mapped[int | None] = mapped_column(ID)
    start_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    end_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    message_id: Mapped[int | None] = mapped_column(ID)
    why_not: Mapped[str] = mapped_column(sa.String(250), default="")
    created_at: Mapped[dt.datetime] = mapped_column(Moment)
