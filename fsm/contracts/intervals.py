"""The dates of a contract; pure. Each is counted from the first date, so that the 31st comes back after February."""

import calendar
import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from fsm.contracts.models import IntervalUnit

LAST_YEAR = 2100  # as in every date field
_MONTHS = 12
_DAYS = {IntervalUnit.DAYS: 1, IntervalUnit.WEEKS: 7}


@dataclass(frozen=True, slots=True)
class Interval:
    """Every ``count`` units from ``first`` on, up to and with ``end``."""

    first: dt.date
    count: int
    unit: IntervalUnit
    end: dt.date | None = None

    def date(self, number: int) -> dt.date:
        """The date after so many intervals; a day that the month does not have is its last."""
        if self.unit is IntervalUnit.MONTHS:
            return _months_later(self.first, number * self.count)
        return self.first + dt.timedelta(days=number * self.count * _DAYS[self.unit])

    def dates(self, since: dt.date) -> Iterator[dt.date]:
        """The dates not before this day, in their order."""
        number = self._number_at(since)
        while (day := self.date(number)).year <= LAST_YEAR and (self.end is None or day <= self.end):
            if day >= since:
                yield day
            number += 1

    def _number_at(self, since: dt.date) -> int:
        """A number whose date is not after this day, or 0."""
        if since <= self.first:
            return 0
        if self.unit is IntervalUnit.MONTHS:
            months = (since.year - self.first.year) * _MONTHS + since.month - self.first.month
            return max(0, months // self.count - 1)
        return (since - self.first).days // (self.count * _DAYS[self.unit])


def _months_later(day: dt.date, months: int) -> dt.date:
    years, month = divmod(day.year * _MONTHS + day.month - 1 + months, _MONTHS)
    last = calendar.monthrange(years, month + 1)[1]
    return dt.date(years, month + 1, min(day.day, last))
