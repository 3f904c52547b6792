"""What the pages of payments share: the blueprint, the addresses of open items, what was asked for."""

from flask import Blueprint, current_app, g, request, url_for

from fsm.core.web import MAX_ID
from fsm.ledger.models import ItemKind, OpenItem

bp = Blueprint("payments", __name__)


def item_url(item: OpenItem) -> str | None:
    """The page of what an open item is about; None where it has none, or not for this user."""
    if item.kind in {ItemKind.INVOICE, ItemKind.CREDIT_NOTE}:
        return invoice_url(item.source_id)
    if item.kind is ItemKind.TAKEN_OVER:
        endpoint = "invoices.show_taken_over"
        return url_for(endpoint, taken_over_id=item.source_id) if g.actor.can(endpoint) else None
    return url_for("payments.show", payment_id=item.source_id)


def invoice_url(invoice_id: int) -> str | None:
    """The page of an invoice or credit note, for whom may open it."""
    if "invoices.show" not in current_app.view_functions or not g.actor.can("invoices.show"):
        return None
    return url_for("invoices.show", invoice_id=invoice_id)


def asked_id(name: str) -> int | None:
    """An id of the query string or of the form; None for what is none."""
    text = request.values.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and 1 <= len(text) < 20 and 1 <= int(text) <= MAX_ID else None  # noqa: PLR2004 - digits of an id


def page_status() -> int:
    """The status of a page that is shown: 200, or that of the refusal."""
    status: int = g.get("refused_status", 422) if request.method == "POST" else 200
    return status
