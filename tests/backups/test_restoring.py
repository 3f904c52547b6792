"""A backup is restored elsewhere, on the same engine and on the other: the same rows, files, sums and next ids."""

import datetime as dt
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from fsm import restoring, upgrading
from fsm.backups import archive, making
from fsm.backups.archive import Reader
from fsm.backups.errors import BackupError
from fsm.company.services import the_company
from fsm.core import audit, bulk
from fsm.core.db import db, session, writing
from fsm.core.idempotency import IdempotencyKey
from fsm.customers.models import Customer
from fsm.files import services as files
from fsm.files.queries import damaged
from fsm.home import checks
from fsm.users import sessions
from fsm.users.models import Role, UserSession
from tests.backups.conftest import contents
from tests.conftest import user_of
from tests.factories import make_customer
from tests.home.books import keep_books

pytestmark = pytest.mark.database
OTHER = {"sqlite": "postgresql", "postgresql": "sqlite"}


def back_up(tmp_path: Path, name: str = "one") -> Path:
    session.rollback()
    return restoring.back_up("manual", tmp_path / f"{name}.fsmbackup").path


def keep_a_business() -> int:
    """Books, a file (its id), bytes, somebody who is logged in, and an id that was given and is gone."""
    keep_books()
    with writing(bulk=True):
        photo_id = files.put(b"a photo", "image/jpeg").id
        sessions.start(user_of(Role.OFFICE).id, roles=[Role.OFFICE], device="Firefox")
        make_customer(name="L’œuf & “quotes”\\ 100 % \n\t\u2028 \U0001f9f0")
        session.add(
            IdempotencyKey(
                who="1", key="k", path="/x", body_hash="h", created_at=dt.datetime.now(dt.UTC), body=b"\x00\xff\\"
            )
        )
        gone = make_customer(name="Gone")
        session.delete(gone)
    return photo_id


def test_elsewhere_on_the_other_engine_and_back(
    app: Flask, engine_name: str, elsewhere: Callable[[str], Flask], tmp_path: Path
) -> None:
    photo_id = keep_a_business()
    before = contents()
    path = back_up(tmp_path)
    assert path.stat().st_mode & 0o777 == 0o600
    other = elsewhere(OTHER[engine_name])
    with other.app_context():
        told: list[int] = []
        restored = restoring.restore(path, progress=lambda done, _total: told.append(done))
        assert (restored.before, told[-1], told == sorted(told)) == (None, 1000, True)
        assert contents() == before
        assert checks.run() == []
        assert damaged() == []
        assert files.open_bytes(photo_id) == b"a photo"
        assert session.scalar(sa.select(sa.func.count()).select_from(UserSession)) == 0
        with writing():
            last = max(session.scalars(sa.select(Customer.id)))
            (new,) = bulk.insert(Customer, [{"name": "New", "sort_key": "new", "created_at": dt.datetime.now(dt.UTC)}])
            assert new == last + 2  # the id of the one that is gone is not given again
        with pytest.raises(sa.exc.IntegrityError, match="final"), writing():
            session.execute(sa.text("UPDATE journal_entry SET narration = 'x'"))
        back = back_up(tmp_path, "back")
    home = elsewhere(engine_name)
    with home.app_context():
        restoring.restore(back)
        there = contents()
    assert {name: rows for name, rows in there.items() if name not in {"customer", "audit_change"}} == {
        name: rows for name, rows in before.items() if name not in {"customer", "audit_change"}
    }


def test_what_is_there_is_replaced_only_when_asked_and_backed_up_before(app: Flask, tmp_path: Path) -> None:
    with writing():
        the_company().name = "Before"
        audit.note([("company", 1)], "Told")
    before = contents()
    path = back_up(tmp_path)
    with writing():
        the_company().name = "After"
    with pytest.raises(BackupError, match="add --replace"):
        restoring.restore(path)
    session.expire_all()
    assert the_company().name == "After"
    restored = restoring.restore(path, replace=True)
    assert restored.revision == upgrading.state().head
    assert contents() == before
    assert restored.before is not None
    assert archive.read_manifest(restored.before).company == "After"
    with pytest.raises(sa.exc.IntegrityError, match="only added to"), writing():
        session.execute(sa.text("DELETE FROM timeline_note"))


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
def test_what_verifying_finds(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Archives that are whole but of something unsound; the last one is sound."""
    keep_a_business()
    photo = next((tmp_path / "files").rglob("*" * 1 + "[0-9a-f]" * 10))
    photo.rename(tmp_path / "aside")
    path = back_up(tmp_path)
    assert archive.read_manifest(path).missing_files == ["".join(photo.parts[-2:])]
    with pytest.raises(BackupError, match="missing or damaged already"):
        restoring.verify(path)
    (tmp_path / "aside").rename(photo)

    forge("UPDATE journal_line SET debit = debit + 1 WHERE id = 1")
    path = back_up(tmp_path, "forged")
    with pytest.raises(restoring.FaultsError, match="debits_equal_credits"):
        restoring.verify(path)
    forge("UPDATE journal_line SET debit = debit - 1 WHERE id = 1")

    sound = back_up(tmp_path, "sound")
    manifest = archive.read_manifest(sound)
    for change, sentence in (
        ({"revision": "9999"}, "made by a newer version"),
        (
            {"tables": manifest.tables | {"account": making.Table([("id", "integer")], 1, {"id": 1})}},
            "not those of that",
        ),
        ({"tables": manifest.tables | {"payment": shifted(manifest.tables["payment"])}}, "not the sums"),
    ):
        other = making.replace(manifest, **change)
        with monkeypatch.context() as patch:
            patch.setattr(
                archive, "_manifest", lambda file, path, found=archive._manifest, new=other: (new, found(file, path)[1])
            )
            with pytest.raises(BackupError, match=sentence):
                restoring.verify(sound)
    assert restoring.verify(sound).rows == manifest.rows


def shifted(table: making.Table) -> making.Table:
    return making.replace(table, sums=table.sums | {"amount": 1})


def forge(statement: str) -> None:
    """Past the guards, as nobody should."""
    session.rollback()
    with closing(sqlite3.connect(db.engine.url.database or "")) as connection:
        guards = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _sql in guards:
            connection.execute(f'DROP TRIGGER "{name}"')
        connection.execute(statement)
        for _name, sql in guards:
            connection.execute(sql)
        connection.commit()


def test_one_that_fails_in_the_middle_leaves_nothing(app: Flask, tmp_path: Path) -> None:
    def stop(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    folder = tmp_path / "backups"
    with pytest.raises(KeyboardInterrupt):
        restoring.back_up("manual", progress=stop)
    assert list(folder.iterdir()) == []
    made = restoring.back_up("manual")
    assert list(folder.iterdir()) == [made.path]
    with pytest.raises(BackupError, match="There is already a file"):
        restoring.back_up("manual", made.path)


def test_a_restore_that_fails_changes_nothing(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = back_up(tmp_path)
    with writing():
        the_company().name = "After"
    before = contents()

    def break_off(reader: Reader) -> None:
        raise BackupError(str(reader.path))

    monkeypatch.setattr(restoring, "_prove_files", break_off)
    with pytest.raises(BackupError):
        restoring.restore(path, replace=True)
    assert contents() == before
    if db.engine.dialect.name == "postgresql":
        assert restoring.SCHEMA not in sa.inspect(db.engine).get_schema_names()
    assert not list(tmp_path.glob(".restoring-*"))
    shutil.rmtree(tmp_path / "backups", ignore_errors=True)
