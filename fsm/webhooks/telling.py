"""From a fact to deliveries: who wants to be told, with which body. Doing it twice changes nothing."""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

import sqlalchemy as sa
from flask import g
from flask_babel import force_locale

from fsm.api.errors import PREFIX
from fsm.company import services as company_services
from fsm.core import bulk, jobs
from fsm.core.audit import now
from fsm.core.db import session, writing
from fsm.core.formats import zone
from fsm.core.jobs import Payload
from fsm.mail.services import current_settings
from fsm.webhooks.kinds import KINDS, TEST, contents
from fsm.webhooks.models import DeliveryState, WebhookDelivery, WebhookEndpoint, WebhookEvent
from fsm.webhooks.services import plan


@dataclass(frozen=True, slots=True)
class _Made:
    """An event to be written, and whom it is for."""

    row: dict[str, Any]
    endpoint_ids: Sequence[int]


def tell(payload: Payload) -> None:
    """Write the events of a fact, and a delivery of each for each endpoint that asked for it."""
    company = company_services.current()
    if company is None:
        return
    g.time_zone = company.time_zone
    with force_locale("en"):
        made = _test(payload) if payload["fact"] == TEST else _events(payload)
    session.rollback()
    if not made:
        return
    with writing(bulk=True):
        jobs.renew()
        _write(made)


def _wanting() -> dict[str, list[int]]:
    """Ids of endpoints by the event that they ask for."""
    found: dict[str, list[int]] = {name: [] for name in KINDS}
    query = sa.select(WebhookEndpoint.id, WebhookEndpoint.events).where(WebhookEndpoint.revoked_at.is_(None))
    for endpoint_id, names in session.execute(query.order_by(WebhookEndpoint.id)):
        for name in names:
            found.setdefault(name, []).append(endpoint_id)
    return found


def _events(payload: Payload) -> list[_Made]:
    """What is told is read now, a moment after it happened."""
    wanting = _wanting()
    today = dt.datetime.now(zone()).date()
    root = f"{current_settings().public_url}{PREFIX}"
    made = []
    for name, kind in KINDS.items():
        if kind.fact != payload["fact"] or not wanting[name]:
            continue
        for content in contents(kind, kind.records(payload["ids"]), root=root, today=today):
            subject_id = int(content[kind.resource.id_name])
            row = _row(name, payload, subject_id, content)
            row |= {"subject_kind": kind.subject_kind, "label": str(content.get("number") or "")[:60]}
            made.append(_Made(row, wanting[name]))
    return made


def _test(payload: Payload) -> list[_Made]:
    (endpoint_id,) = payload["ids"]
    row = _row(TEST, payload, endpoint_id, {})
    return [_Made(row | {"subject_kind": "webhook", "label": ""}, [endpoint_id])]


def _row(name: str, payload: Payload, subject_id: int, content: dict[str, Any]) -> dict[str, Any]:
    """The id follows from the fact, so that it is the same however often the job is taken."""
    event_id = f"evt_{uuid5(UUID(payload['batch']), f'{name}:{subject_id}').hex}"
    at = dt.datetime.fromisoformat(payload["at"])
    body = {"type": name, "id": event_id, "timestamp": at.isoformat(timespec="seconds"), "data": content}
    return {
        "event_id": event_id,
        "name": name,
        "subject_id": subject_id,
        "happened_at": at,
        "body": json.dumps(body, ensure_ascii=False, separators=(",", ":")),
        "created_at": now(),
    }


def _write(made: Sequence[_Made]) -> None:
    names = [one.row["event_id"] for one in made]
    known = set(session.scalars(sa.select(WebhookEvent.event_id).where(WebhookEvent.event_id.in_(names))))
    fresh = [one for one in made if one.row["event_id"] not in known]
    ids = bulk.insert(WebhookEvent, [one.row for one in fresh])
    moment = now()
    bulk.add(
        WebhookDelivery,
        [
            {
                "event_id": event_id,
                "endpoint_id": endpoint_id,
                "state": DeliveryState.WAITING,
                "asked_at": moment,
                "next_try_at": moment,
            }
            for event_id, one in zip(ids, fresh, strict=True)
            for endpoint_id in one.endpoint_ids
        ],
    )
    paused = sa.select(WebhookEndpoint.id).where(WebhookEndpoint.paused_at.is_not(None))
    for endpoint_id in sorted({one for each in fresh for one in each.endpoint_ids} - set(session.scalars(paused))):
        plan(endpoint_id, moment)
