"""One writing transaction per request (architecture.md, law 4): the one place that begins, commits and rolls back.

GET and HEAD read. Every other method writes: the body is read and hashed, the view's slow preparation runs, then the
write begins, the idempotency key is claimed, the view runs, and an answer below 400 commits.
"""

import hashlib
import re
from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, Response, current_app, g, make_response, request
from flask import abort as flask_abort
from sqlalchemy.exc import OperationalError

from fsm.core import idempotency
from fsm.core.db import session, writing
from fsm.core.errors import DomainError
from fsm.core.web import LateRule

READING = frozenset({"GET", "HEAD", "OPTIONS"})
KEY_FIELD = "form_key"
KEY_HEADER = "Idempotency-Key"
KEY = re.compile(r"[A-Za-z0-9_-]{8,64}")
MAX_KEPT_BODY = 64 * 1024
F = TypeVar("F", bound=Callable[..., Any])
_RETRYABLE = frozenset({"40001", "40P01"})  # serialization failure, deadlock


class _RollBackError(Exception):
    """Carries an answer of 400 or more out of the transaction."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


def computes_only(view: F) -> F:
    """Mark a POST view that answers a question and writes nothing: it runs in a reading transaction, without a key."""
    view.computes_only = True  # type: ignore[attr-defined]  # reason: a mark on the function, read in answer()
    return view


def writes_by_itself(view: F) -> F:
    """Mark a POST view too long for one transaction: it opens several of its own, and must bear being sent twice."""
    view.computes_only = True  # type: ignore[attr-defined]  # reason: a mark on the function, read in answer()
    return view


def needs_no_key(view: F) -> F:
    """Mark a view that may run twice without harm (login, logout)."""
    view.needs_no_key = True  # type: ignore[attr-defined]  # reason: a mark on the function, read in answer()
    return view


def key_is_optional(view: F) -> F:
    """Mark a view of the API: a client may send a key, and is then protected; its address counts with its body."""
    view.key_is_optional = True  # type: ignore[attr-defined]  # reason: a mark on the function, read in answer()
    return view


def prepares(work: Callable[[], Any]) -> Callable[[F], F]:
    """Run ``work`` before the write begins (argon2, images, parsing); the view finds its result in ``g.prepared``."""

    def mark(view: F) -> F:
        view.prepares = work  # type: ignore[attr-defined]  # reason: a mark on the function, read in answer()
        return view

    return mark


class TransactionalFlask(Flask):
    """Flask whose dispatch is the one transaction of the request."""

    url_rule_class = LateRule

    def dispatch_request(self) -> Any:  # noqa: ANN401 - Flask's own signature
        """Read or write, as the method says."""
        view = self.view_functions.get(request.endpoint or "")
        if request.method in READING or request.routing_exception or view is None:
            return super().dispatch_request()
        if getattr(view, "computes_only", False):
            return super().dispatch_request()
        if work := getattr(view, "prepares", None):
            g.prepared = work()
        session.rollback()  # ends the reading transaction that said who this is
        is_optional = getattr(view, "key_is_optional", False)
        key = None if getattr(view, "needs_no_key", False) else _key(is_optional=is_optional)
        body_hash = _body_hash(request.query_string if is_optional else b"")
        for attempt in (1, 2):
            try:
                return self._write(super().dispatch_request, key, body_hash)
            except OperationalError as error:
                if attempt == 2 or getattr(error.orig, "sqlstate", None) not in _RETRYABLE:  # noqa: PLR2004 - once
                    raise
        raise AssertionError  # the loop returns or raises

    def _write(self, dispatch: Callable[[], Any], key: str | None, body_hash: str) -> Response:
        who = _who()
        try:
            with writing(actor_id=g.get("actor_id")):
                if key and (kept := idempotency.begin(who, key, request.path, body_hash)):
                    return _again(kept)
                response = make_response(dispatch())
                _refuse_failed(response)
                if key:
                    idempotency.finish(who, key, _kept(response))
                return response
        except _RollBackError as rolled_back:
            return rolled_back.response


def _refuse_failed(response: Response) -> None:
    if response.status_code >= 400 or g.get("refused"):  # noqa: PLR2004 - the law's own number
        raise _RollBackError(response)


def refuse() -> None:
    """Undo what the view did so far and let nothing of this request be kept; reading goes on for the error page."""
    session.rollback()
    session.info["writes"] = False
    g.refused = True


def _who() -> str:
    actor_id = g.get("actor_id")
    return f"user:{actor_id}" if actor_id else f"anonymous:{request.remote_addr}"


def _key(*, is_optional: bool) -> str:
    key = request.headers.get(KEY_HEADER, request.form.get(KEY_FIELD))
    if key is not None and KEY.fullmatch(key):
        return key
    if is_optional and key is not None:  # also where it is empty: who sends one counts on it
        flask_abort(400, "An Idempotency-Key has 8 to 64 letters and digits.")
    if not is_optional and not current_app.config.get("KEYS_OPTIONAL"):
        flask_abort(400, "This request has no idempotency key. Reload the page and try again.")
    return ""


def _body_hash(address: bytes) -> str:
    digest = hashlib.sha256(request.method.encode())
    if address:
        digest.update(b"?" + address + b"\0")
    if request.mimetype in {"application/x-www-form-urlencoded", "multipart/form-data"}:
        for name, value in sorted(request.form.items(multi=True)):
            if name not in {"csrf_token", KEY_FIELD}:
                digest.update(f"\0{name}\0{value}".encode())
        for name, upload in sorted(request.files.items(multi=True), key=lambda pair: pair[0]):
            digest.update(f"\0{name}\0{upload.filename}\0".encode())
            digest.update(upload.stream.read())
            upload.stream.seek(0)
    else:
        digest.update(request.get_data())
    return digest.hexdigest()


def _kept(response: Response) -> idempotency.Answer:
    body = b"" if response.is_streamed or response.direct_passthrough else response.get_data()
    return idempotency.Answer(
        response.status_code,
        response.headers.get("Location"),
        response.content_type,
        body if len(body) <= MAX_KEPT_BODY else b"",
    )


def _again(kept: idempotency.Answer) -> Response:
    response = Response(kept.body, kept.status, content_type=kept.content_type)
    if kept.location:
        response.headers["Location"] = kept.location
    response.headers["Idempotency-Replayed"] = "true"
    return response


def attempt(form: Any, work: Callable[[], Any]) -> Any:  # noqa: ANN401 - a WTForms form; work's own result
    """Run a service; a refusal that names a field of the form lands on that field and None is given.

    A refusal without a field lands on the form as a whole (``form.form_errors``).
    """
    try:
        return work()
    except DomainError as error:
        refuse()
        g.refused_status = error.status
        field = getattr(form, error.field, None) if error.field else None
        if field is not None and hasattr(field, "errors"):
            field.errors = [*field.errors, str(error)]
        else:
            form.form_errors = [*form.form_errors, str(error)]
        return None
