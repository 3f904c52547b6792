"""What the steps of the load hand on to each other, and the days they count in."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from fsm.core.db import session
from fsm.core.formats import zone
from fsm.users.actor import Actor

# Fixed holidays of Belgium, on which nobody works but those on duty: (month, day).
_HOLIDAYS = {(1, 1), (5, 1), (7, 21), (8, 15), (11, 1), (11, 11), (12, 25)}
_WEEKDAYS = 5
_DAYS_BACK = 100
_CLOCK = dt.time(10, 40)  # of a day that is not the real one


@dataclass(slots=True)
class Scene:
    """The day it is, and the ids of what has been made, by the keys of the demo's own tables."""

    today: dt.date
    years: int = 0
    people: dict[str, Actor] = field(default_factory=dict)
    items: dict[str, int] = field(default_factory=dict)
    rates: dict[str, int] = field(default_factory=dict)
    customers: dict[str, int] = field(default_factory=dict)
    sites: dict[str, int] = field(default_factory=dict)
    equipment: dict[str, int] = field(default_factory=dict)
    pictures: dict[str, int] = field(default_factory=dict)
    orders: dict[str, int] = field(default_factory=dict)
    invoices: dict[str, int] = field(default_factory=dict)

    @property
    def first_day(self) -> dt.date:
        """Of the first fiscal year: early enough for all that lies in the past."""
        return dt.date((self.today - dt.timedelta(days=_DAYS_BACK)).year - self.years, 1, 1)

    def day(self, offset: int) -> dt.date:
        """The working day so many before (negative) or after today; 0 is today, whatever day it is."""
        day, step = self.today, dt.timedelta(days=1 if offset > 0 else -1)
        for _count in range(abs(offset)):
            day += step
            while day.weekday() >= _WEEKDAYS or (day.month, day.day) in _HOLIDAYS:
                day += step
        return day

    def at(self, offset: int, clock: str) -> dt.datetime:
        """A moment of a working day, ``clock`` as ``08:30`` in the company's zone."""
        return dt.datetime.combine(self.day(offset), dt.time.fromisoformat(clock), zone())

    def now(self) -> dt.datetime:
        """The real moment where today is the real day, else in the middle of its morning."""
        now = dt.datetime.now(zone())
        return now if now.date() == self.today else dt.datetime.combine(self.today, _CLOCK, zone())


def tell_of(moment: dt.datetime) -> None:
    """What is done from here on in this transaction happened then, as timeline, audit and documents will say."""
    session.flush()
    session.info["moment"] = min(moment, dt.datetime.now(dt.UTC)).astimezone(dt.UTC)


@contextmanager
def acting(actor: Actor) -> Iterator[None]:
    """Within a transaction of the office: what is done here somebody else does, as timeline and audit will say."""
    session.flush()
    before = session.info.get("actor_id")
    session.info["actor_id"] = actor.id
    try:
        yield
        session.flush()
    finally:
        session.info["actor_id"] = before
