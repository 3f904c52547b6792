"""From S3's items to the lines that the services of documents save."""

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from decimal import Decimal, InvalidOperation
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.api.errors import BadRequestError
from fsm.api.invoice_fields import QUANTITY, UNIT
from fsm.api.resource import Values
from fsm.catalog.models import StockItem
from fsm.catalog.prices import Prices
from fsm.catalog.tax_rates import Taxed
from fsm.core.db import session
from fsm.documents.rates import LineRates
from fsm.documents.values import LineValues

_BOTH = re.compile(rf"(-?\d{{1,6}}(?:[.,]\d{{1,2}})?)(?: ({UNIT}))?")
_OF_THING = (*("description", "unit", "stockitem_code", "account_number", "amount", "tax_rate", "special_status"),)
_NAMES = frozenset(field.name for field in fields(LineValues))


@dataclass(frozen=True, slots=True)
class Priced:
    """A document's customer, day and rates: what an item of the catalog costs on it."""

    customer_id: int
    on: dt.date
    rates: Callable[[], LineRates]


def values_of(items: Sequence[Values], document: Priced) -> list[LineValues]:
    """Lines of new items; ``document`` says whose prices and rates an item of the catalog has."""
    things = _things(items)
    prices = Prices(document.customer_id, things.values(), document.on) if things else None
    rates = document.rates() if things else None
    made = []
    for place, item in enumerate(items):
        values = _split(item, place)
        thing = things.get(values.get("stock_item_id", 0))
        if values.get("stock_item_id") and thing is None:
            raise BadRequestError(_("There is no such item."), f"lines-{place}-stock_item_id")
        if thing is not None and prices is not None and rates is not None:
            rate = rates.proposed(Taxed.of(thing))
            values = {**_of_thing(thing, prices.of(thing), rate.tax_rate, rate.special_status, values), **values}
        _check_needed(values, place)
        made.append(
            LineValues(**{"description": ""} | {name: value for name, value in values.items() if name in _NAMES})
        )
    return made


def _things(items: Sequence[Values]) -> dict[int, StockItem]:
    ids = {item["stock_item_id"] for item in items if item.get("stock_item_id")}
    if not ids:
        return {}
    query = sa.select(StockItem).where(StockItem.id.in_(ids), StockItem.archived_at.is_(None))
    return {row.id: row for row in session.scalars(query)}


def _of_thing(thing: StockItem, price: Decimal, rate: Decimal, status: str, given: Values) -> Values:
    """What an item of the catalog says where the request says nothing (S3)."""
    filled: Values = {
        "description": "" if given.get("description_html") else thing.description,
        "unit": thing.unit,
        "stockitem_code": thing.code,
        "account_number": thing.account_number,
    }
    if "amount" not in given and "amount_with_tax" not in given:
        filled["amount"] = price
    if "tax_rate" not in given:
        filled |= {"tax_rate": rate, "special_status": status}
    return filled


def _split(item: Values, place: int) -> Values:
    """``quantity_with_unit`` into its two; custom values into a dict."""
    values = dict(item)
    if "custom_values" in values:
        values["custom_values"] = custom(values["custom_values"])
    text = values.pop("quantity_with_unit", None)
    if text is None or text == "":
        return values
    if "quantity" in values or "unit" in values:
        raise BadRequestError(_("It does not go together with quantity or unit."), f"lines-{place}-quantity_with_unit")
    match = _BOTH.fullmatch(text.strip())
    try:
        quantity = Decimal(match[1].replace(",", ".")) if match else None
    except InvalidOperation:
        quantity = None
    if match is None or quantity is None or abs(quantity) > QUANTITY:
        raise BadRequestError(_("Write a quantity, a space and a unit: 2 piece."), f"lines-{place}-quantity_with_unit")
    return values | {"quantity": quantity, "unit": match[2] or ""}


def _check_needed(values: Values, place: int) -> None:
    if not str(values.get("description") or "").strip() and not str(values.get("description_html") or "").strip():
        raise BadRequestError(_("It is required."), f"lines-{place}-description")
    if values.get("amount") is None and values.get("amount_with_tax") is None:
        raise BadRequestError(_("It is required."), f"lines-{place}-amount")


def custom(values: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """S3's list of own fields as we keep them."""
    return {row["name"]: row.get("value", "") for row in values}


def present(line: Any) -> LineValues:  # noqa: ANN401 - a line of any kind of document
    """A stored line, to be saved again as it is."""
    return LineValues(**{name: getattr(line, name) for name in _NAMES if hasattr(line, name)} | {"line_id": line.id})


def changed(before: LineValues, item: Values, document: Priced) -> LineValues:
    """A line with what a request says of it."""
    values = _split(item, 0)
    if "stock_item_id" in values:
        values = {**_filled(values, document), **values}
    if "amount" in values and "amount_with_tax" not in values:
        values["amount_with_tax"] = None
    if "amount_with_tax" in values and "amount" not in values:
        values["amount"] = None
    if "description" in values and "description_html" not in values:
        values["description_html"] = ""
    if values.get("tax_rate") and "special_status" not in values:
        values["special_status"] = ""
    known: dict[str, Any] = {name: value for name, value in values.items() if name in _NAMES}
    return replace(before, **known)


def _filled(values: Values, document: Priced) -> Values:
    (line,) = values_of([values], document)
    return {name: getattr(line, name) for name in _OF_THING}


def replaced(line: LineValues, line_id: int) -> LineValues:
    """Another line in the place of a stored one."""
    return replace(line, line_id=line_id)
