"""Who asks: a key, a user by basic auth, or somebody logged in who tries the API in the browser."""

import base64
import binascii
from dataclasses import dataclass

from flask import Request, Response, current_app, g

from fsm.api import keys, rates
from fsm.api.errors import TooManyError
from fsm.users import login
from fsm.users import services as users
from fsm.users.actor import Actor

KEY_HEADER = "X-API-Key"
REQUESTS_OF_PEOPLE = 600
MAX_HEADER = 500


@dataclass(frozen=True, slots=True)
class _Shown:
    """What a request shows of who it is: a key, or name and password."""

    key: str = ""
    name: str = ""
    password: str = ""


def actor_of_request(asked: Request) -> Actor | None:
    """Who asks; None for a wrong key or password. A cookie counts only where nothing else is shown.

    DomainError for somebody who tried too many wrong ones, or asks too much.
    """
    shown = _shown(asked)
    g.by_cookie = shown is None
    if shown is None:
        actor = users.actor_of_request(asked)
        if actor is not None:
            _allow(actor.id, REQUESTS_OF_PEOPLE)
        return actor
    found = keys.holder_of(shown.key) if shown.key else _by_password(shown, asked.remote_addr or "")
    if found is None:
        return None
    _allow(found.actor.id, found.requests_per_minute)
    return found.actor


def check_token() -> None:
    """A request with a key needs no CSRF token, for no other site can send the key; one with a cookie does."""
    if g.get("by_cookie") and current_app.config["WTF_CSRF_ENABLED"]:
        current_app.extensions["csrf"].protect()


def tell(response: Response) -> Response:
    """The limit, and which fields were ignored."""
    allowance: rates.Allowance | None = g.get("allowance")
    if allowance is not None:
        response.headers.update(allowance.headers())
    if names := g.get("ignored_fields"):
        ignored = ", ".join(dict.fromkeys(names))[:500]
        response.headers["Warning"] = f'299 - "the system sets {ignored}: ignored"'
    response.vary.update(["Accept", "Authorization", KEY_HEADER])
    return response


def _shown(asked: Request) -> _Shown | None:
    """What the request shows; None where it shows nothing, "?" for what cannot be right."""
    key = asked.headers.get(KEY_HEADER)
    kind, _space, text = asked.headers.get("Authorization", "").partition(" ")
    if key is None and not kind:
        return None
    if key is None and kind.casefold() == "basic":
        return _of_basic(text)
    return _Shown(key=(text if key is None and kind.casefold() == "bearer" else key or "?")[:MAX_HEADER] or "?")


def _of_basic(text: str) -> _Shown:
    try:
        name, _colon, password = base64.b64decode(text[:MAX_HEADER], validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return _Shown(key="?")
    # A key is taken in either place: many clients can only do basic auth.
    for part in (password, name):
        if part.startswith(keys.PREFIX):
            return _Shown(key=part)
    return _Shown(name=name or "?", password=password)


def _by_password(shown: _Shown, address: str) -> keys.Holder | None:
    attempt = login.check(shown.name, shown.password, address=address)
    try:
        user_id = login.confirm(attempt)
    except login.WrongPasswordError:
        return None
    actor = users.actor_of_user(user_id)
    return None if actor is None else keys.Holder(actor, REQUESTS_OF_PEOPLE)


def _allow(user_id: int, limit: int) -> None:
    g.allowance = rates.ask(f"user:{user_id}", limit)
    if g.allowance.is_over:
        raise TooManyError
