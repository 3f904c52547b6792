"""A quote from a technician's visit; no price is typed here, and none is shown."""

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fsm.core.transactions import attempt
from fsm.quotes import from_visit, queries
from fsm.quotes.blueprint import bp
from fsm.quotes.forms import VisitForm
from fsm.quotes.listing import name_of, status_of
from fsm.sales_orders import queries as order_queries
from fsm.sales_orders.listing import status_of as order_status
from fsm.service_orders.visibility import find


@bp.route("/from-order/<id:order_id>", methods=["GET", "POST"])
def new_from_visit(order_id: int) -> ResponseReturnValue:
    order = find(order_id, g.actor)
    form = VisitForm()
    if form.validate_on_submit():
        text, parts = form.text.data or "", form.wanted()
        quote = attempt(
            form,
            lambda: from_visit.create_from_visit(order_id, text, parts, actor=g.actor, today=g.today),
        )
        if quote is not None:
            if g.actor.can("quotes.edit"):
                return redirect(url_for("quotes.edit", quote_id=quote.id), 303)
            flash(_("The office has it now as a draft quote: prices are set there."), "success")
            return redirect(url_for("service_orders.show", order_id=order_id), 303)
    status = int(g.get("refused_status", 422)) if request.method == "POST" else 200
    return render_template("quotes/new_from_visit.html", form=form, order=order), status


@bp.get("/of-service-order/<id:service_order_id>")
def of_service_order(service_order_id: int) -> ResponseReturnValue:
    """A fragment for the order's page: quotes from its visits, and the sales orders that it carries out."""
    return render_template(
        "quotes/_of_service_order.html",
        quotes=[
            (quote, name_of(quote), status_of(quote, g.today)) for quote in queries.of_service_order(service_order_id)
        ],
        orders=[(order, order_status(order)) for order in order_queries.of_service_order(service_order_id)],
    )
