"""Bringing a file in as the pages and the worker do."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from flask import current_app

from fsm.core.db import Base, db, session, writing
from fsm.core.jobs import run_one
from fsm.imports import services
from fsm.imports.mapping import Choices
from fsm.imports.models import Fate, ImportKind, ImportRow, ImportRun, ImportState
from fsm.ledger.models import Account, AccountMonth
from fsm.users.models import Role
from tests.conftest import user_of
from tests.imports.files import File

TODAY = dt.date(2026, 3, 20)
DAY = "2026-01-01"
OWN_TABLES = {"import_run", "import_row", "import_mapping", "job", "stored_file", "timeline_note"}


def work() -> None:
    """All that waits for the worker."""
    while run_one(current_app.extensions["job_handlers"]):
        session.rollback()


def dry_run(kind: ImportKind, file: File | bytes, **choices: Any) -> ImportRun:
    """Upload, take the columns that are proposed, and check."""
    data = file if isinstance(file, bytes) else file.data()
    found, packed = services.store(data)
    with writing(bulk=True):
        run = services.create(kind, found, packed, file_name="file.csv", actor_id=user_of(Role.MANAGER).id, locale="en")
        chosen = Choices.of(
            run.choices | ({"taken_over_on": DAY} if kind is ImportKind.OPEN_INVOICES else {}) | choices
        )
        assert services.doubts_of(run, chosen) == {}
        services.choose(run.id, chosen, today=TODAY)
        run_id = run.id
    work()
    return fresh(run_id)


def bring_in(kind: ImportKind, file: File | bytes, *, leaves_out_errors: bool = False, **choices: Any) -> ImportRun:
    """All the way."""
    run = dry_run(kind, file, **choices)
    assert run.state is ImportState.CHECKED, run.problem
    with writing():
        services.start(run.id, leaves_out_errors=leaves_out_errors)
    work()
    return fresh(run.id)


def fresh(run_id: int) -> ImportRun:
    session.rollback()
    session.expire_all()
    return services.run_of(run_id)


def rows_of(run: ImportRun, *fates: Fate) -> Sequence[ImportRow]:
    query = sa.select(ImportRow).where(ImportRow.run_id == run.id).order_by(ImportRow.number)
    return session.scalars(query.where(ImportRow.fate.in_(fates)) if fates else query).all()


def problems_of(run: ImportRun) -> list[tuple[int, str, str]]:
    """(row, column, sentence) of everything that is wrong."""
    return [
        (row.number, problem["column"], problem["sentence"])
        for row in rows_of(run, Fate.ERROR)
        for problem in row.details["problems"]
    ]


def dump() -> dict[str, list[Any]]:
    """Every row of every table that an import is not itself."""
    session.rollback()
    with db.engine.connect() as connection:
        return {
            table.name: sorted(
                (tuple(row) for row in connection.execute(sa.text(f'SELECT * FROM "{table.name}"'))), key=repr
            )
            for table in Base.metadata.sorted_tables
            if table.name not in OWN_TABLES
        }


def balance(number: str) -> Any:
    """Debit less credit of an account, as the trial balance has it."""
    query = sa.select(AccountMonth).join(Account, Account.id == AccountMonth.account_id).where(Account.number == number)
    rows = session.scalars(query.execution_options(populate_existing=True)).all()
    return sum((row.debit - row.credit for row in rows), 0)
