"""Where other programs want to be told, what happened, and what became of each delivery."""

import datetime as dt
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fsm.core.db import Base
from fsm.core.types import ID, Moment, choice

ANSWER_LENGTH = 500
ERROR_LENGTH = 300


class DeliveryState(StrEnum):
    """``waiting``: it is yet to be tried, or tried again; ``failed``: given up."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"


TRANSITIONS: dict[DeliveryState, frozenset[DeliveryState]] = {
    DeliveryState.WAITING: frozenset({DeliveryState.WAITING, DeliveryState.DELIVERED, DeliveryState.FAILED}),
    DeliveryState.DELIVERED: frozenset({DeliveryState.WAITING}),
    DeliveryState.FAILED: frozenset({DeliveryState.WAITING, DeliveryState.DELIVERED}),
}


class WebhookEndpoint(Base):
    """An address that is told of ``events``. Secrets are sealed; a former one signs too until ``former_until``.

    ``paused_at``: deliveries are kept until it goes on, and ``paused_why`` says why where nobody asked for it.
    The last three are the worker's own: since how many tries nothing was reached, until when it is left alone, and
    for when a job is planned.
    """

    __tablename__ = "webhook_endpoint"
    __audited__ = True
    __audit_hidden__ = frozenset({"secret", "former_secret"})
    __table_args__ = (sa.CheckConstraint("unreached >= 0", name="unreached"),)

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(100))
    url: Mapped[str] = mapped_column(sa.String(500))
    events: Mapped[list[str]] = mapped_column(sa.JSON)
    secret: Mapped[str] = mapped_column(sa.String(500))
    former_secret: Mapped[str] = mapped_column(sa.String(500), default="")
    former_until: Mapped[dt.datetime | None] = mapped_column(Moment)
    paused_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    paused_why: Mapped[str] = mapped_column(sa.String(200), default="")
    revoked_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    created_by_id: Mapped[int | None] = mapped_column(ID)
    created_at: Mapped[dt.datetime] = mapped_column(Moment)
    unreached: Mapped[int] = mapped_column(sa.Integer, default=0)
    away_until: Mapped[dt.datetime | None] = mapped_column(Moment)
    wake_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    version: Mapped[int] = mapped_column(sa.Integer, default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own way to say it


class WebhookEvent(Base):
    """What happened, once, with the body that every try sends. ``event_id`` never changes: receivers know it again."""

    __tablename__ = "webhook_event"
    __table_args__ = (sa.Index("ix_webhook_event_created_at", "created_at", "id"),)

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    event_id: Mapped[str] = mapped_column(sa.String(40), unique=True)
    name: Mapped[str] = mapped_column(sa.String(60))
    subject_kind: Mapped[str] = mapped_column(sa.String(30))
    subject_id: Mapped[int] = mapped_column(ID)
    label: Mapped[str] = mapped_column(sa.String(60), default="")
    happened_at: Mapped[dt.datetime] = mapped_column(Moment)
    body: Mapped[str] = mapped_column(sa.Text)
    created_at: Mapped[dt.datetime] = mapped_column(Moment)


class WebhookDelivery(Base):
    """An event on its way to an endpoint.

    ``asked_at``: since when it is tried (anew by "send again"); ``next_try_at``: not before; while it is tried, when
    its worker is thought dead.
    """

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        sa.UniqueConstraint("event_id", "endpoint_id"),
        sa.CheckConstraint("attempts >= 0", name="attempts"),
        sa.Index("ix_webhook_delivery_endpoint_id_state", "endpoint_id", "state", "next_try_at", "id"),
        sa.Index("ix_webhook_delivery_endpoint_id_id", "endpoint_id", "id"),
        sa.Index("ix_webhook_delivery_state_id", "state", "id"),
    )

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    event_id: Mapped[int] = mapped_column(sa.ForeignKey(WebhookEvent.id))
    endpoint_id: Mapped[int] = mapped_column(sa.ForeignKey(WebhookEndpoint.id))
    state: Mapped[DeliveryState] = mapped_column(choice(DeliveryState, "state"), default=DeliveryState.WAITING)
    attempts: Mapped[int] = mapped_column(sa.Integer, default=0)
    asked_at: Mapped[dt.datetime] = mapped_column(Moment)
    next_try_at: Mapped[dt.datetime] = mapped_column(Moment)
    delivered_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    status_code: Mapped[int | None] = mapped_column(sa.Integer)
    error: Mapped[str] = mapped_column(sa.String(ERROR_LENGTH), default="")

    event: Mapped[WebhookEvent] = relationship()
    endpoint: Mapped[WebhookEndpoint] = relationship()


class WebhookAttempt(Base):
    """One try: how long it took, the status of the answer and how it begins, or why there was none."""

    __tablename__ = "webhook_attempt"
    __table_args__ = (sa.Index("ix_webhook_attempt_delivery_id", "delivery_id", "id"),)

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    delivery_id: Mapped[int] = mapped_column(sa.ForeignKey(WebhookDelivery.id))
    at: Mapped[dt.datetime] = mapped_column(Moment)
    milliseconds: Mapped[int] = mapped_column(sa.Integer)
    status_code: Mapped[int | None] = mapped_column(sa.Integer)
    answer: Mapped[str] = mapped_column(sa.String(ANSWER_LENGTH), default="")
    error: Mapped[str] = mapped_column(sa.String(ERROR_LENGTH), default="")
