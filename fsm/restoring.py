"""Restoring a backup: into a database beside the one in use, migrated and checked there, and only then swapped in."""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import sqlalchemy as sa
from flask import Flask, current_app
from flask_babel import gettext as _

from fsm import upgrading
from fsm.app import create_app
from fsm.backups import archive, loading, making, services
from fsm.backups.archive import SECRET_KEY, Reader
from fsm.backups.errors import BackupError
from fsm.backups.manifest import Manifest
from fsm.backups.models import BackupKind
from fsm.backups.places import folder as backups_folder
from fsm.backups.places import kind_of
from fsm.backups.tables import VERSION_TABLE, stored_tables
from fsm.core.db import db, session, writing
from fsm.files import services as files
from fsm.home import checks
from fsm.mail import services as mail
from fsm.webhooks import services as webhooks

SCHEMA = "fsm_restoring"
Progress: TypeAlias = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Restored:
    """What was put in place, and where what was there before has gone."""

    manifest: Manifest
    revision: str
    before: Path | None


class FaultsError(BackupError):
    """The backup is whole, but the books in it are not sound."""

    def __init__(self, findings: list[checks.Finding]) -> None:
        self.findings = findings
        sentences = [f"{finding.check}: {sentence}" for finding in findings for sentence in finding.sentences]
        super().__init__(_("The books in the backup are not sound. %(faults)s", faults=" ".join(sentences)))


def verify(path: Path, progress: Progress | None = None) -> Manifest:
    """Prove a backup by restoring it into a SQLite database that is thrown away; BackupError says what is wrong.

    Every byte of the archive, every file by its SHA-256, counts and sums, foreign keys, the migration to the newest
    revision and all checks of the books.
    """
    step = _Steps(progress, path)
    with archive.reading(path, step.bytes) as reader, tempfile.TemporaryDirectory(prefix="fsm-verify-") as folder:
        with _scratch(Path(folder), None) as scratch:
            _fill(reader, scratch, step, keep_revision=False, accept_faults=False)
        if reader.manifest.missing_files:
            raise BackupError(
                _(
                    "Files were missing or damaged already when the backup was made: %(names)s.",
                    names=", ".join(reader.manifest.missing_files[:10]),
                )
            )
        step.done()
        return reader.manifest


def verify_and_note(path: Path, progress: Progress | None = None) -> Manifest:
    """As ``verify``; for a file in the folder of backups the page says what was found."""
    try:
        manifest = verify(path, progress)
    except BackupError as error:
        _note(path, str(error))
        raise
    _note(path, None)
    return manifest


def _note(path: Path, error: str | None) -> None:
    kind = kind_of(path.name)
    if kind not in set(BackupKind) or path.resolve().parent != backups_folder().resolve():
        return
    if upgrading.state().is_current:  # else there is no table of this program to write into
        with writing():
            services.note_verified(path.name, kind=BackupKind(kind), error=error)


def restore(
    path: Path,
    *,
    replace: bool = False,
    keep_revision: bool = False,
    accept_faults: bool = False,
    progress: Progress | None = None,
) -> Restored:
    """Put a backup in the place of this program's database, files and secret key; BackupError says why not.

    What is there goes into a backup of its own before, and only with ``replace``. Until the swap, which is one
    transaction, nothing has changed but that stored files were added.
    """
    step = _Steps(progress, path)
    data_folder = Path(current_app.config["DATA_FOLDER"])
    with archive.reading(path, step.bytes) as reader, upgrading.alone():
        is_empty = _is_empty()
        if not is_empty and not replace:
            raise BackupError(
                _("There is a company in this database already. To put the backup in its place, add --replace.")
            )
        with (
            tempfile.TemporaryDirectory(dir=data_folder, prefix=".restoring-") as folder,
            _scratch(Path(folder), db.engine.url) as scratch,
        ):
            revision = _fill(reader, scratch, step, keep_revision=keep_revision, accept_faults=accept_faults)
            for sha256, source in reader.stored_files():
                files.write_stream(sha256, source)
            before = None if is_empty else back_up("before-restore").path
            _swap(scratch)
        _put_secret_key(reader, data_folder)
        step.done()
        return Restored(reader.manifest, revision, before)


class _Steps:
    """One bar over proving the archive (half of it) and loading its rows."""

    def __init__(self, progress: Progress | None, path: Path) -> None:
        self.progress, self.read, self.loaded, self.rows = progress, 0, 0, 0
        self.size = path.stat().st_size if path.exists() else 1

    def bytes(self, count: int) -> None:
        self.read += count
        self._tell()

    def lines(self, count: int) -> None:
        self.loaded += count
        self._tell()

    def done(self) -> None:
        if self.progress:
            self.progress(1000, 1000)

    def _tell(self) -> None:
        if self.progress:
            share = self.read / self.size + (self.loaded / self.rows if self.rows else 0)
            self.progress(min(999, int(share * 500)), 1000)


@contextmanager
def _scratch(folder: Path, url: sa.URL | None) -> Iterator[Flask]:
    """The program over an empty database beside the real one: a file, or a schema of the same PostgreSQL database."""
    if url is None or url.get_backend_name() == "sqlite":
        with _program(f"sqlite:///{folder / 'fsm.sqlite3'}", folder) as app:
            yield app
        return
    _execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE", f"CREATE SCHEMA {SCHEMA}")  # a left-over of a killed one
    try:
        inside = url.update_query_dict({"options": f"-csearch_path={SCHEMA}"})
        with _program(inside.render_as_string(hide_password=False), folder) as app:
            yield app
    finally:
        _execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")


@contextmanager
def _program(url: str, folder: Path) -> Iterator[Flask]:
    app = create_app(
        SQLALCHEMY_DATABASE_URI=url,
        DATA_FOLDER=folder,
        SECRET_KEY="only while restoring",  # noqa: S106 - it serves nobody
    )
    try:
        yield app
    finally:
        with app.app_context():
            session.remove()
            db.engine.dispose()


def _execute(*statements: str) -> None:
    try:
        with db.engine.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
    except sa.exc.DBAPIError as error:
        reason = str(error.orig).strip()
        raise BackupError(_("The database refuses to restore: %(reason)s", reason=reason)) from error


def _fill(reader: Reader, scratch: Flask, step: _Steps, *, keep_revision: bool, accept_faults: bool) -> str:
    """Load, prove, migrate and check, in the scratch program; gives the revision that it has now."""
    manifest = reader.manifest
    step.rows = manifest.rows
    with scratch.app_context():
        known = {revision.revision for revision in upgrading.scripts().walk_revisions()}
        if manifest.revision not in known:
            raise BackupError(
                _(
                    "The backup was made by a newer version of fsm (%(program)s, revision %(revision)s): restore it with that.",
                    program=manifest.program,
                    revision=manifest.revision or "?",
                )
            )
        upgrading.migrate(manifest.revision)
        loading.load(reader, db.engine, step.lines)
        _prove_files(reader)
        if keep_revision and manifest.revision != upgrading.state().head:
            loading.put_guards_back(db.engine, manifest)
            return manifest.revision
        try:
            upgrading.migrate()
            upgrading.index_if_needed(lambda _sentence: None)
            with writing(bulk=True):
                mail.note_restored()
                webhooks.note_restored()
        except Exception as error:
            raise BackupError(_("The backup could not be migrated: %(reason)s", reason=error)) from error
        findings = checks.run()
        session.remove()
        if findings and not accept_faults:
            raise FaultsError(findings)
        return upgrading.state().head


def _prove_files(reader: Reader) -> None:
    """Each file that a row names is in the archive, under the hash of its bytes (which were proven with the whole)."""
    with db.engine.connect() as connection:
        named = set(connection.exec_driver_sql("SELECT sha256 FROM stored_file").scalars())
    held = {sha256 for sha256, _bytes in reader.stored_files()}
    if named != held | set(reader.manifest.missing_files):
        raise BackupError(_("The stored files in the backup are not those that its rows name."))


def _is_empty() -> bool:
    """No company: nothing there that anybody could miss."""
    with db.engine.connect() as connection:
        if not sa.inspect(connection).has_table("company"):
            return True
        return connection.exec_driver_sql("SELECT count(*) FROM company").scalar() == 0


def back_up(kind: str, target: Path | None = None, progress: Progress | None = None) -> making.Made:
    """Back up this program's database and files; without a target, into the folder of backups."""
    target = target or making.new_file(backups_folder(), kind)
    return making.make(target, engine=db.engine, data_folder=Path(current_app.config["DATA_FOLDER"]), progress=progress)


def _swap(scratch: Flask) -> None:
    session.remove()
    db.engine.dispose()
    if db.engine.dialect.name == "sqlite":
        _swap_sqlite(Path(scratch.config["SQLALCHEMY_DATABASE_URI"].removeprefix("sqlite:///")))
    else:
        _swap_postgresql()
    db.engine.dispose()


def _swap_sqlite(source_path: Path) -> None:
    """SQLite's own copying is one transaction in the target; a server that runs on it sees the old or the new."""
    try:
        with (
            closing(sqlite3.connect(source_path)) as source,
            closing(sqlite3.connect(db.engine.url.database or "", timeout=15)) as target,
        ):
            source.backup(target)
    except sqlite3.Error as error:
        raise BackupError(_("The database could not be replaced: %(reason)s", reason=error)) from error


def _swap_postgresql() -> None:
    """Drop the old tables and move the new ones to their place, in one transaction."""
    with db.engine.connect() as connection:
        target = connection.exec_driver_sql("SELECT current_schema()").scalar()
        old = [table.name for table in stored_tables(connection)]
        version = [VERSION_TABLE] if sa.inspect(connection).has_table(VERSION_TABLE) else []
        functions = connection.exec_driver_sql(_FUNCTIONS.format(schema="current_schema()")).scalars().all()
        new = sa.inspect(connection).get_table_names(schema=SCHEMA)
        new_functions = connection.exec_driver_sql(_FUNCTIONS.format(schema=f"'{SCHEMA}'")).scalars().all()
    _execute(
        *(f'DROP TABLE "{name}" CASCADE' for name in (*old, *version)),
        *(f"DROP FUNCTION {name} CASCADE" for name in functions),
        *(f'ALTER TABLE {SCHEMA}."{name}" SET SCHEMA "{target}"' for name in new),
        *(f'ALTER FUNCTION {name} SET SCHEMA "{target}"' for name in new_functions),
    )


# Guards alone; nothing else of the schema is touched.
_FUNCTIONS = (
    "SELECT quote_ident(n.nspname) || '.' || quote_ident(p.proname) || '(' || pg_get_function_identity_arguments(p.oid) || ')' "
    "FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE p.proname LIKE 'guard\\_%%' AND n.nspname = {schema}"
)


def _put_secret_key(reader: Reader, data_folder: Path) -> None:
    """The key of the backup's installation, so that what it signed still holds; servers take it when they start."""
    if not reader.has(SECRET_KEY):
        return
    path = data_folder / "secret_key"
    draft = path.with_name(".secret_key.new")
    with os.fdopen(os.open(draft, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "wb") as file:
        shutil.copyfileobj(reader.part(SECRET_KEY), file)
    draft.rename(path)
