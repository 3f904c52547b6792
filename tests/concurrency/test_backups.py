"""Backups while many write, processes that start at once, and one that is killed in the middle."""

import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from fsm import restoring
from fsm.backups import archive
from fsm.core.db import db, session, writing
from fsm.core.money import from_scaled
from fsm.files import services as files
from fsm.files.models import StoredFile
from fsm.files.queries import damaged
from fsm.home import checks
from fsm.invoices.models import Invoice, InvoiceState
from fsm.ledger.models import JournalEntry, JournalLine
from tests.backups.conftest import elsewhere
from tests.concurrency import command
from tests.concurrency.conftest import in_threads
from tests.concurrency.test_posting import drafts, post
from tests.processes import Process

__all__ = ["elsewhere"]
pytestmark = [pytest.mark.concurrency, pytest.mark.database]


def test_under_write_load_and_restored_elsewhere(
    own_app: Flask, engine_name: str, elsewhere: Callable[[str], Flask], tmp_path: Path
) -> None:
    ids, ended, paths = drafts(90), threading.Event(), []

    def work(place: int) -> None:
        if place == 3:
            while not ended.is_set() or len(paths) < 2:
                paths.append(restoring.back_up("manual", tmp_path / f"{len(paths)}.fsmbackup").path)
            return
        for number, invoice_id in enumerate(ids[place::3]):
            post(invoice_id)
            with writing():
                files.put(f"photo {place} {number}".encode(), "image/jpeg")
        if place == 0:
            ended.set()

    assert in_threads(own_app, 4, work) == []
    counts = [archive.read_manifest(path).tables["journal_entry"].rows for path in paths]
    assert counts == sorted(counts)
    middle = next((path for path, count in zip(paths, counts, strict=True) if 0 < count < 90), paths[-1])
    manifest = archive.read_manifest(middle)
    with elsewhere(engine_name).app_context():
        restoring.restore(middle)
        assert checks.run() == []
        sums = session.execute(sa.select(sa.func.sum(JournalLine.debit), sa.func.sum(JournalLine.credit))).one()
        wanted = manifest.tables["journal_line"].sums
        assert tuple(sums) == (from_scaled(wanted["debit"] or 0, 2), from_scaled(wanted["credit"] or 0, 2))
        assert sums[0] == sums[1]
        posted = session.scalar(
            sa.select(sa.func.count()).select_from(Invoice).where(Invoice.state == InvoiceState.POSTED)
        )
        entries = session.scalar(sa.select(sa.func.count()).select_from(JournalEntry))
        assert posted == entries == manifest.tables["journal_entry"].rows
        assert session.scalar(sa.select(sa.func.count()).select_from(StoredFile)) == manifest.files.count
        assert (damaged(), manifest.missing_files) == ([], [])


def start(app: Flask, *arguments: str) -> Process:
    config = app.config
    place = {"DATABASE_URL": config["SQLALCHEMY_DATABASE_URI"], "FSM_DATA": str(config["DATA_FOLDER"])}
    return Process(command.main, *arguments, **place)


def test_two_that_start_on_a_new_database_make_it_once(engine_name: str, elsewhere: Callable[[str], Flask]) -> None:
    app = elsewhere(engine_name)
    processes = [start(app, "migrate") for _place in range(2)]
    answers = [process.end() for process in processes]
    assert [status for status, _printed in answers] == [0, 0], answers
    assert sorted("Making the database" in printed for _status, printed in answers) == [False, True]
    with app.app_context(), db.engine.connect() as connection:
        assert sa.inspect(connection).has_table("company")


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
def test_one_that_is_killed_leaves_no_file(own_app: Flask, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    with writing(bulk=True):  # much to copy, so that there is a middle
        for number in range(12):
            files.put(os.urandom(8_000_000) + bytes([number]), "image/jpeg")
    process = start(own_app, "backup")
    while process.is_running() and not list(folder.glob(".unfinished-*/archive")):
        threading.Event().wait(0.005)
    process.kill()
    status, _printed = process.end()
    assert status == -signal.SIGKILL
    assert [path.name for path in folder.iterdir() if not path.name.startswith(".")] == []
