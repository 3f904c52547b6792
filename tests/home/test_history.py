"""What was changed reads before → after on the record's own page, page by page, and only to whom it may."""

import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal as D
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from fsm.core import audit
from fsm.core.db import session, writing
from fsm.service_orders.models import OrderState
from fsm.users.history import history
from fsm.users.models import Role
from tests import factories
from tests.conftest import user_of
from tests.home.books import keep_books

pytestmark = pytest.mark.database
ClientFor = Callable[..., FlaskClient]
NOON = dt.datetime(2026, 3, 2, 11, tzinfo=dt.UTC)


def words_of(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.partition("<main")[2])).split())


def test_a_price_reads_before_and_after(database: Flask, client_for: ClientFor) -> None:
    office = user_of(Role.OFFICE)
    with writing(actor_id=office.id):
        item = factories.make_item(sale_price=D("12.00"))
        rate = factories.make_rate()
    with writing(actor_id=office.id):
        session.refresh(item)
        session.refresh(rate)
        item.sale_price, item.purchase_price = D("12.50"), D("8.1234")
        rate.price = D("66.00")
        audit.note([("stock_item", item.id)], "Item FLT-1 was changed.")
    page = words_of(client_for(Role.OFFICE).get(f"/catalog/items/{item.id}/edit").get_data(as_text=True))
    assert "Item FLT-1 was changed. Sale price 12.00 → 12.50 Purchase price 7.80 → 8.1234" in page
    assert "Office" in page
    page = words_of(client_for(Role.OFFICE).get(f"/catalog/rates/{rate.id}/edit").get_data(as_text=True))
    assert "Price 65.00 → 66.00" in page
    told = history("stock_item", item.id, lambda _right: False)
    assert [line.label for entry in told for line in entry.lines] == ["Sale price"]


def test_the_rows_of_a_record_and_the_names_of_ids(database: Flask, client_for: ClientFor) -> None:
    """An order's history has its visits; ids read as the names of what they mean; technicians have none of it."""
    office, technician = user_of(Role.OFFICE), user_of(Role.TECHNICIAN)
    with writing(actor_id=office.id):
        customer = factories.make_customer()
        payer = factories.make_customer(name="Mutualité")
        order = factories.make_order(factories.make_site(customer), state=OrderState.SCHEDULED)
        visit = factories.make_visit(order, technician, NOON)
        other = factories.make_user(Role.TECHNICIAN, email="t2@test.example", name="Tina")
    with writing(actor_id=office.id):
        session.refresh(visit)
        order.payer_id, visit.technician_id = payer.id, other.id
    text = words_of(client_for(Role.OFFICE).get(f"/service-orders/{order.id}").get_data(as_text=True))
    assert "Payer Mutualité" in text
    assert "Technician Technician → Tina" in text
    assert client_for(Role.TECHNICIAN).get(f"/history/service_order/{order.id}").status_code == 403
    page = client_for(Role.TECHNICIAN).get(f"/service-orders/{order.id}").get_data(as_text=True)
    assert "Mutualité" not in page


def test_a_long_history_pages_without_loss(database: Flask, client_for: ClientFor) -> None:
    """70 notes and 70 changes at 140 moments: each once, over as many pages as it takes."""
    office = user_of(Role.OFFICE)
    with writing(actor_id=office.id):
        customer = factories.make_customer()
    for minute in range(70):
        with writing(actor_id=office.id, bulk=True):
            session.refresh(customer)
            session.info["moment"] = NOON + dt.timedelta(minutes=minute)
            customer.phone = f"09 {minute:03d}"
            session.flush()
            session.info["moment"] = NOON + dt.timedelta(minutes=minute, seconds=30)
            audit.note([("customer", customer.id)], f"Note {minute}.")
    client = client_for(Role.OFFICE)
    assert "Show more" in client.get(f"/customers/{customer.id}").get_data(as_text=True)
    text, url, count = "", f"/history/customer/{customer.id}", 0
    while url:
        page = client.get(url).get_data(as_text=True)
        text += words_of(page)
        count += 1
        more = re.search(r'rel="next"\s+href="([^"]+)"', page)
        url = unescape(more[1]) if more else ""
    assert count == 3, text
    assert [text.count(f"Note {minute}.") for minute in range(70)] == [1] * 70
    assert [text.count(f"→ 09 {minute:03d}") for minute in range(1, 70)] == [1] * 69
    assert client.get(f"/history/customer/{customer.id}?after=nonsense").status_code == 200
    assert client.get("/history/nothing/1").status_code == 404


def test_every_change_of_everybody(database: Flask, client_for: ClientFor, count_queries: Callable[[], Any]) -> None:
    keep_books()
    office = user_of(Role.OFFICE)
    with writing(actor_id=office.id):
        customer = factories.make_customer(name="Before")
    with writing(actor_id=office.id):
        session.refresh(customer)
        customer.name = "After"
    client = client_for(Role.MANAGER)
    text = words_of(client.get(f"/audit?person={office.id}&table=customer").get_data(as_text=True))
    assert "Customer: changed" in text
    assert "Name Before → After" in text
    assert "Bakkerij" not in text  # nobody's: the books were kept without a user
    assert "Nothing was changed" in client.get("/audit?from=2001-01-01&to=2001-02-01").get_data(as_text=True)
    with count_queries() as found:
        assert client.get("/audit").status_code == 200
    assert len(found) <= 20, found
    assert client_for(Role.ADMINISTRATOR).get("/audit").status_code == 200
    for role in (Role.TECHNICIAN, Role.OFFICE, Role.ACCOUNTANT):
        assert client_for(role).get("/audit").status_code == 403


def test_costs_and_codes_stay_hidden_on_the_audit_page(database: Flask, client_for: ClientFor) -> None:
    """An administrator manages users, not purchases: he reads the cost of an hour, no purchase price, no access code."""
    with writing(actor_id=user_of(Role.OFFICE).id):
        item = factories.make_item()
        site = factories.make_site(factories.make_customer(), access_code="4711")
        person = user_of(Role.TECHNICIAN)
    with writing(actor_id=user_of(Role.OFFICE).id):
        item.purchase_price, site.access_code, person.hourly_cost = D("8.88"), "0815", D("44.44")
    text = words_of(client_for(Role.ADMINISTRATOR).get("/audit").get_data(as_text=True))
    assert "44.44" in text
    for secret in ("8.88", "0815", "4711"):
        assert secret not in text
    manager = words_of(client_for(Role.MANAGER).get("/audit").get_data(as_text=True))
    assert "8.88" in manager
    assert "0815" in manager


def test_amounts_of_documents_read_as_amounts(database: Flask) -> None:
    """Also where their columns came from a mixin, of which each model has copies."""
    with writing():
        made = {"quote": factories.make_quote(lines=[("1871.5", 21)]).id, "invoice": factories.make_invoice().id}

    def shown(kind: str) -> set[str]:
        return {line.after for entry in history(kind, made[kind], lambda _right: True) for line in entry.lines}

    assert {"1,871.50", "393.02", "2,264.52"} <= shown("quote")
    assert {"1,000.00", "210.00", "1,210.00"} <= shown("invoice")
