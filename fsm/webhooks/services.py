"""Endpoints made, changed, paused and revoked; deliveries asked for. What is sent, and when, is the worker's."""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import uuid4

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.core import audit, events, jobs
from fsm.core.db import lock, session
from fsm.core.errors import ConflictError, DomainError, NotFoundError
from fsm.core.sealed import WEBHOOK, seal
from fsm.core.state import advance, check_version
from fsm.webhooks import addresses, signing
from fsm.webhooks.kinds import KINDS, TEST
from fsm.webhooks.models import (
    TRANSITIONS,
    DeliveryState,
    WebhookDelivery,
    WebhookEndpoint,
)

JOB = "webhooks.deliver"
MOST_ENDPOINTS = 20
NAME_LENGTH = 100
FORMER_SIGNS = dt.timedelta(hours=24)
LOST_AFTER = dt.timedelta(minutes=10)  # a job that was planned and did not come


@dataclass(frozen=True, slots=True)
class EndpointValues:
    """As the page sends them."""

    name: str
    url: str
    events: Sequence[str]


class NewEndpoint(NamedTuple):
    """An endpoint and its new secret, which is shown once."""

    row: WebhookEndpoint
    secret: str


def create(values: EndpointValues, *, actor_id: int | None) -> NewEndpoint:
    """A new endpoint. DomainError at the field that is wrong."""
    _check(values)
    in_use = session.scalar(
        sa.select(sa.func.count()).select_from(WebhookEndpoint).where(WebhookEndpoint.revoked_at.is_(None))
    )
    if (in_use or 0) >= MOST_ENDPOINTS:
        raise DomainError(_("At most %(most)s webhooks. Revoke one that is not needed.", most=MOST_ENDPOINTS), "url")
    secret = signing.new_secret()
    row = WebhookEndpoint(
        name=values.name,
        url=values.url,
        events=_in_order(values.events),
        secret=seal(secret, WEBHOOK),
        created_by_id=actor_id,
        created_at=audit.now(),
    )
    session.add(row)
    session.flush()
    _listen()
    audit.note([("webhook", row.id)], _("The webhook %(name)s was made.", name=row.name))
    return NewEndpoint(row, secret)


def edit(endpoint_id: int, values: EndpointValues, *, version: int | None) -> WebhookEndpoint:
    """Another name, address or choice of events. ConflictError for a stale version."""
    row = _held(endpoint_id)
    check_version(row.version, version)
    _check(values)
    row.name, row.url, row.events = values.name, values.url, _in_order(values.events)
    row.unreached, row.away_until = 0, None
    session.flush()
    _listen()
    plan(row.id, audit.now())
    return row


def _check(values: EndpointValues) -> None:
    if not 0 < len(values.name) <= NAME_LENGTH:
        raise DomainError(_("Give the webhook a name of at most %(most)s characters.", most=NAME_LENGTH), "name")
    addresses.check(values.url)
    if not values.events or set(values.events) - KINDS.keys():
        raise DomainError(_("Choose at least one event."), "events")


def _in_order(names: Collection[str]) -> list[str]:
    return [name for name in KINDS if name in names]


def _listen() -> None:
    """What is told from now on; a paused endpoint is told later."""
    wanted = sa.select(WebhookEndpoint.events).where(WebhookEndpoint.revoked_at.is_(None))
    events.listen({KINDS[name].fact for names in session.scalars(wanted) for name in names if name in KINDS})


def pause(endpoint_id: int, why: str = "") -> WebhookEndpoint:
    """Send nothing for now; what happens meanwhile is kept. ``why``: where nobody asked for it."""
    row = _held(endpoint_id)
    if row.paused_at is None:
        row.paused_at, row.paused_why = audit.now(), why[:200]
        session.flush()
        audit.note([("webhook", row.id)], why or _("Paused."))
    return row


def resume(endpoint_id: int) -> WebhookEndpoint:
    """Send again, what was kept first."""
    row = _held(endpoint_id)
    if row.paused_at is not None:
        row.paused_at, row.paused_why, row.unreached, row.away_until = None, "", 0, None
        moment = audit.now()
        _waiting_of(row.id, asked_at=moment, next_try_at=moment)
        session.flush()
        plan(row.id, moment)
        audit.note([("webhook", row.id)], _("Resumed."))
    return row


def revoke(endpoint_id: int) -> WebhookEndpoint:
    """Send nothing more, for good; what still waited is given up, and the secret is forgotten."""
    row = _held(endpoint_id)
    row.revoked_at = audit.now()
    row.secret = row.former_secret = ""
    _waiting_of(row.id, state=DeliveryState.FAILED, error=_("The webhook was revoked."))
    session.flush()
    _listen()
    audit.note([("webhook", row.id)], _("Revoked."))
    return row


def _waiting_of(endpoint_id: int, **values: object) -> None:
    mine = sa.and_(WebhookDelivery.endpoint_id == endpoint_id, WebhookDelivery.state == DeliveryState.WAITING)
    session.execute(sa.update(WebhookDelivery).where(mine).values(values))


def renew_secret(endpoint_id: int) -> NewEndpoint:
    """Another secret; the present one signs beside it for a day, so that the receiver can change over."""
    row = _held(endpoint_id)
    secret = signing.new_secret()
    row.former_secret, row.former_until = row.secret, audit.now() + FORMER_SIGNS
    row.secret = seal(secret, WEBHOOK)
    session.flush()
    audit.note([("webhook", row.id)], _("A new secret was made."))
    return NewEndpoint(row, secret)


def send_test(endpoint_id: int) -> None:
    """Ask for a delivery that says nothing but that it arrived."""
    row = _held(endpoint_id)
    if row.paused_at is not None:
        raise ConflictError(_("The webhook is paused: resume it first."))
    moment = audit.now()
    payload = {"fact": TEST, "ids": [row.id], "at": moment.isoformat(), "batch": uuid4().hex}
    jobs.enqueue(events.JOB, [payload], is_urgent=True)
    row.unreached, row.away_until = 0, None
    session.flush()


def send_again(delivery_id: int) -> WebhookDelivery:
    """From now on anew, with all its tries; the same event with the same id and body."""
    endpoint_id = session.scalar(sa.select(WebhookDelivery.endpoint_id).where(WebhookDelivery.id == delivery_id))
    if endpoint_id is None:
        raise NotFoundError(_("There is no such delivery."))
    endpoint = _held(endpoint_id)
    row: WebhookDelivery = lock(WebhookDelivery, [delivery_id])[delivery_id]
    if endpoint.paused_at is not None:
        raise ConflictError(_("The webhook is paused: resume it first."))
    row.state = advance(TRANSITIONS, row.state, DeliveryState.WAITING)
    moment = audit.now()
    row.attempts, row.asked_at, row.next_try_at, row.error = 0, moment, moment, ""
    endpoint.unreached, endpoint.away_until = 0, None
    session.flush()
    plan(endpoint.id, moment, is_urgent=True)
    return row


def plan(endpoint_id: int, at: dt.datetime, *, is_urgent: bool = False) -> None:
    """See to it that a job looks at this endpoint at that moment: one is enough for all that is due by then."""
    moment = audit.now()
    wake_at = session.scalar(sa.select(WebhookEndpoint.wake_at).where(WebhookEndpoint.id == endpoint_id))
    if wake_at is not None and wake_at <= at and wake_at > moment - LOST_AFTER and not is_urgent:
        return
    _note(endpoint_id, at)
    jobs.enqueue(JOB, [{"endpoint_id": endpoint_id}], is_urgent=is_urgent, run_at=at)


def note_started(endpoint_id: int) -> None:
    """The planned job has come; one that is planned for later stays."""
    wake_at = session.scalar(sa.select(WebhookEndpoint.wake_at).where(WebhookEndpoint.id == endpoint_id))
    if wake_at is not None and wake_at <= audit.now():
        _note(endpoint_id, None)


def _note(endpoint_id: int, wake_at: dt.datetime | None) -> None:
    """By a statement: the worker's own mark needs no version and no trail."""
    session.execute(
        sa.update(WebhookEndpoint)
        .where(WebhookEndpoint.id == endpoint_id)
        .values(wake_at=wake_at)
        .execution_options(synchronize_session=False)
    )


def note_restored() -> None:
    """After a restore: what waited may have been sent since, and a copy of the company must not speak for it."""
    for endpoint_id in session.scalars(sa.select(WebhookEndpoint.id).where(WebhookEndpoint.revoked_at.is_(None))):
        pause(endpoint_id, _("Restored from a backup: resume it where this is the company's only copy."))


def _held(endpoint_id: int) -> WebhookEndpoint:
    row: WebhookEndpoint | None = lock(WebhookEndpoint, [endpoint_id]).get(endpoint_id)
    if row is None:
        raise NotFoundError(_("There is no such webhook."))
    if row.revoked_at is not None:
        raise ConflictError(_("This webhook was revoked. Make a new one."))
    return row
