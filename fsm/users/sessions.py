"""Logins on devices: a random token in a cookie, its SHA-256 and its limits in the database."""

import datetime as dt
import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from werkzeug import Response

from fsm.core import audit
from fsm.core.db import afterwards, session
from fsm.users.actor import Actor
from fsm.users.models import Role, User, UserRole, UserSession

COOKIE = "fsm_session"
TOKEN_BYTES = 32
SEEN_EVERY = dt.timedelta(minutes=5)
KEPT_AFTER_END = dt.timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a login lasts without use, and in all."""

    idle: dt.timedelta
    absolute: dt.timedelta


DESK_LIMITS = Limits(dt.timedelta(hours=12), dt.timedelta(days=30))
TABLET_LIMITS = Limits(dt.timedelta(days=30), dt.timedelta(days=90))  # a technician's, in the van for weeks


def limits(roles: Iterable[Role]) -> Limits:
    """The tablet's limits for whoever is a technician only, the desk's for all others."""
    return TABLET_LIMITS if set(roles) == {Role.TECHNICIAN} else DESK_LIMITS


def hashed(token: str) -> str:
    """What the database knows of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def start(user_id: int, *, roles: Iterable[Role], device: str) -> str:
    """Open a session and give its token, which is nowhere else."""
    token, now = secrets.token_urlsafe(TOKEN_BYTES), audit.now()
    session.execute(
        sa.delete(UserSession).where(UserSession.user_id == user_id, UserSession.expires_at < now - KEPT_AFTER_END)
    )
    session.add(
        UserSession(
            token_hash=hashed(token),
            user_id=user_id,
            device=device[:200],
            created_at=now,
            last_seen_at=now,
            expires_at=now + limits(roles).absolute,
        )
    )
    session.flush()
    return token


def set_cookie(response: Response, token: str, *, roles: Iterable[Role], secure: bool) -> None:
    """Give the browser the token; no script reads it, no other host gets it."""
    age = limits(roles).absolute
    response.set_cookie(COOKIE, token, max_age=age, secure=secure, httponly=True, samesite="Lax")


def delete_cookie(response: Response, *, secure: bool) -> None:
    """Take it back."""
    response.delete_cookie(COOKIE, secure=secure, httponly=True, samesite="Lax")


def actor_of_token(token: str) -> Actor | None:
    """Who holds this token, by one query; None where it is unknown, revoked, too old or its user deactivated."""
    rows = session.execute(
        sa.select(
            UserSession.id.label("session_id"),
            UserSession.created_at,
            UserSession.last_seen_at,
            UserSession.expires_at,
            User.id,
            User.name,
            User.email,
            User.locale,
            User.has_single_keys,
            UserRole.role,
        )
        .join(User, User.id == UserSession.user_id)
        .outerjoin(UserRole, UserRole.user_id == User.id)
        .where(UserSession.token_hash == hashed(token), UserSession.revoked_at.is_(None), User.is_active)
    ).all()
    if not rows:
        return None
    row, roles = rows[0], frozenset(each.role for each in rows if each.role is not None)
    now = audit.now()
    if not _lives(row, limits(roles), now):
        return None
    if now - row.last_seen_at >= SEEN_EVERY:
        session_id = row.session_id
        afterwards(lambda: seen(session_id, now))
    return Actor(row.id, row.name, row.email, roles, row.locale, row.session_id, row.has_single_keys)


def _lives(row: sa.Row[*tuple[object, ...]] | UserSession, limit: Limits, now: dt.datetime) -> bool:
    # The absolute limit is the stored one or, where the user's roles have changed since, the shorter of both.
    return now < min(row.last_seen_at + limit.idle, row.expires_at, row.created_at + limit.absolute)


def seen(session_id: int, at: dt.datetime) -> None:
    """Note the last use; never brings a revoked session back."""
    session.execute(
        sa.update(UserSession)
        .where(UserSession.id == session_id, UserSession.revoked_at.is_(None), UserSession.last_seen_at < at)
        .values(last_seen_at=at)
    )


def of_user(user: User) -> list[UserSession]:
    """The sessions that still live, last used first."""
    rows = session.scalars(
        sa.select(UserSession)
        .where(UserSession.user_id == user.id, UserSession.revoked_at.is_(None))
        .order_by(UserSession.last_seen_at.desc(), UserSession.id.desc())
    )
    now, limit = audit.now(), limits(user.roles)
    return [row for row in rows if _lives(row, limit, now)]


def end(user_id: int, session_id: int) -> bool:
    """End one session of this user; False if it is not his or has ended already."""
    return _end(UserSession.user_id == user_id, UserSession.id == session_id) > 0


def end_all(user_id: int, *, but: int | None = None) -> int:
    """End all sessions of this user, but perhaps the one at hand; how many."""
    wanted = [UserSession.user_id == user_id]
    if but is not None:
        wanted.append(UserSession.id != but)
    return _end(*wanted)


def _end(*wanted: sa.ColumnElement[bool]) -> int:
    ended = session.execute(
        sa.update(UserSession)
        .where(UserSession.revoked_at.is_(None), *wanted)
        .values(revoked_at=audit.now())
        .returning(UserSession.id)
    )
    return len(ended.all())


_BROWSERS = (("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (
    ("iPad", "iPad"),
    ("iPhone", "iPhone"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
)


def device_name(user_agent: str) -> str:
    """What a person would call the device: "Firefox, Windows"."""
    found = [next((name for sign, name in signs if sign in user_agent), "") for signs in (_BROWSERS, _SYSTEMS)]
    return ", ".join(name for name in found if name) or user_agent.partition(" ")[0][:60] or "?"
