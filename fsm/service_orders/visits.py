"""Planned visits: which technician comes when."""

import datetime as dt

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.core import audit
from fsm.core.db import session
from fsm.core.errors import ConflictError, DomainError, NotFoundError
from fsm.core.formats import moment_short
from fsm.core.state import advance, check_version
from fsm.service_orders import messages
from fsm.service_orders.message_texts import is_same_hour
from fsm.service_orders.models import TRANSITIONS, OrderState, ServiceOrder, Visit
from fsm.service_orders.visibility import hold
from fsm.users.actor import Actor
from fsm.users.models import Role, User

LONGEST_VISIT = dt.timedelta(days=7)


def schedule(order_id: int, *, technician_id: int, start_at: dt.datetime, end_at: dt.datetime, actor: Actor) -> Visit:
    """Plan a visit; a draft is scheduled by its first."""
    order = hold(order_id, actor)
    technician = _check(order, technician_id, start_at, end_at)
    visit = Visit(service_order_id=order.id, technician_id=technician_id, start_at=start_at, end_at=end_at)
    session.add(visit)
    if order.state is OrderState.DRAFT:
        order.state = advance(TRANSITIONS, order.state, OrderState.SCHEDULED)
    _flushed(order)
    _note(order, _("Visit of %(name)s planned: %(start)s.", name=technician.name, start=moment_short(start_at)))
    messages.visit_planned(order, visit)
    return visit


def move_visit(
    order_id: int,
    visit_id: int,
    *,
    technician_id: int,
    start_at: dt.datetime,
    end_at: dt.datetime,
    actor: Actor,
    version: int | None = None,
) -> Visit:
    """Another time, another technician, or both."""
    order = hold(order_id, actor)
    visit = _visit(order, visit_id)
    check_version(visit.version, version)
    technician = _check(order, technician_id, start_at, end_at)
    visit.technician_id, visit.start_at, visit.end_at = technician_id, start_at, end_at
    _flushed(order)
    _note(order, _("Visit of %(name)s moved: %(start)s.", name=technician.name, start=moment_short(start_at)))
    messages.visit_planned(order, visit)
    return visit


def remove_visit(order_id: int, visit_id: int, *, actor: Actor, version: int | None = None) -> ServiceOrder:
    """Nobody comes then; a scheduled order that loses its last visit is a draft again."""
    order = hold(order_id, actor)
    visit = _visit(order, visit_id)
    check_version(visit.version, version)
    _refuse_ended(order)
    start_at = visit.start_at
    if not any(is_same_hour(other, visit) for other in order.visits if other.id != visit.id):
        messages.visits_dropped(order, [visit])
    session.delete(visit)
    session.flush()
    others = session.scalar(sa.select(sa.exists().where(Visit.service_order_id == order.id)))
    if order.state is OrderState.SCHEDULED and not others:
        order.state = advance(TRANSITIONS, order.state, OrderState.DRAFT)
    _flushed(order)
    _note(order, _("Visit of %(start)s removed.", start=moment_short(start_at)))
    return order


def _visit(order: ServiceOrder, visit_id: int) -> Visit:
    visit = session.get(Visit, visit_id)
    if visit is None or visit.service_order_id != order.id:
        raise NotFoundError(_("There is no such visit."))
    return visit


def _refuse_ended(order: ServiceOrder) -> None:
    if order.state in {OrderState.DONE, OrderState.CANCELLED}:
        raise ConflictError(_("%(number)s is no longer planned.", number=order.number))


def _check(order: ServiceOrder, technician_id: int, start_at: dt.datetime, end_at: dt.datetime) -> User:
    _refuse_ended(order)
    technician = session.get(User, technician_id)
    if technician is None or not technician.is_active or Role.TECHNICIAN not in technician.roles:
        raise DomainError(_("This is no technician."), "technician_id")
    if end_at <= start_at:
        raise DomainError(_("The end comes before the start."), "end_at")
    if end_at - start_at > LONGEST_VISIT:
        raise DomainError(_("A visit lasts at most 7 days."), "end_at")
    return technician


def _flushed(order: ServiceOrder) -> None:
    session.flush()
    session.expire(order, ["visits"])


def _note(order: ServiceOrder, sentence: str) -> None:
    audit.note([("service_order", order.id)], sentence)
