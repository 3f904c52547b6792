"""Work done after the transaction: rows with a lease and a fence, taken by one worker process or several.

At least once: a worker that dies loses its lease and the row is taken again; a late finisher is fenced off by the
attempt number. The roof registers which function handles which kind. A long job works in lots, each a transaction of
its own that begins with ``renew``: the lease never runs out under it, and what was fenced off writes nothing more.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from threading import Event
from typing import Any, TypeAlias

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Mapped, mapped_column

from fsm.core.audit import now
from fsm.core.db import Base, add_rows, require_writing, session, writing
from fsm.core.types import ID, Moment, choice

LEASE = dt.timedelta(minutes=2)
MAX_ATTEMPTS = 8
log = structlog.get_logger()

Payload: TypeAlias = dict[str, Any]
Handler: TypeAlias = Callable[[Payload], None]
# What a kind does once a job of it is given up: payload and reason, within the transaction that says so.
GivenUp: TypeAlias = Callable[[Payload, str], None]
_given_up: dict[str, GivenUp] = {}


class JobState(StrEnum):
    """Waiting, taken by a worker, done, or given up after MAX_ATTEMPTS."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Job(Base):
    """One piece of work; ``payload`` names what it is about by id, never carries it.

    ``is_urgent``: somebody looks at its progress; it goes before what waits for nobody, such as a thousand PDFs.
    """

    __tablename__ = "job"
    __table_args__ = (
        sa.Index("ix_job_state_run_at", "state", "run_at", "id"),
        sa.Index(
            "ix_job_urgent", "run_at", "id", sqlite_where=sa.text("is_urgent"), postgresql_where=sa.text("is_urgent")
        ),
    )

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(60))
    payload: Mapped[Payload] = mapped_column(sa.JSON)
    state: Mapped[JobState] = mapped_column(choice(JobState, "state"), default=JobState.WAITING)
    run_at: Mapped[dt.datetime] = mapped_column(Moment)
    attempts: Mapped[int] = mapped_column(sa.Integer, default=0)
    error: Mapped[str | None] = mapped_column(sa.Text)
    created_at: Mapped[dt.datetime] = mapped_column(Moment)
    done_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    is_urgent: Mapped[bool] = mapped_column(
        sa.Boolean(name="is_urgent"), default=False, server_default=sa.text("false")
    )
    done_count: Mapped[int | None] = mapped_column(sa.Integer)
    total_count: Mapped[int | None] = mapped_column(sa.Integer)


@dataclass(frozen=True, slots=True)
class _Current:
    """The job that this worker does now."""

    job_id: int
    attempt: int
    stop: Event | None


_current: ContextVar[_Current | None] = ContextVar("current_job", default=None)


class FencedError(Exception):
    """The lease ran out and another worker has the job: nothing more may be written for it here."""


class InterruptedJobError(Exception):
    """The worker ends: the job goes back and is gone on with by the next one."""


def when_given_up(handlers: Mapping[str, GivenUp]) -> None:
    """Said once by the roof: who is told, by kind, that a job of theirs is not tried any more."""
    _given_up.clear()
    _given_up.update(handlers)


def enqueue(kind: str, payloads: list[Payload], *, is_urgent: bool = False, run_at: dt.datetime | None = None) -> None:
    """Write job rows in the caller's transaction: they exist if and only if it commits. ``run_at``: not before."""
    moment = now()
    rows = [
        {
            "kind": kind,
            "payload": payload,
            "state": JobState.WAITING,
            "run_at": run_at or moment,
            "attempts": 0,
            "created_at": moment,
            "is_urgent": is_urgent,
        }
        for payload in payloads
    ]
    if rows:
        add_rows(Job, rows)


def renew(lease: dt.timedelta = LEASE, *, done: int | None = None, total: int | None = None) -> None:
    """To be called first in each transaction of a job of many: the lease lasts from now, and progress is told.

    FencedError where another worker has the job by now, InterruptedJobError where this worker is to end; both undo
    the transaction. Outside a job (a test, the demo) nothing happens.
    """
    require_writing()
    job = _current.get()
    if job is None:
        return
    if job.stop is not None and job.stop.is_set():
        raise InterruptedJobError
    changes: dict[str, Any] = {"run_at": dt.datetime.now(dt.UTC) + lease}
    changes |= {name: count for name, count in (("done_count", done), ("total_count", total)) if count is not None}
    mine = sa.and_(Job.id == job.job_id, Job.attempts == job.attempt, Job.state == JobState.RUNNING)
    held = session.scalar(sa.update(Job).where(mine).values(changes).returning(Job.id))
    if held is None:
        raise FencedError


def run_one(handlers: Mapping[str, Handler], stop: Event | None = None) -> bool:
    """Take and do one due job; False when none is due. The handler opens its own transactions.

    ``stop`` ends a job of many lots between two of them.
    """
    if not _is_due():  # looked at without the write lock, which an idle worker must not take each second
        return False
    with writing():
        job = _take()
        taken = None if job is None else (job.id, job.attempts, job.kind, dict(job.payload))
    if taken is None:
        return False
    job_id, attempt, kind, payload = taken
    mark = _current.set(_Current(job_id, attempt, stop))
    try:
        handlers[kind](payload)
    except InterruptedJobError:
        _give_back(job_id, attempt)
    except FencedError:
        log.warning("job fenced", job_id=job_id, kind=kind, attempt=attempt)
    except Exception as error:  # noqa: BLE001 - whatever a handler raises is kept on its row
        session.rollback()
        log.warning("job failed", job_id=job_id, kind=kind, attempt=attempt, error=str(error))
        _end(job_id, attempt, error=f"{type(error).__name__}: {error}"[:2000])
    else:
        _end(job_id, attempt, error=None)
    finally:
        _current.reset(mark)
    return True


def _is_due() -> bool:
    query = sa.select(Job.id).where(Job.state.in_([JobState.WAITING, JobState.RUNNING]), Job.run_at <= now()).limit(1)
    found = session.scalar(query) is not None
    session.rollback()
    return found


def _take() -> Job | None:
    moment = now()
    due = sa.select(Job).where(Job.state.in_([JobState.WAITING, JobState.RUNNING]), Job.run_at <= moment)
    due = due.order_by(Job.run_at, Job.id).limit(1).with_for_update(skip_locked=True)
    job: Job | None = session.scalar(due.where(Job.is_urgent)) or session.scalar(due)
    if job is not None and job.attempts >= MAX_ATTEMPTS:  # each try killed its worker
        _give_up(job, job.error or "its worker died each time")
        return None
    if job is not None:
        job.state = JobState.RUNNING
        job.attempts += 1
        job.run_at = moment + LEASE  # until then nobody else takes it; after that its worker is thought dead
    return job


def _give_up(job: Job, error: str) -> None:
    """Not tried any more, and whoever it is about is told; what that raises must not bring the job back for ever."""
    job.state, job.error = JobState.FAILED, error
    session.flush()
    tell = _given_up.get(job.kind)
    if tell is None:
        return
    try:
        with session.begin_nested():
            tell(dict(job.payload), error)
    except Exception:
        log.exception("given up, and nobody was told", job_id=job.id, kind=job.kind)


def is_under_way(kind: str, name: str, value: int) -> bool:
    """Whether a job of this kind whose payload says so waits or runs."""
    query = sa.select(Job.payload).where(Job.kind == kind, Job.state.in_([JobState.WAITING, JobState.RUNNING]))
    return any(payload.get(name) == value for payload in session.scalars(query.execution_options(yield_per=1000)))


def _give_back(job_id: int, attempt: int) -> None:
    """Waiting again at once; being interrupted is no failed try."""
    with writing():
        session.execute(
            sa.update(Job)
            .where(Job.id == job_id, Job.attempts == attempt, Job.state == JobState.RUNNING)
            .values(state=JobState.WAITING, run_at=now(), attempts=attempt - 1)
        )


def _end(job_id: int, attempt: int, error: str | None) -> None:
    with writing():
        job = session.get(Job, job_id, with_for_update=True)
        if job is None or job.attempts != attempt or job.state is not JobState.RUNNING:
            return  # fenced: another worker has it now
        job.error = error
        if error is None:
            job.state, job.done_at = JobState.DONE, now()
        elif attempt >= MAX_ATTEMPTS:
            _give_up(job, error)
        else:
            job.state, job.run_at = JobState.WAITING, now() + dt.timedelta(seconds=2**attempt)


def waiting_count(kind: str | None = None) -> int:
    """How many jobs are not yet done nor given up."""
    query = sa.select(sa.func.count()).where(Job.state.in_([JobState.WAITING, JobState.RUNNING]))
    return session.scalar(query if kind is None else query.where(Job.kind == kind)) or 0
