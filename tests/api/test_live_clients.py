"""A client in the style of the live ones, over a real socket, with nothing but the standard library."""

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from werkzeug.serving import make_server

from fsm.api import keys
from fsm.core.db import session, writing
from fsm.users.models import Role


class LiveClient:
    """Headers, spellings and shapes as those clients send them."""

    def __init__(self, base: str, key: str) -> None:
        self.base, self.key = base, key

    def call(self, method: str, path: str, body: Any = None) -> Any:
        request = urllib.request.Request(f"{self.base}/api/v1/{path}", method=method)  # noqa: S310 - our own server
        request.add_header("X-API-Key", self.key)
        request.add_header("Content-Type", "application/json")
        request.add_header("Accept", "application/json")
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(request, data, timeout=20) as answer:  # noqa: S310 - as above
            content = answer.read()
            return content if content.startswith(b"%PDF") else json.loads(content)


@pytest.fixture
def live(app: Flask) -> Iterator[LiveClient]:
    with writing():
        token = keys.create("Web shop", [Role.OFFICE], actor_id=None).token
    session.remove()
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield LiveClient(f"http://127.0.0.1:{server.port}", token)
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.database
def test_from_customer_to_paid_invoice(live: LiveClient) -> None:
    taxes = live.call("GET", "settings?fields=taxes")["taxes"]
    rate = float(taxes["tax1"]["rate"])
    shop = {
        "external_client_id": "",
        "number": "4711",
        "name": "Jan Peeters",
        "tax_code": "",
        "street": "Olifantstraat 200",
        "city": "Gent",
        "postal_code": "9000",
        "country_code": "BE",
        "email_address": "jan@peeters.example",
        "delivery_address": None,
    }
    client_id = live.call("POST", "clients", shop)["client_id"]
    for spelling in ("number__eq__4711", "number=4711", "number%3D4711"):
        (found,) = live.call("GET", f"clients?filter={spelling}")
        assert found["client_id"] == client_id
    item = {"description": "Pump", "amount": 100.1, "amount_with_tax": 121.12, "quantity": 2, "tax_rate": rate}
    invoice = {
        "client_id": client_id,
        "tax_included": False,
        "items": [item | {"tax_rate_special_status": ""}],
        "payments": [{"remaining_amount": "yes"}],
    }
    created = live.call("POST", "invoices", invoice)
    assert created["success"] == "invoice created"
    read = live.call("GET", f"invoices/{created['invoice_id']}")
    assert (read["status"], read["total_with_tax"], read["client_name"]) == ("closed", "242.24", "Jan Peeters")
    assert live.call("GET", f"invoices/{created['invoice_id']}?format=pdf").startswith(b"%PDF")
    assert live.call("POST", f"invoices/{created['invoice_id']}/sendaccountant", {})["success"]
    assert live.call("POST", f"invoices/{created['invoice_id']}?send_accountant")["success"]
    tags = live.call("GET", f"invoices/{created['invoice_id']}?fields=tags")["tags"]
    assert {"tag_id": 9, "name": "accountant"} in tags
    sent = live.call("POST", f"invoices/{created['invoice_id']}/sendemail", {"recipient": "main_contact"})
    (event,) = live.call("GET", f"invoices/{created['invoice_id']}/events")
    assert (event["event_id"], event["type"]) == (sent["event_id"], "email sent")
    assert [one["email_address"] for one in event["recipients"]] == ["jan@peeters.example"]
    with pytest.raises(urllib.error.HTTPError) as refused:
        live.call("POST", "invoices", invoice | {"items": [{}]})
    assert refused.value.code == 400
    assert json.loads(refused.value.read())["error"].startswith("items[0].")
