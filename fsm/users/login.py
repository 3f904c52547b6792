"""Logging in: the password checked before the write, failures counted, the session opened inside it.

An unknown e-mail address, a wrong password and a deactivated user get one answer after one time.
"""

import datetime as dt
import ipaddress
import math
from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
import structlog
from flask_babel import gettext as _

from fsm.core import audit
from fsm.core.db import afterwards, session
from fsm.core.errors import DomainError
from fsm.users import passwords, sessions
from fsm.users.models import LoginFailure, Role, User, UserRole

WINDOW = dt.timedelta(minutes=15)
FAILURES_PER_EMAIL = 5
FAILURES_PER_ADDRESS = 20
FAILURES_KEPT = dt.timedelta(days=1)

log = structlog.get_logger()


class TooManyFailuresError(DomainError):
    """Logging in is refused for a while: 429."""

    status = 429

    def __init__(self, until: dt.datetime) -> None:
        self.seconds = max(1, math.ceil((until - audit.now()).total_seconds()))
        minutes = math.ceil(self.seconds / 60)
        super().__init__(_("Too many failed attempts. Try again in %(minutes)s min.", minutes=minutes))


class WrongPasswordError(DomainError):
    """The one answer to an unknown address, a wrong password and a deactivated user."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of checking a password; ``user_id`` is None where it did not match."""

    email: str
    address: str
    user_id: int | None
    password_hash: str
    renewed_hash: str | None
    blocked_until: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Opened:
    """A new session: its token goes into the cookie."""

    user_id: int
    token: str
    roles: frozenset[Role]


def check(email: str, password: str, *, address: str) -> Attempt:
    """Check a password; slow, so before the write, and it changes nothing."""
    email, address = email.strip().casefold()[:200], network(address)
    if until := _blocked_until(email, address):
        return Attempt(email, address, None, "", None, until)
    known = session.execute(sa.select(User.id, User.password_hash).where(User.email == email, User.is_active)).first()
    session.rollback()  # no reading transaction is held while the hash is computed
    if not passwords.verify(known.password_hash if known else None, password) or known is None:
        return Attempt(email, address, None, "", None, None)
    renewed = passwords.renewed_hash(known.password_hash, password)
    return Attempt(email, address, known.id, known.password_hash, renewed, None)


def confirm(attempt: Attempt) -> int:
    """The user's id if the attempt holds, inside the write; else DomainError, and the failure is kept.

    What was checked before is looked at again: failures of others, a new password, a deactivation may have come between.
    """
    if until := attempt.blocked_until or _blocked_until(attempt.email, attempt.address):
        raise TooManyFailuresError(until)
    current = session.scalar(sa.select(User.password_hash).where(User.id == attempt.user_id, User.is_active))
    if attempt.user_id is None or current != attempt.password_hash:
        afterwards(lambda: _keep_failure(attempt))
        log.info("login failed", address=attempt.address)
        raise WrongPasswordError(_("The e-mail address or the password is not right."))
    return attempt.user_id


def log_in(attempt: Attempt, *, device: str) -> Opened:
    """Open a session; refuses as ``confirm`` does."""
    user_id = confirm(attempt)
    if attempt.renewed_hash:
        session.execute(
            sa.update(User)
            .where(User.id == user_id, User.password_hash == attempt.password_hash)
            .values(password_hash=attempt.renewed_hash)
        )
    roles: Iterable[Role] = session.scalars(sa.select(UserRole.role).where(UserRole.user_id == user_id))
    held = frozenset(roles)
    return Opened(user_id, sessions.start(user_id, roles=held, device=device), held)


def network(address: str) -> str:
    """What counts as one address: an IPv4 address, or the /64 that one IPv6 household has."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address[:60]
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.IPv6Network((parsed, 64), strict=False))


def _blocked_until(email: str, address: str) -> dt.datetime | None:
    moments = (
        _nth_newest(LoginFailure.email == email, FAILURES_PER_EMAIL),
        _nth_newest(LoginFailure.address == address, FAILURES_PER_ADDRESS),
    )
    return max((moment + WINDOW for moment in moments if moment), default=None)


def _nth_newest(whose: sa.ColumnElement[bool], count: int) -> dt.datetime | None:
    return session.scalar(
        sa.select(LoginFailure.at)
        .where(whose, LoginFailure.at > audit.now() - WINDOW)
        .order_by(LoginFailure.at.desc())
        .offset(count - 1)
        .limit(1)
    )


def _keep_failure(attempt: Attempt) -> None:
    now = audit.now()
    session.execute(sa.delete(LoginFailure).where(LoginFailure.at < now - FAILURES_KEPT))
    session.execute(sa.insert(LoginFailure).values(email=attempt.email, address=attempt.address, at=now))
