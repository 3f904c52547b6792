"""What the API refuses, as its clients read it: one sentence, the field's name first, in the format of the answer."""

from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from flask import Response, g
from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from fsm.api import answers
from fsm.core.db import session
from fsm.core.errors import ConflictError, DomainError
from fsm.core.idempotency import OtherBodyError

PREFIX = "/api/v1"
PAGE_STATUS = 422  # what a page answers to bad input; the API answers 400 (S3)
log = structlog.get_logger()


class BadRequestError(DomainError):
    """Bad input: 400. ``rows`` says what is wrong with which row of a bulk request."""

    status = 400

    def __init__(self, sentence: str, field: str | None = None, rows: Sequence[Mapping[str, Any]] = ()) -> None:
        super().__init__(sentence, field)
        self.rows = rows


class UnauthorizedError(DomainError):
    """Nobody known asks: 401."""

    status = 401

    def __init__(self) -> None:
        super().__init__(_("The API key, or the name and password, are missing or not right."))


class NotSetUpError(DomainError):
    """There is no company yet: 503."""

    status = 503

    def __init__(self) -> None:
        super().__init__(_("The company has not been set up yet."))


class ChangedError(DomainError):
    """If-Match names an older state than there is: 412."""

    status = 412


class TooLargeError(DomainError):
    """The body has more than is taken: 413."""

    status = 413


class TooManyError(DomainError):
    """The limit of this minute is used up: 429."""

    status = 429

    def __init__(self) -> None:
        super().__init__(_("Too many requests. Try again in a minute."))


def is_api(path: str) -> bool:
    """Whether this address belongs to the API, so that its errors are no pages."""
    return path == PREFIX or path.startswith(f"{PREFIX}/")


def sentence_of(error: DomainError, names: Mapping[str, str]) -> str:
    """The refusal with the name that the API gives to the field."""
    field = named(error.field, names) if error.field else ""
    return f"{field}: {error}" if field else str(error)


def named(field: str, names: Mapping[str, str]) -> str:
    """``lines-0-account_number`` as ``items[0].general_ledger_account``."""
    if field.startswith("custom_"):
        return "custom_values"
    kind, place, rest = (*field.split("-", 2), "", "")[:3]
    if kind == "lines" and place.isdigit():
        return f"items[{place}].{named(rest, names)}"
    if kind.endswith("_address"):
        return f"{kind}.{place}"
    return names.get(field, field)


def domain_error(error: DomainError) -> Response:
    """A refusal of a service, or one of those above."""
    session.rollback()
    status = 400 if error.status == PAGE_STATUS else error.status
    more: dict[str, Any] = {}
    if isinstance(error, BadRequestError) and error.rows:
        more["errors"] = list(error.rows)
    response = answers.error(sentence_of(error, g.get("field_names", {})), status, more)
    if isinstance(error, UnauthorizedError):
        response.headers["WWW-Authenticate"] = 'Basic realm="fsm", charset="UTF-8"'
    if seconds := getattr(error, "seconds", None):
        response.headers["Retry-After"] = str(seconds)
    return response


def other_body(error: OtherBodyError) -> Response:
    """An idempotency key that came before with another body: 422, and only that."""
    session.rollback()
    response = answers.error(_("This Idempotency-Key was used for another request."), PAGE_STATUS)
    if error.location:
        response.headers["Location"] = error.location
    return response


def http_error(error: HTTPException) -> Response:
    """What werkzeug refuses: no such address, a method that it does not take, a body too large."""
    session.rollback()
    if isinstance(error, RequestEntityTooLarge):
        return answers.error(_("The request is too large."), 413)
    response = answers.error(f"{error.name}. {error.description or ''}".strip(), error.code or 500)
    for name, value in error.get_headers():
        if name == "Allow":
            response.headers[name] = value
    return response


def stale(_error: StaleDataError) -> Response:
    """Two changed one thing at the same moment."""
    return domain_error(ConflictError(_("Somebody else has changed this meanwhile. Look at the newer version.")))


def broken_rule(error: IntegrityError) -> Response:
    """A rule of the database that no check before it named: refused like any other, and logged to be found."""
    log.warning("rule of the database", error=str(error.orig))
    return domain_error(ConflictError(_("This does not go together with what is there already.")))
