"""By which words payments are found: their amount, and what the bank or the office wrote beside it."""

from collections.abc import Sequence

import sqlalchemy as sa

from fsm.core.db import session
from fsm.core.search import Reads, Source, Words
from fsm.core.search_words import kept, of_amount, of_reference
from fsm.payments.models import Payment

_COLUMNS = ("amount", "description")


def _words(ids: Sequence[int]) -> Words:
    columns = [getattr(Payment, name) for name in _COLUMNS]
    return {
        row.id: kept(of_amount(row.amount), of_reference(row.description))
        for row in session.execute(sa.select(Payment.id, *columns).where(Payment.id.in_(ids)))
    }


SOURCES = (Source("payment", (Reads(Payment, "id", frozenset(_COLUMNS)),), _words),)
