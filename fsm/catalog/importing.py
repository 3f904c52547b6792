"""Many items and rates at once, checked by the rules of their forms: for imports."""

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeAlias

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.catalog import services
from fsm.catalog.forms import ACCOUNT, HIGHEST_PRICE, UNIT
from fsm.catalog.models import LaborRate, RateKind, StockItem
from fsm.catalog.services import ItemValues, RateValues
from fsm.company.models import Company
from fsm.core import audit, bulk
from fsm.core.db import session
from fsm.core.errors import DomainError
from fsm.core.money import to_scaled
from fsm.ledger.models import Account

LOT = 1000
KINDS: Mapping[type[Any], str] = {StockItem: "stock_item", LaborRate: "labor_rate"}
# Id, version, columns before and columns after.
Changed: TypeAlias = tuple[int, int, Mapping[str, Any], Mapping[str, Any]]


class CatalogCheck:
    """The rules, with the chart of accounts read once."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.accounts = frozenset(session.scalars(sa.select(Account.number)))

    def item(self, values: ItemValues) -> ItemValues:
        """DomainError at the field that is wrong."""
        for name in ("code", "description"):
            if not getattr(values, name).strip():
                raise DomainError(_("This is missing."), name)
        _check_lengths(StockItem, values, ("code", "description", "barcode", "unit"))
        if not re.match(UNIT, values.unit):
            raise DomainError(_("A unit starts with a letter and has no spaces."), "unit")
        for name in ("sale_price", "purchase_price"):
            _check_price(getattr(values, name), name)
        _check_account(values.account_number)
        services.check_item(values, self.company, has_account=self.accounts.__contains__)
        return values

    def rate(self, values: RateValues) -> RateValues:
        """DomainError at the field that is wrong."""
        if not values.name.strip():
            raise DomainError(_("This is missing."), "name")
        _check_lengths(LaborRate, values, ("name",))
        _check_price(values.price, "price")
        _check_account(values.account_number)
        services.check_rate(values, self.company, has_account=self.accounts.__contains__)
        return values


def _check_lengths(model: type[Any], values: Any, names: Sequence[str]) -> None:  # noqa: ANN401 - one of two dataclasses
    for name in names:
        most = model.__table__.columns[name].type.length
        if len(getattr(values, name)) > most:
            raise DomainError(_("At most %(length)s characters.", length=most), name)


def _check_price(price: Decimal, field: str) -> None:
    try:
        to_scaled(price, 4)
    except ValueError:
        raise DomainError(_("At most %(places)s decimals.", places=4), field) from None
    if not 0 <= price <= HIGHEST_PRICE:
        raise DomainError(_("Between %(low)s and %(high)s.", low=0, high=HIGHEST_PRICE), field)


def _check_account(number: str) -> None:
    if not re.match(ACCOUNT, number):
        raise DomainError(_("An account has 6 to 8 digits."), "account_number")


def items_by_code(codes: set[str]) -> dict[str, StockItem]:
    """Those that are there, archived ones too."""
    query = sa.select(StockItem).where(StockItem.code.in_(codes))
    return {row.code: row for row in session.scalars(query)} if codes else {}


def rates_by_name(names: set[str]) -> dict[str, LaborRate]:
    """Those that are there, archived ones too."""
    query = sa.select(LaborRate).where(LaborRate.name.in_(names))
    return {row.name: row for row in session.scalars(query)} if names else {}


def write(
    model: type[Any],
    new: Sequence[Mapping[str, Any]],
    changed: Sequence[Changed],
    progress: Callable[[int], None] = lambda _count: None,
) -> None:
    """Insert and update checked rows, audited. ConflictError where a row was changed since it was read."""
    done = 0
    for start in range(0, len(new), LOT):
        lot = new[start : start + LOT]
        ids = bulk.insert(model, lot)
        audit.note([(KINDS[model], row_id) for row_id in ids], _("Imported"))
        progress(done := done + len(lot))
    for start in range(0, len(changed), LOT):
        lot_changed = changed[start : start + LOT]
        bulk.update(model, lot_changed)
        audit.note([(KINDS[model], row_id) for row_id, *_rest in lot_changed], _("Changed by an import"))
        progress(done := done + len(lot_changed))


def rate_names(ids: set[int]) -> set[str]:
    """The names of these rates."""
    return set(session.scalars(sa.select(LaborRate.name).where(LaborRate.id.in_(ids)))) if ids else set()


def settle_defaults(chosen: set[str]) -> None:
    """One default rate per kind: those chosen, else the one that is, else the first in use."""
    rows = session.scalars(
        sa.select(LaborRate)
        .where(LaborRate.archived_at.is_(None))
        .order_by(LaborRate.id)
        .execution_options(populate_existing=True)
    ).all()
    for kind in RateKind:
        of_kind = [row for row in rows if row.kind is kind]
        wanted = [row for row in of_kind if row.name in chosen] or [row for row in of_kind if row.is_default] or of_kind
        for row in of_kind:
            is_default = row is wanted[0]
            if row.is_default != is_default:
                row.is_default = is_default
    session.flush()
