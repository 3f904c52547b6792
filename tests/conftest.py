"""One PostgreSQL for the run, one migrated database per test, and people to log in as."""

import contextlib
import os
import shutil
import zlib
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any, Protocol, TypeVar

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import settings
from werkzeug.test import TestResponse

from fsm.app import create_app
from fsm.core.db import db, session, writing
from fsm.core.garbage import keep_loaded
from fsm.users.models import Role, User
from tests import factories, postgres, processes
from tests.kept import keep, keep_rows, put_back, renew
from tests.prepared import leave, migrated, once

settings.register_profile("fsm", deadline=None)
settings.load_profile("fsm")

CONFIG = {
    "TESTING": True,
    "SECRET_KEY": "only for tests",
    "WTF_CSRF_ENABLED": False,
    "KEYS_OPTIONAL": True,
    "ARGON2_CHEAP": True,
    # A write is done in some hundredths; a busy machine of two slow cores takes more for the longest ones.
    "WRITE_LIMIT_SECONDS": 2.5,
}
# What the engines do differently is tested on both in every run: guards, locks, search, paging, books, migrations;
# and the books' worked figures.
ON_BOTH = {"guards", "core", "ledger", "concurrency", "migrations", "backups"}
ON_BOTH |= {"test_at_once", "test_walks", "test_worked_entries", "test_worked_totals"}
Made = TypeVar("Made")
SERVER = pytest.StashKey[postgres.Server]()


def pytest_configure(config: pytest.Config) -> None:
    """The controller starts PostgreSQL; workers inherit its address. Templates are compiled once for all programs."""
    if config.cache is not None:
        os.environ[processes.TEMPLATES_VARIABLE] = str(config.cache.mkdir("templates"))
        processes.keep_templates()
    if hasattr(config, "workerinput") or config.option.collectonly or os.environ.get("FSM_PURE"):
        return
    server = postgres.start()
    config.stash[SERVER] = server
    os.environ[postgres.ADDRESS_VARIABLE] = server.address
    os.environ[postgres.RUN_VARIABLE] = str(os.getpid())


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop what was started."""
    server = config.stash.get(SERVER, None)
    if server is not None:
        server.drop_shared()
        server.stop()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With `FSM_TURNS` a test runs on the engine whose turn it is, but for what each engine does in its own way.

    `make test` asks for it to end in time, `make soak` and a plain `pytest` run all on both.
    """
    if not os.environ.get("FSM_TURNS"):
        return
    waiting = [item for item in items if isinstance(item, pytest.Function) and _waits_its_turn(item)]
    hidden = set(waiting)
    items[:] = [item for item in items if item not in hidden]
    config.hook.pytest_deselected(items=waiting)


def _waits_its_turn(item: pytest.Function) -> bool:
    engine = item.callspec.params.get("engine_name") if hasattr(item, "callspec") else None
    if engine is None or item.get_closest_marker("concurrency") or ON_BOTH & {item.path.stem, item.path.parent.name}:
        return False
    name = item.nodeid.replace(str(engine), "")
    return str(engine) != ("sqlite", "postgresql")[zlib.crc32(name.encode()) % 2]


@pytest.fixture(scope="session")
def worker(worker_id: str) -> str:
    """This worker's name, unique among runs at the same time."""
    return f"{worker_id}_{os.getpid()}"


@pytest.fixture(scope="session")
def prepared_folder(worker_id: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where all workers of the run find what one of them has prepared."""
    own = tmp_path_factory.getbasetemp()
    folder = (own if worker_id == "master" else own.parent) / "prepared"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def sqlite_template(prepared_folder: Path) -> Path:
    """A migrated SQLite file with a company in it, to be copied."""
    path = prepared_folder / "fsm.sqlite3"

    def make() -> None:
        app = create_app(**CONFIG, DATA_FOLDER=prepared_folder, SQLALCHEMY_DATABASE_URI=f"sqlite:///{path}")
        migrated(app)
        _seed(app)

    once(prepared_folder, "sqlite", make)
    return path


@pytest.fixture(scope="session")
def postgres_template(prepared_folder: Path) -> str:
    """The name of a migrated PostgreSQL database with a company in it, and its rows kept for ``put_back``."""
    name = postgres.shared("company")

    def make() -> None:
        url = postgres.start().create_database(name)
        app = create_app(**CONFIG, DATA_FOLDER=prepared_folder, SQLALCHEMY_DATABASE_URI=url)
        migrated(app)
        _seed(app)
        with app.app_context():
            keep_rows()
        leave(app)

    once(prepared_folder, "postgresql", make)
    return name


@pytest.fixture(scope="session")
def postgres_url(worker: str, postgres_template: str) -> Iterator[str]:
    """This worker's own copy."""
    server = postgres.start()
    yield server.create_database(worker, postgres_template)
    server.drop_database(worker)


@pytest.fixture(scope="session")
def postgres_app(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """One program over the worker's PostgreSQL database."""
    app = create_app(**CONFIG, DATA_FOLDER=tmp_path_factory.mktemp("data"), SQLALCHEMY_DATABASE_URI=postgres_url)
    keep_loaded()
    yield app
    with app.app_context():
        db.engine.dispose()


def _seed(app: Flask) -> None:
    with app.app_context():
        with writing(bulk=True):
            factories.make_company()
        session.remove()
    leave(app)


class Browser(FlaskClient):
    """A client that never shares ``g`` (and who is logged in) with the test or with another client, as in life."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """One request in an application context of its own."""
        with self.application.app_context():
            return super().open(*args, **kwargs)


@pytest.fixture(params=["sqlite", "postgresql"])
def engine_name(request: pytest.FixtureRequest) -> str:
    """Each test that asks for a database runs on both engines."""
    return str(request.param)


@pytest.fixture(scope="session")
def sqlite_app(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """One program per worker (its templates are compiled once); the file under it is replaced for each test."""
    path = tmp_path_factory.mktemp("sqlite") / "fsm.sqlite3"
    shutil.copy(sqlite_template, path)
    app = create_app(**CONFIG, DATA_FOLDER=path.parent, SQLALCHEMY_DATABASE_URI=f"sqlite:///{path}")
    keep_loaded()
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def app(engine_name: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """The program over a fresh database with a company, its chart, fiscal year and one user per role."""
    app: Flask = request.getfixturevalue("sqlite_app" if engine_name == "sqlite" else "postgres_app")
    before = dict(app.config)
    app.config["DATA_FOLDER"] = tmp_path
    app.test_client_class = Browser
    with app.app_context():
        if engine_name == "sqlite":
            renew(request.getfixturevalue("sqlite_template"))
        yield app
        session.remove()
        if engine_name == "sqlite":
            db.engine.dispose()
        else:
            put_back(app)
    app.config.clear()
    app.config.update(before)


@pytest.fixture
def database(app: Flask) -> Flask:
    """For tests that call services: the app's context is on."""
    return app


class MadeOnce(Protocol):
    """What ``made_once`` is."""

    def __call__(self, name: str, make: Callable[[], Made]) -> Made:
        """The rows that ``make`` has made, and what it gave: plain values."""


@pytest.fixture(scope="session")
def kept_rows() -> dict[tuple[str, str], tuple[Any, Callable[[], None]]]:
    """By engine and name: what was given when they were made, and how they are put back."""
    return {}


@pytest.fixture
def made_once(
    database: Flask,
    engine_name: str,
    kept_rows: dict[tuple[str, str], tuple[Any, Callable[[], None]]],
    tmp_path_factory: pytest.TempPathFactory,
) -> MadeOnce:
    """Rows that many tests begin with: each worker makes them once, and puts them back for each further test.

    Of the database alone: files that were stored with them are those of the first test.
    """

    def rows(name: str, make: Callable[[], Made]) -> Made:
        if (engine_name, name) in kept_rows:
            kept_rows[engine_name, name][1]()
        else:
            made = make()
            kept_rows[engine_name, name] = made, keep(database, name, tmp_path_factory.mktemp(name))
        given: Made = kept_rows[engine_name, name][0]
        return deepcopy(given)

    return rows


@pytest.fixture
def client_for(app: Flask) -> Callable[..., FlaskClient]:
    """A logged-in client: ``client_for(Role.OFFICE)``, or for a user by e-mail."""

    def make(who: Role | str = Role.OFFICE) -> FlaskClient:
        email = who if isinstance(who, str) and "@" in who else f"{Role(who).value}@test.example"
        client = app.test_client()
        answer = client.post("/login", data={"email": email, "password": factories.PASSWORD})
        assert answer.status_code in {302, 303}, answer.get_data(as_text=True)
        return client

    return make


@pytest.fixture
def count_queries(app: Flask) -> Callable[[], Any]:
    """Collect what is sent to the database while a block runs."""

    @contextlib.contextmanager
    def collect() -> Iterator[list[str]]:
        statements: list[str] = []

        def remember(*arguments: Any) -> None:
            statements.append(str(arguments[2]))

        sa.event.listen(db.engine, "before_cursor_execute", remember)
        try:
            yield statements
        finally:
            sa.event.remove(db.engine, "before_cursor_execute", remember)

    return collect


def user_of(role: Role) -> User:
    """The seeded user of a role."""
    user = session.scalar(sa.select(User).where(User.email == f"{role.value}@test.example"))
    assert user is not None
    return user
