"""A quote online: seen and signed by a link, without a login. Opening changes nothing; the button does, once."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale, get_locale
from flask_babel import gettext as _

from fsm.core import audit
from fsm.core.db import session
from fsm.core.errors import ConflictError, DomainError
from fsm.core.transactions import attempt, needs_no_key, prepares
from fsm.documents import figures, totals_panel
from fsm.documents.answers import inline_pdf
from fsm.documents.canonical import canonical, sha256
from fsm.documents.services import render
from fsm.documents.words import CODES
from fsm.files import images
from fsm.files import services as files
from fsm.mail.services import current_settings
from fsm.portal import tokens
from fsm.portal.answers import unlisted
from fsm.portal.forms import SignForm
from fsm.quotes import links, queries, services
from fsm.quotes.models import Quote, QuoteState, SigningLink
from fsm.quotes.services import Signed

bp = Blueprint("signing", __name__, url_prefix="/sign")
bp.after_request(unlisted)
GONE = 410
NOT_FOUND = 404


class _NoLinkError(Exception):
    """The sentence that the customer reads instead of the quote, its language, and the status of the answer."""

    def __init__(self, sentence: str, status: int) -> None:
        super().__init__(sentence)
        self.sentence, self.status, self.locale = sentence, status, str(get_locale() or "en")


@bp.app_template_filter("signing_address")
def signing_address(link: SigningLink) -> str:
    """For the office's page: the address where customers reach us, else the one by which we are reached now."""
    token, base = tokens.token_of(link), current_settings().public_url
    if base:
        return base.rstrip("/") + url_for("signing.quote", token=token)
    return url_for("signing.quote", token=token, _external=True)


@bp.app_errorhandler(_NoLinkError)
def no_link(error: _NoLinkError) -> ResponseReturnValue:
    """Bad, used, revoked and expired links have one page, with a sentence each."""
    session.rollback()
    with force_locale(error.locale):
        return render_template("portal/no_link.html", sentence=error.sentence), error.status


@contextmanager
def _speaking(token: str) -> Iterator[None]:
    """The language of the quote, whatever the browser's is; the browser's for a link that is none."""
    link = _known(token)
    if link is None:
        yield
        return
    with force_locale(CODES[queries.quote(link.quote_id).language]):
        yield


def _known(token: str) -> SigningLink | None:
    """A link of ours, whether it still works or not."""
    found = tokens.link_id(token)
    link = session.get(SigningLink, found) if found else None
    return link if link is not None and tokens.token_of(link) == token else None


def _link(token: str) -> SigningLink:
    """The link where it still works."""
    link = _known(token)
    if link is None:
        raise _NoLinkError(_("This address is not complete, or it is not one of ours."), NOT_FOUND)
    if link.used_at is not None:
        raise _NoLinkError(_("The quote was signed with this link already."), GONE)
    if link.revoked_at is not None:
        raise _NoLinkError(_("The quote was changed or taken back since this link was made."), GONE)
    quote = queries.quote(link.quote_id)
    if link.expires_at <= audit.now() or quote.is_expired(g.today):
        raise _NoLinkError(_("The quote has expired."), GONE)
    if quote.state is not QuoteState.SENT:
        raise _NoLinkError(_("This quote waits for no signature any more."), GONE)
    return link


def _content(quote: Quote) -> str:
    """What was on the page: whoever signs, signs this."""
    return sha256(canonical(services.facts_of(quote)))


@bp.get("/<string:token>")
def quote(token: str) -> ResponseReturnValue:
    with _speaking(token):
        return _page(SignForm(), token)


def _page(form: SignForm, token: str) -> str:
    offered = queries.quote(_link(token).quote_id)
    totals = figures.totals_of(offered, offered.lines)
    return render_template(
        "portal/quote.html",
        quote=offered,
        form=form,
        token=token,
        content=_content(offered),
        totals=totals_panel.pairs(totals, totals.taxes, offered.currency),
    )


@bp.get("/<string:token>/pdf")
def quote_pdf(token: str) -> ResponseReturnValue:
    """What the customer signs."""
    with _speaking(token):
        offered = queries.quote(_link(token).quote_id)
    return inline_pdf(render(services.facts_of(offered)), f"{offered.number}.pdf")


def _drawn() -> images.Picture | DomainError | None:
    """Read before the write begins; a refusal waits for the form."""
    data_url = request.form.get("signature", "")
    if not data_url:
        return None
    try:
        picture = images.signature(data_url, "signature")
        files.write_bytes(picture.data)
    except DomainError as error:
        return error
    return picture


@bp.post("/<string:token>")
@needs_no_key
@prepares(_drawn)
def sign_quote(token: str) -> ResponseReturnValue:
    """Once: the database lets one of two clicks through. The office sees who, when and from where."""
    with _speaking(token):
        link, form = _link(token), SignForm()
        if form.validate_on_submit() and attempt(form, lambda: _sign(link, form)):
            return redirect(url_for("signing.signed", token=token), 303)
        return _page(form, token), int(g.get("refused_status", 422))


def _sign(link: SigningLink, form: SignForm) -> bool:
    drawn = g.prepared
    if isinstance(drawn, DomainError):
        raise drawn
    name = (form.signer_name.data or "").strip()
    if not name:
        raise DomainError(_("Write your name."), "signer_name")
    held = services.hold(link.quote_id)
    if form.content.data != _content(held):
        raise ConflictError(_("The quote was changed meanwhile: look at it again before you sign."))
    links.use(link.id)
    signed = Signed(
        name,
        png=drawn.data if drawn else None,
        link_id=link.id,
        ip_address=request.remote_addr or "",
        device=request.user_agent.string,
    )
    services.sign(link.quote_id, signed, actor_id=None, today=g.today)
    return True


@bp.get("/<string:token>/signed")
def signed(token: str) -> ResponseReturnValue:
    """Thanks; only where it was signed with this very link."""
    link = _known(token)
    with _speaking(token):
        if link is None or link.used_at is None:
            raise _NoLinkError(_("This address is not complete, or it is not one of ours."), NOT_FOUND)
        return render_template("portal/signed.html", number=queries.quote(link.quote_id).number)
