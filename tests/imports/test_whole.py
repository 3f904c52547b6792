"""Customers and open invoices with planted faults: each named by row and column; mended, all of it is in the books."""

import time

import pytest
import sqlalchemy as sa
from flask import Flask

from fsm.core.db import session, writing
from fsm.core.errors import ConflictError
from fsm.customers.models import Customer
from fsm.home import checks
from fsm.imports import services
from fsm.imports.models import Fate, ImportKind, ImportState
from tests.imports import files
from tests.imports.doing import balance, bring_in, dry_run, dump, problems_of, rows_of
from tests.imports.files import File

pytestmark = pytest.mark.database


def check_faults(kind: ImportKind, file: File, good: File) -> None:
    """Every planted fault is named by row and column, nothing else is, and nothing is written."""
    before = dump()
    run = dry_run(kind, file)
    found = problems_of(run)
    assert sorted({row for row, _column, _sentence in found}) == sorted(fault.row for fault in file.faults)
    for fault in file.faults:
        assert any(
            row == fault.row and column == fault.column and fault.words in sentence for row, column, sentence in found
        ), (fault, [one for one in found if one[0] == fault.row])
    assert run.counts["error"] == len(file.faults)
    with pytest.raises(ConflictError, match="while rows are in error"), writing():
        services.start(run.id, leaves_out_errors=False)
    lines = list(services.error_lines(services.run_of(run.id)))
    assert len(lines) == len(file.faults) + 1
    assert all(line[-1] for line in lines)
    assert dump() == before
    del good


def whole(customers: int, invoices: int, faults: int) -> dict[str, float]:
    """The story, in any size; gives the seconds of each step."""
    took: dict[str, float] = {}

    def timed(name: str, started: float) -> None:
        took[name] = round(time.perf_counter() - started, 1)

    started = time.perf_counter()
    good, bad = files.customers(customers), files.customers(customers)
    files.spoil(bad, files.CUSTOMER_FAULTS, faults // 2)
    check_faults(ImportKind.CUSTOMERS, bad, good)
    timed("dry run of customers", started)
    started = time.perf_counter()
    run = bring_in(ImportKind.CUSTOMERS, good)
    timed("customers", started)
    assert (run.state, run.counts["new"], run.problem) == (ImportState.DONE, customers, "")
    assert session.scalar(sa.select(sa.func.count(Customer.id))) == customers

    started = time.perf_counter()
    owed, wrong = files.invoices(invoices, customers), files.invoices(invoices, customers)
    files.spoil(wrong, files.INVOICE_FAULTS, faults - faults // 2)
    check_faults(ImportKind.OPEN_INVOICES, wrong, owed)
    timed("dry run of invoices", started)
    started = time.perf_counter()
    run = bring_in(ImportKind.OPEN_INVOICES, owed)
    timed("invoices", started)
    assert (run.state, run.counts["new"], run.problem) == (ImportState.DONE, invoices, "")
    session.expire_all()
    assert (balance("400000"), balance("499000")) == (files.due(owed), -files.due(owed))
    assert checks.run() == []

    before = dump()
    for kind, file in ((ImportKind.CUSTOMERS, good), (ImportKind.OPEN_INVOICES, owed)):
        again = bring_in(kind, file)
        assert again.state is ImportState.DONE, again.problem
        assert again.counts["unchanged"] == again.row_count, [row.details for row in rows_of(again, Fate.CHANGED)][:3]
    assert dump() == before
    return took


def test_faults_are_named_and_mended_the_books_hold_it(database: Flask) -> None:
    whole(200, 40, 10)


@pytest.mark.soak
def test_ten_thousand_customers_and_two_thousand_open_invoices(database: Flask, engine_name: str) -> None:
    print(engine_name, whole(10_000, 2_000, 50))  # noqa: T201 - the figures of the run
