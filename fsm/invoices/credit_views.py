"""Taking back: a credit note of some lines, all of it at once (S2's red button), or withdrawing."""

from decimal import Decimal

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fsm.core.errors import ConflictError
from fsm.core.transactions import attempt
from fsm.invoices import crediting, queries, services, withdrawing
from fsm.invoices.blueprint import bp
from fsm.invoices.credit_forms import CreditForm, credit_form
from fsm.invoices.models import Invoice, InvoiceKind, InvoiceState


def status() -> int:
    """The status of a page that is shown: 200, or that of the refusal."""
    return int(g.get("refused_status", 422)) if request.method == "POST" else 200


@bp.route("/invoices/<id:invoice_id>/credit", methods=["GET", "POST"])
def credit(invoice_id: int) -> ResponseReturnValue:
    """Which quantities are taken back, all proposed (``lines=none``: none); makes a draft credit note, to be reviewed."""
    invoice = queries.document(invoice_id)
    proposed: dict[int, Decimal] | None = {} if request.args.get("lines") == "none" else None
    form = credit_form(crediting.creditable(invoice_id), proposed)
    if form.validate_on_submit():
        made = attempt(
            form,
            lambda: crediting.draft_credit(
                invoice_id,
                form.quantities(),
                releases_work=form.releases_work.data == "yes",
                actor_id=g.actor_id,
            ),
        )
        if made is not None:
            return redirect(url_for("invoices.review", invoice_id=made.id), 303)
    return _form_page(form, invoice), status()


def _form_page(form: CreditForm, invoice: Invoice, draft: Invoice | None = None) -> str:
    # Read anew: after a refusal the rows of before are gone.
    invoice = queries.document(invoice.id)
    return render_template(
        "invoices/credit.html",
        form=form,
        invoice=invoice,
        lines=crediting.creditable(invoice.id),
        draft=draft and queries.document(draft.id),
        has_work=bool(queries.orders_of(invoice.id)),
    )


@bp.route("/invoices/<id:invoice_id>/change-credit", methods=["GET", "POST"])
def change_credit(invoice_id: int) -> ResponseReturnValue:
    """Other quantities on a draft credit note."""
    draft = queries.document(invoice_id)
    if draft.state is not InvoiceState.DRAFT or draft.kind is not InvoiceKind.CREDIT_NOTE or draft.corrects is None:
        raise ConflictError(_("This is no draft credit note."))
    chosen: dict[int, Decimal] = {line.credits_line_id or 0: line.quantity for line in draft.lines}
    form = credit_form(
        crediting.creditable(draft.corrects.id), chosen, data={"releases_work": "yes" if draft.releases_work else "no"}
    )
    if form.validate_on_submit():
        saved = attempt(
            form,
            lambda: crediting.change_credit(
                invoice_id,
                form.quantities(),
                releases_work=form.releases_work.data == "yes",
                version=form.sent_version(),
            ),
        )
        if saved is not None:
            return redirect(url_for("invoices.review", invoice_id=invoice_id), 303)
    return _form_page(form, draft.corrects, draft), status()


@bp.route("/invoices/<id:invoice_id>/cancel", methods=["GET", "POST"])
def cancel(invoice_id: int) -> ResponseReturnValue:
    """S2's red button: the credit note of all that is left, made and posted in one step."""
    invoice = queries.document(invoice_id)
    form = CreditForm()
    if form.validate_on_submit():
        number = attempt(form, lambda: _cancel(invoice_id, releases_work=form.releases_work.data == "yes"))
        if number is not None:
            flash(_("The invoice is cancelled: credit note %(number)s is posted.", number=number), "success")
            return redirect(url_for("invoices.show", invoice_id=invoice_id), 303)
        invoice = queries.document(invoice_id)
    return (
        render_template(
            "invoices/cancel.html",
            form=form,
            invoice=invoice,
            amount=crediting.amount_left(invoice),
            has_work=bool(queries.orders_of(invoice_id)),
        ),
        status(),
    )


def _cancel(invoice_id: int, *, releases_work: bool) -> str:
    made = crediting.draft_credit(invoice_id, None, releases_work=releases_work, actor_id=g.actor_id)
    services.post([made.id], actor_id=g.actor_id, today=g.today)
    return queries.document(made.id).number or ""


@bp.post("/invoices/<id:invoice_id>/withdraw")
def withdraw(invoice_id: int) -> ResponseReturnValue:
    """Only the last of its series, not sent, nothing paid: its lines are back as a draft."""
    draft = withdrawing.withdraw(invoice_id, actor_id=g.actor_id, today=g.today)
    flash(_("The invoice is withdrawn. Its lines are on this new draft."), "success")
    return redirect(url_for("invoices.edit", invoice_id=draft.id), 303)
