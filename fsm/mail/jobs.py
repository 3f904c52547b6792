"""What the worker does for mail."""

from fsm.core.jobs import Payload
from fsm.mail import delivery
from fsm.mail.states import JOB

SEND = JOB


def give_up(payload: Payload, why: str) -> None:
    """The message ``{"message_id": …}`` is not tried any more."""
    delivery.give_up(payload["message_id"], why)


def send(payload: Payload) -> None:
    """Bring the message ``{"message_id": …}`` as far as it goes now."""
    delivery.send(payload["message_id"])
