"""The document that a message was about, by the recipient's own link.

Opening it changes nothing in the request; that it was opened is written down afterwards.
"""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, g, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import force_locale
from flask_babel import gettext as _

from fsm.core.db import afterwards
from fsm.core.errors import NotFoundError
from fsm.mail import links, services
from fsm.mail.kinds import CODES
from fsm.mail.models import MailMessage
from fsm.mail.sources import Source, source_of
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
    if request.method == "GET" and not isinstance(g.actor, Actor):  # our own people looking is no sign of the customer
        external_id = recipient.external_id
        afterwards(lambda: services.note_opened(external_id))
    return message, source, message.about_id


@bp.get("/<string:token>")
def document(token: str) -> ResponseReturnValue:
    """What it comes to, what is due now, how to pay it, and the document itself; in its language."""
    message, source, about_id = _found(token)
    facts = source.facts(about_id, message.language)
    with force_locale(CODES[message.language]):
        page = render_template("portal/document.html", facts=facts, token=token, rows=_rows(facts))
    return _unlisted(make_response(page))


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
    return _unlisted(response)


def _unlisted(response: Response) -> Response:
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "private, no-store"
    return response
