"""Month-end runs: groups and their sums by hand, failures row by row, stop and go on, nothing twice."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal as D
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from fsm.core import jobs
from fsm.core.audit import now
from fsm.core.db import session, writing
from fsm.core.errors import ConflictError, DomainError
from fsm.customers.models import Customer
from fsm.home import checks
from fsm.invoices import drafts, from_orders, month_end, run_queries
from fsm.invoices.from_orders import Group
from fsm.invoices.models import Invoice, InvoiceLine, InvoiceState
from fsm.invoices.run_models import Grouping, InvoiceRun, InvoiceRunOrder, InvoiceRunRow, RowState, RunState
from fsm.invoices.selection import Criteria, Preview, preview, usual_period
from fsm.ledger import periods
from fsm.ledger.models import Period
from fsm.service_orders import services as order_services
from fsm.service_orders.models import ServiceOrder, WorkClaim
from fsm.users.models import Role
from tests.conftest import user_of
from tests.factories import TODAY, actor_of, make_month

pytestmark = pytest.mark.database


@pytest.fixture(autouse=True)
def is_the_20th_of_march(monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker's day."""
    monkeypatch.setattr("fsm.invoices.jobs.today", lambda: TODAY)


def month(orders: int = 12, payers: int = 3, **values: Any) -> list[int]:
    with writing(bulk=True):
        return make_month(orders, payers, **values)


def office_id() -> int:
    return user_of(Role.OFFICE).id


def start(criteria: Criteria | None = None, *, posting_date: dt.date | None = TODAY) -> int:
    criteria = criteria or Criteria()
    found = preview(criteria)
    actor_id = office_id()
    with writing(bulk=True):
        return month_end.start(criteria, found, posting_date=posting_date, actor_id=actor_id, today=TODAY).id


def work(app: Flask) -> None:
    """What a worker does, but for the PDFs."""
    session.rollback()
    handlers = {month_end.JOB: app.extensions["job_handlers"][month_end.JOB]}
    while session.scalar(
        sa.select(jobs.Job.id).where(
            jobs.Job.is_urgent, jobs.Job.state == jobs.JobState.WAITING, jobs.Job.run_at <= now()
        )
    ):
        jobs.run_one(handlers)
    session.rollback()


def rows_of(run_id: int) -> list[InvoiceRunRow]:
    session.rollback()
    query = sa.select(InvoiceRunRow).where(InvoiceRunRow.run_id == run_id).order_by(InvoiceRunRow.id)
    return list(session.scalars(query.execution_options(populate_existing=True)))


def states(run_id: int) -> dict[RowState, int]:
    session.rollback()
    return {state: count for state, count in run_queries.counts(run_id).items() if count}


def state_of(run_id: int) -> RunState:
    session.rollback()
    return run_queries.run(run_id).state


def assert_billed_once(order_ids: list[int]) -> None:
    """Each hour and part is claimed once; numbers have no hole; the books are content."""
    claims = session.execute(
        sa.select(WorkClaim.service_order_id, sa.func.count()).group_by(WorkClaim.service_order_id)
    )
    assert dict(claims.all()) == dict.fromkeys(order_ids, 2)
    numbers = session.scalars(sa.select(Invoice.number_counter).where(Invoice.state == InvoiceState.POSTED))
    counters = sorted(number for number in numbers if number)
    assert counters == list(range(1, len(counters) + 1))
    assert [finding for finding in checks.run() if finding.sentences] == []


# 66.45 without VAT an order; VAT at 21 % is rounded once per invoice.
SUMS = {
    Grouping.ORDER: (300, "13.95", "4185.00"),  # 66.45 x 0.21 = 13.9545
    Grouping.SITE: (60, "69.77", "4186.20"),  # 5 orders: 332.25 x 0.21 = 69.7725
    Grouping.CUSTOMER: (12, "348.86", "4186.32"),  # 25 orders: 1661.25 x 0.21 = 348.8625
    Grouping.REFERENCE: (24, None, "4186.32"),  # 13 and 12 orders: 181.41 (181.4085) and 167.45 (167.454)
}


@pytest.mark.parametrize("grouping", list(Grouping))
def test_three_hundred_orders_of_twelve_payers(app: Flask, engine_name: str, grouping: Grouping) -> None:
    ids = month(300, 12)
    count, tax_of_one, tax = SUMS[grouping]
    found = preview(Criteria(grouping=grouping, from_date=TODAY, to_date=TODAY))
    total = D("19935.00") + D(tax)
    assert (found.order_count, len(found.rows)) == (300, count)
    assert found.totals == {"EUR": (D("19935.00"), D(tax), total)}
    if tax_of_one:
        assert {row.tax for row in found.rows} == {D(tax_of_one)}
    else:
        assert sorted({row.tax for row in found.rows}) == [D("167.45"), D("181.41")]
    if engine_name == "postgresql" and grouping is not Grouping.CUSTOMER:
        return  # the sums are the same; what is written is written alike
    run_id = start(Criteria(grouping=grouping))
    work(app)
    assert (state_of(run_id), states(run_id)) == (RunState.DONE, {RowState.POSTED: count})
    (made,) = run_queries.made(run_id)
    assert (made.posted, made.drafts, made.net, made.tax, made.total) == (count, 0, D("19935.00"), D(tax), total)
    assert run_queries.numbers(run_id) == [("FA-2600001", f"FA-26{count:05d}")]
    sections = session.scalars(sa.select(InvoiceLine.section).distinct().order_by(InvoiceLine.section)).all()
    assert sections[0] == ("" if grouping is Grouping.ORDER else "SO-2600001 · 20 Mar 2026 · Site 0 · PO-0")
    assert_billed_once(ids)


def test_the_criteria(app: Flask) -> None:
    ids = month()
    with writing(bulk=True):
        others = make_other_month(ids)
    assert preview(Criteria()).order_count == 12
    assert preview(Criteria(to_date=dt.date(2026, 3, 19))).order_count == 0
    assert preview(Criteria(from_date=dt.date(2026, 3, 21))).order_count == 0
    assert preview(Criteria(from_date=dt.date(2026, 3, 21), by_work=True)).order_count == 0
    assert preview(Criteria(to_date=TODAY, by_work=True)).order_count == 12
    assert preview(Criteria(customer_id=others["customer"])).order_count == 4
    assert preview(Criteria(payer_id=others["customer"])).order_count == 3  # one is paid by the next one
    assert preview(Criteria(payer_id=others["payer"])).order_count == 5
    assert preview(Criteria(reference="po-1")).order_count == 6
    assert preview(Criteria(without=tuple(ids[:2]))).order_count == 10
    assert usual_period(dt.date(2026, 3, 15)) == (None, dt.date(2026, 2, 28))
    assert usual_period(dt.date(2026, 12, 16)) == (None, dt.date(2026, 12, 31))


def make_other_month(ids: list[int]) -> dict[str, int]:
    first = session.get_one(ServiceOrder, ids[0])
    second = session.get_one(ServiceOrder, ids[1])
    first.payer_id = second.customer_id
    return {"customer": first.customer_id, "payer": second.customer_id}


def test_what_cannot_be_billed_is_said(app: Flask) -> None:
    ids = month(6, 3)
    with writing():
        session.get_one(ServiceOrder, ids[0]).validated_at = None
        archived = session.get_one(ServiceOrder, ids[1]).customer
        archived.archived_at = now()
        from_orders.draft_from_orders([ids[2]], actor_id=1)
    found = preview(Criteria())
    assert [row.numbers for row in found.rows] == [("SO-2600004",), ("SO-2600006",)]
    assert [(row.numbers, row.sentence) for row in found.refused] == [
        (("SO-2600002",), "Payer 01 is archived."),
        (("SO-2600005",), "Payer 01 is archived."),
    ]
    assert [(row.number, row.value) for row in found.to_validate] == [("SO-2600001", D("66.45"))]
    assert found.nothing_left_count == 1
    office = actor_of(user_of(Role.OFFICE))
    with writing():
        assert order_services.validate_many(ids[:1], actor=office, moment=now()) == 1
    assert preview(Criteria()).order_count == 3


def test_failures_row_by_row_and_another_try(app: Flask) -> None:
    ids = month(8, 4, sites=1)
    run_id = start(Criteria(grouping=Grouping.CUSTOMER))
    office = actor_of(user_of(Role.OFFICE))
    with writing():
        order_services.reopen(ids[0], "Came back", actor=office)  # payer 0
        session.get_one(Customer, session.get_one(ServiceOrder, ids[1]).customer_id).archived_at = now()  # payer 1
        from_orders.draft_from_orders([ids[2], ids[6]], actor_id=1)  # payer 2
    work(app)
    rows = rows_of(run_id)
    assert [(row.state, row.sentence) for row in rows] == [
        (RowState.FAILED, "Service order SO-2600001 is not Done."),
        (RowState.FAILED, "Payer 01 is archived."),
        (RowState.SKIPPED, "Nothing is left to bill on SO-2600003, SO-2600007."),
        (RowState.POSTED, ""),
    ]
    assert state_of(run_id) is RunState.DONE
    with writing():
        order = session.get_one(ServiceOrder, ids[0])
        order_services.finish(ids[0], actor=office, moment=now())
        order.validated_at = now()
        session.get_one(Customer, session.get_one(ServiceOrder, ids[1]).customer_id).archived_at = None
        month_end.try_again(run_id, actor_id=office.id)
    work(app)
    assert states(run_id) == {RowState.POSTED: 3, RowState.SKIPPED: 1}
    assert_billed_once(ids)


def test_a_month_closed_meanwhile(app: Flask) -> None:
    ids = month(4, 2)
    run_id = start()
    manager = user_of(Role.MANAGER).id
    with writing():
        march = session.scalars(sa.select(Period).where(Period.first_day == dt.date(2026, 3, 1))).one_or_none()
        if march is None:
            periods.open_fiscal_year(dt.date(2026, 1, 1), dt.date(2026, 12, 31))
            march = session.scalars(sa.select(Period).where(Period.first_day == dt.date(2026, 3, 1))).one()
        march_id = periods.close_period(march.id, actor_id=manager, today=TODAY).id
    work(app)
    assert {(row.state, row.sentence) for row in rows_of(run_id)} == {
        (RowState.FAILED, "The period 2026-03 is closed.")
    }
    with pytest.raises(DomainError, match="2026-03 is closed") as refused, writing():
        month_end.post_all(run_id, posting_date=TODAY, actor_id=manager, today=TODAY)
    assert refused.value.field == "posting_date"
    with writing():
        periods.reopen_period(march_id, reason="Month-end")
        month_end.try_again(run_id, actor_id=manager)
    work(app)
    assert states(run_id) == {RowState.POSTED: 4}
    assert_billed_once(ids)


def test_drafts_first_then_all_posted(app: Flask) -> None:
    ids = month(6, 2)
    run_id = start(posting_date=None)
    work(app)
    assert (state_of(run_id), states(run_id)) == (RunState.DONE, {RowState.DRAFTED: 6})
    rows = rows_of(run_id)
    with writing():
        drafts.delete_draft(rows[0].invoice_id or 0)
        session.get_one(Invoice, rows[1].invoice_id).invoice_date = dt.date(2026, 3, 1)
    with writing():
        month_end.post_all(run_id, posting_date=dt.date(2026, 3, 10), actor_id=office_id(), today=TODAY)
    work(app)
    assert states(run_id) == {RowState.POSTED: 5, RowState.SKIPPED: 1}
    assert rows_of(run_id)[0].sentence == "Its draft was deleted."
    posted = session.execute(
        sa.select(Invoice.number_counter, Invoice.invoice_date).order_by(Invoice.number_counter)
    ).all()
    assert [tuple(row) for row in posted] == [
        (1, dt.date(2026, 3, 1)),
        *((number, dt.date(2026, 3, 10)) for number in range(2, 6)),
    ]
    assert preview(Criteria()).order_count == 1
    assert len(ids) == 6


def test_a_foreign_currency_waits_for_its_rate(app: Flask) -> None:
    ids = month(2, 2)
    with writing():
        session.get_one(ServiceOrder, ids[1]).customer.currency = "USD"
    assert preview(Criteria()).totals.keys() == {"EUR", "USD"}
    run_id = start()
    work(app)
    assert [(row.state, row.sentence) for row in rows_of(run_id)] == [
        (RowState.POSTED, ""),
        (RowState.FAILED, "The exchange rate of USD is missing on this draft."),
    ]


def test_stop_and_go_on(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = month(12, 3)
    monkeypatch.setattr(month_end, "LOT", 5)
    run_id = start()
    real, lots = month_end._do, []

    def stopped_after_one(run: InvoiceRun, rows: Any, **values: Any) -> None:
        real(run, rows, **values)
        lots.append(len(rows))
        if len(lots) in {1, 4}:
            run.state = RunState.STOPPED  # as the page does between two lots

    monkeypatch.setattr(month_end, "_do", stopped_after_one)
    work(app)
    assert (states(run_id), state_of(run_id)) == ({RowState.DRAFTED: 5, RowState.WAITING: 7}, RunState.STOPPED)
    go_on(run_id)
    work(app)
    assert states(run_id) == {RowState.DRAFTED: 7, RowState.POSTED: 5}
    run = run_queries.run(run_id)
    assert run_queries.progress(run, now()).done == 17
    go_on(run_id)
    work(app)
    assert (lots, state_of(run_id)) == ([5, 5, 2, 5, 5, 2], RunState.DONE)
    assert_billed_once(ids)
    with pytest.raises(ConflictError), writing():
        month_end.go_on(run_id, actor_id=1)


def go_on(run_id: int) -> None:
    actor_id = office_id()
    with writing():
        month_end.go_on(run_id, actor_id=actor_id)


def test_two_people_start_the_same_selection(app: Flask) -> None:
    ids = month(12, 3)
    first, second = start(), start(Criteria(grouping=Grouping.CUSTOMER))
    work(app)
    assert states(first) == {RowState.POSTED: 12}
    assert states(second) == {RowState.SKIPPED: 3}
    assert_billed_once(ids)


def test_a_document_is_never_longer_than_it_may_be(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    month(10, 1)
    monkeypatch.setattr("fsm.invoices.selection.MAX_LINES", 7)
    rows = preview(Criteria(grouping=Grouping.CUSTOMER)).rows
    assert [len(row.order_ids) for row in rows] == [3, 3, 3, 1]


def test_nothing_to_start(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DomainError, match="None of these"), writing():
        month_end.start(Criteria(), Preview(), posting_date=None, actor_id=1, today=TODAY)
    month(3, 1)
    with pytest.raises(DomainError, match="future"):
        start(posting_date=TODAY + dt.timedelta(days=1))
    monkeypatch.setattr("fsm.invoices.selection.MOST_ORDERS", 2)
    assert preview(Criteria()).is_too_many
    with pytest.raises(DomainError, match="shorter period"):
        start()


def test_few_statements_whatever_the_number(app: Flask, count_queries: Callable[[], Any]) -> None:
    month(40, 4)
    run_id = start(Criteria(without=tuple(range(1, 1))))
    with count_queries() as few:
        preview(Criteria())
    assert len(few) <= 14
    orders = session.execute(sa.select(InvoiceRunOrder.row_id).join(InvoiceRunRow)).all()
    assert len(orders) == 40
    session.rollback()
    session.expunge_all()
    with count_queries() as drafting, writing(bulk=True):
        groups = [Group((order_id,)) for order_id in session.scalars(sa.select(ServiceOrder.id))]
        from_orders.draft_groups(groups, actor_id=1)
    assert len(drafting) <= 31
    work(app)
    assert states(run_id) == {RowState.SKIPPED: 40}


def test_several_invoices_from_one_order(app: Flask) -> None:
    (order_id,) = month(1, 1)
    time, part = from_orders.work_by_order([order_id])[order_id]
    with writing():
        (first,) = from_orders.draft_groups([Group((order_id,), frozenset({("part", part.work_id)}))], actor_id=1)
    with pytest.raises(ConflictError, match="already on another"), writing():
        from_orders.draft_groups([Group((order_id,), frozenset({("part", part.work_id)}))], actor_id=1)
    with writing():
        rest = from_orders.draft_from_orders([order_id], actor_id=1)
        again = from_orders.draft_from_orders([order_id], actor_id=1)
        assert again.id in {first, rest.id}
    totals = {row.id: row.total_without_tax for row in session.scalars(sa.select(Invoice))}
    assert totals == {first: D("12.50"), rest.id: D("53.95")}
    assert time.kind == "time"


def test_the_database_refuses_to_bill_twice(app: Flask) -> None:
    """Even where a planner believed that it held the orders."""
    (order_id,) = month(1, 1)
    with writing():
        stale = from_orders.plan([Group((order_id,))])
        from_orders.write(stale, actor_id=1)
    with pytest.raises(ConflictError, match="already on another invoice"), writing():
        from_orders.write(stale, actor_id=1)
    assert session.scalar(sa.select(sa.func.count()).select_from(Invoice)) == 1
