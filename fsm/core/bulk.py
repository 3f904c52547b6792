"""Many rows by one statement: several times faster than the unit of work, and audited here where the table is."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.core import audit, search
from fsm.core.db import Base, add_rows, is_sqlite, require_writing, session
from fsm.core.errors import ConflictError

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
    search.added(model.__tablename__, rows)


def update(model: type[Any], changes: Sequence[tuple[int, int, Mapping[str, Any], Mapping[str, Any]]]) -> None:
    """Change rows given as (id, version, columns before, columns after), audited where the table is.

    ConflictError where one was changed since it was read. Only within a writing transaction.
    """
    if not changes:
        return
    require_writing()
    session.flush()
    table = Base.metadata.tables[model.__tablename__]
    versions = {row_id: version for row_id, version, _before, _after in changes}
    query = (
        sa.select(table.c.id, table.c.version).where(table.c.id.in_(versions)).order_by(table.c.id).with_for_update()
    )
    if dict(session.execute(query).all()) != versions:
        raise ConflictError(_("Somebody else has changed this meanwhile. Look at the newer version and save again."))
    by_columns: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row_id, _version, _before, after in changes:
        by_columns.setdefault(tuple(after), []).append({"b_id": row_id} | {f"b_{name}": after[name] for name in after})
    for names, rows in by_columns.items():
        values: dict[str, Any] = {name: sa.bindparam(f"b_{name}", type_=table.c[name].type) for name in names}
        if "version" in table.c:
            values["version"] = table.c.version + 1
        session.connection().execute(sa.update(table).where(table.c.id == sa.bindparam("b_id")).values(values), rows)
    search.updated(model.__tablename__, changes)
    if getattr(model, "__audited__", False):
        audit.record(
            (model.__tablename__, row_id, "update", audit.plain(dict(before)), audit.plain(dict(after)))
            for row_id, _version, before, after in changes
        )


def change(model: type[Any], changes: Sequence[tuple[Any, Mapping[str, Any]]]) -> None:
    """The same for loaded rows that the caller holds: (row, its new values). They are read anew when looked at next."""
    update(
        model,
        [(row.id, row.version, {name: getattr(row, name) for name in values}, values) for row, values in changes],
    )
    for row, _values in changes:
        session.expire(row)


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
