"""Bringing a database up to date: one process at a time, a backup before, the migration, the checks after."""

import contextlib
import fcntl
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import sqlalchemy as sa
from alembic import command
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from flask import current_app

from fsm.backups import making
from fsm.backups.errors import BackupError
from fsm.backups.places import folder as backups_folder
from fsm.core import search
from fsm.core.db import db, is_sqlite, session
from fsm.home import checks

Tell: TypeAlias = Callable[[str], None]
_LOCK_KEY = 3_702_226_411  # of PostgreSQL's advisory locks; any number that nobody else takes


class UpgradeError(RuntimeError):
    """The program does not start on this database; the sentence says why and what to do."""


@dataclass(frozen=True, slots=True)
class DatabaseState:
    """The revision that the database has and the one that the program wants."""

    current: str | None
    head: str
    is_new: bool
    is_known: bool

    @property
    def is_current(self) -> bool:
        """Whether there is nothing to migrate."""
        return self.current == self.head


def scripts() -> ScriptDirectory:
    """The program's revisions."""
    return ScriptDirectory.from_config(current_app.extensions["migrate"].migrate.get_config())


def state() -> DatabaseState:
    """Where the database stands."""
    with db.engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
        is_new = current is None and not sa.inspect(connection).has_table("company")
    known = {revision.revision for revision in scripts().walk_revisions()}
    return DatabaseState(current, scripts().get_current_head() or "", is_new, current is None or current in known)


def migrate(revision: str = "head") -> None:
    """Apply what is missing, in one transaction (migrations/env.py)."""
    config = current_app.extensions["migrate"].migrate.get_config()
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            command.upgrade(config, revision)
    finally:
        session.remove()
        db.engine.dispose()


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Nobody else makes, migrates or replaces this database meanwhile; who comes second waits."""
    if not is_sqlite():
        with db.engine.connect() as connection:
            connection.detach()  # the pool is thrown away meanwhile, and this one must not go with it
            connection.exec_driver_sql(f"SELECT pg_advisory_lock({_LOCK_KEY})")
            connection.commit()  # the lock is the session's; an open transaction would only be in the way
            try:
                yield
            finally:
                connection.exec_driver_sql(f"SELECT pg_advisory_unlock({_LOCK_KEY})")
        return
    path = Path(db.engine.url.database or "").resolve()
    with path.with_name(f".{path.name}.upgrade").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # freed with the process, however that ends
        yield


def bring_up_to_date(tell: Tell, check: Callable[[], list[checks.Finding]] = checks.run) -> bool:
    """Back up, migrate and check where there is something to migrate; tells whether the database was new.

    Call it within ``alone()``. UpgradeError says why the program must not start.
    """
    before = state()
    if before.is_new:
        tell("Making the database")
        _migrate_new()
        index_if_needed(tell)
        return True
    if not before.is_known:
        raise UpgradeError(
            f"The database has revision {before.current}, which this version of fsm does not know: a newer one has "
            f"upgraded it. Start that version, or restore a backup made before: fsm restore FILE --replace"
        )
    if before.is_current:
        index_if_needed(tell)
        return False
    tell(f"Upgrading the database from {before.current} to {before.head}")
    backup = _back_up()
    tell(f"Backup: {backup}")
    _migrate_live(backup)
    index_if_needed(tell)
    if findings := check():
        raise UpgradeError(
            "\n".join(
                [
                    "The database was upgraded, but the checks of the books find faults, so fsm does not start:",
                    *(f"  {finding.check}: {sentence}" for finding in findings for sentence in finding.sentences),
                    *_way_back(backup),
                ]
            )
        )
    return False


def index_if_needed(tell: Tell) -> None:
    """The search index of a database that has none, or one of the words of an earlier version."""
    if not search.is_current():
        tell("Making the search index")
        search.rebuild()
    session.remove()


def _migrate_new() -> None:
    try:
        migrate()
    except _FAILURES as error:
        raise UpgradeError(f"The database could not be made: {_reason(error)}") from error


def _back_up() -> Path:
    target = making.new_file(backups_folder(), "before-upgrade")
    try:
        return making.make(target, engine=db.engine, data_folder=Path(current_app.config["DATA_FOLDER"])).path
    except BackupError as error:
        raise UpgradeError(f"The backup before the upgrade failed, so nothing was changed. {error}") from error


def _migrate_live(backup: Path) -> None:
    try:
        migrate()
    except _FAILURES as error:
        lines = [
            f"The migration failed: {_reason(error)}",
            "Nothing was changed: the database is as it was, and the version of fsm that ran before starts on it.",
            f"A backup of it is {backup}",
        ]
        raise UpgradeError("\n".join(lines)) from error


def _way_back(backup: Path) -> list[str]:
    return [
        f"The database as it was before is in {backup}",
        f"To go back: fsm restore {backup} --replace --keep-revision, then start the version of fsm that ran before.",
    ]


# What a revision may raise: its own errors, the database's, Alembic's.
_FAILURES = (
    sa.exc.SQLAlchemyError,
    CommandError,
    RuntimeError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    OSError,
)


def _reason(error: Exception) -> str:
    if isinstance(error, sa.exc.DBAPIError):
        text = str(error.orig).strip()
        if type(error.orig).__name__ == "InsufficientPrivilege":
            text += "\nOnly the role that owns the tables may upgrade: run fsm migrate with its DATABASE_URL."
        return text
    return f"{type(error).__name__}: {error}"
