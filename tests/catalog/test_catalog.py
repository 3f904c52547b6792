"""Items, rates, prices per customer, and the searches."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from fsm.catalog import services
from fsm.catalog.models import LaborRate, RateKind, StockItem
from fsm.catalog.prices import price_of
from fsm.catalog.services import RateValues
from fsm.company.services import the_company
from fsm.core.db import session, writing
from fsm.users.models import Role
from tests import factories

pytestmark = pytest.mark.database
DAY = dt.date(2026, 3, 20)
ClientFor = Callable[..., FlaskClient]
GOOD = {
    "code": "PMP-1",
    "description": "Pump",
    "unit": "piece",
    "sale_price": "149.9999",
    "purchase_price": "88,10",
    "tax_rate": "",
    "special_status": "",
    "account_number": "700000",
    "is_stock_tracked": "y",
}


def test_an_item_is_added_and_found(database: Flask, client_for: ClientFor) -> None:
    client = client_for(Role.OFFICE)
    assert client.get("/catalog/items/new").status_code == 200
    answer = client.post("/catalog/items/new", data=GOOD)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    session.remove()
    item = session.scalars(sa.select(StockItem)).one()
    assert (item.sale_price, item.purchase_price, item.tax_rate) == (Decimal("149.9999"), Decimal("88.1"), None)
    for path in ("/catalog?q=pump", f"/catalog/items/{item.id}/edit", "/catalog?tab=rates", "/catalog?tab=archived"):
        assert client.get(path).status_code == 200, path
    assert "88.10" in client.get("/catalog").get_data(as_text=True)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("code", ""),
        ("code", "x" * 21),
        ("description", ""),
        ("description", "x" * 501),
        ("unit", "2m"),
        ("unit", "a b"),
        ("unit", "x" * 11),
        ("sale_price", ""),
        ("sale_price", "-1"),
        ("sale_price", "10000000"),
        ("sale_price", "1.23456"),
        ("tax_rate", "7"),
        ("special_status", "NOPE"),
        ("special_status", "MC"),  # known, but only with 0 %
        ("account_number", "70000"),
        ("account_number", "700000000"),
        ("account_number", "799999"),  # not in the chart
    ],
)
def test_what_an_item_may_not_be(name: str, value: str, database: Flask, client_for: ClientFor) -> None:
    answer = client_for(Role.OFFICE).post("/catalog/items/new", data=GOOD | {name: value})
    assert answer.status_code == 422
    assert "Pump" in answer.get_data(as_text=True) or name == "description"
    session.remove()
    assert session.scalar(sa.select(sa.func.count()).select_from(StockItem)) == 0


def test_a_special_status_goes_with_zero(database: Flask, client_for: ClientFor) -> None:
    answer = client_for(Role.OFFICE).post("/catalog/items/new", data=GOOD | {"tax_rate": "0", "special_status": "MC"})
    assert answer.status_code == 303
    session.remove()
    item = session.scalars(sa.select(StockItem)).one()
    assert (item.tax_rate, item.special_status) == (Decimal(0), "MC")


def test_a_code_is_one_items(database: Flask, client_for: ClientFor) -> None:
    client = client_for(Role.OFFICE)
    client.post("/catalog/items/new", data=GOOD)
    again = client.post("/catalog/items/new", data=GOOD | {"description": "Another"})
    assert again.status_code == 422
    assert "Another item has this code." in again.get_data(as_text=True)


def test_a_stale_edit_is_a_conflict(database: Flask, client_for: ClientFor) -> None:
    client = client_for(Role.OFFICE)
    client.post("/catalog/items/new", data=GOOD)
    item_id = session.scalars(sa.select(StockItem.id)).one()
    address = f"/catalog/items/{item_id}/edit"
    assert client.post(address, data=GOOD | {"version": "1", "description": "New pump"}).status_code == 303
    session.remove()
    assert client.post(address, data=GOOD | {"version": "1", "description": "Old pump"}).status_code == 409
    session.remove()
    assert session.scalars(sa.select(StockItem.description)).one() == "New pump"


def test_one_default_rate_per_kind(database: Flask) -> None:
    company = the_company()
    with writing():
        first = services.create_rate(RateValues("Labor", RateKind.LABOR, Decimal(65)), company=company)
        second = services.create_rate(
            RateValues("Night", RateKind.LABOR, Decimal(95), is_default=True), company=company
        )
        travel = services.create_rate(RateValues("Travel", RateKind.TRAVEL_TIME, Decimal(40)), company=company)
    session.expire_all()
    defaults = session.scalars(sa.select(LaborRate.name).where(LaborRate.is_default).order_by(LaborRate.name)).all()
    assert defaults == ["Night", "Travel"]
    assert first.id != second.id != travel.id


def test_rates_have_pages(database: Flask, client_for: ClientFor) -> None:
    client = client_for(Role.MANAGER)
    data = {"name": "Labor", "kind": "labor", "price": "65", "tax_rate": "21", "account_number": ""}
    assert client.get("/catalog/rates/new").status_code == 200
    assert client.post("/catalog/rates/new", data=data).status_code == 303
    session.remove()
    rate_id = session.scalars(sa.select(LaborRate.id)).one()
    assert client.get(f"/catalog/rates/{rate_id}/edit").status_code == 200
    assert client.post("/catalog/rates/new", data=data).status_code == 422
    assert client.post(f"/catalog/rates/{rate_id}/archive").status_code == 303
    session.remove()
    rate = session.scalars(sa.select(LaborRate)).one()
    assert rate.archived_at is not None
    assert not rate.is_default


def test_the_customers_price_comes_first(database: Flask, client_for: ClientFor) -> None:
    with writing():
        item, customer, other = factories.make_item(), factories.make_customer(), factories.make_customer(name="Other")
        ids = item.id, customer.id, other.id
    session.remove()
    client = client_for(Role.OFFICE)
    address = f"/catalog/customers/{ids[1]}/prices"
    assert client.post(address, data={"code": "FLT-1", "labor_rate_id": "", "price": "9.9999"}).status_code == 303
    assert client.post(address, data={"code": "NOPE", "labor_rate_id": "", "price": "9"}).status_code == 422
    assert "9.9999" in client.get(address).get_data(as_text=True)
    session.remove()
    item = services.item(ids[0])
    assert price_of(item, ids[1], DAY) == Decimal("9.9999")
    assert price_of(item, ids[2], DAY) == Decimal("12.50")
    with writing():
        services.set_customer_price(ids[1], services.item(ids[0]), None)
    assert price_of(services.item(ids[0]), ids[1], DAY) == Decimal("12.50")


def test_suggestions(database: Flask, client_for: ClientFor) -> None:
    with writing():
        factories.make_item(code="VLV-9", description="Vanne d'arrêt", barcode="5412345678908", tax_rate=Decimal(6))
        factories.make_item(code="OLD-1", description="Vanne", archived_at=factories.now())
    session.remove()
    office = client_for(Role.OFFICE)
    [found] = office.get("/catalog/suggest?q=arret+vanne").get_json()
    assert {name: found[name] for name in ("code", "amount", "tax_rate", "unit")} == {
        "code": "VLV-9",
        "amount": "12.5",
        "tax_rate": "6",
        "unit": "piece",
    }
    assert office.get("/catalog/suggest?q=").get_json() == []
    technician = client_for(Role.TECHNICIAN)
    answer = technician.get("/catalog/suggest-parts?q=5412345678908")
    assert set(answer.get_json()[0]) == {"id", "code", "description", "unit"}
    assert technician.get("/catalog/suggest?q=vanne").status_code == 403
    assert technician.get("/catalog").status_code == 403
