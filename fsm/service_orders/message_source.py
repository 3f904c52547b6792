"""What mail asks of a service order when a message about it leaves."""

from collections.abc import Mapping

from fsm.company.services import the_company
from fsm.core.db import session
from fsm.core.errors import DomainError
from fsm.mail.sources import Source
from fsm.service_orders.messages import ABOUT
from fsm.service_orders.models import ServiceOrder


def _facts(order_id: int, language: str) -> Mapping[str, str]:
    """All else was filled in when it was written: a message tells of its event, not of what came after."""
    del language  # names are the same in all
    return {"company": the_company().name, "customer": _order(order_id).customer.name}


def _order(order_id: int) -> ServiceOrder:
    return session.get_one(ServiceOrder, order_id)


def _render(order_id: int) -> bytes:
    msg = f"service order {order_id} has no document"
    raise DomainError(msg)


def _accepted(message_kind: str, order_id: int) -> None:
    """Nothing follows from it."""
    del message_kind, order_id


SOURCE = Source(
    facts=_facts,
    render=_render,
    accepted=_accepted,
    subjects=lambda order_id: [(ABOUT, order_id), ("customer", _order(order_id).customer_id)],
    page=("service_orders.show", "order_id"),
    link_endpoint="",
)
