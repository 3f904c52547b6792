"""The life of a service order: create, edit, start, finish, cancel, reopen, validate.

Visits, time, parts, report and photos have files of their own; who claims the work is in claims.py.
"""

import datetime as dt
from collections.abc import Collection
from dataclasses import asdict, dataclass
from decimal import Decimal

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.core import audit, events, numbering
from fsm.core.db import lock, only_row, session
from fsm.core.errors import ConflictError, DomainError, ForbiddenError, NotFoundError
from fsm.core.state import advance, check_version
from fsm.customers.models import Customer, Equipment, Site
from fsm.service_orders import messages
from fsm.service_orders.claims import live_claims
from fsm.service_orders.models import (
    TRANSITIONS,
    OrderState,
    PartUsed,
    Priority,
    ServiceOrder,
    ServiceSettings,
    TimeEntry,
)
from fsm.service_orders.visibility import hold, is_desk, settings
from fsm.users.actor import Actor

NUMBERING = "service_order"
MOST_PLANNED_MINUTES = 7 * 24 * 60  # as a visit lasts at most


@dataclass(frozen=True, slots=True)
class OrderValues:
    """What the office, or a technician in an emergency, says of an order. The site says whose it is.

    ``payer_id`` None: the site's payer where it has one, else the customer.
    """

    site_id: int
    description: str = ""
    payer_id: int | None = None
    equipment_id: int | None = None
    reference: str = ""
    kind_of_work: str = ""
    priority: Priority = Priority.NORMAL
    skills: str = ""
    window_start_at: dt.datetime | None = None
    window_end_at: dt.datetime | None = None
    planned_minutes: int | None = None


@dataclass(frozen=True, slots=True)
class SettingsValues:
    """The company's rules of service work."""

    is_signature_required: bool
    technicians_see_sale_prices: bool
    minimum_minutes: int
    rounding_minutes: int
    weekly_hours: Decimal
    tells_booked: bool = False
    tells_on_my_way: bool = False
    tells_done: bool = False


def create(
    values: OrderValues, *, actor: Actor, today: dt.date, moment: dt.datetime, work_not_to_bill_reason: str = ""
) -> ServiceOrder:
    """A draft with its number; DomainError at the field that is wrong. ``work_not_to_bill_reason``: a contract's."""
    site = _check(values)
    if site.archived_at or site.customer.archived_at:
        raise DomainError(_("This site is archived."), "site_id")
    number = numbering.take(NUMBERING, [today])[0]
    order = ServiceOrder(
        number=number.text,
        number_series=number.series,
        number_period=number.period,
        number_counter=number.counter,
        state=OrderState.DRAFT,
        customer_id=site.customer_id,
        work_not_to_bill_reason=work_not_to_bill_reason or None,
        created_by_id=actor.id,
        created_at=moment,
        **(asdict(values) | {"payer_id": values.payer_id or site.payer_id}),
    )
    session.add(order)
    session.flush()
    _note(order, _("Service order %(number)s was created.", number=order.number))
    audit.note([("customer", order.customer_id)], _("Service order %(number)s was created.", number=order.number))
    return order


def edit(order_id: int, values: OrderValues, *, actor: Actor, version: int | None) -> ServiceOrder:
    """Change what was agreed. Who pays and where stays as it is while the work is on an invoice."""
    order = hold(order_id, actor)
    check_version(order.version, version)
    if order.state is OrderState.CANCELLED:
        raise ConflictError(_("A cancelled order does not change."))
    site = _check(values)
    payer_id = values.payer_id or site.payer_id
    if (site.id, payer_id) != (order.site_id, order.payer_id) and live_claims([order.id]):
        raise ConflictError(_("Its work is on an invoice: site and payer stay."), "site_id")
    for name, value in (asdict(values) | {"payer_id": payer_id, "customer_id": site.customer_id}).items():
        setattr(order, name, value)
    session.flush()
    return order


def start(order_id: int, *, actor: Actor, moment: dt.datetime) -> ServiceOrder:
    """Work begins."""
    order = hold(order_id, actor)
    begin(order, moment)
    return order


def begin(order: ServiceOrder, moment: dt.datetime) -> None:
    """Put a held order in progress; ConflictError where it cannot be."""
    if order.state is OrderState.DONE:
        raise ConflictError(_("%(number)s is done; reopen it first.", number=order.number))
    order.state = advance(TRANSITIONS, order.state, OrderState.IN_PROGRESS)
    order.started_at = order.started_at or moment
    session.flush()
    _note(order, _("Work was started."))


def missing_to_finish(order: ServiceOrder) -> list[tuple[str, str]]:
    """What Done still needs: (field of the finish form, sentence)."""
    missing = []
    running = session.scalar(
        sa.select(sa.exists().where(TimeEntry.service_order_id == order.id, TimeEntry.end_at.is_(None)))
    )
    if running:
        missing.append(("timer", _("A timer is still running on this order; stop it first.")))
    if not order.report:
        missing.append(("report", _("The report is missing: say what was done.")))
    if not order.nothing_to_bill_reason and not has_work(order.id):
        missing.append(("nothing_to_bill_reason", _("There is neither time nor a part: log some, or say why not.")))
    if settings().is_signature_required and not order.signature_file_id and not order.no_signature_reason:
        missing.append(("no_signature_reason", _("The customer's signature is missing: take it, or say why not.")))
    return missing


def has_work(order_id: int) -> bool:
    """Whether any time or part stands on the order."""
    time = sa.exists().where(TimeEntry.service_order_id == order_id)
    part = sa.exists().where(PartUsed.service_order_id == order_id)
    return bool(session.scalar(sa.select(sa.or_(time, part))))


def finish(order_id: int, *, actor: Actor, moment: dt.datetime) -> ServiceOrder:
    """Done: nothing may be missing (``missing_to_finish``)."""
    order = hold(order_id, actor)
    state = advance(TRANSITIONS, order.state, OrderState.DONE)
    for field, sentence in missing_to_finish(order):
        raise DomainError(sentence, field)
    order.state, order.done_at = state, moment
    session.flush()
    events.happened("service_order.done", [order.id])
    _note(order, _("The order is done."))
    messages.done(order, moment)
    return order


def cancel(order_id: int, reason: str, *, actor: Actor) -> ServiceOrder:
    """It will not be done. Refused while its work is on an invoice or a timer runs."""
    order = hold(order_id, actor)
    _require(reason, "reason")
    state = advance(TRANSITIONS, order.state, OrderState.CANCELLED)
    if live_claims([order.id]):
        raise ConflictError(_("Its work is on an invoice; take it off first."))
    if session.scalar(sa.select(sa.exists().where(TimeEntry.service_order_id == order.id, TimeEntry.end_at.is_(None)))):
        raise ConflictError(_("A timer is still running on this order; stop it first."))
    order.state, order.cancel_reason = state, reason
    session.flush()
    _note(order, _("Cancelled: %(reason)s", reason=reason))
    messages.visits_dropped(order, order.visits)
    return order


def reopen(order_id: int, reason: str, *, actor: Actor) -> ServiceOrder:
    """Done → in progress. Refused once some of its work is on a posted invoice; it must be validated again."""
    order = hold(order_id, actor)
    _require(reason, "reason")
    if order.state is not OrderState.DONE:
        raise ConflictError(_("Only an order that is done can be reopened."))
    if any(claim.is_final for claim in live_claims([order.id])):
        raise ConflictError(_("Some of its work is on a posted invoice: credit that first, or make a new order."))
    order.state = advance(TRANSITIONS, order.state, OrderState.IN_PROGRESS)
    order.reopen_reason, order.done_at = reason, None
    order.validated_at = order.validated_by_id = None
    session.flush()
    _note(order, _("Reopened: %(reason)s", reason=reason))
    return order


def validate(order_id: int, *, actor: Actor, moment: dt.datetime) -> ServiceOrder:
    """The office has looked at report, hours and parts; a second time changes nothing."""
    order = hold(order_id, actor)
    if not is_desk(actor):
        raise ForbiddenError(_("Your roles do not allow this."))
    if order.state is not OrderState.DONE:
        raise ConflictError(_("Only an order that is done can be validated."))
    if order.validated_at is None:
        order.validated_at, order.validated_by_id = moment, actor.id
        session.flush()
        _note(order, _("Report, hours and parts were validated."))
    return order


def validate_many(order_ids: Collection[int], *, actor: Actor, moment: dt.datetime) -> int:
    """The office has looked at all of these; gives how many were not validated before. All or none.

    ConflictError for one that is not done any more.
    """
    if not is_desk(actor):
        raise ForbiddenError(_("Your roles do not allow this."))
    orders: dict[int, ServiceOrder] = lock(ServiceOrder, set(order_ids))
    if len(orders) != len(set(order_ids)):
        raise NotFoundError(_("There is no such service order."))
    for order in orders.values():
        if order.state is not OrderState.DONE:
            raise ConflictError(_("%(number)s is not done any more.", number=order.number))
    fresh = [order for order in orders.values() if order.validated_at is None]
    for order in fresh:
        order.validated_at, order.validated_by_id = moment, actor.id
    session.flush()
    audit.notes(([("service_order", order.id)], _("Report, hours and parts were validated.")) for order in fresh)
    return len(fresh)


def numbers_of(order_ids: Collection[int]) -> dict[int, str]:
    """Numbers by id; unknown ids are left out."""
    if not order_ids:
        return {}
    query = sa.select(ServiceOrder.id, ServiceOrder.number).where(ServiceOrder.id.in_(list(order_ids)))
    return dict(session.execute(query.order_by(ServiceOrder.id)).all())


def save_settings(values: SettingsValues, *, version: int | None) -> ServiceSettings:
    """The rules from now on; time that was logged keeps its billable minutes."""
    row = only_row(ServiceSettings)
    if row is None:
        row = ServiceSettings(id=1)
        session.add(row)
    else:
        check_version(row.version, version)
    for name, value in asdict(values).items():
        setattr(row, name, value)
    session.flush()
    return row


def refuse_change(order: ServiceOrder, actor: Actor) -> None:
    """Refuse a change of report, time, parts, photos: of a cancelled order, and by a technician of a done one."""
    if order.state is OrderState.CANCELLED:
        raise ConflictError(_("%(number)s is cancelled.", number=order.number))
    if order.state is OrderState.DONE and not is_desk(actor):
        raise ConflictError(_("%(number)s is done: only the office corrects it now.", number=order.number))


def _check(values: OrderValues) -> Site:
    site = session.get(Site, values.site_id)
    if site is None:
        raise NotFoundError(_("There is no such site."), "site_id")
    if values.equipment_id is not None:
        equipment = session.get(Equipment, values.equipment_id)
        if equipment is None or equipment.site_id != site.id:
            raise DomainError(_("This equipment is not at this site."), "equipment_id")
    if values.payer_id is not None and session.get(Customer, values.payer_id) is None:
        raise DomainError(_("There is no such customer."), "payer_id")
    if values.window_start_at and values.window_end_at and values.window_start_at >= values.window_end_at:
        raise DomainError(_("The end comes before the start."), "window_end_at")
    if values.planned_minutes is not None and not 1 <= values.planned_minutes <= MOST_PLANNED_MINUTES:
        sentence = _("Between %(low)s and %(high)s minutes.", low=1, high=MOST_PLANNED_MINUTES)
        raise DomainError(sentence, "planned_minutes")
    return site


def _require(reason: str, field: str) -> None:
    if not reason:
        raise DomainError(_("Say why."), field)


def _note(order: ServiceOrder, sentence: str) -> None:
    audit.note([("service_order", order.id)], sentence)
