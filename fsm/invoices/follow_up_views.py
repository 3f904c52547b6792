"""What may be changed on a posted document: its reminders, its number elsewhere."""

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField

from fsm.core.errors import ConflictError
from fsm.core.fields import Form, TextField
from fsm.core.transactions import attempt
from fsm.invoices import follow_up as follow_ups
from fsm.invoices import queries
from fsm.invoices.blueprint import bp
from fsm.invoices.models import InvoiceKind, InvoiceState
from fsm.invoices.values import FollowUpValues


class FollowUpForm(Form):
    """Facts beside the document, none of which is printed."""

    automatic_reminders = BooleanField(_l("Automatic reminders"))
    external_invoice_id = TextField(
        _l("External number"),
        length=follow_ups.MAX_EXTERNAL_ID,
        description=_l("What another program calls this document; never printed, need not be unique."),
    )


@bp.route("/invoices/<id:invoice_id>/follow-up", methods=["GET", "POST"])
def follow_up(invoice_id: int) -> ResponseReturnValue:
    """Reminders on or off, the external number."""
    invoice = queries.document(invoice_id)
    if invoice.state is not InvoiceState.POSTED:
        raise ConflictError(_("Only a posted document is followed."))
    form = FollowUpForm(obj=invoice.follow_up)
    if form.validate_on_submit():
        saved = attempt(
            form,
            lambda: follow_ups.change(
                invoice_id,
                FollowUpValues(
                    automatic_reminders=bool(form.automatic_reminders.data),
                    external_invoice_id=form.external_invoice_id.data or "",
                ),
                version=form.sent_version(),
            ),
        )
        if saved is not None:
            flash(_("It was saved."), "success")
            return redirect(url_for("invoices.show", invoice_id=invoice_id), 303)
        invoice = queries.document(invoice_id)
    status = int(g.get("refused_status", 422)) if request.method == "POST" else 200
    is_invoice = invoice.kind is InvoiceKind.INVOICE
    return render_template("invoices/follow_up.html", form=form, invoice=invoice, is_invoice=is_invoice), status
