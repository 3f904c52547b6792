"""Parts used on an order: from the catalog, from a rate (kilometres, a call-out), or free text by the office."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from flask_babel import gettext as _

from fsm.catalog import kits
from fsm.catalog import services as catalog
from fsm.catalog.models import UNITS_OF_RATES, LaborRate, RateKind, StockItem
from fsm.catalog.prices import Prices, price_of
from fsm.core import audit
from fsm.core.db import session
from fsm.core.errors import ConflictError, DomainError, ForbiddenError, NotFoundError
from fsm.core.formats import local
from fsm.core.formats import quantity as written_quantity
from fsm.core.state import check_version
from fsm.service_orders.claims import refresh_to_bill
from fsm.service_orders.marks import refuse_removal, refuse_work_change
from fsm.service_orders.models import OrderState, PartUsed, ServiceOrder
from fsm.service_orders.services import begin, refuse_change
from fsm.service_orders.visibility import hold, is_desk
from fsm.users.actor import Actor

PART_KINDS = (RateKind.DISTANCE, RateKind.CALL_OUT)
MOST = Decimal("999999.99")


@dataclass(frozen=True, slots=True)
class PartValues:
    """What a form says of a part: one of item, rate, description. ``unit_price`` None: the price list's."""

    quantity: Decimal
    stock_item_id: int | None = None
    labor_rate_id: int | None = None
    description: str = ""
    unit: str = ""
    unit_price: Decimal | None = None
    unit_cost: Decimal | None = None


def add_part(order_id: int, values: PartValues, *, actor: Actor, moment: dt.datetime) -> PartUsed:
    """Put a part on the order, priced now: the customer's own price, else the list's."""
    order = hold(order_id, actor)
    refuse_change(order, actor)
    _check_quantity(values.quantity)
    if order.state in {OrderState.DRAFT, OrderState.SCHEDULED}:
        begin(order, moment)
    part = _priced(order, values, actor, local(moment).date())
    part.service_order_id, part.technician_id, part.used_at = order.id, actor.id, moment
    part.not_to_bill_reason = order.work_not_to_bill_reason or ""
    part.quantity = values.quantity
    _let_office_set(part, values, actor)
    session.add(part)
    refresh_to_bill([order.id])
    _note(
        order,
        _(
            "%(quantity)s x %(what)s used.",
            quantity=written_quantity(part.quantity),
            what=part.description,
        ),
    )
    return part


def add_kit(order_id: int, kit_id: int, *, actor: Actor, moment: dt.datetime) -> list[PartUsed]:
    """Put the items, kilometres and call-outs of a kit on the order, priced now; its labor is logged as hours."""
    order = hold(order_id, actor)
    refuse_change(order, actor)
    kit = kits.kit(kit_id)
    if kit.archived_at is not None:
        raise ConflictError(_("%(code)s is archived.", code=kit.code))
    lines = [line for line in kits.lines_in_use(kit) if _is_part(line.thing)]
    if not lines:
        raise ConflictError(_("There is no part in kit %(code)s.", code=kit.code))
    if order.state in {OrderState.DRAFT, OrderState.SCHEDULED}:
        begin(order, moment)
    prices = Prices(order.payer_id or order.customer_id, [line.thing for line in lines], local(moment).date())
    parts = []
    for line in lines:
        part = _part_of(line.thing, prices.of(line.thing))
        part.service_order_id, part.technician_id, part.used_at = order.id, actor.id, moment
        part.not_to_bill_reason = order.work_not_to_bill_reason or ""
        part.quantity = line.quantity
        parts.append(part)
    session.add_all(parts)
    refresh_to_bill([order.id])
    _note(order, _("Kit %(code)s used: %(what)s.", code=kit.code, what=", ".join(part.description for part in parts)))
    return parts


def _is_part(thing: StockItem | LaborRate) -> bool:
    return isinstance(thing, StockItem) or thing.kind in PART_KINDS


def correct_part(
    order_id: int, part_id: int, values: PartValues, *, actor: Actor, version: int | None = None
) -> PartUsed:
    """Another quantity; by the office also another description, unit or price. What it is stays."""
    order, part = _held(order_id, part_id, actor)
    check_version(part.version, version)
    refuse_work_change("part", part.id, actor)
    _check_quantity(values.quantity)
    part.quantity = values.quantity
    _let_office_set(part, values, actor)
    refresh_to_bill([order.id])
    _note(order, _("%(what)s was corrected.", what=part.description))
    return part


def remove_part(order_id: int, part_id: int, *, actor: Actor) -> None:
    """Take a part away that was never on an invoice."""
    order, part = _held(order_id, part_id, actor)
    refuse_removal("part", part.id)
    description = part.description
    session.delete(part)
    refresh_to_bill([order.id])
    _note(order, _("%(what)s was removed.", what=description))


def _held(order_id: int, part_id: int, actor: Actor) -> tuple[ServiceOrder, PartUsed]:
    order = hold(order_id, actor)
    part = session.get(PartUsed, part_id)
    is_mine = part is not None and (part.technician_id == actor.id or is_desk(actor))
    if part is None or part.service_order_id != order.id or not is_mine:
        raise NotFoundError(_("There is no such part on this order."))
    refuse_change(order, actor)
    return order, part


def _check_quantity(quantity: Decimal) -> None:
    if not 0 < quantity <= MOST:
        raise DomainError(_("More than 0 and at most 999,999.99."), "quantity")


def _priced(order: ServiceOrder, values: PartValues, actor: Actor, on: dt.date) -> PartUsed:
    if values.stock_item_id is not None and values.labor_rate_id is not None:
        raise DomainError(_("Choose an item or a rate, not both."), "stock_item_id")
    if values.stock_item_id is not None:
        return _from_item(order, catalog.item(values.stock_item_id), on)
    if values.labor_rate_id is not None:
        return _from_rate(order, catalog.rate(values.labor_rate_id), on)
    if not is_desk(actor):
        raise ForbiddenError(_("Choose a part from the list; only the office writes free ones."))
    if not values.description:
        raise DomainError(_("Say what it is."), "description")
    if values.unit_price is None:
        raise DomainError(_("A part that is not in the list needs a price."), "unit_price")
    return PartUsed(description=values.description, unit=values.unit, unit_price=values.unit_price)


def _from_item(order: ServiceOrder, item: StockItem, on: dt.date) -> PartUsed:
    if item.archived_at:
        raise ConflictError(_("%(code)s is archived.", code=item.code), "stock_item_id")
    return _part_of(item, price_of(item, order.payer_id or order.customer_id, on))


def _from_rate(order: ServiceOrder, rate: LaborRate, on: dt.date) -> PartUsed:
    if rate.kind not in PART_KINDS or rate.archived_at:
        raise DomainError(_("This rate is one for time: log hours instead."), "labor_rate_id")
    return _part_of(rate, price_of(rate, order.payer_id or order.customer_id, on))


def _part_of(thing: StockItem | LaborRate, price: Decimal) -> PartUsed:
    if isinstance(thing, StockItem):
        return PartUsed(
            stock_item_id=thing.id,
            description=thing.description,
            unit=thing.unit,
            unit_price=price,
            unit_cost=thing.purchase_price,
        )
    return PartUsed(labor_rate_id=thing.id, description=thing.name, unit=UNITS_OF_RATES[thing.kind], unit_price=price)


def _let_office_set(part: PartUsed, values: PartValues, actor: Actor) -> None:
    if not is_desk(actor):
        return
    if values.description:
        part.description, part.unit = values.description, values.unit or part.unit
    if values.unit_price is not None:
        part.unit_price = values.unit_price
    if values.unit_cost is not None:
        part.unit_cost = values.unit_cost


def _note(order: ServiceOrder, sentence: str) -> None:
    audit.note([("service_order", order.id)], sentence)
