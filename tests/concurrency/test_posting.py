"""Many post at once, some fail in between, processes are killed: numbers without a hole, nothing half-posted."""

import datetime as dt
import random
import signal
import time
from decimal import Decimal as D

import pytest
import sqlalchemy as sa
from flask import Flask

from fsm.core.db import session, writing
from fsm.core.errors import ConflictError, DomainError
from fsm.home import checks
from fsm.invoices import crediting, services
from fsm.invoices.models import Invoice, InvoiceState
from fsm.ledger import periods
from fsm.ledger.models import JournalEntry, Period
from tests.concurrency import poster
from tests.concurrency.conftest import in_threads, start_process
from tests.factories import make_customer, make_invoice

pytestmark = [pytest.mark.concurrency, pytest.mark.database]
DAY = dt.date(2026, 3, 20)


def drafts(count: int, *, lines: int = 1) -> list[int]:
    with writing(bulk=True):
        customer = make_customer()
        amounts = [("100.00", 21)] * lines
        return [make_invoice(customer, lines=amounts, invoice_date=DAY).id for _place in range(count)]


def post(*ids: int) -> None:
    with writing():
        services.post(ids, actor_id=1, today=DAY)


def assert_whole(posted: int) -> None:
    """The series is 1..n, each with its entry, and every check is content."""
    session.rollback()
    counters = session.scalars(
        sa.select(Invoice.number_counter).where(Invoice.state == InvoiceState.POSTED).order_by(Invoice.number_counter)
    ).all()
    assert counters == list(range(1, posted + 1))
    assert session.scalar(sa.select(sa.func.count()).select_from(JournalEntry)) == posted
    assert [finding for finding in checks.run() if finding.sentences] == []


def test_threads_and_processes_and_kills(own_app: Flask) -> None:
    ids, empty = drafts(144), drafts(8, lines=0)
    of_threads, of_processes = ids[:64], ids[64:]
    chance = random.Random(20)
    processes = [start_process(own_app, poster.main, *map(str, of_processes[place::4])) for place in range(4)]
    for process in processes:
        assert next(process.lines()) == "ready\n"

    def work(place: int) -> None:
        for invoice_id in of_threads[place::8]:
            post(invoice_id)
            if chance.random() < 0.3:  # a whole list fails for one draft that has no line
                with pytest.raises(DomainError):
                    post(of_threads[place], empty[place]) if chance.random() < 0.5 else post(empty[place])

    def kill_two() -> None:
        for process in processes[:2]:
            time.sleep(0.15)
            process.kill()

    raised = in_threads(own_app, 9, lambda place: work(place) if place < 8 else kill_two())
    assert raised == []
    again = [start_process(own_app, poster.main, *map(str, of_processes[place::4])) for place in range(2)]
    for process in [*processes, *again]:
        status, printed = process.end()
        assert status in {0, -signal.SIGKILL}, printed
    assert_whole(len(ids))


def test_two_people_posting_the_same_draft(own_app: Flask) -> None:
    (invoice_id,) = drafts(1)
    raised = in_threads(own_app, 8, lambda _place: post(invoice_id))
    assert len(raised) == 7
    assert all(isinstance(error, ConflictError) for error in raised), raised
    assert_whole(1)


def test_lists_in_different_orders_do_not_deadlock(own_app: Flask) -> None:
    ids = drafts(40)
    shuffled = [random.Random(place).sample(ids[place * 5 : place * 5 + 5], 5) for place in range(8)]
    assert in_threads(own_app, 8, lambda place: post(*shuffled[place])) == []
    assert_whole(40)


def test_closing_a_month_while_it_is_posted_into(own_app: Flask) -> None:
    from_others = drafts(24)
    with writing():
        periods.open_fiscal_year(dt.date(2026, 1, 1), dt.date(2026, 12, 31))
    outcomes: list[str] = []

    def work(place: int) -> None:
        if place == 8:
            time.sleep(0.05)
            close_march()
            return
        for invoice_id in from_others[place::8]:
            try:
                post(invoice_id)
            except DomainError as refusal:
                outcomes.append(refusal.sentence)

    assert in_threads(own_app, 9, work) == []
    assert all("is closed" in sentence for sentence in outcomes)
    posted = session.scalar(sa.select(sa.func.count()).where(Invoice.state == InvoiceState.POSTED)) or 0
    assert posted == 24 - len(outcomes)
    assert_whole(posted)


def close_march() -> None:
    with writing():
        periods.close_period(march_id(), actor_id=1, today=dt.date(2026, 4, 1))


def march_id() -> int:
    return session.scalars(sa.select(Period.id).where(Period.first_day == dt.date(2026, 3, 1))).one()


def test_eight_crediting_the_same_invoice(own_app: Flask) -> None:
    (invoice_id,) = drafts(1)
    post(invoice_id)
    with writing():
        credit_ids = [
            crediting.draft_credit(invoice_id, None, releases_work=False, actor_id=1).id for _place in range(8)
        ]
    raised = in_threads(own_app, 8, lambda place: post(credit_ids[place]))
    assert len(raised) == 7, raised
    assert all(isinstance(error, DomainError) for error in raised)
    session.rollback()
    total = session.scalar(sa.select(sa.func.count()).where(Invoice.state == InvoiceState.POSTED))
    assert total == 2
    assert [finding for finding in checks.run() if finding.sentences] == []
    assert session.get_one(Invoice, invoice_id).total_with_tax == D(121)
