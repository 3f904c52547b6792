"""Links by which customers sign: made, revoked, used once. What the address looks like is the portal's business."""

import datetime as dt

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.core import audit, formats
from fsm.core.db import session
from fsm.core.errors import ConflictError, NotFoundError
from fsm.quotes.models import Quote, QuoteState, SigningLink

LONGEST = dt.timedelta(days=90)


def make(quote_id: int, *, actor_id: int, last_moment: dt.datetime | None) -> SigningLink:
    """A new link; an older one of this quote is worth nothing any more. It ends with the quote, at latest in 90 days."""
    quote = session.get(Quote, quote_id, with_for_update=True)
    if quote is None:
        raise NotFoundError(_("There is no such quote."))
    if quote.state is not QuoteState.SENT:
        raise ConflictError(_("Only a quote that was sent is signed by link."))
    moment = audit.now()
    if last_moment is not None and last_moment <= moment:
        raise ConflictError(_("The quote has expired: change and send it again."))
    revoke_of(quote_id)
    expires_at = min(moment + LONGEST, last_moment or moment + LONGEST)
    link = SigningLink(quote_id=quote_id, made_at=moment, made_by_id=actor_id, expires_at=expires_at)
    session.add(link)
    session.flush()
    audit.note([("quote", quote_id)], _("Link to sign made"))
    return link


def live(quote_id: int) -> SigningLink | None:
    """The link that still works, whoever has it."""
    query = sa.select(SigningLink).where(
        SigningLink.quote_id == quote_id,
        SigningLink.used_at.is_(None),
        SigningLink.revoked_at.is_(None),
        SigningLink.expires_at > audit.now(),
    )
    return session.scalar(query)


def make_for_mail(quote: Quote) -> None:
    """A message about it has left and its link leads to signing: one that still works serves, else one is made."""
    if live(quote.id) is None:
        make(quote.id, actor_id=session.info.get("actor_id") or quote.created_by_id, last_moment=end_of(quote))


def end_of(quote: Quote) -> dt.datetime | None:
    """When the last day of the quote is over, where the company is; None without one."""
    if quote.valid_until is None:
        return None
    return dt.datetime.combine(quote.valid_until + dt.timedelta(days=1), dt.time(), formats.zone()).astimezone(dt.UTC)


def was_taken_back_since(quote_id: int, moment: dt.datetime) -> bool:
    """Whether the quote was changed, or its link revoked, after that moment: what was mailed before leads nowhere."""
    query = sa.select(SigningLink.id).where(SigningLink.quote_id == quote_id, SigningLink.revoked_at >= moment)
    return session.scalar(query.limit(1)) is not None


def revoke_of(quote_id: int) -> bool:
    """No link of this quote works from now on; says whether one did."""
    revoked = session.scalars(
        sa.update(SigningLink)
        .where(SigningLink.quote_id == quote_id, SigningLink.used_at.is_(None), SigningLink.revoked_at.is_(None))
        .values(revoked_at=audit.now())
        .returning(SigningLink.id)
        .execution_options(synchronize_session="fetch")
    ).all()
    return bool(revoked)


def revoke(quote_id: int) -> None:
    """By hand: it was sent to the wrong address."""
    if revoke_of(quote_id):
        audit.note([("quote", quote_id)], _("Link to sign revoked"))


def use(link_id: int) -> None:
    """Once: the database lets one of two clicks through. ConflictError for the other, and for a link that is over."""
    moment = audit.now()
    used = session.scalar(
        sa.update(SigningLink)
        .where(
            SigningLink.id == link_id,
            SigningLink.used_at.is_(None),
            SigningLink.revoked_at.is_(None),
            SigningLink.expires_at > moment,
        )
        .values(used_at=moment)
        .returning(SigningLink.id)
        .execution_options(synchronize_session="fetch")
    )
    if used is None:
        raise ConflictError(_("This link has been used, or is not valid any more."))
