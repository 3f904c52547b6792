"""Many customers, sites and machines at once, checked by the rules of their forms: for imports."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any, TypeAlias

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.company.identifiers import checked_email, checked_vat_number
from fsm.core import audit, bulk
from fsm.core.db import session
from fsm.core.errors import DomainError
from fsm.customers import services, sites
from fsm.customers.models import Customer, Equipment, Site
from fsm.customers.services import CustomerValues, name_key
from fsm.customers.sites import EquipmentValues, SiteValues

LOT = 1000
KINDS: Mapping[type[Any], str] = {Customer: "customer", Site: "site", Equipment: "equipment"}
# Id, version, columns before and columns after.
Changed: TypeAlias = tuple[int, int, Mapping[str, Any], Mapping[str, Any]]


class Known:
    """The customers that a lot of rows may mean."""

    def __init__(self, *, external_ids: set[str], vat_numbers: set[str], names: set[str]) -> None:
        self.by_external_id: dict[str, Customer] = {}
        self.by_vat_number: dict[str, list[Customer]] = {}
        self.by_name: dict[str, list[Customer]] = {}
        for row in _where(Customer.external_id, external_ids):
            self.by_external_id[row.external_id or ""] = row
        for row in _where(Customer.vat_number, vat_numbers):
            self.by_vat_number.setdefault(row.vat_number, []).append(row)
        for row in _where(Customer.sort_key, names):
            self.by_name.setdefault(row.sort_key, []).append(row)


def _where(column: Any, wanted: set[str]) -> Iterator[Customer]:  # noqa: ANN401 - a text column
    if wanted:
        yield from session.scalars(sa.select(Customer).where(column.in_(wanted)).order_by(Customer.id))


def refusal(sentence: str, field: str) -> DomainError:
    """A refusal to be shown at a field."""
    return DomainError(sentence, field)


def stored_vat_number(text: str, country: str) -> str:
    """As a customer's is stored; empty where it is none."""
    if not text:
        return ""
    try:
        return checked_vat_number(text, country)
    except DomainError:
        return ""


def checked_customer(values: CustomerValues) -> CustomerValues:
    """As ``services.create`` checks them, and what the form checks beside. DomainError at the field that is wrong."""
    if values.email:
        checked_email(values.email, "email")
    return services.checked(values)


def _columns(values: Any) -> dict[str, Any]:  # noqa: ANN401 - one of three dataclasses
    """As ``asdict``, without its deep copies."""
    return {one.name: getattr(values, one.name) for one in fields(values)}


def customer_columns(values: CustomerValues) -> dict[str, Any]:
    """The columns that these values fill."""
    return _columns(values) | {"sort_key": name_key(values.name)}


def checked_site(values: SiteValues, customer_id: int, old_payer_id: int | None, today: Any) -> SiteValues:  # noqa: ANN401 - a date
    """As ``sites.create_site`` checks them."""
    sites.check_site(values, customer_id, old_payer_id, today)
    return values


def site_columns(values: SiteValues) -> dict[str, Any]:
    """The columns that these values fill."""
    return _columns(values) | {"sort_key": name_key(values.name)}


def checked_equipment(values: EquipmentValues) -> EquipmentValues:
    """As ``sites.add_equipment`` checks them."""
    sites.check_equipment(values)
    return values


def equipment_columns(values: EquipmentValues) -> dict[str, Any]:
    """The columns that these values fill."""
    return _columns(values)


def write(
    model: type[Any],
    new: Sequence[Mapping[str, Any]],
    changed: Sequence[Changed],
    progress: Callable[[int], None] = lambda _count: None,
) -> None:
    """Insert and update checked rows, audited and told of on their timelines.

    ConflictError where a row was changed since it was read.
    """
    done = 0
    for start in range(0, len(new), LOT):
        lot = new[start : start + LOT]
        extra = {"created_at": audit.now()} if model is Customer else {}
        ids = bulk.insert(model, [{**row, **extra} for row in lot])
        audit.note([(KINDS[model], row_id) for row_id in ids], _("Imported"))
        progress(done := done + len(lot))
    for start in range(0, len(changed), LOT):
        lot_changed = changed[start : start + LOT]
        bulk.update(model, lot_changed)
        audit.note([(KINDS[model], row_id) for row_id, *_rest in lot_changed], _("Changed by an import"))
        progress(done := done + len(lot_changed))
