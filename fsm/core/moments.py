"""Minutes and the company's days in SQL, alike on both engines: SQLite knows neither intervals nor time zones."""

import datetime as dt
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from fsm.core.db import is_sqlite
from fsm.core.formats import zone
from fsm.core.types import Moment

_SECONDS = 60


def whole_minutes(start_at: Any, end_at: Any) -> sa.ColumnElement[int]:  # noqa: ANN401 - columns of moments
    """Minutes from one moment to another, the last one only if it is whole; NULL where the end is."""
    if is_sqlite():
        # SQLite's moments are days with a fraction, exact to the millisecond: what misses a minute by less is one.
        days = sa.func.julianday(end_at, type_=sa.Float) - sa.func.julianday(start_at, type_=sa.Float)
        return sa.cast(days * 1440 + 0.0001, sa.Integer)
    return sa.cast(sa.func.floor(sa.extract("epoch", end_at - start_at) / _SECONDS), sa.BigInteger)


def local_day(moment: Any, last_day: dt.date) -> Any:  # noqa: ANN401 - a column of moments, and one of days
    """The day of a moment in the company's zone, for moments of the ten years before ``last_day``."""
    if not is_sqlite():
        return sa.cast(sa.func.timezone(zone().key, moment), sa.Date)
    changes = _offsets(zone(), last_day.year - 10, last_day.year + 1)
    _first, earliest = changes[0]
    cases: list[Any] = [
        (moment >= sa.literal(since, Moment), sa.func.date(moment, f"{minutes:+d} minutes"))
        for since, minutes in reversed(changes[1:])
    ]
    return sa.type_coerce(sa.case(*cases, else_=sa.func.date(moment, f"{earliest:+d} minutes")), sa.Date)


def days_between(first: Any, last: Any) -> sa.ColumnElement[int]:  # noqa: ANN401 - columns of days
    """Days from one day to another."""
    if is_sqlite():
        return sa.cast(sa.func.julianday(last, type_=sa.Float) - sa.func.julianday(first, type_=sa.Float), sa.Integer)
    return sa.type_coerce(last - first, sa.Integer)


@lru_cache
def _offsets(of: ZoneInfo, first_year: int, last_year: int) -> list[tuple[dt.datetime, int]]:
    """(moment, minutes before UTC from then on) of each change of the zone's clock, the first one being the beginning."""
    moment = dt.datetime(first_year, 1, 1, tzinfo=dt.UTC)
    found = [(moment, _minutes(of, moment))]
    while moment.year <= last_year:
        following = moment + dt.timedelta(days=1)
        if _minutes(of, following) != found[-1][1]:
            changed = moment
            while _minutes(of, changed) == found[-1][1]:
                changed += dt.timedelta(minutes=15)
            found.append((changed, _minutes(of, changed)))
        moment = following
    return found


def _minutes(of: ZoneInfo, moment: dt.datetime) -> int:
    return int((moment.astimezone(of).utcoffset() or dt.timedelta()).total_seconds()) // _SECONDS
