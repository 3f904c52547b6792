"""What every answer has: a request id and its log line, security headers, ids within bounds."""

import secrets
import time
import uuid
from collections.abc import Callable, Iterable
from functools import cache, partial
from typing import Any

import structlog
from flask import Flask, Response, g, request
from werkzeug.routing import BaseConverter, Rule

MAX_ID = 2**63 - 1
log = structlog.get_logger()


def _ids() -> str:
    """The pattern of 1 to MAX_ID, without zeros before it: fewer digits, or as many and smaller at the first that differs."""
    most = str(MAX_ID)
    rest = len(most) - 1
    smaller = [
        f"{most[:at]}[{'1' if at == 0 else '0'}-{int(digit) - 1}][0-9]{{{rest - at}}}"
        for at, digit in enumerate(most)
        if digit > ("1" if at == 0 else "0")
    ]
    return "|".join([f"[1-9][0-9]{{0,{rest - 1}}}", *smaller, most])


class IdConverter(BaseConverter):
    """A row's id in a URL: 1 to 2^63-1; anything else is a 404, never a database error.

    The pattern alone says so: werkzeug answers 405 where a pattern fits, another method is known and only then the
    value is refused.
    """

    regex = _ids()

    def to_python(self, value: str) -> int:
        """The id."""
        return int(value)

    def to_url(self, value: Any) -> str:  # noqa: ANN401 - werkzeug's own signature
        """Back into the URL."""
        return str(int(value))


def id_of(text: str) -> int | None:
    """The id that a browser sent as text, 1 to MAX_ID; None where it is none."""
    if not (text.isascii() and text.isdigit() and len(text) < 20):  # noqa: PLR2004 - below 2^64
        return None
    number = int(text)
    return number if 1 <= number <= MAX_ID else None


def ids_of(texts: Iterable[str]) -> list[int]:
    """Ids that a browser sent, each once, in its order; what is none is left out."""
    return list(dict.fromkeys(number for text in texts if (number := id_of(text)) is not None))


class LateRule(Rule):
    """A route that compiles how its address is built when one is first asked for.

    werkzeug does it as the route is made, twice: of six hundred routes a process builds the addresses of a few dozen,
    and the others are nearly all that making the program takes.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:  # noqa: FBT001, FBT002 - werkzeug's own signature
        compiled = cache(partial(super()._compile_builder, append_unknown))

        def build(rule: Rule, **values: Any) -> tuple[str, str]:  # noqa: ANN401 - whatever the route has
            return compiled()(rule, **values)

        return build


def csp_nonce() -> str:
    """The nonce of this answer, for inline scripts and styles."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return str(g.csp_nonce)


def init_app(app: Flask) -> None:
    """Register converter, headers and the log line."""
    app.url_map.converters["id"] = IdConverter
    app.before_request(_begin)
    app.after_request(_headers)
    app.after_request(_log)
    app.jinja_env.globals["csp_nonce"] = csp_nonce


def _begin() -> None:
    g.request_id = str(uuid.uuid4())
    g.started = time.perf_counter()


def _headers(response: Response) -> Response:
    headers = response.headers
    headers["X-Request-Id"] = g.get("request_id", "")
    headers["X-Content-Type-Options"] = "nosniff"
    headers["X-Frame-Options"] = "SAMEORIGIN"
    headers["Referrer-Policy"] = "same-origin"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(self), geolocation=(self), microphone=()"
    if "Content-Security-Policy" not in headers:
        nonce = csp_nonce()
        headers["Content-Security-Policy"] = (
            f"default-src 'self'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; "
            "img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
        )
    if request.is_secure:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    if request.endpoint == "static":
        if "v" in request.args:  # its address changes with its content
            headers["Cache-Control"] = "public, max-age=31536000, immutable"
    elif "Cache-Control" not in headers:
        headers["Cache-Control"] = "no-store" if response.mimetype != "text/html" else "private, no-cache"
    return response


def _log(response: Response) -> Response:
    if request.endpoint not in {"static", "healthz"}:
        log.info(
            "request",
            request_id=g.get("request_id"),
            method=request.method,
            path=request.path,
            status=response.status_code,
            ms=round((time.perf_counter() - g.get("started", time.perf_counter())) * 1000, 1),
            user_id=g.get("actor_id"),
        )
    return response
