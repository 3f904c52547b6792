"""Pages of sales orders: the list, one order, sending it, the service orders that carry it out."""

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fsm.company.countries import country_name
from fsm.core.transactions import attempt
from fsm.customers import queries as customer_queries
from fsm.documents import figures, totals_panel
from fsm.documents.answers import inline_pdf
from fsm.documents.custom_fields import labelled
from fsm.documents.send_page import send_page
from fsm.sales_orders import queries, services
from fsm.sales_orders.blueprint import bp
from fsm.sales_orders.forms import ServiceOrderForm
from fsm.sales_orders.listing import SALES_ORDERS, status_of
from fsm.sales_orders.models import SalesOrderState
from fsm.sales_orders.sending import MAILED
from fsm.service_orders.services import OrderValues
from fsm.service_orders.site_search import sites_of
from fsm.users import list_pages
from fsm.users.history import timeline

__all__ = ["bp"]

list_pages.declare(bp, SALES_ORDERS, "")


@bp.get("")
def index() -> ResponseReturnValue:
    """Tabs by state; all that narrows stands in the address."""
    customer_id = SALES_ORDERS.filters(request.args, g.actor).customer_id
    names = customer_queries.names([customer_id])
    customer_name = names.get(customer_id, _("Unknown customer")) if customer_id else ""
    return list_pages.show(SALES_ORDERS, "sales_orders/index.html", customer_name=customer_name)


@bp.get("/<id:order_id>/panel")
def panel(order_id: int) -> ResponseReturnValue:
    """The summary beside the list; opened by itself it is the page."""
    if "HX-Request" not in request.headers:
        return redirect(url_for("sales_orders.show", order_id=order_id))
    order = queries.sales_order(order_id)
    entries = timeline(services.KIND, order_id, 5)
    return render_template("sales_orders/_panel.html", order=order, status=status_of(order), entries=entries)


@bp.get("/<id:order_id>")
def show(order_id: int) -> ResponseReturnValue:
    order = queries.sales_order(order_id)
    totals = figures.totals_of(order, order.lines)
    return render_template(
        "sales_orders/show.html",
        order=order,
        status=status_of(order),
        may_be_billed=order.state is SalesOrderState.SENT,
        totals=totals_panel.pairs(totals, totals.taxes, order.currency),
        entries=timeline(services.KIND, order_id),
        own=labelled(order.custom_values),
        country_name=country_name,
    )


@bp.get("/<id:order_id>/pdf")
def pdf(order_id: int) -> ResponseReturnValue:
    """Once sent always as it was sent."""
    return inline_pdf(MAILED.pdf(order_id), f"{queries.sales_order(order_id).number}.pdf")


@bp.route("/<id:order_id>/send", methods=["GET", "POST"])
def send(order_id: int) -> ResponseReturnValue:
    """By mail from here (S0); it counts as sent once a server has taken it."""
    back = url_for("sales_orders.show", order_id=order_id)

    def done() -> ResponseReturnValue:
        flash(_("It is on its way. What comes of it is said under Mail."), "success")
        return redirect(back, 303)

    return send_page(
        MAILED,
        order_id,
        prepare=lambda: services.hold(order_id),
        address=url_for("sales_orders.send", order_id=order_id),
        back=back,
        done=done,
    )


@bp.post("/<id:order_id>/mark-sent")
def mark_sent(order_id: int) -> ResponseReturnValue:
    """S0: only then it can be billed."""
    words = {"mail": _("By e-mail"), "post": _("By post"), "hand": _("Handed over")}
    order = services.mark_sent(order_id, how=words.get(request.form.get("how", ""), words["mail"]))
    flash(_("%(number)s is marked as sent. It can be billed now.", number=order.number), "success")
    return redirect(url_for("sales_orders.show", order_id=order_id), 303)


@bp.route("/<id:order_id>/service-order", methods=["GET", "POST"])
def new_service_order(order_id: int) -> ResponseReturnValue:
    """The work that was sold, at one of the customer's sites."""
    order = queries.sales_order(order_id)
    form = ServiceOrderForm(data={"site_id": order.site_id, "description": services.work_of(order)})
    form.offer(list(sites_of(order.customer_id)))
    if form.validate_on_submit():
        values = OrderValues(
            site_id=form.site_id.data, description=form.description.data or "", reference=order.reference
        )
        made = attempt(form, lambda: services.create_service_order(order_id, values, actor=g.actor, today=g.today))
        if made is not None:
            flash(_("%(number)s was created.", number=made.number), "success")
            return redirect(url_for("service_orders.show", order_id=made.id), 303)
    status = int(g.get("refused_status", 422)) if request.method == "POST" else 200
    return render_template("sales_orders/new_service_order.html", form=form, order=order), status
