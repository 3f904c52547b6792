"""Asking for backups, keeping track of them, deleting their files, and the settings."""

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.backups import retention
from fsm.backups.making import SUFFIX
from fsm.backups.models import Backup, BackupKind, BackupSettings, BackupState
from fsm.backups.places import file_of, folder, moment_of
from fsm.core import audit, schedules
from fsm.core.db import only_row, session
from fsm.core.errors import ConflictError
from fsm.core.state import check_version

DAILY, REQUESTED = "backups.daily", "backups.requested"
"""Names of scheduled work; the roof knows who does it."""
UNDER_WAY = (BackupState.WAITING, BackupState.WRITING, BackupState.VERIFYING)
FORGOTTEN_AFTER = dt.timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsValues:
    """What the page changes."""

    is_daily: bool
    hour: int
    keep_daily: int
    keep_weekly: int
    keep_monthly: int


def settings() -> BackupSettings:
    """The row, or one with the defaults that is not stored."""
    row = only_row(BackupSettings)
    return row or BackupSettings(id=1, is_daily=True, hour=2, keep_daily=7, keep_weekly=4, keep_monthly=12)


def save_settings(values: SettingsValues, *, zone: ZoneInfo, version: int | None) -> None:
    """Save them, and plan the next daily backup by them; ConflictError for a stale version."""
    row = only_row(BackupSettings)
    if row is None:
        row = BackupSettings(id=1)
        session.add(row)
    else:
        check_version(row.version, version)
    row.is_daily, row.hour = values.is_daily, values.hour
    row.keep_daily, row.keep_weekly, row.keep_monthly = values.keep_daily, values.keep_weekly, values.keep_monthly
    session.flush()
    schedules.plan(DAILY, next_daily(audit.now(), zone))


def next_daily(after: dt.datetime, zone: ZoneInfo) -> dt.datetime | None:
    """The next time that it is the chosen hour in the company's zone; None where no daily ones are wanted."""
    chosen = settings()
    return next_at(after, chosen.hour, zone) if chosen.is_daily else None


def next_at(after: dt.datetime, hour: int, zone: ZoneInfo) -> dt.datetime:
    """The next full hour of that name, also where the clocks change that night."""
    day = after.astimezone(zone).date()
    while True:
        moment = dt.datetime.combine(day, dt.time(hour), zone).astimezone(dt.UTC)
        if moment > after:
            return moment
        day += dt.timedelta(days=1)


def ask(*, actor_id: int) -> Backup:
    """Have one made by the worker; ConflictError where one is under way."""
    if under_way() is not None:
        raise ConflictError(_("A backup is being made already."))
    row = begin(BackupKind.MANUAL, state=BackupState.WAITING, actor_id=actor_id)
    schedules.plan(REQUESTED, audit.now())
    return row


def under_way() -> Backup | None:
    """The one that is waiting or being made; one that nobody has told of for an hour has died."""
    return session.scalar(
        sa.select(Backup)
        .where(Backup.state.in_(UNDER_WAY), Backup.told_at > audit.now() - FORGOTTEN_AFTER)
        .order_by(Backup.id.desc())
        .limit(1)
    )


def begin(kind: BackupKind, *, state: BackupState = BackupState.WRITING, actor_id: int | None = None) -> Backup:
    """A row for a backup that is to be made."""
    moment = audit.now()
    row = Backup(kind=kind, state=state, asked_at=moment, told_at=moment, asked_by_id=actor_id, done=0)
    session.add(row)
    session.flush()
    return row


def tell(backup_id: int, state: BackupState, done: int, file_name: str | None = None) -> None:
    """How far it is, of 1000."""
    row = session.get_one(Backup, backup_id)
    row.state, row.done, row.told_at = state, done, audit.now()
    row.file_name = file_name or row.file_name


def end(backup_id: int, error: str | None) -> None:
    """It is written and proven, or it failed."""
    row = session.get_one(Backup, backup_id)
    row.state = BackupState.DONE if error is None else BackupState.FAILED
    row.told_at = audit.now()
    row.error = error
    row.verified_at = row.told_at if error is None else None


def note_verified(file_name: str, *, kind: BackupKind, error: str | None) -> None:
    """What proving a file of the folder has shown."""
    row = session.scalar(sa.select(Backup).where(Backup.file_name == file_name))
    if row is None:
        row = begin(kind)
        row.file_name = file_name
    end(row.id, error)
    session.flush()


def remove(file_name: str) -> None:
    """Delete a backup's file and what is known of it; NotFoundError where it is not there."""
    path = file_of(file_name)
    session.execute(sa.delete(Backup).where(Backup.file_name == file_name))
    audit.note([("company", 1)], _("The backup %(name)s was deleted.", name=file_name))
    session.flush()
    path.unlink()


def remove_old(zone: ZoneInfo) -> list[str]:
    """Delete the daily backups that no rule keeps; gives their names. Those of other kinds stay, and a failed one too."""
    chosen = settings()
    rule = retention.Rule(chosen.keep_daily, chosen.keep_weekly, chosen.keep_monthly)
    failed = set(session.scalars(sa.select(Backup.file_name).where(Backup.state == BackupState.FAILED)))
    daily = {
        moment: path
        for path in folder().glob(f"fsm-*-{BackupKind.DAILY.value}{SUFFIX}")
        if (moment := moment_of(path.name)) and path.name not in failed
    }
    keep = retention.kept(daily, rule, zone)
    gone = [path for moment, path in sorted(daily.items()) if moment not in keep]
    session.execute(sa.delete(Backup).where(Backup.file_name.in_([path.name for path in gone])))
    session.flush()
    for path in gone:
        path.unlink(missing_ok=True)
    return [path.name for path in gone]


def forget_lost(now: dt.datetime) -> None:
    """Rows of failed attempts after a month, and of files that somebody has taken away."""
    there = {path.name for path in folder().glob(f"*{SUFFIX}")}
    for row in session.scalars(sa.select(Backup).where(Backup.state.in_([BackupState.DONE, BackupState.FAILED]))):
        is_old = row.told_at < now - dt.timedelta(days=30)
        if row.file_name not in there and (is_old or row.state is BackupState.DONE):
            session.delete(row)
