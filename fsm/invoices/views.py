"""The list of invoices, one document on one page, its PDF, the settings."""

import datetime as dt
from typing import Any

from flask import Response, current_app, flash, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from fsm.company.countries import country_name
from fsm.company.queries import bank_accounts
from fsm.core.db import session
from fsm.core.paging import COUNT_LIMIT
from fsm.core.transactions import attempt
from fsm.core.web import MAX_ID
from fsm.customers import queries as customer_queries
from fsm.documents.payment_reference import printed
from fsm.documents.pdf import Mark
from fsm.documents.services import pdf_of, render, withdrawn_pdf_of
from fsm.invoices import (  # noqa: F401 - the other pages of the blueprint register themselves
    credit_views,
    draft_views,
    figures,
    queries,
    review_views,
    totals_panel,
    withdrawing,
)
from fsm.invoices.blueprint import bp
from fsm.invoices.forms import InvoiceSettingsForm
from fsm.invoices.issuing import prepare
from fsm.invoices.models import Invoice, InvoiceKind, InvoiceSettings, InvoiceState
from fsm.invoices.printed import Printer
from fsm.invoices.settings import save_settings
from fsm.invoices.statuses import status_of
from fsm.users.queries import timeline

__all__ = ["bp"]

TAB_LABELS = {
    "draft": _l("Draft"),
    "to_collect": _l("To collect"),
    "overdue": _l("Overdue"),
    "paid": _l("Paid"),
    "cancelled": _l("Cancelled"),
    "credit_notes": _l("Credit notes"),
    "posted": _l("All posted"),
    "withdrawn": _l("Withdrawn"),
}


@bp.get("/invoices")
def index() -> ResponseReturnValue:
    """Tabs by status (product.md 7); all that narrows or sorts stands in the address."""
    filters = _filters()
    tab = request.args.get("tab", "")
    tab = tab if tab in queries.ALL_TABS else "posted" if filters else "to_collect"
    sort = queries.sort_of(tab, request.args.get("sort", ""))
    page = queries.page(tab, filters, sort=sort, cursor=request.args.get("after"), today=g.today)
    counts = queries.counts(filters, g.today)
    if tab not in counts:
        counts[tab] = queries.count(tab, filters, g.today)
    kept = _asked("q", "customer_id", "from_date", "to_date", "sent")
    return render_template(
        "invoices/index.html",
        tab=tab,
        sort=sort,
        page=page,
        filters=filters,
        tabs=[
            {
                "label": TAB_LABELS[name],
                "url": url_for("invoices.index", **(kept | {"tab": name})),
                "is_current": name == tab,
                "count": _capped(number),
            }
            for name, number in counts.items()
        ],
        active=_chips(filters, kept | {"tab": tab}),
        total=_capped(counts[tab]),
        kept=kept | {"tab": tab},
        previous_url=_page_url(page.previous),
        next_url=_page_url(page.next),
    )


def _asked(*names: str) -> dict[str, Any]:
    """Those of the address's own names that say something; whatever else stands there is not carried along."""
    return {name: value for name in names if (value := request.args.get(name))}


def _page_url(cursor: str | None) -> str | None:
    kept = _asked("tab", "sort", "q", "customer_id", "from_date", "to_date", "sent")
    return url_for("invoices.index", **(kept | {"after": cursor})) if cursor else None


def _filters() -> queries.Filters:
    customer_id = request.args.get("customer_id", type=int)
    return queries.Filters(
        text=request.args.get("q", "").strip()[:100],
        customer_id=customer_id if customer_id and 1 <= customer_id <= MAX_ID else None,
        from_date=_day(request.args.get("from_date", "")),
        to_date=_day(request.args.get("to_date", "")),
        sent=sent if (sent := request.args.get("sent", "")) in {"yes", "no"} else "",
    )


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def _chips(filters: queries.Filters, kept: dict[str, Any]) -> list[dict[str, str]]:
    """The filter that no control of the page shows: one customer."""
    if not filters.customer_id:
        return []
    names = customer_queries.names([filters.customer_id])
    without = {name: value for name, value in kept.items() if name != "customer_id"}
    label = names.get(filters.customer_id, _("Unknown customer"))
    return [{"label": label, "remove_url": url_for("invoices.index", **without)}]


def _capped(number: int) -> str:
    return f"{COUNT_LIMIT}+" if number > COUNT_LIMIT else str(number)


@bp.get("/invoices/<id:invoice_id>")
def show(invoice_id: int) -> ResponseReturnValue:
    """A posted document; a draft opens in its editor for those who may edit it."""
    invoice = queries.document(invoice_id)
    if invoice.state is InvoiceState.DRAFT and g.actor.can("invoices.edit"):
        return redirect(url_for("invoices.edit", invoice_id=invoice_id))
    credit_notes = queries.credit_notes_of(invoice_id)
    items = queries.items_of([invoice, *credit_notes])
    is_posted = invoice.state is InvoiceState.POSTED
    taxes = figures.tax_totals(invoice.taxes)
    return render_template(
        "invoices/show.html",
        invoice=invoice,
        item=items.get(invoice.id),
        status=status_of(invoice, items.get(invoice.id), g.today),
        credit_notes=queries.rows_with(credit_notes, items, g.today),
        orders=queries.orders_of(invoice_id),
        taxes=[(totals_panel.rate_name(row.key), row) for row in taxes],
        totals=totals_panel.pairs(invoice, taxes, invoice.currency),
        bank_account=next((row for row in bank_accounts(archived=None) if row.id == invoice.bank_account_id), None),
        structured_message=printed(invoice.structured_message) if invoice.structured_message else "",
        is_credit_note=invoice.kind is InvoiceKind.CREDIT_NOTE,
        is_posted=is_posted,
        may_withdraw=is_posted and g.actor.can("invoices.withdraw") and withdrawing.why_not_withdrawn(invoice) is None,
        margin=_margin(invoice) if g.actor.can("invoices.see_margin") else None,
        urls=_urls(invoice),
        entries=timeline("invoice", invoice_id),
        country_name=country_name,
    )


def _margin(invoice: Invoice) -> dict[str, Any]:
    cost = queries.cost_of(invoice.lines)
    return {"cost": cost, "margin": invoice.total_without_tax - cost}


def _urls(invoice: Invoice) -> dict[str, str | None]:
    """Pages of other slices about this document, where they are built and this user may open them."""
    return {
        "register": url_if_there("payments.register", invoice_id=invoice.id),
        "payments": url_if_there("payments.of_invoice", invoice_id=invoice.id),
        "entries": url_if_there("ledger.entries_of", kind="invoice", source_id=invoice.id),
    }


def url_if_there(endpoint: str, **values: Any) -> str | None:  # noqa: ANN401 - parts of the address
    """The address of another slice's page; None where it is not built or not allowed."""
    return url_for(endpoint, **values) if endpoint in current_app.view_functions and g.actor.can(endpoint) else None


@bp.get("/invoices/<id:invoice_id>/pdf")
def pdf(invoice_id: int) -> ResponseReturnValue:
    """Shown in the browser: the frozen one of a posted document, a preview without number of a draft."""
    invoice = queries.document(invoice_id)
    if invoice.state is InvoiceState.DRAFT:
        (prepared,) = prepare([invoice], today=g.today)
        return _inline(render(Printer().facts(prepared, ""), mark=Mark.DRAFT), f"draft-{invoice.id}.pdf")
    read = pdf_of if invoice.state is InvoiceState.POSTED else withdrawn_pdf_of
    return _inline(read("invoice", invoice_id), f"{invoice.number}.pdf")


def _inline(data: bytes, name: str) -> Response:
    response = make_response(data)
    response.mimetype = "application/pdf"
    response.headers.set("Content-Disposition", "inline", filename=name)
    # The browser's own viewer draws the pages with styles of its own, within this frame.
    response.headers["Content-Security-Policy"] = (
        "default-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'"
    )
    return response


@bp.route("/settings/invoices", methods=["GET", "POST"])
def settings() -> ResponseReturnValue:
    """What the dashboard counts (S0)."""
    row = session.get(InvoiceSettings, 1)
    form = InvoiceSettingsForm(obj=row)
    if form.validate_on_submit():
        counts = bool(form.dashboard_counts_posted.data)
        saved = attempt(form, lambda: save_settings(dashboard_counts_posted=counts, version=form.sent_version()))
        if saved is not None:
            flash(_("The settings were saved."), "success")
            return redirect(url_for("invoices.settings"), 303)
        row = session.get(InvoiceSettings, 1)
    status = int(g.get("refused_status", 422)) if request.method == "POST" else 200
    return render_template("invoices/settings.html", form=form, row=row), status
