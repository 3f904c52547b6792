"""A secret that must be read again (the password of the mail server), sealed with the installation's own key.

Whoever has the database alone cannot read it; whoever has the secret key too, can. After a change of the key it cannot
be read any more and is typed anew.
"""

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app


def _fernet() -> Fernet:
    secret = str(current_app.config["SECRET_KEY"]).encode()
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"fsm mail password").derive(secret)
    return Fernet(base64.urlsafe_b64encode(key))


def seal(text: str) -> str:
    """Sealed; empty stays empty."""
    return _fernet().encrypt(text.encode()).decode() if text else ""


def unseal(token: str) -> str | None:
    """What was sealed; None where another key sealed it."""
    if not token:
        return ""
    try:
        return _fernet().decrypt(token.encode()).decode()
    except InvalidToken:
        return None
