"""Administration of users: who may, what is checked, and that an administrator always remains."""

import threading
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from fsm.core.audit import AuditChange
from fsm.core.db import session, writing
from fsm.core.errors import DomainError
from fsm.users import queries, services
from fsm.users.models import Role, User
from tests import factories

pytestmark = pytest.mark.database

ClientFor = Callable[..., FlaskClient]
ROLES = frozenset(Role)
ADMINISTRATOR = frozenset({Role.ADMINISTRATOR})
PAGES = [
    ("GET", "/users", ADMINISTRATOR | {Role.MANAGER}),
    ("GET", "/users/new", ADMINISTRATOR),
    ("POST", "/users/new", ADMINISTRATOR),
    ("GET", "/users/{id}/edit", ADMINISTRATOR),
    ("POST", "/users/{id}/edit", ADMINISTRATOR),
    ("GET", "/users/{id}/set-password", ADMINISTRATOR),
    ("POST", "/users/{id}/set-password", ADMINISTRATOR),
    ("POST", "/users/{id}/deactivate", ADMINISTRATOR),
    ("POST", "/users/{id}/activate", ADMINISTRATOR),
    ("POST", "/users/{id}/end-sessions", ADMINISTRATOR),
    ("GET", "/profile", ROLES),
    ("POST", "/profile", ROLES),
    ("POST", "/profile/password", ROLES),
    ("POST", "/profile/sessions/999999999/end", ROLES),
    ("POST", "/profile/sessions/end-others", ROLES),
]


def user_of(role: Role) -> User:
    session.rollback()
    return session.scalars(sa.select(User).where(User.email == f"{role.value}@test.example")).one()


def fields(**values: object) -> dict[str, object]:
    return {
        "email": "jan@test.example",
        "name": "Ján Peeters",
        "phone": "+32 9 123",
        "locale": "nl",
        "roles": ["technician"],
        "hourly_cost": "38,50",
        "password": "correct horse battery",
        **values,
    }


@pytest.mark.parametrize("role", list(Role))
def test_each_page_is_for_its_roles_alone(client_for: ClientFor, role: Role) -> None:
    client, other_id = client_for(role), user_of(Role.ACCOUNTANT).id
    for method, path, allowed in PAGES:
        status = client.open(path.format(id=other_id), method=method).status_code
        assert (status != 403) is (role in allowed), (method, path, status)
        assert status in {200, 303, 403, 404, 422}, (method, path, status)


@pytest.mark.parametrize(("method", "path"), [(method, path) for method, path, _allowed in PAGES])
def test_nobody_gets_in_without_login(app: Flask, method: str, path: str) -> None:
    answer = app.test_client().open(path.format(id=1), method=method)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/login")


def test_new_user_can_log_in_and_is_kept_as_typed(app: Flask, client_for: ClientFor) -> None:
    client = client_for(Role.ADMINISTRATOR)
    answer = client.post("/users/new", data=fields(email=" Jan@Test.example ", roles=["technician", "office"]))
    assert answer.status_code == 303
    user = session.scalars(sa.select(User).where(User.email == "jan@test.example")).one()
    assert user.roles == {Role.TECHNICIAN, Role.OFFICE}
    assert user.sort_key == "jan peeters"
    assert str(user.hourly_cost) == "38.5000"
    login = app.test_client().post("/login", data={"email": "JAN@test.example", "password": "correct horse battery"})
    assert login.status_code == 303
    changes = session.scalars(sa.select(AuditChange).where(AuditChange.row_id == user.id)).all()
    assert changes
    assert "argon2" not in str([change.after for change in changes]), "no hash in the audit"


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"email": "OFFICE@test.example"}, "Another user has this e-mail address already."),
        ({"email": "no address"}, "This is not an e-mail address."),
        ({"roles": []}, "Choose at least one role."),
        ({"roles": ["emperor"]}, '<a href="#roles">Roles</a>'),
        ({"password": "short"}, "The password must have at least 10 characters."),
        ({"hourly_cost": "a lot"}, "This is not a number."),
    ],
)
def test_bad_user_is_refused_with_all_that_was_typed(
    client_for: ClientFor, values: dict[str, object], sentence: str
) -> None:
    answer = client_for(Role.ADMINISTRATOR).post("/users/new", data=fields(**values))
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert sentence in page
    assert "Ján Peeters" in page
    assert session.scalar(sa.select(sa.func.count()).select_from(User)) == len(Role)


def test_edit_changes_roles_counts_the_version_and_tells_the_history(client_for: ClientFor) -> None:
    client, user = client_for(Role.ADMINISTRATOR), user_of(Role.OFFICE)
    before = user.version
    data = fields(email=user.email, name="Office", roles=["office", "manager"], version=before, hourly_cost="38")
    assert client.post(f"/users/{user.id}/edit", data=data).status_code == 303
    user = user_of(Role.OFFICE)
    assert user.roles == {Role.OFFICE, Role.MANAGER}
    assert user.version > before
    page = client.get(f"/users/{user.id}/edit").get_data(as_text=True)
    assert "Roles changed from office to manager, office." in page
    stale = client.post(f"/users/{user.id}/edit", data=data | {"name": "Too late"})
    assert stale.status_code == 409
    assert "Too late" in stale.get_data(as_text=True)
    assert user_of(Role.OFFICE).name == "Office"


def test_change_of_roles_is_felt_by_a_running_session(client_for: ClientFor) -> None:
    manager = client_for(Role.MANAGER)
    assert manager.get("/users").status_code == 200
    user = user_of(Role.MANAGER)
    data = fields(email=user.email, roles=["office"], version=user.version)
    assert client_for(Role.ADMINISTRATOR).post(f"/users/{user.id}/edit", data=data).status_code == 303
    assert manager.get("/users").status_code == 403


def test_deactivated_user_is_out_at_once_and_can_come_back(client_for: ClientFor) -> None:
    client, office, user = client_for(Role.ADMINISTRATOR), client_for(Role.OFFICE), user_of(Role.OFFICE)
    assert client.post(f"/users/{user.id}/deactivate").status_code == 303
    assert office.get("/profile").status_code == 302
    assert "office@test.example" not in client.get("/users").get_data(as_text=True)
    assert "office@test.example" in client.get("/users?tab=deactivated").get_data(as_text=True)
    assert client.post(f"/users/{user.id}/activate").status_code == 303
    assert office.get("/profile").status_code == 302, "the old session stays dead"
    assert client_for(Role.OFFICE).get("/profile").status_code == 200


def test_administrator_does_not_deactivate_himself(client_for: ClientFor) -> None:
    with writing():
        factories.make_user(Role.ADMINISTRATOR, email="second@test.example")
    user = user_of(Role.ADMINISTRATOR)
    assert client_for(Role.ADMINISTRATOR).post(f"/users/{user.id}/deactivate").status_code == 422
    assert user_of(Role.ADMINISTRATOR).is_active


def test_last_active_administrator_keeps_the_role(client_for: ClientFor) -> None:
    with writing():
        factories.make_user(Role.ADMINISTRATOR, email="gone@test.example", is_active=False)
    client, user = client_for(Role.ADMINISTRATOR), user_of(Role.ADMINISTRATOR)
    data = fields(email=user.email, roles=["manager"], version=user.version)
    answer = client.post(f"/users/{user.id}/edit", data=data)
    assert answer.status_code == 422
    assert "This is the last active administrator." in answer.get_data(as_text=True)
    assert user_of(Role.ADMINISTRATOR).roles == {Role.ADMINISTRATOR}
    with writing():
        second = factories.make_user(Role.ADMINISTRATOR, email="second@test.example")
    assert client.post(f"/users/{user.id}/edit", data=data).status_code == 303
    with writing(), pytest.raises(DomainError, match="last active administrator"):
        services.deactivate(second.id, actor_id=None)


@pytest.mark.concurrency
def test_two_administrators_cannot_shut_each_other_out(app: Flask) -> None:
    with writing():
        factories.make_user(Role.ADMINISTRATOR, email="second@test.example")
    ids = list(session.scalars(sa.select(User.id).where(User.role_rows.any(role=Role.ADMINISTRATOR))))
    session.rollback()
    start, outcomes = threading.Barrier(2), []

    def deactivate(user_id: int, actor_id: int) -> None:
        with app.app_context():
            start.wait()
            try:
                with writing(actor_id=actor_id):
                    services.deactivate(user_id, actor_id=actor_id)
                outcomes.append("done")
            except DomainError:
                outcomes.append("refused")

    threads = [threading.Thread(target=deactivate, args=pair) for pair in (ids, ids[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["done", "refused"]
    assert len(services._administrator_ids()) == 1


def test_set_password_ends_the_users_sessions(app: Flask, client_for: ClientFor) -> None:
    client, office, user = client_for(Role.ADMINISTRATOR), client_for(Role.OFFICE), user_of(Role.OFFICE)
    assert client.post(f"/users/{user.id}/set-password", data={"password": "short"}).status_code == 422
    assert client.post(f"/users/{user.id}/set-password", data={"password": user.email}).status_code == 422
    assert office.get("/profile").status_code == 200
    assert client.post(f"/users/{user.id}/set-password", data={"password": "a new long one"}).status_code == 303
    assert office.get("/profile").status_code == 302
    login = {"email": user.email, "password": "a new long one"}
    assert app.test_client().post("/login", data=login).status_code == 303
    assert client.get("/profile").status_code == 200


def test_end_sessions_of_a_user(client_for: ClientFor) -> None:
    client, office = client_for(Role.ADMINISTRATOR), client_for(Role.OFFICE)
    assert client.post(f"/users/{user_of(Role.OFFICE).id}/end-sessions").status_code == 303
    assert office.get("/profile").status_code == 302
    assert client.post(f"/users/{user_of(Role.ADMINISTRATOR).id}/end-sessions").status_code == 303
    assert client.get("/profile").status_code == 200, "the session in which it is asked stays"


def test_unknown_user_is_not_found(client_for: ClientFor) -> None:
    client = client_for(Role.ADMINISTRATOR)
    for verb in ("deactivate", "activate", "end-sessions", "set-password"):
        assert client.post(f"/users/999999/{verb}").status_code == 404
    assert client.get("/users/999999/edit").status_code == 404


def test_list_is_searched_without_accents_and_takes_the_same_queries_for_many(
    client_for: ClientFor, count_queries: Callable[..., object]
) -> None:
    client = client_for(Role.ADMINISTRATOR)
    with count_queries() as few:  # type: ignore[attr-defined]
        client.get("/users")
    with writing():
        for number in range(30):
            factories.make_user(Role.TECHNICIAN, email=f"t{number}@test.example", name=f"Zoë {number}")
    with count_queries() as many:  # type: ignore[attr-defined]
        client.get("/users")
    assert len(many) == len(few)
    page = client.get("/users?q=zoe 29").get_data(as_text=True)
    assert "Zoë 29" in page
    assert "Zoë 28" not in page
    assert "Nothing found" in client.get("/users?q=100%25").get_data(as_text=True)


def test_choices_of_technicians_keep_those_already_chosen(database: Flask) -> None:
    with writing():
        gone = factories.make_user(Role.TECHNICIAN, email="gone@test.example", name="Gone", is_active=False)
    assert [name for _id, name in queries.technicians()] == ["Technician"]
    assert [name for _id, name in queries.technicians(keep=[gone.id, None])] == ["Gone", "Technician"]
    assert queries.names([gone.id, None, 999999]) == {gone.id: "Gone"}
