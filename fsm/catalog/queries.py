"""Items, rates and prices for lists, choices and searches."""

from typing import Any

import sqlalchemy as sa

from fsm.catalog.models import CustomerPrice, LaborRate, RateKind, StockItem
from fsm.core.db import session
from fsm.core.types import sort_key

MOST_SUGGESTIONS = 12


def matching(text: str) -> sa.ColumnElement[bool]:
    """Items whose code and description contain every word, or whose barcode this is."""
    words = [StockItem.sort_key.contains(word, autoescape=True) for word in sort_key(text).split()[:6]]
    if not words:
        return sa.true()
    return sa.or_(StockItem.barcode == text.strip(), sa.and_(*words))


def listed_items(*, archived: bool = False, text: str = "") -> sa.Select[Any]:
    """The items of a tab, to be paged by (sort_key, id)."""
    in_tab = StockItem.archived_at.is_not(None) if archived else StockItem.archived_at.is_(None)
    return sa.select(StockItem).where(in_tab, matching(text))


def found_items(text: str, limit: int = MOST_SUGGESTIONS) -> list[StockItem]:
    """The items in use that a search means: an exact code or barcode first, then by code and description."""
    if not text.strip():
        return []
    exact = sa.case((sa.or_(StockItem.barcode == text.strip(), StockItem.code == text.strip()), 0), else_=1)
    return list(session.scalars(listed_items(text=text).order_by(exact, StockItem.sort_key, StockItem.id).limit(limit)))


def rates(*kinds: RateKind, keep: int | None = None) -> list[LaborRate]:
    """The rates in use, of these kinds or of all, the default of a kind first; ``keep`` adds one that is archived."""
    query = sa.select(LaborRate).where(sa.or_(LaborRate.archived_at.is_(None), LaborRate.id == keep))
    if kinds:
        query = query.where(LaborRate.kind.in_(kinds))
    found = list(session.scalars(query))
    order = list(RateKind)
    return sorted(found, key=lambda rate: (order.index(rate.kind), not rate.is_default, sort_key(rate.name)))


def archived_rates() -> list[LaborRate]:
    """The rates that are no longer used."""
    return list(
        session.scalars(sa.select(LaborRate).where(LaborRate.archived_at.is_not(None)).order_by(LaborRate.name))
    )


def customer_prices(customer_id: int) -> list[tuple[CustomerPrice, StockItem | None, LaborRate | None]]:
    """One customer's own prices with what each is for, rates first."""
    query = (
        sa.select(CustomerPrice, StockItem, LaborRate)
        .outerjoin(StockItem, StockItem.id == CustomerPrice.stock_item_id)
        .outerjoin(LaborRate, LaborRate.id == CustomerPrice.labor_rate_id)
        .where(CustomerPrice.customer_id == customer_id)
        .order_by(CustomerPrice.stock_item_id.is_not(None), LaborRate.name, StockItem.sort_key, CustomerPrice.id)
    )
    return list(session.execute(query))
