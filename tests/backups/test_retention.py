"""Worked by hand: a backup each night at 03:00, in Brussels."""

import datetime as dt
from zoneinfo import ZoneInfo

from fsm.backups.retention import Rule, kept

BRUSSELS = ZoneInfo("Europe/Brussels")


def night(day: str, hour: int = 3) -> dt.datetime:
    return dt.datetime.combine(dt.date.fromisoformat(day), dt.time(hour), BRUSSELS).astimezone(dt.UTC)


def days(moments: set[dt.datetime]) -> list[str]:
    return sorted(moment.astimezone(BRUSSELS).date().isoformat() for moment in moments)


def test_a_year_of_nights() -> None:
    first = dt.date(2025, 1, 1)
    nights = [night((first + dt.timedelta(days=number)).isoformat()) for number in range(365)]
    assert days(kept(nights, Rule(daily=7, weekly=4, monthly=12), BRUSSELS)) == [
        *("2025-01-31", "2025-02-28", "2025-03-31", "2025-04-30", "2025-05-31", "2025-06-30"),
        *("2025-07-31", "2025-08-31", "2025-09-30", "2025-10-31", "2025-11-30"),
        *("2025-12-14", "2025-12-21"),  # Sundays; the week of the 28th is among the days, the 29th starts one
        *("2025-12-25", "2025-12-26", "2025-12-27", "2025-12-28", "2025-12-29", "2025-12-30", "2025-12-31"),
    ]


def test_the_newest_of_a_day_by_the_companys_calendar() -> None:
    """23:30 UTC on the 10th is the 11th in Brussels."""
    late = dt.datetime(2026, 3, 10, 23, 30, tzinfo=dt.UTC)
    assert kept([night("2026-03-11"), late], Rule(1, 0, 0), BRUSSELS) == {night("2026-03-11")}
    assert kept([night("2026-03-10"), late], Rule(2, 0, 0), BRUSSELS) == {night("2026-03-10"), late}


def test_a_pause_uses_up_no_place() -> None:
    nights = [night("2026-01-05"), night("2026-03-01"), night("2026-03-02")]
    assert kept(nights, Rule(3, 0, 0), BRUSSELS) == set(nights)


def test_the_turn_of_the_year_is_one_week() -> None:
    nights = [night("2025-12-31"), night("2026-01-01")]
    assert kept(nights, Rule(0, 2, 0), BRUSSELS) == {night("2026-01-01")}


def test_nothing_is_kept_by_no_rule_and_nothing_of_nothing() -> None:
    assert kept([night("2026-01-01")], Rule(0, 0, 0), BRUSSELS) == set()
    assert kept([], Rule(), BRUSSELS) == set()
