"""Passwords: argon2 hashes, at most two computed at once in this process, and the rules for new ones."""

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask import current_app
from flask_babel import gettext as _

from fsm.core.errors import DomainError

MIN_LENGTH = 10
MAX_LENGTH = 200
MIN_DIFFERENT = 4  # characters; fewer is "aaaaaaaaaa" or "1212121212"
CONCURRENT_HASHES = 2  # 64 MiB and a core's work each
WAIT_SECONDS = 20.0
# fmt: off
WORST = frozenset(
    {
        "0123456789", "1234567890", "12345678910", "123456789a", "0987654321", "9876543210", "1q2w3e4r5t",
        "1q2w3e4r5t6y", "1qaz2wsx3edc", "qwertyuiop", "qwerty1234", "qwerty12345", "qwerty123456", "azertyuiop",
        "azerty1234", "azerty12345", "asdfghjkl1", "abcdefghij", "abcd123456", "password12", "password123",
        "password1234", "passwordpassword", "motdepasse", "motdepasse1", "wachtwoord", "wachtwoord1", "wachtwoord123",
        "passwort123", "welcome123", "welkom1234", "willkommen", "bienvenue1", "letmein123", "iloveyou123",
        "administrator", "admin12345", "admin123456", "changeme123", "football123", "sunshine123",
    }
)
# fmt: on

_places = BoundedSemaphore(CONCURRENT_HASHES)


class BusyError(DomainError):
    """Too many passwords are being checked at once: 503."""

    status = 503


@lru_cache(maxsize=2)
def _hasher(*, cheap: bool) -> PasswordHasher:
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1) if cheap else PasswordHasher()


@lru_cache(maxsize=2)
def _nobodys_hash(*, cheap: bool) -> str:
    return _hasher(cheap=cheap).hash("the password of nobody")


def _cheap() -> bool:
    return bool(current_app.config.get("ARGON2_CHEAP"))


@contextmanager
def _place() -> Iterator[None]:
    if not _places.acquire(timeout=WAIT_SECONDS):
        raise BusyError(_("Too many people are logging in at this moment. Try again in a minute."))
    try:
        yield
    finally:
        _places.release()


def problem(password: str, email: str = "") -> str | None:
    """Why this is no password for the user of that e-mail address, as a sentence; None if it is one."""
    if len(password) < MIN_LENGTH:
        return _("The password must have at least %(count)s characters.", count=MIN_LENGTH)
    if len(password) > MAX_LENGTH:
        return _("The password must have at most %(count)s characters.", count=MAX_LENGTH)
    plain, address = password.casefold().strip(), email.casefold().strip()
    if plain and plain in {address, address.partition("@")[0]}:
        return _("The password must not be the e-mail address.")
    if plain in WORST or len(set(plain)) < MIN_DIFFERENT:
        return _("This password is among the first that anybody would try. Choose another one.")
    return None


def new_hash(password: str, email: str = "", *, field: str = "password") -> str:
    """The hash of a new password; slow, so before the write. DomainError at ``field`` where it breaks a rule."""
    if sentence := problem(password, email):
        raise DomainError(sentence, field)
    return _hash(password)


def verify(password_hash: str | None, password: str) -> bool:
    """Whether this is the password; slow. None stands for an unknown user and takes the same time."""
    cheap = _cheap()
    with _place():
        nobodys = _nobodys_hash(cheap=cheap)
        try:
            _hasher(cheap=cheap).verify(password_hash or nobodys, _normal(password[: MAX_LENGTH + 1]))
        except (VerificationError, InvalidHashError):
            return False
    return password_hash is not None


def renewed_hash(password_hash: str, password: str) -> str | None:
    """A fresh hash of a password just verified where the parameters have changed since it was made."""
    return _hash(password) if _hasher(cheap=_cheap()).check_needs_rehash(password_hash) else None


def _hash(password: str) -> str:
    with _place():
        return _hasher(cheap=_cheap()).hash(_normal(password))


def _normal(password: str) -> str:
    # An accent may be typed as one character or as two, by keyboard and system.
    return unicodedata.normalize("NFKC", password)
