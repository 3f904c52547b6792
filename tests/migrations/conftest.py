"""Databases of each revision."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from flask import Flask

from fsm.app import create_app
from fsm.core.db import db, session
from tests import postgres, prepared
from tests.conftest import CONFIG


@pytest.fixture
def at_revision(
    engine_name: str, worker: str, tmp_path: Path, prepared_folder: Path
) -> Iterator[Callable[[str], Flask]]:
    """``at_revision("0002")``: the program over a database of its own of that revision, without a row; its context is on."""
    name, folder = f"{worker}_revision", tmp_path / "there"
    with ExitStack() as stack:

        def make(revision: str) -> Flask:
            folder.mkdir()
            url = prepared.at_revision(engine_name, revision, prepared_folder, name, folder / "fsm.sqlite3")
            app = create_app(**CONFIG, DATA_FOLDER=folder, SQLALCHEMY_DATABASE_URI=url)
            stack.enter_context(app.app_context())
            return app

        yield make
        session.remove()
        db.engine.dispose()
    if engine_name == "postgresql":
        postgres.start().drop_database(name)
