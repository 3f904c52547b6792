"""What the job of an endpoint does: what is due, one after the other, and for when the next job is planned.

At least once: a delivery is claimed for some minutes before it is sent and its answer is written down after it. A
worker that dies in between leaves a claim that runs out, and the next one sends it again, with the same id and body.
No transaction is open while the network is waited for.
"""

import datetime as dt
import time
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
import structlog
from flask_babel import force_locale
from flask_babel import gettext as _

from fsm.core import jobs
from fsm.core.audit import now
from fsm.core.db import session, writing
from fsm.core.sealed import WEBHOOK, unseal
from fsm.core.state import advance
from fsm.webhooks import sending, signing
from fsm.webhooks.models import (
    ERROR_LENGTH,
    TRANSITIONS,
    DeliveryState,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookEvent,
)
from fsm.webhooks.sending import GONE, Answer
from fsm.webhooks.services import note_started, pause, plan

LEASE = dt.timedelta(minutes=2)  # longer than a try can take
# Until the next try, after each that failed; after the last it is given up (three days in all).
BACK_OFF = tuple(dt.timedelta(minutes=minutes) for minutes in (0.1, 1, 5, 30, 120, 300, 600, 840, 1200, 1440))
MOST_ATTEMPTS = len(BACK_OFF) + 1
GIVEN_UP_AFTER = dt.timedelta(days=3, hours=6)
# How long an endpoint that cannot be reached is left alone: its deliveries wait together, and nobody waits for them.
AWAY = tuple(dt.timedelta(minutes=minutes) for minutes in (0.1, 1, 5, 15, 30))
SECONDS_AT_ONCE = 20.0  # then other jobs have their turn
USER_AGENT = "fsm-webhooks/1"
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Claimed:
    """A delivery that this worker tries now."""

    delivery_id: int
    attempt: int
    url: str
    event_id: str
    body: bytes
    secrets: tuple[str, ...]


def deliver(endpoint_id: int) -> None:
    """Bring an endpoint's deliveries as far as they go now; may be done at any time, by several workers."""
    began = time.monotonic()
    with force_locale("en"):
        with writing():
            note_started(endpoint_id)
            _give_up_old(endpoint_id)
        while time.monotonic() - began < SECONDS_AT_ONCE:
            claimed = _claim(endpoint_id)
            if claimed is None:
                break
            answer = _try(claimed)
            _write_down(endpoint_id, claimed, answer)
        _plan_next(endpoint_id)


def _give_up_old(endpoint_id: int) -> None:
    """What could not be tried often enough, since the endpoint was not reached for days."""
    endpoint = session.get(WebhookEndpoint, endpoint_id)
    if endpoint is None or endpoint.paused_at is not None:
        return
    old = sa.and_(
        WebhookDelivery.endpoint_id == endpoint_id,
        WebhookDelivery.state == DeliveryState.WAITING,
        WebhookDelivery.asked_at < now() - GIVEN_UP_AFTER,
    )
    session.execute(
        sa.update(WebhookDelivery)
        .where(old)
        .values(state=DeliveryState.FAILED, error=_("It was not reached for three days."))
    )


def _claim(endpoint_id: int) -> _Claimed | None:
    with writing():
        jobs.renew(LEASE)
        moment = now()
        endpoint = _locked(endpoint_id)
        if endpoint is None or endpoint.revoked_at or endpoint.paused_at:
            return None
        if endpoint.away_until is not None and endpoint.away_until > moment:
            return None
        secrets = _secrets(endpoint, moment)
        if not secrets:
            pause(endpoint_id, _("Its secret cannot be read any more: make a new one."))
            return None
        row: WebhookDelivery | None = session.scalar(_due(endpoint_id, moment))
        if row is None:
            return None
        row.attempts += 1
        row.next_try_at = moment + LEASE
        event = session.get_one(WebhookEvent, row.event_id)
        return _Claimed(row.id, row.attempts, endpoint.url, event.event_id, event.body.encode(), secrets)


def _locked(endpoint_id: int) -> WebhookEndpoint | None:
    """Always before its deliveries, so that nobody waits in a circle."""
    return session.get(WebhookEndpoint, endpoint_id, with_for_update=True, populate_existing=True)


def _due(endpoint_id: int, moment: dt.datetime) -> sa.Select[Any]:
    query = sa.select(WebhookDelivery).where(
        WebhookDelivery.endpoint_id == endpoint_id,
        WebhookDelivery.state == DeliveryState.WAITING,
        WebhookDelivery.next_try_at <= moment,
    )
    query = query.order_by(WebhookDelivery.next_try_at, WebhookDelivery.id).limit(1)
    return query.with_for_update(skip_locked=True).execution_options(populate_existing=True)


def _secrets(endpoint: WebhookEndpoint, moment: dt.datetime) -> tuple[str, ...]:
    sealed = [endpoint.secret]
    if endpoint.former_until is not None and endpoint.former_until > moment:
        sealed.append(endpoint.former_secret)
    return tuple(secret for secret in (unseal(one, WEBHOOK) for one in sealed) if secret)


def _try(claimed: _Claimed) -> Answer:
    if claimed.attempt > MOST_ATTEMPTS:  # each try killed its worker
        return Answer(0, error=_("It was tried %(count)s times.", count=MOST_ATTEMPTS))
    headers = {"Content-Type": "application/json", "User-Agent": USER_AGENT}
    headers |= signing.headers(claimed.secrets, claimed.event_id, int(time.time()), claimed.body)
    return sending.post(claimed.url, claimed.body, headers)


def _write_down(endpoint_id: int, claimed: _Claimed, answer: Answer) -> None:
    """That it was taken is a fact, whoever has the job by now; a failure counts only for who still holds the claim."""
    with writing():
        endpoint = _locked(endpoint_id)
        row = session.get(WebhookDelivery, claimed.delivery_id, with_for_update=True, populate_existing=True)
        if row is None or endpoint is None:
            return
        session.add(
            WebhookAttempt(
                delivery_id=row.id,
                at=now(),
                milliseconds=answer.milliseconds,
                status_code=answer.status,
                answer=answer.text,
                error=answer.error,
            )
        )
        if answer.is_taken and row.state is not DeliveryState.DELIVERED:
            row.state = advance(TRANSITIONS, row.state, DeliveryState.DELIVERED)
            row.delivered_at, row.status_code, row.error = now(), answer.status, ""
        elif row.state is DeliveryState.WAITING and row.attempts == claimed.attempt:
            _apply_failure(row, claimed.attempt, answer)
        _note_reached(endpoint, answer)
        if answer.status == GONE and endpoint.revoked_at is None:
            pause(endpoint_id, _("The receiver answered 410: it wants nothing more."))
    log.info("webhook", delivery_id=claimed.delivery_id, attempt=claimed.attempt, status=answer.status)


def _apply_failure(row: WebhookDelivery, attempt: int, answer: Answer) -> None:
    row.status_code, row.error = answer.status, answer.error[:ERROR_LENGTH]
    if attempt >= MOST_ATTEMPTS or answer.status == GONE:
        row.state = advance(TRANSITIONS, row.state, DeliveryState.FAILED)
    else:
        row.next_try_at = now() + max(BACK_OFF[attempt - 1], dt.timedelta(seconds=answer.wait_seconds))


def _note_reached(endpoint: WebhookEndpoint, answer: Answer) -> None:
    """By a statement: the worker's own marks need no version and no trail."""
    if answer.is_reached and not endpoint.unreached:
        return
    unreached = 0 if answer.is_reached else endpoint.unreached + 1
    away_until = now() + AWAY[min(unreached, len(AWAY)) - 1] if unreached else None
    session.execute(
        sa.update(WebhookEndpoint)
        .where(WebhookEndpoint.id == endpoint.id)
        .values(unreached=unreached, away_until=away_until)
        .execution_options(synchronize_session=False)
    )


def _plan_next(endpoint_id: int) -> None:
    """A job for when the next delivery is due; none where nothing waits, or nothing may be sent."""
    with writing():
        endpoint = session.get(WebhookEndpoint, endpoint_id, populate_existing=True)
        if endpoint is None or endpoint.revoked_at or endpoint.paused_at:
            return
        next_try_at = session.scalar(
            sa.select(sa.func.min(WebhookDelivery.next_try_at)).where(
                WebhookDelivery.endpoint_id == endpoint_id, WebhookDelivery.state == DeliveryState.WAITING
            )
        )
        if next_try_at is not None:
            plan(endpoint_id, max(filter(None, (next_try_at, endpoint.away_until, now()))))
