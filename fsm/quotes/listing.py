"""The list of quotes, declared: tabs by state, expired ones apart."""

import datetime as dt
from typing import Any

from flask import g
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from fsm.core.lists import Asked, Column, Kind, ListSpec, Status
from fsm.core.paging import Page, capped_count
from fsm.documents.priced_lists import PARAMETERS, Filters, amounts, filters
from fsm.quotes import queries
from fsm.quotes.models import Quote, QuoteState

TABS: dict[str, Any] = {
    "created": _l("To send"),
    "sent": _l("Sent"),
    "expired": _l("Expired"),
    "signed": _l("Signed"),
    "declined": _l("Declined"),
}
_STATUSES = {
    QuoteState.CREATED: ("draft", _l("Created")),
    QuoteState.SENT: ("open", _l("Sent")),
    QuoteState.SIGNED: ("done", _l("Signed")),
    QuoteState.DECLINED: ("cancelled", _l("Declined")),
}


def status_of(quote: Quote, today: dt.date) -> Status:
    """The state in words; expired is derived."""
    if quote.is_expired(today):
        return Status("overdue", _("Expired"))
    kind, label = _STATUSES[quote.state]
    return Status(kind, str(label))


def name_of(quote: Quote) -> str:
    """The number; a quote that was never sent has none."""
    return quote.number or _("Quote %(id)s, not sent", id=quote.id)


def _page(asked: Asked, cursor: str | None, size: int) -> Page[Quote]:
    return queries.page(asked.tab, asked.filters, sort=asked.sort, cursor=cursor, today=asked.today, size=size)


def _signed(quote: Quote) -> str:
    return quote.signature.signer_name if quote.signature else ""


COLUMNS = (
    Column(name="number", label=_l("Number"), value=name_of, always=True, sort="number"),
    Column(
        name="customer",
        label=_l("Customer"),
        value=lambda quote: quote.client_name,
        under=Column(name="site", label=_l("Site"), value=lambda quote: quote.site_name),
    ),
    Column(name="date", label=_l("Date"), value=lambda quote: quote.quote_date, kind=Kind.DATE),
    Column(name="valid_until", label=_l("Valid until"), value=lambda quote: quote.valid_until, kind=Kind.DATE),
    Column(name="status", label=_l("Status"), value=lambda quote: status_of(quote, g.today), kind=Kind.STATUS),
    *amounts((_l("Without VAT"), _l("VAT"), _l("Total"))),
    Column(name="reference", label=_l("Reference"), value=lambda quote: quote.reference, shown=False),
    Column(name="signer", label=_l("Signed by"), value=_signed, hidden_in=frozenset(TABS) - {"signed"}),
    Column(
        name="reason",
        label=_l("Reason"),
        value=lambda quote: quote.declined_reason,
        hidden_in=frozenset(TABS) - {"declined"},
    ),
)


def _opening_tab(asked: Filters, actor: Any) -> str:  # noqa: ANN401 - as the declaration has it
    del asked, actor
    return "sent"


QUOTES = ListSpec(
    name="quotes",
    title=_l("Quotes"),
    columns=COLUMNS,
    parameters=PARAMETERS,
    filters=filters,
    page=_page,
    count=lambda asked: capped_count(queries.listed(asked.tab, asked.filters, asked.today)),
    sorts=lambda tab: ("-number",),  # noqa: ARG005 - the same in all tabs
    record=("quotes.show", "quote_id"),
    id_of=lambda quote: quote.id,
    tabs=TABS,
    opening_tab=_opening_tab,
    tone=lambda quote: "quiet" if quote.state is QuoteState.DECLINED else None,
)
