"""Many rows by one statement: several times faster than the unit of work, and audited here where the table is."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa

from fsm.core import audit
from fsm.core.db import Base, add_rows, is_sqlite, session

_LAST_ID = sa.text("SELECT seq FROM sqlite_sequence WHERE name = :table")
_NEXT_IDS = sa.text("SELECT nextval(pg_get_serial_sequence(:table, 'id')) FROM generate_series(1, :count)")


def insert(model: type[Any], rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Insert rows given as columns and values and give their ids, in this order.

    Columns that a row does not give take their default, or NULL. Only within a writing transaction.
    """
    if not rows:
        return []
    ids = _reserved(model.__tablename__, len(rows))
    values = [{**row, "id": row_id} for row_id, row in zip(ids, rows, strict=True)]
    add(model, values)
    if getattr(model, "__audited__", False):
        audit.record(
            (model.__tablename__, row["id"], "insert", None, audit.plain(_all_columns(model.__tablename__) | row))
            for row in values
        )
    return ids


def add(model: type[Any], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows whose ids nobody asks for; tables that are audited go through ``insert``."""
    if not rows:
        return
    session.flush()
    given = set().union(*rows)
    missing = {
        name: value
        for name, value in _all_columns(model.__tablename__).items()
        if name in given or value is not None  # NULL where no row says otherwise: the database needs no telling
    }
    add_rows(model, [{**missing, **row} for row in rows])


@cache
def _all_columns(table: str) -> dict[str, Any]:
    """What columns hold that are not given: their default, or NULL."""
    return {
        column.key: column.default.arg if isinstance(column.default, sa.ColumnDefault) else None
        for column in Base.metadata.tables[table].columns
        if column.key != "id"
    }


def _reserved(table: str, count: int) -> list[int]:
    """The next ids of a table: drivers give them back in no sure order, so they are taken before."""
    connection = session.connection()
    if is_sqlite():  # nobody else writes until this transaction ends
        session.flush()
        last = connection.scalar(_LAST_ID, {"table": table}) or 0
        return list(range(last + 1, last + 1 + count))
    return list(connection.scalars(_NEXT_IDS, {"table": table, "count": count}))
