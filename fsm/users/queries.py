"""Users for screens: lists, choices, names, and the timeline of any record with the names of who acted."""

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from fsm.core.db import session
from fsm.core.errors import NotFoundError
from fsm.core.types import sort_key
from fsm.users.models import Role, User, UserRole

DEMO_DOMAIN = "@demo.example"
DEMO_PASSWORD = "demo demo demo"  # noqa: S105 - of invented people, printed on the demo's login page


@dataclass(frozen=True, slots=True)
class DemoLogin:
    """One of the demo's people."""

    name: str
    email: str
    roles: frozenset[Role]


def get(user_id: int) -> User:
    """The user; NotFoundError without one."""
    user = session.get(User, user_id)
    if user is None:
        raise NotFoundError("There is no such user.")
    return user


def listed(*, active: bool = True, text: str = "") -> sa.Select[User]:
    """The users of a tab whose name or e-mail address contains the text; to be paged by (sort_key, id)."""
    query = sa.select(User).where(User.is_active if active else sa.and_(~User.is_active, ~User.is_program))
    if text := text.strip():
        found = User.sort_key.contains(sort_key(text), autoescape=True)
        query = query.where(found | User.email.contains(text.casefold(), autoescape=True))
    return query


def names(user_ids: Iterable[int | None]) -> dict[int, str]:
    """Names by id, of deactivated users too; unknown ids and None are left out."""
    wanted = {user_id for user_id in user_ids if user_id}
    if not wanted:
        return {}
    return dict(session.execute(sa.select(User.id, User.name).where(User.id.in_(wanted))).all())


def technicians(*, keep: Iterable[int | None] = ()) -> list[tuple[int, str]]:
    """(id, name) of the active technicians for a choice, with those already chosen whatever they are now."""
    is_technician = sa.exists().where(UserRole.user_id == User.id, UserRole.role == Role.TECHNICIAN)
    kept = [user_id for user_id in keep if user_id]
    query = sa.select(User.id, User.name).where((User.is_active & is_technician) | User.id.in_(kept))
    return list(session.execute(query.order_by(User.sort_key, User.id)))


def demo_logins() -> list[DemoLogin]:
    """The demo's people who can log in with ``DEMO_PASSWORD``."""
    users = session.scalars(
        sa.select(User).where(User.is_active, User.email.endswith(DEMO_DOMAIN, autoescape=True)).order_by(User.id)
    )
    return [DemoLogin(user.name, user.email, user.roles) for user in users]
