"""Databases to measure on: SQLite in a temporary folder, PostgreSQL started for the run with its usual safety."""

import itertools
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from flask import Flask

from fsm.app import create_app
from fsm.core.db import db, session, writing
from fsm.upgrading import migrate
from tests import factories, postgres

_NUMBERS = itertools.count(1)


@dataclass
class Engine:
    """Makes fresh databases of one kind."""

    name: str
    server: postgres.Server | None = None
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="fsm-bench-")))

    @contextmanager
    def app(self) -> Iterator[Flask]:
        """The program over a fresh, migrated database with a company; its context is on."""
        place = next(_NUMBERS)
        if self.server is None:
            url = f"sqlite:///{self.folder / f'{place}.sqlite3'}"
        else:
            url = self.server.create_database(f"bench{place}")
        app = create_app(
            SECRET_KEY="bench", DATA_FOLDER=self.folder, SQLALCHEMY_DATABASE_URI=url, ARGON2_CHEAP=True, TESTING=True
        )
        with app.app_context():
            migrate()
            with writing(bulk=True):
                factories.make_company()
            yield app
            session.remove()
            db.engine.dispose()


def engines() -> Iterator[Engine]:
    """SQLite, then PostgreSQL; the server is stopped at the end."""
    yield Engine("SQLite")
    server = postgres.start(durable=True)
    try:
        yield Engine("PostgreSQL", server)
    finally:
        server.stop()
