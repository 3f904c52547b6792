"""What the customer will get, beside the editor and the review: pages of the PDF, made of what is typed so far."""

import contextlib

from flask import g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fsm.company.services import the_company
from fsm.core.db import writing
from fsm.core.errors import ConflictError, DomainError
from fsm.core.transactions import computes_only
from fsm.documents import preview as previews
from fsm.documents.facts import Facts
from fsm.documents.pdf import Mark
from fsm.documents.services import pdf_of, render
from fsm.invoices import drafts, queries
from fsm.invoices.blueprint import bp
from fsm.invoices.draft_print import draft_facts
from fsm.invoices.forms import DraftForm
from fsm.invoices.models import Invoice, InvoiceState


class _UndoneError(Exception):
    """Leaves a transaction without keeping anything."""


@bp.get("/invoices/<id:invoice_id>/preview")
def preview(invoice_id: int) -> ResponseReturnValue:
    """Of a draft as it is saved; of a posted document the PDF that it was issued with."""
    invoice = queries.document(invoice_id)
    if invoice.state is not InvoiceState.DRAFT:
        return _page(invoice_id, pdf_of("invoice", invoice_id))
    try:
        return _drawn(invoice_id, draft_facts(invoice, today=g.today))
    except DomainError as refusal:
        return _refused(refusal.sentence)


@bp.post("/invoices/<id:invoice_id>/preview")
@computes_only
def preview_typed(invoice_id: int) -> ResponseReturnValue:
    """Of what is typed so far: saved by the code that saves, printed, and not kept."""
    invoice = queries.document(invoice_id)
    if invoice.state is not InvoiceState.DRAFT:
        raise ConflictError(_("%(number)s is posted already.", number=invoice.number))
    form = DraftForm.of(invoice, invoice.lines, the_company(), is_sent=True)
    if not form.validate():
        return _refused(_("The preview waits for what is marked in the form."))
    try:
        return _drawn(invoice_id, _typed(invoice, form))
    except DomainError as refusal:
        return _refused(refusal.sentence)


def _typed(invoice: Invoice, form: DraftForm) -> Facts:
    found: list[Facts] = []
    invoice_id, version = invoice.id, invoice.version
    values, lines = form.values(), form.line_values()
    with contextlib.suppress(_UndoneError), writing(actor_id=g.actor_id):
        saved = drafts.save(invoice_id, values, lines, version=version)
        found.append(draft_facts(saved, today=g.today))
        raise _UndoneError
    return found[0]


def _drawn(invoice_id: int, facts: Facts) -> str:
    return _page(invoice_id, render(facts, mark=Mark.DRAFT))


def _page(invoice_id: int, pdf: bytes) -> str:
    url = "" if request.method == "POST" else url_for("invoices.pdf", invoice_id=invoice_id)
    return render_template("documents/_preview.html", preview=previews.of(pdf), refusal="", url=url)


def _refused(sentence: str) -> str:
    return render_template("documents/_preview.html", preview=None, refusal=sentence, url="")
