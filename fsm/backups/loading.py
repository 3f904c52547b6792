"""Putting the rows of a backup into a migrated database of the same revision, past its guards.

The guards go and come back with the migration that follows; foreign keys are off meanwhile and proven at the end.
"""

import gzip
import json
import zlib
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, TypeAlias

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.backups.archive import Reader, table_part
from fsm.backups.errors import BackupError
from fsm.backups.manifest import Manifest, Table
from fsm.backups.tables import Kind, count_and_sums, stored_tables

Progress: TypeAlias = Callable[[int], None]
_LOT = 2000


def load(reader: Reader, engine: sa.Engine, progress: Progress) -> None:
    """Replace all rows, in one transaction; ``progress`` is told of rows. BackupError says what does not fit."""
    is_sqlite = engine.dialect.name == "sqlite"
    try:
        with engine.connect().execution_options(writes=True) as connection:
            raw: Any = connection.connection.driver_connection
            if is_sqlite:
                raw.execute("PRAGMA foreign_keys=OFF")  # inside a transaction it would do nothing
            with connection.begin():
                _check_fit(reader.manifest, connection)
                keys = [] if is_sqlite else _without_foreign_keys(connection)
                _drop_guards(connection)
                for name, table in reader.manifest.tables.items():
                    rows = _rows(reader, name, table, is_sqlite=is_sqlite)
                    (_insert if is_sqlite else _copy)(
                        raw, name, [column for column, _kind in table.columns], rows, progress
                    )
                _set_sequences(connection, reader.manifest)
                _prove(reader.manifest, connection)
                _check_keys(connection, keys)
            if is_sqlite:
                raw.execute("PRAGMA foreign_keys=ON")
    except sa.exc.DBAPIError as error:
        raise _refused(error.orig) from error
    except engine.dialect.loaded_dbapi.Error as error:
        raise _refused(error) from error


def put_guards_back(engine: sa.Engine, manifest: Manifest) -> None:
    """The guards as they were when the backup was made; only on the same engine."""
    if engine.dialect.name != manifest.engine:
        raise BackupError(
            _(
                "The guards of %(engine)s do not fit this database: to keep the revision, restore into %(engine)s.",
                engine=manifest.engine,
            )
        )
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        for statement in manifest.guards:
            connection.exec_driver_sql(statement if engine.dialect.name == "sqlite" else statement.replace("%", "%%"))


def _refused(error: object) -> BackupError:
    return BackupError(_("The database refuses what is in the backup: %(reason)s", reason=str(error).strip()))


def _check_fit(manifest: Manifest, connection: sa.Connection) -> None:
    """Tables and columns must be those that the revision makes."""
    there = {table.name: dict(table.columns) for table in stored_tables(connection)}
    wanted = {name: {column: Kind(kind) for column, kind in table.columns} for name, table in manifest.tables.items()}
    if there != wanted:
        names = sorted(name for name in there.keys() | wanted.keys() if there.get(name) != wanted.get(name))
        raise BackupError(
            _(
                "The backup names revision %(revision)s, but its tables are not those of that revision: %(tables)s.",
                revision=manifest.revision,
                tables=", ".join(names),
            )
        )


def _rows(reader: Reader, name: str, table: Table, *, is_sqlite: bool) -> Iterator[tuple[Any, ...]]:
    kinds = [Kind(kind) for _column, kind in table.columns]
    binary = [at for at, kind in enumerate(kinds) if kind is Kind.BYTES]
    truths = [] if is_sqlite else [at for at, kind in enumerate(kinds) if kind is Kind.BOOLEAN]
    try:
        with gzip.open(reader.part(table_part(name)), "rt", encoding="utf-8", newline="\n") as text:
            for line in text:
                values = json.loads(line)
                if len(values) != len(kinds):
                    raise ValueError(line[:100])  # noqa: TRY301 - all that is unreadable ends below
                for at in binary:
                    values[at] = None if values[at] is None else bytes.fromhex(values[at])
                for at in truths:
                    values[at] = None if values[at] is None else bool(values[at])
                yield tuple(values)
    except (ValueError, TypeError, OSError, EOFError, KeyError, zlib.error) as error:
        raise BackupError(_("The rows of %(table)s in the backup cannot be read.", table=name)) from error


def _insert(raw: Any, name: str, columns: list[str], rows: Iterator[tuple[Any, ...]], progress: Progress) -> None:  # noqa: ANN401 - the driver's
    raw.execute(f'DELETE FROM "{name}"')  # noqa: S608 - checked against the catalogue
    statement = f'INSERT INTO "{name}" ({_listed(columns)}) VALUES ({", ".join("?" * len(columns))})'  # noqa: S608 - the same
    while lot := list(islice(rows, _LOT)):
        raw.executemany(statement, lot)
        progress(len(lot))


def _copy(raw: Any, name: str, columns: list[str], rows: Iterator[tuple[Any, ...]], progress: Progress) -> None:  # noqa: ANN401 - the driver's
    with raw.cursor() as cursor:
        cursor.execute(f'DELETE FROM "{name}"')  # noqa: S608 - checked against the catalogue
        with cursor.copy(f'COPY "{name}" ({_listed(columns)}) FROM STDIN') as copy:
            while lot := list(islice(rows, _LOT)):
                for row in lot:
                    copy.write_row(row)
                progress(len(lot))


def _listed(columns: list[str]) -> str:
    return ", ".join(f'"{column}"' for column in columns)


def _drop_guards(connection: sa.Connection) -> None:
    if connection.dialect.name == "sqlite":
        names = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").scalars().all()
        for name in names:
            connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
        return
    query = (
        "SELECT t.tgname, c.oid::regclass::text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
        "WHERE NOT t.tgisinternal AND c.relnamespace = current_schema()::regnamespace"
    )
    for trigger, table in connection.exec_driver_sql(query).all():
        connection.exec_driver_sql(f'DROP TRIGGER "{trigger}" ON {table}')


def _without_foreign_keys(connection: sa.Connection) -> list[str]:
    """Drop them, and give the statements that put them back and so prove them; no other role can switch them off."""
    query = (
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE contype = 'f' AND connamespace = current_schema()::regnamespace ORDER BY 1, 2"
    )
    found = connection.exec_driver_sql(query).all()
    for table, name, _definition in found:
        connection.exec_driver_sql(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    return [f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}' for table, name, definition in found]


def _set_sequences(connection: sa.Connection, manifest: Manifest) -> None:
    if connection.dialect.name == "sqlite":
        for name, last in manifest.sequences.items():  # the rows have moved theirs already; the table has no key
            facts = {"name": name, "last": last}
            raised = connection.execute(
                sa.text("UPDATE sqlite_sequence SET seq = max(seq, :last) WHERE name = :name"), facts
            )
            if not raised.rowcount:
                connection.execute(sa.text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :last)"), facts)
        return
    restart = sa.text("SELECT setval(pg_get_serial_sequence(:name, 'id'), :last)")
    for name, last in manifest.sequences.items():
        connection.execute(restart, {"name": name, "last": last})


def _prove(manifest: Manifest, connection: sa.Connection) -> None:
    """Counts and sums in the database are those that were written."""
    for name, table in manifest.tables.items():
        rows, sums = count_and_sums(connection, name, list(table.sums))
        if (rows, sums) != (table.rows, table.sums):
            raise BackupError(
                _("The rows of %(table)s are not as many, or not the sums, that were backed up.", table=name)
            )


def _check_keys(connection: sa.Connection, definitions: list[str]) -> None:
    for definition in definitions:
        connection.exec_driver_sql(definition.replace("%", "%%"))
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        if broken:
            raise BackupError(
                _(
                    "Rows in the backup name others that it does not have: %(tables)s.",
                    tables=", ".join({row[0] for row in broken}),
                )
            )
