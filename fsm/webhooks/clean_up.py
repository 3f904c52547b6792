"""Events that have had their day, with their deliveries; the daily clean-up asks for it, in lots."""

import datetime as dt

import sqlalchemy as sa

from fsm.core.clean_up import LOT
from fsm.core.db import session
from fsm.webhooks.models import WebhookAttempt, WebhookDelivery, WebhookEvent

KEPT = dt.timedelta(days=30)


def forget_events(before: dt.datetime) -> int:
    """Delete a lot of events older than the moment, whatever became of them; gives how many."""
    query = sa.select(WebhookEvent.id).where(WebhookEvent.created_at < before)
    ids = session.scalars(query.order_by(WebhookEvent.created_at, WebhookEvent.id).limit(LOT)).all()
    if ids:
        deliveries = sa.select(WebhookDelivery.id).where(WebhookDelivery.event_id.in_(ids))
        session.execute(sa.delete(WebhookAttempt).where(WebhookAttempt.delivery_id.in_(deliveries)))
        session.execute(sa.delete(WebhookDelivery).where(WebhookDelivery.event_id.in_(ids)))
        session.execute(sa.delete(WebhookEvent).where(WebhookEvent.id.in_(ids)))
    return len(ids)
