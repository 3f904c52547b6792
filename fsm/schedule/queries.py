"""What the board and its pages show, read in few queries whatever their number."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from fsm.core.audit import AuditChange
from fsm.core.db import session
from fsm.core.paging import Page, page
from fsm.core.types import sort_key
from fsm.customers.models import Customer, Site
from fsm.schedule import hours
from fsm.schedule.clashes import Away, Worker
from fsm.schedule.models import Absence, Skill, TechnicianSkill, TechnicianWeek
from fsm.schedule.services import settings
from fsm.schedule.travel import Place
from fsm.service_orders.models import OrderState, Priority, ServiceOrder, Visit
from fsm.service_orders.queries import day_starts_at
from fsm.service_orders.visits import LONGEST_VISIT
from fsm.users.models import Role, User, UserRole

MOST_TECHNICIANS = 60
MOST_VISITS = 1000
MOST_IN_TRAY = 100
PRIORITY_ORDER = (Priority.EMERGENCY, Priority.HIGH, Priority.NORMAL, Priority.LOW)
_STAMPED = 50


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """What planning wants to know of an order."""

    id: int
    version: int
    number: str
    state: OrderState
    priority: Priority
    kind_of_work: str
    description: str
    customer: str
    site: str
    city: str
    needs: tuple[str, ...]
    window_start: dt.datetime | None
    window_end: dt.datetime | None
    minutes: int
    place: Place | None


@dataclass(frozen=True, slots=True)
class VisitFacts:
    """A visit on the board."""

    id: int
    version: int
    technician_id: int
    start: dt.datetime
    end: dt.datetime
    order: OrderFacts


@dataclass(frozen=True, slots=True)
class Needs:
    """Which skills an order needs: those it names, and those of its kind of work."""

    by_kind: dict[str, list[str]] = field(default_factory=dict)

    def of(self, named: str, kind_of_work: str) -> tuple[str, ...]:
        """Each once, as it is written first."""
        names = [part.strip() for part in named.split(",")] + self.by_kind.get(sort_key(kind_of_work), [])
        found = {sort_key(name): name for name in reversed(names) if name}
        return tuple(sorted(found.values(), key=sort_key))


def skills() -> list[Skill]:
    """All, by name."""
    return list(session.scalars(sa.select(Skill).order_by(Skill.sort_key)))


def needs() -> Needs:
    """From the list of skills."""
    by_kind: dict[str, list[str]] = defaultdict(list)
    for skill in skills():
        for kind in skill.kinds_of_work.splitlines():
            by_kind[sort_key(kind)].append(skill.name)
    return Needs(dict(by_kind))


def technician_rows(
    *, also: Collection[int] = (), skip: int = 0, only: Collection[int] | None = None
) -> list[tuple[int, str]]:
    """(id, name) of active technicians, and of those in ``also``, one more than the board shows; by name."""
    is_technician = sa.exists().where(UserRole.user_id == User.id, UserRole.role == Role.TECHNICIAN)
    wanted = User.is_active & is_technician
    query = sa.select(User.id, User.name).where(
        wanted | User.id.in_(list(also)) if only is None else User.id.in_(list(only))
    )
    query = query.order_by(User.sort_key, User.id).offset(skip).limit(MOST_TECHNICIANS + 1)
    return [(row.id, row.name) for row in session.execute(query)]


def workers(rows: Iterable[tuple[int, str]], start: dt.datetime, end: dt.datetime) -> list[Worker]:
    """Technicians with hours, skills and their absences of that time, by three queries."""
    named = dict(rows)
    company = hours.read(settings().week)
    weeks: dict[int, dict[str, Any]] = dict(
        session.execute(
            sa.select(TechnicianWeek.technician_id, TechnicianWeek.week).where(TechnicianWeek.technician_id.in_(named))
        ).all()
    )
    has: dict[int, set[str]] = defaultdict(set)
    for technician_id, key in session.execute(
        sa.select(TechnicianSkill.technician_id, Skill.sort_key)
        .join(Skill, Skill.id == TechnicianSkill.skill_id)
        .where(TechnicianSkill.technician_id.in_(named))
    ):
        has[technician_id].add(key)
    absences: dict[int, list[Away]] = defaultdict(list)
    for row in session.execute(
        sa.select(Absence.technician_id, Absence.start_at, Absence.end_at, Absence.reason)
        .where(Absence.technician_id.in_(named), Absence.end_at > start, Absence.start_at < end)
        .order_by(Absence.start_at)
        .limit(MOST_VISITS)
    ):
        absences[row.technician_id].append(Away(row.start_at, row.end_at, row.reason))
    return [
        Worker(
            user_id,
            name,
            hours.read(weeks[user_id]) if user_id in weeks else company,
            frozenset(has[user_id]),
            tuple(absences[user_id]),
        )
        for user_id, name in named.items()
    ]


_ORDER = (
    ServiceOrder.id.label("order_id"),
    ServiceOrder.version.label("order_version"),
    ServiceOrder.number,
    ServiceOrder.state,
    ServiceOrder.priority,
    ServiceOrder.kind_of_work,
    sa.func.substr(ServiceOrder.description, 1, 200).label("description"),
    ServiceOrder.skills,
    ServiceOrder.window_start_at,
    ServiceOrder.window_end_at,
    ServiceOrder.planned_minutes,
    Customer.name.label("customer"),
    Site.name.label("site"),
    Site.city,
    Site.latitude,
    Site.longitude,
)


def _orders(*columns: Any) -> sa.Select[Any]:  # noqa: ANN401 - columns
    return (
        sa.select(*columns, *_ORDER)
        .join(Customer, Customer.id == ServiceOrder.customer_id)
        .join(Site, Site.id == ServiceOrder.site_id)
    )


def _facts(row: Any, needed: Needs, minutes: int) -> OrderFacts:  # noqa: ANN401 - a row of _orders
    place = None
    if row.latitude is not None and row.longitude is not None:
        place = Place(float(row.latitude), float(row.longitude))
    return OrderFacts(
        id=row.order_id,
        version=row.order_version,
        number=row.number,
        state=row.state,
        priority=row.priority,
        kind_of_work=row.kind_of_work,
        description=row.description,
        customer=row.customer,
        site=row.site,
        city=row.city,
        needs=needed.of(row.skills, row.kind_of_work),
        window_start=row.window_start_at,
        window_end=row.window_end_at,
        minutes=row.planned_minutes or minutes,
        place=place,
    )


def visits_between(
    start: dt.datetime, end: dt.datetime, technician_ids: Collection[int] | None, *, limit: int = MOST_VISITS
) -> list[VisitFacts]:
    """Visits that touch that time, without those of cancelled orders, one more than ``limit`` at most; by start."""
    query = (
        _orders(Visit.id, Visit.version, Visit.technician_id, Visit.start_at, Visit.end_at)
        .join(Visit, Visit.service_order_id == ServiceOrder.id)
        .where(
            Visit.start_at >= start - LONGEST_VISIT,
            Visit.start_at < end,
            Visit.end_at > start,
            ServiceOrder.state != OrderState.CANCELLED,
        )
        .order_by(Visit.start_at, Visit.id)
        .limit(limit + 1)
    )
    if technician_ids is not None:
        query = query.where(Visit.technician_id.in_(list(technician_ids)))
    needed, minutes = needs(), settings().visit_minutes
    return [
        VisitFacts(row.id, row.version, row.technician_id, row.start_at, row.end_at, _facts(row, needed, minutes))
        for row in session.execute(query)
    ]


def tray(limit: int = MOST_IN_TRAY) -> list[OrderFacts]:
    """Orders without a visit, one more than ``limit`` at most: the most urgent first, then the longest waiting."""
    rank = sa.case(
        {priority.value: place for place, priority in enumerate(PRIORITY_ORDER)}, value=ServiceOrder.priority
    )
    query = _orders().where(ServiceOrder.state == OrderState.DRAFT).order_by(rank, ServiceOrder.id).limit(limit + 1)
    needed, minutes = needs(), settings().visit_minutes
    return [_facts(row, needed, minutes) for row in session.execute(query)]


def order_facts(order_id: int) -> OrderFacts | None:
    """One order."""
    return orders_by_id([order_id]).get(order_id)


def orders_by_id(order_ids: Collection[int]) -> dict[int, OrderFacts]:
    """Several orders."""
    if not order_ids:
        return {}
    needed, minutes = needs(), settings().visit_minutes
    rows = session.execute(_orders().where(ServiceOrder.id.in_(list(order_ids))))
    return {row.order_id: _facts(row, needed, minutes) for row in rows}


def stamp() -> str:
    """Changes with every change that anybody makes: the newest rows of the audit trail.

    More than the newest one, since transactions need not end in the order in which they took their numbers.
    """
    newest = session.scalars(sa.select(AuditChange.id).order_by(AuditChange.id.desc()).limit(_STAMPED))
    return "-".join(map(str, newest))


def absences(cursor: str | None, *, now: dt.datetime, past: bool, technician_id: int | None = None) -> Page[Absence]:
    """Those that last or come, the next first; or those that are over, the last first."""
    query = sa.select(Absence).options(joinedload(Absence.technician))
    query = query.where(Absence.end_at <= now if past else Absence.end_at > now)
    if technician_id is not None:
        query = query.where(Absence.technician_id == technician_id)
    key = Absence.end_at if past else Absence.start_at
    return page(query, [key, Absence.id], cursor, descending=past)


def next_absences(technician_ids: Sequence[int], now: dt.datetime) -> dict[int, Absence]:
    """The absence that lasts or comes next, by technician."""
    query = (
        sa.select(Absence)
        .where(Absence.technician_id.in_(technician_ids), Absence.end_at > now)
        .order_by(Absence.start_at.desc(), Absence.id.desc())
    )
    return {row.technician_id: row for row in session.scalars(query)}


def week_row(technician_id: int) -> TechnicianWeek | None:
    """The technician's own hours, where there are any."""
    return session.scalar(sa.select(TechnicianWeek).where(TechnicianWeek.technician_id == technician_id))


def own_weeks() -> set[int]:
    """Who does not keep the company's hours."""
    return set(session.scalars(sa.select(TechnicianWeek.technician_id)))


def skill_holders() -> dict[int, list[int]]:
    """Technicians by skill."""
    found: dict[int, list[int]] = defaultdict(list)
    query = sa.select(TechnicianSkill.skill_id, TechnicianSkill.technician_id).order_by(TechnicianSkill.id)
    for skill_id, technician_id in session.execute(query):
        found[skill_id].append(technician_id)
    return found


def skills_of(technician_id: int) -> list[int]:
    """Ids of the technician's skills."""
    query = sa.select(TechnicianSkill.skill_id).where(TechnicianSkill.technician_id == technician_id)
    return list(session.scalars(query.order_by(TechnicianSkill.skill_id)))


def unlisted_skills(limit: int = 20) -> list[str]:
    """Names that open orders need and that are not in the list: nobody can have them."""
    known = {skill.sort_key for skill in skills()}
    query = (
        sa.select(ServiceOrder.skills)
        .where(ServiceOrder.state.in_((OrderState.DRAFT, OrderState.SCHEDULED)), ServiceOrder.skills != "")
        .distinct()
        .limit(500)
    )
    found = {
        sort_key(name): name.strip() for text in session.scalars(query) for name in text.split(",") if name.strip()
    }
    return sorted((name for key, name in found.items() if key not in known), key=sort_key)[:limit]


def bounds(from_date: dt.date, days: int) -> tuple[dt.datetime, dt.datetime]:
    """The moments between which some days of the company lie."""
    return day_starts_at(from_date), day_starts_at(from_date + dt.timedelta(days=days))
