"""By which words stock items are found."""

from collections.abc import Sequence

from fsm.catalog.models import StockItem
from fsm.core.search import Reads, Source, Words, rows_of
from fsm.core.search_words import compact, kept, words

_COLUMNS = ("code", "description", "barcode")


def _words(ids: Sequence[int]) -> Words:
    return {
        row.id: kept(words(row.code), [compact(row.code)], words(row.barcode, row.description))
        for row in rows_of(StockItem, _COLUMNS, ids)
    }


SOURCES = (Source("stock_item", (Reads(StockItem, "id", frozenset(_COLUMNS)),), _words),)
