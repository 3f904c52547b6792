"""Weekly patterns of working hours, in minutes from midnight by ISO weekday."""

import datetime as dt
from collections.abc import Iterable, Mapping
from itertools import pairwise
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from fsm.core.errors import DomainError

DAY_MINUTES = 24 * 60
WEEKDAYS = (1, 2, 3, 4, 5, 6, 7)
MOST_SPANS = 2  # a morning and an afternoon

Span = tuple[int, int]
Week = dict[int, list[Span]]

DEFAULT_WEEK: Week = {day: [(8 * 60, 17 * 60)] for day in (1, 2, 3, 4, 5)}


def read(stored: Mapping[str, list[list[int]]]) -> Week:
    """A week from its JSON."""
    return {int(day): [(start, end) for start, end in spans] for day, spans in stored.items()}


def stored(week: Week) -> dict[str, list[list[int]]]:
    """A week for its JSON, without free days."""
    return {str(day): [list(span) for span in week[day]] for day in WEEKDAYS if week.get(day)}


def check(week: Week) -> Week:
    """The week with the spans of each day in order; DomainError where one ends before it starts, or two overlap."""
    for spans in week.values():
        spans.sort()
        for start, end in spans:
            if not 0 <= start < end <= DAY_MINUTES:
                raise DomainError(_("The end comes before the start."))
        for (_start, end), (start, _end) in pairwise(spans):
            if start < end:
                raise DomainError(_("The afternoon begins before the morning ends."))
    return week


def minutes_a_week(week: Week) -> int:
    """How long a technician works in such a week."""
    return sum(end - start for spans in week.values() for start, end in spans)


def clock(minutes: int) -> str:
    """'08:30' from 510; the end of the day is 24:00."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def moment_of(day: dt.date, minutes: int, zone: ZoneInfo) -> dt.datetime:
    """A time of a day of the company as a UTC moment: what the clock on the wall says, whenever it was put forward."""
    day, minutes = day + dt.timedelta(days=minutes // DAY_MINUTES), minutes % DAY_MINUTES
    return dt.datetime.combine(day, dt.time(minutes // 60, minutes % 60), zone).astimezone(dt.UTC)


def spans_on(week: Week, day: dt.date, zone: ZoneInfo) -> list[tuple[dt.datetime, dt.datetime]]:
    """The working hours of one day as moments; hours that touch are one span."""
    return merged(
        (moment_of(day, start, zone), moment_of(day, end, zone)) for start, end in week.get(day.isoweekday(), [])
    )


def merged(spans: Iterable[tuple[dt.datetime, dt.datetime]]) -> list[tuple[dt.datetime, dt.datetime]]:
    """The same time in as few spans as can be, in order."""
    found: list[tuple[dt.datetime, dt.datetime]] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def without(
    spans: Iterable[tuple[dt.datetime, dt.datetime]], taken: Iterable[tuple[dt.datetime, dt.datetime]]
) -> list[tuple[dt.datetime, dt.datetime]]:
    """What is left of the spans when what is taken is cut out."""
    left = list(spans)
    for start, end in merged(taken):
        cut = [piece for a, b in left for piece in ((a, min(b, start)), (max(a, end), b))]
        left = [(a, b) for a, b in cut if a < b]
    return left
