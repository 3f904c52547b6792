"""Settings, Backups: asked for on the page, made and proven by the worker, kept and let go by the rules."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from fsm import nightly, restoring
from fsm.backups import queries, services
from fsm.backups.errors import BackupError
from fsm.backups.models import Backup, BackupKind, BackupState
from fsm.company.services import the_company
from fsm.core import schedules
from fsm.core.audit import now
from fsm.core.db import session, writing
from fsm.users.models import Role

pytestmark = pytest.mark.database
BRUSSELS = ZoneInfo("Europe/Brussels")
KEPT = {"hour": "3", "keep_daily": "2", "keep_weekly": "0", "keep_monthly": "0"}


@pytest.fixture(autouse=True)
def tell_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nightly, "TOLD_EVERY_SECONDS", 0)


def run_due() -> bool:
    done = schedules.run_due(nightly.schedules())
    session.remove()
    return done


def test_one_by_hand(app: Flask, client_for: Callable[..., FlaskClient], tmp_path: Path) -> None:
    client = client_for(Role.ADMINISTRATOR)
    assert b"No backup yet" in client.get("/backups").data
    assert client.post("/backups/make").status_code == 303
    page = client.get("/backups").text
    assert "Waiting for the worker" in page
    assert "Back up now" not in page
    assert "already" in client.post("/backups/make", follow_redirects=True).text
    assert run_due()
    assert not run_due()
    page = client.get("/backups").text
    assert "Proven" in page
    (path,) = (tmp_path / "backups").glob("*.fsmbackup")
    with client.get(f"/backups/{path.name}/download") as answer:
        assert (answer.data, answer.headers["Cache-Control"]) == (path.read_bytes(), "no-store")
    assert client_for(Role.MANAGER).get(f"/backups/{path.name}/download").status_code == 403
    for name in ("..%2ffsm.sqlite3", "secret_key", "fsm-20260101-000000-daily.fsmbackup"):
        assert client.get(f"/backups/{name}/download").status_code == 404
    path.write_bytes(path.read_bytes()[:-1])
    assert "Not sound" in client.get("/backups").text
    assert client.post(f"/backups/{path.name}/remove").status_code == 303
    assert not path.exists()
    assert b"No backup yet" in client.get("/backups").data


def test_settings_plan_the_next(app: Flask, client_for: Callable[..., FlaskClient]) -> None:
    client = client_for(Role.ADMINISTRATOR)
    assert client.post("/backups/settings", data=KEPT | {"is_daily": "y", "version": "1"}).status_code == 303
    due = session.get_one(schedules.ScheduledRun, services.DAILY).due_at
    assert due is not None
    assert due > now()
    assert due.astimezone(BRUSSELS).hour == 3
    refused = client.post("/backups/settings", data=KEPT | {"keep_daily": "0", "version": "1"})
    assert refused.status_code == 422
    assert client.post("/backups/settings", data=KEPT | {"version": "1"}).status_code == 303
    assert client.post("/backups/settings", data=KEPT | {"version": "1"}).status_code == 409
    session.rollback()
    assert session.get_one(schedules.ScheduledRun, services.DAILY, populate_existing=True).due_at is None


def test_a_daily_one_and_what_is_let_go(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    names = [f"fsm-202601{day:02}-020000-{kind}.fsmbackup" for day in (1, 2, 3) for kind in ("daily", "manual")]
    for name in names:
        (folder / name).write_bytes(b"old")
    with writing():
        services.save_settings(
            services.SettingsValues(is_daily=True, hour=3, keep_daily=2, keep_weekly=0, keep_monthly=0),
            zone=BRUSSELS,
            version=None,
        )
        the_company().created_at = now() - dt.timedelta(days=30)
    assert "no proven backup" in (queries.warning(now()) or "")
    monkeypatch.setattr(restoring, "verify", lambda _path, **_progress: None)  # proven elsewhere
    with writing():
        schedules.plan(services.DAILY, now())
    assert run_due()
    daily = sorted(path.name for path in folder.glob("*-daily.fsmbackup"))
    assert daily[0] == "fsm-20260103-020000-daily.fsmbackup"
    assert len(daily) == 2
    assert len(list(folder.glob("*-manual.fsmbackup"))) == 3
    assert queries.warning(now()) is None
    assert "last proven backup is of" in (queries.warning(now() + dt.timedelta(days=3)) or "")

    def fail(_path: Path, **_progress: object) -> None:
        raise BackupError("It is damaged.")

    monkeypatch.setattr(restoring, "verify", fail)
    with writing():
        schedules.plan(services.DAILY, now())
    assert run_due()
    row = session.scalars(sa.select(Backup).order_by(Backup.id.desc())).first()
    assert row is not None
    assert (row.kind, row.state, row.error) == (BackupKind.DAILY, BackupState.FAILED, "It is damaged.")


@pytest.mark.parametrize(
    ("after", "hour", "next_utc"),
    [
        ("2026-03-20T00:30", 2, "2026-03-20T01:00"),
        ("2026-03-20T01:00", 2, "2026-03-21T01:00"),
        ("2026-03-28T23:30", 2, "2026-03-29T01:00"),  # 02:00 does not exist that night: the clocks show 03:00
        ("2026-10-24T22:30", 2, "2026-10-25T00:00"),  # it comes twice: the first
        ("2026-10-25T00:00", 2, "2026-10-26T01:00"),
    ],
)
def test_the_next_time_of_an_hour(after: str, hour: int, next_utc: str) -> None:
    found = services.next_at(dt.datetime.fromisoformat(after).replace(tzinfo=dt.UTC), hour, BRUSSELS)
    assert found == dt.datetime.fromisoformat(next_utc).replace(tzinfo=dt.UTC)
