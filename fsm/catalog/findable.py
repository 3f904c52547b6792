"""By which words stock items are found."""

from collections.abc import Sequence

import sqlalchemy as sa

from fsm.catalog.models import StockItem
from fsm.core.db import session
from fsm.core.search import Reads, Source, Words
from fsm.core.search_words import compact, kept, words

_COLUMNS = ("code", "description", "barcode")


def _words(ids: Sequence[int]) -> Words:
    columns = [getattr(StockItem, name) for name in _COLUMNS]
    return {
        row.id: kept(words(row.code), [compact(row.code)], words(row.barcode, row.description))
        for row in session.execute(sa.select(StockItem.id, *columns).where(StockItem.id.in_(ids)))
    }


SOURCES = (Source("stock_item", (Reads(StockItem, "id", frozenset(_COLUMNS)),), _words),)
