"""The sync interface (docs/tablet.md): pull, pictures by SHA-256, one operation at a time.

A page that was cached for days has a stale CSRF token: these requests are known by ``Sec-Fetch-Site``, a header of their
own (which no other site can send without asking first) and the SameSite cookie.
"""

import base64
import datetime as dt
import hashlib
from dataclasses import asdict
from typing import Any

from flask import Response, current_app, g, jsonify, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fsm.catalog.queries import found_items
from fsm.core import audit
from fsm.core.db import session
from fsm.core.errors import DomainError, ForbiddenError
from fsm.core.transactions import needs_no_key, prepares
from fsm.files import images
from fsm.files import services as files
from fsm.tablet import queries, services
from fsm.tablet.applying import Operation
from fsm.tablet.blueprint import bp
from fsm.tablet.differences import DifferentError
from fsm.tablet.grants import is_granted
from fsm.tablet.models import TabletBlob
from fsm.tablet.values import SHA256, UUID, Values, moment_of
from fsm.users import sessions

HEADER = "X-Fsm-Tablet"  # the id of the user whose queue it is
DEVICE = "X-Fsm-Device"
DEVICE_TIME = "X-Fsm-Device-Time"
MOST_BODY = 64 * 1024
# Below this the difference of the clocks is the network's.
CLOCK_SLACK = dt.timedelta(seconds=30)


@bp.get("/orders")
def pull() -> ResponseReturnValue:
    return jsonify(queries.pulled(g.actor, today=g.today, now=audit.now()))


@bp.get("/catalog")
def catalog() -> ResponseReturnValue:
    return _unless_known(jsonify(queries.catalog()))


@bp.get("/kits")
def kits() -> ResponseReturnValue:
    return _unless_known(jsonify(queries.kits()))


def _unless_known(answer: Response) -> ResponseReturnValue:
    answer.set_etag(hashlib.sha256(answer.get_data()).hexdigest()[:32])
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer.make_conditional(request)


@bp.get("/parts")
def find_parts() -> ResponseReturnValue:
    items = found_items(request.args.get("q", "")[:100])
    return jsonify([[item.id, item.code, item.description, item.unit, item.barcode] for item in items])


@bp.get("/blobs/<sha256>")
def blob(sha256: str) -> ResponseReturnValue:
    """Whether a picture has arrived, so that it is not sent again."""
    return jsonify(known=session.get(TabletBlob, (g.actor.id, sha256)) is not None)


def _received_picture() -> images.Picture | DomainError | None:
    """Decoded before the write begins; None where it is known already."""
    try:
        _check_sender()
        sha256 = (request.view_args or {})["sha256"]
        data = request.get_data()
        if not SHA256.fullmatch(sha256) or hashlib.sha256(data).hexdigest() != sha256:
            return DomainError(_("The picture was damaged on its way."), "sha256")
        if session.get(TabletBlob, (g.actor.id, sha256)) is not None:
            return None
        picture = _signature(data) if request.args.get("kind") == "signature" else images.photo(data, "sha256")
        files.write_bytes(picture.data)
    except DomainError as error:
        return error
    return picture


def _signature(data: bytes) -> images.Picture:
    return images.signature(images.PNG_PREFIX + base64.b64encode(data).decode(), "sha256")


@bp.put("/blobs/<sha256>")
@needs_no_key  # its address is the hash of its bytes
@prepares(_received_picture)
def store_blob(sha256: str) -> ResponseReturnValue:
    if isinstance(g.prepared, DomainError):
        return refusal(g.prepared)
    if g.prepared is not None:
        services.store_blob(sha256, g.prepared, actor=g.actor, moment=audit.now())
    return jsonify(known=True)


@bp.post("/operations")
def push() -> ResponseReturnValue:
    try:
        _check_sender()
        result = services.push(_sent(), actor=g.actor)
    except DomainError as error:
        return refusal(error)
    return jsonify(asdict(result))


@bp.post("/log-out")
@needs_no_key
def log_out() -> ResponseReturnValue:
    """End the session; the tablet asks for it only when nothing waits."""
    try:
        _check_sender()
    except DomainError as error:
        return refusal(error)
    sessions.end(g.actor.id, g.actor.session_id)
    answer = jsonify(status="logged out")
    sessions.delete_cookie(answer, secure=bool(current_app.config["SESSION_COOKIE_SECURE"]) or request.is_secure)
    return answer


def refusal(error: DomainError) -> tuple[Response, int]:
    """The sentence, the field, and both values where two people changed one thing."""
    body: dict[str, Any] = {"error": str(error), "field": error.field}
    if isinstance(error, DifferentError):
        body["differences"] = [asdict(difference) for difference in error.differences]
    return jsonify(body), error.status


def _check_sender() -> None:
    """Same origin, our own script, and the queue of the very user who is logged in."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        raise ForbiddenError(_("This request comes from another site."))
    sender = request.headers.get(HEADER)
    if sender is None:  # another site cannot send it, a form cannot either
        raise DomainError(_("This request does not come from the tablet's page."))
    if sender != str(g.actor.id):
        raise ForbiddenError(_("This is the work of another user: log in as that user to send it."), "user")


def _sent() -> services.Sent:
    if (request.content_length or 0) > MOST_BODY:
        raise DomainError(_("This is too much for one step."))
    body = request.get_json(silent=True)
    if not isinstance(body, dict) or not isinstance(body.get("values", {}), dict):
        raise DomainError(_("This cannot be read."))
    key, device = request.headers.get("Idempotency-Key", ""), request.headers.get(DEVICE, "")
    if not UUID.fullmatch(key) or not UUID.fullmatch(device):
        raise DomainError(_("This cannot be read."), "id")
    order_id = Values(body).id("order_id")
    if order_id is None or not isinstance(body.get("kind"), str):
        raise DomainError(_("This cannot be read."), "kind")
    now = audit.now()
    device_at = moment_of(body.get("at"), "at")
    operation = Operation(
        order_id, body["kind"], Values(body.get("values", {})), corrected(device_at, now), device_at, now, g.actor.id
    )
    return services.Sent(key, device, operation, is_granted(body.get("grant"), g.actor.id, order_id))


def corrected(device_at: dt.datetime, now: dt.datetime) -> dt.datetime:
    """The moment by the server's clock: the device says what time it has now. Never later than now."""
    text = request.headers.get(DEVICE_TIME)
    offset = now - moment_of(text, "at") if text else dt.timedelta()
    if abs(offset) < CLOCK_SLACK:
        offset = dt.timedelta()
    return min(device_at + offset, now)


# Their guard is _check_sender: a token of a page that was cached for days would be stale.
WITHOUT_TOKEN = (store_blob, push, log_out)
