"""What tablets send: an operation is carried out once, in the transaction that remembers it, or kept for the office."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.core import audit
from fsm.core.db import lock, session
from fsm.core.errors import ConflictError, DomainError, NotFoundError
from fsm.core.formats import local
from fsm.files import services as files
from fsm.files.images import Picture
from fsm.service_orders import services as service_orders
from fsm.service_orders.models import OrderState, ServiceOrder
from fsm.service_orders.services import OrderValues
from fsm.service_orders.visibility import find, is_desk
from fsm.tablet.applying import HANDLERS, Operation, apply
from fsm.tablet.models import KeptState, KeptWork, TabletBlob, TabletOperation
from fsm.tablet.values import Values
from fsm.users.actor import Actor
from fsm.users.models import Role

# Steps that find an order done already have nothing more to do.
_ALSO_WHEN_DONE = frozenset({"finish"})


@dataclass(frozen=True, slots=True)
class Sent:
    """An operation as it came: its id, the device, and whether the order had been given to this tablet."""

    operation_id: str
    device_id: str
    operation: Operation
    is_granted: bool


@dataclass(frozen=True, slots=True)
class Result:
    """What became of it: carried out, or kept for the office with the reason in words."""

    status: str
    sentence: str = ""
    made_id: int | None = None


def push(sent: Sent, *, actor: Actor) -> Result:
    """Carry it out or keep it; DomainError where the rules refuse it, DifferentError with both values."""
    before = session.get(TabletOperation, (actor.id, sent.operation_id))
    if before is not None:  # its key was forgotten after 90 days; what it did was not
        return Result("kept" if before.was_kept else "applied", made_id=before.made_id)
    operation = sent.operation
    if operation.kind not in HANDLERS:
        raise DomainError(_("This program does not know this step: load the page anew."), "kind")
    _order, reason = _look(sent, actor)
    made_id = None
    if reason:
        _keep(sent, actor, reason)
    else:
        made_id = apply(operation, actor)
    session.add(
        TabletOperation(
            user_id=actor.id,
            operation_id=sent.operation_id,
            device_id=sent.device_id,
            service_order_id=operation.order_id,
            kind=operation.kind,
            device_at=operation.device_at,
            at=operation.at,
            received_at=operation.now,
            made_id=made_id,
            was_kept=bool(reason),
        )
    )
    session.flush()
    return Result("kept" if reason else "applied", reason_in_words(reason) if reason else "", made_id)


def _look(sent: Sent, actor: Actor) -> tuple[ServiceOrder, str]:
    """The order, held, and why work on it can only be kept; NotFoundError for an order that was never this tablet's."""
    operation = sent.operation
    try:
        find(operation.order_id, actor)
        is_mine = True
    except NotFoundError:
        is_mine = False
    order: ServiceOrder | None = lock(ServiceOrder, [operation.order_id]).get(operation.order_id)
    if order is None or not (is_mine or sent.is_granted):
        raise NotFoundError(_("There is no such service order."))
    if order.state is OrderState.CANCELLED:
        return order, "cancelled"
    if not is_mine:
        return order, "reassigned"
    if order.state is OrderState.DONE and operation.kind not in _ALSO_WHEN_DONE and not is_desk(actor):
        return order, "done"
    if _waits_behind_kept(operation, actor):
        return order, "kept"
    return order, ""


def _waits_behind_kept(operation: Operation, actor: Actor) -> bool:
    made_by = operation.values.operation("of")
    made = session.get(TabletOperation, (actor.id, made_by)) if made_by else None
    return bool(made and made.was_kept)


def reason_in_words(reason: str) -> str:
    """Why work was kept."""
    return {
        "cancelled": _("The office has cancelled this order. Your work is kept; the office decides."),
        "reassigned": _("The office has given this order to somebody else. Your work is kept; the office decides."),
        "done": _("This order is done already. Your work is kept; the office decides."),
        "kept": _("This belongs to work that waits at the office."),
    }[reason]


def _keep(sent: Sent, actor: Actor, reason: str) -> None:
    operation = sent.operation
    session.add(
        KeptWork(
            user_id=actor.id,
            operation_id=sent.operation_id,
            service_order_id=operation.order_id,
            kind=operation.kind,
            values=dict(operation.values.given),
            device_at=operation.device_at,
            at=operation.at,
            received_at=operation.now,
            reason=reason,
        )
    )
    audit.note(
        [("service_order", operation.order_id)], _("Work of %(name)s came too late and is kept.", name=actor.name)
    )


def store_blob(sha256: str, picture: Picture, *, actor: Actor, moment: dt.datetime) -> TabletBlob:
    """Remember a picture by the hash of the bytes that the device sent; once."""
    blob = session.get(TabletBlob, (actor.id, sha256))
    if blob is None:
        file = files.put(picture.data, picture.media_type)
        blob = TabletBlob(user_id=actor.id, sha256=sha256, file_id=file.id, created_at=moment)
        session.add(blob)
        session.flush()
    return blob


def take_over(kept_ids: Sequence[int], technician: Actor, *, actor: Actor, moment: dt.datetime) -> ServiceOrder:
    """Put kept work of one technician on its order, or on a new one for the same site where that is cancelled.

    The work is the technician's, the right to put it there the office's.
    """
    rows = _open_rows(kept_ids, technician.id)
    order = session.get_one(ServiceOrder, rows[0].service_order_id)
    target = _new_order(order, actor, moment) if order.state is OrderState.CANCELLED else order
    worker = replace(technician, roles=frozenset({Role.TECHNICIAN, Role.OFFICE}))
    for row in rows:
        if row.kind == "tick_task" and target is not order:
            made_id = None  # the new order has no such task
        else:
            operation = Operation(
                target.id, row.kind, _without_before(row), row.at, row.device_at, moment, technician.id
            )
            made_id = apply(operation, worker)
        done = session.get_one(TabletOperation, (row.user_id, row.operation_id))
        done.made_id, done.was_kept, done.service_order_id = made_id, False, target.id
        row.taken_to_id = target.id
        _decide(row, KeptState.TAKEN_OVER, actor, moment)
        session.flush()
    audit.note(
        [("service_order", target.id), ("service_order", order.id)]
        if target is not order
        else [("service_order", order.id)],
        _("Kept work of %(name)s was taken over on %(number)s.", name=technician.name, number=target.number),
    )
    return target


def _without_before(row: KeptWork) -> Values:
    # The office has seen both when it takes the work over.
    return Values({name: value for name, value in row.values.items() if name != "before"})


def _new_order(order: ServiceOrder, actor: Actor, moment: dt.datetime) -> ServiceOrder:
    values = OrderValues(
        site_id=order.site_id,
        description=order.description,
        payer_id=order.payer_id,
        equipment_id=order.equipment_id,
        reference=order.reference,
        kind_of_work=order.kind_of_work,
        priority=order.priority,
    )
    return service_orders.create(values, actor=actor, today=local(moment).date(), moment=moment)


def dismiss(kept_ids: Sequence[int], technician_id: int, reason: str, *, actor: Actor, moment: dt.datetime) -> int:
    """Leave kept work aside, with the reason that the technician reads; gives how many. It stays on record."""
    if not reason:
        raise DomainError(_("Say why."), "reason")
    rows = _open_rows(kept_ids, technician_id)
    for row in rows:
        row.decision = reason
        _decide(row, KeptState.DISMISSED, actor, moment)
    session.flush()
    audit.note([("service_order", rows[0].service_order_id)], _("Kept work was dismissed: %(reason)s", reason=reason))
    return len(rows)


def _open_rows(kept_ids: Sequence[int], user_id: int) -> list[KeptWork]:
    found: dict[int, KeptWork] = lock(KeptWork, list(kept_ids))
    rows = [row for row in found.values() if row.user_id == user_id]
    if not rows or len(rows) != len(set(kept_ids)) or len({row.service_order_id for row in rows}) != 1:
        raise NotFoundError(_("There is no such kept work."))
    if any(row.state is not KeptState.OPEN for row in rows):
        raise ConflictError(_("Somebody has decided on this already."))
    return rows


def _decide(row: KeptWork, state: KeptState, actor: Actor, moment: dt.datetime) -> None:
    row.state, row.decided_by_id, row.decided_at = state, actor.id, moment


def forget_old(before: dt.datetime) -> int:
    """Delete pictures' names by hash that are older than the moment and on no kept work; gives how many."""
    open_users = sa.select(KeptWork.user_id).where(KeptWork.state == KeptState.OPEN)
    gone = session.scalars(
        sa.delete(TabletBlob)
        .where(TabletBlob.created_at < before, TabletBlob.user_id.not_in(open_users))
        .returning(TabletBlob.sha256)
    )
    return len(gone.all())
