"""Databases of their own for tests in which many write at once, and helpers to run threads and processes."""

import contextlib
import itertools
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

from fsm.app import create_app
from fsm.core.db import db, session, writing
from tests import factories, postgres
from tests.conftest import CONFIG, Browser, migrated

_NUMBERS = itertools.count(1)
SCRIPTS = Path(__file__).parent


@pytest.fixture(scope="session")
def postgres_template(worker: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of a migrated and seeded PostgreSQL database to copy."""
    server, name = postgres.start(), f"{worker}_template"
    url = server.create_database(name)
    app = create_app(**CONFIG, DATA_FOLDER=tmp_path_factory.mktemp("template"), SQLALCHEMY_DATABASE_URI=url)
    migrated(app)
    with app.app_context():
        with writing(bulk=True):
            factories.make_company()
        session.remove()
        db.engine.dispose()
    yield name
    server.drop_database(name)


@pytest.fixture
def own_app(engine_name: str, request: pytest.FixtureRequest, tmp_path: Path, worker: str) -> Iterator[Flask]:
    """The program over a database that nobody else uses; ``DATABASE`` in its config is the address for processes."""
    if engine_name == "sqlite":
        path = tmp_path / "fsm.sqlite3"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        url = f"sqlite:///{path}"
    else:
        template, name = request.getfixturevalue("postgres_template"), f"{worker}_own{next(_NUMBERS)}"
        url = postgres.start().create_database(name, template)
    config = CONFIG | {"WRITE_LIMIT_SECONDS": None}
    app = create_app(**config, DATA_FOLDER=tmp_path, SQLALCHEMY_DATABASE_URI=url)
    app.test_client_class = Browser
    with app.app_context():
        yield app
        session.remove()
        db.engine.dispose()
    if engine_name == "postgresql":
        postgres.start().drop_database(name)


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


def start_process(app: Flask, script: str, *arguments: str) -> subprocess.Popen[str]:
    """Start a script of this folder over the app's database."""
    url = app.config["SQLALCHEMY_DATABASE_URI"]
    return subprocess.Popen(
        [sys.executable, str(SCRIPTS / script), url, str(app.config["DATA_FOLDER"]), *arguments],
        cwd=SCRIPTS.parent.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
