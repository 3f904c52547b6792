"""Pages of invoice models: saving one, the list, beginning an invoice from one or from an earlier invoice, importing lines."""

import re
from collections.abc import Callable

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from wtforms import BooleanField, RadioField
from wtforms.validators import InputRequired

from fsm.core.fields import Form, TextField
from fsm.core.paging import page
from fsm.core.transactions import attempt
from fsm.customers.forms import CustomerField
from fsm.invoices import queries, reuse, reuse_queries
from fsm.invoices.blueprint import bp
from fsm.invoices.saved_models import InvoiceModel
from fsm.users import queries as user_queries

_SOURCE = re.compile(r"(model|invoice)-([0-9]{1,18})")


class ModelForm(Form):
    """The name of a model."""

    name = TextField(_l("Name"), [InputRequired(_l("Give the model a name."))], length=reuse.MOST_NAME)
    replaces = BooleanField(_l("Replace the model of this name, if there is one"))


class StartForm(Form):
    """Whom the invoice is for."""

    customer_id = CustomerField(_l("Customer"), [InputRequired(_l("Choose the customer."))])


class ImportForm(Form):
    """From where lines come, as ``model-<id>`` or ``invoice-<id>``."""

    source = RadioField(_l("Lines of"), [InputRequired(_l("Choose whose lines to import."))], validate_choice=False)

    def found(self) -> reuse.Source:
        """What was chosen; NotFoundError where it is gone."""
        match = _SOURCE.fullmatch(self.source.data or "")
        read = reuse.of_model if match is not None and match[1] == "model" else reuse.of_invoice
        return read(int(match[2]) if match is not None else 0)


def _status() -> int:
    return int(g.get("refused_status", 422)) if request.method == "POST" else 200


@bp.get("/invoices/models")
def models() -> ResponseReturnValue:
    """By name."""
    text = request.args.get("q", "").strip()[:100]
    found = page(reuse_queries.models(text), [InvoiceModel.sort_key, InvoiceModel.id], request.args.get("after"))
    people = user_queries.names([model.saved_by_id for model in found.rows])
    return render_template("invoices/models.html", page=found, text=text, people=people)


@bp.route("/invoices/<id:invoice_id>/save-as-model", methods=["GET", "POST"])
def save_as_model(invoice_id: int) -> ResponseReturnValue:
    """Keep the lines and terms of any invoice under a name."""
    invoice = queries.document(invoice_id)
    source = reuse.of_invoice(invoice_id)
    form = ModelForm()
    if form.validate_on_submit():
        name, replaces = form.name.data or "", bool(form.replaces.data)
        model = attempt(form, lambda: reuse.save_as_model(invoice_id, name, replaces=replaces, actor_id=g.actor_id))
        if model is not None:
            flash(_("The model “%(name)s” was saved.", name=model.name), "success")
            return redirect(url_for("invoices.models"), 303)
        invoice = queries.document(invoice_id)
    return render_template("invoices/save_as_model.html", form=form, invoice=invoice, source=source), _status()


@bp.route("/invoices/models/<id:model_id>/rename", methods=["GET", "POST"])
def rename_model(model_id: int) -> ResponseReturnValue:
    model = reuse.found_model(model_id)
    form = ModelForm(obj=model)
    if form.validate_on_submit():
        name = form.name.data or ""
        saved = attempt(form, lambda: reuse.rename_model(model_id, name, version=form.sent_version()))
        if saved is not None:
            flash(_("The model is called “%(name)s” now.", name=saved.name), "success")
            return redirect(url_for("invoices.models"), 303)
        model = reuse.found_model(model_id)
    return render_template("invoices/rename_model.html", form=form, model=model), _status()


@bp.post("/invoices/models/<id:model_id>/delete")
def delete_model(model_id: int) -> ResponseReturnValue:
    """Invoices that began with it stay."""
    name = reuse.delete_model(model_id)
    flash(_("The model “%(name)s” was deleted.", name=name), "success")
    return redirect(url_for("invoices.models"), 303)


@bp.route("/invoices/models/<id:model_id>/start", methods=["GET", "POST"])
def start_from_model(model_id: int) -> ResponseReturnValue:
    """A new invoice from a model: for whom."""
    return _start(lambda: reuse.of_model(model_id), None, url_for("invoices.models"))


@bp.route("/invoices/<id:invoice_id>/copy", methods=["GET", "POST"])
def copy(invoice_id: int) -> ResponseReturnValue:
    """A new invoice from an earlier one: for the same customer, or another."""
    invoice = queries.document(invoice_id)
    return _start(
        lambda: reuse.of_invoice(invoice_id), invoice.customer_id, url_for("invoices.show", invoice_id=invoice_id)
    )


def _start(read: Callable[[], reuse.Source], customer_id: int | None, back: str) -> ResponseReturnValue:
    source = read()
    form = StartForm(data={"customer_id": customer_id})
    if form.validate_on_submit():
        chosen = form.customer_id.data
        invoice = attempt(form, lambda: reuse.start(source, chosen, actor_id=g.actor_id))
        if invoice is not None:
            return redirect(url_for("invoices.edit", invoice_id=invoice.id), 303)
    return render_template("invoices/start.html", form=form, source=source, back=back), _status()


@bp.route("/invoices/<id:invoice_id>/import-lines", methods=["GET", "POST"])
def import_lines(invoice_id: int) -> ResponseReturnValue:
    """Lines of a model or of an earlier invoice of the customer, added to an open draft."""
    draft = queries.document(invoice_id)
    form = ImportForm()
    if form.validate_on_submit():
        version = form.sent_version()
        added = attempt(form, lambda: reuse.import_lines(invoice_id, form.found(), version=version))
        if added is not None:
            flash(ngettext("%(num)s line was added.", "%(num)s lines were added.", added), "success")
            return redirect(url_for("invoices.edit", invoice_id=invoice_id), 303)
        draft = queries.document(invoice_id)
    text = request.args.get("q", "").strip()[:100]
    return render_template(
        "invoices/import_lines.html",
        form=form,
        draft=draft,
        text=text,
        models=reuse_queries.first_models(text),
        earlier=reuse_queries.earlier_invoices(draft, text),
    ), _status()
