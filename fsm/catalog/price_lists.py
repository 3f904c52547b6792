"""Price lists: made, changed, archived; their prices; which customer has which."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.catalog.models import CustomerPriceList, LaborRate, ListedPrice, PriceList, StockItem
from fsm.core import audit
from fsm.core.db import session
from fsm.core.errors import DomainError, NotFoundError
from fsm.core.state import check_version
from fsm.customers.models import Customer

MOST_PRICES = 2000


@dataclass(frozen=True, slots=True)
class PriceListValues:
    """What the form of a price list says."""

    name: str
    from_date: dt.date | None = None
    percentage_off: Decimal = Decimal(0)


def price_list(list_id: int) -> PriceList:
    """The price list; NotFoundError."""
    found = session.get(PriceList, list_id)
    if found is None:
        raise NotFoundError(_("There is no such price list."))
    return found


def create(values: PriceListValues) -> PriceList:
    """A new price list without prices; DomainError for a name that is taken."""
    _check(values, None)
    row = PriceList(**asdict(values))
    session.add(row)
    session.flush()
    audit.note([("price_list", row.id)], _("Price list %(name)s was made.", name=row.name))
    return row


def edit(list_id: int, values: PriceListValues, *, version: int | None) -> PriceList:
    """Change it; what is on orders and documents keeps its price."""
    row = price_list(list_id)
    check_version(row.version, version)
    _check(values, list_id)
    for name, value in asdict(values).items():
        setattr(row, name, value)
    session.flush()
    return row


def archive(list_id: int, *, moment: dt.datetime | None) -> PriceList:
    """End it: its customers pay the usual prices again; ``moment`` None brings it back."""
    row = price_list(list_id)
    row.archived_at = moment
    session.flush()
    text = _("Price list %(name)s was archived.") if moment else _("Price list %(name)s is in use again.")
    audit.note([("price_list", row.id)], text % {"name": row.name})
    return row


def set_price(
    list_id: int, thing: StockItem | LaborRate, *, price: Decimal | None = None, percentage_off: Decimal | None = None
) -> None:
    """A price or a percentage off for one thing, in place of what the list said of it; neither takes it off the list."""
    row = price_list(list_id)
    if price is not None and percentage_off is not None:
        raise DomainError(_("Give a price or a percentage, not both."), "price")
    column = ListedPrice.stock_item_id if isinstance(thing, StockItem) else ListedPrice.labor_rate_id
    of_list = ListedPrice.price_list_id == list_id
    listed = session.scalar(sa.select(ListedPrice).where(of_list, column == thing.id))
    if price is None and percentage_off is None:
        if listed is not None:
            session.delete(listed)
    elif listed is not None:
        listed.price, listed.percentage_off = price, percentage_off
    else:
        if (session.scalar(sa.select(sa.func.count()).select_from(ListedPrice).where(of_list)) or 0) >= MOST_PRICES:
            raise DomainError(_("A price list names at most %(most)s prices.", most=MOST_PRICES), "code")
        session.add(
            ListedPrice(price_list_id=list_id, price=price, percentage_off=percentage_off, **{column.key: thing.id})
        )
    session.flush()
    name = thing.description if isinstance(thing, StockItem) else thing.name
    is_off = price is None and percentage_off is None
    text = _("%(what)s was taken off the list.") if is_off else _("The price of %(what)s was set.")
    audit.note([("price_list", row.id)], text % {"what": name})


def give_to_customer(customer_id: int, list_id: int | None) -> None:
    """The customer's price list from now on; None: the usual prices."""
    if session.get(Customer, customer_id) is None:
        raise NotFoundError(_("There is no such customer."))
    row = session.scalar(sa.select(CustomerPriceList).where(CustomerPriceList.customer_id == customer_id))
    if list_id is None:
        if row is not None:
            session.delete(row)
        sentence = _("The customer has no price list any more.")
    else:
        chosen = price_list(list_id)
        if row is None:
            session.add(CustomerPriceList(customer_id=customer_id, price_list_id=list_id))
        else:
            row.price_list_id = list_id
        sentence = _("The customer got price list %(name)s.", name=chosen.name)
    session.flush()
    audit.note([("customer", customer_id)], sentence)


def lists(*, archived: bool = False, keep: int | None = None) -> list[PriceList]:
    """The lists in use (or those archived) by name; ``keep`` adds one."""
    condition = PriceList.archived_at.is_not(None) if archived else PriceList.archived_at.is_(None)
    query = sa.select(PriceList).where(sa.or_(condition, PriceList.id == keep)).order_by(PriceList.name)
    return list(session.scalars(query.limit(MOST_PRICES)))


def customer_counts(list_ids: Iterable[int]) -> dict[int, int]:
    """How many customers have each list."""
    query = sa.select(CustomerPriceList.price_list_id, sa.func.count()).group_by(CustomerPriceList.price_list_id)
    rows = session.execute(query.where(CustomerPriceList.price_list_id.in_(list(list_ids))))
    return {list_id: count for list_id, count in rows}  # noqa: C416 - rows, not tuples


def customers_of(list_id: int, limit: int = 50) -> list[Customer]:
    """The first customers that have the list, by name."""
    query = sa.select(Customer).join(CustomerPriceList, CustomerPriceList.customer_id == Customer.id)
    query = query.where(CustomerPriceList.price_list_id == list_id).order_by(Customer.sort_key, Customer.id)
    return list(session.scalars(query.limit(limit)))


def listed() -> sa.Select[Any]:
    """Prices of lists with the thing that each is for, to be narrowed to a list and paged by id."""
    return sa.select(ListedPrice)


def things_of(prices: Iterable[ListedPrice]) -> dict[int, StockItem | LaborRate]:
    """The item or rate of each price, by the price's id; two queries."""
    rows = list(prices)
    items = _by_id(StockItem, {row.stock_item_id for row in rows})
    rates = _by_id(LaborRate, {row.labor_rate_id for row in rows})
    return {row.id: items[row.stock_item_id] if row.stock_item_id else rates[row.labor_rate_id] for row in rows}


def _by_id(model: Any, ids: set[int | None]) -> dict[int | None, Any]:  # noqa: ANN401 - either class
    return {row.id: row for row in session.scalars(sa.select(model).where(model.id.in_(ids - {None})))}


def _check(values: PriceListValues, list_id: int | None) -> None:
    if session.scalar(sa.select(PriceList.id).where(PriceList.name == values.name)) not in {None, list_id}:
        raise DomainError(_("Another price list has this name."), "name")
