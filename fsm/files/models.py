"""A stored file's row; the bytes lie under the data folder by their hash."""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from fsm.core.db import Base
from fsm.core.types import ID, Moment

MAX_BYTES = 15 * 1024 * 1024


class StoredFile(Base):
    """What is known of some bytes; the same bytes are stored once."""

    __tablename__ = "stored_file"
    __table_args__ = (sa.CheckConstraint("size >= 0", name="size"),)

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    sha256: Mapped[str] = mapped_column(sa.String(64), unique=True)
    media_type: Mapped[str] = mapped_column(sa.String(100))
    size: Mapped[int] = mapped_column(sa.Integer)
    created_at: Mapped[dt.datetime] = mapped_column(Moment)
