"""Keys made, found and revoked. A key is shown once; what is kept of it is a hash."""

import datetime as dt
import hashlib
import secrets
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload

from fsm.api.models import REQUESTS_PER_MINUTE, ApiKey
from fsm.core import audit
from fsm.core.db import afterwards, lock, session
from fsm.core.errors import DomainError, NotFoundError
from fsm.users import services as users
from fsm.users.actor import Actor
from fsm.users.models import Role, User, UserRole

PREFIX = "fsm_"
TOKEN_BYTES = 32
NAME_LENGTH = 100
USED_EVERY = dt.timedelta(minutes=5)
MOST_PER_MINUTE = 100_000


class NewKey(NamedTuple):
    """A key just made; ``token`` is nowhere else."""

    row: ApiKey
    token: str


class Holder(NamedTuple):
    """Who shows a key, and how much it may ask."""

    actor: Actor
    requests_per_minute: int


def create(
    name: str, roles: Iterable[Role], *, actor_id: int | None, requests_per_minute: int = REQUESTS_PER_MINUTE
) -> NewKey:
    """A new key with these roles. DomainError at the field that is wrong."""
    name = name.strip()
    if not 0 < len(name) <= NAME_LENGTH:
        raise DomainError(_("Give the key a name of at most %(most)s characters.", most=NAME_LENGTH), "name")
    if not 1 <= requests_per_minute <= MOST_PER_MINUTE:
        raise DomainError(_("Between 1 and %(most)s.", most=MOST_PER_MINUTE), "requests_per_minute")
    token = PREFIX + secrets.token_urlsafe(TOKEN_BYTES)
    user = users.create_program_user(name, roles)
    row = ApiKey(
        name=name,
        token_hash=hashed(token),
        shown=token[:12],
        user_id=user.id,
        requests_per_minute=requests_per_minute,
        created_by_id=actor_id,
        created_at=audit.now(),
    )
    session.add(row)
    session.flush()
    audit.note([("user", user.id)], _("API key %(name)s was made.", name=name))
    return NewKey(row, token)


def revoke(key_id: int) -> ApiKey:
    """Let a key in no more, from this moment on; a second time changes nothing."""
    row: ApiKey | None = lock(ApiKey, [key_id]).get(key_id)
    if row is None:
        raise NotFoundError(_("There is no such key."))
    if row.revoked_at is None:
        row.revoked_at = audit.now()
        session.flush()
        audit.note([("user", row.user_id)], _("API key %(name)s was revoked.", name=row.name))
    return row


def listed() -> Sequence[ApiKey]:
    """All keys with their users: those in use first, the newest first."""
    query = sa.select(ApiKey).options(joinedload(ApiKey.user))
    return session.scalars(query.order_by(ApiKey.revoked_at.is_not(None), ApiKey.id.desc())).all()


def holder_of(token: str) -> Holder | None:
    """Who holds this key; one query whatever the key, so that the time of a wrong one tells nothing."""
    rows = session.execute(
        sa.select(
            ApiKey.id.label("key_id"),
            ApiKey.last_used_at,
            ApiKey.requests_per_minute,
            ApiKey.revoked_at,
            User.id,
            User.name,
            User.email,
            User.locale,
            UserRole.role,
        )
        .join(User, User.id == ApiKey.user_id)
        .outerjoin(UserRole, UserRole.user_id == User.id)
        .where(ApiKey.token_hash == hashed(token))
    ).all()
    if not rows or rows[0].revoked_at is not None:
        return None
    row = rows[0]
    now = audit.now()
    if row.last_used_at is None or now - row.last_used_at >= USED_EVERY:
        key_id: int = row.key_id
        afterwards(lambda: _used(key_id, now))
    roles = frozenset(each.role for each in rows if each.role is not None)
    return Holder(Actor(row.id, row.name, row.email, roles, row.locale, 0), row.requests_per_minute)


def hashed(token: str) -> str:
    """What the database knows of a key."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _used(key_id: int, at: dt.datetime) -> None:
    session.execute(
        sa.update(ApiKey)
        .where(ApiKey.id == key_id, ApiKey.revoked_at.is_(None))
        .values(last_used_at=at)
        .execution_options(synchronize_session=False)
    )
