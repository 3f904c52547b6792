"""What the migrations make is what the models say, on both engines: tables, columns, keys, checks, indexes."""

import re
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask, current_app

from fsm.core.db import Base, db

pytestmark = pytest.mark.database
Named = dict[str, set[str]]


def _plain(sql: str) -> str:
    """SQL of an index or a check, without what an engine adds: case, spaces, brackets, casts, quotes, table names."""
    text = re.sub(r"::[a-z ]+(\(\d+\))?(\[\])?", "", sql.lower())
    return re.sub(r"[\s()\"]", "", text)


def _checks_of_models() -> Named:
    """Names of CHECK constraints by table; those without a name make no check."""
    return {
        table.name: {
            str(constraint.name)
            for constraint in table.constraints
            if isinstance(constraint, sa.CheckConstraint) and not _only_elsewhere(constraint)
        }
        for table in Base.metadata.sorted_tables
    }


def _only_elsewhere(constraint: sa.CheckConstraint) -> bool:
    """The CHECK that an Enum or a Boolean brings may be meant for other engines only."""
    rule: Any = getattr(constraint, "_create_rule", None)
    if rule is None:
        return False
    compiler = db.engine.dialect.ddl_compiler(db.engine.dialect, None)
    return not rule(compiler)


def _default_differs(
    context: object, stored: object, column: sa.Column[Any], default: str | None, meant: object, rendered: str | None
) -> bool | None:
    """Alembic asks PostgreSQL whether two JSON values are equal, which it cannot say: their texts are compared here."""
    del context, stored, meant
    if not isinstance(column.type, sa.JSON):
        return None
    return _plain(default or "").strip("'") != _plain(rendered or "").strip("'")


def test_no_difference(database: Flask) -> None:
    with db.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": _default_differs, "render_as_batch": True}
        )
        assert compare_metadata(context, Base.metadata) == []


def test_checks_have_the_same_names(database: Flask) -> None:
    inspector = sa.inspect(db.engine)
    stored = {
        table.name: {str(check["name"]) for check in inspector.get_check_constraints(table.name)}
        for table in Base.metadata.sorted_tables
    }
    assert stored == {
        name: {_rendered(name, check) for check in checks} for name, checks in _checks_of_models().items()
    }


def _rendered(table: str, name: str) -> str:
    """The convention is applied when the table is made; some names carry it already."""
    return name if name.startswith(f"ck_{table}_") else f"ck_{table}_{name}"


def test_indexes_are_the_same_with_their_conditions(database: Flask) -> None:
    inspector = sa.inspect(db.engine)
    dialect = db.engine.dialect.name
    for table in Base.metadata.sorted_tables:
        stored = {
            str(index["name"]): (
                [column for column in index["column_names"] if column],
                bool(index["unique"]),
                _plain(str(index.get("dialect_options", {}).get(f"{dialect}_where", ""))),
            )
            for index in inspector.get_indexes(table.name)
            if not index.get("duplicates_constraint")
        }
        wanted = {
            str(index.name): (
                [column.name for column in index.columns],
                bool(index.unique),
                _plain(
                    str(
                        index.dialect_options[dialect]["where"]
                        if index.dialect_options[dialect]["where"] is not None
                        else ""
                    )
                ),
            )
            for index in table.indexes
        }
        assert stored == wanted, table.name


def test_keys_have_the_same_names(database: Flask) -> None:
    inspector = sa.inspect(db.engine)
    for table in Base.metadata.sorted_tables:
        unique = {(str(key["name"]), *key["column_names"]) for key in inspector.get_unique_constraints(table.name)}
        foreign = {
            (str(key["name"]), *key["constrained_columns"], str(key["referred_table"]))
            for key in inspector.get_foreign_keys(table.name)
        }
        assert unique == {
            (str(c.name), *(column.name for column in c.columns))
            for c in table.constraints
            if isinstance(c, sa.UniqueConstraint)
        }, table.name
        assert foreign == {
            (str(c.name), *(column.name for column in c.columns), c.referred_table.name)
            for c in table.foreign_key_constraints
        }, table.name
        assert inspector.get_pk_constraint(table.name)["name"] in {f"pk_{table.name}", None}, table.name


def test_the_database_is_at_the_only_head(database: Flask) -> None:
    script = ScriptDirectory.from_config(current_app.extensions["migrate"].migrate.get_config())
    with db.engine.connect() as connection:
        assert [MigrationContext.configure(connection).get_current_revision()] == script.get_heads()


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
def test_no_revision_depends_on_the_program(database: Flask) -> None:
    """A revision that imports the program changes its meaning when the program does."""
    script = ScriptDirectory.from_config(current_app.extensions["migrate"].migrate.get_config())
    sources = [revision.module.__file__ or "" for revision in script.walk_revisions()]
    assert sources
    for source in sources:
        with open(source, encoding="utf-8") as file:  # noqa: PTH123 - Alembic gives a text
            assert not re.search(r"^\s*(import|from) fsm\b", file.read(), re.MULTILINE), source
