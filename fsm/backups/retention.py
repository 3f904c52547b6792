"""Which of the scheduled backups are kept: the newest of each day, week and month, so many back."""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Rule:
    """How many days, weeks (from Monday) and months that have a backup keep their newest one."""

    daily: int = 7
    weekly: int = 4
    monthly: int = 12


def kept(moments: Iterable[dt.datetime], rule: Rule, zone: ZoneInfo) -> set[dt.datetime]:
    """Those to keep. A day without a backup uses up no place: after a pause nothing more goes than is made."""
    newest_first = sorted(moments, reverse=True)
    groups: Sequence[tuple[int, Callable[[dt.date], object]]] = (
        (rule.daily, lambda day: day),
        (rule.weekly, lambda day: day.isocalendar()[:2]),
        (rule.monthly, lambda day: (day.year, day.month)),
    )
    keep: set[dt.datetime] = set()
    for count, group_of in groups:
        seen: set[object] = set()
        for moment in newest_first:
            group = group_of(moment.astimezone(zone).date())
            if group not in seen and len(seen) < count:
                seen.add(group)
                keep.add(moment)
    return keep
