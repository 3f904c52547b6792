"""Who acts in this request: a plain value, not a database row, so that it outlives transactions."""

from dataclasses import dataclass

from flask_login import AnonymousUserMixin, UserMixin

from fsm.users.models import Role
from fsm.users.permissions import may


@dataclass(frozen=True, eq=False)
class Actor(UserMixin):  # type: ignore[misc]  # reason: Flask-Login ships no types
    """The user behind the request, with the session that proved it."""

    id: int
    name: str
    email: str
    roles: frozenset[Role]
    locale: str
    session_id: int
    has_single_keys: bool = True

    def can(self, action: str) -> bool:
        """Whether the permission table allows it."""
        return may(self.roles, action)

    def has(self, *roles: Role) -> bool:
        """Whether the user has one of these roles."""
        return not self.roles.isdisjoint(roles)


class Nobody(AnonymousUserMixin):  # type: ignore[misc]  # reason: Flask-Login ships no types
    """A request without a login."""

    id = 0
    name = ""
    roles: frozenset[Role] = frozenset()
    locale = ""
    has_single_keys = True

    def can(self, action: str) -> bool:
        """Nothing."""
        return may((), action)

    def has(self, *roles: Role) -> bool:
        """No role."""
        del roles
        return False
