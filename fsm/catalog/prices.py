"""What a customer pays: the own price, else what the customer's price list says, else the usual price."""

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from fsm.catalog.models import CustomerPrice, CustomerPriceList, LaborRate, ListedPrice, PriceList, StockItem
from fsm.core.db import session
from fsm.core.money import rounded

PLACES = 4
HUNDRED = Decimal(100)


def usual_price(thing: StockItem | LaborRate) -> Decimal:
    """What who has no other price pays."""
    return thing.sale_price if isinstance(thing, StockItem) else thing.price


def less(price: Decimal, percentage_off: Decimal) -> Decimal:
    """A unit price after so many percent off."""
    return rounded(price * (HUNDRED - percentage_off) / HUNDRED, PLACES)


class Prices:
    """The prices of one customer for the things given, on one day; three queries however many they are."""

    def __init__(self, customer_id: int, things: Iterable[StockItem | LaborRate], on: dt.date) -> None:
        wanted = list(things)
        items = [thing.id for thing in wanted if isinstance(thing, StockItem)]
        rates = [thing.id for thing in wanted if isinstance(thing, LaborRate)]
        self.price_list = list_of(customer_id)
        own = sa.select(CustomerPrice).where(CustomerPrice.customer_id == customer_id)
        self._own = _by_thing(own, CustomerPrice, items, rates)
        self._listed: dict[tuple[str, int], Any] = {}
        self._off = Decimal(0)
        found = self.price_list
        if found is not None and found.archived_at is None and (found.from_date is None or found.from_date <= on):
            self._off = found.percentage_off
            listed = sa.select(ListedPrice).where(ListedPrice.price_list_id == found.id)
            self._listed = _by_thing(listed, ListedPrice, items, rates)

    def of(self, thing: StockItem | LaborRate) -> Decimal:
        """What the customer pays for one."""
        key = ("item" if isinstance(thing, StockItem) else "rate", thing.id)
        own, listed = self._own.get(key), self._listed.get(key)
        if own is not None:
            return Decimal(own.price)
        if listed is not None and listed.price is not None:
            return Decimal(listed.price)
        return less(usual_price(thing), self._off if listed is None else listed.percentage_off)


def _by_thing(query: sa.Select[Any], row: Any, items: list[int], rates: list[int]) -> dict[tuple[str, int], Any]:  # noqa: ANN401 - either class of prices
    query = query.where(sa.or_(row.stock_item_id.in_(items), row.labor_rate_id.in_(rates)))
    return {
        ("item", price.stock_item_id) if price.stock_item_id else ("rate", price.labor_rate_id): price
        for price in session.scalars(query)
    }


def list_of(customer_id: int) -> PriceList | None:
    """The customer's price list, in force or not."""
    query = sa.select(PriceList).join(CustomerPriceList, CustomerPriceList.price_list_id == PriceList.id)
    return session.scalar(query.where(CustomerPriceList.customer_id == customer_id))


def price_of(thing: StockItem | LaborRate, customer_id: int, on: dt.date) -> Decimal:
    """What this customer pays for one on that day."""
    return Prices(customer_id, [thing], on).of(thing)
