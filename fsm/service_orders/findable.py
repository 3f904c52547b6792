"""By which words service orders are found."""

from collections.abc import Sequence

from fsm.core.search import Reads, Source, Words, rows_of
from fsm.core.search_words import kept, of_number, of_reference, words
from fsm.service_orders.models import ServiceOrder

_COLUMNS = ("number", "reference", "description", "kind_of_work")
_OF_DESCRIPTION = 500  # letters: its beginning says what it is about


def _words(ids: Sequence[int]) -> Words:
    return {
        row.id: kept(
            of_number(row.number),
            of_reference(row.reference),
            words(row.kind_of_work, row.description[:_OF_DESCRIPTION]),
        )
        for row in rows_of(ServiceOrder, _COLUMNS, ids)
    }


SOURCES = (Source("service_order", (Reads(ServiceOrder, "id", frozenset(_COLUMNS)),), _words),)
