"""The daily clean-up takes what has had its day and nothing else."""

import datetime as dt
import os
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from fsm import nightly
from fsm.core.audit import now
from fsm.core.db import session, writing
from fsm.core.idempotency import IdempotencyKey
from fsm.core.jobs import Job, JobState
from fsm.files import clean_up as files_clean_up
from fsm.files import services as files
from fsm.users.models import LoginFailure, Role, UserSession
from tests.conftest import user_of

pytestmark = pytest.mark.database


def days_ago(days: float) -> dt.datetime:
    return now() - dt.timedelta(days=days)


def test_what_is_cleared(app: Flask, tmp_path: Path) -> None:
    with writing(bulk=True):
        for number, days in enumerate((10, 89, 91)):
            session.add(
                IdempotencyKey(who="1", key=str(number), path="/", body_hash="", created_at=days_ago(days), status=303)
            )
            session.add(LoginFailure(email="a@b.example", address="1", at=days_ago(days)))
        for state, days in ((JobState.DONE, 29), (JobState.DONE, 31), (JobState.FAILED, 99), (JobState.WAITING, 99)):
            moment = days_ago(days)
            session.add(Job(kind="k", payload={}, state=state, run_at=moment, created_at=moment, done_at=moment))
        for number, (expired, revoked) in enumerate(((1, None), (31, None), (-1, 31), (-1, 1), (-1, None))):
            session.add(
                UserSession(
                    token_hash=str(number),
                    user_id=user_of(Role.OFFICE).id,
                    device="",
                    created_at=days_ago(99),
                    last_seen_at=days_ago(99),
                    expires_at=days_ago(expired),
                    revoked_at=None if revoked is None else days_ago(revoked),
                )
            )
        kept = files.put(b"kept", "image/png")
    old = days_ago(2).timestamp()
    orphan, young = (paths_of(files.write_bytes(data), tmp_path) for data in (b"orphan", b"young"))
    for path in (orphan, paths_of(kept.sha256, tmp_path)):
        os.utime(path, (old, old))
    left = tmp_path / "backups" / ".unfinished-x"
    left.mkdir(parents=True)
    os.utime(left, (old, old))
    nightly.clean_up(lambda: None)
    assert session.scalars(sa.select(IdempotencyKey.key).order_by(IdempotencyKey.key)).all() == ["0", "1"]
    assert session.scalars(sa.select(Job.state).order_by(Job.id)).all() == [
        JobState.DONE,
        JobState.FAILED,
        JobState.WAITING,
    ]
    assert sorted(session.scalars(sa.select(UserSession.token_hash))) == ["0", "3", "4"]
    assert session.scalars(sa.select(LoginFailure)).all() == []
    assert (orphan.exists(), young.exists(), left.exists()) == (False, True, False)
    assert files.open_bytes(kept.id) == b"kept"


def paths_of(sha256: str, folder: Path) -> Path:
    return folder / "files" / sha256[:2] / sha256[2:]


def test_bytes_that_are_uploaded_again_meanwhile_stay(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = paths_of(files.write_bytes(b"again"), tmp_path)
    old = days_ago(2).timestamp()
    os.utime(path, (old, old))

    def upload(_path: Path) -> bool:
        files.write_bytes(b"again")
        return False

    monkeypatch.setattr(files_clean_up, "_is_named", upload)
    assert files_clean_up.remove_orphans(now()) == 0
    assert path.read_bytes() == b"again"
