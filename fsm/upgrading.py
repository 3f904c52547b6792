"""Bringing a database up to date: where it stands, a backup before, the migration."""

import contextlib
import io
import shutil
import sqlite3
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app
from flask_migrate import upgrade

from fsm.core.db import db, is_sqlite


class BackupError(RuntimeError):
    """The backup before an upgrade could not be made; the upgrade does not start."""


@dataclass(frozen=True, slots=True)
class DatabaseState:
    """The revision that the database has and the one that the program wants."""

    current: str | None
    head: str
    is_new: bool


def state() -> DatabaseState:
    """Where the database stands."""
    with db.engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
        is_new = current is None and not sa.inspect(connection).has_table("company")
    config = current_app.extensions["migrate"].migrate.get_config()
    head = ScriptDirectory.from_config(config).get_current_head()
    return DatabaseState(current, head or "", is_new)


def migrate() -> None:
    """Apply what is missing, in one transaction (migrations/env.py)."""
    with contextlib.redirect_stdout(io.StringIO()):
        upgrade()
    db.engine.dispose()


def back_up(data_folder: Path) -> Path:
    """A copy of the database beside the data; BackupError where none can be made."""
    folder = data_folder / "backups"
    folder.mkdir(parents=True, exist_ok=True)
    stamp = f"{datetime.now(UTC):%Y%m%d-%H%M%S}"
    if is_sqlite():
        target = folder / f"before-upgrade-{stamp}.sqlite3"
        source_path = db.engine.url.database or ""
        with (
            contextlib.closing(sqlite3.connect(source_path)) as source,
            contextlib.closing(sqlite3.connect(target)) as copy,
        ):
            source.backup(copy)
        return target
    return _dump(folder / f"before-upgrade-{stamp}.dump")


def _dump(target: Path) -> Path:
    program = shutil.which("pg_dump")
    if program is None:
        raise BackupError("pg_dump is missing: install PostgreSQL's client programs, then start again.")
    address = db.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    made = subprocess.run(  # noqa: S603 - the arguments are ours
        [program, "--format=custom", f"--file={target}", f"--dbname={address}"],
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        raise BackupError(f"pg_dump failed: {made.stderr.strip()}")
    return target
