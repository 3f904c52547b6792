"""The guards (triggers) of the database: one SQL file per engine, dropped before a migration and made anew after it."""

import re
import sqlite3
from pathlib import Path

import sqlalchemy as sa

FOLDER = Path(__file__).resolve().parent
# One statement of SQLite's file, one line of PostgreSQL's.
TRIGGER = re.compile(r"^CREATE TRIGGER \w+ BEFORE [A-Z ]+ ON (\w+)")


def drop(connection: sa.Connection) -> None:
    """Drop every guard, so that tables can be rebuilt and posted rows back-filled."""
    if connection.dialect.name == "sqlite":
        names = connection.execute(
            sa.text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'guard_%'")
        )
        for name in list(names.scalars()):
            connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
        return
    query = (
        "SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace "
        "WHERE p.proname LIKE 'guard\\_%' AND n.nspname = current_schema()"
    )
    for function in list(connection.execute(sa.text(query)).scalars()):
        connection.exec_driver_sql(f"DROP FUNCTION {function} CASCADE")


def create(connection: sa.Connection) -> None:
    """Make every guard of the engine's file whose table is there: an earlier revision has fewer tables.

    That none is missing at the newest revision is a test's business.
    """
    tables = set(sa.inspect(connection).get_table_names())
    for statement in statements(connection.dialect.name):
        if connection.dialect.name == "sqlite":
            kept = statement if _is_there(statement, tables) else ""
        else:
            kept = "".join(line for line in statement.splitlines(keepends=True) if _is_there(line, tables))
        if kept:
            connection.exec_driver_sql(kept)


def _is_there(text: str, tables: set[str]) -> bool:
    found = TRIGGER.match(text)
    return found is None or found[1] in tables


def statements(engine: str) -> list[str]:
    """The statements of the engine's guard file; a PostgreSQL file is run as one."""
    text = (FOLDER / f"guards.{engine}.sql").read_text()
    if engine != "sqlite":
        return [text.replace("%", "%%")]
    found, pending = [], ""
    for line in text.splitlines(keepends=True):
        if line.startswith("--"):
            continue
        pending += line
        if pending.strip() and sqlite3.complete_statement(pending):
            found.append(pending.strip())
            pending = ""
    if pending.strip():
        msg = f"unfinished statement in the guards: {pending}"
        raise ValueError(msg)
    return found
