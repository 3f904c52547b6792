"""The document that a message was about, by the recipient's own link; a quote that waits for its signature is signed there.

Opening it changes nothing in the request; that it was opened is written down afterwards.
"""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale
from flask_babel import gettext as _

from fsm.core.db import afterwards
from fsm.core.errors import NotFoundError
from fsm.core.formats import day
from fsm.mail import links, services
from fsm.mail.kinds import CODES
from fsm.mail.models import MailMessage
from fsm.mail.sources import Source, source_of
from fsm.portal import tokens
from fsm.portal.answers import unlisted
from fsm.quotes import links as signing_links
from fsm.quotes import queries as quotes
from fsm.quotes.models import QuoteState
from fsm.quotes.services import KIND as QUOTE
from fsm.users.actor import Actor

bp = Blueprint("portal", __name__, url_prefix="/view")


def _found(token: str) -> tuple[MailMessage, Source, int]:
    """What the link leads to; NotFoundError with the reason where it leads nowhere any more."""
    recipient = links.recipient_of(token)
    message = recipient.message
    source = source_of(message.about_kind)
    if source is None or message.about_id is None:
        raise NotFoundError(_("There is nothing to see at this link."))
    if source.why_not(message.about_id):
        raise NotFoundError(_("This document is not valid any more. Ask for a new one."))
    if message.about_kind == QUOTE:
        _refuse_changed(message, message.about_id)
    if request.method == "GET" and not isinstance(g.actor, Actor):  # our own people looking is no sign of the customer
        external_id = recipient.external_id
        afterwards(lambda: services.note_opened(external_id))
    return message, source, message.about_id


def _refuse_changed(message: MailMessage, quote_id: int) -> None:
    """What is being changed is not shown by an old message, nor signed by it once it was sent anew."""
    is_changing = message.is_told and quotes.quote(quote_id).state is QuoteState.CREATED
    if is_changing or signing_links.was_taken_back_since(quote_id, message.created_at):
        raise NotFoundError(_("This quote was changed since: the newest message about it leads to it."))


@bp.get("/<string:token>")
def document(token: str) -> ResponseReturnValue:
    """What it comes to, what is due now, how to pay it, and the document itself; in its language.

    A quote that can be signed leads to the page where it is.
    """
    message, source, about_id = _found(token)
    link = signing_links.live(about_id) if message.about_kind == QUOTE else None
    if link is not None:
        return unlisted(make_response(redirect(url_for("signing.quote", token=tokens.token_of(link)))))
    facts = source.facts(about_id, message.language)
    with force_locale(CODES[message.language]):
        rows = _rows(facts) + (_signed(about_id) if message.about_kind == QUOTE else [])
        page = render_template("portal/document.html", facts=facts, token=token, rows=rows)
    return unlisted(make_response(page))


def _rows(facts: Mapping[str, str]) -> list[tuple[str, str]]:
    labels: tuple[tuple[Any, str], ...] = (
        (_("Date"), "date"),
        (_("Your reference"), "reference"),
        (_("Total with VAT"), "total"),
        (_("Valid until"), "valid_until"),
        (_("Amount due"), "amount_due"),
        (_("Please pay by"), "due_date"),
        (_("Account"), "iban"),
        (_("Payment reference"), "payment_reference"),
    )
    return [(label, facts[name]) for label, name in labels if facts.get(name)]


def _signed(quote_id: int) -> list[tuple[str, str]]:
    quote = quotes.quote(quote_id)
    if quote.signature is None:
        return []
    rows = [(_("Signed on"), day(quote.signed_on)), (_("Signed by"), quote.signature.signer_name)]
    return [row for row in rows if row[1]]


@bp.get("/<string:token>/pdf")
def pdf(token: str) -> ResponseReturnValue:
    """The very bytes that were attached."""
    message, source, about_id = _found(token)
    number = source.facts(about_id, message.language).get("number") or "document"
    response = make_response(source.render(about_id))
    response.mimetype = "application/pdf"
    place = "attachment" if "download" in request.args else "inline"
    response.headers.set("Content-Disposition", place, filename=f"{number}.pdf".replace("/", "-"))
    # The browser's own viewer draws the pages with styles of its own, within this frame.
    response.headers["Content-Security-Policy"] = (
        "default-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'"
    )
    return unlisted(response)
