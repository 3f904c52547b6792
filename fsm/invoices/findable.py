"""By which words invoices and credit notes are found, those of a former program too."""

from collections.abc import Sequence

from fsm.core.search import Reads, Source, Words, rows_of
from fsm.core.search_words import kept, of_amount, of_number, of_reference, words
from fsm.invoices.models import Invoice, InvoiceState
from fsm.invoices.taken_over_models import TakenOver

_COLUMNS = ("number", "client_name", "reference", "structured_message", "total_with_tax", "state")

_TAKEN_OVER = ("number", "reference", "structured_message", "total")


def _words(ids: Sequence[int]) -> Words:
    return {
        row.id: kept(
            of_number(row.number),
            words(row.client_name),
            of_reference(row.reference),
            words(row.structured_message),
            of_amount(row.total_with_tax if row.state is InvoiceState.POSTED else None),
        )
        for row in rows_of(Invoice, _COLUMNS, ids)
    }


def _taken_over_words(ids: Sequence[int]) -> Words:
    return {
        row.id: kept(
            of_number(row.number),
            of_reference(row.reference),
            words(row.structured_message),
            of_amount(row.total),
        )
        for row in rows_of(TakenOver, _TAKEN_OVER, ids)
    }


SOURCES = (
    Source("invoice", (Reads(Invoice, "id", frozenset(_COLUMNS)),), _words),
    Source("taken_over", (Reads(TakenOver, "id", frozenset(_TAKEN_OVER)),), _taken_over_words),
)
