"""The tables of a database as they are, whatever revision they have, and their rows as lines of JSON.

Both engines write the same lines: integers (exact amounts too) as they are stored, moments as text in UTC, true and
false as 1 and 0, JSON as its text, bytes in hexadecimal. So a backup of one is restored into the other.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.backups.errors import BackupError
from fsm.backups.manifest import Sums

VERSION_TABLE = "alembic_version"
_MOST_ARGUMENTS = 50  # PostgreSQL's functions take 100
_FETCHED = 2000


class Kind(StrEnum):
    """How a column's values are written."""

    INTEGER = "integer"
    TEXT = "text"
    BOOLEAN = "boolean"
    DATE = "date"
    MOMENT = "moment"
    JSON = "json"
    BYTES = "bytes"


# In this order: a Boolean is no Integer, JSON no Text, but what is checked first wins anyway.
_KINDS: tuple[tuple[type[Any], Kind], ...] = (
    (sa.Boolean, Kind.BOOLEAN),
    (sa.Integer, Kind.INTEGER),
    (sa.JSON, Kind.JSON),
    (sa.DateTime, Kind.MOMENT),
    (sa.Date, Kind.DATE),
    (sa.LargeBinary, Kind.BYTES),
    (sa.String, Kind.TEXT),
)


@dataclass(frozen=True, slots=True)
class StoredTable:
    """A table with its columns, and the key that its rows are ordered by."""

    name: str
    columns: tuple[tuple[str, Kind], ...]
    key: tuple[str, ...]

    @property
    def integers(self) -> list[str]:
        """The columns that are summed up."""
        return [name for name, kind in self.columns if kind is Kind.INTEGER]


def stored_tables(connection: sa.Connection) -> list[StoredTable]:
    """All tables of the program in this database, by name, but the one with the revision.

    What the engine keeps for itself (virtual tables of a search, computed columns) is made anew by a restore.
    """
    inspector = sa.inspect(connection)
    names = sorted(set(inspector.get_table_names()) - {VERSION_TABLE} - _virtual(connection))
    # Of all tables at once: one by one they are two questions each, and PostgreSQL takes a second for them.
    columns = inspector.get_multi_columns(filter_names=names)
    keys = inspector.get_multi_pk_constraint(filter_names=names)
    return [
        StoredTable(
            name,
            tuple(
                (column["name"], _kind(name, column["name"], column["type"]))
                for column in columns[None, name]
                if not column.get("computed")
            ),
            tuple(keys[None, name]["constrained_columns"]),
        )
        for name in names
    ]


def _virtual(connection: sa.Connection) -> set[str]:
    if connection.dialect.name != "sqlite":
        return set()
    rows = connection.exec_driver_sql("PRAGMA table_list").all()
    return {row.name for row in rows if row.type in {"virtual", "shadow"}}


def _kind(table: str, column: str, kind: sa.types.TypeEngine[object]) -> Kind:
    for known, name in _KINDS:
        if isinstance(kind, known):
            return name
    raise BackupError(
        _(
            "The column %(column)s is of a kind (%(kind)s) that backups do not know.",
            column=f"{table}.{column}",
            kind=kind,
        )
    )


def count_and_sums(connection: sa.Connection, table: str, integers: Sequence[str]) -> tuple[int, Sums]:
    """How many rows, and the sum of each of these columns."""
    sums = "".join(f", sum({_quoted(name)})" for name in integers)
    row = connection.exec_driver_sql(f"SELECT count(*){sums} FROM {_quoted(table)}").one()  # noqa: S608 - names from the catalogue
    return int(row[0]), {
        name: None if value is None else int(value) for name, value in zip(integers, row[1:], strict=True)
    }


def lines(connection: sa.Connection, table: StoredTable) -> Iterator[str]:
    """Each row as one JSON array, in the order of the key."""
    is_sqlite = connection.dialect.name == "sqlite"
    array, written = ("json_array", _written_by_sqlite) if is_sqlite else ("json_build_array", _written_by_postgresql)
    values = [written(_quoted(name), kind) for name, kind in table.columns]
    groups = [values[at : at + _MOST_ARGUMENTS] for at in range(0, len(values), _MOST_ARGUMENTS)]
    # As text: the driver would read what it takes for JSON.
    selected = ", ".join(f"CAST({array}({', '.join(group)}) AS text)" for group in groups)
    order = f" ORDER BY {', '.join(map(_quoted, table.key))}" if table.key else ""
    query = f"SELECT {selected} FROM {_quoted(table.name)}{order}"  # noqa: S608 - names from the catalogue
    rows = connection.execution_options(stream_results=True, yield_per=_FETCHED).exec_driver_sql(query)
    if len(groups) == 1:
        yield from rows.scalars()
        return
    for row in rows:
        yield f"[{','.join(part[1:-1] for part in row)}]"


def _written_by_sqlite(column: str, kind: Kind) -> str:
    if kind is Kind.BYTES:
        return f"CASE WHEN {column} IS NULL THEN NULL ELSE hex({column}) END"
    return column


def _written_by_postgresql(column: str, kind: Kind) -> str:
    match kind:
        case Kind.MOMENT:
            return f"to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')"
        case Kind.BOOLEAN:
            return f"{column}::int"
        case Kind.JSON:
            return f"{column}::text"
        case Kind.BYTES:
            return f"upper(encode({column}, 'hex'))"
        case _:
            return column


def sequences(connection: sa.Connection) -> dict[str, int]:
    """The highest id that each table has given, whether or not its row is still there: none is given twice."""
    if connection.dialect.name == "sqlite":
        rows = connection.exec_driver_sql("SELECT name, seq FROM sqlite_sequence").all()
        return {name: int(last) for name, last in rows if not name.startswith("_alembic_tmp_")}
    query = (
        "SELECT t.relname, pg_sequence_last_value(s.oid) FROM pg_class s "
        "JOIN pg_depend d ON d.objid = s.oid AND d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i') "
        "JOIN pg_class t ON t.oid = d.refobjid WHERE s.relkind = 'S' "
        "AND t.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())"
    )
    return {name: int(last) for name, last in connection.exec_driver_sql(query) if last is not None}


def guards(connection: sa.Connection) -> list[str]:
    """The statements that make the database's guards anew, for going back to an earlier version of the program."""
    if connection.dialect.name == "sqlite":
        rows = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE type = 'trigger' ORDER BY rowid")
        return list(rows.scalars())
    functions = (
        "SELECT pg_get_functiondef(p.oid) FROM pg_proc p WHERE p.proname LIKE 'guard\\_%%' "
        "AND p.pronamespace = current_schema()::regnamespace ORDER BY p.oid"
    )
    triggers = (
        "SELECT pg_get_triggerdef(t.oid, true) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
        "WHERE NOT t.tgisinternal AND c.relnamespace = current_schema()::regnamespace ORDER BY t.oid"
    )
    schema = connection.exec_driver_sql("SELECT quote_ident(current_schema())").scalar()
    return [
        *(
            text.replace(f"FUNCTION {schema}.", "FUNCTION ", 1)
            for text in connection.exec_driver_sql(functions).scalars()
        ),
        *connection.exec_driver_sql(triggers).scalars(),
    ]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
