"""Making a backup while the program is in use: one reading transaction over all rows, then the files they name.

The reading transaction is a snapshot on both engines, so posting goes on meanwhile and none of it is half in the
archive. Stored files are written before their row and never change, so they are copied after the rows.
"""

import gzip
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from importlib import metadata
from pathlib import Path
from typing import TypeAlias

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.backups import tables
from fsm.backups.archive import SECRET_KEY, Writer, table_part
from fsm.backups.errors import BackupError
from fsm.backups.manifest import Manifest, StoredFiles, Table

SUFFIX = ".fsmbackup"
UNFINISHED = ".unfinished-"
Progress: TypeAlias = Callable[[int, int], None]
"""Told how much is done, of how much; a row and a kilobyte of a file count as one."""

# Rows that belong to the machine and the moment: who is logged in, and which backups lie in its folder.
LEFT_OUT = frozenset({"user_session", "login_failure", "backup", "scheduled_run"})
_COMPRESSION = 3
_OWNER_ONLY = 0o600


@dataclass(frozen=True, slots=True)
class Made:
    """A finished backup."""

    path: Path
    manifest: Manifest
    size: int


def file_name(kind: str, at: datetime) -> str:
    """By moment (UTC), so that a folder lists them in order."""
    return f"fsm-{at.astimezone(UTC):%Y%m%d-%H%M%S}-{kind}{SUFFIX}"


def new_file(folder: Path, kind: str) -> Path:
    """A name that is free in this folder, of this moment."""
    at = datetime.now(UTC)
    while (path := folder / file_name(kind, at)).exists():
        at += timedelta(seconds=1)
    return path


def make(target: Path, *, engine: sa.Engine, data_folder: Path, progress: Progress | None = None) -> Made:
    """Write everything into ``target``, which is there whole or not at all; BackupError where that fails.

    The archive holds all rows, the stored files and the secret key, so only its owner may read it (mode 0600).
    """
    if target.exists():
        raise BackupError(_("There is already a file %(path)s.", path=target))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=UNFINISHED) as folder:  # nobody else enters it
            draft = Path(folder) / "archive"
            manifest = _write(draft, Path(folder), engine, data_folder, progress)
            draft.rename(target)
        _sync(target.parent)
        return Made(target, manifest, target.stat().st_size)
    except OSError as error:
        raise BackupError(_("The backup could not be written: %(reason)s.", reason=error.strerror or error)) from error
    except sa.exc.DBAPIError as error:
        raise BackupError(_("The database could not be read: %(reason)s", reason=str(error.orig).strip())) from error


def _write(draft: Path, folder: Path, engine: sa.Engine, data_folder: Path, progress: Progress | None) -> Manifest:
    with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _OWNER_ONLY), "wb") as file:
        writer = Writer(file)
        with _snapshot(engine) as connection:
            stored = tables.stored_tables(connection)
            facts = {table.name: _facts(connection, table) for table in stored}
            wanted = _stored_files(connection, stored)
            count = _Counter(
                progress, sum(each.rows for each in facts.values()) + sum(_weight(size) for _sha, size in wanted)
            )
            for table in stored:
                rows = [] if table.name in LEFT_OUT else tables.lines(connection, table)
                source = folder / "rows"
                _check(table.name, _compress(rows, source, count), facts[table.name].rows)
                writer.add(table_part(table.name), source)
            manifest = _manifest(connection, facts)
        missing = [sha for sha, size in wanted if not _add_file(writer, data_folder, sha, size, count)]
        key = data_folder / "secret_key"
        if key.exists():
            writer.add_bytes(SECRET_KEY, key.read_bytes())
        manifest = writer.close(replace(manifest, missing_files=missing))
        file.flush()
        os.fsync(file.fileno())
    return manifest


@contextmanager
def _snapshot(engine: sa.Engine) -> Iterator[sa.Connection]:
    with engine.connect() as connection:
        if engine.dialect.name != "sqlite":  # SQLite's reading transaction is a snapshot anyway
            connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with connection.begin():
            yield connection


def _facts(connection: sa.Connection, table: tables.StoredTable) -> Table:
    columns = [(name, kind.value) for name, kind in table.columns]
    if table.name in LEFT_OUT:
        return Table(columns, 0, dict.fromkeys(table.integers))
    return Table(columns, *tables.count_and_sums(connection, table.name, table.integers))


def _check(table: str, written: int, counted: int) -> None:
    if written != counted:
        raise BackupError(
            _(
                "Of %(table)s, %(written)s rows were read, not %(counted)s.",
                table=table,
                written=written,
                counted=counted,
            )
        )


def _stored_files(connection: sa.Connection, stored: Iterable[tables.StoredTable]) -> list[tuple[str, int]]:
    if "stored_file" not in {table.name for table in stored}:
        raise BackupError(_("There is no database of fsm here."))
    rows = connection.exec_driver_sql("SELECT sha256, size FROM stored_file ORDER BY sha256").all()
    return sorted((str(sha256), int(size)) for sha256, size in rows)


class _Counter:
    """Adds up what is done."""

    def __init__(self, progress: Progress | None, total: int) -> None:
        self.progress, self.total, self.done = progress, total, 0

    def __call__(self, step: int) -> None:
        self.done += step
        if self.progress:
            self.progress(self.done, self.total)


def _weight(size: int) -> int:
    return size // 1000 + 1


def _compress(rows: Iterable[str], target: Path, count: _Counter) -> int:
    written = 0
    with (
        target.open("wb") as file,
        gzip.GzipFile(fileobj=file, filename="", mode="wb", compresslevel=_COMPRESSION, mtime=0) as out,
    ):
        for row in rows:
            out.write(row.encode())
            out.write(b"\n")
            written += 1
            if written % 1000 == 0:
                count(1000)
    count(written % 1000)
    return written


def _add_file(writer: Writer, data_folder: Path, sha256: str, size: int, count: _Counter) -> bool:
    is_there = writer.add_stored_file(sha256, data_folder / "files" / sha256[:2] / sha256[2:])
    count(_weight(size))
    return is_there


def _manifest(connection: sa.Connection, facts: dict[str, Table]) -> Manifest:
    revision = connection.exec_driver_sql(f"SELECT version_num FROM {tables.VERSION_TABLE}").scalar()  # noqa: S608 - our own name
    company = connection.exec_driver_sql("SELECT name FROM company").scalar()
    return Manifest(
        made_at=datetime.now(UTC),
        program=metadata.version("fsm"),
        revision=str(revision or ""),
        engine=connection.dialect.name,
        company=str(company or ""),
        tables=facts,
        left_out=sorted(LEFT_OUT & facts.keys()),
        sequences=tables.sequences(connection),
        files=StoredFiles(0, 0, ""),
        missing_files=[],
        guards=tables.guards(connection),
    )


def _sync(folder: Path) -> None:
    # The name in the folder must survive a power cut as the bytes do.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
