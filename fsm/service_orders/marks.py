"""What may still happen to an hour or a part: billed work stays, and some work is not to be billed, with a reason."""

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.core import audit
from fsm.core.db import session
from fsm.core.errors import ConflictError, DomainError, NotFoundError
from fsm.service_orders.billable import CLAIMED, WorkKind, is_to_bill
from fsm.service_orders.claims import claim_of, refresh_to_bill
from fsm.service_orders.models import PartUsed, ServiceOrder, TimeEntry
from fsm.service_orders.services import has_work, refuse_change
from fsm.service_orders.visibility import hold, is_desk
from fsm.users.actor import Actor


def refuse_work_change(kind: WorkKind, work_id: int, actor: Actor) -> None:
    """Billed work does not change; work on a draft changes by the office, and the draft's line shows the difference."""
    claim = claim_of(kind, work_id)
    if claim is None:
        return
    if claim.is_final:
        raise ConflictError(_("This is billed and does not change any more; a credit note gives it back."))
    if not is_desk(actor):
        raise ConflictError(_("This is on a draft invoice: only the office corrects it now."))


def refuse_removal(kind: WorkKind, work_id: int) -> None:
    """What is or was on an invoice stays on record."""
    claim = claim_of(kind, work_id)
    if claim is not None and not claim.is_final:
        raise ConflictError(_("This is on a draft invoice; take its line off there first."))
    if session.scalar(sa.select(sa.exists().where(CLAIMED[kind] == work_id))):
        raise ConflictError(_("This is or was on a posted invoice: mark it as not to bill instead."))


def mark_not_to_bill(order_id: int, kind: WorkKind, work_id: int, reason: str, *, actor: Actor) -> TimeEntry | PartUsed:
    """Leave an hour or a part out of every invoice: warranty, goodwill, contract."""
    if not reason:
        raise DomainError(_("Say why."), "reason")
    order, work = _held(order_id, kind, work_id, actor)
    if claim_of(kind, work_id) is not None:
        raise ConflictError(_("This is on an invoice; take its line off there first."))
    work.not_to_bill_reason = reason
    refresh_to_bill([order.id])
    audit.note([("service_order", order.id)], _("%(what)s: not to bill, %(reason)s.", what=_name(work), reason=reason))
    return work


def bill_again(order_id: int, kind: WorkKind, work_id: int, *, actor: Actor) -> None:
    """It is to be billed after all."""
    order, work = _held(order_id, kind, work_id, actor)
    work.not_to_bill_reason = ""
    refresh_to_bill([order.id])
    audit.note([("service_order", order.id)], _("%(what)s: to bill after all.", what=_name(work)))


def set_nothing_to_bill(order_id: int, reason: str, *, actor: Actor) -> ServiceOrder:
    """Say why nothing of this order is billed; all its work that is on no invoice is marked with the reason."""
    if not reason:
        raise DomainError(_("Say why."), "nothing_to_bill_reason")
    order = hold(order_id, actor)
    refuse_change(order, actor)
    if not is_desk(actor) and has_work(order.id):
        raise ConflictError(_("There is work on this order: the office decides what is not billed."))
    order.nothing_to_bill_reason = reason
    for entry in session.scalars(
        sa.select(TimeEntry).where(TimeEntry.service_order_id == order.id, is_to_bill("time"))
    ):
        entry.not_to_bill_reason = reason
    for part in session.scalars(sa.select(PartUsed).where(PartUsed.service_order_id == order.id, is_to_bill("part"))):
        part.not_to_bill_reason = reason
    refresh_to_bill([order.id])
    audit.note([("service_order", order.id)], _("Nothing to bill: %(reason)s.", reason=reason))
    return order


def _held(order_id: int, kind: WorkKind, work_id: int, actor: Actor) -> tuple[ServiceOrder, TimeEntry | PartUsed]:
    order = hold(order_id, actor)
    work = session.get(TimeEntry, work_id) if kind == "time" else session.get(PartUsed, work_id)
    if work is None or work.service_order_id != order.id:
        raise NotFoundError(_("There is no such work on this order."))
    refuse_change(order, actor)
    return order, work


def _name(work: TimeEntry | PartUsed) -> str:
    return work.description or (work.labor_rate.name if work.labor_rate else "")
