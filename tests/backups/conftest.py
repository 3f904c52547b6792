"""Places to restore into, and what is in a database, the same on both engines."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

from fsm.app import create_app
from fsm.backups.making import LEFT_OUT
from fsm.backups.tables import lines, stored_tables
from fsm.core.db import db, session
from tests import postgres
from tests.conftest import CONFIG


@pytest.fixture
def elsewhere(tmp_path: Path, worker: str) -> Iterator[Callable[[str], Flask]]:
    """``elsewhere("sqlite")``: the program over a new, empty database and folder."""
    made: list[Flask] = []

    def make(engine: str) -> Flask:
        folder = tmp_path / f"elsewhere{len(made)}"
        url = f"sqlite:///{folder / 'fsm.sqlite3'}"
        if engine == "postgresql":
            url = postgres.start().create_database(f"{worker}_elsewhere{len(made)}")
        made.append(create_app(**CONFIG, DATA_FOLDER=folder, SQLALCHEMY_DATABASE_URI=url))
        return made[-1]

    yield make
    for place, app in enumerate(made):
        with app.app_context():
            session.remove()
            is_postgresql = db.engine.dialect.name == "postgresql"
            db.engine.dispose()
        if is_postgresql:
            postgres.start().drop_database(f"{worker}_elsewhere{place}")


def contents() -> dict[str, list[str]]:
    """All rows that a backup keeps, as lines that are the same on both engines; a restore makes the search index anew."""
    session.rollback()
    with db.engine.connect() as connection:
        return {
            table.name: [line.replace(", ", ",") for line in lines(connection, table)]
            for table in stored_tables(connection)
            if table.name not in LEFT_OUT and not table.name.startswith("search_")
        }
