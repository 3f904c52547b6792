"""Databases of their own for tests in which many write at once, and helpers to run threads and processes."""

import contextlib
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

from fsm.app import create_app
from fsm.core.db import db, session
from tests import postgres
from tests.conftest import CONFIG, Browser
from tests.kept import put_back
from tests.processes import Process

# Those of killed processes, which the server may not have missed yet.
OTHERS_LEAVE = """
    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


@pytest.fixture(scope="session")
def postgres_own_url(worker: str, postgres_template: str) -> Iterator[str]:
    """A PostgreSQL database with a company, for one test after the other."""
    server, name = postgres.start(), f"{worker}_own"
    yield server.create_database(name, postgres_template)
    server.drop_database(name)


@pytest.fixture
def own_app(engine_name: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """The program over a database that nobody else uses."""
    if engine_name == "sqlite":
        path = tmp_path / "fsm.sqlite3"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        url = f"sqlite:///{path}"
    else:
        url = request.getfixturevalue("postgres_own_url")
    config = CONFIG | {"WRITE_LIMIT_SECONDS": None}
    app = create_app(**config, DATA_FOLDER=tmp_path, SQLALCHEMY_DATABASE_URI=url)
    app.test_client_class = Browser
    with app.app_context():
        yield app
        session.remove()
        db.engine.dispose()  # what is left are the connections of others, and one of this process
        if engine_name == "postgresql":
            with db.engine.begin() as connection:
                connection.exec_driver_sql(OTHERS_LEAVE)
            put_back(app)
            db.engine.dispose()


def in_threads(app: Flask, count: int, work: Callable[[int], None]) -> list[BaseException]:
    """Run ``work(place)`` in threads that start together, each in a context of its own; gives what they raised."""
    together, raised = threading.Barrier(count), []

    def run(place: int) -> None:
        with app.app_context():
            together.wait()
            try:
                work(place)
            except BaseException as error:  # noqa: BLE001 - handed to the test
                raised.append(error)
            finally:
                with contextlib.suppress(Exception):
                    session.remove()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not any(thread.is_alive() for thread in threads), "a thread hangs"
    return raised


def start_process(app: Flask, main: Callable[..., int | None], *arguments: str) -> Process:
    """Start ``main`` of a module of this folder over the app's database."""
    return Process(main, app.config["SQLALCHEMY_DATABASE_URI"], str(app.config["DATA_FOLDER"]), *arguments)
