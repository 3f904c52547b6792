"""The list of items, declared. What an item costs the company is no column for who may not know it."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l

from fsm.catalog import queries
from fsm.catalog.models import StockItem
from fsm.company.services import the_company
from fsm.core.lists import Action, Asked, Column, Kind, ListSpec
from fsm.core.paging import Page, capped_count, page

# The tabs of what has no declared list (rates, price lists, kits) stand in ``catalog/index.html``.
TABS = {"items": _l("Items"), "archived": _l("Archived")}


def _tax_rate(item: StockItem) -> Decimal:
    return the_company().default_tax_rate if item.tax_rate is None else item.tax_rate


COLUMNS = (
    Column(name="code", label=_l("Code"), value=lambda item: item.code, always=True, sort="code"),
    Column(name="description", label=_l("Description"), value=lambda item: item.description),
    Column(name="unit", label=_l("Unit"), value=lambda item: item.unit),
    Column(name="sale_price", label=_l("Sale price"), value=lambda item: item.sale_price, kind=Kind.PRICE),
    Column(
        name="purchase_price",
        label=_l("Purchase price"),
        value=lambda item: item.purchase_price,
        kind=Kind.PRICE,
        needs="catalog.see_purchase_prices",
    ),
    Column(
        name="tax_rate",
        label=_l("VAT"),
        value=_tax_rate,
        kind=Kind.PERCENT,
        under=Column(name="special_status", label=_l("Special VAT"), value=lambda item: item.special_status),
    ),
    Column(name="barcode", label=_l("Barcode"), value=lambda item: item.barcode, shown=False),
    Column(name="account", label=_l("Account"), value=lambda item: item.account_number, shown=False),
)


def _filters(arguments: Mapping[str, str], actor: Any) -> str:  # noqa: ANN401 - as the declaration has it
    del actor
    return arguments.get("q", "").strip()[:100]


def _page(asked: Asked, cursor: str | None, size: int) -> Page[StockItem]:
    query = queries.listed_items(archived=asked.tab == "archived", text=asked.filters)
    keys = [StockItem.sort_key, StockItem.id]
    return page(query, keys, cursor, descending=asked.sort.startswith("-"), size=size)


ITEMS = ListSpec(
    name="catalog",
    title=_l("Items and rates"),
    columns=COLUMNS,
    parameters=("q",),
    filters=_filters,
    page=_page,
    count=lambda asked: capped_count(queries.listed_items(archived=asked.tab == "archived", text=asked.filters)),
    sorts=lambda _tab: ("code",),
    record=("catalog.edit", "item_id"),
    id_of=lambda item: item.id,
    tabs=TABS,
    opening_tab=lambda _filters, _actor: "items",
    actions=(
        Action(name="preview_prices", label=_l("Change prices"), tabs=frozenset({"items"}), icon="percent"),
        Action(
            name="archive_many",
            label=_l("Archive"),
            tabs=frozenset({"items"}),
            icon="archive",
            confirm=_l("They are found no more in searches. Orders and documents keep them."),
        ),
        Action(name="unarchive_many", label=_l("Use again"), tabs=frozenset({"archived"}), icon="undo"),
    ),
)
