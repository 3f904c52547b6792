"""Sites and equipment: pages and rules."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from fsm.core.db import session, writing
from fsm.core.errors import DomainError
from fsm.customers import services, sites
from fsm.customers.models import Customer, Equipment, Site
from fsm.customers.services import CustomerValues
from fsm.customers.sites import SiteValues
from fsm.users.models import Role
from tests.factories import TODAY, make_customer, make_equipment, make_site

pytestmark = pytest.mark.database
Clients = Callable[..., FlaskClient]
SITE = {"name": "Kelder", "street": "Dorpsstraat 1", "postal_code": "9000", "city": "Gent", "country_code": "BE"}
MACHINE = {"kind": "Boiler", "make": "Vaillant", "installed_on": "2020-05-01", "warranty_until": "2030-05-01"}


@pytest.fixture
def client(client_for: Clients) -> FlaskClient:
    return client_for(Role.OFFICE)


@pytest.fixture
def customer(database: Flask) -> Customer:
    with writing():
        return make_customer()


@pytest.fixture
def site(customer: Customer) -> Site:
    with writing():
        return make_site(customer)


def fresh(site: Site) -> Site:
    session.rollback()
    session.expire_all()
    row = session.get(Site, site.id)
    assert row is not None
    return row


def test_new_site_starts_from_the_billing_address(client: FlaskClient, customer: Customer) -> None:
    text = client.get(f"/customers/{customer.id}/sites/new").text
    assert text.count('value="Dorpsstraat 1"') == 2  # name and street
    answer = client.post(f"/customers/{customer.id}/sites/new", data=SITE | {"hazards": "Gas in the cellar"})
    assert answer.status_code == 303
    assert "Gas in the cellar" in client.get(answer.location).text


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"name": ""}, "This field is required"),
        ({"name": "x" * 101}, "100 characters"),
        ({"street": "x" * 151}, "150 characters"),
        ({"hazards": "x" * 501}, "500 characters"),
        ({"country_code": "ZZ"}, "Not a valid choice"),
        ({"first_occupied_year": "999"}, "between 1000 and 2999"),
        ({"first_occupied_year": "2999"}, "The year lies between 1000 and"),
        ({"payer_id": "Nobody we know"}, "Choose one of the customers"),
        ({"payer_id": "Nobody #999999"}, "There is no such customer"),
        ({"payer_id": f"Nobody #{2**63}"}, "There is no such customer"),
    ],
)
def test_site_with_a_wrong_field_is_refused(
    client: FlaskClient, site: Site, sent: dict[str, str], sentence: str
) -> None:
    page = f"/customers/{site.customer_id}/site/{site.id}/edit"
    answer = client.post(page, data=SITE | {"access_code": "1234#"} | sent)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert 'value="1234#"' in answer.text
    assert fresh(site).name == "Dorpsstraat 1"


def test_payer_is_chosen_by_name_or_reference_and_shown(client: FlaskClient, site: Site) -> None:
    with writing():
        payer = make_customer(name="Syndic Noord", billing_city="Brugge")
    page = f"/customers/{site.customer_id}/site/{site.id}/edit"
    for text in ("syndic noord", f"Syndic Noord, Brugge #{payer.id}", f"#{payer.id}"):
        assert client.post(page, data=SITE | {"payer_id": text}).status_code == 303
        assert fresh(site).payer_id == payer.id
        assert f'value="Syndic Noord, Brugge #{payer.id}"' in client.get(page).text
        assert client.post(page, data=SITE | {"payer_id": ""}).status_code == 303
        assert fresh(site).payer_id is None


def test_name_that_two_customers_bear_is_no_choice(client: FlaskClient, site: Site) -> None:
    with writing():
        make_customer(name="Twins")
        make_customer(name="Twins")
    answer = client.post(f"/customers/{site.customer_id}/site/{site.id}/edit", data=SITE | {"payer_id": "Twins"})
    assert answer.status_code == 422
    assert fresh(site).payer_id is None


def test_payer_is_neither_the_customer_nor_archived(client: FlaskClient, site: Site) -> None:
    with writing():
        gone = make_customer(name="Gone")
        services.archive(gone.id)
    page = f"/customers/{site.customer_id}/site/{site.id}/edit"
    own = client.post(page, data=SITE | {"payer_id": f"#{site.customer_id}"})
    assert (own.status_code, "The customer pays anyway" in own.text) == (422, True)
    archived = client.post(page, data=SITE | {"payer_id": f"#{gone.id}"})
    assert (archived.status_code, "Gone is archived" in archived.text) == (422, True)


def test_site_keeps_a_payer_who_was_archived_since(client: FlaskClient, customer: Customer) -> None:
    with writing():
        payer = make_customer(name="Syndic")
        site = make_site(customer, payer_id=payer.id)
        services.archive(payer.id)
    page = f"/customers/{customer.id}/site/{site.id}/edit"
    assert client.post(page, data=SITE | {"payer_id": f"Syndic, Gent #{payer.id}"}).status_code == 303
    assert fresh(site).payer_id == payer.id


def test_dwelling_facts_are_kept(client: FlaskClient, site: Site) -> None:
    sent = {"is_private_dwelling": "y", "first_occupied_year": "1987"}
    assert client.post(f"/customers/{site.customer_id}/site/{site.id}/edit", data=SITE | sent).status_code == 303
    assert (fresh(site).is_private_dwelling, fresh(site).first_occupied_year) == (True, 1987)
    assert "first occupied in 1987" in client.get(f"/customers/{site.customer_id}/site/{site.id}").text


def test_of_two_who_edit_one_site_the_second_sees_the_first(client: FlaskClient, site: Site) -> None:
    page, version = f"/customers/{site.customer_id}/site/{site.id}/edit", str(site.version)
    assert client.post(page, data=SITE | {"phone": "09 1", "version": version}).status_code == 303
    answer = client.post(page, data=SITE | {"phone": "09 2", "version": version})
    assert answer.status_code == 409
    assert re.search(r"<dd>\s*09 1\s*</dd>", answer.text)
    assert fresh(site).phone == "09 1"


def test_archived_site_is_offered_no_more(client: FlaskClient, site: Site) -> None:
    sites_of = f"/customers/{site.customer_id}/sites"
    rows = client.get(sites_of).json
    assert rows == [
        {"id": site.id, "name": "Dorpsstraat 1", "street": "Dorpsstraat 1", "city": "Gent", "payer_id": None}
    ]
    assert client.post(f"/customers/{site.customer_id}/site/{site.id}/archive").status_code == 303
    assert client.get(sites_of).json == []
    assert client.get(f"/customers/{site.customer_id}/site/{site.id}").status_code == 200


def test_site_is_only_found_at_its_own_customer(client: FlaskClient, site: Site) -> None:
    with writing():
        other = make_customer(name="Other")
        machine = make_equipment(site)
    for path in (
        f"site/{site.id}",
        f"site/{site.id}/edit",
        f"site/{site.id}/equipment/new",
        f"equipment/{machine.id}/edit",
    ):
        assert client.get(f"/customers/{other.id}/{path}").status_code == 404
    for path in (f"site/{site.id}/edit", f"site/{site.id}/archive", f"equipment/{machine.id}/archive"):
        assert client.post(f"/customers/{other.id}/{path}", data=SITE).status_code == 404
    assert fresh(site).archived_at is None


def machine_of(site: Site) -> Equipment:
    session.rollback()
    session.expire_all()
    return session.query(Equipment).filter_by(site_id=site.id).one()


def test_equipment_is_added_changed_and_archived(client: FlaskClient, site: Site) -> None:
    base = f"/customers/{site.customer_id}"
    assert client.post(f"{base}/site/{site.id}/equipment/new", data=MACHINE).status_code == 303
    machine = machine_of(site)
    assert (machine.kind, f"{machine.warranty_until}") == ("Boiler", "2030-05-01")
    page, version = f"{base}/equipment/{machine.id}/edit", str(machine.version)
    assert client.post(page, data=MACHINE | {"serial": "A1", "version": version}).status_code == 303
    stale = client.post(page, data=MACHINE | {"serial": "B2", "version": version})
    assert (stale.status_code, machine_of(site).serial) == (409, "A1")
    assert client.post(f"{base}/equipment/{machine.id}/archive").status_code == 303
    assert machine_of(site).archived_at is not None
    assert client.post(f"{base}/equipment/{machine.id}/unarchive").status_code == 303
    assert machine_of(site).archived_at is None


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"kind": ""}, "This field is required"),
        ({"serial": "x" * 61}, "60 characters"),
        ({"warranty_until": "2020-04-30"}, "before the equipment was installed"),
        ({"installed_on": "2020-02-30"}, "not a date"),
        ({"installed_on": "1999-12-31"}, "between 2000 and 2100"),
    ],
)
def test_equipment_with_a_wrong_field_is_refused(
    client: FlaskClient, site: Site, sent: dict[str, str], sentence: str
) -> None:
    answer = client.post(f"/customers/{site.customer_id}/site/{site.id}/equipment/new", data=MACHINE | sent)
    assert answer.status_code == 422
    assert sentence in answer.text
    session.rollback()
    session.expire_all()
    assert session.query(Equipment).count() == 0


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"billing_city": "x" * 51}, "billing_city"),
        ({"name": ""}, "name"),
        ({"billing_country_code": "XX"}, "billing_country_code"),
        ({"currency": "XXX"}, "currency"),
        ({"days_due": 1000}, "days_due"),
    ],
)
def test_services_check_what_comes_without_a_form(database: Flask, wrong: dict[str, Any], field: str) -> None:
    values = CustomerValues(**({"name": "Café"} | wrong))
    with pytest.raises(DomainError) as refused, writing():
        services.create(values)
    assert refused.value.field == field
    assert session.query(Customer).count() == 0


def test_name_that_grows_when_it_is_folded_fits_its_sort_key(database: Flask) -> None:
    name = "ß" * 100  # casefolds to 200 letters
    with writing():
        customer = services.create(CustomerValues(name=name))
        site = sites.create_site(customer.id, SiteValues(name=name), today=TODAY)
    assert (customer.name, len(customer.sort_key), len(site.sort_key)) == (name, 100, 100)
