"""What the worker does with a run: the dry run, and the import. Reading is long, writing is short."""

import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict
from itertools import islice
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.company.services import the_company
from fsm.core import audit, bulk, jobs
from fsm.core.db import session, writing
from fsm.core.errors import ConflictError
from fsm.core.state import advance
from fsm.imports.judging import Judge
from fsm.imports.kinds import KINDS, Work
from fsm.imports.mapping import Choices
from fsm.imports.models import TRANSITIONS, Fate, ImportRow, ImportRun, ImportState
from fsm.imports.rows import Judged, Row, RowReader
from fsm.imports.services import CHECK_JOB, locked, records_of, run_of

LOT = 1000
WRITING = (Fate.NEW, Fate.CHANGED)


class StoppedError(Exception):
    """Another worker has this run by now, or it was stopped: nothing more is to be written."""


class Workshop:
    """One worker's hold on a run: progress is written only while nobody else has taken the run."""

    def __init__(self, run_id: int, state: ImportState, today: dt.date) -> None:
        with writing(bulk=True):
            run = locked(run_id)
            if run.state is not state:
                raise StoppedError
            run.attempt += 1
            run.done_rows = 0
            session.flush()
            self.attempt = run.attempt
        self.run = run_of(run_id)
        self.state = state
        self.choices = Choices.of(self.run.choices)
        kind = KINDS[self.run.kind]
        reader = RowReader(kind.fields, self.run.headers, self.choices)
        self.reader = reader
        self.work = Work(the_company(), reader, self.choices, run_id, self.run.created_by_id, today)
        self.kind = kind
        self.run_id, self.row_count = run_id, self.run.row_count

    def judge(self) -> Judge:
        """A fresh judge: it has seen no row yet."""
        return self.kind.judge(self.work)

    def rows(self) -> Iterator[list[Row]]:
        """The rows of the file in lots."""
        rows = self.reader.read(records_of(self.run))
        while lot := list(islice(rows, LOT)):
            yield lot

    def hold(self) -> ImportRun:
        """Within a write: the run, still ours. StoppedError where it is not."""
        run = locked(self.run_id)
        if run.attempt != self.attempt or run.state is not self.state:
            raise StoppedError
        return run

    def progress(self, done: int) -> None:
        """In a short write of its own."""
        with writing(bulk=True):
            self.hold().done_rows = done


def check(run_id: int, *, today: dt.date) -> None:
    """The dry run: each row's fate is kept, and nothing of the owners' tables is written."""
    shop = Workshop(run_id, ImportState.CHECKING, today)
    with writing(bulk=True):
        shop.hold()
        session.execute(sa.delete(ImportRow).where(ImportRow.run_id == run_id))
    judge, digest, counts = shop.judge(), _Digest(), dict.fromkeys((*(fate.value for fate in Fate), "warnings"), 0)
    done = 0
    for lot in shop.rows():
        judged = judge.judge(lot)
        for one in judged:
            counts[one.fate.value] += 1
            counts["warnings"] += bool(one.warnings)
            digest.add(one)
        done += len(lot)
        with writing(bulk=True):
            shop.hold().done_rows = done
            bulk.add(ImportRow, [_stored(run_id, one) for one in judged])
    with writing(bulk=True):
        run = shop.hold()
        run.counts, run.digest = counts, digest.text
        run.state = advance(TRANSITIONS, run.state, ImportState.CHECKED)


def _stored(run_id: int, one: Judged) -> dict[str, Any]:
    details: dict[str, Any] = {}
    if one.changes:
        details["changes"] = [asdict(change) for change in one.changes]
    if one.problems:
        details["problems"] = [asdict(problem) for problem in one.problems]
    if one.warnings:
        details["warnings"] = list(one.warnings)
    return {"run_id": run_id, "number": one.number, "fate": one.fate, "label": one.label[:200], "details": details}


class _Digest:
    """Of all fates and changes: the same for the same judgement."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def add(self, one: Judged) -> None:
        changes = [[change.field, change.before, change.after] for change in one.changes]
        self._hash.update(json.dumps([one.number, one.fate.value, changes]).encode())

    @property
    def text(self) -> str:
        return self._hash.hexdigest()


def import_all(run_id: int, *, today: dt.date) -> None:
    """Judge all rows anew, reading; then write all of them in one short transaction, or nothing.

    ConflictError where the result would be another one than the dry run showed.
    """
    shop = Workshop(run_id, ImportState.IMPORTING, today)
    judge, plans, stamp = _judged_anew(shop)
    with writing(actor_id=shop.work.actor_id, bulk=True):
        run = shop.hold()
        if judge.stamp() != stamp:  # somebody changed something meanwhile: this time nobody can
            session.expunge_all()
            judge, plans = _judge_all(shop)
            run = shop.hold()
        judge.write(plans, lambda _done: None)
        run = shop.hold()
        run.finished_at, run.done_rows = audit.now(), run.row_count
        run.state = advance(TRANSITIONS, run.state, ImportState.DONE)
        audit.note([("import_run", run_id)], _("Imported"))


def _judged_anew(shop: Workshop) -> tuple[Judge, list[Judged], tuple[Any, ...]]:
    session.rollback()
    stamp = shop.judge().stamp()
    judge, plans = _judge_all(shop, shop.progress)
    return judge, plans, stamp


def _judge_all(shop: Workshop, progress: Any = None) -> tuple[Judge, list[Judged]]:  # noqa: ANN401 - a callback or None
    """What is to be written; of a row that stays as it is nothing is kept."""
    judge, digest, plans, done = shop.judge(), _Digest(), [], 0
    for lot in shop.rows():
        judged = judge.judge(lot)
        for one in judged:
            digest.add(one)
        plans += [one for one in judged if one.fate in WRITING]
        done += len(lot)
        if progress:
            progress(done)
    if digest.text != shop.run.digest:
        raise ConflictError(_("What is stored here has changed since the dry run. Look at the new result first."))
    return judge, plans


def fail(run_id: int, state: ImportState, sentence: str) -> None:
    """A dry run that cannot go on goes back to its columns, an import to another dry run; with the sentence."""
    with writing(bulk=True):
        run = locked(run_id)
        if run.state is not state:
            return
        run.problem = sentence[:2000]
        run.attempt += 1
        if state is ImportState.IMPORTING:
            run.state = advance(TRANSITIONS, run.state, ImportState.CHECKED)
            run.state = advance(TRANSITIONS, run.state, ImportState.CHECKING)
            jobs.enqueue(CHECK_JOB, [{"run_id": run_id}])
        else:
            run.state = advance(TRANSITIONS, run.state, ImportState.MAPPING)
