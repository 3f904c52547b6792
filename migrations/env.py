"""Runs migrations: guards dropped, revisions applied, guards made anew, foreign keys checked - in one transaction."""

import importlib.util
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
    if slice_.ispkg and importlib.util.find_spec(f"fsm.{slice_.name}.models"):
        importlib.import_module(f"fsm.{slice_.name}.models")

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
            # The guards are those of the newest tables; below the head (a restore, a test) they would name what is not there.
            heads = set(context.get_context().get_current_heads())
            if heads and heads == set(context.script.get_heads()):
                guards.create(connection)
            _check_foreign_keys(connection)
        if engine.dialect.name == "sqlite":
            raw.execute("PRAGMA foreign_keys=ON")


run()
