"""The list of sites across customers and the summary beside it; a site's own page is its customer's."""

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fsm.customers import queries as customer_queries
from fsm.service_orders import sites
from fsm.service_orders.listing import status_of as status_of_order
from fsm.service_orders.site_listing import SITES, is_archived, status_of
from fsm.users import list_pages
from fsm.users.history import timeline

MOST_MACHINES = 10
bp = Blueprint("sites", __name__, url_prefix="/sites")
list_pages.declare(bp, SITES)


@bp.get("")
def index() -> ResponseReturnValue:
    """Tabs by archived or not; words, a customer and open orders narrow them."""
    customer_id = SITES.filters(request.args, g.actor).customer_id
    names = customer_queries.names([customer_id])
    customer_name = names.get(customer_id, _("Unknown customer")) if customer_id else ""
    return list_pages.show(SITES, "sites/index.html", customer_name=customer_name)


@bp.get("/<id:site_id>")
def show(site_id: int) -> ResponseReturnValue:
    """On to the site's page, for who knows no customer."""
    site = sites.site(site_id)
    return redirect(url_for("customers.show_site", customer_id=site.customer_id, site_id=site_id))


@bp.get("/<id:site_id>/panel")
def panel(site_id: int) -> ResponseReturnValue:
    """The summary beside the list; opened by itself it is the page."""
    if "HX-Request" not in request.headers:
        return show(site_id)
    site = sites.site(site_id)
    orders, order_count = sites.open_orders(site_id) if g.actor.can("service_orders.index") else ([], 0)
    return render_template(
        "sites/_panel.html",
        site=site,
        status=status_of(site),
        is_archived=is_archived(site),
        orders=[(order, status_of_order(order)) for order in orders],
        order_count=order_count,
        machines=[one for one in customer_queries.equipment_of_site(site_id) if not one.archived_at][:MOST_MACHINES],
        entries=timeline("site", site_id, 5),
    )
