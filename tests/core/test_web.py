"""What every answer has: its id, its headers, its page of an error; ids within bounds."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from fsm.users.models import Role

pytestmark = pytest.mark.database
on_sqlite = pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)


def directives(answer: Any) -> dict[str, list[str]]:
    found = {}
    for directive in answer.headers["Content-Security-Policy"].split(";"):
        name, *values = directive.split()
        found[name] = values
    return found


@on_sqlite
@pytest.mark.parametrize("path", ["/login", "/healthz", "/no-such-page", "/static/css/base.css"])
def test_every_answer_has_its_headers(path: str, app: Flask) -> None:
    with app.test_client().get(path) as answer:
        policy = directives(answer)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert "geolocation=(self)" in answer.headers["Permissions-Policy"]
    assert policy["default-src"] == ["'self'"]
    assert policy["object-src"] == policy["base-uri"] == ["'none'"]
    assert policy["frame-ancestors"] == policy["form-action"] == ["'self'"]


@on_sqlite
def test_the_policy_allows_nothing_unsafe_and_only_this_answers_nonce(app: Flask) -> None:
    client = app.test_client()
    nonces = set()
    for _turn in range(3):
        answer = client.get("/login")
        policy = directives(answer)
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
        assert "*" not in answer.headers["Content-Security-Policy"]
        assert "http" not in answer.headers["Content-Security-Policy"]
        (nonce,) = (value for value in policy["script-src"] if value.startswith("'nonce-"))
        assert nonce in policy["style-src"]
        assert len(nonce) > 25
        used = set(re.findall(r'nonce="([^"]+)"', answer.text))
        assert used <= {nonce.removeprefix("'nonce-").removesuffix("'")}
        nonces.add(nonce)
    assert len(nonces) == 3


@on_sqlite
def test_no_page_carries_inline_handlers_or_styles(app: Flask, client_for: Callable[..., FlaskClient]) -> None:
    text = client_for(Role.OFFICE).get("/profile").text
    assert not re.search(r"<[^>]+\son\w+=", text)
    assert not re.search(r"<[^>]+\sstyle=", text)
    assert all("nonce=" in tag for tag in re.findall(r"<script(?![^>]+src=)[^>]*>", text))


@on_sqlite
def test_each_request_has_an_id_of_its_own(app: Flask) -> None:
    client = app.test_client()
    ids = {client.get("/healthz", headers={"X-Request-Id": "mine"}).headers["X-Request-Id"] for _turn in range(3)}
    assert len(ids) == 3
    assert all(re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", found) for found in ids)


def test_healthz_asks_the_database(app: Flask) -> None:
    answer = app.test_client().get("/healthz")
    assert (answer.status_code, answer.text, answer.mimetype) == (200, "ok\n", "text/plain")


@pytest.mark.parametrize(
    ("number", "status"),
    [
        ("1", 200),
        (str(2**63 - 1), 200),
        (str(2**63), 404),
        ("9999999999999999999", 404),
        ("99999999999999999999", 404),
        ("0", 404),
        ("-1", 404),
        ("1.0", 404),
        ("1e3", 404),
        ("\u0661", 404),
        ("x", 404),
    ],
)
def test_ids_are_within_bounds(number: str, status: int, get: Callable[[str], Any]) -> None:
    assert get(number).status_code == status


def test_an_id_that_nothing_has_is_not_found_on_a_page(app: Flask, client_for: Callable[..., FlaskClient]) -> None:
    client = client_for(Role.OFFICE)
    for number in (2**63 - 1, 2**63):
        assert client.get(f"/customers/{number}").status_code == 404


@on_sqlite
def test_an_error_page_names_the_request(app: Flask) -> None:
    answer = app.test_client().get("/no-such-page")
    assert answer.status_code == 404
    assert answer.headers["X-Request-Id"]


def test_a_crash_tells_nothing_but_its_reference(send: Callable[..., Any]) -> None:
    answer = send("raise/secret")
    assert answer.status_code == 500
    assert "Nothing was changed." in answer.text
    assert answer.headers["X-Request-Id"] in answer.text
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text


@on_sqlite
def test_pages_are_not_kept_by_caches(app: Flask, client_for: Callable[..., FlaskClient]) -> None:
    assert client_for(Role.OFFICE).get("/profile").headers["Cache-Control"] == "private, no-cache"
    assert "Strict-Transport-Security" not in app.test_client().get("/login").headers
    assert app.test_client().get("/login", base_url="https://localhost").headers["Strict-Transport-Security"]
