"""By which words quotes are found."""

from collections.abc import Sequence

from fsm.core.search import Reads, Source, Words, rows_of
from fsm.core.search_words import kept, of_amount, of_number, of_reference, words
from fsm.quotes.models import Quote

_COLUMNS = ("number", "client_name", "reference", "total_with_tax")


def _words(ids: Sequence[int]) -> Words:
    return {
        row.id: kept(
            of_number(row.number), words(row.client_name), of_reference(row.reference), of_amount(row.total_with_tax)
        )
        for row in rows_of(Quote, _COLUMNS, ids)
    }


SOURCES = (Source("quote", (Reads(Quote, "id", frozenset(_COLUMNS)),), _words),)
