"""The list of service orders, the summary beside it, and what is done with many of them."""

from flask import g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import ngettext
from sqlalchemy.orm import joinedload, selectinload

from fsm.core import audit
from fsm.core.db import session
from fsm.customers.models import Customer
from fsm.service_orders import many, queries
from fsm.service_orders.blueprint import bp
from fsm.service_orders.forms import PRIORITIES
from fsm.service_orders.listing import SERVICE_ORDERS, status_of
from fsm.service_orders.models import ServiceOrder, Visit
from fsm.service_orders.visibility import find, is_desk
from fsm.users import list_pages
from fsm.users.history import timeline
from fsm.users.queries import technicians

list_pages.declare(bp, SERVICE_ORDERS)


@bp.get("")
def index() -> ResponseReturnValue:
    """Tabs by state; a technician sees the own orders."""
    customer_id = SERVICE_ORDERS.filters(request.args, g.actor).customer_id
    customer = session.get(Customer, customer_id) if customer_id and is_desk(g.actor) else None
    return list_pages.show(
        SERVICE_ORDERS,
        "service_orders/index.html",
        customer=customer,
        technicians=technicians() if is_desk(g.actor) else [],
    )


@bp.get("/<id:order_id>/panel")
def panel(order_id: int) -> ResponseReturnValue:
    """The summary beside the list, without prices; opened by itself it is the page."""
    order = find(
        order_id,
        g.actor,
        joinedload(ServiceOrder.customer),
        joinedload(ServiceOrder.site),
        selectinload(ServiceOrder.visits).joinedload(Visit.technician),
    )
    if "HX-Request" not in request.headers:
        return redirect(url_for("service_orders.show", order_id=order_id))
    return render_template(
        "service_orders/_panel.html",
        order=order,
        status=status_of(order),
        priorities=PRIORITIES,
        minutes=sum(entry.billable_minutes or 0 for entry in queries.times_of(order_id, g.actor)),
        part_count=len(queries.parts_of(order_id)),
        entries=timeline("service_order", order_id, 5),
    )


@bp.post("/validate-many")
def validate_many() -> ResponseReturnValue:
    return list_pages.act(
        SERVICE_ORDERS,
        lambda ids: many.validate(ids, actor=g.actor, moment=audit.now()),
        lambda done: ngettext("%(num)s order was validated.", "%(num)s orders were validated.", done),
    )
