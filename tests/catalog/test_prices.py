"""Price lists and kits, on their pages and where they count: orders, drafts, the customer's own prices."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal as D
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from fsm.catalog import kits, price_lists, services
from fsm.catalog.models import Kit, KitLine, ListedPrice, PriceList, RateKind
from fsm.catalog.price_lists import PriceListValues
from fsm.catalog.prices import Prices, less, price_of
from fsm.core.db import db, session, writing
from fsm.service_orders.models import PartUsed
from fsm.users.models import Role
from tests import factories

ClientFor = Callable[..., FlaskClient]
DAY = dt.date(2026, 3, 20)


@pytest.mark.parametrize(
    ("price", "percentage", "expected"),
    [
        ("12.50", "10", "11.25"),
        ("0.0001", "50", "0.0001"),
        ("9.99", "0", "9.99"),
        ("9.99", "100", "0"),
        ("7.33", "3.3333", "7.0857"),
    ],
)
def test_a_percentage_off_is_rounded_half_up_to_four_decimals(price: str, percentage: str, expected: str) -> None:
    assert less(D(price), D(percentage)) == D(expected)


@pytest.mark.database
def test_the_own_price_comes_before_the_list_and_the_list_before_the_usual_price(database: Flask) -> None:
    with writing():
        customer, other = factories.make_customer(), factories.make_customer(name="Other")
        own, listed, off, unnamed = (factories.make_item(code=code) for code in ("OWN", "LISTED", "OFF", "UNNAMED"))
        rate = factories.make_rate()
        row = price_lists.create(PriceListValues("Syndics", dt.date(2026, 1, 1), D(4)))
        for thing, values in ((own, {"price": D(11)}), (listed, {"price": D(10)}), (off, {"percentage_off": D(20)})):
            price_lists.set_price(row.id, thing, **values)
        price_lists.give_to_customer(customer.id, row.id)
        services.set_customer_price(customer.id, own, D(9))
    things = [own, listed, off, unnamed, rate]
    asked: list[str] = []
    sa.event.listen(db.engine, "before_cursor_execute", lambda _c, _u, statement, *_rest: asked.append(statement))
    prices = Prices(customer.id, things, DAY)
    assert [prices.of(thing) for thing in things] == [D(9), D(10), D(10), D(12), D("62.4")]
    assert sum(statement.startswith("SELECT") for statement in asked) == 3  # however many things
    usual = [D("12.5")] * 4 + [D(65)]
    assert [price_of(thing, other.id, DAY) for thing in things] == usual
    the_day_before = Prices(customer.id, things, dt.date(2025, 12, 31))
    assert [the_day_before.of(thing) for thing in things] == [D(9), *usual[1:]]
    with writing():
        price_lists.archive(row.id, moment=dt.datetime(2026, 3, 1, tzinfo=dt.UTC))
    assert price_of(listed, customer.id, DAY) == D("12.5")


@pytest.mark.database
def test_a_price_list_is_made_used_and_archived(database: Flask, client_for: ClientFor) -> None:
    with writing():
        customer, item = factories.make_customer(), factories.make_item()
        ids = customer.id, item.id
    client = client_for(Role.OFFICE)
    assert "No price lists yet" in client.get("/catalog/price-lists").get_data(as_text=True)
    made = client.post("/catalog/price-lists/new", data={"name": "Syndics", "from_date": "", "percentage_off": "5"})
    assert made.status_code == 303
    page = made.headers["Location"]
    again = client.post("/catalog/price-lists/new", data={"name": "Syndics"})
    assert (again.status_code, "Another price list has this name." in again.get_data(as_text=True)) == (422, True)
    for wrong in (
        {"code": "FLT-1"},
        {"code": "FLT-1", "price": "1", "off": "1"},
        {"code": "FLT-1", "off": "101"},
        {"code": "FLT-1", "price": "-1"},
        {"code": "NONE", "price": "1"},
        {"price": "1"},
    ):
        answer = client.post(f"{page}/prices", data={"labor_rate_id": ""} | wrong)
        assert answer.status_code == 422, wrong
        assert wrong.get("code", "") in answer.get_data(as_text=True)
    assert client.post(f"{page}/prices", data={"code": "FLT-1", "labor_rate_id": "", "off": "20"}).status_code == 303
    assert (
        client.post(f"{page}/prices", data={"code": "FLT-1", "labor_rate_id": "", "price": "9.9999"}).status_code == 303
    )
    session.remove()
    listed = session.scalars(sa.select(ListedPrice)).one()
    assert (listed.price, listed.percentage_off) == (D("9.9999"), None)
    row = session.scalars(sa.select(PriceList)).one()
    assert (
        client.post(f"/catalog/customers/{ids[0]}/price-list", data={"price_list_id": str(row.id)}).status_code == 303
    )
    assert client.post(f"/catalog/customers/{ids[0]}/price-list", data={"price_list_id": "9" * 30}).status_code == 404
    shown = client.get(page).get_data(as_text=True)
    assert "Bakkerij Peeters" in shown
    assert "9.9999" in shown
    assert "Syndics" in client.get(f"/catalog/customers/{ids[0]}/prices").get_data(as_text=True)
    assert client.post(f"{page}/prices/{listed.id}/remove").status_code == 303
    assert client.post(f"{page}/archive").status_code == 303
    assert "Syndics" in client.get("/catalog/price-lists?tab=archived").get_data(as_text=True)
    assert client.post(f"{page}/unarchive").status_code == 303
    assert client.post(f"/catalog/customers/{ids[0]}/price-list", data={"price_list_id": ""}).status_code == 303
    session.remove()
    assert price_of(services.item(ids[1]), ids[0], DAY) == D("12.5")


@pytest.mark.database
def test_a_kit_becomes_the_lines_of_a_draft_and_the_parts_of_an_order(database: Flask, client_for: ClientFor) -> None:
    with writing():
        customer = factories.make_customer(name="Jan Maes", is_business=False, is_subject_to_vat=False)
        site = factories.make_site(customer, is_private_dwelling=True, first_occupied_year=1998)
        order = factories.make_order(site)
        filter_, call_out = factories.make_item(), factories.make_rate(name="Call-out", kind=RateKind.CALL_OUT)
        factories.make_rate()
        services.set_customer_price(customer.id, filter_, D(11))
        invoice = factories.make_invoice(customer)
        ids = order.id, invoice.id, call_out.id
    client = client_for(Role.OFFICE)
    assert "No kits yet" in client.get("/catalog/kits").get_data(as_text=True)
    page = client.post("/catalog/kits/new", data={"code": "SERVICE", "description": "Yearly service"}).headers[
        "Location"
    ]
    taken = client.post("/catalog/kits/new", data={"code": "FLT-1", "description": "x"})
    assert (taken.status_code, "An item has this code." in taken.get_data(as_text=True)) == (422, True)
    labor = session.scalars(sa.select(services.LaborRate.id).where(services.LaborRate.name == "Labor")).one()
    lines: tuple[dict[str, Any], ...] = (
        {"item_code": "FLT-1", "quantity": "2"},
        {"labor_rate_id": str(labor), "quantity": "1,5"},
        {"labor_rate_id": str(ids[2]), "quantity": "1"},
    )
    for line in lines:
        assert client.post(f"{page}/lines", data={"labor_rate_id": ""} | line).status_code == 303
    for wrong in ({"item_code": "FLT-1", "quantity": "0"}, {"item_code": "NONE", "quantity": "1"}, {"quantity": "1"}):
        assert client.post(f"{page}/lines", data={"labor_rate_id": ""} | wrong).status_code == 422, wrong
    assert "Filter" in client.get(page).get_data(as_text=True)

    (kit, *_rest) = client.get(f"/invoices/{ids[1]}/items?q=yearly").get_json()
    assert kit["code"] == "SERVICE"
    offered = [(line["description"], line["quantity"], line["unit"], line["amount"]) for line in kit["lines"]]
    assert offered == [
        ("Filter", "2", "piece", "11.00"),
        ("Labor", "1.5", "h", "65.00"),
        ("Call-out", "1", "", "65.00"),
    ]
    session.remove()
    technician = client_for(Role.MANAGER)
    assert "SERVICE" in technician.get(f"/service-orders/{ids[0]}/add-part?q=yearly").get_data(as_text=True)
    kit_id = session.scalars(sa.select(Kit.id)).one()
    assert client.post(f"/service-orders/{ids[0]}/kits/{kit_id}/add").status_code == 303
    session.remove()
    used = session.execute(
        sa.select(PartUsed.description, PartUsed.quantity, PartUsed.unit_price).order_by(PartUsed.id)
    )
    assert [tuple(row) for row in used] == [("Filter", D(2), D(11)), ("Call-out", D(1), D(65))]
    line_id = session.scalars(sa.select(KitLine.id).order_by(KitLine.id)).first()
    assert client.post(f"{page}/lines/{line_id}/remove").status_code == 303
    assert client.post(f"{page}/archive").status_code == 303
    assert client.post(f"/service-orders/{ids[0]}/kits/{kit_id}/add").status_code == 409
    assert client.get(f"/invoices/{ids[1]}/items?q=yearly").get_json() == []
    session.remove()
    assert kits.found("yearly") == []
