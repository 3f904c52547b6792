"""One operation of a tablet, carried out by the services that the pages use, with the same permissions.

A handler gives the id of what it made (a time entry, a part, a photo), or None.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.catalog.models import StockItem
from fsm.core.db import session
from fsm.core.errors import ConflictError, DomainError, NotFoundError
from fsm.service_orders import marks, parts, report, services, tasks, time_entries
from fsm.service_orders.models import OrderState, PartUsed, Photo, ServiceOrder, StampKind, TimeEntry
from fsm.service_orders.parts import PartValues
from fsm.service_orders.time_entries import TimeValues
from fsm.service_orders.visibility import hold
from fsm.tablet.differences import compare
from fsm.tablet.models import TabletBlob, TabletOperation
from fsm.tablet.values import Values
from fsm.users.actor import Actor

LONGEST_REPORT = 20_000
LONGEST_CAPTION = 200


@dataclass(frozen=True, slots=True)
class Operation:
    """What was captured. ``at``: when, by the server's clock; ``device_at``: by the device's; ``now``: when it is done."""

    order_id: int
    kind: str
    values: Values
    at: dt.datetime
    device_at: dt.datetime
    now: dt.datetime
    device_user_id: int


Handler: TypeAlias = Callable[[Operation, Actor], int | None]


def apply(operation: Operation, actor: Actor) -> int | None:
    """Do it; DomainError where the rules refuse it."""
    handler = HANDLERS.get(operation.kind)
    if handler is None:
        raise DomainError(_("This program does not know this step: load the page anew."), "kind")
    return handler(operation, actor)


def _on_my_way(operation: Operation, actor: Actor) -> None:
    _stamp(operation, actor, StampKind.ON_MY_WAY)


def _start(operation: Operation, actor: Actor) -> None:
    _stamp(operation, actor, StampKind.START)


def _finish(operation: Operation, actor: Actor) -> None:
    order = hold(operation.order_id, actor)
    if order.state is not OrderState.DONE:  # the office may have been quicker: done is done
        services.finish(operation.order_id, actor=actor, moment=operation.at)
    _stamp(operation, actor, StampKind.FINISH)


def _stamp(operation: Operation, actor: Actor, kind: StampKind) -> None:
    tasks.stamp(operation.order_id, kind, actor=actor, moment=operation.at, device_at=operation.device_at)


def _start_timer(operation: Operation, actor: Actor) -> int:
    rate_id = operation.values.id("labor_rate_id")
    entry = time_entries.start_timer(operation.order_id, actor=actor, moment=operation.at, labor_rate_id=rate_id)
    session.flush()
    return entry.id


def _stop_timer(operation: Operation, actor: Actor) -> int:
    entry_id = _row_of(operation, "entry_id")
    text = operation.values.text("description", 500) or None
    time_entries.stop_timer(operation.order_id, entry_id, actor=actor, moment=operation.at, description=text)
    return entry_id


def _log_time(operation: Operation, actor: Actor) -> int:
    entry = time_entries.log_time(operation.order_id, _time_values(operation), actor=actor, moment=operation.now)
    session.flush()
    return entry.id


def _correct_time(operation: Operation, actor: Actor) -> int:
    entry_id = _row_of(operation, "entry_id")
    wanted = _time_values(operation)
    entry = session.get(TimeEntry, entry_id, populate_existing=True)
    if entry is None or entry.service_order_id != operation.order_id:
        raise NotFoundError(_("There is no such time entry."))
    labels = {
        "start_at": _("Start"),
        "end_at": _("End"),
        "labor_rate_id": _("Rate"),
        "description": _("What was done"),
    }
    before = operation.values.before()
    seen = None if before is None else _time_facts(_time_values_of(before))
    compare(seen, _time_facts(wanted), _time_facts(entry), labels)
    time_entries.correct_time(operation.order_id, entry_id, wanted, actor=actor, moment=operation.now)
    return entry_id


def _time_values(operation: Operation) -> TimeValues:
    return _time_values_of(operation.values)


def _time_values_of(values: Values) -> TimeValues:
    return TimeValues(
        start_at=values.moment("start_at"),
        end_at=values.moment("end_at"),
        labor_rate_id=values.id("labor_rate_id"),
        description=values.text("description", 500),
    )


def _time_facts(time: TimeValues | TimeEntry) -> dict[str, Any]:
    return {
        "start_at": time.start_at.isoformat(),
        "end_at": time.end_at.isoformat() if time.end_at else "",
        "labor_rate_id": time.labor_rate_id,
        "description": time.description,
    }


def _remove_time(operation: Operation, actor: Actor) -> None:
    time_entries.remove_time(operation.order_id, _row_of(operation, "entry_id"), actor=actor)


def _add_part(operation: Operation, actor: Actor) -> int:
    values = operation.values
    item_id, code = values.id("stock_item_id"), values.text("code", 40)
    if item_id is None and code:
        item_id = _item_of_code(code)
    wanted = PartValues(values.quantity("quantity"), stock_item_id=item_id, labor_rate_id=values.id("labor_rate_id"))
    part = parts.add_part(operation.order_id, wanted, actor=actor, moment=operation.at)
    session.flush()
    return part.id


def _item_of_code(code: str) -> int:
    query = sa.select(StockItem.id).where(sa.or_(StockItem.code == code, StockItem.barcode == code))
    found = list(session.scalars(query.where(StockItem.archived_at.is_(None)).limit(2)))
    if not found:
        raise DomainError(_("No item in use has the code %(code)s.", code=code), "code")
    if len(found) > 1:
        raise DomainError(_("Several items have the code %(code)s: choose one by its name.", code=code), "code")
    return found[0]


def _correct_part(operation: Operation, actor: Actor) -> int:
    part_id = _row_of(operation, "part_id")
    part = session.get(PartUsed, part_id, populate_existing=True)
    if part is None or part.service_order_id != operation.order_id:
        raise NotFoundError(_("There is no such part on this order."))
    quantity, before = operation.values.quantity("quantity"), operation.values.before()
    compare(
        None if before is None else {"quantity": _plain(before.quantity("quantity"))},
        {"quantity": _plain(quantity)},
        {"quantity": _plain(part.quantity)},
        {"quantity": _("Quantity")},
    )
    parts.correct_part(operation.order_id, part_id, PartValues(quantity), actor=actor)
    return part_id


def _plain(number: Any) -> str:  # noqa: ANN401 - a decimal
    return f"{number:.2f}"


def _remove_part(operation: Operation, actor: Actor) -> None:
    parts.remove_part(operation.order_id, _row_of(operation, "part_id"), actor=actor)


def _tick_task(operation: Operation, actor: Actor) -> None:
    tasks.tick_task(
        operation.order_id,
        operation.values.id("task_id") or 0,
        is_done=operation.values.yes("is_done"),
        actor=actor,
        moment=operation.at,
    )


def _add_photo(operation: Operation, actor: Actor) -> int:
    caption = operation.values.text("caption", LONGEST_CAPTION)
    file_id = _file_of(operation)
    return report.add_photo(operation.order_id, file_id, caption, actor=actor, moment=operation.at).id


def _caption_photo(operation: Operation, actor: Actor) -> int:
    photo_id = _row_of(operation, "photo_id")
    photo = session.get(Photo, photo_id, populate_existing=True)
    if photo is None or photo.service_order_id != operation.order_id:
        raise NotFoundError(_("There is no such photo."))
    caption, before = operation.values.text("caption", LONGEST_CAPTION), operation.values.before()
    seen = None if before is None else {"caption": before.text("caption", LONGEST_CAPTION)}
    compare(seen, {"caption": caption}, {"caption": photo.caption}, {"caption": _("Caption")})
    report.caption_photo(operation.order_id, photo_id, caption, actor=actor)
    return photo_id


def _remove_photo(operation: Operation, actor: Actor) -> None:
    report.remove_photo(operation.order_id, _row_of(operation, "photo_id"), actor=actor)


def _write_report(operation: Operation, actor: Actor) -> None:
    order = hold(operation.order_id, actor)
    text, before = operation.values.text("report", LONGEST_REPORT), operation.values.before()
    seen = None if before is None else {"report": before.text("report", LONGEST_REPORT)}
    compare(seen, {"report": text}, {"report": order.report}, {"report": _("Work report")})
    report.write_report(operation.order_id, text, actor=actor)


def _sign(operation: Operation, actor: Actor) -> None:
    order = hold(operation.order_id, actor)
    name, before = operation.values.text("signed_by", 100), operation.values.before()
    if order.signature_file_id is not None:
        seen = None if before is None else {"signed_by": before.text("signed_by", 100)}
        compare(seen, {"signed_by": name}, {"signed_by": order.signed_by}, {"signed_by": _("Signed by")})
    _begin_if_need_be(order, operation, actor)
    report.sign(operation.order_id, name, _file_of(operation), actor=actor, moment=operation.at)


def _begin_if_need_be(order: ServiceOrder, operation: Operation, actor: Actor) -> None:
    # Hours and parts start an order by themselves; so does a signature that was taken before anything else.
    if order.state in {OrderState.DRAFT, OrderState.SCHEDULED}:
        services.start(order.id, actor=actor, moment=operation.at)


def _explain_no_signature(operation: Operation, actor: Actor) -> None:
    report.explain_no_signature(operation.order_id, operation.values.text("reason", 250), actor=actor)


def _set_nothing_to_bill(operation: Operation, actor: Actor) -> None:
    marks.set_nothing_to_bill(operation.order_id, operation.values.text("reason", 250), actor=actor)


def _row_of(operation: Operation, name: str) -> int:
    """The row that is meant: by its id, or by the operation that made it, which the tablet knew before there was a row."""
    row_id = operation.values.id(name)
    if row_id is not None:
        return row_id
    made_by = operation.values.operation("of")
    made = session.get(TabletOperation, (operation.device_user_id, made_by)) if made_by else None
    if made is None or made.service_order_id != operation.order_id:
        raise NotFoundError(_("What this is about was not sent or was taken away."))
    if made.was_kept or made.made_id is None:
        raise ConflictError(_("What this is about waits at the office."))
    return made.made_id


def _file_of(operation: Operation) -> int:
    blob = session.get(TabletBlob, (operation.device_user_id, operation.values.sha256("sha256")))
    if blob is None:
        raise ConflictError(_("The picture has not arrived yet."), "sha256")
    return blob.file_id


HANDLERS: dict[str, Handler] = {
    "on_my_way": _on_my_way,
    "start": _start,
    "start_timer": _start_timer,
    "stop_timer": _stop_timer,
    "log_time": _log_time,
    "correct_time": _correct_time,
    "remove_time": _remove_time,
    "add_part": _add_part,
    "correct_part": _correct_part,
    "remove_part": _remove_part,
    "tick_task": _tick_task,
    "add_photo": _add_photo,
    "caption_photo": _caption_photo,
    "remove_photo": _remove_photo,
    "write_report": _write_report,
    "sign": _sign,
    "explain_no_signature": _explain_no_signature,
    "set_nothing_to_bill": _set_nothing_to_bill,
    "finish": _finish,
}
