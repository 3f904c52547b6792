"""Many rows by one statement: Core inserts are several times faster than the unit of work, and are audited here."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from fsm.core import audit
from fsm.core.db import session


def insert(model: type[Any], rows: Sequence[Any]) -> list[int]:
    """Insert unsaved ORM objects, whose columns must all be set but for the id and those that may be NULL; gives the ids.

    The objects stay out of the session: they are only used as values.
    """
    if not rows:
        return []
    mapper = sa.inspect(model)
    names = [column.key for column in mapper.column_attrs if column.key != "id"]
    values = [{name: getattr(row, name) for name in names} for row in rows]
    inserted = session.execute(sa.insert(model).returning(model.id, sort_by_parameter_order=True), values)
    ids = list(inserted.scalars())
    if getattr(model, "__audited__", False):
        audit.record(
            (model.__tablename__, row_id, "insert", None, audit.plain(row) | {"id": row_id})
            for row_id, row in zip(ids, values, strict=True)
        )
    return ids
