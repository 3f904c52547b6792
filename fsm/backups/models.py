"""When backups are made and which are kept; and what is known of each."""

import datetime as dt
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from fsm.core.db import Base
from fsm.core.types import ID, Moment, choice


class BackupSettings(Base):
    """One row, or none where nothing has been changed; ``hour`` is in the company's zone."""

    __tablename__ = "backup_settings"
    __audited__ = True
    __table_args__ = (
        sa.CheckConstraint("hour BETWEEN 0 AND 23", name="hour"),
        sa.CheckConstraint("keep_daily >= 1 AND keep_weekly >= 0 AND keep_monthly >= 0", name="kept"),
    )

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    is_daily: Mapped[bool] = mapped_column(sa.Boolean(name="is_daily"), default=True)
    hour: Mapped[int] = mapped_column(sa.Integer, default=2)
    keep_daily: Mapped[int] = mapped_column(sa.Integer, default=7)
    keep_weekly: Mapped[int] = mapped_column(sa.Integer, default=4)
    keep_monthly: Mapped[int] = mapped_column(sa.Integer, default=12)
    version: Mapped[int] = mapped_column(sa.Integer, default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own way to say it


class BackupKind(StrEnum):
    """What it was made for; all but the daily ones are kept until somebody deletes them."""

    DAILY = "daily"
    MANUAL = "manual"
    BEFORE_UPGRADE = "before-upgrade"
    BEFORE_RESTORE = "before-restore"


class BackupState(StrEnum):
    """Asked for, being written, being proven, done, or failed."""

    WAITING = "waiting"
    WRITING = "writing"
    VERIFYING = "verifying"
    DONE = "done"
    FAILED = "failed"


class Backup(Base):
    """A backup that was asked for; the file itself says what is in it. ``done`` is of 1000."""

    __tablename__ = "backup"

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    kind: Mapped[BackupKind] = mapped_column(choice(BackupKind, "kind"))
    state: Mapped[BackupState] = mapped_column(choice(BackupState, "state"))
    asked_at: Mapped[dt.datetime] = mapped_column(Moment)
    asked_by_id: Mapped[int | None] = mapped_column(ID)
    told_at: Mapped[dt.datetime] = mapped_column(Moment)
    done: Mapped[int] = mapped_column(sa.Integer, default=0)
    file_name: Mapped[str | None] = mapped_column(sa.String(100), unique=True)
    verified_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    error: Mapped[str | None] = mapped_column(sa.Text)
