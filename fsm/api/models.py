"""Keys of other programs, and how much they ask."""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fsm.core.db import Base
from fsm.core.types import ID, Moment
from fsm.users.models import User

REQUESTS_PER_MINUTE = 600


class ApiKey(Base):
    """A key of another program. Here is only its SHA-256; ``shown`` is how it begins, to tell keys apart.

    ``user_id`` is the program's own user, whom nobody logs in as: it has the key's roles, and what the key does stands
    in histories under its name.
    """

    __tablename__ = "api_key"
    __audited__ = True
    __audit_hidden__ = frozenset({"token_hash"})
    __table_args__ = (sa.CheckConstraint("requests_per_minute > 0", name="requests_per_minute"),)

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(100))
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    shown: Mapped[str] = mapped_column(sa.String(20))
    user_id: Mapped[int] = mapped_column(sa.ForeignKey(User.id), unique=True)
    requests_per_minute: Mapped[int] = mapped_column(sa.Integer, default=REQUESTS_PER_MINUTE)
    created_by_id: Mapped[int | None] = mapped_column(ID)
    created_at: Mapped[dt.datetime] = mapped_column(Moment)
    last_used_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    revoked_at: Mapped[dt.datetime | None] = mapped_column(Moment)

    user: Mapped[User] = relationship(viewonly=True)


class Upload(Base):
    """A file that waits to go with a mail or to be attached; its bytes lie by their hash, without a row of their own yet."""

    __tablename__ = "api_upload"
    __table_args__ = (
        sa.Index("ix_api_upload_user_id_available_until", "user_id", "available_until"),
        sa.CheckConstraint("size > 0", name="size"),
    )

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    sha256: Mapped[str] = mapped_column(sa.String(64))
    name: Mapped[str] = mapped_column(sa.String(150))
    media_type: Mapped[str] = mapped_column(sa.String(100))
    size: Mapped[int] = mapped_column(sa.Integer)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey(User.id))
    available_until: Mapped[dt.datetime] = mapped_column(Moment, index=True)


class ApiUse(Base):
    """How many requests of a minute were handed out to somebody."""

    __tablename__ = "api_use"

    who: Mapped[str] = mapped_column(sa.String(80), primary_key=True)
    minute: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, index=True)
    taken: Mapped[int] = mapped_column(sa.Integer)
