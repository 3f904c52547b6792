"""The board of some days: technicians, their visits with what speaks against each, and the tray."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from fsm.core.formats import local, zone
from fsm.schedule import hours, queries
from fsm.schedule.clashes import Planned, Worker, clashes
from fsm.schedule.queries import MOST_IN_TRAY, MOST_TECHNICIANS, MOST_VISITS, OrderFacts, VisitFacts
from fsm.schedule.services import settings
from fsm.service_orders.models import OPEN_STATES

EARLIEST, LATEST = 7 * 60, 19 * 60  # what a day shows at least
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Shown:
    """A visit with what speaks against it."""

    visit: VisitFacts
    warnings: list[str]

    @property
    def may_move(self) -> bool:
        """Done work stays where it was."""
        return self.visit.order.state in OPEN_STATES


@dataclass(frozen=True, slots=True)
class Board:
    """What a page shows. ``has_more_*``: more than its bounds are there, and left out."""

    from_date: dt.date
    days: int
    workers: list[Worker]
    visits: list[Shown]
    tray: list[OrderFacts]
    page: int = 1
    has_more_technicians: bool = False
    has_more_visits: bool = False
    has_more_in_tray: bool = False
    by_day: dict[tuple[dt.date, int], list[Shown]] = field(default_factory=dict)

    @property
    def dates(self) -> list[dt.date]:
        """The days."""
        return [self.from_date + dt.timedelta(days=number) for number in range(self.days)]

    def on(self, day: dt.date, worker: Worker) -> list[Shown]:
        """A technician's visits of a day, in order."""
        return self.by_day.get((day, worker.id), [])

    def visits_on(self, day: dt.date) -> bool:
        """Whether anybody has a visit that day."""
        return any(self.on(day, worker) for worker in self.workers)

    def hours_on(self, day: dt.date, worker: Worker) -> str:
        """'08:00–12:00, 13:00–17:00'; empty on a free day."""
        spans = worker.week.get(day.isoweekday(), [])
        return ", ".join(f"{hours.clock(start)}–{hours.clock(end)}" for start, end in spans)

    def limits(self) -> tuple[int, int]:
        """First and last minute that a day shows: whole hours around all working hours and visits."""
        first, last = EARLIEST, LATEST
        for worker in self.workers:
            for spans in worker.week.values():
                first = min([first, *(start for start, _end in spans)])
                last = max([last, *(end for _start, end in spans)])
        for shown in self.visits:
            start, end = local(shown.visit.start), local(shown.visit.end)
            first = min(first, start.hour * 60)
            last = max(last, end.hour * 60 + end.minute if end.date() == start.date() else hours.DAY_MINUTES)
        return first // 60 * 60, min(-(-last // 60) * 60, hours.DAY_MINUTES)


def planned(order: OrderFacts, start: dt.datetime, end: dt.datetime, visit_id: int | None = None) -> Planned:
    """An order at a time, as the rules look at it."""
    return Planned(order.number, start, end, order.needs, order.window_start, order.window_end, order.place, visit_id)


def load(from_date: dt.date, days: int, *, page: int = 1) -> Board:
    """The board from that day on."""
    start, end = queries.bounds(from_date, days)
    rows = queries.technician_rows(skip=(page - 1) * MOST_TECHNICIANS)
    has_more_technicians = len(rows) > MOST_TECHNICIANS
    rows = rows[:MOST_TECHNICIANS]
    # The first page shows visits of those who have left, too, so that somebody takes them over.
    is_whole = page == 1 and not has_more_technicians
    visits = queries.visits_between(start, end, None if is_whole else [user_id for user_id, _name in rows])
    has_more_visits, visits = len(visits) > MOST_VISITS, visits[:MOST_VISITS]
    gone = {visit.technician_id for visit in visits} - {user_id for user_id, _name in rows}
    if gone:
        rows += queries.technician_rows(only=gone)
    workers = queries.workers(rows, start, end)
    tray = queries.tray()
    shown = _shown(visits, workers)
    return Board(
        from_date,
        days,
        workers,
        shown,
        tray[:MOST_IN_TRAY],
        page=page,
        has_more_technicians=has_more_technicians,
        has_more_visits=has_more_visits,
        has_more_in_tray=len(tray) > MOST_IN_TRAY,
        by_day=_by_day(shown),
    )


def _by_day(shown: Iterable[Shown]) -> dict[tuple[dt.date, int], list[Shown]]:
    found: dict[tuple[dt.date, int], list[Shown]] = defaultdict(list)
    for one in shown:
        day, last = local(one.visit.start).date(), local(one.visit.end - dt.timedelta(microseconds=1)).date()
        while day <= last:
            found[day, one.visit.technician_id].append(one)
            day += dt.timedelta(days=1)
    return found


def _shown(visits: list[VisitFacts], workers: list[Worker]) -> list[Shown]:
    """Each visit is held against those of the same technician on the days that it touches."""
    speed_kmh, by_id = settings().speed_kmh, {worker.id: worker for worker in workers}
    whole = {visit.id: planned(visit.order, visit.start, visit.end, visit.id) for visit in visits}
    beside: dict[tuple[dt.date, int], dict[int, Planned]] = defaultdict(dict)
    for visit in visits:
        for day in {local(visit.start).date(), local(visit.end).date()}:
            beside[day, visit.technician_id][visit.id] = whole[visit.id]
    found = []
    for visit in visits:
        worker = by_id.get(visit.technician_id)
        warnings: list[str] = []
        if worker is not None and visit.order.state in OPEN_STATES:
            others: dict[int, Planned] = {}
            for day in {local(visit.start).date(), local(visit.end).date()}:
                others |= beside[day, visit.technician_id]
            warnings = clashes(whole[visit.id], worker, list(others.values()), speed_kmh=speed_kmh, zone=zone())
        found.append(Shown(visit, warnings))
    return found


def warnings_for(
    order: OrderFacts, technician_id: int, start: dt.datetime, end: dt.datetime, *, visit_id: int | None
) -> list[str]:
    """What would speak against a visit that is not planned yet, or is elsewhere now."""
    rows = queries.technician_rows(only=[technician_id])
    around = dt.timedelta(days=1)
    workers = queries.workers(rows, start - around, end + around)
    if not workers:
        return []
    others = [
        planned(visit.order, visit.start, visit.end, visit.id)
        for visit in queries.visits_between(start - around, end + around, [technician_id])
    ]
    wanted = planned(order, start, end, visit_id)
    return clashes(wanted, workers[0], others, speed_kmh=settings().speed_kmh, zone=zone())
