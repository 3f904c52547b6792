"""What the customer will get, beside the editor and the review."""

from flask import g, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fsm.core.errors import ConflictError
from fsm.core.transactions import computes_only
from fsm.documents import preview_page
from fsm.documents.facts import Facts
from fsm.documents.services import pdf_of
from fsm.invoices import drafts, queries
from fsm.invoices.blueprint import bp
from fsm.invoices.draft_print import draft_facts
from fsm.invoices.draft_views import form_of
from fsm.invoices.models import InvoiceState


@bp.get("/invoices/<id:invoice_id>/preview")
def preview(invoice_id: int) -> ResponseReturnValue:
    """Of a draft as it is saved; of a posted document the PDF that it was issued with."""
    invoice, url = queries.document(invoice_id), url_for("invoices.pdf", invoice_id=invoice_id)
    if invoice.state is not InvoiceState.DRAFT:
        return preview_page.of_pdf(pdf_of("invoice", invoice_id), url)
    return preview_page.of_stored(lambda: draft_facts(invoice, today=g.today), url)


@bp.post("/invoices/<id:invoice_id>/preview")
@computes_only
def preview_typed(invoice_id: int) -> ResponseReturnValue:
    """Of what is typed so far."""
    invoice = queries.document(invoice_id)
    if invoice.state is not InvoiceState.DRAFT:
        raise ConflictError(_("%(number)s is posted already.", number=invoice.number))
    form, version = form_of(invoice, is_sent=True), invoice.version

    def saved() -> Facts:
        kept = drafts.save(invoice_id, form.values(), form.line_values(), version=version)
        return draft_facts(kept, today=g.today)

    return preview_page.of_typed(form, saved)
