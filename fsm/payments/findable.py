"""By which words payments are found: their amount, and what the bank or the office wrote beside it."""

from collections.abc import Sequence

from fsm.core.search import Reads, Source, Words, rows_of
from fsm.core.search_words import kept, of_amount, of_reference
from fsm.payments.models import Payment

_COLUMNS = ("amount", "description")


def _words(ids: Sequence[int]) -> Words:
    return {
        row.id: kept(of_amount(row.amount), of_reference(row.description)) for row in rows_of(Payment, _COLUMNS, ids)
    }


SOURCES = (Source("payment", (Reads(Payment, "id", frozenset(_COLUMNS)),), _words),)
