"""Lists page by key, forwards and backwards, over ties, and a made-up cursor is a page that does not exist."""

import base64
import json
from decimal import Decimal as D

import pytest
import sqlalchemy as sa
from flask import Flask

from fsm.catalog.models import StockItem
from fsm.core.audit import AuditChange
from fsm.core.db import session, writing
from fsm.core.errors import NotFoundError
from fsm.core.paging import Page, capped_count, page
from tests import factories

pytestmark = pytest.mark.database
KEYS = [StockItem.sort_key, StockItem.id]
QUERY = sa.select(StockItem)


@pytest.fixture
def ids(database: Flask) -> list[int]:
    """Seven rows, of which four share a key, in their order."""
    with writing():
        for place, key in enumerate("bbabacb"):
            factories.make_item(code=f"C{place}", sort_key=key)
    found = list(session.scalars(sa.select(StockItem.id).order_by(StockItem.sort_key, StockItem.id)))
    session.rollback()
    return found


def ids_of(found: Page[StockItem]) -> list[int]:
    return [row.id for row in found.rows]


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("size", [1, 2, 3, 6, 7, 8])
def test_every_row_once_there_and_back(size: int, descending: bool, ids: list[int]) -> None:  # noqa: FBT001 - a table
    wanted = ids[::-1] if descending else ids
    at, pages, cursor = 0, [], None
    while True:
        found = page(QUERY, KEYS, cursor, descending=descending, size=size)
        assert ids_of(found) == wanted[at : at + size]
        assert (found.previous is None) is (at == 0)
        pages.append(found)
        at += size
        if found.next is None:
            break
        cursor = found.next
    assert at >= len(ids)
    for later in range(len(pages) - 1, 0, -1):
        back = page(QUERY, KEYS, pages[later].previous, descending=descending, size=size)
        assert ids_of(back) == ids_of(pages[later - 1])
        assert back.next is not None
        assert (back.previous is None) is (later == 1)


def test_what_comes_in_between_is_neither_skipped_nor_doubled(ids: list[int]) -> None:
    first = page(QUERY, KEYS, size=3)
    session.rollback()
    with writing():
        factories.make_item(code="NEW", sort_key="0")
    assert ids_of(page(QUERY, KEYS, first.next, size=3)) == ids[3:6]


def test_an_empty_list_is_one_page(database: Flask) -> None:
    found = page(QUERY, KEYS)
    assert (list(found.rows), found.previous, found.next) == ([], None, None)


def test_columns_may_be_paged_too(ids: list[int]) -> None:
    query = sa.select(StockItem.id, StockItem.sort_key, StockItem.code)
    found = page(query, KEYS, page(query, KEYS, size=4).next, size=4)
    assert [row.id for row in found.rows] == ids[4:]


@pytest.mark.parametrize("keys", [[StockItem.sale_price, StockItem.id], [AuditChange.at, AuditChange.id]])
def test_keys_of_other_types(keys: list[sa.orm.InstrumentedAttribute[object]], ids: list[int]) -> None:
    with writing():
        for number, item in enumerate(session.scalars(sa.select(StockItem).order_by(StockItem.id))):
            item.sale_price = D(number) / 4
    query = sa.select(keys[0].class_)
    wanted = list(session.scalars(query.order_by(*keys)))
    first = page(query, keys, size=2)
    second = page(query, keys, first.next, size=2)
    assert [row.id for row in (*first.rows, *second.rows)] == [row.id for row in wanted[:4]]


def cursor_of(*values: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "!!!",
        "ü",
        "%00",
        cursor_of(),
        cursor_of("f"),
        cursor_of("f", "a"),
        cursor_of("f", "a", 1, 2),
        cursor_of("f", "a", 2**63),
        cursor_of("f", "a", -(2**63) - 1),
        cursor_of("f", "a", "one"),
        cursor_of("f", "a", None),
        cursor_of("f", "a", [1]),
        cursor_of("f", "a", {"x": 1}),
        base64.urlsafe_b64encode(b"7").decode(),
        base64.urlsafe_b64encode(b"\xff\xfe").decode(),
        base64.urlsafe_b64encode(b'["f", "a", 1e999]').decode(),
        base64.urlsafe_b64encode(b'["f", "a\\u0000", 1]').decode(),
        base64.urlsafe_b64encode(b'["f", "a\\ud800", 1]').decode(),
        base64.urlsafe_b64encode(b"[" * 5000).decode(),
    ],
)
def test_a_cursor_that_is_none_is_not_found(cursor: str, ids: list[int]) -> None:
    with pytest.raises(NotFoundError):
        page(QUERY, KEYS, cursor)


def test_the_largest_id_is_a_cursor(ids: list[int]) -> None:
    assert list(page(QUERY, KEYS, cursor_of("f", "zzz", 2**63 - 1)).rows) == []


def test_counts_end_at_999(database: Flask) -> None:
    numbers = sa.text(
        "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < :limit) SELECT x FROM n"
    )
    for limit, counted in ((1, 1), (999, 999), (1000, 1000), (5000, 1000)):
        rows = numbers.bindparams(limit=limit).columns(sa.column("x", sa.Integer)).subquery()
        assert capped_count(sa.select(rows.c.x)) == counted
