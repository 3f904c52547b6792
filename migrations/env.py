"""Runs migrations: guards dropped, revisions applied, guards made anew, foreign keys checked - in one transaction."""

import importlib
import pkgutil
import sys
from pathlib import Path

import sqlalchemy as sa
from alembic import context
from flask import current_app

sys.path.insert(0, str(Path(__file__).resolve().parent))

import guards

import fsm
from fsm.core.types import Exact, Moment

for slice_ in pkgutil.iter_modules(fsm.__path__):  # every table must be known, whatever the program has imported
    if slice_.ispkg:
        for module in pkgutil.iter_modules(importlib.import_module(f"fsm.{slice_.name}").__path__):
            if module.name == "models" or module.name.endswith("_models"):
                importlib.import_module(f"fsm.{slice_.name}.{module.name}")

for module in pkgutil.iter_modules(fsm.core.__path__):
    importlib.import_module(f"fsm.core.{module.name}")

db = current_app.extensions["migrate"].db


def _check_foreign_keys(connection: sa.Connection) -> None:
    if connection.dialect.name != "sqlite":
        return  # PostgreSQL has never let a broken one in
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if broken:
        msg = f"foreign keys are broken after the migration: {broken[:10]}"
        raise RuntimeError(msg)


def _include(obj: object, name: str | None, kind: str, reflected: bool, compare_to: object) -> bool:  # noqa: FBT001 - Alembic's signature
    del obj, reflected, compare_to
    return not (kind == "table" and name == "alembic_version")


@sa.event.listens_for(sa.Table, "before_create")
def _keep_autoincrement(table: sa.Table, connection: sa.Connection, **options: object) -> None:
    """A table that SQLite has to rebuild would lose what keeps an id from being given twice."""
    del options
    is_rebuilt = connection.dialect.name == "sqlite" and table.name.startswith("_alembic_tmp_")
    if is_rebuilt and [column.name for column in table.primary_key] == ["id"]:
        table.dialect_kwargs["sqlite_autoincrement"] = True


def _highest_ids(connection: sa.Connection) -> dict[str, int]:
    if connection.dialect.name != "sqlite":
        return {}
    if not connection.exec_driver_sql("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'").first():
        return {}
    return dict(connection.exec_driver_sql("SELECT name, seq FROM sqlite_sequence").all())


def _put_highest_ids_back(connection: sa.Connection, before: dict[str, int]) -> None:
    """The rebuilt table knows the highest id that it has, not the highest that was ever given."""
    for name, highest in before.items():
        connection.exec_driver_sql("UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?", (highest, name))
        connection.exec_driver_sql(
            "INSERT INTO sqlite_sequence (name, seq) SELECT name, ? FROM sqlite_master WHERE type = 'table' AND name = ? "
            "AND name NOT IN (SELECT name FROM sqlite_sequence)",
            (highest, name),
        )


def _render(kind: str, obj: object, autogen_context: object) -> str | bool:
    """Own column types by what they are in the database, so that a revision never depends on the program."""
    del autogen_context
    if kind == "type" and isinstance(obj, Exact):
        return "sa.BigInteger()"
    if kind == "type" and isinstance(obj, Moment):
        return "sa.DateTime(timezone=True)"
    return False


def run() -> None:
    """Online only: offline SQL cannot see which guards there are."""
    engine = db.engine
    with engine.connect().execution_options(writes=True) as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
            connection.rollback()
            raw = connection.connection.driver_connection
            raw.execute("PRAGMA foreign_keys=OFF")  # a pragma inside a transaction does nothing
        with connection.begin():
            guards.drop(connection)
            highest = _highest_ids(connection)
            context.configure(
                connection=connection,
                target_metadata=db.metadata,
                render_as_batch=True,
                compare_type=True,
                include_object=_include,
                transaction_per_migration=False,
                render_item=_render,
            )
            context.run_migrations()
            _put_highest_ids_back(connection, highest)
            # The guards are those of the newest tables; below the head (a restore, a test) they would name what is not there.
            heads = set(context.get_context().get_current_heads())
            if heads and heads == set(context.script.get_heads()):
                guards.create(connection)
            _check_foreign_keys(connection)
        if engine.dialect.name == "sqlite":
            raw.execute("PRAGMA foreign_keys=ON")


run()
