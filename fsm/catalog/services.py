"""Items, rates and prices per customer: writing them, and the price that holds for a customer."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.catalog.models import CustomerPrice, LaborRate, RateKind, StockItem
from fsm.company.models import Company
from fsm.company.vat import status_of
from fsm.core import audit
from fsm.core.db import session
from fsm.core.errors import DomainError, NotFoundError
from fsm.core.state import check_version
from fsm.core.types import sort_key
from fsm.customers.models import Customer
from fsm.ledger.queries import account_exists

_OWN_PRICE_OF = {StockItem: CustomerPrice.stock_item_id, LaborRate: CustomerPrice.labor_rate_id}


@dataclass(frozen=True, slots=True)
class ItemValues:
    """What the form of an item says. ``tax_rate`` None: the company's default."""

    code: str
    description: str
    sale_price: Decimal
    purchase_price: Decimal = Decimal(0)
    unit: str = ""
    barcode: str = ""
    tax_rate: Decimal | None = None
    special_status: str = ""
    account_number: str = ""
    is_stock_tracked: bool = True
    has_normal_rate_in_dwellings: bool = False


@dataclass(frozen=True, slots=True)
class RateValues:
    """What the form of a labor rate says. ``tax_rate`` None: the company's default."""

    name: str
    kind: RateKind
    price: Decimal
    tax_rate: Decimal | None = None
    account_number: str = ""
    is_default: bool = False
    has_normal_rate_in_dwellings: bool = False


def item(item_id: int) -> StockItem:
    """The item; NotFoundError."""
    found = session.get(StockItem, item_id)
    if found is None:
        raise NotFoundError(_("There is no such item."))
    return found


def item_of_code(code: str) -> StockItem | None:
    """The item in use with this code."""
    return session.scalar(sa.select(StockItem).where(StockItem.code == code, StockItem.archived_at.is_(None)))


def rate(rate_id: int) -> LaborRate:
    """The rate; NotFoundError."""
    found = session.get(LaborRate, rate_id)
    if found is None:
        raise NotFoundError(_("There is no such rate."))
    return found


def default_rate(kinds: Sequence[RateKind]) -> LaborRate | None:
    """The default rate of the first of these kinds that has one."""
    query = sa.select(LaborRate).where(
        LaborRate.kind.in_(kinds), LaborRate.is_default.is_(True), LaborRate.archived_at.is_(None)
    )
    found = {row.kind: row for row in session.scalars(query)}
    return next((found[kind] for kind in kinds if kind in found), None)


def create_item(values: ItemValues, *, company: Company) -> StockItem:
    """Add an item; DomainError at the field that is wrong."""
    _check_code(values.code, None)
    check_item(values, company)
    row = StockItem(**item_columns(values))
    session.add(row)
    session.flush()
    audit.note([("stock_item", row.id)], _("Item %(code)s was added.", code=row.code))
    return row


def edit_item(item_id: int, values: ItemValues, *, company: Company, version: int | None) -> StockItem:
    """Change an item; what is already on orders and documents keeps its price."""
    row = item(item_id)
    check_version(row.version, version)
    _check_code(values.code, item_id)
    check_item(values, company)
    for name, value in item_columns(values).items():
        setattr(row, name, value)
    session.flush()
    return row


def archive_item(item_id: int, *, moment: dt.datetime | None) -> StockItem:
    """Take an item out of every search; ``moment`` None brings it back."""
    row = item(item_id)
    row.archived_at = moment
    session.flush()
    text = _("Item %(code)s was archived.") if moment else _("Item %(code)s is in use again.")
    audit.note([("stock_item", row.id)], text % {"code": row.code})
    return row


def create_rate(values: RateValues, *, company: Company) -> LaborRate:
    """Add a labor rate; the first of its kind becomes the default of the kind."""
    _check_name(values.name, None)
    check_rate(values, company)
    is_default = values.is_default or default_rate([values.kind]) is None
    if is_default:
        _end_default(values.kind, None)
    row = LaborRate(**(rate_columns(values) | {"is_default": is_default}))
    session.add(row)
    session.flush()
    return row


def edit_rate(rate_id: int, values: RateValues, *, company: Company, version: int | None) -> LaborRate:
    """Change a rate; hours that were logged keep their price."""
    row = rate(rate_id)
    check_version(row.version, version)
    _check_name(values.name, rate_id)
    check_rate(values, company)
    if values.is_default:
        _end_default(values.kind, rate_id)
    for name, value in rate_columns(values).items():
        setattr(row, name, value)
    session.flush()
    return row


def archive_rate(rate_id: int, *, moment: dt.datetime | None) -> LaborRate:
    """Take a rate out of every choice, and out of being the default; ``moment`` None brings it back."""
    row = rate(rate_id)
    row.archived_at = moment
    if moment:
        row.is_default = False
    session.flush()
    return row


def set_customer_price(customer_id: int, thing: StockItem | LaborRate, price: Decimal | None) -> None:
    """What this customer pays from now on; None: the list price again."""
    if session.get(Customer, customer_id) is None:
        raise NotFoundError(_("There is no such customer."))
    column = _OWN_PRICE_OF[type(thing)]
    row = session.scalar(sa.select(CustomerPrice).where(CustomerPrice.customer_id == customer_id, column == thing.id))
    if price is None:
        if row is not None:
            session.delete(row)
    elif row is not None:
        row.price = price
    else:
        session.add(CustomerPrice(customer_id=customer_id, price=price, **{column.key: thing.id}))
    session.flush()
    name = thing.description if isinstance(thing, StockItem) else thing.name
    audit.note([("customer", customer_id)], _("The price of %(name)s for this customer was set.", name=name))


def item_columns(values: ItemValues) -> dict[str, object]:
    """The columns that these values fill."""
    return {
        "code": values.code,
        "description": values.description,
        "sort_key": sort_key(f"{values.code} {values.description}")[:530],
        "barcode": values.barcode,
        "unit": values.unit,
        "sale_price": values.sale_price,
        "purchase_price": values.purchase_price,
        "tax_rate": values.tax_rate,
        "special_status": values.special_status,
        "account_number": values.account_number,
        "is_stock_tracked": values.is_stock_tracked,
        "has_normal_rate_in_dwellings": values.has_normal_rate_in_dwellings,
    }


def rate_columns(values: RateValues) -> dict[str, object]:
    """The columns that these values fill."""
    return {
        "name": values.name,
        "kind": values.kind,
        "price": values.price,
        "tax_rate": values.tax_rate,
        "account_number": values.account_number,
        "is_default": values.is_default,
        "has_normal_rate_in_dwellings": values.has_normal_rate_in_dwellings,
    }


def _check_code(code: str, item_id: int | None) -> None:
    twin = session.scalar(sa.select(StockItem.id).where(StockItem.code == code))
    if twin not in {None, item_id}:
        raise DomainError(_("Another item has this code."), "code")


def check_item(values: ItemValues, company: Company, *, has_account: Callable[[str], bool] = account_exists) -> None:
    """The rules that need no other item. DomainError at the field that is wrong."""
    _check_tax(values.tax_rate, company)
    _check_account(values.account_number, has_account)
    if values.special_status:
        if values.tax_rate != 0:
            raise DomainError(_("A special status goes with 0 % only."), "special_status")
        try:
            status_of(values.special_status, company.country_code)
        except LookupError:
            raise DomainError(_("There is no such special status."), "special_status") from None


def _check_name(name: str, rate_id: int | None) -> None:
    twin = session.scalar(sa.select(LaborRate.id).where(LaborRate.name == name))
    if twin not in {None, rate_id}:
        raise DomainError(_("Another rate has this name."), "name")


def check_rate(values: RateValues, company: Company, *, has_account: Callable[[str], bool] = account_exists) -> None:
    """The rules that need no other rate. DomainError at the field that is wrong."""
    _check_tax(values.tax_rate, company)
    _check_account(values.account_number, has_account)


def _check_tax(tax_rate: Decimal | None, company: Company) -> None:
    if tax_rate is not None and tax_rate != 0 and tax_rate not in company.tax_rates:
        raise DomainError(_("This is none of the company's VAT rates."), "tax_rate")


def _check_account(number: str, has_account: Callable[[str], bool]) -> None:
    if number and not has_account(number):
        raise DomainError(_("This account is not in the chart."), "account_number")


def _end_default(kind: RateKind, except_id: int | None) -> None:
    for other in session.scalars(sa.select(LaborRate).where(LaborRate.kind == kind, LaborRate.is_default.is_(True))):
        if other.id != except_id:
            other.is_default = False
    session.flush()
