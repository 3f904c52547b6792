"""The link in each copy: signed, so that nobody guesses one, and good for a year."""

from typing import Any

import sqlalchemy as sa
from flask import current_app
from flask_babel import gettext as _
from itsdangerous import BadSignature, SignatureExpired, URLSafeTimedSerializer
from sqlalchemy.orm import joinedload

from fsm.core.db import session
from fsm.core.errors import NotFoundError
from fsm.mail.models import MailRecipient

GOOD_FOR_SECONDS = 366 * 24 * 3600
_SALT = "mail link"


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt=_SALT)


def token_of(recipient: MailRecipient) -> str:
    """What stands at the end of the recipient's link."""
    return str(_signer().dumps(recipient.external_id))


def url_of(recipient: MailRecipient, public_url: str, endpoint: str) -> str:
    """The whole address; empty where the company has not said where customers reach this program."""
    if not public_url or not endpoint:
        return ""
    adapter = current_app.url_map.bind("localhost")
    return public_url.rstrip("/") + adapter.build(endpoint, {"token": token_of(recipient)})


def recipient_of(token: str) -> MailRecipient:
    """NotFoundError for a link that was not signed here, or is too old."""
    try:
        external_id: Any = _signer().loads(token, max_age=GOOD_FOR_SECONDS)
    except SignatureExpired:
        raise NotFoundError(_("This link has expired. Ask for a new one.")) from None
    except BadSignature:
        raise NotFoundError(_("This link is not complete. Copy it whole from the message.")) from None
    query = sa.select(MailRecipient).where(MailRecipient.external_id == str(external_id))
    row = session.scalar(query.options(joinedload(MailRecipient.message)))
    if row is None:
        raise NotFoundError(_("This link is no longer known."))
    return row
