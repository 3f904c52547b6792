"""What users change of themselves."""

from collections.abc import Callable
from decimal import Decimal

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from fsm.core.db import session, writing
from fsm.users.models import LoginFailure, Role, User
from tests import factories

pytestmark = pytest.mark.database

ClientFor = Callable[..., FlaskClient]
NEW = "a new long one"


def user() -> User:
    session.rollback()
    return session.scalars(sa.select(User).where(User.email.like("technician@%"))).one()


def change(client: FlaskClient, current: str, new: str = NEW, again: str = NEW) -> int:
    data = {"current_password": current, "password": new, "password_again": again}
    return client.post("/profile/password", data=data).status_code


def test_profile_changes_name_phone_and_language_and_nothing_else(client_for: ClientFor) -> None:
    client = client_for(Role.TECHNICIAN)
    data = {
        "name": " Élodie ",
        "phone": "+32 1",
        "locale": "fr",
        "version": user().version,
        "email": "me@evil.example",
        "roles": "administrator",
        "hourly_cost": "1",
    }
    assert client.post("/profile", data=data).status_code == 303
    now = user()
    assert (now.name, now.sort_key, now.phone, now.locale) == ("Élodie", "elodie", "+32 1", "fr")
    assert now.roles == {Role.TECHNICIAN}
    assert str(now.hourly_cost) == "38.0000"
    assert 'lang="fr"' in client.get("/profile").get_data(as_text=True)


def test_profile_never_shows_what_the_user_costs(client_for: ClientFor) -> None:
    technician_id = user().id
    with writing():
        session.get_one(User, technician_id).hourly_cost = Decimal("91.3725")  # in no key or token by chance
    page = client_for(Role.TECHNICIAN).get("/profile").get_data(as_text=True)
    assert "91.37" not in page
    assert user().name in page


@pytest.mark.parametrize("values", [{"name": " "}, {"locale": "xx"}, {"phone": "1" * 41}])
def test_bad_profile_is_refused(client_for: ClientFor, values: dict[str, str]) -> None:
    data = {"name": "Technician", "phone": "", "locale": "en", "version": "1"} | values
    assert client_for(Role.TECHNICIAN).post("/profile", data=data).status_code == 422
    assert user().name == "Technician"


def test_changed_password_logs_out_all_other_devices(app: Flask, client_for: ClientFor) -> None:
    client, tablet = client_for(Role.TECHNICIAN), client_for(Role.TECHNICIAN)
    assert change(client, factories.PASSWORD) == 303
    assert client.get("/profile").status_code == 200
    assert tablet.get("/profile").status_code == 302
    old, new = (
        app.test_client().post("/login", data={"email": user().email, "password": password}).status_code
        for password in (factories.PASSWORD, NEW)
    )
    assert (old, new) == (422, 303)


@pytest.mark.parametrize(
    ("current", "new", "again"),
    [
        ("wrong horse battery", NEW, NEW),
        (factories.PASSWORD, NEW, NEW + "x"),
        (factories.PASSWORD, "short", "short"),
        (factories.PASSWORD, "Technician", "Technician"),
    ],
)
def test_refused_change_of_password_changes_nothing(client_for: ClientFor, current: str, new: str, again: str) -> None:
    client, tablet = client_for(Role.TECHNICIAN), client_for(Role.TECHNICIAN)
    before = user().password_hash
    assert change(client, current, new, again) == 422
    assert user().password_hash == before
    assert tablet.get("/profile").status_code == 200


def test_present_password_cannot_be_guessed_from_a_stolen_session(client_for: ClientFor) -> None:
    client = client_for(Role.TECHNICIAN)
    assert [change(client, "wrong horse battery") for _time in range(6)] == [422] * 5 + [429]
    assert change(client, factories.PASSWORD) == 429
    assert session.scalar(sa.select(sa.func.count()).select_from(LoginFailure)) == 5
