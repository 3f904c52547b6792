"""Logging in: one answer for all that fails, throttled, by a cookie that no script reads."""

import datetime as dt
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from fsm.company.models import Company
from fsm.core.db import session, writing
from fsm.users import login
from fsm.users.models import LoginFailure, Role, User, UserSession
from tests import factories

pytestmark = pytest.mark.database
OFFICE = "office@test.example"


def send(client: FlaskClient, email: str, password: str, **more: str) -> TestResponse:
    return client.post("/login", data={"email": email, "password": password, **more})


def count(model: type) -> int:
    session.rollback()
    return session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def test_right_password_opens_a_session_known_only_by_its_hash(app: Flask) -> None:
    client = app.test_client()
    answer = send(client, " Office@TEST.example ", factories.PASSWORD)
    assert answer.status_code == 303
    header = next(each for each in answer.headers.getlist("Set-Cookie") if each.startswith("fsm_session="))
    assert "HttpOnly" in header
    assert "SameSite=Lax" in header
    assert "Domain" not in header
    assert "Secure" not in header
    cookie = client.get_cookie("fsm_session")
    assert cookie is not None
    assert len(cookie.value) >= 43  # 256 bits
    row = session.scalars(sa.select(UserSession)).one()
    assert cookie.value not in row.token_hash
    assert len(row.token_hash) == 64
    assert client.get("/profile").status_code == 200


def test_cookie_is_secure_where_the_program_is_behind_https(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "SESSION_COOKIE_SECURE", value=True)
    answer = send(app.test_client(), OFFICE, factories.PASSWORD)
    header = next(each for each in answer.headers.getlist("Set-Cookie") if each.startswith("fsm_session="))
    assert "Secure" in header


def test_wrong_password_unknown_address_and_deactivated_user_get_one_answer(app: Flask) -> None:
    with writing():
        factories.make_user(Role.OFFICE, email="gone@test.example", is_active=False)
    pages = []
    for email, password in (
        (OFFICE, "wrong horse battery"),
        ("nobody@test.example", factories.PASSWORD),
        ("gone@test.example", factories.PASSWORD),
        (OFFICE, "y" * 5000),
    ):
        answer = send(app.test_client(), email, password)
        assert answer.status_code == 422
        assert "fsm_session" not in str(answer.headers.getlist("Set-Cookie"))
        text = answer.get_data(as_text=True)
        assert password not in text
        pages.append(text[text.index('role="alert"') : text.index("<form")])
    assert len(set(pages)) == 1
    assert "The e-mail address or the password is not right." in pages[0]
    assert count(UserSession) == 0


def test_unknown_address_costs_a_hash_too(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    real, calls = PasswordHasher.verify, []

    def counting(self: PasswordHasher, password_hash: str, password: str) -> bool:
        calls.append(password_hash)
        return real(self, password_hash, password)

    monkeypatch.setattr(PasswordHasher, "verify", counting)
    send(app.test_client(), OFFICE, "wrong horse battery")
    send(app.test_client(), "nobody@test.example", "wrong horse battery")
    assert len(calls) == 2


@pytest.mark.parametrize(("email", "password"), [("", "x" * 12), (OFFICE, ""), ("a\x00b@x.be", "x" * 12)])
def test_half_a_form_is_refused(app: Flask, email: str, password: str) -> None:
    assert send(app.test_client(), email, password).status_code == 422
    assert count(LoginFailure) == 0


def test_five_failures_block_an_address_of_mail_and_outlive_the_rollback(app: Flask) -> None:
    client = app.test_client()
    for _time in range(5):
        assert send(client, OFFICE, "wrong horse battery").status_code == 422
    assert count(LoginFailure) == 5
    refused = send(client, OFFICE.upper(), factories.PASSWORD)
    assert refused.status_code == 429
    assert "Try again in 15 min." in refused.get_data(as_text=True)
    assert 14 * 60 < int(refused.headers["Retry-After"]) <= 15 * 60
    assert count(UserSession) == 0
    assert count(LoginFailure) == 5, "refused attempts do not prolong the block"
    assert send(client, "manager@test.example", factories.PASSWORD).status_code == 303, "others are not blocked"


def test_block_ends_a_quarter_of_an_hour_after_the_first_of_the_five(app: Flask) -> None:
    client = app.test_client()
    for _time in range(5):
        send(client, OFFICE, "wrong horse battery")
    with writing():
        first = session.scalar(sa.select(sa.func.min(LoginFailure.id)))
        session.execute(
            sa.update(LoginFailure)
            .where(LoginFailure.id == first)
            .values(at=dt.datetime.now(dt.UTC) - dt.timedelta(minutes=14, seconds=30))
        )
    refused = send(client, OFFICE, factories.PASSWORD)
    assert refused.status_code == 429
    assert "Try again in 1 min." in refused.get_data(as_text=True)
    with writing():
        session.execute(
            sa.update(LoginFailure)
            .where(LoginFailure.id == first)
            .values(at=dt.datetime.now(dt.UTC) - dt.timedelta(minutes=15, seconds=1))
        )
    assert send(client, OFFICE, factories.PASSWORD).status_code == 303


def test_success_clears_no_failures(app: Flask) -> None:
    client = app.test_client()
    for _time in range(4):
        send(client, OFFICE, "wrong horse battery")
    assert send(client, OFFICE, factories.PASSWORD).status_code == 303
    send(app.test_client(), OFFICE, "wrong horse battery")
    assert send(app.test_client(), OFFICE, factories.PASSWORD).status_code == 429


def test_twenty_failures_block_a_network_address(app: Flask) -> None:
    client = app.test_client()
    for number in range(20):
        assert send(client, f"guess{number}@test.example", "wrong horse battery").status_code == 422
    assert send(client, OFFICE, factories.PASSWORD).status_code == 429
    elsewhere = client.post(
        "/login",
        data={"email": OFFICE, "password": factories.PASSWORD},
        environ_base={"REMOTE_ADDR": "192.0.2.7"},
    )
    assert elsewhere.status_code == 303


def test_failures_of_twins_that_came_between_check_and_write_count(app: Flask) -> None:
    checked = login.check(OFFICE, factories.PASSWORD, address="192.0.2.7")
    assert checked.user_id is not None
    with writing():
        now = dt.datetime.now(dt.UTC)
        session.execute(sa.insert(LoginFailure), [{"email": OFFICE, "address": "x", "at": now}] * 5)
    with writing(), pytest.raises(login.TooManyFailuresError):
        login.log_in(checked, device="x")


@pytest.mark.parametrize("change", [{"is_active": False}, {"password_hash": "another"}])
def test_deactivation_or_new_password_between_check_and_write_refuses(app: Flask, change: dict[str, object]) -> None:
    checked = login.check(OFFICE, factories.PASSWORD, address="192.0.2.7")
    with writing():
        session.execute(sa.update(User).where(User.email == OFFICE).values(**change))
    with app.test_request_context(), writing(), pytest.raises(login.DomainError):
        login.log_in(checked, device="x")


def test_outdated_hash_is_renewed_by_a_login(app: Flask) -> None:
    old = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1).hash(factories.PASSWORD)
    with writing():
        session.execute(sa.update(User).where(User.email == OFFICE).values(password_hash=old))
    assert send(app.test_client(), OFFICE, factories.PASSWORD).status_code == 303
    session.rollback()
    renewed = session.scalar(sa.select(User.password_hash).where(User.email == OFFICE))
    assert renewed is not None
    assert "m=8,t=1,p=1" in renewed
    assert send(app.test_client(), OFFICE, factories.PASSWORD).status_code == 303


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/profile?x=1", "/profile?x=1"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example/", "/"),
        ("/\t/evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("/logout", "/"),
        ("", "/"),
    ],
)
def test_next_leads_only_into_the_program(app: Flask, target: str, expected: str) -> None:
    answer = send(app.test_client(), OFFICE, factories.PASSWORD, next=target)
    assert answer.headers["Location"] == expected


def test_page_that_needs_a_login_is_where_the_login_leads(app: Flask) -> None:
    client = app.test_client()
    to_login = client.get("/profile")
    assert to_login.status_code == 302
    page = client.get(to_login.headers["Location"]).get_data(as_text=True)
    assert 'name="next" type="hidden" value="/profile"' in page


def test_login_needs_the_token_against_forgery(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", value=True)
    assert send(app.test_client(), OFFICE, factories.PASSWORD).status_code == 400
    assert count(UserSession) == 0


def test_second_login_in_one_browser_ends_the_first_session(client_for: Callable[..., FlaskClient]) -> None:
    client = client_for(Role.OFFICE)
    old = client.get_cookie("fsm_session")
    assert old is not None
    assert send(client, "manager@test.example", factories.PASSWORD).status_code == 303
    client.set_cookie("fsm_session", old.value)
    assert client.get("/profile").status_code == 302


def test_logins_of_the_demo_are_shown_in_the_demo_alone(app: Flask) -> None:
    with writing():
        factories.make_user(Role.OFFICE, email="ann@demo.example", name="Ann")
    assert "demo" not in app.test_client().get("/login").get_data(as_text=True)
    with writing():
        session.execute(sa.update(Company).values(is_demo=True))
    page = app.test_client().get("/login").get_data(as_text=True)
    assert "Log in as Ann" in page
    assert "demo demo demo" in page
    assert OFFICE not in page


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
    ],
)
def test_one_household_counts_as_one_address(address: str, expected: str) -> None:
    assert login.network(address) == expected
