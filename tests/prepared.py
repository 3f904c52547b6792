"""Migrated databases, made once for the whole run and copied from then on: migrating takes seconds, a copy hundredths."""

import contextlib
import fcntl
import io
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import upgrade

from fsm.app import ROOT, create_app
from fsm.core.db import db
from tests import postgres

MIGRATIONS = ROOT / "migrations"


def once(folder: Path, name: str, make: Callable[[], None]) -> None:
    """Whichever worker comes first makes it, in the folder that all of them share; the others wait."""
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = folder / f"{name}.made"
        if not done.exists():
            make()
            done.touch()


def migrated(app: Flask, revision: str = "head", directory: Path = MIGRATIONS) -> None:
    """Bring the app's database to a revision, quietly, and leave it to itself: only then can it be copied."""
    with app.app_context(), contextlib.redirect_stdout(io.StringIO()):
        upgrade(directory=str(directory), revision=revision)
        leave(app)


def leave(app: Flask) -> None:
    """Nobody is connected any more, and a SQLite file is whole by itself."""
    with app.app_context():
        url = db.engine.url
        db.engine.dispose()
    if url.get_backend_name() == "sqlite":
        with contextlib.closing(sqlite3.connect(url.database or "")) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def at_revision(engine: str, revision: str, folder: Path, name: str, target: Path) -> str:
    """A new database of this revision without a row: a file at ``target``, or on PostgreSQL ``name``; gives its URL."""
    _prepare(engine, revision, folder)
    if engine == "postgresql":
        return postgres.start().create_database(name, postgres.shared(revision))
    shutil.copy(folder / f"{revision}.sqlite3", target)
    return f"sqlite:///{target}"


def _prepare(engine: str, revision: str, folder: Path) -> None:
    """Each revision is made of the one before it, as it is in life."""
    before = ScriptDirectory(str(MIGRATIONS)).get_revision(revision).down_revision
    if before is not None:
        _prepare(engine, str(before), folder)

    def make() -> None:
        path = folder / f"{revision}.sqlite3"
        url = f"sqlite:///{path}"
        if engine == "postgresql":
            url = postgres.start().create_database(postgres.shared(revision), before and postgres.shared(str(before)))
        elif before is not None:
            shutil.copy(folder / f"{before}.sqlite3", path)
        migrated(create_app(SECRET_KEY="s", DATA_FOLDER=folder, SQLALCHEMY_DATABASE_URI=url), revision)

    once(folder, f"{engine}-{revision}", make)
