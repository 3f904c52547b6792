"""What a technician's tablet holds: own orders of today and the coming days with all that is needed there.

Never purchase prices, costs or other people's hours; sale prices only where the company's setting says so.
"""

import datetime as dt
from collections import defaultdict
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from fsm.catalog.kits import lines_in_use
from fsm.catalog.kits import listed as listed_kits
from fsm.catalog.models import UNITS_OF_RATES, Kit, KitLine, LaborRate, StockItem
from fsm.catalog.queries import rates
from fsm.core.db import session
from fsm.core.formats import local_day
from fsm.customers.models import Contact, Customer, Equipment, Site
from fsm.service_orders.models import OrderState, PartUsed, Photo, ServiceOrder, Stamp, Task, TimeEntry, Visit
from fsm.service_orders.parts import PART_KINDS
from fsm.service_orders.queries import day_starts_at
from fsm.service_orders.time_entries import TIME_KINDS
from fsm.service_orders.visibility import own_order_ids, sees_sale_prices, settings
from fsm.tablet.grants import grant
from fsm.tablet.models import KeptState, KeptWork, TabletOperation
from fsm.users.actor import Actor

DAYS_AHEAD = 7
MOST_ORDERS = 100
MOST_ITEMS = 2000
MOST_KITS = 200
HISTORY = 5
ARRIVED_SHOWN = dt.timedelta(days=1)
KEPT_SHOWN = dt.timedelta(days=14)
Json: TypeAlias = dict[str, Any]

_OPEN = (OrderState.SCHEDULED, OrderState.IN_PROGRESS)
_WHOLE = (
    joinedload(ServiceOrder.customer).selectinload(Customer.contacts),
    joinedload(ServiceOrder.site),
    joinedload(ServiceOrder.equipment),
    selectinload(ServiceOrder.visits).joinedload(Visit.technician),
    selectinload(ServiceOrder.photos),
    selectinload(ServiceOrder.tasks),
    selectinload(ServiceOrder.stamps),
)


def held(actor: Actor, *, today: dt.date, days: int = DAYS_AHEAD) -> list[ServiceOrder]:
    """Own orders with a visit today or in the coming days, and those begun and not done."""
    start, end = day_starts_at(today), day_starts_at(today + dt.timedelta(days=days + 1))
    visited = sa.select(Visit.service_order_id).where(Visit.technician_id == actor.id)
    worked = sa.select(TimeEntry.service_order_id).where(TimeEntry.technician_id == actor.id)
    planned = visited.where(Visit.end_at > start, Visit.start_at < end)
    mine = sa.or_(ServiceOrder.id.in_(visited), ServiceOrder.id.in_(worked), ServiceOrder.created_by_id == actor.id)
    query = sa.select(ServiceOrder).where(
        sa.or_(
            sa.and_(ServiceOrder.id.in_(planned), ServiceOrder.state.in_(_OPEN)),
            sa.and_(mine, ServiceOrder.state == OrderState.IN_PROGRESS),
            sa.and_(
                ServiceOrder.created_by_id == actor.id,
                ServiceOrder.state == OrderState.DRAFT,
                ServiceOrder.created_at >= start,
            ),
        )
    )
    return list(session.scalars(query.options(*_WHOLE).order_by(ServiceOrder.id).limit(MOST_ORDERS)).unique())


def pulled(actor: Actor, *, today: dt.date, now: dt.datetime) -> Json:
    """Everything but the catalog."""
    orders = held(actor, today=today)
    ids = [order.id for order in orders]
    times, parts = _times(actor, ids), _parts(ids)
    history = _history([order.equipment_id for order in orders if order.equipment_id])
    prices = sees_sale_prices(actor)
    return {
        "user": {"id": actor.id, "name": actor.name, "locale": actor.locale},
        "now": now.isoformat(),
        "today": today.isoformat(),
        "days_ahead": DAYS_AHEAD,
        "is_signature_required": settings().is_signature_required,
        "rates": [_rate(rate, "time") for rate in rates(*TIME_KINDS)]
        + [_rate(rate, "part") for rate in rates(*PART_KINDS)],
        "orders": [_order(order, actor, times, parts, history, prices=prices) for order in orders],
        "done_today": _done_today(actor, today),
        "operations": _arrived(actor.id, ids, since=now - ARRIVED_SHOWN),
        "kept": kept_of(actor.id, since=now - KEPT_SHOWN),
    }


def _done_today(actor: Actor, today: dt.date) -> list[Json]:
    """Number and customer of what was done today: all that stays on the device of an order that is done."""
    query = (
        sa.select(ServiceOrder)
        .where(
            ServiceOrder.state == OrderState.DONE,
            ServiceOrder.done_at >= day_starts_at(today),
            ServiceOrder.id.in_(own_order_ids(actor)),
        )
        .options(joinedload(ServiceOrder.customer))
        .order_by(ServiceOrder.done_at.desc())
        .limit(MOST_ORDERS)
    )
    return [
        {"number": order.number, "customer": {"name": order.customer.name}, "done_at": _moment(order.done_at)}
        for order in session.scalars(query)
    ]


def _arrived(user_id: int, order_ids: list[int], *, since: dt.datetime) -> list[str]:
    """Operations that took effect lately: one whose answer was lost is not shown twice until it is answered."""
    query = sa.select(TabletOperation.operation_id).where(
        TabletOperation.user_id == user_id,
        TabletOperation.service_order_id.in_(order_ids),
        TabletOperation.received_at >= since,
    )
    return list(session.scalars(query.order_by(TabletOperation.received_at.desc()).limit(500)))


def _rate(rate: LaborRate, what: str) -> Json:
    return {"id": rate.id, "name": rate.name, "kind": rate.kind.value, "what": what, "is_default": rate.is_default}


def _order(
    order: ServiceOrder,
    actor: Actor,
    times: dict[int, list[Json]],
    parts: dict[int, list[tuple[PartUsed, str]]],
    history: dict[int, list[Json]],
    *,
    prices: bool,
) -> Json:
    return {
        "id": order.id,
        "grant": grant(actor.id, order.id),
        "number": order.number,
        "state": order.state.value,
        "priority": order.priority.value,
        "kind_of_work": order.kind_of_work,
        "skills": order.skills,
        "reference": order.reference,
        "description": order.description,
        "window_start_at": _moment(order.window_start_at),
        "window_end_at": _moment(order.window_end_at),
        "customer": {"name": order.customer.name, "phone": order.customer.phone},
        "contacts": [_contact(contact) for contact in order.customer.contacts if contact.phone],
        "site": _site(order.site),
        "equipment": _equipment(order.equipment) if order.equipment else None,
        "history": [row for row in history.get(order.equipment_id or 0, []) if row["order_id"] != order.id][:HISTORY],
        "visits": [_visit(visit, actor) for visit in order.visits],
        "tasks": [_task(task) for task in order.tasks],
        "stamps": [_stamp(stamp) for stamp in order.stamps if stamp.technician_id == actor.id],
        "times": times.get(order.id, []),
        "parts": [_part(part, actor, code, prices=prices) for part, code in parts.get(order.id, [])],
        "photos": [_photo(photo, order.id, actor) for photo in order.photos],
        "report": order.report,
        "signed_by": order.signed_by,
        "is_signed": order.signature_file_id is not None,
        "no_signature_reason": order.no_signature_reason,
        "nothing_to_bill_reason": order.nothing_to_bill_reason,
        "started_at": _moment(order.started_at),
        "done_at": _moment(order.done_at),
    }


def _moment(value: dt.datetime | None) -> str | None:
    return value.isoformat() if value else None


def _contact(contact: Contact) -> Json:
    return {"name": contact.name, "function": contact.function, "phone": contact.phone}


def _site(site: Site) -> Json:
    return {
        "name": site.name,
        "street": site.street,
        "street2": site.street2,
        "postal_code": site.postal_code,
        "city": site.city,
        "country_code": site.country_code,
        "phone": site.phone,
        "access_code": site.access_code,
        "hazards": site.hazards,
        "notes": site.notes,
    }


def _equipment(machine: Equipment) -> Json:
    return {
        "name": " ".join(filter(None, (machine.kind, machine.make, machine.model))),
        "serial": machine.serial,
        "installed_on": machine.installed_on.isoformat() if machine.installed_on else None,
        "warranty_until": machine.warranty_until.isoformat() if machine.warranty_until else None,
        "notes": machine.notes,
    }


def _visit(visit: Visit, actor: Actor) -> Json:
    return {
        "start_at": visit.start_at.isoformat(),
        "end_at": visit.end_at.isoformat(),
        "technician": visit.technician.name,
        "is_mine": visit.technician_id == actor.id,
    }


def _task(task: Task) -> Json:
    return {"id": task.id, "description": task.description, "is_done": task.done_at is not None}


def _stamp(stamp: Stamp) -> Json:
    return {"kind": stamp.kind.value, "at": stamp.at.isoformat()}


def _photo(photo: Photo, order_id: int, actor: Actor) -> Json:
    return {
        "id": photo.id,
        "order_id": order_id,
        "caption": photo.caption,
        "is_mine": photo.taken_by_id == actor.id,
    }


def _part(part: PartUsed, actor: Actor, code: str, *, prices: bool) -> Json:
    row = {
        "id": part.id,
        "code": code,
        "description": part.description,
        "quantity": f"{part.quantity:.2f}",
        "unit": part.unit,
        "is_mine": part.technician_id == actor.id,
    }
    return row | ({"unit_price": f"{part.unit_price:.2f}"} if prices else {})


def _times(actor: Actor, order_ids: list[int]) -> dict[int, list[Json]]:
    query = sa.select(TimeEntry).where(TimeEntry.service_order_id.in_(order_ids), TimeEntry.technician_id == actor.id)
    found: dict[int, list[Json]] = defaultdict(list)
    for entry in session.scalars(query.order_by(TimeEntry.start_at, TimeEntry.id)):
        found[entry.service_order_id].append(
            {
                "id": entry.id,
                "start_at": entry.start_at.isoformat(),
                "end_at": _moment(entry.end_at),
                "labor_rate_id": entry.labor_rate_id,
                "description": entry.description,
            }
        )
    return found


def _parts(order_ids: list[int]) -> dict[int, list[tuple[PartUsed, str]]]:
    query = (
        sa.select(PartUsed, StockItem.code)
        .outerjoin(StockItem, StockItem.id == PartUsed.stock_item_id)
        .where(PartUsed.service_order_id.in_(order_ids))
        .order_by(PartUsed.id)
    )
    found: dict[int, list[tuple[PartUsed, str]]] = defaultdict(list)
    for part, code in session.execute(query).all():
        found[part.service_order_id].append((part, code or ""))
    return found


def _history(equipment_ids: list[int]) -> dict[int, list[Json]]:
    """The newest done orders of each machine, whoever did them; one more than is shown, for the order itself."""
    place = sa.func.row_number().over(
        partition_by=ServiceOrder.equipment_id, order_by=(ServiceOrder.done_at.desc(), ServiceOrder.id.desc())
    )
    ranked = (
        sa.select(
            ServiceOrder.id,
            ServiceOrder.equipment_id,
            ServiceOrder.number,
            ServiceOrder.done_at,
            ServiceOrder.report,
            place.label("place"),
        )
        .where(ServiceOrder.equipment_id.in_(equipment_ids), ServiceOrder.state == OrderState.DONE)
        .subquery()
    )
    found: dict[int, list[Json]] = defaultdict(list)
    for row in session.execute(sa.select(ranked).where(ranked.c.place <= HISTORY + 1).order_by(ranked.c.place)):
        day = local_day(row.done_at)
        found[row.equipment_id].append(
            {
                "order_id": row.id,
                "number": row.number,
                "done_on": day.isoformat() if day else None,
                "report": row.report[:1000],
            }
        )
    return found


def catalog() -> list[list[Any]]:
    """The items to choose from without a network: the most used first, then by name. [id, code, description, unit, barcode]."""
    used = (
        sa.select(PartUsed.stock_item_id, sa.func.count().label("times"))
        .where(PartUsed.stock_item_id.is_not(None))
        .group_by(PartUsed.stock_item_id)
        .subquery()
    )
    query = (
        sa.select(StockItem.id, StockItem.code, StockItem.description, StockItem.unit, StockItem.barcode)
        .outerjoin(used, used.c.stock_item_id == StockItem.id)
        .where(StockItem.archived_at.is_(None))
        .order_by(sa.func.coalesce(used.c.times, 0).desc(), StockItem.sort_key, StockItem.id)
        .limit(MOST_ITEMS)
    )
    return [list(row) for row in session.execute(query)]


def kits() -> list[list[Any]]:
    """The kits in use and their parts: [id, code, description, [[item id, rate id, quantity, code, description, unit]]]."""
    rows = session.scalars(listed_kits().order_by(Kit.sort_key, Kit.id).limit(MOST_KITS))
    kits = [(row, [part for line in lines_in_use(row) if (part := _kit_part(line))]) for row in rows]
    return [[row.id, row.code, row.description, parts] for row, parts in kits if parts]


def _kit_part(line: KitLine) -> list[Any] | None:
    """None for labor, which is logged as hours."""
    thing, quantity = line.thing, f"{line.quantity:.2f}"
    if isinstance(thing, StockItem):
        return [thing.id, None, quantity, thing.code, thing.description, thing.unit]
    return [None, thing.id, quantity, "", thing.name, UNITS_OF_RATES[thing.kind]] if thing.kind in PART_KINDS else None


def kept_of(user_id: int, *, since: dt.datetime) -> list[Json]:
    """Kept work of a technician: what waits for the office, and what was decided lately."""
    query = (
        sa.select(KeptWork)
        .where(
            KeptWork.user_id == user_id,
            sa.or_(KeptWork.state == KeptState.OPEN, KeptWork.decided_at >= since),
        )
        .options(joinedload(KeptWork.service_order).joinedload(ServiceOrder.customer))
        .order_by(KeptWork.id.desc())
        .limit(200)
    )
    return [
        {
            "id": row.id,
            "number": row.service_order.number,
            "customer": row.service_order.customer.name,
            "kind": row.kind,
            "at": row.at.isoformat(),
            "reason": row.reason,
            "state": row.state.value,
            "decision": row.decision,
        }
        for row in session.scalars(query)
    ]


def kept_rows(state: KeptState, *, limit: int = 200) -> list[KeptWork]:
    """Kept work for the office, by order and technician, the oldest first."""
    query = (
        sa.select(KeptWork)
        .where(KeptWork.state == state)
        .options(
            joinedload(KeptWork.user),
            joinedload(KeptWork.service_order).joinedload(ServiceOrder.customer),
        )
        .order_by(KeptWork.service_order_id, KeptWork.user_id, KeptWork.id)
        .limit(limit)
    )
    return list(session.scalars(query))


def count_kept() -> int:
    """How many pieces of work wait for the office."""
    return session.scalar(sa.select(sa.func.count()).where(KeptWork.state == KeptState.OPEN)) or 0


def decided_rows(limit: int = 100) -> list[KeptWork]:
    """Kept work that was decided on, the newest first."""
    query = (
        sa.select(KeptWork)
        .where(KeptWork.state != KeptState.OPEN)
        .options(
            joinedload(KeptWork.user),
            joinedload(KeptWork.service_order).joinedload(ServiceOrder.customer),
        )
        .order_by(KeptWork.decided_at.desc(), KeptWork.id)
        .limit(limit)
    )
    return list(session.scalars(query))
