"""Closed by default: every endpoint has a row, every row is of use, and who has no right is refused at the door."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, url_for
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from fsm.app import ROOT, create_app
from fsm.users.models import Role
from fsm.users.permissions import EVERYONE, PERMISSIONS, PUBLIC, may

NOBODY_HAS_THIS_ID = 987_654_321
READING = {"GET", "HEAD", "OPTIONS"}
# Rights that are asked for by name: can("invoices.see_margin"), actor.can('…'), and declared: right="imports.…".
ASKED = re.compile(r"""(?:\bcan\(\s*|\b(?:right|needs)(?:: str)?\s*=\s*)["']([a-z_]+\.[a-z_]+)["']""")
on_one_engine = pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)


@pytest.fixture
def rules(tmp_path: Path) -> list[Rule]:
    """All rules of the program; no database is needed to know them."""
    app = create_app(DATA_FOLDER=tmp_path, SECRET_KEY="only for tests", SQLALCHEMY_DATABASE_URI="sqlite://")
    return list(app.url_map.iter_rules())


def asked_for() -> set[str]:
    """Every right that code or template names."""
    files = [*(ROOT / "fsm").rglob("*.py"), *(ROOT / "templates").rglob("*.html")]
    return {right for path in files for right in ASKED.findall(path.read_text("utf-8"))}


def calls(app: Flask) -> Iterator[tuple[str, str, str]]:
    """(endpoint, method, URL) of every rule, with ids that no row has."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint in PUBLIC:
            continue
        arguments = {name: _dummy(rule, name) for name in rule.arguments}
        with app.test_request_context():
            url = url_for(rule.endpoint, **arguments)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield rule.endpoint, method, url


def _dummy(rule: Rule, name: str) -> Any:
    converter = rule._converters[name]
    match type(converter).__name__:
        case "IdConverter" | "IntegerConverter":
            return NOBODY_HAS_THIS_ID
        case "AnyConverter":
            return min(converter.items)
        case _:
            return "x"


def test_every_endpoint_has_a_row_or_is_public(rules: list[Rule]) -> None:
    endpoints = {rule.endpoint for rule in rules}
    assert "users.log_in" in endpoints
    assert sorted(endpoints - PERMISSIONS.keys() - PUBLIC) == []


def test_no_endpoint_is_both_public_and_in_the_table() -> None:
    assert sorted(PERMISSIONS.keys() & PUBLIC) == []


def test_every_row_is_an_endpoint_or_a_right_that_is_asked_for(rules: list[Rule]) -> None:
    assert sorted(PERMISSIONS.keys() - {rule.endpoint for rule in rules} - asked_for()) == []


def test_what_is_public_exists(rules: list[Rule]) -> None:
    assert sorted(PUBLIC - {rule.endpoint for rule in rules}) == []


def test_every_right_that_is_asked_for_has_a_row() -> None:
    """A misspelt one would be refused to everybody, silently."""
    assert sorted(asked_for() - PERMISSIONS.keys()) == []


def test_every_row_lets_somebody_in() -> None:
    assert [action for action, roles in PERMISSIONS.items() if not roles or not roles <= EVERYONE] == []


@pytest.mark.parametrize("role", list(Role))
def test_an_action_without_a_row_is_nobodys(role: Role) -> None:
    assert not may([role], "invoices.no_such_action")
    assert not may([role], "")


def test_several_roles_add_up() -> None:
    assert not may([Role.TECHNICIAN], "users.new")
    assert not may([], "users.new")
    assert may([Role.TECHNICIAN, Role.ADMINISTRATOR], "users.new")


@pytest.mark.database
@on_one_engine
def test_nobody_gets_in_without_logging_in(app: Flask) -> None:
    client = app.test_client()
    seen = []
    for endpoint, method, url in calls(app):
        answer = client.open(url, method=method)
        refused = answer.status_code in {401, 403} or (
            answer.status_code in {302, 303} and answer.headers["Location"].startswith("/login")
        )
        seen += [] if refused else [f"{method} {endpoint}: {answer.status}"]
    assert seen == []


@pytest.mark.database
@on_one_engine
@pytest.mark.parametrize("role", list(Role))
def test_a_role_without_the_right_is_refused(role: Role, app: Flask, client_for: Callable[..., FlaskClient]) -> None:
    client = client_for(role)
    refused = {endpoint for endpoint in app.view_functions if endpoint not in PUBLIC and not may([role], endpoint)}
    seen = [
        f"{method} {endpoint}: {answer.status}"
        for endpoint, method, url in calls(app)
        if endpoint in refused and (answer := client.open(url, method=method)).status_code != 403
    ]
    assert seen == []


@pytest.mark.database
@on_one_engine
@pytest.mark.parametrize("role", list(Role))
def test_a_role_with_the_right_gets_an_answer(role: Role, app: Flask, client_for: Callable[..., FlaskClient]) -> None:
    """Every page of its own opens; with ids of nothing and an empty form there is a refusal, never a crash."""
    app.config["PROPAGATE_EXCEPTIONS"] = False
    client = client_for(role)
    seen = []
    for endpoint, method, url in calls(app):
        if not may([role], endpoint) or endpoint in {"users.log_out", "users.change_password"}:
            continue
        answer = client.open(url, method=method)
        if method in READING and str(NOBODY_HAS_THIS_ID) not in url and not url.endswith("/x"):
            opens = answer.status_code < 400 or answer.status_code == 404  # a picture that was not uploaded
        else:
            opens = answer.status_code < 500
        seen += [] if opens and answer.status_code != 403 else [f"{method} {endpoint}: {answer.status}"]
    assert seen == []


@pytest.fixture
def permissions() -> Iterator[dict[str, Any]]:
    """The table, to be changed; put back in its order, which the page of permissions has too."""
    before = dict(PERMISSIONS)
    yield PERMISSIONS
    PERMISSIONS.clear()
    PERMISSIONS.update(before)


@pytest.mark.database
@on_one_engine
@pytest.mark.parametrize("role", list(Role))
def test_an_endpoint_that_lost_its_row_is_closed_to_all(
    role: Role, client_for: Callable[..., FlaskClient], permissions: dict[str, Any]
) -> None:
    client = client_for(role)
    del permissions["users.profile"]
    assert client.get("/profile").status_code == 403
    assert client.post("/profile", data={"name": "Someone else"}).status_code == 403


@pytest.mark.database
@on_one_engine
@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
def test_other_methods_have_the_same_door(method: str, app: Flask, client_for: Callable[..., FlaskClient]) -> None:
    assert app.test_client().open("/users", method=method).status_code in {302, 403}
    assert client_for(Role.TECHNICIAN).open("/users", method=method).status_code == 403


@pytest.mark.database
@on_one_engine
def test_who_was_deactivated_or_unknown_is_nobody(app: Flask) -> None:
    client = app.test_client()
    client.set_cookie("fsm_session", "no such token")
    client.set_cookie("session", "no such session")
    assert client.get("/profile").headers["Location"].startswith("/login")
