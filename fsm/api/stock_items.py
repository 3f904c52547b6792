"""``/stockitems``: parts and ready-made services with their prices, in S3's style."""

from collections.abc import Sequence
from dataclasses import fields
from decimal import Decimal

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.api.errors import BadRequestError
from fsm.api.fields import OneOf, Text, WireSchema, YesNo
from fsm.api.invoice_fields import ALL, UNIT
from fsm.api.numbers import Id, Number, Price
from fsm.api.query import Column, found_by_words
from fsm.api.resource import Asker, Resource, Shown, Values, Verbs
from fsm.catalog import services
from fsm.catalog.models import StockItem
from fsm.catalog.services import ItemValues
from fsm.company import services as company_services
from fsm.core.db import lock
from fsm.users.actor import Actor

STATES = {"active": True, "archived": False}
_NAMES = tuple(field.name for field in fields(ItemValues))
_SECRET = "catalog.see_purchase_prices"  # noqa: S105 - the name of a right


class StockItemSchema(WireSchema):
    """An item of the catalog; ``attribute`` is our name for the field."""

    stockitem_id = Id(attribute="id", reads=False, example=2002)
    uri = Text(reads=False)
    code = Text(20, needed=True, example="A0000001")
    description = Text(500, needed=True, example="product description")
    barcode = Text(40)
    unit = Text(10, pattern=UNIT, example="piece")
    amount = Price(0, attribute="sale_price", note="Price of a unit without VAT.", example="100.00")
    purchase_amount = Price(0, attribute="purchase_price")
    tax_rate = Number(4, 0, ALL, note="Empty: the company's usual rate.", example="21")
    tax_rate_special_status = Text(20, attribute="special_status")
    general_ledger_account = Text(8, attribute="account_number", pattern="[0-9]{6,8}")
    is_stock_tracked = YesNo(default="yes")
    has_normal_rate_in_dwellings = YesNo(default="no")
    state = OneOf(STATES, attribute="is_active", default="active")


ITEM = StockItemSchema()
NAMES = {known.attribute or name: name for name, known in ITEM.fields.items()}


def _values(data: Values, base: Values) -> ItemValues:
    return ItemValues(**(base | {name: value for name, value in data.items() if name in _NAMES}))


def _lock(item_id: int) -> StockItem:
    row: StockItem = lock(StockItem, [item_id])[item_id]
    return row


def create(data: Values, who: Asker) -> int:
    if "sale_price" not in data:
        raise BadRequestError(_("It is required."), "sale_price")
    item = services.create_item(_values(data, {}), company=company_services.the_company())
    _set_state(item.id, data, who)
    return item.id


def change(item_id: int, data: Values, who: Asker) -> None:
    row = _lock(item_id)
    base = {name: getattr(row, name) for name in _NAMES}
    services.edit_item(item_id, _values(data, base), company=company_services.the_company(), version=None)
    _set_state(item_id, data, who)


def replace(item_id: int, data: Values, who: Asker) -> None:
    _lock(item_id)
    data = {"sale_price": Decimal(0)} | data
    services.edit_item(item_id, _values(data, {}), company=company_services.the_company(), version=None)
    _set_state(item_id, {"is_active": True} | data, who)


def _set_state(item_id: int, data: Values, who: Asker) -> None:
    if "is_active" in data:
        services.archive_item(item_id, moment=None if data["is_active"] else who.moment)


def delete(item_id: int, who: Asker) -> None:
    """Documents name it: it is archived, never deleted."""
    services.archive_item(item_id, moment=who.moment)


def rows(found: Sequence[StockItem], view: Shown, actor: Actor) -> list[Values]:
    names = [name for name in _NAMES if name != "purchase_price" or actor.can(_SECRET)]
    return [
        {name: getattr(item, name) for name in names}
        | {"id": item.id, "uri": f"{view.root}/stockitems/{item.id}", "is_active": item.archived_at is None}
        for item in found
    ]


COLUMNS: dict[str, Column] = {
    "stockitem_id": Column(StockItem.id, Id(), sorts=True),
    "code": Column(StockItem.code, Text(20), sorts=True),
    "description": Column(StockItem.description, Text(500)),
    "barcode": Column(StockItem.barcode, Text(40)),
    "unit": Column(StockItem.unit, Text(10)),
    "amount": Column(StockItem.sale_price, Price(0)),
    "is_stock_tracked": Column(StockItem.is_stock_tracked, YesNo()),
    "state": Column(
        None,
        OneOf(STATES),
        condition=lambda operator, active: (
            StockItem.archived_at.is_(None) if active == (operator == "eq") else StockItem.archived_at.is_not(None)
        ),
    ),
}

STOCK_ITEMS = Resource(
    name="stockitems",
    item="stockitem",
    id_name="stockitem_id",
    label="stockitem",
    schema=ITEM,
    columns=COLUMNS,
    key=StockItem.id,
    select=lambda _actor: sa.select(StockItem),
    rows=rows,
    search=lambda words: found_by_words("stock_item", words, StockItem.id),
    lock=_lock,
    verbs=Verbs(create=create, change=change, replace=replace, delete=delete),
    always={"state": lambda: StockItem.archived_at.is_(None)},
    names=NAMES,
)
