"""Billing a sales order from its page: the final invoice, deposits, the deduction anew, cancelling the order."""

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fsm.core.transactions import attempt
from fsm.documents.queries import settings as document_settings
from fsm.invoices import deposits, from_sales_orders, queries
from fsm.invoices.blueprint import bp
from fsm.invoices.sales_order_forms import CancelOrderForm, DepositForm
from fsm.sales_orders import queries as order_queries
from fsm.sales_orders.services import check_may_be_billed


def _status() -> int:
    return int(g.get("refused_status", 422)) if request.method == "POST" else 200


@bp.post("/invoices/from-sales-order/<id:sales_order_id>")
def bill_order(sales_order_id: int) -> ResponseReturnValue:
    """A draft with everything on it, in the editor (S0); pressed twice, the same draft."""
    invoice = from_sales_orders.bill(sales_order_id, actor_id=g.actor_id)
    return redirect(url_for("invoices.edit", invoice_id=invoice.id), 303)


@bp.route("/invoices/deposit/<id:sales_order_id>", methods=["GET", "POST"])
def new_deposit(sales_order_id: int) -> ResponseReturnValue:
    """Percentage (the setting's, first) and description (S0)."""
    order = order_queries.sales_order(sales_order_id)
    check_may_be_billed(order)
    usual = document_settings().deposit_percentage
    text = from_sales_orders.deposit_text(sales_order_id, usual)
    form = DepositForm(data={"percentage": usual, "description": text})
    if form.validate_on_submit():
        asked = form.percentage.data, form.description.data or ""
        if asked[1] == text:  # the words follow the number typed
            asked = asked[0], from_sales_orders.deposit_text(sales_order_id, asked[0])
        invoice = attempt(form, lambda: from_sales_orders.new_deposit(sales_order_id, *asked, actor_id=g.actor_id))
        if invoice is not None:
            return redirect(url_for("invoices.review", invoice_id=invoice.id), 303)
    order = order_queries.sales_order(sales_order_id)
    return render_template("invoices/new_deposit.html", form=form, order=order), _status()


@bp.post("/invoices/<id:invoice_id>/deduct-deposits")
def deduct_deposits(invoice_id: int) -> ResponseReturnValue:
    """Propose the deduction anew, for the lines as they are by now."""
    sent = request.form.get("version", "")
    version = int(sent) if sent.isascii() and sent.isdigit() and len(sent) < 10 else None  # noqa: PLR2004 - an int
    from_sales_orders.deduct_again(invoice_id, version=version)
    flash(_("The deposits are deducted from the lines as they are now."), "success")
    return redirect(url_for("invoices.edit", invoice_id=invoice_id), 303)


@bp.route("/invoices/cancel-sales-order/<id:sales_order_id>", methods=["GET", "POST"])
def cancel_sales_order(sales_order_id: int) -> ResponseReturnValue:
    """What is left of its deposits is on draft credit notes then."""
    form = CancelOrderForm()
    if form.validate_on_submit():
        reason = form.reason.data or ""
        made = attempt(form, lambda: from_sales_orders.cancel(sales_order_id, reason, actor_id=g.actor_id))
        if made is not None:
            flash(_("The order is cancelled."), "success")
            if made:
                flash(_("Next: review and post the credit notes of its deposits."), "info")
            return redirect(url_for("sales_orders.show", order_id=sales_order_id, _anchor="invoices"), 303)
    order = order_queries.sales_order(sales_order_id)
    left = [one for one in deposits.of_order(sales_order_id) if one.left]
    return render_template("invoices/cancel_sales_order.html", form=form, order=order, deposits=left), _status()


@bp.get("/invoices/of-sales-order/<id:sales_order_id>")
def of_sales_order(sales_order_id: int) -> ResponseReturnValue:
    """A fragment for the order's page: its invoices and credit notes, and what is left of its deposits."""
    invoices = from_sales_orders.bills_of(sales_order_id)
    rows = queries.rows_with(invoices, queries.items_of(invoices), g.today)
    return render_template("invoices/_of_sales_order.html", rows=rows, deposits=deposits.of_order(sales_order_id))
