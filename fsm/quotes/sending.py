"""Quotes by mail."""

import datetime as dt

from flask_babel import gettext as _

from fsm.core.audit import now
from fsm.core.formats import local
from fsm.documents import priced_mail
from fsm.documents.pdf import Mark
from fsm.documents.priced import PricedColumns
from fsm.documents.priced_mail import Mailed
from fsm.documents.services import pdf_of, render
from fsm.quotes import queries, services
from fsm.quotes.models import Quote, QuoteState


def _dates(quote: PricedColumns) -> tuple[dt.date | None, dt.date | None]:
    return (quote.quote_date or local(now()).date(), quote.valid_until) if isinstance(quote, Quote) else (None, None)


def _pdf(quote_id: int) -> bytes:
    quote = queries.quote(quote_id)
    if quote.state is QuoteState.SIGNED:  # always as it was signed
        return pdf_of(services.KIND, quote_id)
    return render(services.facts_of(quote), mark=Mark.DRAFT if quote.number is None else None)


def _accepted(quote_id: int) -> None:
    """A server has it; one that the office marked as sent meanwhile stays as it is."""
    if queries.quote(quote_id).state is QuoteState.CREATED:
        services.mark_sent(quote_id, how=_("By e-mail"), today=local(now()).date())


def _why_not(quote_id: int) -> str | None:
    quote = queries.quote(quote_id)
    if quote.is_expired(local(now()).date()):
        return _("The quote has expired.")
    return _("The quote was declined.") if quote.state is QuoteState.DECLINED else None


MAILED = Mailed(
    kind=services.KIND,
    page=("quotes.show", "quote_id"),
    found=queries.quote,
    pdf=_pdf,
    accepted=_accepted,
    why_not=_why_not,
    dates=_dates,
)
SOURCE = priced_mail.source(MAILED)
