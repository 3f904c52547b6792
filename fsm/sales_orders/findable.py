"""By which words sales orders are found."""

from collections.abc import Sequence

import sqlalchemy as sa

from fsm.core.db import session
from fsm.core.search import Reads, Source, Words
from fsm.core.search_words import kept, of_amount, of_number, of_reference, words
from fsm.sales_orders.models import SalesOrder

_COLUMNS = ("number", "client_name", "reference", "total_with_tax")


def _words(ids: Sequence[int]) -> Words:
    columns = [getattr(SalesOrder, name) for name in _COLUMNS]
    return {
        row.id: kept(
            of_number(row.number), words(row.client_name), of_reference(row.reference), of_amount(row.total_with_tax)
        )
        for row in session.execute(sa.select(SalesOrder.id, *columns).where(SalesOrder.id.in_(ids)))
    }


SOURCES = (Source("sales_order", (Reads(SalesOrder, "id", frozenset(_COLUMNS)),), _words),)
