"""Drafts chosen in the list that become a run: each posted once, failures with their sentence, stop and go on."""

import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal as D
from html import unescape
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from fsm.core.audit import now
from fsm.core.db import session, writing
from fsm.core.errors import DomainError
from fsm.home import checks
from fsm.invoices import crediting, draft_runs, drafts, month_end, run_queries, services
from fsm.invoices.models import Invoice, InvoiceState
from fsm.invoices.run_models import InvoiceRun, RowState, RunState
from fsm.users.models import Role
from tests import factories
from tests.conftest import user_of
from tests.factories import TODAY
from tests.invoices.test_month_end import rows_of, states, work

pytestmark = pytest.mark.database
Clients = Callable[..., FlaskClient]


@pytest.fixture(autouse=True)
def is_the_20th_of_march(monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker's day, and few drafts that are many."""
    monkeypatch.setattr("fsm.invoices.jobs.today", lambda: TODAY)
    monkeypatch.setattr("fsm.invoices.list_views.MOST_POSTED", 3)


def text_of(answer: TestResponse) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True))))


def make_drafts(count: int, **values: Any) -> list[int]:
    """Drafts of 1,000.00 at 21 %."""
    with writing(bulk=True):
        customer = factories.make_customer()
        return [factories.make_invoice(customer, **values).id for _place in range(count)]


def start(ids: list[int]) -> int:
    actor_id = user_of(Role.OFFICE).id
    with writing(bulk=True):
        return draft_runs.start(ids, actor_id=actor_id, today=TODAY).id


def run_of(run_id: int) -> InvoiceRun:
    session.rollback()
    return run_queries.run(run_id)


def test_more_than_somebody_waits_for_become_a_run(app: Flask, client_for: Clients) -> None:
    """From the list to the numbers: a credit note, a draft that cannot be posted, one posted and one deleted meanwhile."""
    with writing(bulk=True):
        customer = factories.make_customer()
        posted = factories.make_posted_invoice(customer)
        good = factories.make_invoice(customer)
        early = factories.make_invoice(customer, invoice_date=dt.date(2026, 3, 10))
        credit = crediting.draft_credit(posted.id, None, releases_work=False, actor_id=posted.created_by_id)
        empty = factories.make_invoice(customer, lines=())
        ids = [posted.id, good.id, early.id, credit.id, empty.id]
    client = client_for(Role.OFFICE)
    answer = client.post("/invoices/post-chosen", data={"ids": [*ids, 99_999]})
    run = session.scalars(sa.select(InvoiceRun)).one()
    assert (answer.status_code, answer.location) == (303, f"/invoices/month-end/{run.id}")
    assert run.posting_date is not None
    with writing():  # the pages know the real day, which is later than the worker's
        session.get_one(InvoiceRun, run.id).posting_date = TODAY
    page = text_of(client.get(answer.location))
    for words in ("Drafts posted", "0 of 5 posted", "1 passed over", "1 of them was deleted", "It is posted already."):
        assert words in page, words
    work(app)
    assert states(run.id) == {RowState.SKIPPED: 1, RowState.POSTED: 3, RowState.FAILED: 1}
    page = text_of(client.get(answer.location))
    for words in (
        "3 of 5 posted, 1 failed , 1 passed over",
        "Posted as FA-2600002 to FA-2600003.",  # the early one first: numbers follow dates
        "Posted as NC-2600001.",
        "There is no line yet.",
        "Without VAT EUR 1,000.00",  # two invoices less a credit note
        "Drafts chosen in the list 6",
    ):
        assert words in page, words
    assert session.get_one(Invoice, ids[2]).number == "FA-2600002"
    assert "drafts chosen in the list" in text_of(client.get("/invoices/month-end/runs"))
    assert [finding for finding in checks.run() if finding.sentences] == []


def test_what_failed_is_mended_and_tried_again(app: Flask, client_for: Clients) -> None:
    ids = make_drafts(3)
    empty = make_drafts(1, lines=())
    run_id = start(ids + empty)
    work(app)
    assert [(row.state, row.sentence) for row in rows_of(run_id)][-1] == (RowState.FAILED, "There is no line yet.")
    with writing(bulk=True):
        drafts.delete_draft(empty[0])
    client = client_for(Role.MANAGER)
    assert client.post(f"/invoices/month-end/{run_id}/try-again").status_code == 303
    work(app)
    assert states(run_id) == {RowState.POSTED: 3, RowState.SKIPPED: 1}
    assert rows_of(run_id)[-1].sentence == "Its draft was deleted."


def test_up_to_the_limit_they_are_posted_at_once(app: Flask, client_for: Clients) -> None:
    ids = make_drafts(3)
    answer = client_for(Role.OFFICE).post("/invoices/post-chosen", data={"ids": ids})
    assert "month-end" not in answer.location
    session.expire_all()
    assert {session.get_one(Invoice, one).state for one in ids} == {InvoiceState.POSTED}
    assert session.scalars(sa.select(InvoiceRun)).all() == []


def test_all_that_match_become_a_run(app: Flask, client_for: Clients) -> None:
    ids = make_drafts(5)
    client, chosen = client_for(Role.OFFICE), {"all": "1", "list": "tab=draft"}
    assert client.post("/invoices/post-chosen", data={**chosen, "count": "4"}).status_code == 409
    assert client.post("/invoices/post-chosen", data={**chosen, "count": "5"}).status_code == 303
    run = session.scalars(sa.select(InvoiceRun)).one()
    assert [row.invoice_id for row in rows_of(run.id)] == ids
    assert run_of(run.id).expected == {"EUR": ["5000.00", "1050.00", "6050.00"]}


def test_stop_and_go_on(app: Flask, client_for: Clients, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(month_end, "LOT", 2)
    run_id = start(make_drafts(5))
    client, url = client_for(Role.OFFICE), f"/invoices/month-end/{run_id}"
    real = month_end._do

    def stopped_after_one(run: InvoiceRun, rows: Any, **values: Any) -> None:
        real(run, rows, **values)
        run.state = RunState.STOPPED  # as the page does between two lots

    monkeypatch.setattr(month_end, "_do", stopped_after_one)
    work(app)
    assert states(run_id) == {RowState.POSTED: 2, RowState.DRAFTED: 3}
    progress = run_queries.progress(run_of(run_id), now())
    assert (progress.done, progress.steps) == (2, 5)
    assert "2 of 5 posted" in text_of(client.get(url))
    monkeypatch.setattr(month_end, "_do", real)
    assert client.post(f"{url}/go-on").status_code == 303
    assert client.post(f"{url}/stop").status_code == 303
    work(app)
    assert states(run_id)[RowState.DRAFTED] == 3
    client.post(f"{url}/go-on")
    work(app)
    assert (states(run_id), run_of(run_id).state) == ({RowState.POSTED: 5}, RunState.DONE)
    counters = session.scalars(sa.select(Invoice.number_counter).order_by(Invoice.id)).all()
    assert list(counters) == [1, 2, 3, 4, 5]


def test_two_who_choose_the_same(app: Flask) -> None:
    """The second passes over what the first has posted, and counts none of it as its own."""
    ids = make_drafts(4)
    first, second = start(ids), start(ids)
    work(app)
    assert states(first) == {RowState.POSTED: 4}
    assert states(second) == {RowState.SKIPPED: 4}
    assert (run_queries.made(second), run_queries.numbers(second), run_queries.unsent(second)) == ([], [], [])
    assert run_queries.made(first)[0].total == D("4840.00")


def test_credit_notes_of_one_invoice_go_one_after_the_other(app: Flask) -> None:
    with writing(bulk=True):
        posted = factories.make_posted_invoice(lines=(("100.00", 21), ("50.00", 21)))
        one, other = (line.id for line in posted.lines)
        ids = [
            crediting.draft_credit(posted.id, {line: D(1)}, releases_work=False, actor_id=posted.created_by_id).id
            for line in (one, other)
        ]
    run_id = start(ids)
    work(app)
    assert states(run_id) == {RowState.POSTED: 2}
    assert run_queries.made(run_id)[0].total == D("-181.50")


def test_nothing_left_to_post_is_said(app: Flask, client_for: Clients) -> None:
    ids = make_drafts(4)
    with writing(bulk=True):
        services.post(ids, actor_id=1, today=TODAY)
    with pytest.raises(DomainError, match="draft any more"), writing():
        draft_runs.start(ids, actor_id=1, today=TODAY)
    assert client_for(Role.OFFICE).post("/invoices/post-chosen", data={"ids": ids}).status_code == 422
    for role in (Role.ACCOUNTANT, Role.TECHNICIAN):
        assert client_for(role).post("/invoices/post-chosen", data={"ids": ids}).status_code == 403


def test_a_start_costs_the_same_whatever_the_number(app: Flask, count_queries: Callable[[], Any]) -> None:
    taken = []
    for count in (2, 20):
        ids = make_drafts(count)
        with count_queries() as statements, writing(bulk=True):
            draft_runs.start(ids, actor_id=1, today=TODAY)
        taken.append(len(statements))
    assert taken[1] <= taken[0]  # many rows at once go to PostgreSQL by COPY, which is no statement
