"""Lists page by key: a cursor names the last row seen, so that page 10,000 costs what page 1 does."""

import base64
import binascii
import datetime as dt
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Generic, TypeVar

import sqlalchemy as sa

from fsm.core.db import session
from fsm.core.errors import NotFoundError
from fsm.core.types import Exact, Moment

PAGE_SIZE = 50
FILE_PAGE = 1000  # rows read at a time for a file
COUNT_LIMIT = 999
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Rows of one page; a cursor is None where there is no further page on that side."""

    rows: Sequence[T]
    previous: str | None
    next: str | None


def page(
    query: sa.Select[Any],
    keys: Sequence[Any],
    cursor: str | None = None,
    *,
    descending: bool = False,
    size: int = PAGE_SIZE,
) -> Page[Any]:
    """One page of ORM rows or of labelled columns, sorted by ``keys``, whose last must be unique (an id).

    The key columns must be readable from a row under their own names. NotFoundError for a cursor that is none.
    """
    backwards, values = _decode(cursor, keys)
    down = descending != backwards
    if values is not None:
        edge = sa.tuple_(*(sa.literal(value, key.type) for key, value in zip(keys, values, strict=True)))
        place = sa.tuple_(*keys)
        query = query.where(place < edge if down else place > edge)
    query = query.order_by(*(key.desc() if down else key.asc() for key in keys)).limit(size + 1)
    result = session.execute(query)
    found = list(result.scalars() if len(result.keys()) == 1 else result)
    more, rows = len(found) > size, found[:size]
    if backwards:
        rows.reverse()
    before = more if backwards else values is not None
    after = values is not None if backwards else more
    return Page(
        rows,
        _encode("b", rows[0], keys) if rows and before else None,
        _encode("f", rows[-1], keys) if rows and after else None,
    )


def all_rows(page_of: Callable[[str | None], Page[T]]) -> Iterator[T]:
    """The rows of every page, read one page after the other."""
    cursor: str | None = None
    while True:
        found = page_of(cursor)
        yield from found.rows
        cursor = found.next
        if cursor is None:
            return


def capped_count(query: sa.Select[Any]) -> int:
    """How many rows there are, exact to 999; 1000 stands for "999+" (an exact count of a million is too slow)."""
    return session.scalar(sa.select(sa.func.count()).select_from(query.limit(COUNT_LIMIT + 1).subquery())) or 0


def _encode(direction: str, row: Any, keys: Sequence[Any]) -> str:  # noqa: ANN401 - an ORM row or a Row
    values = [getattr(row, key.key) for key in keys]
    text = json.dumps([direction, *[value if isinstance(value, int) else str(value) for value in values]])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode(cursor: str | None, keys: Sequence[Any]) -> tuple[bool, list[Any] | None]:
    if not cursor:
        return False, None
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        direction, *values = json.loads(base64.urlsafe_b64decode(padded))
        return direction == "b", [_typed(key, value) for key, value in zip(keys, values, strict=True)]
    except (ValueError, TypeError, ArithmeticError, RecursionError, binascii.Error) as error:
        raise NotFoundError("There is no such page of this list.") from error


def _typed(key: Any, value: Any) -> Any:  # noqa: ANN401 - column and JSON value
    if isinstance(key.type, Exact):
        return Decimal(value)
    if isinstance(key.type, Moment):
        return dt.datetime.fromisoformat(value).astimezone(dt.UTC)
    kind = key.type.python_type
    if kind is dt.date:
        return dt.date.fromisoformat(value)
    if kind is int:
        number = int(value)
        if abs(number) >= 2**63:
            raise ValueError(value)
        return number
    text = str(value)
    if "\0" in text:
        raise ValueError(value)  # PostgreSQL does not take it
    text.encode()  # nor half a surrogate pair
    return text
