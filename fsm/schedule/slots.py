"""Free time of technicians, and what is to be put into it; pure, so that any solver may fill it."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from fsm.core.types import sort_key
from fsm.schedule.clashes import Planned, Worker
from fsm.schedule.hours import spans_on, without
from fsm.schedule.travel import Place, travel_minutes

Moment = dt.datetime | None
STEP = 5  # minutes: nobody is promised 8:17


@dataclass(frozen=True, slots=True)
class Task:
    """An order of the tray. ``needs``: sort keys of skills; ``weight``: the more urgent, the higher."""

    order_id: int
    minutes: int
    needs: frozenset[str]
    place: Place | None
    window_start: dt.datetime | None = None
    window_end: dt.datetime | None = None
    weight: int = 2

    def earliest(self, moment: dt.datetime) -> dt.datetime:
        """When it can begin if somebody is there at that moment."""
        return rounded_up(max(moment, self.window_start) if self.window_start else moment)

    def fits(self, start: dt.datetime, end: dt.datetime) -> bool:
        """Whether it may be done between the two."""
        return start + dt.timedelta(minutes=self.minutes) <= (min(end, self.window_end) if self.window_end else end)


@dataclass(frozen=True, slots=True)
class Slot:
    """Time in which a technician has nothing to do; ``before`` and ``after``: where the visits around it are."""

    technician_id: int
    skills: frozenset[str]
    start: dt.datetime
    end: dt.datetime
    before: Place | None = None
    after: Place | None = None


@dataclass(frozen=True, slots=True)
class Assignment:
    """An order proposed to a technician. ``travel_minutes``: the way there."""

    order_id: int
    technician_id: int
    start: dt.datetime
    end: dt.datetime
    travel_minutes: int


T = TypeVar("T", Task, Slot)


def packed(rows: Iterable[Task] | Iterable[Slot]) -> list[dict[str, Any]]:
    """As JSON takes them."""
    return [{name: _plain(value) for name, value in asdict(row).items()} for row in rows]


def unpacked(rows: Iterable[dict[str, Any]], kind: type[T]) -> list[T]:
    """And back."""
    return [kind(**{name: _made(value) for name, value in row.items()}) for row in rows]


def _plain(value: Any) -> Any:  # noqa: ANN401 - any field
    if isinstance(value, dt.datetime):
        return value.isoformat()
    return sorted(value) if isinstance(value, frozenset) else value


def _made(value: Any) -> Any:  # noqa: ANN401 - any field
    if isinstance(value, list):
        return frozenset(value)
    if isinstance(value, dict):
        return Place(**value)
    return dt.datetime.fromisoformat(value) if isinstance(value, str) else value


def rounded_up(moment: dt.datetime) -> dt.datetime:
    """The next whole step."""
    past = dt.timedelta(minutes=moment.minute % STEP, seconds=moment.second, microseconds=moment.microsecond)
    return moment + dt.timedelta(minutes=STEP) - past if past else moment


def task_of(
    order_id: int,
    minutes: int,
    needs: Iterable[str],
    place: Place | None,
    window: tuple[dt.datetime | None, dt.datetime | None],
) -> Task:
    """A task from the words of its order."""
    return Task(order_id, minutes, frozenset(map(sort_key, needs)), place, *window)


def free_slots(
    worker: Worker, visits: Sequence[Planned], days: Iterable[dt.date], *, not_before: dt.datetime, zone: ZoneInfo
) -> list[Slot]:
    """Working hours without absences and visits, from ``not_before`` on."""
    taken = [(away.start, away.end) for away in worker.absences] + [(visit.start, visit.end) for visit in visits]
    found = []
    for day in days:
        of_day = sorted((v for v in visits if v.start.astimezone(zone).date() == day), key=lambda v: v.start)
        for start, end in without(spans_on(worker.week, day, zone), taken):
            begin = rounded_up(max(start, not_before))
            if begin + dt.timedelta(minutes=STEP) > end:
                continue
            before = [visit.place for visit in of_day if visit.end <= begin]
            after = [visit.place for visit in of_day if visit.start >= end]
            found.append(
                Slot(worker.id, worker.skills, begin, end, before[-1] if before else None, after[0] if after else None)
            )
    return found


def laid_out(order: Sequence[tuple[Slot, Sequence[Task]]], speed_kmh: int) -> list[Assignment]:
    """Tasks in the slots and in the order chosen for them, each as early as can be; what does not fit is left out.

    Slots of one technician follow each other: where the last task of one was is where the way to the next begins.
    """
    found: list[Assignment] = []
    here: dict[tuple[int, dt.date], Place | None] = {}
    for slot, tasks in sorted(order, key=lambda pair: pair[0].start):
        key = (slot.technician_id, slot.start.date())
        at, moment = here.get(key) or slot.before, slot.start
        for task in tasks:
            way = travel_minutes(at, task.place, speed_kmh)
            start = task.earliest(moment + dt.timedelta(minutes=way))
            on = travel_minutes(task.place, slot.after, speed_kmh)
            if not task.needs <= slot.skills or not task.fits(start, slot.end - dt.timedelta(minutes=on)):
                continue
            moment = start + dt.timedelta(minutes=task.minutes)
            found.append(Assignment(task.order_id, slot.technician_id, start, moment, way))
            at = task.place or at
        here[key] = at
    return found


def total_travel(order: Sequence[tuple[Slot, Sequence[Task]]], speed_kmh: int) -> int:
    """Minutes on the road to these tasks and on to what comes after them."""
    total = 0
    for slot, tasks in order:
        at = slot.before
        for task in tasks:
            total += travel_minutes(at, task.place, speed_kmh)
            at = task.place or at
        total += travel_minutes(at, slot.after, speed_kmh) if tasks else 0
    return total
