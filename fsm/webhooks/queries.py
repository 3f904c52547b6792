"""Endpoints and deliveries for the pages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload

from fsm.core.audit import now
from fsm.core.db import session
from fsm.core.errors import NotFoundError
from fsm.core.lists import Status
from fsm.webhooks.kinds import KINDS
from fsm.webhooks.models import DeliveryState, WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookEvent

MOST_ATTEMPTS_SHOWN = 50
NEWEST = 10


@dataclass(frozen=True, slots=True)
class Filters:
    """What narrows the log."""

    words: str = ""
    endpoint_id: int | None = None
    event: str = ""


def endpoints() -> Sequence[WebhookEndpoint]:
    """All of them: those in use first, the newest first; of revoked ones the last fifty."""
    in_use = sa.select(WebhookEndpoint).where(WebhookEndpoint.revoked_at.is_(None))
    revoked = sa.select(WebhookEndpoint).where(WebhookEndpoint.revoked_at.is_not(None))
    found = [*session.scalars(in_use.order_by(WebhookEndpoint.id.desc()))]
    return [*found, *session.scalars(revoked.order_by(WebhookEndpoint.id.desc()).limit(50))]


def endpoint(endpoint_id: int) -> WebhookEndpoint:
    """NotFoundError."""
    row = session.get(WebhookEndpoint, endpoint_id)
    if row is None:
        raise NotFoundError(_("There is no such webhook."))
    return row


def failed_counts() -> Mapping[int, int]:
    """How many deliveries were given up, by endpoint; of at most the last thousand."""
    failed = sa.select(WebhookDelivery.endpoint_id).where(WebhookDelivery.state == DeliveryState.FAILED)
    newest = failed.order_by(WebhookDelivery.id.desc()).limit(1000).subquery()
    query = sa.select(newest.c.endpoint_id, sa.func.count()).group_by(newest.c.endpoint_id)
    return dict(session.execute(query).all())


def endpoint_status(row: WebhookEndpoint) -> Status:
    """How it is with an endpoint, in a word."""
    if row.revoked_at is not None:
        return Status("cancelled", _("Revoked"))
    if row.paused_at is not None:
        return Status("warning", _("Paused"))
    if row.unreached:
        return Status("overdue", _("Not reached"))
    return Status("done", _("In use"))


def delivery_status(row: WebhookDelivery) -> Status:
    """What became of a delivery, in a word."""
    if row.state is DeliveryState.DELIVERED:
        return Status("done", _("Delivered"))
    if row.state is DeliveryState.FAILED:
        return Status("overdue", _("Failed"))
    if row.endpoint.paused_at is not None:
        return Status("draft", _("Kept: paused"))
    return Status("warning", _("Tried again")) if row.attempts else Status("progress", _("On its way"))


def event_label(name: str) -> str:
    """An event's name for people."""
    return str(KINDS[name].label) if name in KINDS else _("Test")


def words_of(row: WebhookDelivery) -> str:
    """The status of the last answer, or why there was none."""
    status = f"{row.status_code}" if row.status_code else ""
    return " · ".join(part for part in (status, row.error) if part)


def listed(tab: str, filters: Filters) -> sa.Select[Any]:
    """Deliveries of a tab of the log."""
    query = sa.select(WebhookDelivery).join(WebhookEvent, WebhookEvent.id == WebhookDelivery.event_id)
    if tab != "all":
        query = query.where(WebhookDelivery.state == DeliveryState(tab))
    if filters.endpoint_id is not None:
        query = query.where(WebhookDelivery.endpoint_id == filters.endpoint_id)
    if filters.event:
        query = query.where(WebhookEvent.name == filters.event)
    if filters.words:
        by_label = WebhookEvent.label.icontains(filters.words, autoescape=True)
        query = query.where(sa.or_(by_label, WebhookEvent.event_id == filters.words))
    return query


def with_all(query: sa.Select[Any]) -> sa.Select[Any]:
    """With what a row of the log shows; the bodies stay where they are."""
    event = joinedload(WebhookDelivery.event).defer(WebhookEvent.body)
    return query.options(event, joinedload(WebhookDelivery.endpoint))


def newest_of(endpoint_id: int) -> Sequence[WebhookDelivery]:
    """The last deliveries to an endpoint."""
    query = with_all(sa.select(WebhookDelivery)).where(WebhookDelivery.endpoint_id == endpoint_id)
    return session.scalars(query.order_by(WebhookDelivery.id.desc()).limit(NEWEST)).all()


def delivery(delivery_id: int) -> WebhookDelivery:
    """NotFoundError."""
    query = sa.select(WebhookDelivery).where(WebhookDelivery.id == delivery_id)
    row = session.scalar(query.options(joinedload(WebhookDelivery.event), joinedload(WebhookDelivery.endpoint)))
    if row is None:
        raise NotFoundError(_("There is no such delivery."))
    return row


def attempts_of(delivery_id: int) -> Sequence[WebhookAttempt]:
    """The tries, the last first."""
    query = sa.select(WebhookAttempt).where(WebhookAttempt.delivery_id == delivery_id)
    return session.scalars(query.order_by(WebhookAttempt.id.desc()).limit(MOST_ATTEMPTS_SHOWN)).all()


def is_on_its_way(row: WebhookDelivery) -> bool:
    """Whether something will happen in the next seconds, so that a page may wait for it."""
    endpoint_row = row.endpoint
    if row.state is not DeliveryState.WAITING or endpoint_row.paused_at or endpoint_row.revoked_at:
        return False
    soonest = max(filter(None, (row.next_try_at, endpoint_row.away_until)))
    return (soonest - now()).total_seconds() < 15  # noqa: PLR2004 - seconds that a person waits
