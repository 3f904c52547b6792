"""Facts that a slice above may want to know, told by text in the transaction that makes them true.

A job exists if and only if the fact was committed. What nobody listens to costs one look at a table of a few names.
Who listens says so by ``listen``; the roof registers what is done (``JOB``).
"""

from collections.abc import Iterable, Sequence
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from fsm.core import jobs
from fsm.core.audit import now
from fsm.core.db import Base, session, table_of

JOB = "events.tell"
LOT = 100


class HeardFact(Base):
    """The name of a fact that somebody listens to."""

    __tablename__ = "heard_fact"

    name: Mapped[str] = mapped_column(sa.String(60), primary_key=True)


_HEARD = table_of(HeardFact)
_IS_HEARD = sa.select(_HEARD.c.name).where(_HEARD.c.name == sa.bindparam("name"))


def happened(name: str, ids: Sequence[int]) -> None:
    """Tell a fact about these records, in the caller's transaction: a job for each hundred of them, if anybody listens.

    The job's payload has ``fact``, ``ids``, ``at`` and a ``batch`` that no other has, so that what is made of it can
    bear the same name however often the job is taken.
    """
    if not ids or session.connection().scalar(_IS_HEARD, {"name": name}) is None:
        return
    at = now().isoformat()
    lots = (list(ids[place : place + LOT]) for place in range(0, len(ids), LOT))
    jobs.enqueue(JOB, [{"fact": name, "ids": lot, "at": at, "batch": uuid4().hex} for lot in lots])


def listen(names: Iterable[str]) -> None:
    """From now on these facts are told, and no others."""
    wanted, heard = set(names), set(session.scalars(sa.select(HeardFact.name)))
    if gone := heard - wanted:
        session.execute(sa.delete(HeardFact).where(HeardFact.name.in_(gone)))
    session.add_all(HeardFact(name=name) for name in sorted(wanted - heard))
    session.flush()
