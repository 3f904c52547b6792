"""The days that a report is about, as its address names them."""

import calendar
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

NAMES = ("this-month", "last-month", "quarter", "year", "last-12-months")
LONGEST_YEARS = 5
_YEARS = range(2000, 2101)  # as in every date field
_QUARTER = 3
_DECEMBER = 12


@dataclass(frozen=True, slots=True)
class Span:
    """From one day to another, both counted; ``name`` is one of ``NAMES`` or "custom"."""

    name: str
    first_day: dt.date
    last_day: dt.date

    @property
    def days(self) -> int:
        """How many days."""
        return (self.last_day - self.first_day).days + 1

    @property
    def address(self) -> dict[str, Any]:
        """What a link has to say to mean the same days tomorrow."""
        return {"from": self.first_day.isoformat(), "to": self.last_day.isoformat()}

    @property
    def query(self) -> dict[str, Any]:
        """What a link has to say to mean the same period: its name, which moves on with the calendar, or the days."""
        return self.address if self.name == "custom" else {"period": self.name}


def month_start(day: dt.date, months: int = 0) -> dt.date:
    """The first day of the month so many months after (negative: before) that of the day."""
    number = day.year * 12 + day.month - 1 + months
    return dt.date(number // 12, number % 12 + 1, 1)


def month_end(day: dt.date) -> dt.date:
    """The last day of the day's month."""
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def days_in(month: dt.date) -> int:
    """How many days the day's month has."""
    return calendar.monthrange(month.year, month.month)[1]


def months_of(first_day: dt.date, last_day: dt.date) -> list[dt.date]:
    """The first days of the months that the days touch."""
    found = [month_start(first_day)]
    while (following := month_start(found[-1], 1)) <= last_day:
        found.append(following)
    return found


def named(name: str, today: dt.date) -> Span:
    """The period of that name around today; whole months, so that figures of months add up."""
    match name:
        case "last-month":
            first = month_start(today, -1)
            return Span(name, first, month_end(first))
        case "quarter":
            first = month_start(today, -((today.month - 1) % _QUARTER))
            return Span(name, first, month_end(month_start(first, _QUARTER - 1)))
        case "year":
            return Span(name, dt.date(today.year, 1, 1), dt.date(today.year, _DECEMBER, 31))
        case "last-12-months":
            return Span(name, month_start(today, -11), month_end(today))
    return Span("this-month", month_start(today), month_end(today))


def of_address(args: Mapping[str, str], today: dt.date, default: str = "this-month") -> Span:
    """The period of an address: ``from`` and ``to`` (at most five years), else ``period``, else the default.

    What is no day or no name is as if it were not there, so that an old link still shows the report.
    """
    first, last = day_of(args.get("from")), day_of(args.get("to"))
    if first or last:
        last = last or max(first or today, today)
        first = first or month_start(last)
        first, last = min(first, last), max(first, last)
        earliest = _years_before(last, LONGEST_YEARS)
        return Span("custom", max(first, earliest), last)
    name = args.get("period", "")
    return named(name if name in NAMES else default, today)


def labels() -> dict[str, str]:
    """The periods by name, as the chooser calls them."""
    return {
        "this-month": _("This month"),
        "last-month": _("Last month"),
        "quarter": _("This quarter"),
        "year": _("This year"),
        "last-12-months": _("12 months"),
    }


def day_of(text: str | None) -> dt.date | None:
    """A day of an address within what date fields take; None for anything else."""
    try:
        found = dt.date.fromisoformat(text or "")
    except ValueError:
        return None
    return found if found.year in _YEARS else None


def _years_before(day: dt.date, years: int) -> dt.date:
    """The day after the same day so many years earlier: the span is never longer than those years."""
    last = min(day.day, calendar.monthrange(day.year - years, day.month)[1])
    return dt.date(day.year - years, day.month, last) + dt.timedelta(days=1)
