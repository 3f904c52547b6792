"""The last look before a document becomes final, posting it, and what comes right after."""

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from fsm.company.services import the_company
from fsm.core.errors import ConflictError, DomainError
from fsm.core.transactions import computes_only, refuse
from fsm.core.web import ids_of
from fsm.documents import totals_panel
from fsm.documents.document_forms import FIELD_OF
from fsm.documents.totals import ZERO
from fsm.invoices import queries, services
from fsm.invoices.blueprint import bp
from fsm.invoices.listing import INVOICES
from fsm.invoices.models import Invoice, InvoiceKind, InvoiceState
from fsm.invoices.rates import rates_of
from fsm.invoices.review import Review
from fsm.invoices.review import review as work_out
from fsm.users.list_pages import chosen_ids

MOST_AT_ONCE = 50
WAYS = {"mail": _l("By e-mail"), "post": _l("By post"), "hand": _l("Handed over")}


@bp.get("/invoices/<id:invoice_id>/review")
def review(invoice_id: int) -> ResponseReturnValue:
    """Number to come, journal entry, VAT, margin, and what stands in the way."""
    invoice = queries.document(invoice_id)
    if invoice.state is not InvoiceState.DRAFT:
        return redirect(url_for("invoices.show", invoice_id=invoice_id))
    return _page(invoice)


def _page(invoice: Invoice, refusal: str = "") -> str:
    found = work_out(invoice.id, today=g.today)
    totals = found.totals
    rates = rates_of(invoice, the_company(), invoice.customer)
    return render_template(
        "invoices/review.html",
        invoice=invoice,
        review=found,
        refusal=refusal,
        reasons={line.id: rates.why(line) for line in invoice.lines},
        warnings=[] if invoice.kind is InvoiceKind.CREDIT_NOTE else rates.warnings(invoice.lines),
        is_credit_note=invoice.kind is InvoiceKind.CREDIT_NOTE,
        problems=[(problem.sentence, _field_url(invoice, problem.field)) for problem in found.problems],
        pairs=totals_panel.pairs(totals, totals.taxes, invoice.currency, invoice.sign) if totals else [],
        taxes=[(totals_panel.rate_name(row.key), row) for row in totals.taxes] if totals else [],
        orders=queries.orders_of(invoice.id),
        shows_margin=g.actor.can("invoices.see_margin"),
    )


def _field_url(invoice: Invoice, field: str) -> str:
    endpoint = "invoices.change_credit" if invoice.corrects_id else "invoices.edit"
    return url_for(endpoint, invoice_id=invoice.id, _anchor=FIELD_OF.get(field, field))


@bp.post("/invoices/<id:invoice_id>/post")
def post(invoice_id: int) -> ResponseReturnValue:
    """Final from here on. What is refused is said on the review page; pressed twice, it is posted once."""
    invoice = queries.document(invoice_id)
    if invoice.state is not InvoiceState.DRAFT:
        return _no_draft_any_more(invoice)
    try:
        services.post([invoice_id], actor_id=g.actor_id, today=g.today)
    except DomainError as error:
        refuse()
        invoice = queries.document(invoice_id)
        if invoice.state is not InvoiceState.DRAFT:  # somebody was faster by a moment
            return _no_draft_any_more(invoice)
        return _page(invoice, str(error)), error.status
    number = queries.document(invoice_id).number
    flash(_("%(number)s is posted.", number=number), "success")
    return redirect(url_for("invoices.show", invoice_id=invoice_id), 303)


def _no_draft_any_more(invoice: Invoice) -> ResponseReturnValue:
    if invoice.state is InvoiceState.WITHDRAWN:
        raise ConflictError(_("%(number)s was withdrawn.", number=invoice.number))
    flash(_("%(number)s is posted already.", number=invoice.number), "info")
    return redirect(url_for("invoices.show", invoice_id=invoice.id), 303)


@bp.route("/invoices/review-many", methods=["GET", "POST"])
@computes_only
def review_many() -> ResponseReturnValue:
    """Several drafts on one screen, with one total and one confirmation."""
    if request.method == "POST":  # chosen in the list
        return _many(chosen_ids(INVOICES, MOST_AT_ONCE))
    return _many(_chosen(request.args.getlist("ids")))


def _chosen(texts: list[str]) -> list[int]:
    return ids_of(texts)[:MOST_AT_ONCE]


def _many(invoice_ids: list[int], refusal: str = "") -> str:
    drafts = queries.drafts(invoice_ids)
    reviews: list[Review] = [work_out(invoice.id, today=g.today) for invoice in drafts]
    totals: dict[str, object] = {}
    for found in reviews:
        amount = found.totals.total_with_tax if found.totals else ZERO
        totals[found.invoice.currency] = totals.get(found.invoice.currency, ZERO) + amount  # type: ignore[operator]  # reason: amounts
    return render_template(
        "invoices/review_many.html",
        reviews=reviews,
        ready=[found for found in reviews if not found.problems],
        totals=totals,
        refusal=refusal,
    )


@bp.post("/invoices/post")
def post_many() -> ResponseReturnValue:
    """All or none."""
    invoice_ids = _chosen(request.form.getlist("ids"))
    if not invoice_ids:
        return redirect(url_for("invoices.index", tab="draft"), 303)
    try:
        posted = services.post(invoice_ids, actor_id=g.actor_id, today=g.today)
    except DomainError as error:
        refuse()
        return _many(invoice_ids, str(error)), error.status
    flash(ngettext("%(num)s document is posted.", "%(num)s documents are posted.", len(posted)), "success")
    return redirect(url_for("invoices.index", tab="posted"), 303)


@bp.post("/invoices/<id:invoice_id>/mark-sent")
def mark_sent(invoice_id: int) -> ResponseReturnValue:
    """A fact with its day, apart from the state; the first time counts."""
    way = WAYS.get(request.form.get("how", ""), WAYS["mail"])
    services.mark_sent([invoice_id], how=str(way), actor_id=g.actor_id)
    flash(_("It is marked as sent."), "success")
    return redirect(url_for("invoices.show", invoice_id=invoice_id), 303)
