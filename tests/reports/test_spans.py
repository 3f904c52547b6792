"""The period of a report as its address names it: always there, never longer than five years."""

import datetime as dt

import pytest

from fsm.reports import spans

TODAY = dt.date(2026, 5, 20)


@pytest.mark.parametrize(
    ("args", "first", "last"),
    [
        ({}, "2026-05-01", "2026-05-31"),
        ({"period": "last-month"}, "2026-04-01", "2026-04-30"),
        ({"period": "quarter"}, "2026-04-01", "2026-06-30"),
        ({"period": "year"}, "2026-01-01", "2026-12-31"),
        ({"period": "last-12-months"}, "2025-06-01", "2026-05-31"),
        ({"period": "no such"}, "2026-05-01", "2026-05-31"),
        ({"from": "2026-02-03", "to": "2026-02-10", "period": "year"}, "2026-02-03", "2026-02-10"),
        ({"from": "2026-02-10", "to": "2026-02-03"}, "2026-02-03", "2026-02-10"),
        ({"from": "2026-02-10"}, "2026-02-10", "2026-05-20"),
        ({"to": "2026-02-10"}, "2026-02-01", "2026-02-10"),
        ({"from": "2001-01-01", "to": "2026-02-28"}, "2021-03-01", "2026-02-28"),
        ({"from": "2000-01-01", "to": "2024-02-29"}, "2019-03-01", "2024-02-29"),
        ({"from": "0001-01-01", "to": "9999-12-31"}, "2026-05-01", "2026-05-31"),
        ({"from": "nonsense"}, "2026-05-01", "2026-05-31"),
    ],
)
def test_spans(args: dict[str, str], first: str, last: str) -> None:
    found = spans.of_address(args, TODAY)
    assert (found.first_day.isoformat(), found.last_day.isoformat()) == (first, last)


def test_months() -> None:
    assert spans.month_start(TODAY, -5) == dt.date(2025, 12, 1)
    assert spans.months_of(dt.date(2025, 12, 31), dt.date(2026, 2, 1)) == [
        dt.date(2025, 12, 1),
        dt.date(2026, 1, 1),
        dt.date(2026, 2, 1),
    ]
