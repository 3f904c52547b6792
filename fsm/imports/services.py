"""The verbs of an import: upload, choose columns, dry run, import, undo."""

import datetime as dt
import zlib
from collections.abc import Iterable, Iterator

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.core import audit, jobs
from fsm.core.db import lock, session
from fsm.core.errors import ConflictError, DomainError, NotFoundError
from fsm.core.state import advance
from fsm.files import services as files
from fsm.imports import csv_file, mapping
from fsm.imports.csv_file import CsvFile, Record
from fsm.imports.kinds import KINDS
from fsm.imports.mapping import Choices
from fsm.imports.models import TRANSITIONS, Fate, ImportKind, ImportRow, ImportRun, ImportState
from fsm.invoices import taken_over
from fsm.ledger.models import Period

CHECK_JOB, IMPORT_JOB = "imports.check", "imports.import"
MEDIA_TYPE = "application/zlib"  # a file of 20 MB of text lies there packed


def store(data: bytes) -> tuple[CsvFile, bytes]:
    """Examine a file and put its bytes away; slow, so before the write. DomainError with what is wrong."""
    found = csv_file.examine(data)
    packed = zlib.compress(data, 6)
    files.write_bytes(packed, most=csv_file.MAX_BYTES)
    return found, packed


def create(kind: ImportKind, found: CsvFile, packed: bytes, *, file_name: str, actor_id: int, locale: str) -> ImportRun:
    """A run whose columns are proposed: as the last time for such a file, else by the headers."""
    choices = mapping.remembered(kind, found.headers) or mapping.proposed(KINDS[kind].fields, found.headers)
    run = ImportRun(
        kind=kind,
        state=ImportState.MAPPING,
        file_name=file_name[-120:],
        file_id=files.put(packed, MEDIA_TYPE, most=csv_file.MAX_BYTES).id,
        encoding=found.encoding,
        separator=found.separator,
        headers=list(found.headers),
        samples=[list(sample) for sample in found.samples],
        row_count=found.row_count,
        choices=choices.as_dict(),
        counts={},
        locale=locale,
        created_by_id=actor_id,
        created_at=audit.now(),
    )
    session.add(run)
    session.flush()
    return run


def run_of(run_id: int) -> ImportRun:
    """As it is now; NotFoundError."""
    run = session.get(ImportRun, run_id, populate_existing=True)
    if run is None:
        raise NotFoundError(_("There is no such import."))
    return run


def locked(run_id: int) -> ImportRun:
    """Held until the transaction ends; NotFoundError."""
    run: ImportRun | None = lock(ImportRun, [run_id]).get(run_id)
    if run is None:
        raise NotFoundError(_("There is no such import."))
    return run


def records_of(run: ImportRun) -> Iterator[Record]:
    """The rows of its file."""
    return csv_file.records(zlib.decompress(files.open_bytes(run.file_id)), run.encoding, run.separator)


def doubts_of(run: ImportRun, choices: Choices) -> dict[str, str]:
    """Find the formats that are not chosen; what could be read in two ways, by the format's name. Reads the file."""
    return mapping.find_formats(KINDS[run.kind].fields, run.headers, records_of(run), choices)


def choose(run_id: int, choices: Choices, *, today: dt.date) -> ImportRun:
    """Remember which column means what, and start the dry run. DomainError at the field that is wrong."""
    run = locked(run_id)
    kind = KINDS[run.kind]
    if run.state not in {ImportState.MAPPING, ImportState.CHECKED}:
        raise ConflictError(_("This import is at work, or done."))
    given = {
        name for name in (*choices.columns, *choices.fixed) if choices.columns.get(name) or choices.fixed.get(name)
    }
    for one in kind.fields:
        if one.required and one.name not in given:
            raise DomainError(_("Choose the column of “%(field)s”.", field=one.label), f"column-{one.name}")
    if kind.one_of and given.isdisjoint(kind.one_of):
        raise DomainError(_("Choose a column that says which customer a row is about."), f"column-{kind.one_of[0]}")
    if run.kind is ImportKind.OPEN_INVOICES:
        _check_day(choices.day, today)
    mapping.remember(run.kind, run.headers, choices)
    run.choices, run.problem, run.counts, run.digest = choices.as_dict(), "", {}, ""
    run.done_rows = 0
    run.state = advance(TRANSITIONS, run.state, ImportState.CHECKING)
    session.flush()
    jobs.enqueue(CHECK_JOB, [{"run_id": run.id}])
    return run


def _check_day(day: dt.date | None, today: dt.date) -> None:
    if day is None:
        raise DomainError(_("Say on which day the open invoices are taken over."), "taken_over_on")
    if day > today:
        raise DomainError(_("The day of taking over lies in the future."), "taken_over_on")
    first = session.scalar(sa.select(sa.func.min(Period.first_day)))
    if first is not None and day < first:
        raise DomainError(_("%(day)s lies before the first fiscal year.", day=day.isoformat()), "taken_over_on")
    closed = sa.select(Period.id).where(Period.first_day <= day, Period.last_day >= day, Period.closed_at.is_not(None))
    if session.scalar(closed) is not None:
        raise DomainError(_("The period %(month)s is closed.", month=f"{day:%Y-%m}"), "taken_over_on")


def start(run_id: int, *, leaves_out_errors: bool) -> ImportRun:
    """Import what the dry run showed. ConflictError while a row is in error, unless such rows are left out."""
    run = locked(run_id)
    if run.state is not ImportState.CHECKED:
        raise ConflictError(_("Only an import whose dry run is done can be started."))
    errors = run.counts.get(Fate.ERROR.value, 0)
    if errors and not leaves_out_errors:
        raise ConflictError(_("Nothing is imported while rows are in error: mend the file, or leave them out."))
    run.leaves_out_errors, run.problem, run.done_rows = leaves_out_errors, "", 0
    run.state = advance(TRANSITIONS, run.state, ImportState.IMPORTING)
    session.flush()
    jobs.enqueue(IMPORT_JOB, [{"run_id": run.id}])
    return run


def back_to_columns(run_id: int) -> ImportRun:
    """Choose other columns; the result of the dry run is dropped."""
    run = locked(run_id)
    if run.state is not ImportState.MAPPING:
        run.state = advance(TRANSITIONS, run.state, ImportState.MAPPING)
    run.attempt += 1  # a worker that is at it stops
    session.execute(sa.delete(ImportRow).where(ImportRow.run_id == run_id))
    session.flush()
    return run


def undo(run_id: int, *, actor_id: int, today: dt.date) -> int:
    """Reverse an import of open invoices while nothing else has touched them; gives how many."""
    run = locked(run_id)
    if run.kind is not ImportKind.OPEN_INVOICES:
        raise ConflictError(_("Only an import of open invoices can be undone as a whole."))
    run.state = advance(TRANSITIONS, run.state, ImportState.UNDONE)
    session.flush()
    return taken_over.undo(run_id, actor_id=actor_id, today=today)


def error_lines(run: ImportRun) -> Iterator[list[str]]:
    """The rows in error as the file has them, the header before them, their sentences behind."""
    query = sa.select(ImportRow.number, ImportRow.details).where(
        ImportRow.run_id == run.id, ImportRow.fate == Fate.ERROR
    )
    problems = {number: details.get("problems", ()) for number, details in session.execute(query)}
    yield [*run.headers, _("What is wrong")]
    for record in records_of(run):
        if record.number in problems:
            yield [*record.cells[: len(run.headers)], _sentences(problems[record.number])]


def _sentences(problems: Iterable[dict[str, str]]) -> str:
    return " ".join(
        f"{problem['column']}: {problem['sentence']}" if problem["column"] else problem["sentence"]
        for problem in problems
    )
