"""What is done by the clock: the daily backup, backups that were asked for, and the daily clean-up."""

import datetime as dt
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog
from flask import Flask, current_app, g

from fsm import restoring
from fsm.api import uploads
from fsm.backups import services as backups
from fsm.backups.making import UNFINISHED
from fsm.backups.models import BackupKind, BackupState
from fsm.backups.places import folder as backups_folder
from fsm.company import services as company_services
from fsm.contracts import making as contracts
from fsm.core import clean_up as core
from fsm.core.audit import now
from fsm.core.db import session, writing
from fsm.core.errors import DomainError
from fsm.core.idempotency import KEPT_DAYS
from fsm.core.schedules import Renew, Schedule
from fsm.files import clean_up as files
from fsm.schedule import proposals
from fsm.tablet import services as tablet
from fsm.users import clean_up as users
from fsm.webhooks import clean_up as webhooks

CLEAN_UP_HOUR = 4
MAINTENANCE_HOUR = 5
TOLD_EVERY_SECONDS = 2.0
LEFT_BEHIND = dt.timedelta(days=1)
log = structlog.get_logger()


def schedules() -> dict[str, Schedule]:
    """By name, what is done and when."""
    return {
        backups.DAILY: Schedule(daily_backup, lambda after: backups.next_daily(after, _zone())),
        backups.REQUESTED: Schedule(requested_backup, lambda _after: None),
        "maintenance": Schedule(make_maintenance, lambda after: backups.next_at(after, MAINTENANCE_HOUR, _zone())),
        "clean_up": Schedule(clean_up, lambda after: backups.next_at(after, CLEAN_UP_HOUR, _zone())),
    }


def _zone() -> ZoneInfo:
    company = company_services.current()
    return ZoneInfo(company.time_zone if company else "Europe/Brussels")


def daily_backup(renew: Renew) -> None:
    """Make and prove one, then let go of those that no rule keeps."""
    if company_services.current() is None:
        return
    with writing():
        backup_id = backups.begin(BackupKind.DAILY).id
    _make(backup_id, BackupKind.DAILY, renew)
    with writing(bulk=True):
        gone = backups.remove_old(_zone())
    log.info("daily backup made", removed=gone)


def requested_backup(renew: Renew) -> None:
    """The one that somebody asked for on the page."""
    row = backups.under_way()
    backup_id = row.id if row else None
    session.rollback()
    if backup_id is not None:
        _make(backup_id, BackupKind.MANUAL, renew)


def _make(backup_id: int, kind: BackupKind, renew: Renew) -> None:
    try:
        made = restoring.back_up(kind.value, progress=_teller(backup_id, BackupState.WRITING, renew))
        with writing():
            backups.tell(backup_id, BackupState.VERIFYING, 0, made.path.name)
        restoring.verify(made.path, progress=_teller(backup_id, BackupState.VERIFYING, renew))
    except DomainError as error:
        session.rollback()
        with writing():
            backups.end(backup_id, str(error))
        raise
    with writing():
        backups.end(backup_id, None)


def _teller(backup_id: int, state: BackupState, renew: Renew) -> Callable[[int, int], None]:
    """Writes how far it is, every other second; into this program's database, also from within the scratch program."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 # reason: the proxy's documented way to its object
    told = time.monotonic()

    def tell(done: int, total: int) -> None:
        nonlocal told
        if time.monotonic() - told < TOLD_EVERY_SECONDS:
            return
        told = time.monotonic()
        with app.app_context():
            with writing():
                backups.tell(backup_id, state, done * 1000 // max(total, 1))
            renew()

    return tell


def make_maintenance(renew: Renew) -> None:
    """Make the orders of maintenance contracts that are due by the company's day, each contract in its transaction."""
    g.time_zone = _zone().key
    today = now().astimezone(_zone()).date()
    made = 0
    for contract_id in contracts.due_ids(today):
        count = contracts.MOST_AT_ONCE
        while count == contracts.MOST_AT_ONCE:
            try:
                with writing(bulk=True):
                    count = len(contracts.make_due(contract_id, today=today, moment=now()))
            except DomainError as error:  # one that cannot be made must not hold up the others
                log.warning("no order of a contract", contract_id=contract_id, error=str(error))
                _tell_problem(contract_id, str(error))
                break
            made += count
            renew()
    log.info("maintenance orders made", made=made)


def _tell_problem(contract_id: int, sentence: str) -> None:
    with writing():
        contracts.note_problem(contract_id, sentence)


def clean_up(renew: Renew) -> None:
    """Clear what has had its day; each lot in a transaction of its own."""
    moment = now()
    lots: dict[str, Callable[[], int]] = {
        "sessions": lambda: users.forget_sessions(moment),
        "login failures": lambda: users.forget_failures(moment),
        "keys": lambda: core.forget_keys(moment - dt.timedelta(days=KEPT_DAYS)),
        "tablet pictures": lambda: tablet.forget_old(moment - dt.timedelta(days=KEPT_DAYS)),
        "uploads": lambda: uploads.forget_old(moment),
        "proposals": lambda: proposals.forget_old(moment - proposals.KEPT),
        "webhook events": lambda: webhooks.forget_events(moment - webhooks.KEPT),
        "jobs": lambda: core.forget_done_jobs(moment - core.JOBS_KEPT),
    }
    cleared = {}
    for name, forget in lots.items():
        cleared[name] = 0
        while True:
            with writing(bulk=True):
                count = forget()
            renew()
            cleared[name] += count
            if count < core.LOT:
                break
    with writing(bulk=True):
        backups.forget_lost(moment)
    cleared["files"] = files.remove_orphans(moment)
    cleared["folders"] = _remove_left_behind(moment)
    log.info("cleaned up", **cleared)


def _remove_left_behind(moment: dt.datetime) -> int:
    """Folders of backups and restores that were killed."""
    data_folder = Path(current_app.config["DATA_FOLDER"])
    old = [
        path
        for place, pattern in ((backups_folder(), f"{UNFINISHED}*"), (data_folder, ".restoring-*"))
        for path in place.glob(pattern)
        if path.stat().st_mtime < (moment - LEFT_BEHIND).timestamp()
    ]
    for path in old:
        shutil.rmtree(path, ignore_errors=True)
    return len(old)
