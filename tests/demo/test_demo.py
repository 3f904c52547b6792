"""The demo company: sound, whole, and the same each time."""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from stdnum import ean

from fsm import demo
from fsm.app import create_app
from fsm.company.services import current
from fsm.contracts.models import Contract, ContractDate, ContractState
from fsm.core.db import Base, db, is_sqlite, session
from fsm.core.errors import ConflictError
from fsm.customers.models import Contact, Customer, Equipment, Site
from fsm.demo import bills, pictures, work
from fsm.demo.scene import Scene
from fsm.demo.tables import rows
from fsm.home import checks
from fsm.invoices import queries
from fsm.invoices.models import Invoice, InvoiceKind, InvoiceState
from fsm.ledger.models import ItemKind, JournalEntry, OpenItem
from fsm.payments.models import Payment, PaymentMethod, PaymentPart
from fsm.service_orders.models import OrderState, PartUsed, Photo, ServiceOrder, TimeEntry, Visit
from fsm.users import passwords
from fsm.users.models import Role, User
from tests.conftest import CONFIG, migrated

AFTER_NEW_YEAR, AUTUMN = dt.date(2026, 1, 5), dt.date(2026, 11, 20)


def new_sqlite(folder: Path) -> Flask:
    """A program over a migrated, empty database of its own."""
    folder.mkdir()
    app = create_app(**CONFIG, DATA_FOLDER=folder, SQLALCHEMY_DATABASE_URI=f"sqlite:///{folder / 'fsm.sqlite3'}")
    migrated(app)
    return app


@pytest.fixture
def empty(engine_name: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """Migrated, and nothing in it; the app's context is on."""
    if engine_name == "postgresql":
        app = request.getfixturevalue("app")
        with db.engine.begin() as connection:
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
            for table in Base.metadata.sorted_tables:
                connection.exec_driver_sql(f'DELETE FROM "{table.name}"')
        session.remove()
        yield app
        return
    app = new_sqlite(tmp_path / "one")
    with app.app_context():
        yield app
        session.remove()
        db.engine.dispose()


def load(today: dt.date) -> int:
    """How often progress was told."""
    told: list[None] = []
    demo.load(today, lambda: told.append(None))
    return len(told)


def count(model: type[Base], *conditions: Any) -> int:
    return session.scalar(sa.select(sa.func.count()).select_from(model).where(*conditions)) or 0


def dump() -> dict[str, list[tuple[Any, ...]]]:
    """Names, numbers, days and amounts of all that was made; not when it was made."""
    wanted: dict[type[Base], tuple[Any, ...]] = {
        Customer: (Customer.name, Customer.vat_number),
        Site: (Site.name, Site.payer_id),
        ServiceOrder: (ServiceOrder.number, ServiceOrder.state, ServiceOrder.description, ServiceOrder.done_at),
        Visit: (Visit.technician_id, Visit.start_at, Visit.end_at),
        TimeEntry: (TimeEntry.start_at, TimeEntry.end_at, TimeEntry.billable_minutes, TimeEntry.unit_price),
        PartUsed: (PartUsed.description, PartUsed.quantity, PartUsed.unit_price, PartUsed.not_to_bill_reason),
        Photo: (Photo.service_order_id, Photo.file_id, Photo.caption),
        Invoice: (Invoice.number, Invoice.invoice_date, Invoice.client_name, Invoice.total_with_tax),
        Payment: (Payment.paid_on, Payment.amount, Payment.method, Payment.description),
        OpenItem: (OpenItem.source_number, OpenItem.due_on, OpenItem.balance),
        JournalEntry: (JournalEntry.entry_date, JournalEntry.narration),
    }
    return {
        model.__tablename__: [tuple(row) for row in session.execute(sa.select(*columns).order_by(model.id))]
        for model, columns in wanted.items()
    }


def dump_of_another(folder: Path, today: dt.date) -> dict[str, list[tuple[Any, ...]]]:
    """What a second load of the same day makes, in a database of its own."""
    app = new_sqlite(folder)
    with app.app_context():
        load(today)
        found = dump()
        session.remove()
        db.engine.dispose()
    assert all(found.values())
    return found


@pytest.mark.database
def test_a_sound_company_with_everything_in_it_the_same_each_time(empty: Flask, tmp_path: Path) -> None:
    today = AUTUMN if is_sqlite() else AFTER_NEW_YEAR  # a load takes seconds: another day on each engine
    assert load(today) == demo.STEPS
    assert checks.run() == []
    company = current()
    assert company is not None
    assert (company.name, company.is_demo) == ("Vandamme Technics BV", True)
    _check_people()
    assert (count(Customer), count(Site)) == (12, 18)
    assert count(Site, Site.payer_id.is_not(None)) == 2
    assert count(Contact) >= 10
    assert count(Equipment, Equipment.warranty_until > today) >= 3
    assert (count(Contract), count(Contract, Contract.state == ContractState.PAUSED), count(ContractDate)) == (4, 1, 2)
    _check_orders(today)
    _check_money(today)
    with pytest.raises(ConflictError):
        load(today)
    if is_sqlite() and today == AUTUMN:  # ids are part of payment references, and PostgreSQL's do not start anew
        assert dump() == dump_of_another(tmp_path / "two", today)


def _check_people() -> None:
    users = {user.email: user for user in session.scalars(sa.select(User))}
    assert {(email, ", ".join(user.roles)) for email, user in users.items()} == set(demo.LOGINS)
    assert Counter(role for user in users.values() for role in user.roles)[Role.TECHNICIAN] == 4
    assert all(passwords.verify(user.password_hash, demo.PASSWORD) for user in users.values())


def _check_orders(today: dt.date) -> None:
    orders = session.scalars(sa.select(ServiceOrder).order_by(ServiceOrder.id)).all()
    states = Counter(order.state for order in orders)
    assert states == {
        OrderState.DRAFT: 7,  # two of them made by contracts
        OrderState.SCHEDULED: 19,
        OrderState.IN_PROGRESS: 5,
        OrderState.DONE: 48,
        OrderState.CANCELLED: 3,
    }
    to_invoice = [order for order in orders if order.state is OrderState.DONE and order.has_work_to_bill]
    assert sum(order.validated_at is None for order in to_invoice) == 5
    assert sum(order.validated_at is not None for order in to_invoice) == 11
    first_of_month = dt.datetime.combine(today.replace(day=1), dt.time(), dt.UTC)
    assert any(order.done_at and order.done_at < first_of_month for order in to_invoice)
    assert sum(order.reopen_reason != "" for order in orders) == 2
    assert sum(order.nothing_to_bill_reason != "" for order in orders) == 2
    assert all(order.cancel_reason for order in orders if order.state is OrderState.CANCELLED)
    assert all(order.report and (order.signed_by or order.no_signature_reason) for order in orders if order.done_at)
    (running,) = session.scalars(sa.select(TimeEntry).where(TimeEntry.end_at.is_(None)))
    assert running.service_order.state is OrderState.IN_PROGRESS
    assert count(PartUsed, PartUsed.not_to_bill_reason != "") >= 2
    assert count(Photo) == len(work.PHOTOS)
    visits = session.execute(sa.select(Visit.technician_id, Visit.start_at)).all()
    todays = Counter(technician_id for technician_id, start_at in visits if start_at.date() == today)
    assert sorted(todays.values()) == [2, 3, 3, 4]
    assert max(start_at for _technician_id, start_at in visits).date() > today + dt.timedelta(days=7)


def _check_money(today: dt.date) -> None:
    tabs = queries.counts(queries.Filters(), today)
    assert all(tabs[tab] for tab in queries.TABS), tabs
    assert tabs["draft"] == 5  # the deposit invoice of a sales order among them
    posted = session.scalars(sa.select(Invoice).where(Invoice.state == InvoiceState.POSTED).order_by(Invoice.id)).all()
    assert Counter(invoice.kind for invoice in posted) == {InvoiceKind.INVOICE: 27, InvoiceKind.CREDIT_NOTE: 2}
    for kind in InvoiceKind:
        days = [invoice.invoice_date for invoice in posted if invoice.kind is kind]
        assert days == sorted(days)
        assert days[-1] <= today
    assert sum(invoice.follow_up is not None and invoice.follow_up.sent_at is None for invoice in posted) == 3
    items = session.scalars(sa.select(OpenItem)).all()
    owed = [item for item in items if item.kind is ItemKind.INVOICE and item.balance]
    assert any(item.due_on < today - dt.timedelta(days=40) for item in owed)
    assert sum(item.paid > 0 for item in owed) == 3
    assert [item.balance for item in items if item.kind is ItemKind.ON_ACCOUNT] == [-100]
    methods = set(session.scalars(sa.select(Payment.method)))
    assert methods == {PaymentMethod.TRANSFER, PaymentMethod.BANCONTACT, PaymentMethod.CASH}
    assert count(PaymentPart, PaymentPart.discount > 0) == 1
    assert count(Invoice, Invoice.discount_percentage > 0) == 1


def test_today_is_today_even_on_a_sunday_and_other_days_are_worked_on() -> None:
    scene = Scene(dt.date(2026, 1, 4))  # a Sunday after New Year's Day, a Thursday
    assert scene.day(0) == dt.date(2026, 1, 4)
    assert [scene.day(offset) for offset in (-1, -2, 1)] == [
        dt.date(2026, 1, 2),
        dt.date(2025, 12, 31),
        dt.date(2026, 1, 5),
    ]


def test_orders_are_taken_in_the_order_of_their_days_and_before_their_work() -> None:
    table = work.table()
    days = [row.created_day for row in table]
    assert days == sorted(days)
    assert all(row.created_day < row.day for row in table)


def test_money_comes_after_the_invoice_and_the_invoice_after_the_work() -> None:
    done_on = {row.key: row.day for row in work.table()}
    events = bills.events()
    posted = {event.key: event.day for event in events if isinstance(event, bills.Bill)}
    for event in events:
        if isinstance(event, bills.Bill):
            assert all(done_on[key] < (event.day or 0) for key in event.orders), event
        else:
            assert (posted[event.bill] or 0) <= (event.day or 0), event


def test_barcodes_are_right() -> None:
    codes = [row["barcode"] for row in rows("items")]
    assert len(set(codes)) == len(codes) >= 35
    assert all(ean.is_valid(code) for code in codes)


@pytest.mark.parametrize(
    "draw",
    [lambda: pictures.signature("An Goethals"), lambda: pictures.gauge(0.3), lambda: pictures.display("F 28")],
)
def test_a_picture_is_drawn_the_same_each_time(draw: Callable[[], pictures.Picture]) -> None:
    assert draw() == draw()
