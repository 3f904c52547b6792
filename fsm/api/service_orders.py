"""``/serviceorders`` with time entries, parts and visits, in S3's style. A technician's key sees its own orders alone."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

import sqlalchemy as sa

from fsm.api.addresses import country_of
from fsm.api.fields import OneOf, Text, Time, WireSchema, YesNo
from fsm.api.invoice_fields import QUANTITY, UNIT
from fsm.api.numbers import Id, Integer, Money, Number, Price
from fsm.api.query import Column, found_by_words
from fsm.api.resource import Action, Asker, Part, Resource, Shown, Values, Verbs
from fsm.core.db import lock, session
from fsm.documents.totals import ZERO
from fsm.invoices import from_orders
from fsm.service_orders import parts, report, services, time_entries, visits
from fsm.service_orders.billable import billable_work
from fsm.service_orders.models import OrderState, PartUsed, Priority, ServiceOrder, TimeEntry, Visit
from fsm.service_orders.parts import PartValues
from fsm.service_orders.services import OrderValues
from fsm.service_orders.time_entries import TimeValues
from fsm.service_orders.visibility import is_desk, sees_sale_prices, visible_to
from fsm.users.actor import Actor

STATES: dict[str, OrderState] = {state.value: state for state in OrderState}
PRIORITIES: dict[str, Priority] = {word.value: word for word in Priority}
_NAMES = tuple(field.name for field in fields(OrderValues))


class OrderSchema(WireSchema):
    """A service order."""

    serviceorder_id = Id(attribute="id", reads=False, example=7001)
    uri = Text(reads=False)
    number = Text(reads=False, example="SO-2600017")
    state = OneOf(STATES, reads=False)
    client_id = Id(attribute="customer_id", reads=False)
    client_uri = Text(reads=False)
    client_name = Text(reads=False)
    payer_id = Id(note="Who gets the invoice; empty: the site's payer, else the customer.")
    site_id = Id(needed=True, note="Where; it says whose order it is.", example=1)
    site_name = Text(reads=False)
    country = Text(reads=False)
    equipment_id = Id()
    reference = Text(250, example="PO 4500123456")
    kind_of_work = Text(60)
    priority = OneOf(PRIORITIES, default="normal")
    skills = Text(200)
    description = Text(10_000, example="Boiler makes a noise")
    window_start = Time(attribute="window_start_at")
    window_end = Time(attribute="window_end_at")
    report = Text(20_000)
    nothing_to_bill_reason = Text(reads=False)
    signed_by = Text(reads=False)
    started = Time(attribute="started_at", reads=False)
    done = Time(attribute="done_at", reads=False)
    validated = Time(attribute="validated_at", reads=False)
    has_work_to_bill = YesNo(reads=False)
    amount_to_bill = Money(reads=False, note="Without VAT.")


class TimeSchema(WireSchema):
    """Time of one technician; ``technician_id`` is needed of who is none."""

    time_id = Id(attribute="id", reads=False)
    technician_id = Id()
    start = Time(attribute="start_at", needed=True, example="2026-03-20 08:00:00")
    end = Time(attribute="end_at", needed=True, example="2026-03-20 10:30:00")
    labor_rate_id = Id()
    description = Text(500)
    billable_minutes = Integer(0, 1440)
    amount = Price(0, attribute="unit_price", note="Of an hour, without VAT.")


class PartSchema(WireSchema):
    """A part, distance or call-out used: an item, a rate or free text."""

    part_id = Id(attribute="id", reads=False)
    technician_id = Id(reads=False)
    stockitem_id = Id(attribute="stock_item_id")
    labor_rate_id = Id()
    description = Text(500)
    quantity = Number(2, 0, QUANTITY, needed=True, example="2")
    unit = Text(10, pattern=UNIT)
    amount = Price(0, attribute="unit_price", note="Of one, without VAT.")
    used = Time(attribute="used_at", reads=False)


class VisitSchema(WireSchema):
    """A planned visit."""

    visit_id = Id(attribute="id", reads=False)
    technician_id = Id(needed=True)
    start = Time(attribute="start_at", needed=True, example="2026-03-20 08:00:00")
    end = Time(attribute="end_at", needed=True, example="2026-03-20 10:00:00")


class ReasonSchema(WireSchema):
    """Why."""

    reason = Text(250, needed=True, example="The customer has moved")


ORDER, TIME, PART, VISIT = OrderSchema(), TimeSchema(), PartSchema(), VisitSchema()
NAMES = {known.attribute or name: name for schema in (TIME, PART, ORDER) for name, known in schema.fields.items()}


def _values(data: Values, base: Values) -> OrderValues:
    return OrderValues(**(base | {name: value for name, value in data.items() if name in _NAMES}))


def _lock(order_id: int) -> ServiceOrder:
    row: ServiceOrder = lock(ServiceOrder, [order_id])[order_id]
    return row


def create(data: Values, who: Asker) -> int:
    order = services.create(_values(data, {}), actor=who.actor, today=who.today, moment=who.moment)
    if data.get("report"):
        report.write_report(order.id, data["report"], actor=who.actor)
    return order.id


def change(order_id: int, data: Values, who: Asker) -> None:
    order = _lock(order_id)
    if data.keys() - {"report"}:
        base = {name: getattr(order, name) for name in _NAMES}
        services.edit(order_id, _values(data, base), actor=who.actor, version=None)
    if "report" in data:
        report.write_report(order_id, data["report"], actor=who.actor)


def replace(order_id: int, data: Values, who: Asker) -> None:
    services.edit(order_id, _values(data, {}), actor=who.actor, version=None)
    if "report" in data:
        report.write_report(order_id, data["report"], actor=who.actor)


def rows(found: Sequence[ServiceOrder], view: Shown, actor: Actor) -> list[Values]:
    amounts: dict[int, Any] = defaultdict(lambda: ZERO)
    shows_amounts = is_desk(actor) and view.wants("amount_to_bill")
    for work in billable_work([order.id for order in found]) if shows_amounts else ():
        amounts[work.service_order_id] += work.value
    made = []
    for order in found:
        values: Values = {known.attribute or name: None for name, known in ORDER.fields.items() if known.attribute}
        values |= {
            known.attribute or name: getattr(order, known.attribute or name)
            for name, known in ORDER.fields.items()
            if hasattr(order, known.attribute or name)
        }
        values |= {
            "uri": f"{view.root}/serviceorders/{order.id}",
            "client_uri": f"{view.root}/clients/{order.customer_id}",
            "client_name": order.customer.name,
            "site_name": order.site.name,
            "country": country_of(order.site.country_code, order.customer.language),
        }
        if shows_amounts:
            values["amount_to_bill"] = amounts[order.id]
        made.append(values)
    return made


def _select(actor: Actor) -> sa.Select[Any]:
    query = sa.select(ServiceOrder).where(visible_to(actor))
    return query.options(sa.orm.joinedload(ServiceOrder.customer), sa.orm.joinedload(ServiceOrder.site))


def _read(model: Any, schema: WireSchema, ids: Sequence[int], actor: Actor) -> Mapping[int, Sequence[Values]]:  # noqa: ANN401 - a mapped class
    """Others' hours are nobody's business but the desk's; sale prices by the setting."""
    query = sa.select(model).where(model.service_order_id.in_(ids)).order_by(model.id)
    if model is TimeEntry and not is_desk(actor):
        query = query.where(model.technician_id == actor.id)
    hidden = set() if sees_sale_prices(actor) else {"unit_price"}
    names = [name for name in (known.attribute or key for key, known in schema.fields.items()) if name not in hidden]
    found: dict[int, list[Values]] = defaultdict(list)
    for row in session.scalars(query):
        found[row.service_order_id].append({name: getattr(row, name) for name in names})
    return found


def _create_time(order_id: int, data: Values, who: Asker) -> int:
    return time_entries.log_time(order_id, TimeValues(**data), actor=who.actor, moment=who.moment).id


def _change_time(order_id: int, time_id: int, data: Values, who: Asker) -> None:
    row = session.get_one(TimeEntry, time_id)
    base = {name: getattr(row, name) for name in ("start_at", "end_at", "labor_rate_id", "description")}
    values = TimeValues(**base | {name: value for name, value in data.items() if name != "technician_id"})
    time_entries.correct_time(order_id, time_id, values, actor=who.actor, moment=who.moment)


def _delete_time(order_id: int, time_id: int, who: Asker) -> None:
    time_entries.remove_time(order_id, time_id, actor=who.actor)


def _create_part(order_id: int, data: Values, who: Asker) -> int:
    return parts.add_part(order_id, PartValues(**data), actor=who.actor, moment=who.moment).id


def _change_part(order_id: int, part_id: int, data: Values, who: Asker) -> None:
    row = session.get_one(PartUsed, part_id)
    base = {name: getattr(row, name) for name in ("quantity", "description", "unit")}
    parts.correct_part(order_id, part_id, PartValues(**base | data), actor=who.actor)


def _delete_part(order_id: int, part_id: int, who: Asker) -> None:
    parts.remove_part(order_id, part_id, actor=who.actor)


def _create_visit(order_id: int, data: Values, who: Asker) -> int:
    return visits.schedule(order_id, **data, actor=who.actor).id


def _change_visit(order_id: int, visit_id: int, data: Values, who: Asker) -> None:
    row = session.get_one(Visit, visit_id)
    base = {name: getattr(row, name) for name in ("technician_id", "start_at", "end_at")}
    visits.move_visit(order_id, visit_id, **base | data, actor=who.actor)


def _delete_visit(order_id: int, visit_id: int, who: Asker) -> None:
    visits.remove_visit(order_id, visit_id, actor=who.actor)


def _start(order_id: int, _data: Values, who: Asker) -> Values:
    services.start(order_id, actor=who.actor, moment=who.moment)
    return {}


def _finish(order_id: int, _data: Values, who: Asker) -> Values:
    services.finish(order_id, actor=who.actor, moment=who.moment)
    return {}


def _validate(order_id: int, _data: Values, who: Asker) -> Values:
    services.validate(order_id, actor=who.actor, moment=who.moment)
    return {}


def _cancel(order_id: int, data: Values, who: Asker) -> Values:
    services.cancel(order_id, data["reason"], actor=who.actor)
    return {}


def _invoice(order_id: int, _data: Values, who: Asker) -> Values:
    """A draft of all that is to bill; asked again, the same draft."""
    return {"invoice_id": from_orders.draft_from_orders([order_id], actor_id=who.actor.id).id}


COLUMNS: dict[str, Column] = {
    "serviceorder_id": Column(ServiceOrder.id, Id(), sorts=True),
    "number": Column(ServiceOrder.number, Text(30)),
    "state": Column(ServiceOrder.state, OneOf(STATES)),
    "client_id": Column(ServiceOrder.customer_id, Id()),
    "site_id": Column(ServiceOrder.site_id, Id()),
    "payer_id": Column(ServiceOrder.payer_id, Id()),
    "reference": Column(ServiceOrder.reference, Text(250)),
    "kind_of_work": Column(ServiceOrder.kind_of_work, Text(60)),
    "priority": Column(ServiceOrder.priority, OneOf(PRIORITIES)),
    "done": Column(ServiceOrder.done_at, Time()),
    "has_work_to_bill": Column(ServiceOrder.has_work_to_bill, YesNo()),
}

SERVICE_ORDERS = Resource(
    name="serviceorders",
    item="serviceorder",
    id_name="serviceorder_id",
    label="serviceorder",
    schema=ORDER,
    columns=COLUMNS,
    key=ServiceOrder.id,
    select=_select,
    rows=rows,
    search=lambda words: found_by_words("service_order", words, ServiceOrder.id),
    lock=_lock,
    verbs=Verbs(create=create, change=change, replace=replace),
    names=NAMES,
    parts=(
        Part(
            name="times",
            item="time",
            id_name="time_id",
            schema=TIME,
            read=lambda ids, _view, actor: _read(TimeEntry, TIME, ids, actor),
            verbs=Verbs(create=_create_time, change=_change_time, delete=_delete_time),
        ),
        Part(
            name="parts",
            item="part",
            id_name="part_id",
            schema=PART,
            read=lambda ids, _view, actor: _read(PartUsed, PART, ids, actor),
            verbs=Verbs(create=_create_part, change=_change_part, delete=_delete_part),
        ),
        Part(
            name="visits",
            item="visit",
            id_name="visit_id",
            schema=VISIT,
            read=lambda ids, _view, actor: _read(Visit, VISIT, ids, actor),
            verbs=Verbs(create=_create_visit, change=_change_visit, delete=_delete_visit),
        ),
    ),
    actions=(
        Action(name="start", done="serviceorder started", work=_start),
        Action(name="finish", done="serviceorder done", work=_finish),
        Action(name="validate", done="serviceorder validated", work=_validate),
        Action(name="cancel", done="serviceorder cancelled", work=_cancel, schema=ReasonSchema()),
        Action(name="invoice", done="invoice created", work=_invoice),
    ),
)
