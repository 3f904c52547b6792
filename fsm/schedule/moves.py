"""What the board does to visits, through the services of service orders; and the newer state after a stale move."""

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload

from fsm.core.audit import AuditChange
from fsm.core.db import session
from fsm.core.errors import ConflictError, NotFoundError
from fsm.core.formats import clock, moment_short
from fsm.service_orders import visits
from fsm.service_orders.models import OrderState, ServiceOrder, Visit
from fsm.service_orders.visibility import hold
from fsm.users.actor import Actor
from fsm.users.queries import names


@dataclass(frozen=True, slots=True)
class Place:
    """Whose row of the board, from when until when."""

    technician_id: int
    start_at: dt.datetime
    end_at: dt.datetime


def plan(order_id: int, place: Place, *, actor: Actor, from_tray: bool) -> Visit:
    """A visit of an order. ``from_tray``: ConflictError where somebody has planned it meanwhile."""
    order = hold(order_id, actor)
    if from_tray and order.state is not OrderState.DRAFT:
        raise ConflictError(_newer_order(order))
    return visits.schedule(
        order_id, technician_id=place.technician_id, start_at=place.start_at, end_at=place.end_at, actor=actor
    )


def move(visit_id: int, place: Place, *, version: int | None, actor: Actor) -> Visit:
    """Another time, another technician. ConflictError, which tells how it stands now, where somebody was quicker."""
    visit = _fresh(visit_id, version, actor)
    return visits.move_visit(
        visit.service_order_id,
        visit_id,
        technician_id=place.technician_id,
        start_at=place.start_at,
        end_at=place.end_at,
        actor=actor,
        version=version,
    )


def take_back(visit_id: int, *, version: int | None, actor: Actor) -> int:
    """Off the board; gives the order, which is back in the tray if that was its only visit."""
    visit = _fresh(visit_id, version, actor)
    visits.remove_visit(visit.service_order_id, visit_id, actor=actor, version=version)
    return visit.service_order_id


def _fresh(visit_id: int, version: int | None, actor: Actor) -> Visit:
    order_id = session.scalar(sa.select(Visit.service_order_id).where(Visit.id == visit_id))
    if order_id is None:
        who = _last_changed_by(visit_id)
        if who is None:
            raise NotFoundError(_("There is no such visit."))
        raise ConflictError(_("%(name)s has removed this visit meanwhile.", name=who))
    hold(order_id, actor)
    visit = session.get(Visit, visit_id, populate_existing=True, options=[joinedload(Visit.technician)])
    if visit is None:
        raise ConflictError(_("Somebody has removed this visit meanwhile."))
    if version is not None and version != visit.version:
        raise ConflictError(
            _(
                "%(name)s has changed this visit meanwhile. It is with %(technician)s now: %(start)s–%(end)s.",
                name=_last_changed_by(visit_id) or _("Somebody"),
                technician=visit.technician.name,
                start=moment_short(visit.start_at),
                end=clock(visit.end_at),
            )
        )
    return visit


def _newer_order(order: ServiceOrder) -> str:
    visit = session.scalar(
        sa.select(Visit)
        .where(Visit.service_order_id == order.id)
        .options(joinedload(Visit.technician))
        .order_by(Visit.id.desc())
        .limit(1)
    )
    if visit is None:
        return _("%(number)s is no longer in the tray.", number=order.number)
    return _(
        "%(name)s has planned %(number)s meanwhile: %(technician)s, %(start)s–%(end)s.",
        name=_last_changed_by(visit.id) or _("Somebody"),
        number=order.number,
        technician=visit.technician.name,
        start=moment_short(visit.start_at),
        end=clock(visit.end_at),
    )


def _last_changed_by(visit_id: int) -> str | None:
    actor_id = session.scalar(
        sa.select(AuditChange.actor_id)
        .where(AuditChange.table_name == "visit", AuditChange.row_id == visit_id)
        .order_by(AuditChange.id.desc())
        .limit(1)
    )
    return names([actor_id]).get(actor_id or 0)
