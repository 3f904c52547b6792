"""Which service orders a user sees, and what of them: one place for the pages, the services and the tablet."""

from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.core.db import lock, only_row, session
from fsm.core.errors import NotFoundError
from fsm.service_orders.models import ServiceOrder, ServiceSettings, TimeEntry, Visit
from fsm.users.actor import Actor
from fsm.users.models import Role


def is_desk(actor: Actor) -> bool:
    """Office and managers see every order, every price and everybody's hours; technicians their own."""
    return actor.has(Role.OFFICE, Role.MANAGER)


def settings() -> ServiceSettings:
    """The company's rules; those a company starts with where none were saved."""
    return only_row(ServiceSettings) or ServiceSettings(
        id=1,
        is_signature_required=True,
        technicians_see_sale_prices=False,
        minimum_minutes=0,
        rounding_minutes=15,
        weekly_hours=Decimal(38),
        tells_booked=False,
        tells_on_my_way=False,
        tells_done=False,
        version=1,
    )


def sees_sale_prices(actor: Actor) -> bool:
    """The office always, technicians by the setting."""
    return is_desk(actor) or settings().technicians_see_sale_prices


def visible_to(actor: Actor) -> sa.ColumnElement[bool]:
    """A condition on ServiceOrder: a technician's are those visited, worked on or opened by that technician."""
    if is_desk(actor):
        return sa.true()
    if not actor.has(Role.TECHNICIAN):
        return sa.false()
    visited = sa.exists().where(Visit.service_order_id == ServiceOrder.id, Visit.technician_id == actor.id)
    worked = sa.exists().where(TimeEntry.service_order_id == ServiceOrder.id, TimeEntry.technician_id == actor.id)
    return sa.or_(ServiceOrder.created_by_id == actor.id, visited, worked)


def own_order_ids(actor: Actor) -> sa.CompoundSelect[int]:
    """The orders of a technician, read from their three indexes: what ``visible_to`` says, where it alone would read all."""
    return sa.union(
        sa.select(ServiceOrder.id).where(ServiceOrder.created_by_id == actor.id),
        sa.select(Visit.service_order_id).where(Visit.technician_id == actor.id),
        sa.select(TimeEntry.service_order_id).where(TimeEntry.technician_id == actor.id),
    )


def find(order_id: int, actor: Actor, *options: Any) -> ServiceOrder:  # noqa: ANN401 - SQLAlchemy's loader options
    """The order if this user sees it, else NotFoundError: another's order does not even exist."""
    order = session.scalar(
        sa.select(ServiceOrder).where(ServiceOrder.id == order_id, visible_to(actor)).options(*options)
    )
    if order is None:
        raise NotFoundError(_("There is no such service order."))
    return order


def hold(order_id: int, actor: Actor) -> ServiceOrder:
    """The order locked for a change of it or of its work: two changes of one order follow each other."""
    find(order_id, actor)
    held: ServiceOrder = lock(ServiceOrder, [order_id])[order_id]
    return held
