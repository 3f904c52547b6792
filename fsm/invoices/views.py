"""One document on one page, its PDF, the settings."""

from typing import Any

from flask import current_app, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fsm.company.countries import country_name
from fsm.company.queries import bank_accounts
from fsm.core.db import only_row
from fsm.core.transactions import attempt
from fsm.documents import totals_panel
from fsm.documents.beside import beside
from fsm.documents.custom_fields import labelled
from fsm.documents.payment_reference import printed
from fsm.documents.services import pdf_of, withdrawn_pdf_of
from fsm.invoices import (  # noqa: F401 - the other pages of the blueprint register themselves
    credit_views,
    draft_views,
    figures,
    follow_up_views,
    list_views,
    month_end_views,
    preview_views,
    queries,
    reuse_views,
    review_views,
    sales_order_views,
    sending_views,
    taken_over_views,
    withdrawing,
)
from fsm.invoices.blueprint import bp
from fsm.invoices.draft_print import draft_pdf
from fsm.invoices.forms import InvoiceSettingsForm
from fsm.invoices.models import Invoice, InvoiceKind, InvoiceSettings, InvoiceState
from fsm.invoices.pdf_answer import inline
from fsm.invoices.settings import save_settings
from fsm.invoices.statuses import status_of
from fsm.ledger.models import OpenItem
from fsm.users.history import timeline

__all__ = ["bp"]


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
        urls=_urls(invoice, items.get(invoice.id)),
        entries=timeline("invoice", invoice_id),
        beside=beside("invoice", invoice_id),
        own=labelled(invoice.custom_values),
        country_name=country_name,
    )


def _margin(invoice: Invoice) -> dict[str, Any]:
    cost = queries.cost_of(invoice.lines)
    return {"cost": cost, "margin": invoice.total_without_tax - cost}


def _urls(invoice: Invoice, item: OpenItem | None) -> dict[str, str | None]:
    """Pages of other slices about this document, where they are built and this user may open them."""
    owed = item is not None and item.balance > 0
    return {
        "register": url_if_there("payments.register", invoice_id=invoice.id) if owed else None,
        # In another currency only the bank knows how many EUR it was.
        "mark_paid": url_if_there("payments.mark_paid") if owed and invoice.currency == "EUR" else None,
        "mark_unpaid": url_if_there("payments.mark_unpaid")
        if item is not None and item.paid > 0 and not owed
        else None,
        "write_off": url_if_there("payments.write_off", open_item_id=item.id) if item is not None and owed else None,
        "mail": url_if_there("mail.about", kind="invoice", about_id=invoice.id),
        "payments": url_if_there("payments.of_invoice", invoice_id=invoice.id),
        "costs": url_if_there("reminders.costs_of", invoice_id=invoice.id),
        "waive": url_if_there("reminders.waive_open", invoice_id=invoice.id)
        if item is not None and 0 < item.balance == item.claimed
        else None,
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
        return inline(draft_pdf(invoice, today=g.today), f"draft-{invoice.id}.pdf")
    read = pdf_of if invoice.state is InvoiceState.POSTED else withdrawn_pdf_of
    return inline(read("invoice", invoice_id), f"{invoice.number}.pdf")


@bp.route("/settings/invoices", methods=["GET", "POST"])
def settings() -> ResponseReturnValue:
    """What the dashboard counts (S0)."""
    row = only_row(InvoiceSettings)
    form = InvoiceSettingsForm(obj=row)
    if form.validate_on_submit():
        counts = bool(form.dashboard_counts_posted.data)
        saved = attempt(form, lambda: save_settings(dashboard_counts_posted=counts, version=form.sent_version()))
        if saved is not None:
            flash(_("The settings were saved."), "success")
            return redirect(url_for("invoices.settings"), 303)
        row = only_row(InvoiceSettings)
    status = int(g.get("refused_status", 422)) if request.method == "POST" else 200
    return render_template("invoices/settings.html", form=form, row=row), status
