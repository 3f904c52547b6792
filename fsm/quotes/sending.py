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
from fsm.mail.services import current_settings
from fsm.quotes import links, queries, services
from fsm.quotes.models import Quote, QuoteState


def _dates(quote: PricedColumns) -> tuple[dt.date | None, dt.date | None]:
    return (quote.quote_date or local(now()).date(), quote.valid_until) if isinstance(quote, Quote) else (None, None)


def _pdf(quote_id: int) -> bytes:
    quote = queries.quote(quote_id)
    if quote.state is QuoteState.SIGNED:  # always as it was signed
        return pdf_of(services.KIND, quote_id)
    return render(services.facts_of(quote), mark=mark_of(quote))


def mark_of(quote: Quote) -> Mark | None:
    """One that was never sent has no number yet."""
    return Mark.DRAFT if quote.number is None else None


def _accepted(quote_id: int) -> None:
    """A server has it; one that the office marked as sent meanwhile stays as it is. Its link leads to signing."""
    quote, today = queries.quote(quote_id), local(now()).date()
    if quote.state is QuoteState.CREATED:
        quote = services.mark_sent(quote_id, how=_("By e-mail"), today=today)
    if quote.state is QuoteState.SENT and not quote.is_expired(today) and current_settings().public_url:
        links.make_for_mail(quote)


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
