"""The start page by role, its figures and their cost, the switch of S0, settings, the integrity page."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal as D
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from fsm.core.db import session, writing
from fsm.home import queries
from fsm.invoices.models import InvoiceFollowUp, InvoiceSettings
from fsm.service_orders.models import OrderState
from fsm.users.models import Role
from tests import factories
from tests.conftest import user_of
from tests.home.books import NOON, TODAY, keep_books, pay

pytestmark = pytest.mark.database
ClientFor = Callable[..., FlaskClient]


def send(invoice_id: int) -> None:
    """Mark it as sent, as its slice does."""
    session.execute(sa.update(InvoiceFollowUp).where(InvoiceFollowUp.invoice_id == invoice_id).values(sent_at=NOON))


def test_where_each_role_lands(database: Flask, client_for: ClientFor) -> None:
    assert client_for(Role.OFFICE).get("/").status_code == 200
    assert client_for(Role.MANAGER).get("/").status_code == 200
    landings = {Role.TECHNICIAN: "mine", Role.ACCOUNTANT: "/ledger", Role.ADMINISTRATOR: "/settings"}
    for role, end in landings.items():
        answer = client_for(role).get("/")
        assert answer.status_code == 302
        assert answer.headers["Location"].endswith(end)
        assert client_for(role).get(answer.headers["Location"]).status_code == 200


def test_the_figures(database: Flask) -> None:
    """1000.00 at 21 % each: one overdue and sent, one due today and sent, one not sent, one a draft, one paid in part."""
    with writing(bulk=True):
        customer = factories.make_customer()
        late = factories.make_posted_invoice(customer, on=dt.date(2026, 2, 1), days_due=30)
        today = factories.make_posted_invoice(customer, on=dt.date(2026, 2, 18), days_due=30)
        unsent = factories.make_posted_invoice(customer, on=dt.date(2026, 2, 18), days_due=1)
        factories.make_invoice(customer)
        pay(today, "210.00")
        send(late.id)
        send(today.id)
    assert today.due_date == TODAY
    found = queries.dashboard(TODAY)
    assert found.overdue == queries.Figure(1, D("1210.00"))
    assert found.to_collect == queries.Figure(1, D("1000.00"))
    assert found.to_send == queries.Figure(1, D("1210.00"))
    assert found.drafts == queries.Figure(1, D("1210.00"))
    assert found.paid_this_month == queries.Figure(1, D("210.00"))
    assert [item.source_number for item, _name in found.oldest_overdue] == [late.number]
    with writing():
        session.get_one(InvoiceSettings, 1).dashboard_counts_posted = True
    found = queries.dashboard(TODAY)
    assert found.overdue == queries.Figure(2, D("2420.00"))
    assert [item.source_number for item, _name in found.oldest_overdue] == [
        unsent.number,
        late.number,
    ]  # due on 19 February and 3 March


def test_credit_notes_and_currencies(database: Flask) -> None:
    """1210 USD at 0.92 are 1113.20 (accounting.md 5); a credit note to send counts below 0."""
    with writing(bulk=True):
        customer = factories.make_customer()
        factories.make_posted_invoice(customer, currency="USD", exchange_rate=D("0.92"))
        billed = factories.make_posted_invoice(customer)
        factories.make_posted_credit(billed)
        send(billed.id)
    assert queries.dashboard(TODAY).to_send == queries.Figure(2, D("1113.20") - D("1210.00"))


def test_done_not_invoiced(database: Flask, client_for: ClientFor) -> None:
    with writing(bulk=True):
        site = factories.make_site(factories.make_customer())
        technician, rate = user_of(Role.TECHNICIAN), factories.make_rate()
        for month in (2, 3):
            moment = NOON.replace(month=month)
            order = factories.make_order(site, state=OrderState.DONE, done_at=moment)
            factories.make_time(order, technician, rate, moment)
    found = queries.dashboard(TODAY)
    summary = found.to_invoice
    assert (summary.count, summary.value, summary.from_before_this_month_count) == (2, D("130.00"), 1)
    assert [row.order.number for row in found.oldest_to_invoice] == ["SO-2600001", "SO-2600002"]
    page = client_for(Role.OFFICE).get("/").get_data(as_text=True)
    assert "2 service orders" in page
    assert (
        "2 service orders for EUR\N{NO-BREAK SPACE}130.00 should have been invoiced already" in page
    )  # since 15 April
    assert "130.00" in page
    assert "SO-2600001" in page


def test_the_dashboard_takes_the_same_queries_whatever_there_is(
    database: Flask, client_for: ClientFor, count_queries: Callable[[], Any]
) -> None:
    client = client_for(Role.MANAGER)
    keep_books()
    client.get("/")
    with count_queries() as few:
        client.get("/")
    with writing(bulk=True):
        site = factories.make_site(factories.make_customer())
        for _count in range(5):
            order = factories.make_order(site, state=OrderState.DONE, done_at=NOON)
            factories.make_part(order, user_of(Role.TECHNICIAN), factories.make_item(code=order.number))
            factories.make_posted_invoice(on=TODAY)
    with count_queries() as many:
        assert client.get("/").status_code == 200
    assert len(few) == len(many) <= 26, many


def test_the_switch(database: Flask, client_for: ClientFor) -> None:
    client = client_for(Role.OFFICE)
    assert "that were sent" in client.get("/").get_data(as_text=True)
    assert client.post("/count-posted", data={"counts_posted": "yes"}).status_code == 303
    assert "all posted invoices" in client.get("/").get_data(as_text=True)
    assert client_for(Role.ACCOUNTANT).post("/count-posted").status_code == 403


def test_only_managers_see_the_latest_entries(database: Flask, client_for: ClientFor) -> None:
    keep_books()
    assert "Latest entries" in client_for(Role.MANAGER).get("/").get_data(as_text=True)
    assert "Latest entries" not in client_for(Role.OFFICE).get("/").get_data(as_text=True)


def test_settings_lists_what_one_may_open(database: Flask, client_for: ClientFor) -> None:
    page = client_for(Role.ADMINISTRATOR).get("/settings").get_data(as_text=True)
    assert "/settings/numbering" in page
    assert "/ledger/periods" not in page
    assert "/ledger/periods" in client_for(Role.MANAGER).get("/settings").get_data(as_text=True)
    assert client_for(Role.TECHNICIAN).get("/settings").status_code == 403


def test_the_integrity_page(database: Flask, client_for: ClientFor) -> None:
    keep_books()
    client = client_for(Role.ACCOUNTANT)
    page = client.get("/integrity").get_data(as_text=True)
    for text in ("FA-", "NC-", "SO-", "Journal: Sales", "FA-2600005"):
        assert text in page
    assert "found the books sound" not in page
    assert "found the books sound" in client.post("/integrity/check").get_data(as_text=True)
    assert client_for(Role.OFFICE).get("/integrity").status_code == 403
    assert client_for(Role.OFFICE).post("/integrity/check").status_code == 403


def test_the_integrity_page_says_what_is_wrong(database: Flask, client_for: ClientFor) -> None:
    keep_books()
    client = client_for(Role.MANAGER)
    with writing():  # a counter is no posted row: no guard stands before it
        session.execute(sa.text("UPDATE number_counter SET last_number = 9 WHERE series LIKE 'credit_note:%'"))
    page = client.post("/integrity/check").get_data(as_text=True)
    assert "Counters without hole" in page
    assert "stands at 9" in page
