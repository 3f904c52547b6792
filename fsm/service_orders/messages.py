"""Tells customers: a visit is booked, moved or cancelled, the technician is on the way, the work is done.

The mail is written in the transaction of the event, so neither is without the other; it never hinders the event: what
cannot be sent is remembered with the reason and shown on the order. Each kind is off until the company switches it on.

What is told of visits leaves some minutes later. Until then a newer event of the same visit takes its place, and a
visit that is put back says nothing: who plans by dragging does not write to the customer with every drop.
"""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.core import audit
from fsm.core.db import session
from fsm.core.errors import ConflictError, DomainError, NotFoundError
from fsm.core.formats import local
from fsm.customers.models import Customer
from fsm.mail import services as mail
from fsm.mail.addresses import Address
from fsm.mail.services import Draft
from fsm.service_orders.message_models import CustomerMessage, MessageKind
from fsm.service_orders.message_texts import facts_of, is_same_hour, recipients_of, written
from fsm.service_orders.models import ServiceOrder, ServiceSettings, Visit
from fsm.service_orders.visibility import hold, settings
from fsm.users.actor import Actor

GRACE = dt.timedelta(minutes=5)
# What a tablet without a network said is known later; nobody wants to hear then that somebody is on the way.
LATE = dt.timedelta(minutes=30)
ABOUT = "service_order"
_VISITS = (MessageKind.BOOKED, MessageKind.MOVED)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Event:
    """What is told. ``leaves_at`` None: at once."""

    kind: MessageKind
    key: str
    facts: Mapping[str, str]
    visit: Visit | None = None
    leaves_at: dt.datetime | None = None


def wants(order: ServiceOrder, kind: MessageKind) -> bool:
    """Whether the company tells its customers this, and this customer wants to hear it."""
    return is_on(settings(), kind) and order.customer.gets_visit_messages


def is_on(rules: ServiceSettings, kind: MessageKind) -> bool:
    """The company's switch for a kind."""
    match kind:
        case MessageKind.ON_MY_WAY:
            return rules.tells_on_my_way
        case MessageKind.DONE:
            return rules.tells_done
        case _:
            return rules.tells_booked


def visit_planned(order: ServiceOrder, visit: Visit) -> None:
    """A visit of a held order was made or changed. One whose technician alone is another says nothing."""
    if not wants(order, MessageKind.BOOKED):
        return
    _take_back([visit.id], _("The visit was changed before it left."))
    told = _told(visit.id)
    if told is not None and is_same_hour(told, visit):
        return
    if visit.end_at <= audit.now() or _is_told_by_another(order, visit):
        return
    kind = MessageKind.MOVED if told is not None else MessageKind.BOOKED
    facts = facts_of(order, visit=visit, before=told)
    _tell(
        order, _Event(kind=kind, key=f"visit:{visit.id}:{visit.version}", facts=facts, visit=visit, leaves_at=_soon())
    )


def visits_dropped(order: ServiceOrder, visits: Sequence[Visit]) -> None:
    """Nobody comes at these times any more; before the rows are deleted. Only what was told is taken back."""
    _take_back([visit.id for visit in visits], _("The visit was cancelled before it left."))
    hours: set[tuple[dt.datetime, dt.datetime]] = set()
    for visit in visits:
        told = _told(visit.id)
        hour = (visit.start_at, visit.end_at)
        is_over = visit.end_at <= audit.now()
        if told is None or is_over or hour in hours or not wants(order, MessageKind.CANCELLED):
            continue
        hours.add(hour)
        facts = facts_of(order, visit=told, technicians=[])
        key = f"visit:{visit.id}:dropped:{told.id}"
        _tell(order, _Event(kind=MessageKind.CANCELLED, key=key, facts=facts, visit=visit, leaves_at=_soon()))


def on_my_way(order: ServiceOrder, technician: Actor, moment: dt.datetime) -> None:
    """A technician sets out; once per technician and day."""
    if not wants(order, MessageKind.ON_MY_WAY):
        return
    if audit.now() - moment > LATE:
        sentence = _("The customer was not told that %(name)s was on the way: it was known too late.")
        audit.note([(ABOUT, order.id)], sentence % {"name": technician.name})
        return
    day = local(moment).date()
    mine = [visit for visit in order.visits if visit.technician_id == technician.id and visit.end_at > moment]
    visit = next((one for one in mine if local(one.start_at).date() == day), None)
    facts = facts_of(order, visit=visit, day=day, technicians=[technician.name])
    if visit is not None and visit.start_at <= moment:
        facts |= {"visit_from": "", "visit_until": ""}  # late already: no hour is promised
    key = f"order:{order.id}:way:{technician.id}:{day}"
    _tell(order, _Event(kind=MessageKind.ON_MY_WAY, key=key, facts=facts, visit=visit))


def done(order: ServiceOrder, moment: dt.datetime) -> None:
    """The work is done; one that is reopened and done again on the same day is told once."""
    if not wants(order, MessageKind.DONE):
        return
    day = local(moment).date()
    names = sorted({visit.technician.name for visit in order.visits})
    facts = facts_of(order, day=day, technicians=names)
    _tell(order, _Event(kind=MessageKind.DONE, key=f"order:{order.id}:done:{day}", facts=facts))


def keep_back(order_id: int, row_id: int, *, actor: Actor) -> CustomerMessage:
    """The office does not want the customer to hear it; ConflictError once somebody has it."""
    order = hold(order_id, actor)
    row = session.get(CustomerMessage, row_id, populate_existing=True)
    if row is None or row.service_order_id != order.id:
        raise NotFoundError(_("There is no such message."))
    if row.message_id is None or not mail.take_back([row.message_id]):
        raise ConflictError(_("It has left already, or was taken back."))
    row.message_id, row.why_not = None, _("%(name)s kept it back.", name=actor.name)
    session.flush()
    audit.note([(ABOUT, order.id)], _("A message to the customer was kept back."))
    return row


def _soon() -> dt.datetime:
    return audit.now() + GRACE


def _told(visit_id: int) -> CustomerMessage | None:
    """What the customer heard last of a visit."""
    query = sa.select(CustomerMessage).where(
        CustomerMessage.visit_id == visit_id,
        CustomerMessage.kind.in_(_VISITS),
        CustomerMessage.message_id.is_not(None),
    )
    return session.scalars(query.order_by(CustomerMessage.id.desc()).limit(1)).first()


def _is_told_by_another(order: ServiceOrder, visit: Visit) -> bool:
    """Two technicians come together: the customer hears of it once."""
    query = sa.select(
        sa.exists().where(
            CustomerMessage.service_order_id == order.id,
            CustomerMessage.message_id.is_not(None),
            CustomerMessage.kind.in_(_VISITS),
            CustomerMessage.start_at == visit.start_at,
            CustomerMessage.end_at == visit.end_at,
            CustomerMessage.visit_id == Visit.id,
            Visit.id != visit.id,
            Visit.start_at == visit.start_at,
            Visit.end_at == visit.end_at,
        )
    )
    return bool(session.scalar(query))


def _take_back(visit_ids: Collection[int], why: str) -> None:
    """What nobody has yet of these visits does not leave."""
    query = sa.select(CustomerMessage).where(
        CustomerMessage.visit_id.in_(visit_ids),
        CustomerMessage.kind.in_(_VISITS),
        CustomerMessage.message_id.is_not(None),
    )
    rows = session.scalars(query.order_by(CustomerMessage.id)).all()
    gone = mail.take_back([row.message_id for row in rows if row.message_id])
    for row in rows:
        if row.message_id in gone:
            row.message_id, row.why_not = None, why
            audit.note([(ABOUT, row.service_order_id)], _("The customer was not told: %(why)s", why=why))
    session.flush()


def _tell(order: ServiceOrder, event: _Event) -> None:
    """Write the mail and remember it, once per event; without an address only the reason is remembered."""
    known = sa.select(sa.exists().where(CustomerMessage.event_key == event.key))
    if session.scalar(known):
        return
    message_id, why_not = _sent(order, event, order.customer)
    session.add(
        CustomerMessage(
            service_order_id=order.id,
            kind=event.kind,
            event_key=event.key,
            visit_id=event.visit.id if event.visit else None,
            start_at=event.visit.start_at if event.visit else None,
            end_at=event.visit.end_at if event.visit else None,
            message_id=message_id,
            why_not=why_not[:250],
            created_at=audit.now(),
        )
    )
    session.flush()


def _sent(order: ServiceOrder, event: _Event, customer: Customer) -> tuple[int | None, str]:
    """The id of the mail, or why there is none."""
    addresses, wrong = recipients_of(customer)
    subject = (ABOUT, order.id)
    if not addresses:
        why = wrong or _("No e-mail address of %(name)s is known.", name=customer.name)
        audit.note([subject], _("The customer was not told: %(why)s", why=why))
        return None, why
    try:
        message_id = _enqueued(order, event, addresses)
    except DomainError as error:  # a text of the company's own that cannot be sent must not hinder the visit
        audit.note([subject], _("The customer was not told: %(why)s", why=error))
        return None, str(error)
    emails = ", ".join(one.email for one in addresses)
    audit.note([subject, ("customer", customer.id)], _("A message to %(emails)s was asked for", emails=emails))
    return message_id, ""


def _enqueued(order: ServiceOrder, event: _Event, addresses: Sequence[Address]) -> int:
    kind = f"visit_{event.kind.value}"
    language, text = written(order.customer, kind, event.facts)
    draft = Draft(
        kind=kind,
        language=language,
        subject=text.subject,
        body=text.body,
        recipients=addresses,
        about=(ABOUT, order.id),
        idempotency_key=f"visit:{event.key}",
    )
    actor_id = session.info.get("actor_id")
    message = mail.enqueue_message(draft, actor_id=actor_id, is_urgent=event.leaves_at is None, run_at=event.leaves_at)
    return message.id
