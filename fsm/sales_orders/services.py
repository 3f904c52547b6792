"""The life of a sales order: made when a quote is signed, sent, billed by what is above, or cancelled."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _

from fsm.company.services import ensure_series
from fsm.core import audit, numbering
from fsm.core.db import lock, session
from fsm.core.errors import ConflictError, DomainError, NotFoundError
from fsm.core.state import advance, check_version
from fsm.documents.facts import DocumentKind, Facts
from fsm.documents.priced import PARTY, TERMS, TOTALS, PricedColumns
from fsm.documents.priced_facts import priced_facts
from fsm.documents.priced_lines import copies
from fsm.documents.services import freeze
from fsm.sales_orders.models import (
    TRANSITIONS,
    SalesOrder,
    SalesOrderLine,
    SalesOrderServiceOrder,
    SalesOrderState,
)
from fsm.service_orders import services as service_orders
from fsm.service_orders.models import ServiceOrder
from fsm.users.actor import Actor

KIND = "sales_order"
MAX_REASON = 250
_NO_ACTOR = 0  # signed by the customer: nobody of the house


def create_from(
    quote: PricedColumns, lines: Sequence[Any], *, actor_id: int | None, today: dt.date, quote_number: str
) -> SalesOrder:
    """The order that a signed quote becomes, with its number and all that was agreed."""
    ensure_series(KIND)
    number = numbering.take(KIND, [today])[0]
    order = SalesOrder(
        number=number.text,
        number_series=number.series,
        number_period=number.period,
        number_counter=number.counter,
        state=SalesOrderState.CREATED,
        order_date=today,
        quote_id=quote.id,
        quote_number=quote_number,
        created_by_id=actor_id or _NO_ACTOR,
        created_at=audit.now(),
        **{name: getattr(quote, name) for name in (*PARTY, *TERMS, *TOTALS)},
    )
    session.add(order)
    session.flush()
    session.add_all(SalesOrderLine(sales_order_id=order.id, **columns) for columns in copies(lines))
    session.flush()
    _note(order, _("Sales order %(number)s was made from %(quote)s", number=order.number, quote=quote_number))
    return order


def hold(order_id: int, version: int | None = None) -> SalesOrder:
    """The order, held until the transaction ends; NotFoundError, ConflictError for a stale version."""
    order: SalesOrder | None = lock(SalesOrder, [order_id]).get(order_id)
    if order is None:
        raise NotFoundError(_("There is no such sales order."))
    check_version(order.version, version)
    return order


def mark_sent(order_id: int, *, how: str) -> SalesOrder:
    """It went to the customer: from now on it can be billed (S0). What was printed is kept."""
    order = hold(order_id)
    order.state = advance(TRANSITIONS, order.state, SalesOrderState.SENT)
    order.sent_at, order.sent_how = audit.now(), how[:40]
    session.flush()
    freeze([(KIND, order.id, facts_of(order))])
    _note(order, _("%(number)s sent", number=order.number))
    return order


def facts_of(order: SalesOrder) -> Facts:
    """What is printed on the order."""
    return priced_facts(DocumentKind.SALES_ORDER, order, list(order.lines), order.customer, on=order.order_date)


def check_may_be_billed(order: SalesOrder) -> None:
    """ConflictError before it was sent, and once it is cancelled (S0)."""
    if order.state is SalesOrderState.CREATED:
        raise ConflictError(_("%(number)s must be sent before it is billed.", number=order.number))
    if order.state is SalesOrderState.CANCELLED:
        raise ConflictError(_("%(number)s is cancelled.", number=order.number))


def set_billed(is_billed: Mapping[int, bool]) -> None:
    """What became of orders, by id: their final invoice was posted, or taken back in full. Who bills says so."""
    held = lock(SalesOrder, sorted(is_billed))
    for order_id, order in held.items():
        wanted = SalesOrderState.BILLED if is_billed[order_id] else SalesOrderState.SENT
        if order.state is not wanted and order.state in {SalesOrderState.BILLED, SalesOrderState.SENT}:
            order.state = advance(TRANSITIONS, order.state, wanted)
    session.flush()


def cancel(order_id: int, reason: str) -> SalesOrder:
    """The customer does not go on. Deposits are credited by who made them, before."""
    order = hold(order_id)
    if not reason.strip():
        raise DomainError(_("Say why it is cancelled."), "reason")
    order.state = advance(TRANSITIONS, order.state, SalesOrderState.CANCELLED)
    order.cancelled_reason = reason.strip()[:MAX_REASON]
    session.flush()
    _note(order, _("%(number)s cancelled: %(reason)s", number=order.number, reason=order.cancelled_reason))
    return order


def create_service_order(
    order_id: int, values: service_orders.OrderValues, *, actor: Actor, today: dt.date
) -> ServiceOrder:
    """A service order that carries out what was agreed; both know each other. DomainError at the field that is wrong."""
    order = hold(order_id)
    if order.state is SalesOrderState.CANCELLED:
        raise ConflictError(_("%(number)s is cancelled.", number=order.number))
    made = service_orders.create(values, actor=actor, today=today, moment=audit.now())
    session.add(SalesOrderServiceOrder(sales_order_id=order.id, service_order_id=made.id))
    session.flush()
    sentence = _("Service order %(made)s made from %(number)s", made=made.number, number=order.number)
    audit.note([(KIND, order.id), ("service_order", made.id)], sentence)
    return made


def work_of(order: SalesOrder) -> str:
    """What was sold, as the description of the work."""
    return "\n".join(line.description for line in order.lines)


def _note(order: SalesOrder, sentence: str) -> None:
    audit.note([(KIND, order.id), ("customer", order.customer_id)], sentence)
