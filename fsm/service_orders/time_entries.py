"""Time on an order: a timer or typed hours. Real time is what it was, billable time follows the company's rules."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.catalog import services as catalog
from fsm.catalog.models import LaborRate, RateKind
from fsm.catalog.prices import price_of
from fsm.core import audit
from fsm.core.db import lock, session
from fsm.core.errors import ConflictError, DomainError, ForbiddenError, NotFoundError
from fsm.core.formats import clock, local, moment_short
from fsm.core.state import check_version
from fsm.service_orders.claims import refresh_to_bill
from fsm.service_orders.marks import refuse_removal, refuse_work_change
from fsm.service_orders.models import OrderState, ServiceOrder, TimeEntry
from fsm.service_orders.services import begin, refuse_change
from fsm.service_orders.visibility import hold, is_desk, settings
from fsm.users.actor import Actor
from fsm.users.models import Role, User

TIME_KINDS = (RateKind.LABOR, RateKind.TRAVEL_TIME)
LONGEST = dt.timedelta(hours=24)
MOST_MINUTES = 24 * 60
MINUTE = dt.timedelta(minutes=1)
# A timer of less than a minute counts one; the next one may start where that ended, though the clock is not there yet.
_SLACK = dt.timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class TimeValues:
    """What a form says of a time entry; None leaves it to the rules.

    ``billable_minutes`` and ``unit_price`` are the office's; ``technician_id`` None: the one who types.
    """

    start_at: dt.datetime
    end_at: dt.datetime
    labor_rate_id: int | None = None
    description: str = ""
    technician_id: int | None = None
    billable_minutes: int | None = None
    unit_price: Decimal | None = None


def billable_minutes(real_minutes: int, *, minimum_minutes: int, rounding_minutes: int) -> int:
    """Real minutes by the company's rule: at least the minimum, then up to the next whole step; 24 h at most."""
    if real_minutes <= 0:
        return 0
    steps = -(-max(real_minutes, minimum_minutes) // rounding_minutes)
    return min(steps * rounding_minutes, MOST_MINUTES)


def start_timer(
    order_id: int,
    *,
    actor: Actor,
    moment: dt.datetime,
    labor_rate_id: int | None = None,
) -> TimeEntry:
    """Start the actor's timer; one runs per technician. An order not yet in progress is started by it."""
    order = hold(order_id, actor)
    if order.state is OrderState.DONE:
        raise ConflictError(_("%(number)s is done; reopen it first.", number=order.number))
    refuse_change(order, actor)
    technician = _hold_technician(actor.id)
    running = _running(actor.id)
    if running is not None:
        raise ConflictError(
            _("A timer is already running on %(number)s; stop it first.", number=running.service_order.number)
        )
    rate = _rate(labor_rate_id)
    start_at = _free_start(actor.id, _minute(moment))
    if order.state is not OrderState.IN_PROGRESS:
        begin(order, moment)
    entry = TimeEntry(
        service_order_id=order.id,
        technician_id=actor.id,
        labor_rate_id=rate.id,
        start_at=start_at,
        unit_price=_price(rate, order, start_at),
        hourly_cost=technician.hourly_cost,
        not_to_bill_reason=order.work_not_to_bill_reason or "",
    )
    session.add(entry)
    refresh_to_bill([order.id])
    _note(order, _("%(name)s started the timer.", name=actor.name))
    return entry


def stop_timer(
    order_id: int, entry_id: int, *, actor: Actor, moment: dt.datetime, description: str | None = None
) -> TimeEntry:
    """Stop a running timer: one's own, or anybody's for the office. One stopped within a minute counts one."""
    order, entry = _held(order_id, entry_id, actor)
    if entry.end_at is not None:
        raise ConflictError(_("This timer has been stopped already."))
    end_at = max(_minute(moment), entry.start_at + MINUTE)
    if end_at - entry.start_at > LONGEST:
        raise ConflictError(_("This timer has run for more than 24 hours. Correct it: say when the work ended."))
    _refuse_overlap(entry.technician_id, entry.start_at, end_at, entry.id)
    entry.end_at = end_at
    entry.billable_minutes = _by_rule(entry.minutes)
    if description is not None:
        entry.description = description
    refresh_to_bill([order.id])
    _note(order, _("The timer was stopped after %(minutes)s minutes.", minutes=entry.minutes))
    return entry


def log_time(order_id: int, values: TimeValues, *, actor: Actor, moment: dt.datetime) -> TimeEntry:
    """Typed hours, one's own, or anybody's for the office; DomainError at the field that is wrong."""
    order = hold(order_id, actor)
    refuse_change(order, actor)
    technician_id = values.technician_id or actor.id
    if technician_id != actor.id and not is_desk(actor):
        raise ForbiddenError(_("Only the office logs the time of somebody else."))
    _check_times(values.start_at, values.end_at, moment)
    technician = _hold_technician(technician_id)
    _refuse_overlap(technician_id, values.start_at, values.end_at, None)
    rate = _rate(values.labor_rate_id)
    if order.state in {OrderState.DRAFT, OrderState.SCHEDULED}:
        begin(order, values.start_at)
    entry = TimeEntry(
        service_order_id=order.id,
        technician_id=technician_id,
        labor_rate_id=rate.id,
        start_at=values.start_at,
        end_at=values.end_at,
        description=values.description,
        unit_price=_price(rate, order, values.start_at),
        hourly_cost=technician.hourly_cost,
        not_to_bill_reason=order.work_not_to_bill_reason or "",
    )
    entry.billable_minutes = _by_rule(entry.minutes)
    _let_office_set(entry, values, actor)
    session.add(entry)
    refresh_to_bill([order.id])
    return entry


def correct_time(
    order_id: int,
    entry_id: int,
    values: TimeValues,
    *,
    actor: Actor,
    moment: dt.datetime,
    version: int | None = None,
) -> TimeEntry:
    """Change an entry; a running timer ends by it. The technician stays; prices and billed minutes are the office's."""
    order, entry = _held(order_id, entry_id, actor)
    check_version(entry.version, version)
    refuse_work_change("time", entry.id, actor)
    _check_times(values.start_at, values.end_at, moment)
    _refuse_overlap(entry.technician_id, values.start_at, values.end_at, entry.id)
    rate = entry.labor_rate
    if values.labor_rate_id not in {None, entry.labor_rate_id}:
        rate = _rate(values.labor_rate_id)
        entry.unit_price = _price(rate, order, values.start_at)
    before = entry.minutes, entry.billable_minutes
    entry.labor_rate_id = rate.id
    entry.start_at, entry.end_at, entry.description = values.start_at, values.end_at, values.description
    entry.billable_minutes = _by_rule(entry.minutes)
    _let_office_set(entry, values, actor)
    refresh_to_bill([order.id])
    session.expire(entry, ["labor_rate"])
    if before != (entry.minutes, entry.billable_minutes):
        _note(order, _("Time of %(start)s was corrected.", start=moment_short(entry.start_at)))
    return entry


def remove_time(order_id: int, entry_id: int, *, actor: Actor) -> None:
    """Take an entry away that was never on an invoice."""
    order, entry = _held(order_id, entry_id, actor)
    refuse_removal("time", entry.id)
    start_at = entry.start_at
    session.delete(entry)
    refresh_to_bill([order.id])
    _note(order, _("Time of %(start)s was removed.", start=moment_short(start_at)))


def _held(order_id: int, entry_id: int, actor: Actor) -> tuple[ServiceOrder, TimeEntry]:
    order = hold(order_id, actor)
    entry = session.get(TimeEntry, entry_id)
    is_mine = entry is not None and (entry.technician_id == actor.id or is_desk(actor))
    if entry is None or entry.service_order_id != order.id or not is_mine:
        raise NotFoundError(_("There is no such time entry."))
    refuse_change(order, actor)
    _hold_technician(entry.technician_id)
    return order, entry


def _hold_technician(technician_id: int) -> User:
    # Two entries of one technician, sent at the same moment, must see each other: overlap is checked under this lock.
    technician: User | None = lock(User, [technician_id]).get(technician_id)
    if technician is None or Role.TECHNICIAN not in technician.roles:
        raise DomainError(_("Time is logged by technicians: this is none."), "technician_id")
    return technician


def _running(technician_id: int) -> TimeEntry | None:
    return session.scalar(
        sa.select(TimeEntry).where(TimeEntry.technician_id == technician_id, TimeEntry.end_at.is_(None))
    )


def _rate(labor_rate_id: int | None) -> LaborRate:
    rate = catalog.default_rate(TIME_KINDS) if labor_rate_id is None else catalog.rate(labor_rate_id)
    if rate is None:
        raise DomainError(_("No labor rate is set up yet."), "labor_rate_id")
    if rate.kind not in TIME_KINDS or rate.archived_at:
        raise DomainError(_("This rate is not one for time."), "labor_rate_id")
    return rate


def _price(rate: LaborRate, order: ServiceOrder, start_at: dt.datetime) -> Decimal:
    return price_of(rate, order.payer_id or order.customer_id, local(start_at).date())


def _by_rule(minutes: int) -> int:
    rules = settings()
    return billable_minutes(minutes, minimum_minutes=rules.minimum_minutes, rounding_minutes=rules.rounding_minutes)


def _let_office_set(entry: TimeEntry, values: TimeValues, actor: Actor) -> None:
    if not is_desk(actor):
        return
    if values.billable_minutes is not None:
        if not 0 <= values.billable_minutes <= MOST_MINUTES:
            raise DomainError(_("Between 0 and 1440 minutes."), "billable_minutes")
        entry.billable_minutes = values.billable_minutes
    if values.unit_price is not None:
        entry.unit_price = values.unit_price


def _minute(moment: dt.datetime) -> dt.datetime:
    return moment.replace(second=0, microsecond=0)


def _check_times(start_at: dt.datetime, end_at: dt.datetime, moment: dt.datetime) -> None:
    if end_at <= start_at:
        raise DomainError(_("The end comes before the start."), "end_at")
    if end_at > moment:
        raise DomainError(_("This is in the future."), "end_at")
    if end_at - start_at > LONGEST:
        raise DomainError(_("A time entry lasts at most 24 hours."), "end_at")


def _free_start(technician_id: int, start_at: dt.datetime) -> dt.datetime:
    """The minute itself, or the end of the entry just stopped."""
    last_end = session.scalar(sa.select(sa.func.max(TimeEntry.end_at)).where(TimeEntry.technician_id == technician_id))
    if last_end is not None and start_at < last_end <= start_at + _SLACK:
        start_at = last_end
    _refuse_overlap(technician_id, start_at, start_at + MINUTE, None)
    return start_at


def _refuse_overlap(technician_id: int, start_at: dt.datetime, end_at: dt.datetime, own_id: int | None) -> None:
    """Touching is fine; a running timer goes on until it is stopped."""
    query = sa.select(TimeEntry).where(
        TimeEntry.technician_id == technician_id,
        TimeEntry.start_at < end_at,
        sa.or_(TimeEntry.end_at.is_(None), TimeEntry.end_at > start_at),
    )
    if own_id is not None:
        query = query.where(TimeEntry.id != own_id)
    other = session.scalar(query.order_by(TimeEntry.start_at).limit(1))
    if other is not None:
        raise DomainError(
            _(
                "This overlaps with the time on %(number)s, %(start)s to %(end)s.",
                number=other.service_order.number,
                start=moment_short(other.start_at),
                end=clock(other.end_at) if other.end_at else _("now (the timer runs)"),
            ),
            "start_at",
        )


def _note(order: ServiceOrder, sentence: str) -> None:
    audit.note([("service_order", order.id)], sentence)
