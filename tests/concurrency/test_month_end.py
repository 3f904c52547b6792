"""A month-end run whose worker is killed in the middle: every order billed once, numbers without a hole, books content."""

import time

import pytest
import sqlalchemy as sa
from flask import Flask

from fsm.core.db import session, writing
from fsm.home import checks
from fsm.invoices import draft_runs, from_orders, month_end, run_queries
from fsm.invoices.from_orders import Group
from fsm.invoices.models import Invoice, InvoiceState
from fsm.invoices.run_models import Grouping, InvoiceRun, RowState, RunState
from fsm.invoices.selection import Criteria, preview
from fsm.service_orders.models import WorkClaim
from tests.concurrency import month_worker
from tests.concurrency.conftest import in_threads, start_process
from tests.factories import PASSWORD, TODAY, make_month
from tests.processes import Process

pytestmark = [pytest.mark.concurrency, pytest.mark.database]
PATIENCE_SECONDS = 120


def month(orders: int, payers: int) -> list[int]:
    with writing(bulk=True):
        return make_month(orders, payers)


def start(criteria: Criteria) -> int:
    found = preview(criteria)
    with writing(bulk=True):
        return month_end.start(criteria, found, posting_date=TODAY, actor_id=1, today=TODAY).id


def count(run_id: int, state: RowState) -> int:
    session.rollback()
    return run_queries.counts(run_id)[state]


def kill_when(own_app: Flask, run_id: int, state: RowState, least: int, lot: int) -> None:
    """Start a worker and kill it as soon as so many rows are there."""
    process = start_process(own_app, month_worker.main, str(lot))
    until = time.monotonic() + PATIENCE_SECONDS
    while count(run_id, state) < least:
        assert process.is_running(), "the worker came to its end before it was killed"
        assert time.monotonic() < until
        time.sleep(0.01)
    process.kill()
    process.end()


def finished(process: Process) -> None:
    status, printed = process.end(PATIENCE_SECONDS)
    assert status == 0, printed


def assert_billed_once(order_ids: list[int], invoices: int) -> None:
    session.rollback()
    claims = session.execute(
        sa.select(WorkClaim.service_order_id, sa.func.count()).group_by(WorkClaim.service_order_id)
    )
    assert dict(claims.all()) == dict.fromkeys(order_ids, 2)
    counters = session.scalars(
        sa.select(Invoice.number_counter).where(Invoice.state == InvoiceState.POSTED).order_by(Invoice.number_counter)
    ).all()
    assert counters == list(range(1, invoices + 1))
    assert session.scalar(sa.select(sa.func.count()).select_from(Invoice)) == invoices
    assert [finding for finding in checks.run() if finding.sentences] == []


def test_a_worker_killed_twice(own_app: Flask) -> None:
    ids = month(80, 4)
    run_id = start(Criteria())
    kill_when(own_app, run_id, RowState.DRAFTED, 24, lot=8)
    assert 24 <= count(run_id, RowState.DRAFTED) < 80
    kill_when(own_app, run_id, RowState.POSTED, 16, lot=8)
    assert 16 <= count(run_id, RowState.POSTED) < 80
    finished(start_process(own_app, month_worker.main, "8"))
    assert count(run_id, RowState.POSTED) == 80
    assert_billed_once(ids, 80)


def test_two_runs_of_the_same_orders_at_once(own_app: Flask) -> None:
    """Two people, two workers: each order is billed by whichever run comes first."""
    ids = month(40, 4)
    runs = [start(Criteria()), start(Criteria(grouping=Grouping.ORDER))]
    workers = [start_process(own_app, month_worker.main, "4") for _place in range(2)]
    for worker in workers:
        finished(worker)
    found = [run_queries.counts(run_id) for run_id in runs]
    assert sum(one[RowState.POSTED] for one in found) == 40
    assert sum(one[RowState.SKIPPED] for one in found) == 40
    assert_billed_once(ids, 40)


def test_a_worker_that_posts_chosen_drafts_is_killed(own_app: Flask) -> None:
    """Drafts chosen in the list: none is posted twice, none is left behind."""
    ids = month(40, 4)
    with writing(bulk=True):
        drafted = from_orders.draft_groups([Group((order_id,)) for order_id in ids], actor_id=1)
    with writing(bulk=True):
        run_id = draft_runs.start(drafted, actor_id=1, today=TODAY).id
    kill_when(own_app, run_id, RowState.POSTED, 12, lot=4)
    assert 12 <= count(run_id, RowState.POSTED) < 40
    finished(start_process(own_app, month_worker.main, "4"))
    assert count(run_id, RowState.POSTED) == 40
    assert_billed_once(ids, 40)


def test_two_who_draft_the_same_order(own_app: Flask) -> None:
    (order_id,) = month(1, 1)
    drafted: list[int] = []

    def draft(_place: int) -> None:
        with writing():
            drafted.append(from_orders.draft_from_orders([order_id], actor_id=1).id)

    assert in_threads(own_app, 6, draft) == []
    assert len(set(drafted)) == 1


@pytest.mark.soak
def test_a_thousand_orders_from_the_screen_the_job_killed_twice(own_app: Flask, engine_name: str) -> None:
    ids = month(1_000, 40)
    client = own_app.test_client()
    client.post("/login", data={"email": "office@test.example", "password": PASSWORD})
    began = time.monotonic()
    criteria = Criteria(from_date=TODAY, to_date=TODAY)
    chosen = {"from_date": TODAY.isoformat(), "to_date": TODAY.isoformat(), "grouping": "order", "by": "done"}
    assert client.get("/invoices/month-end", query_string=chosen).status_code == 200
    looked = time.monotonic() - began
    seal = preview(criteria).seal
    form = chosen | {"then": "post", "posting_date": TODAY.isoformat(), "seal": seal}
    assert client.post("/invoices/month-end/start", data=form).status_code == 303
    session.rollback()
    run_id = session.scalars(sa.select(InvoiceRun.id)).one()
    started = time.monotonic() - began
    kill_when(own_app, run_id, RowState.DRAFTED, 300, lot=100)
    kill_when(own_app, run_id, RowState.POSTED, 300, lot=100)
    finished(start_process(own_app, month_worker.main, "100"))
    worked = time.monotonic() - began
    session.rollback()  # what the other processes did is seen from here on
    assert run_queries.run(run_id).state is RunState.DONE
    assert_billed_once(ids, 1_000)
    print(  # noqa: T201 - the figures of the soak
        f"\n{engine_name}: 1,000 orders of 40 customers: preview {looked:.1f} s, started {started:.1f} s, "
        f"posted {worked:.1f} s after the first click, two kills and their leases of 2 s within; "
        f"checked {time.monotonic() - began:.1f} s"
    )
