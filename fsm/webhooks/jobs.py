"""What the worker does for webhooks."""

from fsm.core import events
from fsm.core.jobs import Payload
from fsm.webhooks import delivery, services, telling

TELL = events.JOB
DELIVER = services.JOB


def tell(payload: Payload) -> None:
    """Write down for whom a fact is: ``{"fact": …, "ids": […], "at": …, "batch": …}``."""
    telling.tell(payload)


def deliver(payload: Payload) -> None:
    """Send what is due of ``{"endpoint_id": …}``."""
    delivery.deliver(payload["endpoint_id"])
