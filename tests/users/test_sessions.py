"""Sessions end: by logout, by time, by the user, by the administrator."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from fsm.core.db import session, writing
from fsm.users import sessions
from fsm.users.models import Role, User, UserRole, UserSession

pytestmark = pytest.mark.database

ClientFor = Callable[..., FlaskClient]


def is_in(client: FlaskClient) -> bool:
    return client.get("/profile").status_code == 200


def token_of(client: FlaskClient) -> str:
    cookie = client.get_cookie("fsm_session")
    assert cookie is not None
    return cookie.value


def age(**columns: dt.timedelta) -> None:
    """Push moments of all sessions back from now."""
    now = dt.datetime.now(dt.UTC)
    with writing():
        session.execute(sa.update(UserSession).values({name: now - back for name, back in columns.items()}))


def test_copied_cookie_is_dead_after_logout(app: Flask, client_for: ClientFor) -> None:
    client = client_for(Role.OFFICE)
    thief = app.test_client()
    thief.set_cookie("fsm_session", token_of(client))
    assert is_in(thief)
    answer = client.post("/logout")
    assert answer.status_code == 303
    assert client.get_cookie("fsm_session") is None
    assert not is_in(thief)
    assert not is_in(client)


def test_logout_leaves_other_devices_alone(client_for: ClientFor) -> None:
    one, other = client_for(Role.OFFICE), client_for(Role.OFFICE)
    one.post("/logout")
    assert is_in(other)


def test_invented_token_is_nobody(app: Flask) -> None:
    client = app.test_client()
    for token in ("x", "", "a" * 3000, "\u00e9"):
        client.set_cookie("fsm_session", token)
        assert not is_in(client)


@pytest.mark.parametrize(
    ("roles", "idle", "alive"),
    [
        ({Role.OFFICE}, dt.timedelta(hours=11, minutes=59), True),
        ({Role.OFFICE}, dt.timedelta(hours=12), False),
        ({Role.TECHNICIAN}, dt.timedelta(days=29, hours=23), True),
        ({Role.TECHNICIAN}, dt.timedelta(days=30), False),
        ({Role.TECHNICIAN, Role.OFFICE}, dt.timedelta(hours=12), False),
    ],
)
def test_session_not_used_ends(client_for: ClientFor, roles: set[Role], idle: dt.timedelta, *, alive: bool) -> None:
    client = client_for(Role.TECHNICIAN if Role.TECHNICIAN in roles else Role.OFFICE)
    if len(roles) > 1:
        with writing():
            user_id = session.scalar(sa.select(UserSession.user_id))
            session.add(UserRole(user_id=user_id, role=Role.OFFICE))
    age(last_seen_at=idle)
    assert is_in(client) is alive


@pytest.mark.parametrize(
    ("role", "days", "alive"),
    [(Role.OFFICE, 29, True), (Role.OFFICE, 30, False), (Role.TECHNICIAN, 89, True), (Role.TECHNICIAN, 90, False)],
)
def test_session_in_daily_use_ends_too(client_for: ClientFor, role: Role, days: int, *, alive: bool) -> None:
    client = client_for(role)
    row = session.scalars(sa.select(UserSession)).one()
    length = row.expires_at - row.created_at
    age(created_at=dt.timedelta(days=days), expires_at=dt.timedelta(days=days) - length)
    assert is_in(client) is alive


def test_technician_who_moves_to_the_desk_gets_the_desks_limits(client_for: ClientFor) -> None:
    client = client_for(Role.TECHNICIAN)
    age(created_at=dt.timedelta(days=31))
    assert is_in(client)
    with writing():
        user_id = session.scalar(sa.select(UserSession.user_id))
        session.execute(sa.update(UserRole).where(UserRole.user_id == user_id).values(role=Role.OFFICE))
    assert not is_in(client)


def test_last_use_is_written_at_most_every_five_minutes(
    client_for: ClientFor, count_queries: Callable[[], Any]
) -> None:
    client = client_for(Role.OFFICE)
    with count_queries() as statements:
        assert is_in(client)
    assert not any("UPDATE user_session" in each for each in statements)
    age(last_seen_at=dt.timedelta(minutes=6))
    with count_queries() as statements:
        assert is_in(client)
    assert sum("UPDATE user_session" in each for each in statements) == 1
    session.rollback()
    seen = session.scalars(sa.select(UserSession.last_seen_at)).one()
    assert dt.datetime.now(dt.UTC) - seen < dt.timedelta(minutes=1)


def test_last_use_is_noted_by_a_page_that_is_refused(client_for: ClientFor) -> None:
    client = client_for(Role.TECHNICIAN)
    age(last_seen_at=dt.timedelta(days=2))
    assert client.get("/users").status_code == 403
    session.rollback()
    assert dt.datetime.now(dt.UTC) - session.scalars(sa.select(UserSession.last_seen_at)).one() < dt.timedelta(
        minutes=1
    )


def test_one_query_says_who_it_is(app: Flask, client_for: ClientFor, count_queries: Callable[[], Any]) -> None:
    token = token_of(client_for(Role.MANAGER))
    session.rollback()
    session.execute(sa.text("SELECT 1"))  # opens the transaction
    with count_queries() as statements:
        actor = sessions.actor_of_token(token)
    assert len(statements) == 1
    assert actor is not None
    assert actor.roles == {Role.MANAGER}
    assert actor.email == "manager@test.example"


def test_user_ends_one_of_his_sessions_and_no_other_users(client_for: ClientFor) -> None:
    here, tablet, stranger = client_for(Role.OFFICE), client_for(Role.OFFICE), client_for(Role.MANAGER)
    ids = dict(session.execute(sa.select(UserSession.token_hash, UserSession.id)).all())
    theirs = ids[sessions.hashed(token_of(stranger))]
    assert here.post(f"/profile/sessions/{theirs}/end").status_code == 404
    assert is_in(stranger)
    assert here.post(f"/profile/sessions/{ids[sessions.hashed(token_of(tablet))]}/end").status_code == 303
    assert not is_in(tablet)
    assert is_in(here)
    own = here.post(f"/profile/sessions/{ids[sessions.hashed(token_of(here))]}/end")
    assert own.headers["Location"] == "/login"
    assert not is_in(here)


def test_user_ends_all_other_sessions(client_for: ClientFor) -> None:
    here, tablet, stranger = client_for(Role.OFFICE), client_for(Role.OFFICE), client_for(Role.MANAGER)
    assert "End all others" in here.get("/profile").get_data(as_text=True)
    assert here.post("/profile/sessions/end-others").status_code == 303
    assert [is_in(each) for each in (here, tablet, stranger)] == [True, False, True]
    assert "End all others" not in here.get("/profile").get_data(as_text=True)


def test_profile_lists_living_sessions_by_device(app: Flask) -> None:
    client = app.test_client()
    agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
    data = {"email": "office@test.example", "password": "correct horse battery"}
    client.post("/login", data=data, headers={"User-Agent": agent})
    page = client.get("/profile").get_data(as_text=True)
    assert "Firefox, Windows" in page
    assert page.count("End this session") == 1


def test_sessions_long_dead_are_cleared_by_the_next_login(client_for: ClientFor) -> None:
    client_for(Role.OFFICE)
    client_for(Role.MANAGER)
    age(expires_at=dt.timedelta(days=31))
    client_for(Role.OFFICE)
    session.rollback()
    emails = session.scalars(sa.select(User.email).join(UserSession, UserSession.user_id == User.id).order_by(User.id))
    assert sorted(emails) == ["manager@test.example", "office@test.example"]


@pytest.mark.parametrize(
    ("user_agent", "expected"),
    [
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge, Windows"),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36", "Chrome, Android"),
        ("Mozilla/5.0 (iPad; CPU OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148 Safari/604.1", "Safari, iPad"),
        ("curl/8.10.1", "curl/8.10.1"),
        ("", "?"),
    ],
)
def test_device_has_a_name_that_people_know(user_agent: str, expected: str) -> None:
    assert sessions.device_name(user_agent) == expected
