"""How much somebody may ask in a minute, counted in the database so that all processes count together.

A process takes requests of a minute in small portions: never more are served than the limit, and most requests cost
no write.
"""

import time
from dataclasses import dataclass
from threading import Lock

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from fsm.api.models import ApiUse
from fsm.core.db import db, is_sqlite, session, table_of

PORTION = 25
KEPT_MINUTES = 60
_USE = table_of(ApiUse)
_lock = Lock()  # of the portions in memory
_taking = Lock()  # one goes to the database for a portion, the others find it


@dataclass(slots=True)
class _Portion:
    """What this process may still serve of a minute; ``left_for_all`` is what the limit left when it was taken."""

    minute: int
    left: int
    left_for_all: int


_portions: dict[tuple[str, str], _Portion] = {}


@dataclass(frozen=True, slots=True)
class Allowance:
    """What an answer says of the limit; ``is_over``: nothing is left of this minute."""

    limit: int
    remaining: int
    reset_in: int
    is_over: bool

    def headers(self) -> dict[str, str]:
        """As clients read them; ``Retry-After`` where they must wait."""
        found = {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": str(self.reset_in),
        }
        return found | ({"Retry-After": str(self.reset_in)} if self.is_over else {})


def ask(who: str, limit: int) -> Allowance:
    """One request of this minute. Ends the reading transaction of the session where a portion must be taken.

    Who waits for a portion holds no connection: else all of a pool could wait for the one that takes it.
    """
    now = int(time.time())
    minute, reset_in = now // 60, 60 - now % 60
    place = (str(db.engine.url), who)
    left = _served(place, minute)
    if left is None:
        session.rollback()
        with _taking:
            left = _served(place, minute)
            if left is None:
                left = _keep(place, _take(who, minute, min(PORTION, limit), limit))
    if left is None:
        return Allowance(limit, 0, reset_in, is_over=True)
    return Allowance(limit, left, reset_in, is_over=False)


def _served(place: tuple[str, str], minute: int) -> int | None:
    """One of the portion at hand: what is left for all after it; None where there is none."""
    with _lock:
        portion = _portions.get(place)
        if portion is None or portion.minute != minute or not portion.left:
            return None
        portion.left -= 1
        return portion.left_for_all + portion.left


def _keep(place: tuple[str, str], portion: _Portion) -> int | None:
    """The same of a portion just taken: one of it is for who took it, before others find it."""
    if not portion.left:
        return None
    portion.left -= 1
    left = portion.left_for_all + portion.left
    with _lock:
        if len(_portions) > 10_000:  # noqa: PLR2004 - addresses that come and go
            _portions.clear()
        _portions[place] = portion
    return left


def _take(who: str, minute: int, wanted: int, limit: int) -> _Portion:
    # A connection of its own: it must count whatever becomes of the request, and before it is served.
    insert = (sqlite if is_sqlite() else postgresql).insert(_USE)
    taking = (
        insert.values(who=who, minute=minute, taken=wanted)
        .on_conflict_do_update(
            index_elements=[_USE.c.who, _USE.c.minute], set_={"taken": _USE.c.taken + insert.excluded.taken}
        )
        .returning(_USE.c.taken)
    )
    with db.engine.connect().execution_options(writes=True) as connection, connection.begin():
        connection.execute(sa.delete(_USE).where(_USE.c.minute < minute - KEPT_MINUTES))
        taken: int = connection.execute(taking).scalar_one()
    got = max(0, min(wanted, limit - (taken - wanted)))
    return _Portion(minute, got, max(0, limit - taken))
