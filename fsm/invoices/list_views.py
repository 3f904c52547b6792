"""The list of invoices, the summary beside it, and what is done with many of them."""

from flask import Response, flash, g, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from fsm.core.transactions import computes_only
from fsm.customers import queries as customer_queries
from fsm.invoices import draft_runs, many, queries
from fsm.invoices.blueprint import bp
from fsm.invoices.listing import INVOICES, MOST_PDFS, MOST_POSTED
from fsm.invoices.models import InvoiceState
from fsm.invoices.statuses import status_of
from fsm.users import list_pages
from fsm.users.history import timeline

list_pages.declare(bp, INVOICES, "/invoices")


@bp.get("/invoices")
def index() -> ResponseReturnValue:
    """Tabs by status (product.md 7); all that narrows or sorts stands in the address."""
    customer_id = INVOICES.filters(request.args, g.actor).customer_id
    names = customer_queries.names([customer_id])
    customer_name = names.get(customer_id, _("Unknown customer")) if customer_id else ""
    return list_pages.show(INVOICES, "invoices/index.html", customer_name=customer_name)


@bp.get("/invoices/<id:invoice_id>/panel")
def panel(invoice_id: int) -> ResponseReturnValue:
    """The summary beside the list; opened by itself it is the page."""
    if "HX-Request" not in request.headers:
        return redirect(url_for("invoices.show", invoice_id=invoice_id))
    invoice = queries.document(invoice_id)
    item = queries.items_of([invoice]).get(invoice_id)
    return render_template(
        "invoices/_panel.html",
        invoice=invoice,
        item=item,
        status=status_of(invoice, item, g.today),
        is_draft=invoice.state is InvoiceState.DRAFT,
        is_posted=invoice.state is InvoiceState.POSTED,
        orders=queries.orders_of(invoice_id),
        entries=timeline("invoice", invoice_id, 5),
    )


@bp.post("/invoices/mark-sent")
def mark_many_sent() -> ResponseReturnValue:
    return list_pages.act(
        INVOICES,
        lambda ids: many.mark_sent(ids, how=str(_("By e-mail"))),
        lambda done: ngettext("%(num)s document is marked as sent.", "%(num)s documents are marked as sent.", done),
    )


@bp.post("/invoices/post-chosen")
def post_chosen() -> ResponseReturnValue:
    """Drafts with a problem stay drafts; the others get their numbers. Many are posted as a run."""
    ids = list_pages.chosen_ids(INVOICES)
    if len(ids) > MOST_POSTED:
        run = draft_runs.start(ids, actor_id=g.actor_id, today=g.today)
        if gone := len(ids) - run.row_count:
            flash(
                ngettext("%(num)s of them was deleted meanwhile.", "%(num)s of them were deleted meanwhile.", gone),
                "info",
            )
        return redirect(url_for("invoices.run", run_id=run.id), 303)
    outcome = many.post(ids, actor_id=g.actor_id, today=g.today)
    done = ngettext("%(num)s document is posted.", "%(num)s documents are posted.", outcome.done)
    return list_pages.acted(INVOICES, outcome, done)


@bp.post("/invoices/delete-many")
def delete_many() -> ResponseReturnValue:
    return list_pages.act(
        INVOICES,
        many.delete,
        lambda done: ngettext("%(num)s draft was deleted.", "%(num)s drafts were deleted.", done),
    )


@bp.post("/invoices/download-many")
@computes_only
def download_many() -> Response:
    """A ZIP of the posted ones among the chosen documents."""
    file = many.pdfs(list_pages.chosen_ids(INVOICES, MOST_PDFS))
    return send_file(file, "application/zip", as_attachment=True, download_name=f"invoices-{g.today}.zip")
