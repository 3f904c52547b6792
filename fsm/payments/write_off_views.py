"""Pages of lost debts, for managers: writing off, what was written off, and the way back."""

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fsm.core.db import session
from fsm.core.errors import NotFoundError
from fsm.core.formats import money
from fsm.core.transactions import attempt
from fsm.customers import queries as customer_queries
from fsm.payments import queries, write_offs
from fsm.payments.blueprint import asked_id, bp, item_url, page_status
from fsm.payments.models import WriteOff
from fsm.payments.write_off_forms import WriteOffForm
from fsm.users import queries as user_queries


@bp.route("/payments/write-off", methods=["GET", "POST"])
def write_off() -> ResponseReturnValue:
    """Give up what is due on an invoice (``open_item_id``), with its VAT reclaimed or not."""
    item_id = asked_id("open_item_id")
    if item_id is None:
        raise NotFoundError(_("There is no such open item."))
    item = queries.open_item(item_id)
    tax = write_offs.reclaimable_tax(item, item.balance)
    form = WriteOffForm()
    form.offer(tax, item.currency)
    if request.method == "GET":
        form.fill(item, g.today, tax)
    if form.validate_on_submit():
        values = form.values(item_id)
        row = attempt(form, lambda: write_offs.write_off(values, actor_id=g.actor_id, today=g.today))
        if row is not None:
            flash(_("%(amount)s was written off.", amount=money(row.amount, row.currency)), "success")
            return redirect(
                item_url(queries.open_item(item_id)) or url_for("payments.show_write_off", write_off_id=row.id), 303
            )
        item = queries.open_item(item_id)
    customer = customer_queries.customer(item.customer_id)
    return render_template("payments/write_off.html", form=form, item=item, customer=customer, tax=tax), page_status()


@bp.get("/payments/write-off/<id:write_off_id>")
def show_write_off(write_off_id: int) -> ResponseReturnValue:
    """What was given up, why, and its entries."""
    row = session.get(WriteOff, write_off_id)
    if row is None:
        raise NotFoundError(_("There is no such write-off."))
    return render_template(
        "payments/show_write_off.html",
        row=row,
        customer=customer_queries.customer(row.customer_id),
        people=user_queries.names([row.registered_by_id, row.undone_by_id]),
    )


@bp.post("/payments/write-off/<id:write_off_id>/undo")
def undo_write_off(write_off_id: int) -> ResponseReturnValue:
    """By the reversal of its entry: the debt is due again."""
    row = write_offs.undo(write_off_id, actor_id=g.actor_id, today=g.today)
    flash(_("The write-off was undone: %(amount)s is due again.", amount=money(row.amount, row.currency)), "success")
    return redirect(url_for("payments.show_write_off", write_off_id=write_off_id), 303)
