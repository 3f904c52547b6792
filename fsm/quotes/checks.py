"""What must hold for quotes and sales orders, each fault in a sentence."""

import functools
from collections.abc import Iterator

import sqlalchemy as sa

from fsm.ledger.checks import AnySelect, holes
from fsm.quotes.models import Quote
from fsm.sales_orders.models import SalesOrder

_KINDS: dict[str, type[Quote] | type[SalesOrder]] = {"quote": Quote, "sales_order": SalesOrder}


def quote_and_order_numbers_without_hole() -> Iterator[str]:
    """Neither is deleted once it has a number: their numbers run without a hole."""
    for kind in _KINDS:
        yield from holes(_numbers(kind), kind)


@functools.cache
def _numbers(kind: str) -> AnySelect:
    model = _KINDS[kind]
    return sa.select(
        model.number_series.label("series"),
        model.number_period.label("period"),
        model.number_counter.label("number"),
    ).where(model.number_series.is_not(None))
