"""What tablets sent: operations that took effect, pictures waiting for theirs, work kept for the office."""

import datetime as dt
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fsm.core.db import Base
from fsm.core.types import ID, Moment, choice
from fsm.files.models import StoredFile
from fsm.service_orders.models import ServiceOrder
from fsm.users.models import User


class TabletOperation(Base):
    """An operation that was carried out or kept, once: its id comes from the device. Insert-only.

    ``device_at`` is the device's clock when it was captured, ``at`` the same moment by the server's clock,
    ``received_at`` when it came. ``made_id`` names the time entry, part or photo that it made.
    """

    __tablename__ = "tablet_operation"
    __table_args__ = (
        sa.Index("ix_tablet_operation_service_order_id", "service_order_id"),
        sa.Index("ix_tablet_operation_received_at", "received_at"),
    )

    user_id: Mapped[int] = mapped_column(sa.ForeignKey(User.id), primary_key=True)
    operation_id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    device_id: Mapped[str] = mapped_column(sa.String(36))
    service_order_id: Mapped[int] = mapped_column(sa.ForeignKey(ServiceOrder.id))
    kind: Mapped[str] = mapped_column(sa.String(30))
    device_at: Mapped[dt.datetime] = mapped_column(Moment)
    at: Mapped[dt.datetime] = mapped_column(Moment)
    received_at: Mapped[dt.datetime] = mapped_column(Moment)
    made_id: Mapped[int | None] = mapped_column(ID)
    was_kept: Mapped[bool] = mapped_column(sa.Boolean(name="was_kept"), default=False)


class TabletBlob(Base):
    """A picture that a user's device sent by its SHA-256, and the file that was made of it. Insert-only."""

    __tablename__ = "tablet_blob"

    user_id: Mapped[int] = mapped_column(sa.ForeignKey(User.id), primary_key=True)
    sha256: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    file_id: Mapped[int] = mapped_column(sa.ForeignKey(StoredFile.id))
    created_at: Mapped[dt.datetime] = mapped_column(Moment)


class KeptState(StrEnum):
    """What became of work that found its order gone."""

    OPEN = "open"
    TAKEN_OVER = "taken_over"
    DISMISSED = "dismissed"


class KeptWork(Base):
    """Work captured on an order that the office had cancelled, finished or given to somebody else meanwhile."""

    __tablename__ = "kept_work"
    __audited__ = True
    __table_args__ = (
        sa.UniqueConstraint("user_id", "operation_id"),
        sa.Index("ix_kept_work_state_id", "state", "id"),
        sa.Index("ix_kept_work_user_id_id", "user_id", "id"),
        sa.Index("ix_kept_work_service_order_id", "service_order_id"),
    )

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey(User.id))
    operation_id: Mapped[str] = mapped_column(sa.String(36))
    service_order_id: Mapped[int] = mapped_column(sa.ForeignKey(ServiceOrder.id))
    kind: Mapped[str] = mapped_column(sa.String(30))
    values: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    device_at: Mapped[dt.datetime] = mapped_column(Moment)
    at: Mapped[dt.datetime] = mapped_column(Moment)
    received_at: Mapped[dt.datetime] = mapped_column(Moment)
    reason: Mapped[str] = mapped_column(sa.String(20))
    state: Mapped[KeptState] = mapped_column(choice(KeptState, "state"), default=KeptState.OPEN)
    decided_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey(User.id))
    decided_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    decision: Mapped[str] = mapped_column(sa.String(250), default="")
    taken_to_id: Mapped[int | None] = mapped_column(sa.ForeignKey(ServiceOrder.id))
    version: Mapped[int] = mapped_column(sa.Integer, default=1)

    user: Mapped[User] = relationship(foreign_keys=[user_id])
    service_order: Mapped[ServiceOrder] = relationship(foreign_keys=[service_order_id])

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own way to say it
