"""What speaks against a visit of a technician at a time: to be warned of, never refused."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from fsm.core.formats import clock, moment_short
from fsm.core.types import sort_key
from fsm.schedule.hours import Week, spans_on
from fsm.schedule.travel import Place, travel_minutes


@dataclass(frozen=True, slots=True)
class Planned:
    """A visit as it is or would be. ``needs``: names of skills."""

    label: str
    start: dt.datetime
    end: dt.datetime
    needs: tuple[str, ...] = ()
    window_start: dt.datetime | None = None
    window_end: dt.datetime | None = None
    place: Place | None = None
    visit_id: int | None = None


@dataclass(frozen=True, slots=True)
class Away:
    """An absence."""

    start: dt.datetime
    end: dt.datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Worker:
    """What of a technician counts for planning. ``skills``: sort keys."""

    id: int
    name: str
    week: Week
    skills: frozenset[str] = frozenset()
    absences: tuple[Away, ...] = field(default=())


def clashes(visit: Planned, worker: Worker, others: Sequence[Planned], *, speed_kmh: int, zone: ZoneInfo) -> list[str]:
    """A sentence for each thing that speaks against it. ``others``: the technician's other visits around that time."""
    others = [other for other in others if other.visit_id is None or other.visit_id != visit.visit_id]
    found = [
        _("Overlaps %(number)s (%(start)s–%(end)s).", number=o.label, start=clock(o.start), end=clock(o.end))
        for o in others
        if o.start < visit.end and visit.start < o.end
    ]
    found += [
        _("%(name)s is absent: %(reason)s.", name=worker.name, reason=away.reason or _("no reason given"))
        for away in worker.absences
        if away.start < visit.end and visit.start < away.end
    ]
    if _is_outside(visit, worker.week, zone):
        found.append(_("Outside the working hours of %(name)s.", name=worker.name))
    missing = [name for name in visit.needs if sort_key(name) not in worker.skills]
    if missing:
        found.append(_("%(name)s lacks the skill: %(skills)s.", name=worker.name, skills=", ".join(missing)))
    return found + _window(visit) + _travel(visit, others, speed_kmh, zone)


def _is_outside(visit: Planned, week: Week, zone: ZoneInfo) -> bool:
    first, last = (
        visit.start.astimezone(zone).date(),
        (visit.end - dt.timedelta(microseconds=1)).astimezone(zone).date(),
    )
    begins = [(start, end) for start, end in spans_on(week, first, zone) if start <= visit.start < end]
    ends = [(start, end) for start, end in spans_on(week, last, zone) if start < visit.end <= end]
    return not begins or not ends or (first == last and begins != ends)


def _window(visit: Planned) -> list[str]:
    if visit.window_start and visit.start < visit.window_start:
        return [_("Before the promised time, %(start)s.", start=moment_short(visit.window_start))]
    if visit.window_end and visit.end > visit.window_end:
        return [_("After the promised time, %(end)s.", end=moment_short(visit.window_end))]
    return []


def _travel(visit: Planned, others: Sequence[Planned], speed_kmh: int, zone: ZoneInfo) -> list[str]:
    day = visit.start.astimezone(zone).date()
    before = [o for o in others if o.end <= visit.start and o.end.astimezone(zone).date() == day]
    after = [o for o in others if o.start >= visit.end and o.start.astimezone(zone).date() == day]
    line = [*sorted(before, key=lambda o: o.end)[-1:], visit, *sorted(after, key=lambda o: o.start)[:1]]
    found = []
    for here, there in pairwise(line):
        needed, given = (
            travel_minutes(here.place, there.place, speed_kmh),
            (there.start - here.end).total_seconds() // 60,
        )
        if needed > given:
            found.append(
                _(
                    "%(needed)s min of travel from %(here)s to %(there)s, %(given)s min between them.",
                    needed=needed,
                    here=here.label,
                    there=there.label,
                    given=int(given),
                )
            )
    return found
