"""Upgrading live data: the databases that earlier releases left (``released/<revision>.fsmbackup``), on both engines.

Each release adds the books that its own program kept: ``fsm backup`` over a small company, of the released revision.
"""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from fsm import restoring, upgrading
from fsm.backups import archive, loading
from fsm.core.db import db, session, writing
from fsm.files.queries import damaged
from fsm.home import checks
from fsm.invoices import services as invoices
from tests.backups.conftest import contents
from tests.factories import make_customer, make_invoice

pytestmark = pytest.mark.database
RELEASED = Path(__file__).with_name("released")


@pytest.fixture
def left_by(at_revision: Callable[[str], Flask]) -> Callable[[str], None]:
    """``left_by("0001")``: the database as that release left it, but for its guards, which differ by engine."""

    def make(revision: str) -> None:
        at_revision(revision)
        fill(revision)

    return make


def fill(revision: str) -> None:
    """Load what that release's program kept."""
    with archive.reading(RELEASED / f"{revision}.fsmbackup") as reader:
        loading.load(reader, db.engine, lambda _rows: None)
        for sha256, source in reader.stored_files():
            restoring.files.write_stream(sha256, source)


def figures() -> list[Any]:
    """What an upgrade must never change."""
    session.rollback()
    queries = (
        "SELECT journal, number, entry_date, hash FROM journal_entry ORDER BY id",
        "SELECT account_id, sum(debit), sum(credit) FROM journal_line GROUP BY account_id ORDER BY 1",
        "SELECT number, total_with_tax, state FROM invoice ORDER BY id",
        "SELECT source_number, balance FROM open_item ORDER BY id",
    )
    with db.engine.connect() as connection:
        return [[tuple(map(str, row)) for row in connection.exec_driver_sql(query)] for query in queries]


def refusal(**options: Any) -> str:
    with pytest.raises(upgrading.UpgradeError) as refused:
        upgrading.bring_up_to_date(lambda _text: None, **options)
    return str(refused.value)


@pytest.mark.parametrize("revision", sorted(path.stem for path in RELEASED.glob("*.fsmbackup")))
def test_what_a_release_left_is_upgraded_and_can_go_back(
    revision: str, left_by: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    left_by(revision)
    before, rows = figures(), contents()
    _check_refusals(monkeypatch, revision)
    assert contents() == rows
    told: list[str] = []
    assert upgrading.bring_up_to_date(told.append) is False
    assert upgrading.state().is_current
    assert (figures(), checks.run(), damaged()) == (before, [], [])
    _go_on_posting()
    (backup,) = (Path(line.removeprefix("Backup: ")) for line in told if line.startswith("Backup: "))
    assert archive.read_manifest(backup).revision == revision
    restoring.restore(backup, replace=True, keep_revision=True)
    assert upgrading.state().current == revision
    assert contents() == rows


def _check_refusals(monkeypatch: pytest.MonkeyPatch, revision: str) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(upgrading.command, "upgrade", _fail)
        sentence = refusal()
        assert "The migration failed: RuntimeError: in the middle" in sentence
        assert "Nothing was changed" in sentence
        assert "-before-upgrade.fsmbackup" in sentence
    with monkeypatch.context() as patch:
        patch.setattr(upgrading.making, "make", _full)
        assert "so nothing was changed. The disk is full" in refusal()
    _set_revision("9999")
    assert "revision 9999, which this version of fsm does not know" in refusal()
    _set_revision(revision)


def _fail(*_arguments: object) -> None:
    raise RuntimeError("in the middle")


def _full(*_arguments: object, **_options: object) -> None:
    raise upgrading.BackupError("The disk is full")


def _set_revision(revision: str) -> None:
    with db.engine.execution_options(writes=True).begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = :new"), {"new": revision})


def _go_on_posting() -> None:
    """Guards stand, and the next number follows."""
    with pytest.raises(sa.exc.IntegrityError, match="final"), writing():
        session.execute(sa.text("UPDATE journal_entry SET narration = 'x'"))
    day = dt.date(2026, 3, 27)
    with writing(bulk=True):
        draft = make_invoice(make_customer(), invoice_date=day)
        invoices.post([draft.id], actor_id=1, today=day)
    assert checks.run() == []


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
def test_faults_after_the_migration_keep_it_from_starting(left_by: Callable[[str], None]) -> None:
    left_by("0001")
    sentence = refusal(check=lambda: [checks.Finding("hash_chain_unbroken", ("Entry 7 was changed.",))])
    assert "hash_chain_unbroken: Entry 7 was changed." in sentence
    assert "--replace --keep-revision" in sentence
