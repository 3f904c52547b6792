"""A request sent twice does its work once (architecture.md, law 4).

The key's row is inserted first in the request's own transaction, where a twin waits for it, and gets the answer last.
A refused request leaves no row, so a corrected form may use its key again.
"""

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from fsm.core.audit import now
from fsm.core.db import Base, is_sqlite, session
from fsm.core.types import Moment

KEPT_DAYS = 90


class IdempotencyKey(Base):
    """Who sent which key to where, a hash of the body, and the answer."""

    __tablename__ = "idempotency_key"

    who: Mapped[str] = mapped_column(sa.String(80), primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    path: Mapped[str] = mapped_column(sa.String(300))
    body_hash: Mapped[str] = mapped_column(sa.String(64))
    created_at: Mapped[dt.datetime] = mapped_column(Moment, index=True)
    status: Mapped[int | None] = mapped_column(sa.Integer)
    location: Mapped[str | None] = mapped_column(sa.String(500))
    content_type: Mapped[str | None] = mapped_column(sa.String(100))
    body: Mapped[bytes | None] = mapped_column(sa.LargeBinary)


class OtherBodyError(Exception):
    """The key came before with another body; ``location`` is where the first one led."""

    def __init__(self, location: str | None) -> None:
        super().__init__(location)
        self.location = location


@dataclass(frozen=True, slots=True)
class Answer:
    """What is kept of a response."""

    status: int
    location: str | None
    content_type: str | None
    body: bytes


def begin(who: str, key: str, path: str, body_hash: str) -> Answer | None:
    """Claim the key; None means go ahead, an Answer is to be given again. OtherBodyError on misuse."""
    insert = (sqlite if is_sqlite() else postgresql).insert(IdempotencyKey)
    claimed = session.execute(
        insert.values(who=who, key=key, path=path[:300], body_hash=body_hash, created_at=now())
        .on_conflict_do_nothing()
        .returning(IdempotencyKey.key)
    ).first()
    if claimed:
        return None
    row = session.execute(
        sa.select(
            IdempotencyKey.path,
            IdempotencyKey.body_hash,
            IdempotencyKey.status,
            IdempotencyKey.location,
            IdempotencyKey.content_type,
            IdempotencyKey.body,
        ).where(IdempotencyKey.who == who, IdempotencyKey.key == key)
    ).one()
    if (row.path, row.body_hash) != (path[:300], body_hash):
        raise OtherBodyError(row.location)
    return Answer(row.status or 200, row.location, row.content_type, row.body or b"")


def finish(who: str, key: str, answer: Answer) -> None:
    """Keep the answer beside the key, in the transaction of the effect."""
    session.execute(
        sa.update(IdempotencyKey)
        .where(IdempotencyKey.who == who, IdempotencyKey.key == key)
        .values(status=answer.status, location=answer.location, content_type=answer.content_type, body=answer.body)
    )


def forget_old(before: dt.datetime) -> int:
    """Delete keys older than the moment (the daily clean-up); gives how many."""
    gone = session.scalars(
        sa.delete(IdempotencyKey).where(IdempotencyKey.created_at < before).returning(IdempotencyKey.key)
    )
    return len(gone.all())
