"""How technicians' time was spent: worked, billable, and what there was of it."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from fsm.core.db import session
from fsm.core.moments import whole_minutes
from fsm.core.paging import PAGE_SIZE, Page, page
from fsm.reports.margins import percentage_of
from fsm.service_orders.models import ServiceOrder, TimeEntry
from fsm.service_orders.queries import day_starts_at
from fsm.service_orders.visibility import settings
from fsm.users.models import User
from fsm.users.queries import names, technicians

_WORKDAYS = 5


@dataclass(frozen=True, slots=True)
class Utilisation:
    """Minutes of one technician, or of all: worked, billable, and those of the working week (0: unknown)."""

    technician_id: int
    name: str
    minutes: int
    billable_minutes: int
    available_minutes: int

    @property
    def billable_percentage(self) -> Decimal | None:
        """Billable of worked; above 100 where time is rounded up."""
        return percentage_of(Decimal(self.billable_minutes), Decimal(self.minutes))

    @property
    def worked_percentage(self) -> Decimal | None:
        """Worked on orders of the time that was there."""
        return percentage_of(Decimal(self.minutes), Decimal(self.available_minutes))


def workdays(first_day: dt.date, last_day: dt.date) -> int:
    """Mondays to Fridays; holidays and leave are not known here."""
    days = (last_day - first_day).days + 1
    whole, rest = divmod(max(days, 0), 7)
    return whole * _WORKDAYS + sum((first_day.weekday() + place) % 7 < _WORKDAYS for place in range(rest))


def available_minutes(first_day: dt.date, last_day: dt.date, today: dt.date) -> int:
    """What one technician works by the company's week in these days, as far as they have been."""
    week = settings().weekly_hours
    return int(workdays(first_day, min(last_day, today)) * week * 60 / _WORKDAYS)


def utilisation(first_day: dt.date, last_day: dt.date, today: dt.date) -> list[Utilisation]:
    """One row per technician who worked or could have; by name. Time counts by the day on which it began."""
    minutes = whole_minutes(TimeEntry.start_at, TimeEntry.end_at)
    billable = sa.case((TimeEntry.not_to_bill_reason == "", TimeEntry.billable_minutes), else_=0)
    query = (
        sa.select(TimeEntry.technician_id, sa.func.sum(minutes), sa.func.sum(billable))
        .where(*_within(first_day, last_day), TimeEntry.technician_id.in_(sa.select(User.id)))
        .group_by(TimeEntry.technician_id)
    )
    found = {who: (int(worked), int(billed)) for who, worked, billed in session.execute(query)}
    people = dict(technicians(keep=found))
    available = available_minutes(first_day, last_day, today)
    return [Utilisation(who, name, *found.get(who, (0, 0)), available) for who, name in people.items()]


def all_of(rows: list[Utilisation]) -> Utilisation:
    """The technicians together; whoever did nothing at all (an office's second role) is no capacity."""
    worked = [row for row in rows if row.minutes]
    return Utilisation(
        0,
        "",
        sum(row.minutes for row in worked),
        sum(row.billable_minutes for row in worked),
        sum(row.available_minutes for row in worked),
    )


def entries(
    technician_id: int, first_day: dt.date, last_day: dt.date, cursor: str | None = None, size: int = PAGE_SIZE
) -> Page[TimeEntry]:
    """A technician's time, the newest first, each with its order."""
    query = (
        sa.select(TimeEntry)
        .where(TimeEntry.technician_id == technician_id, *_within(first_day, last_day))
        .options(joinedload(TimeEntry.service_order).joinedload(ServiceOrder.customer))
    )
    return page(query, [TimeEntry.start_at, TimeEntry.id], cursor, descending=True, size=size)


def name_of(technician_id: int) -> str:
    """Empty where there is nobody."""
    return names([technician_id]).get(technician_id, "")


def _within(first_day: dt.date, last_day: dt.date) -> list[Any]:
    return [
        TimeEntry.start_at >= day_starts_at(first_day),
        TimeEntry.start_at < day_starts_at(last_day + dt.timedelta(days=1)),
        TimeEntry.end_at.is_not(None),
    ]
