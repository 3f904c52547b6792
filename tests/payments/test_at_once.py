"""Eight people who register the same payment at once: one is served, on both engines."""

import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from fsm.app import create_app
from fsm.core.db import db, session, writing
from fsm.core.errors import DomainError
from fsm.home import checks
from fsm.invoices.models import Invoice
from fsm.ledger.models import Journal, JournalEntry, Standing
from fsm.payments import marking, services, write_offs
from fsm.payments.models import Payment, WriteOff
from fsm.payments.receivables import PartValues
from fsm.payments.services import RefundValues, RegisterValues
from fsm.payments.write_offs import WriteOffValues
from tests import conftest, factories, postgres
from tests.factories import TODAY
from tests.payments.books import item_of, on_account_of

pytestmark = [pytest.mark.database, pytest.mark.concurrency]
PEOPLE = 8


@pytest.fixture
def own_app(engine_name: str, request: pytest.FixtureRequest, worker: str, tmp_path: Path) -> Iterator[Flask]:
    """The program over a database of this test's own, so that threads may use it at once."""
    server = postgres.start() if engine_name == "postgresql" else None
    if server is None:
        path = tmp_path / "fsm.sqlite3"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        url = f"sqlite:///{path}"
    else:
        url = server.create_database(f"{worker}_payments", request.getfixturevalue("postgres_template"))
    app = create_app(**conftest.CONFIG, DATA_FOLDER=tmp_path, SQLALCHEMY_DATABASE_URI=url)
    app.config["WRITE_LIMIT_SECONDS"] = None
    yield app
    with app.app_context():
        db.engine.dispose()
    if server is not None:
        server.drop_database(f"{worker}_payments")


def all_at_once(app: Flask, verb: Callable[[], object]) -> list[str]:
    """What each of them was told; empty for who was served."""
    told: list[str] = []
    gate = threading.Barrier(PEOPLE)

    def person() -> None:
        with app.app_context():
            gate.wait(30)
            try:
                with writing():
                    verb()
                told.append("")
            except DomainError as refusal:
                told.append(str(refusal))
            except Exception as error:  # noqa: BLE001 - whatever it is, the test shows it
                told.append(repr(error))
            finally:
                session.remove()

    threads = [threading.Thread(target=person) for _place in range(PEOPLE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return sorted(told)


def posted(app: Flask) -> int:
    with app.app_context(), writing(bulk=True):
        return factories.make_posted_invoice().id


def test_the_same_payment_eight_times(own_app: Flask) -> None:
    invoice_id = posted(own_app)
    values = RegisterValues(paid_on=TODAY, parts=[PartValues(invoice_id=invoice_id)], amount=factories.Decimal(1210))
    told = all_at_once(own_app, lambda: services.register(values, actor_id=1, today=TODAY))
    assert told == ["", *["This is paid already: nothing is due."] * (PEOPLE - 1)]
    with own_app.app_context():
        item = item_of(session.get_one(Invoice, invoice_id))
        assert (item.paid, item.balance, item.standing) == (1210, 0, Standing.SETTLED)
        assert session.scalar(sa.select(sa.func.count()).select_from(Payment)) == 1


def test_the_same_refund_and_the_same_write_off_eight_times(own_app: Flask) -> None:
    invoice_id = posted(own_app)
    with own_app.app_context(), writing():
        payment = marking.mark_paid(invoice_id, actor_id=1, today=TODAY)
        credit = factories.make_posted_credit(session.get_one(Invoice, invoice_id))
        credit_id, item_id, payment_id = credit.id, item_of(credit).id, payment.id
        number = credit.number
    values = RefundValues(item_id, factories.Decimal(1210), TODAY)
    told = all_at_once(own_app, lambda: services.refund(values, actor_id=1, today=TODAY))
    assert told == ["", *[f"{number} has nothing left to give."] * (PEOPLE - 1)]
    other_id = posted(own_app)
    with own_app.app_context():
        assert item_of(session.get_one(Invoice, credit_id)).balance == 0
        owed = item_of(session.get_one(Invoice, other_id))
        lost, other = WriteOffValues(owed.id, TODAY, "bankrupt", reclaims_tax=True), owed.source_number
    told = all_at_once(own_app, lambda: write_offs.write_off(lost, actor_id=1, today=TODAY))
    assert told == ["", *[f"Nothing is due on {other}."] * (PEOPLE - 1)]
    with own_app.app_context():
        refunds = session.scalars(sa.select(Payment.amount).where(Payment.id != payment_id)).all()
        assert refunds == [factories.Decimal(1210)]
        assert session.scalars(sa.select(WriteOff.tax)).all() == [factories.Decimal(210)]
        assert checks.run() == []


def test_eight_that_keep_the_rest_on_account(own_app: Flask) -> None:
    invoice_id = posted(own_app)
    values = RegisterValues(
        paid_on=TODAY,
        parts=[PartValues(invoice_id=invoice_id)],
        amount=factories.Decimal(500),
        keep_rest_on_account=True,
    )
    assert all_at_once(own_app, lambda: services.register(values, actor_id=1, today=TODAY)) == [""] * PEOPLE
    with own_app.app_context():
        assert item_of(session.get_one(Invoice, invoice_id)).balance == 0
        payments = session.scalars(sa.select(Payment).order_by(Payment.id)).all()
        rests = [-on_account_of(payment).balance for payment in payments[2:]]
        assert sorted(rests) == [290, 500, 500, 500, 500, 500]
        numbers = session.scalars(
            sa.select(JournalEntry.number).where(JournalEntry.journal == Journal.BANK).order_by(JournalEntry.number)
        ).all()
        assert numbers == list(range(1, PEOPLE + 1))
