"""Reminder costs of an invoice: the fragment of its page, claiming one, waiving one."""

from decimal import Decimal

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fsm.core.formats import money
from fsm.core.transactions import attempt
from fsm.invoices import queries as invoice_queries
from fsm.ledger.models import ItemKind
from fsm.ledger.queries import item_of
from fsm.reminders import services
from fsm.reminders.forms import CostForm
from fsm.users.queries import names

bp = Blueprint("reminders", __name__, url_prefix="/reminders")


@bp.get("/of-invoice/<id:invoice_id>/costs")
def costs_of(invoice_id: int) -> ResponseReturnValue:
    """The fragment that the page of an invoice loads; a page of its own without scripts."""
    invoice = invoice_queries.document(invoice_id)
    costs = services.costs_of(invoice_id)
    item = item_of(ItemKind.INVOICE, invoice_id)
    return render_template(
        "reminders/_costs.html" if "HX-Request" in request.headers else "reminders/costs_of.html",
        invoice=invoice,
        costs=costs,
        people=names([*(row.claimed_by_id for row in costs), *(row.undone_by_id for row in costs)]),
        may_claim=item is not None and item.balance > 0,
        claimed_again={row.again_of_id for row in costs},
        may_claim_again=item is not None and item.credited < item.invoiced,
    )


@bp.route("/of-invoice/<id:invoice_id>/costs/new", methods=["GET", "POST"])
def claim_cost(invoice_id: int) -> ResponseReturnValue:
    """On the invoice's open item, without VAT."""
    invoice = invoice_queries.document(invoice_id)
    form = CostForm(data={"description": _("Reminder cost"), "claimed_on": g.today})
    if form.validate_on_submit():
        row = attempt(
            form,
            lambda: services.claim_cost(
                invoice_id,
                form.amount.data,
                description=form.description.data or "",
                claimed_on=form.claimed_on.data,
                actor_id=g.actor_id,
                today=g.today,
            ),
        )
        if row is not None:
            flash(_("The cost was claimed."), "success")
            return redirect(url_for("invoices.show", invoice_id=invoice_id, _anchor="costs"), 303)
        invoice = invoice_queries.document(invoice_id)
    status = int(g.get("refused_status", 422)) if request.method == "POST" else 200
    return render_template("reminders/claim_cost.html", form=form, invoice=invoice), status


@bp.post("/of-invoice/<id:invoice_id>/costs/<id:cost_id>/waive")
def waive_cost(invoice_id: int, cost_id: int) -> ResponseReturnValue:
    """By the reversal of its entry."""
    services.waive(cost_id, invoice_id=invoice_id, actor_id=g.actor_id, today=g.today)
    flash(_("The cost was waived."), "success")
    return redirect(url_for("invoices.show", invoice_id=invoice_id, _anchor="costs"), 303)


@bp.post("/of-invoice/<id:invoice_id>/costs/waive")
def waive_open(invoice_id: int) -> ResponseReturnValue:
    """All that is still due, once the rest is paid."""
    waived = services.waive_open(invoice_id, actor_id=g.actor_id, today=g.today)
    amount = money(sum((row.amount for row in waived), Decimal(0)), invoice_queries.document(invoice_id).currency)
    flash(_("Waived: %(amount)s. It can be claimed again under “Reminder costs”.", amount=amount), "success")
    return redirect(url_for("invoices.show", invoice_id=invoice_id), 303)


@bp.post("/of-invoice/<id:invoice_id>/costs/<id:cost_id>/claim-again")
def claim_again(invoice_id: int, cost_id: int) -> ResponseReturnValue:
    """Waived by mistake."""
    services.claim_again(cost_id, invoice_id=invoice_id, actor_id=g.actor_id, today=g.today)
    flash(_("The cost is claimed again."), "success")
    return redirect(url_for("invoices.show", invoice_id=invoice_id, _anchor="costs"), 303)
