"""Work that comes round by the clock: each time it is due it is done once, however many workers there are.

A row per kind of work says when it is due next. A worker claims what is due by a lease, does it, and only then is the
next time written: one that dies loses its lease and another takes over. What was missed while nobody worked is done
once, not once per time missed. The roof registers what is done, and when.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from fsm.core.audit import now
from fsm.core.db import Base, is_sqlite, session, writing
from fsm.core.types import Moment

LEASE = dt.timedelta(minutes=10)
RETRY_AFTER = dt.timedelta(minutes=5)
MAX_ATTEMPTS = 3
log = structlog.get_logger()

Renew: TypeAlias = Callable[[], None]
"""Called now and then by work that takes long, so that nobody thinks its worker dead."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """What is done, and when again after a moment; None: only when somebody asks for it."""

    work: Callable[[Renew], None]
    next_after: Callable[[dt.datetime], dt.datetime | None]


class ScheduledRun(Base):
    """When a kind of work is due, who has it now, and how it went last."""

    __tablename__ = "scheduled_run"

    name: Mapped[str] = mapped_column(sa.String(60), primary_key=True)
    due_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    lease_until: Mapped[dt.datetime | None] = mapped_column(Moment)
    attempts: Mapped[int] = mapped_column(sa.Integer, default=0)
    started_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    done_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    error: Mapped[str | None] = mapped_column(sa.Text)


def plan(name: str, due_at: dt.datetime | None) -> None:
    """When it is due next, from now on; in the caller's transaction."""
    insert = (sqlite if is_sqlite() else postgresql).insert(ScheduledRun)
    session.execute(
        insert.values(name=name, due_at=due_at, attempts=0).on_conflict_do_update(
            index_elements=[ScheduledRun.name], set_={"due_at": due_at, "attempts": 0}
        )
    )


def run_due(schedules: Mapping[str, Schedule]) -> bool:
    """Do one piece of work that is due; False where there is none."""
    for name in _due(schedules):
        if started := _claim(name, schedules[name]):
            _do(name, schedules[name], started)
            return True
    return False


def _due(schedules: Mapping[str, Schedule]) -> list[str]:
    """Looked at without the write lock, which an idle worker must not take."""
    moment = now()
    rows = session.execute(sa.select(ScheduledRun.name, ScheduledRun.due_at, ScheduledRun.lease_until)).all()
    session.rollback()
    waiting = {row.name for row in rows if not _is_ready(row.due_at, row.lease_until, moment)}
    return [name for name in schedules if name not in waiting]


def _is_ready(due_at: dt.datetime | None, lease_until: dt.datetime | None, moment: dt.datetime) -> bool:
    return due_at is not None and due_at <= moment and (lease_until is None or lease_until <= moment)


def _claim(name: str, schedule: Schedule) -> dt.datetime | None:
    moment = now()
    with writing():
        insert = (sqlite if is_sqlite() else postgresql).insert(ScheduledRun)
        session.execute(
            insert.values(name=name, due_at=schedule.next_after(moment), attempts=0).on_conflict_do_nothing()
        )
        row = session.get(ScheduledRun, name, with_for_update=True, populate_existing=True)
        if row is None or not _is_ready(row.due_at, row.lease_until, moment):
            return None
        if row.attempts >= MAX_ATTEMPTS:  # until the next time
            log.error("scheduled work given up", name=name, error=row.error)
            row.due_at, row.lease_until, row.attempts = schedule.next_after(moment), None, 0
            row.error = row.error or "its worker died each time"
            return None
        row.attempts += 1
        row.started_at, row.lease_until = moment, moment + LEASE
    return moment


def _do(name: str, schedule: Schedule, started: dt.datetime) -> None:
    try:
        schedule.work(lambda: _renew(name, started))
    except Exception as error:
        session.rollback()
        log.exception("scheduled work failed", name=name)
        _end(name, schedule, started, f"{type(error).__name__}: {error}"[:2000])
    else:
        _end(name, schedule, started, None)


def _renew(name: str, started: dt.datetime) -> None:
    with writing():
        session.execute(
            sa.update(ScheduledRun)
            .where(ScheduledRun.name == name, ScheduledRun.started_at == started, ScheduledRun.lease_until.is_not(None))
            .values(lease_until=now() + LEASE)
        )


def _end(name: str, schedule: Schedule, started: dt.datetime, error: str | None) -> None:
    with writing():
        row = session.get(ScheduledRun, name, with_for_update=True, populate_existing=True)
        if row is None or row.started_at != started:
            return  # fenced: another worker has taken it since
        moment = now()
        row.error = error
        if error is not None:
            row.lease_until = moment + RETRY_AFTER * row.attempts
            return
        row.done_at, row.lease_until, row.attempts = moment, None, 0
        if row.due_at is not None and row.due_at <= started:  # else somebody asked again meanwhile
            row.due_at = schedule.next_after(moment)
