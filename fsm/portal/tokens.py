"""The address of a link: the id of its row and its end, signed with the installation's key."""

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer

from fsm.core.web import MAX_ID
from fsm.quotes.models import SigningLink

LONGEST = 200


def token_of(link: SigningLink) -> str:
    """Always the same of a link, so that the office may copy it again."""
    return str(_serializer().dumps([link.id, int(link.expires_at.timestamp())]))


def link_id(token: str) -> int | None:
    """The id that a token names; None where nobody of us signed it."""
    if len(token) > LONGEST:
        return None
    try:
        found, _expires = _serializer().loads(token)
    except (BadSignature, TypeError, ValueError):
        return None
    return found if isinstance(found, int) and 1 <= found <= MAX_ID else None


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.secret_key or "", salt="fsm.portal.sign")
