"""What the palette offers, and the switch for keys of one letter."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from fsm.users.models import Role

pytestmark = pytest.mark.database

ClientFor = Callable[[Role], FlaskClient]


def offered(client: FlaskClient) -> dict[str, dict[str, str]]:
    """Labels and addresses by group."""
    groups = client.get("/commands").get_json()
    return {group["name"]: {row["label"]: row["url"] for row in group["rows"]} for group in groups}


def test_the_palette_offers_what_one_may_open(client_for: ClientFor) -> None:
    office, technician = offered(client_for(Role.OFFICE)), offered(client_for(Role.TECHNICIAN))
    assert office["create"]["New invoice"] == "/invoices/new"
    assert office["go"]["To invoice"] == "/service-orders/done-not-invoiced"
    assert "Numbering" not in office["go"]
    assert technician["create"] == {"New service order": "/service-orders/new"}
    assert set(technician["go"]) == {"Dashboard", "My work", "Tablet", "Service orders", "Profile"}
    assert offered(client_for(Role.MANAGER))["go"]["Numbering"] == "/settings/numbering"


def test_keys_of_one_letter_are_switched_off_in_the_profile(client_for: ClientFor) -> None:
    client = client_for(Role.OFFICE)
    assert 'data-keys="off"' not in client.get("/customers").get_data(as_text=True)
    version = {"name": "Office", "locale": "en", "version": "1"}
    assert client.post("/profile", data=version).status_code == 303  # an unticked box is not sent
    page = client.get("/customers").get_data(as_text=True)
    assert 'data-keys="off"' in page
    assert "Keys of one letter are off." in page
