"""The guards of the database are those of the file, and a migration goes past them and puts them back."""

import importlib.util
import re
from types import ModuleType

import pytest
import sqlalchemy as sa
from flask import Flask

from fsm.app import ROOT
from fsm.core.db import Base, db, is_sqlite

pytestmark = pytest.mark.database
FOLDER = ROOT / "migrations"


def _load_guards() -> ModuleType:
    spec = importlib.util.spec_from_file_location("guards_of_migrations", FOLDER / "guards.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


guards = _load_guards()
on_sqlite = pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)


def stored() -> dict[str, str]:
    """The guards in the database by name, with their text."""
    with db.engine.connect() as connection:
        if is_sqlite():
            query = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
        else:
            query = (
                "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal "
                "UNION ALL SELECT p.oid::regprocedure::text, pg_get_functiondef(p.oid) FROM pg_proc p "
                "JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = current_schema()"
            )
        return {row[0]: row[1] for row in connection.execute(sa.text(query))}


def test_the_database_has_the_guards_of_the_file(database: Flask) -> None:
    before = stored()
    assert len(before) > 20
    with db.engine.execution_options(writes=True).begin() as connection:
        guards.drop(connection)
        guards.create(connection)
    assert stored() == before


@on_sqlite
def test_each_statement_of_the_file_is_stored_word_for_word(database: Flask) -> None:
    texts = {statement.rstrip(";").strip() for statement in guards.statements("sqlite")}
    assert {text.strip() for text in stored().values()} == texts


def test_dropping_leaves_none(database: Flask) -> None:
    with db.engine.execution_options(writes=True).connect() as connection, connection.begin() as transaction:
        guards.drop(connection)
        query = (
            "SELECT count(*) FROM sqlite_master WHERE type = 'trigger'"
            if is_sqlite()
            else "SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal"
        )
        assert connection.exec_driver_sql(query).scalar_one() == 0
        transaction.rollback()
    assert stored()


def test_both_engines_say_the_same_sentences() -> None:
    """Each has guards that the other needs none of; those are listed here."""
    said = {
        engine: set(re.findall(r"'([A-Z][^']+\.)'", (FOLDER / f"guards.{engine}.sql").read_text("utf-8")))
        for engine in ("sqlite", "postgresql")
    }
    assert said["postgresql"] - said["sqlite"] == set()
    assert said["sqlite"] - said["postgresql"] == {"The amounts of this journal entry are no whole cents."}


@pytest.mark.parametrize(
    ("table", "free"),
    [
        ("invoice", {"state"}),
        ("payment", {"undone_entry_id", "undone_at", "undone_by_id"}),
        ("write_off", {"undone_entry_id", "undone_at", "undone_by_id"}),
        ("work_claim", {"released_at"}),
    ],
)
def test_sqlites_guards_name_every_column(table: str, free: set[str]) -> None:
    """SQLite cannot compare whole rows, so a new column must be added to its guard."""
    (update,) = [text for text in guards.statements("sqlite") if f"TRIGGER guard_{table}_update " in text]
    compared = set(re.findall(r"NEW\.(\w+) IS OLD\.\1\b", update))
    assert compared == {column.name for column in Base.metadata.tables[table].columns} - free


def test_no_guard_of_sqlite_names_the_columns_it_fires_for() -> None:
    """UPDATE OF id does not fire for SET rowid, which is the same column."""
    assert [text for text in guards.statements("sqlite") if re.search(r"\bUPDATE OF\b", text)] == []
