"""Verbs for many service orders at once, by a few statements."""

import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.core import audit, bulk
from fsm.core.db import lock, session
from fsm.core.errors import ForbiddenError
from fsm.core.lists import Outcome
from fsm.service_orders.models import OrderState, ServiceOrder
from fsm.service_orders.visibility import is_desk, visible_to
from fsm.users.actor import Actor


def validate(order_ids: Sequence[int], *, actor: Actor, moment: dt.datetime) -> Outcome:
    """The office has looked at report, hours and parts of these orders."""
    if not is_desk(actor):
        raise ForbiddenError(_("Your roles do not allow this."))
    query = sa.select(ServiceOrder.id).where(ServiceOrder.id.in_(order_ids), visible_to(actor))
    orders, outcome, fit = lock(ServiceOrder, set(session.scalars(query))), Outcome(), []
    for order_id in order_ids:
        order = orders.get(order_id)
        if order is None:
            outcome.refuse(str(order_id), _("There is no such service order."))
        elif order.state is not OrderState.DONE:
            outcome.refuse(order.number, _("Only an order that is done can be validated."))
        elif order.validated_at is not None:
            outcome.refuse(order.number, _("It was validated before."))
        else:
            fit.append(order)
    bulk.change(ServiceOrder, [(order, {"validated_at": moment, "validated_by_id": actor.id}) for order in fit])
    audit.notes(([("service_order", order.id)], _("Report, hours and parts were validated.")) for order in fit)
    outcome.done = len(fit)
    return outcome
