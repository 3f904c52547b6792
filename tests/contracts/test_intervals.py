"""Dates of contracts: counted from the first, the last day of a short month."""

import datetime as dt
from itertools import islice

import pytest

from fsm.contracts.intervals import Interval
from fsm.contracts.models import IntervalUnit

D = dt.date


@pytest.mark.parametrize(
    ("interval", "since", "dates"),
    [
        (  # 31 January + 1 month; March has its 31st again
            Interval(D(2026, 1, 31), 1, IntervalUnit.MONTHS),
            D(2026, 1, 1),
            [D(2026, 1, 31), D(2026, 2, 28), D(2026, 3, 31), D(2026, 4, 30)],
        ),
        (Interval(D(2023, 8, 31), 6, IntervalUnit.MONTHS), D(2024, 1, 1), [D(2024, 2, 29), D(2024, 8, 31)]),
        (Interval(D(2024, 2, 29), 12, IntervalUnit.MONTHS), D(2027, 3, 1), [D(2028, 2, 29), D(2029, 2, 28)]),
        (Interval(D(2026, 3, 29), 1, IntervalUnit.WEEKS), D(2026, 4, 1), [D(2026, 4, 5), D(2026, 4, 12)]),
        (Interval(D(2026, 1, 1), 90, IntervalUnit.DAYS), D(2026, 4, 1), [D(2026, 4, 1), D(2026, 6, 30)]),
        (Interval(D(2026, 1, 31), 1, IntervalUnit.MONTHS, end=D(2026, 2, 28)), D(2026, 2, 28), [D(2026, 2, 28)]),
        (Interval(D(2026, 1, 31), 1, IntervalUnit.MONTHS, end=D(2026, 2, 27)), D(2026, 2, 1), []),
        (Interval(D(2099, 12, 31), 999, IntervalUnit.MONTHS), D(2026, 1, 1), [D(2099, 12, 31)]),
    ],
)
def test_dates(interval: Interval, since: dt.date, dates: list[dt.date]) -> None:
    assert list(islice(interval.dates(since), max(len(dates), 1))) == dates


@pytest.mark.parametrize("unit", IntervalUnit)
@pytest.mark.parametrize("count", [1, 5, 7])
def test_dates_from_any_day_are_the_same_dates(unit: IntervalUnit, count: int) -> None:
    interval = Interval(D(2024, 1, 31), count, unit)
    every = [interval.date(number) for number in range(60)]
    for since in every[:40]:
        for day in (since, since - dt.timedelta(days=1), since + dt.timedelta(days=1)):
            assert list(islice(interval.dates(day), 5)) == [one for one in every if one >= day][:5]
