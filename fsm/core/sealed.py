"""Secrets that must be read again (the password of the mail server), sealed with the installation's own key.

Whoever has the database alone cannot read them; whoever has the secret key too, can. After a change of the key they
cannot be read any more and are typed or made anew. Each purpose has a key of its own.
"""

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app

MAIL = "fsm mail password"
WEBHOOK = "fsm webhook secret"


def _fernet(purpose: str) -> Fernet:
    secret = str(current_app.config["SECRET_KEY"]).encode()
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode()).derive(secret)
    return Fernet(base64.urlsafe_b64encode(key))


def seal(text: str, purpose: str = MAIL) -> str:
    """Sealed; empty stays empty."""
    return _fernet(purpose).encrypt(text.encode()).decode() if text else ""


def unseal(token: str, purpose: str = MAIL) -> str | None:
    """What was sealed; None where another key sealed it."""
    if not token:
        return ""
    try:
        return _fernet(purpose).decrypt(token.encode()).decode()
    except InvalidToken:
        return None
