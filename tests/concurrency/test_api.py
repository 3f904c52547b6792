"""The API under repeated requests: many at once with one key, an answer lost on the way, on both engines."""

import json
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from http.client import HTTPException
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.serving import make_server

from fsm.api import keys
from fsm.core.db import session, writing
from fsm.core.idempotency import IdempotencyKey
from fsm.home import checks
from fsm.invoices.models import Invoice
from fsm.ledger.models import JournalEntry
from fsm.users.models import Role
from tests import factories
from tests.concurrency.conftest import in_threads

pytestmark = [pytest.mark.concurrency, pytest.mark.database]
AT_ONCE = 48
KEY = "the-one-key-of-this-order"
ITEM = {"description": "Pump", "amount": "100.00", "quantity": "2", "tax_rate": "21"}


@pytest.fixture
def shop(own_app: Flask) -> tuple[str, int]:
    """The key of a program that may post invoices, and a customer."""
    with writing():
        made = keys.create("Web shop", [Role.OFFICE], actor_id=None).token, factories.make_customer().id
    session.remove()
    return made


def count(model: type[Any]) -> int:
    session.rollback()
    return session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def test_forty_eight_at_once_with_one_key_are_one_invoice(own_app: Flask, shop: tuple[str, int]) -> None:
    """One is created, 47 are told what it was told; the same key with another body is a 422."""
    token, client_id = shop
    headers, body = {"X-API-Key": token, "Idempotency-Key": KEY}, {"client_id": client_id, "items": [ITEM]}
    answers: list[tuple[int, str | None, Any]] = []

    def send(_place: int) -> None:
        answer = own_app.test_client(use_cookies=False).post("/api/v1/invoices", headers=headers, json=body)
        answers.append((answer.status_code, answer.headers.get("Idempotency-Replayed"), answer.get_json()))

    assert in_threads(own_app, AT_ONCE, send) == []
    assert sorted(replayed or "" for _status, replayed, _told in answers) == ["", *["true"] * (AT_ONCE - 1)]
    assert {status for status, _replayed, _told in answers} == {201}
    (told,) = {json.dumps(told, sort_keys=True) for _status, _replayed, told in answers}
    assert (count(Invoice), count(JournalEntry), count(IdempotencyKey)) == (1, 1, 1)
    other = own_app.test_client(use_cookies=False)
    refused = other.post("/api/v1/invoices", headers=headers, json=body | {"reference": "R"})
    assert (refused.status_code, refused.headers["Location"]) == (422, json.loads(told)["uri"])
    assert count(Invoice) == 1
    assert checks.run() == []


class Cut:
    """A WSGI server's application that works and commits, and whose first answers never reach the client."""

    def __init__(self, app: Flask, lost: int) -> None:
        self._app, self.lost = app, lost

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        answer = self._app(environ, start_response)
        if not self.lost:
            return answer
        self.lost -= 1
        body = b"".join(answer)
        if hasattr(answer, "close"):
            answer.close()
        environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)  # the line is dead, with all of the answer unsent
        return [body]


@pytest.fixture
def cut(own_app: Flask) -> Iterator[tuple[str, Cut]]:
    """The address of a server over a real socket, which loses two answers."""
    cutting = Cut(own_app, lost=2)
    server = make_server("127.0.0.1", 0, cutting, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}/api/v1/invoices", cutting
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_lost_answer_sent_for_again_is_one_invoice(shop: tuple[str, int], cut: tuple[str, Cut]) -> None:
    token, client_id = shop
    address, cutting = cut
    body = json.dumps({"client_id": client_id, "items": [ITEM]}).encode()
    headers = {"X-API-Key": token, "Idempotency-Key": KEY, "Content-Type": "application/json"}
    request = urllib.request.Request(address, body, headers)  # noqa: S310 - our own server
    for left in (1, 0):
        with pytest.raises((urllib.error.URLError, HTTPException, OSError)):
            urllib.request.urlopen(request, timeout=20)  # noqa: S310 - as above
        assert (cutting.lost, count(Invoice)) == (left, 1)  # it was committed, and nobody was told
    with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 - as above
        told = json.load(answer)
        assert (answer.status, answer.headers["Idempotency-Replayed"]) == (201, "true")
    assert told["invoice_id"] == session.scalar(sa.select(Invoice.id))
    assert (count(Invoice), count(JournalEntry)) == (1, 1)
