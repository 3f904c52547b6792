"""Verbs for many items at once, by a few statements."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.catalog.models import StockItem
from fsm.core import audit, bulk
from fsm.core.db import lock, session
from fsm.core.lists import Outcome
from fsm.core.money import percentage_of, rounded_to_step

HIGHEST_PRICE = Decimal("9999999.9999")


@dataclass(frozen=True, slots=True)
class NewPrice:
    """An item and what it would be sold for."""

    item: StockItem
    price: Decimal


def archive(item_ids: Sequence[int], *, moment: dt.datetime | None) -> Outcome:
    """Take items out of every search; ``moment`` None brings them back."""
    outcome, rows, fit = Outcome(), lock(StockItem, set(item_ids)), []
    for item_id in item_ids:
        row = rows.get(item_id)
        if row is None:
            outcome.refuse(str(item_id), _("There is no such item."))
        elif (row.archived_at is None) == (moment is None):
            outcome.refuse(row.code, _("It is archived already.") if moment else _("It is not archived."))
        else:
            fit.append(row)
    bulk.change(StockItem, [(row, {"archived_at": moment}) for row in fit])
    text = _("Item %(code)s was archived.") if moment else _("Item %(code)s is in use again.")
    audit.notes(([("stock_item", row.id)], text % {"code": row.code}) for row in fit)
    outcome.done = len(fit)
    return outcome


def new_prices(items: Sequence[StockItem], percentage: Decimal, step: Decimal) -> list[NewPrice]:
    """Each price with the percentage added (or, below 0, taken off), to the nearest ``step``, half up."""
    changed = (item.sale_price + percentage_of(item.sale_price, percentage) for item in items)
    return [NewPrice(item, rounded_to_step(price, step)) for item, price in zip(items, changed, strict=True)]


def items_of(item_ids: Sequence[int]) -> list[StockItem]:
    """Those that exist, by code."""
    query = sa.select(StockItem).where(StockItem.id.in_(item_ids)).order_by(StockItem.sort_key, StockItem.id)
    return list(session.scalars(query))


def change_prices(item_ids: Sequence[int], *, percentage: Decimal, step: Decimal) -> Outcome:
    """Change sale prices; what is on orders and documents already keeps its price."""
    outcome, rows = Outcome(), lock(StockItem, set(item_ids))
    for item_id in item_ids:
        if item_id not in rows:
            outcome.refuse(str(item_id), _("There is no such item."))
    changes = []
    for new in new_prices(list(rows.values()), percentage, step):
        if new.price > HIGHEST_PRICE:
            outcome.refuse(new.item.code, _("The price would be too high."))
        elif new.price == new.item.sale_price:
            outcome.refuse(new.item.code, _("The price would stay the same."))
        else:
            changes.append((new.item, {"sale_price": new.price}))
    audit.notes(([("stock_item", item.id)], _told(item, values["sale_price"])) for item, values in changes)
    bulk.change(StockItem, changes)
    outcome.done = len(changes)
    return outcome


def _told(item: StockItem, price: Decimal) -> str:
    return str(_("Sale price: %(old)s, now %(new)s.", old=f"{item.sale_price:f}", new=f"{price:f}"))
