"""The list of sites across customers: found by words, counted, paged by name, for who reads customers."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from fsm.core.audit import now
from fsm.core.db import writing
from fsm.core.paging import all_rows
from fsm.customers.models import Site
from fsm.service_orders import sites
from fsm.service_orders.models import OrderState
from fsm.service_orders.sites import Filters
from fsm.users.models import Role
from tests import factories
from tests.users.test_lists import on_page

pytestmark = pytest.mark.database
Clients = Callable[..., FlaskClient]


@pytest.fixture
def places(database: Flask) -> dict[str, int]:
    """Three sites of two customers, two orders open at one of them; one archived, one of a customer that is."""
    with writing(bulk=True):
        bakery = factories.make_customer(name="Bakkerij Peeters")
        hotel = factories.make_customer(name="Hôtel Astoria")
        gone = factories.make_customer(name="Weg", archived_at=now())
        made = {
            "shop": factories.make_site(bakery, name="Winkel", city="Liège", street="Rue Neuve 7"),
            "oven": factories.make_site(bakery, name="Ovens", city="Gent", postal_code="9050", hazards="Asbestos"),
            "hotel": factories.make_site(hotel, name="Kelder", city="Oostende", access_code="4711"),
            "old": factories.make_site(hotel, name="Annex", archived_at=now()),
            "gone": factories.make_site(gone, name="Werf"),
        }
        for state in (OrderState.DRAFT, OrderState.SCHEDULED, OrderState.DONE, OrderState.CANCELLED):
            done = {"done_at": now()} if state is OrderState.DONE else {}
            factories.make_order(made["shop"], state=state, **done)
        factories.make_equipment(made["oven"])
        factories.make_equipment(made["oven"], serial="VA-2", archived_at=now())
        return {name: site.id for name, site in made.items()}


def listed(tab: str = "active", **filters: Any) -> list[str]:
    found = sites.page_of(tab, Filters(**filters), None, sort="name", size=50)
    return [row.site.name for row in found.rows]


def test_what_is_found(places: dict[str, int]) -> None:
    assert listed() == ["Kelder", "Ovens", "Winkel"]
    assert listed("archived") == ["Annex", "Werf"]
    assert listed(text="peeters") == ["Ovens", "Winkel"]
    assert listed(text="hotel") == ["Kelder"]  # without its accent
    assert listed(text="LIÈGE") == listed(text="liege") == ["Winkel"]
    assert listed(text="rue neuve") == ["Winkel"]
    assert listed(text="9050 peeters") == ["Ovens"]
    assert listed(text="oven gent") == ["Ovens"]
    assert listed(text="astoria gent") == []
    assert listed(text="ven") == []  # words begin so
    assert listed(text="%") == listed(text="_") == []
    assert listed(has_open_orders=True) == ["Winkel"]
    assert listed(customer_id=987_654) == []


def test_what_is_open_and_what_stands_there(places: dict[str, int]) -> None:
    rows = {row.site.name: row for row in sites.page_of("active", Filters(), None, sort="-name", size=50).rows}
    assert {name: (row.open_orders, row.equipment) for name, row in rows.items()} == {
        "Winkel": (2, 0),
        "Ovens": (0, 1),
        "Kelder": (0, 0),
    }
    assert sites.count("active", Filters()) == 3
    orders, count = sites.open_orders(places["shop"])
    assert (len(orders), count) == (2, 2)


def test_pages_by_name_meet_every_site_once(places: dict[str, int]) -> None:
    with writing(bulk=True):
        customer = factories.make_customer(name="Many")
        wanted = {factories.make_site(customer, name=f"Site {place % 4}").id for place in range(11)}
    seen = list(all_rows(lambda cursor: sites.page_of("active", Filters(text="many"), cursor, sort="-name", size=3)))
    assert len(seen) == 11
    assert {row.site.id for row in seen} == wanted


def test_the_list_in_the_browser(places: dict[str, int], client_for: Clients) -> None:
    client = client_for(Role.OFFICE)
    page = client.get("/sites").get_data(as_text=True)
    assert [row for row in on_page(page) if row[0] == "Winkel"] == [
        ["Winkel", "Rue Neuve 7", "Bakkerij Peeters", "9000 Liège", "2"]
    ]
    assert "4711" not in page
    assert 'href="/sites"' in client.get("/customers").get_data(as_text=True)  # in the menu
    shop = places["shop"]
    assert "/site/" in client.get(f"/sites/{shop}").location
    assert client.get(f"/sites/{shop}/panel").status_code == 302
    panel = client.get(f"/sites/{shop}/panel", headers={"HX-Request": "true"}).get_data(as_text=True)
    assert "SO-2600002" in panel
    assert "New service order" in panel
    kept = client.get("/sites?orders=open").get_data(as_text=True)
    assert "Kelder" not in kept
    narrowed = client.get("/sites?customer_id=1").get_data(as_text=True)
    assert "New site" in narrowed
    saved = client.post(
        "/lists/sites/filters", data={"name": "Open", "list": "tab=active&orders=open", "is_default": "1"}
    )
    assert saved.status_code == 303
    assert client.get("/sites").location == "/sites?tab=active&orders=open"
    for odd in ("?tab=moon", "?customer_id=-1", "?orders=x&sort=city", f"?q={'x' * 300}"):
        assert client.get(f"/sites{odd}").status_code == 200, odd
    assert client.get("/sites?after=nonsense").status_code == 404
    assert client.get("/sites/987654").status_code == client.get("/sites/987654/panel").status_code == 404


def test_who_sees_what(places: dict[str, int], client_for: Clients) -> None:
    for role in (Role.TECHNICIAN, Role.ADMINISTRATOR):
        for path in (
            "/sites",
            "/sites/export?format=csv",
            f"/sites/{places['shop']}",
            f"/sites/{places['shop']}/panel",
        ):
            assert client_for(role).get(path).status_code == 403, (role, path)
    accountant = client_for(Role.ACCOUNTANT)
    page = accountant.get("/sites?orders=open").get_data(as_text=True)
    assert "Kelder" in page  # orders are not the accountant's to ask for
    assert "Open orders" not in page
    accountant.post("/lists/sites/columns", data={"list": "", "columns": ["name", "access_code", "open_orders"]})
    file = accountant.get("/sites/export?format=csv").get_data(as_text=True)
    assert "4711" not in file
    assert "Open orders" not in file
    panel = accountant.get(f"/sites/{places['hotel']}/panel", headers={"HX-Request": "true"}).get_data(as_text=True)
    assert "4711" not in panel
    assert "4711" in client_for(Role.OFFICE).get(
        f"/sites/{places['hotel']}/panel", headers={"HX-Request": "true"}
    ).get_data(as_text=True)


def test_an_empty_list_says_what_it_is_for(database: Flask, client_for: Clients) -> None:
    client = client_for(Role.OFFICE)
    assert "A site is where work is done" in client.get("/sites").get_data(as_text=True)
    assert "A site that you archive" in client.get("/sites?tab=archived").get_data(as_text=True)


def test_a_page_costs_the_same_whatever_its_length(
    database: Flask, client_for: Clients, count_queries: Callable[[], Any]
) -> None:
    client, taken = client_for(Role.OFFICE), []
    for count in (2, 30):
        with writing(bulk=True):
            for place in range(count):
                site: Site = factories.make_site(factories.make_customer(name=f"Customer {place}"))
                factories.make_order(site, state=OrderState.DRAFT)
        client.get("/sites")
        with count_queries() as statements:
            assert client.get("/sites?q=dorpsstraat").status_code == 200
        taken.append(len(statements))
    assert taken[0] == taken[1]
    assert taken[0] <= 16
