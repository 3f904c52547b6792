"""The backups that there are, and whether the last good one is too old."""

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.backups.archive import read_manifest
from fsm.backups.errors import BackupError
from fsm.backups.making import SUFFIX
from fsm.backups.manifest import Manifest
from fsm.backups.models import Backup, BackupState
from fsm.backups.places import folder, kind_of, moment_of
from fsm.company.models import Company
from fsm.core.db import session
from fsm.core.formats import moment as shown_moment

SHOWN = 200
TOO_OLD = dt.timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Found:
    """A backup's file, what it says of itself, and what is known of it; ``error`` is a sentence."""

    name: str
    made_at: dt.datetime
    kind: str
    size: int
    manifest: Manifest | None
    verified_at: dt.datetime | None
    error: str | None


def found() -> list[Found]:
    """The newest backups in the folder, newest first."""
    names = sorted((path.name for path in folder().glob(f"*{SUFFIX}") if moment_of(path.name)), reverse=True)[:SHOWN]
    known = {row.file_name: row for row in session.scalars(sa.select(Backup).where(Backup.file_name.in_(names)))}
    return [one for name in names if (one := _found(name, known.get(name)))]


def _found(name: str, row: Backup | None) -> Found | None:
    path, made_at = folder() / name, moment_of(name)
    if made_at is None or not path.is_file():  # it has gone since the folder was listed
        return None
    size, error = path.stat().st_size, row.error if row else None
    try:
        manifest = read_manifest(path)
    except BackupError as damage:
        manifest, error = None, str(damage)
    return Found(name, made_at, kind_of(name), size, manifest, row.verified_at if row and not error else None, error)


def failed() -> Backup | None:
    """The last attempt, where it failed before there was a file."""
    row = session.scalar(sa.select(Backup).order_by(Backup.id.desc()).limit(1))
    return row if row and row.state is BackupState.FAILED and row.file_name is None else None


def last_good() -> dt.datetime | None:
    """When the newest backup was made that was proven and is still there."""
    names = session.scalars(
        sa.select(Backup.file_name).where(Backup.state == BackupState.DONE, Backup.file_name.is_not(None))
    )
    there = {path.name for path in folder().glob(f"*{SUFFIX}")}
    moments = [moment_of(name) for name in names if name is not None and name in there]
    return max((moment for moment in moments if moment), default=None)


def warning(now: dt.datetime) -> str | None:
    """A sentence where the last good backup is older than two days; for the pages of those who can do something.

    None for the demo company, and for a company of less than two days.
    """
    company = session.scalar(sa.select(Company).limit(1))
    if company is None or company.is_demo or company.created_at > now - TOO_OLD:
        return None
    last = last_good()
    if last is None:
        return _("There is no proven backup yet.")
    if last < now - TOO_OLD:
        return _("The last proven backup is of %(moment)s.", moment=shown_moment(last))
    return None
