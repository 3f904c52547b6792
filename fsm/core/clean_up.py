"""What core's own tables have no use for any more; the daily clean-up asks for it, in lots."""

import datetime as dt

import sqlalchemy as sa

from fsm.core.db import session
from fsm.core.idempotency import IdempotencyKey
from fsm.core.jobs import Job, JobState

LOT = 1000
JOBS_KEPT = dt.timedelta(days=30)


def forget_keys(before: dt.datetime) -> int:
    """Delete a lot of idempotency keys older than the moment; gives how many."""
    some = (
        sa.select(IdempotencyKey.who, IdempotencyKey.key)
        .where(IdempotencyKey.created_at < before)
        .order_by(IdempotencyKey.created_at)
        .limit(LOT)
    )
    gone = session.execute(
        sa.delete(IdempotencyKey)
        .where(sa.tuple_(IdempotencyKey.who, IdempotencyKey.key).in_(some))
        .returning(IdempotencyKey.key)
    )
    return len(gone.all())


def forget_done_jobs(before: dt.datetime) -> int:
    """Delete a lot of jobs that were done before the moment; those given up stay for people to see."""
    some = sa.select(Job.id).where(Job.state == JobState.DONE, Job.done_at < before).order_by(Job.id).limit(LOT)
    return len(session.execute(sa.delete(Job).where(Job.id.in_(some)).returning(Job.id)).all())
