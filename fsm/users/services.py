"""Users made and changed, and who is behind a request. Logging in is in ``login.py``."""

from collections.abc import Iterable
from decimal import Decimal
from uuid import uuid4

import sqlalchemy as sa
from email_validator import EmailNotValidError, validate_email
from flask import Request
from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.attributes import flag_modified

from fsm.core import audit
from fsm.core.db import lock, session
from fsm.core.errors import DomainError, NotFoundError
from fsm.core.state import check_version
from fsm.core.types import sort_key
from fsm.users import sessions
from fsm.users.actor import Actor
from fsm.users.models import Role, User, UserRole

LOCALES = ("en", "nl", "fr", "de")


def actor_of_request(request: Request) -> Actor | None:
    """The user whose session cookie the request carries."""
    token = request.cookies.get(sessions.COOKIE)
    return sessions.actor_of_token(token) if token else None


def normal_email(text: str) -> str:
    """The address as it is kept and compared; DomainError at ``email`` if it is none."""
    text = text.strip().casefold()
    try:
        validate_email(text, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        raise DomainError(_("This is not an e-mail address."), "email") from None
    return text


def create_user(
    *,
    email: str,
    name: str,
    roles: Iterable[Role],
    password_hash: str,
    phone: str = "",
    locale: str = "en",
    hourly_cost: Decimal = Decimal(0),
) -> User:
    """A new active user; ``password_hash`` comes from ``passwords.new_hash``, made before the write."""
    email = normal_email(email)
    _check_free(email, None)
    wanted = _checked_roles(roles)
    name = _checked_name(name)
    user = User(
        email=email,
        name=name,
        sort_key=sort_key(name),
        password_hash=password_hash,
        phone=phone,
        locale=_checked_locale(locale),
        hourly_cost=hourly_cost,
        created_at=audit.now(),
        role_rows=[UserRole(role=role) for role in sorted(wanted)],
    )
    session.add(user)
    _flush()
    audit.note([("user", user.id)], _("Created with the roles %(roles)s.", roles=_list(wanted)))
    return user


def create_program_user(name: str, roles: Iterable[Role]) -> User:
    """A user for a program that shows a key: it bears roles and a name, has no password and never logs in."""
    wanted = _checked_roles(roles)
    name = _checked_name(name)
    user = User(
        email=f"{uuid4().hex}@program.invalid",
        name=name,
        sort_key=sort_key(name),
        password_hash="",
        is_active=False,
        is_program=True,
        created_at=audit.now(),
        role_rows=[UserRole(role=role) for role in sorted(wanted)],
    )
    session.add(user)
    session.flush()
    audit.note([("user", user.id)], _("Created with the roles %(roles)s.", roles=_list(wanted)))
    return user


def actor_of_user(user_id: int) -> Actor | None:
    """An active user as who acts, where a password proved it instead of a session."""
    user = session.get(User, user_id)
    if user is None or not user.is_active:
        return None
    return Actor(user.id, user.name, user.email, user.roles, user.locale, 0)


def update_user(
    user_id: int,
    *,
    email: str,
    name: str,
    roles: Iterable[Role],
    phone: str,
    locale: str,
    hourly_cost: Decimal,
    version: int | None,
) -> User:
    """Change what an administrator may change; the last active administrator keeps the role."""
    wanted = _checked_roles(roles)
    user = _locked(user_id, version)
    email = normal_email(email)
    _check_free(email, user.id)
    name, locale = _checked_name(name), _checked_locale(locale)
    if Role.ADMINISTRATOR not in wanted:
        _check_not_last_administrator(user)
    _set_roles(user, wanted)
    user.email, user.name, user.sort_key = email, name, sort_key(name)
    user.phone, user.locale, user.hourly_cost = phone, locale, hourly_cost
    _flush()
    return user


def update_profile(
    user_id: int, *, name: str, phone: str, locale: str, has_single_keys: bool, version: int | None
) -> User:
    """Change what everybody may change of himself."""
    user = _locked(user_id, version)
    name, locale = _checked_name(name), _checked_locale(locale)
    user.name, user.sort_key, user.phone, user.locale = name, sort_key(name), phone, locale
    user.has_single_keys = has_single_keys
    session.flush()
    return user


def set_password(user_id: int, *, password_hash: str, keep_session_id: int | None) -> User:
    """Replace the password and end all sessions but the one in which this is done."""
    user = _locked(user_id, None)
    user.password_hash = password_hash
    sessions.end_all(user.id, but=keep_session_id)
    session.flush()
    audit.note([("user", user.id)], _("The password was changed; the sessions on other devices were ended."))
    return user


def deactivate(user_id: int, *, actor_id: int | None) -> User:
    """Shut a user out at once; what he did keeps his name."""
    user = _locked(user_id, None)
    if user.id == actor_id:
        raise DomainError(_("You cannot deactivate yourself."))
    _check_not_last_administrator(user)
    if user.is_active:
        user.is_active = False
        sessions.end_all(user.id)
        session.flush()
        audit.note([("user", user.id)], _("Deactivated; all sessions were ended."))
    return user


def activate(user_id: int) -> User:
    """Let a deactivated user in again, with the old password."""
    user = _locked(user_id, None)
    if user.is_program:
        raise DomainError(_("This is a program: nobody logs in as it."))
    if not user.is_active:
        user.is_active = True
        session.flush()
        audit.note([("user", user.id)], _("Activated again."))
    return user


def end_sessions(user_id: int, *, keep_session_id: int | None) -> int:
    """End a user's sessions, but the one in which this is asked; how many."""
    count = sessions.end_all(_locked(user_id, None).id, but=keep_session_id)
    if count:
        audit.note([("user", user_id)], _("Sessions ended: %(count)s.", count=count))
    return count


def _locked(user_id: int, version: int | None) -> User:
    # With the administrators, in one ascending order: two of them might deactivate each other at the same moment.
    user: User | None = lock(User, {user_id, *_administrator_ids()}).get(user_id)
    if user is None:
        raise NotFoundError(_("There is no such user."))
    check_version(user.version, version)
    return user


def _administrator_ids() -> list[int]:
    return list(
        session.scalars(
            sa.select(User.id)
            .join(UserRole, UserRole.user_id == User.id)
            .where(User.is_active, UserRole.role == Role.ADMINISTRATOR)
        )
    )


def _check_not_last_administrator(user: User) -> None:
    if _administrator_ids() == [user.id]:
        raise DomainError(_("This is the last active administrator. Give the role to somebody else first."), "roles")


def _set_roles(user: User, wanted: frozenset[Role]) -> None:
    before = user.roles
    if before == wanted:
        return
    user.role_rows = [row for row in user.role_rows if row.role in wanted] + [
        UserRole(role=role) for role in sorted(wanted - before)
    ]
    flag_modified(user, "password_hash")  # roles are rows of their own: counts the version up, changes nothing
    audit.record([("app_user", user.id, "update", {"roles": sorted(before)}, {"roles": sorted(wanted)})])
    sentence = _("Roles changed from %(before)s to %(after)s.", before=_list(before), after=_list(wanted))
    audit.note([("user", user.id)], sentence)


def _list(roles: Iterable[Role]) -> str:
    return ", ".join(sorted(roles))


def _check_free(email: str, user_id: int | None) -> None:
    other = session.scalar(sa.select(User.id).where(User.email == email))
    if other is not None and other != user_id:
        raise _taken()


def _flush() -> None:
    try:
        session.flush()
    except IntegrityError:  # somebody took the address after it was looked for
        raise _taken() from None


def _taken() -> DomainError:
    return DomainError(_("Another user has this e-mail address already."), "email")


def _checked_roles(roles: Iterable[Role]) -> frozenset[Role]:
    wanted = frozenset(Role(role) for role in roles)
    if not wanted:
        raise DomainError(_("Choose at least one role."), "roles")
    return wanted


def _checked_name(name: str) -> str:
    if not (name := name.strip()):
        raise DomainError(_("A user needs a name."), "name")
    return name


def _checked_locale(locale: str) -> str:
    if locale not in LOCALES:
        raise DomainError(_("This language is not known here."), "locale")
    return locale
