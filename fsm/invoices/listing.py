"""The list of invoices, declared: tabs by status (product.md 7), columns, filters, what can be done with many."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from fsm.core.lists import Action, Asked, Column, Kind, ListSpec
from fsm.core.paging import Page
from fsm.core.web import id_of
from fsm.invoices import queries
from fsm.invoices.models import InvoiceState
from fsm.invoices.queries import Filters, Row

TABS: dict[str, Any] = {
    "draft": _l("Draft"),
    "to_send": _l("To send"),
    "to_collect": _l("To collect"),
    "overdue": _l("Overdue"),
    "paid": _l("Paid"),
    "cancelled": _l("Cancelled"),
    "credit_notes": _l("Credit notes"),
    "posted": _l("All posted"),
}
WITHDRAWN = {"withdrawn": _l("Withdrawn")}
UNNUMBERED = frozenset(queries.UNNUMBERED)
ONLY_POSTED = frozenset(TABS) - {"draft"}
MOST_POSTED = 100  # while somebody waits; more become a run
MOST_PDFS = 200


def name_of(row: Row) -> str:
    """The number; of a draft what it is to become."""
    invoice = row.invoice
    if invoice.number:
        return invoice.number
    if invoice.corrects:
        return _("Credit note on %(number)s", number=invoice.corrects.number)
    if invoice.corrects_number:
        return _("Credit note on %(number)s", number=invoice.corrects_number)
    return _("Draft %(id)s", id=invoice.id)


def _date(row: Row) -> dt.date | None:
    return row.invoice.invoice_date


def _sent(row: Row) -> str:
    if row.invoice.state is not InvoiceState.POSTED:
        return ""
    is_sent = bool(row.invoice.follow_up and row.invoice.follow_up.sent_at)
    if row.mailed is not None and (not is_sent or row.mailed.kind != "posted"):
        return row.mailed.label
    return _("Sent") if is_sent else _("Not sent")


def _currency(row: Row) -> str:
    return row.invoice.currency


COLUMNS = (
    Column(name="number", label=_l("Number"), value=name_of, always=True, sort="number"),
    Column(
        name="customer",
        label=_l("Customer"),
        value=lambda row: row.invoice.client_name,
        under=Column(name="site", label=_l("Site"), value=lambda row: row.invoice.site_name),
    ),
    Column(name="date", label=_l("Date"), value=_date, kind=Kind.DATE),
    Column(
        name="due_date",
        label=_l("Due date"),
        value=lambda row: row.due_date,
        kind=Kind.DATE,
        sort="due",
        hidden_in=UNNUMBERED,
    ),
    Column(name="status", label=_l("Status"), value=lambda row: row.status, kind=Kind.STATUS),
    Column(name="sent", label=_l("Sent"), value=_sent, hidden_in=UNNUMBERED),
    Column(
        name="net",
        label=_l("Without VAT"),
        value=lambda row: row.invoice.total_without_tax * row.invoice.sign,
        kind=Kind.AMOUNT,
        currency=_currency,
        shown=False,
    ),
    Column(
        name="tax",
        label=_l("VAT"),
        value=lambda row: row.invoice.total_tax * row.invoice.sign,
        kind=Kind.AMOUNT,
        currency=_currency,
        shown=False,
    ),
    Column(name="amount", label=_l("Amount"), value=lambda row: row.total, kind=Kind.AMOUNT, currency=_currency),
    Column(
        name="due",
        label=_l("Amount due"),
        value=lambda row: row.due,
        kind=Kind.AMOUNT,
        currency=_currency,
        hidden_in=UNNUMBERED,
    ),
    Column(name="reference", label=_l("Reference"), value=lambda row: row.invoice.reference, shown=False),
    Column(name="vat_number", label=_l("VAT number"), value=lambda row: row.invoice.client_vat_number, shown=False),
    Column(
        name="structured_message",
        label=_l("Structured message"),
        value=lambda row: row.invoice.structured_message,
        shown=False,
        hidden_in=UNNUMBERED,
    ),
)


def _filters(arguments: Mapping[str, str], actor: Any) -> Filters:  # noqa: ANN401 - as the declaration has it
    del actor
    sent = arguments.get("sent", "")
    return Filters(
        text=arguments.get("q", "").strip()[:100],
        customer_id=id_of(arguments.get("customer_id", "")),
        from_date=_day(arguments.get("from_date", "")),
        to_date=_day(arguments.get("to_date", "")),
        sent=sent if sent in {"yes", "no"} else "",
    )


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def _page(asked: Asked, cursor: str | None, size: int) -> Page[Row]:
    return queries.page(asked.tab, asked.filters, sort=asked.sort, cursor=cursor, today=asked.today, size=size)


def _sorts(tab: str) -> tuple[str, ...]:
    if tab in UNNUMBERED:
        return ("-number",)
    return ("due", "number") if tab in queries.BY_DUE_DATE else ("-number", "due")


def _tone(row: Row) -> str | None:
    kind = row.status.kind
    return "error" if kind == "overdue" else "quiet" if kind in {"cancelled", "neutral"} else None


INVOICES = ListSpec(
    name="invoices",
    title=_l("Invoices"),
    columns=COLUMNS,
    parameters=("q", "customer_id", "from_date", "to_date", "sent"),
    filters=_filters,
    page=_page,
    count=lambda asked: queries.count(asked.tab, asked.filters, asked.today),
    sorts=_sorts,
    record=("invoices.show", "invoice_id"),
    id_of=lambda row: row.invoice.id,
    tabs=TABS,
    more_tabs=WITHDRAWN,
    opening_tab=lambda filters, _actor: "posted" if filters else "to_collect",
    tone=_tone,
    actions=(
        Action(
            name="send_many",
            label=_l("Send"),
            tabs=ONLY_POSTED,
            icon="mail",
            confirm=_l("Each goes to the customer's contacts who get invoices, with the text of its language."),
        ),
        Action(name="mark_many_sent", label=_l("Mark as sent"), tabs=ONLY_POSTED, icon="check"),
        Action(name="send_many_to_accountant", label=_l("To the accountant"), tabs=ONLY_POSTED, icon="book"),
        Action(name="download_many", label=_l("PDFs as ZIP"), tabs=ONLY_POSTED, icon="download", is_download=True),
        Action(name="review_many", label=_l("Review and post"), tabs=frozenset({"draft"})),
        Action(
            name="post_chosen",
            label=_l("Post"),
            tabs=frozenset({"draft"}),
            confirm=_l(
                "The chosen drafts get their numbers and go into the books; more than 100 as a run that you can watch."
            ),
        ),
        Action(
            name="delete_many",
            label=_l("Delete drafts"),
            tabs=frozenset({"draft"}),
            kind="danger",
            icon="trash",
            confirm=_l("The chosen drafts are deleted. Hours and parts on them are to be invoiced again."),
        ),
    ),
)
