"""The database: one session, one way to write, SQLite and PostgreSQL behaving alike."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeVar

import sqlalchemy as sa
from flask import Flask, current_app, g, has_request_context
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event, orm

from fsm.core.types import Exact

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

Row = TypeVar("Row")


class Base(orm.DeclarativeBase):
    """Parent of every table; constraints are named by convention so that migrations can address them."""

    metadata = sa.MetaData(naming_convention=NAMES)

    def __init_subclass__(cls) -> None:
        """An id is never given twice: on SQLite too, where the highest would come back after a deletion."""
        super().__init_subclass__()
        table = cls.metadata.tables[cls.__tablename__]
        if [column.name for column in table.primary_key] == ["id"]:
            table.dialect_kwargs["sqlite_autoincrement"] = True


db = SQLAlchemy(metadata=Base.metadata, session_options={"expire_on_commit": False})
session = db.session


class WriteTooLongError(AssertionError):
    """In tests: a writing transaction did slow work that belongs before it (architecture.md, law 4)."""


def init_app(app: Flask) -> None:
    """Bind the engine and give it its manners."""
    db.init_app(app)
    with app.app_context():
        engine = db.engine
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _sqlite_connect)
        event.listen(engine, "begin", _sqlite_begin)


def _sqlite_connect(connection: Any, record: object) -> None:  # noqa: ANN401 - the driver's connection
    del record
    connection.isolation_level = None  # the driver must not begin by itself: _sqlite_begin says how
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "recursive_triggers=ON",  # else REPLACE walks past the guards
        "busy_timeout=15000",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _sqlite_begin(connection: sa.Connection) -> None:
    # A deferred BEGIN that writes later fails with "locked" instead of waiting.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@event.listens_for(orm.Session, "before_flush")
def _refuse_flush_while_reading(sess: orm.Session, context: object, instances: object) -> None:
    del context, instances
    if not sess.info.get("writes") and (sess.new or sess.deleted or any(map(sess.is_modified, sess.dirty))):
        msg = "a change outside a writing transaction; GET never writes"
        raise RuntimeError(msg)


@event.listens_for(orm.Session, "do_orm_execute")
def _refuse_execute_while_reading(state: orm.ORMExecuteState) -> None:
    if (state.is_insert or state.is_update or state.is_delete) and not state.session.info.get("writes"):
        msg = "a change outside a writing transaction; GET never writes"
        raise RuntimeError(msg)


def require_writing() -> None:
    """For statements that go past the session: RuntimeError outside a writing transaction."""
    if not session.info.get("writes"):
        msg = "a change outside a writing transaction; GET never writes"
        raise RuntimeError(msg)


@contextmanager
def writing(*, actor_id: int | None = None, bulk: bool = False) -> Iterator[None]:
    """One writing transaction: commits at the end, rolls back whatever raises.

    ``actor_id`` goes into the audit rows. ``bulk`` says that this is a batch, exempt from the tests' limit on CPU time.
    """
    session.rollback()
    session.info.update(writes=True, actor_id=actor_id, held={})
    started = time.thread_time()
    try:
        session.connection(execution_options={"writes": True})
        yield
        session.flush()
        _check_length(started, bulk=bulk)
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info.update(writes=False, actor_id=None, moment=None, held={})


def _check_length(started: float, *, bulk: bool) -> None:
    # CPU time, not wall time: what slows a write down by itself, not what the machine does beside it.
    limit: float | None = current_app.config.get("WRITE_LIMIT_SECONDS")
    if limit is not None and not bulk and time.thread_time() - started > limit:
        msg = f"a write took {time.thread_time() - started:.3f} s of CPU, the limit is {limit} s"
        raise WriteTooLongError(msg)


def afterwards(work: Callable[[], None]) -> None:
    """Write something that must outlive a refusal or a GET, in a transaction of its own after the request's has ended."""
    if has_request_context():
        g.setdefault("afterwards", []).append(work)
        return
    with writing():
        work()


def run_afterwards() -> None:
    """Called once by the roof when the request's own transaction is over."""
    waiting: list[Callable[[], None]] = g.pop("afterwards", [])
    if waiting:
        with writing():
            for work in waiting:
                work()


def is_sqlite() -> bool:
    """Which engine this is, for the few places where they differ."""
    return db.engine.dialect.name == "sqlite"


def total(column: Any) -> Any:  # noqa: ANN401 - any exact column or expression
    """SUM of an exact column, 0 over no rows."""
    kind = column.type
    if not isinstance(kind, Exact):
        msg = "total() adds exact columns"
        raise TypeError(msg)
    return sa.type_coerce(sa.func.coalesce(sa.func.sum(column), sa.literal(0, sa.BigInteger())), kind)


def only_row(model: type[Row]) -> Row | None:
    """The one row of a table of settings, its id 1; None before there is one.

    It is kept as long as the transaction: the identity map alone would forget it as soon as nobody looks at it, and ask
    again. Longer would not do: a job of many lots must see what was changed meanwhile.
    """
    row = session.get(model, 1)
    session.info.setdefault("held", {})[model] = row
    return row


def lock(model: type[Any], ids: Iterator[int] | list[int] | set[int]) -> dict[int, Any]:
    """The rows with these ids by id, fresh and locked in ascending order until the transaction ends."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    query: sa.Select[Any] = _locking(model)  # type: ignore[arg-type]  # reason: a class is hashable
    return {row.id: row for row in session.scalars(query, {"ids": wanted})}


# Statements of the busiest writes are made once: to compose one takes SQLAlchemy longer than the database to run it.
@cache
def _locking(model: type[Any]) -> sa.Select[Any]:
    query = sa.select(model).where(model.id.in_(sa.bindparam("ids", expanding=True))).order_by(model.id)
    return query.with_for_update().execution_options(populate_existing=True)


# From so many rows on, PostgreSQL takes them sooner by COPY than by a statement for each.
COPIED_FROM = 8


def add_rows(model: type[Any], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, all of the same columns and with a value for each, past the unit of work: in a writing transaction only.

    The values are turned into the driver's column by column: row by row, SQLAlchemy takes longer than the database.
    """
    require_writing()
    statement, names, processors = _inserting(model.__tablename__, tuple(rows[0]), db.engine.dialect)
    columns = [
        [row[name] for row in rows] if process is None else [process(row[name]) for row in rows]
        for name, process in zip(names, processors, strict=True)
    ]
    connection = session.connection()
    if len(rows) < COPIED_FROM or is_sqlite():
        connection.exec_driver_sql(statement, list(zip(*columns, strict=True)))
    else:
        _copy(connection, model.__tablename__, names, zip(*columns, strict=True))


def _copy(connection: sa.Connection, table: str, names: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> None:
    """Insert by PostgreSQL's COPY, guards and all; raises what an INSERT would."""
    driver: Any = connection.connection.driver_connection
    dbapi: Any = connection.dialect.dbapi
    quoted = ", ".join(f'"{name}"' for name in names)
    statement = f'COPY "{table}" ({quoted}) FROM STDIN'
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    except dbapi.Error as error:
        raise sa.exc.DBAPIError.instance(statement, None, error, dbapi.Error, dialect=connection.dialect) from error


@cache
def _inserting(
    table: str, names: tuple[str, ...], dialect: sa.Dialect
) -> tuple[str, tuple[str, ...], list[Callable[[Any], Any] | None]]:
    """The statement with places for values, whose they are in that order, and what turns each into the driver's."""
    columns = Base.metadata.tables[table].c
    engine: Any = type(dialect)
    positional = engine(paramstyle="qmark" if dialect.name == "sqlite" else "format")
    compiled: Any = sa.insert(Base.metadata.tables[table]).compile(dialect=positional, column_keys=list(names))
    if set(compiled.positiontup) != set(names):
        msg = f"{table} needs a value for each of {compiled.positiontup}"
        raise TypeError(msg)
    order = tuple(compiled.positiontup)
    return str(compiled), order, [columns[name].type.dialect_impl(dialect).bind_processor(dialect) for name in order]


def table_of(model: type[Any]) -> sa.Table:
    """The table itself, for statements that the ORM need not see."""
    return Base.metadata.tables[model.__tablename__]
