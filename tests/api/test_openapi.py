"""The OpenAPI document: whole, true to the routes, and both ways of showing a row agree."""

import re
from typing import Any

import pytest
from flask import Flask

from fsm.api import invoice_rows
from fsm.api.invoice_fields import INVOICE
from fsm.api.resource import Shown
from fsm.api.routes import RESOURCES
from fsm.api.shown import shown
from fsm.core.db import session, writing
from tests import factories
from tests.api.conftest import ApiClient

pytestmark = [pytest.mark.database, pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)]
NOT_DESCRIBED = {"openapi.json", "settings", "accounts/current", "layouts"}


def test_each_route_is_described_and_each_reference_leads_somewhere(app: Flask, api: ApiClient) -> None:
    document = api.get("openapi.json").get_json()
    described = {
        (method.upper(), path.lstrip("/")) for path, methods in document["paths"].items() for method in methods
    }
    routes = {
        (method, re.sub(r"<id:(\w+)>", r"{\1}", rule.rule.removeprefix("/api/v1/")))
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert described == {(method, path) for method, path in routes if path not in NOT_DESCRIBED}
    names = re.findall(r"#/components/(schemas|responses)/([^\"]+)", str(document).replace("'", '"'))
    assert all(name in document["components"][kind] for kind, name in names)
    assert {resource.name for resource in RESOURCES.values()} == {tag["name"] for tag in document["tags"]}


def test_examples_are_taken(api: ApiClient) -> None:
    document = api.get("openapi.json").get_json()

    def example(path: str) -> Any:
        return document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["example"]

    client = api.post("clients", example("/clients"))
    assert client.status_code == 201, client.text
    site = api.get(f"clients/{client.get_json()['client_id']}/sites").get_json()[0]["site_id"]
    item = api.post("stockitems", example("/stockitems"))
    assert item.status_code == 201, item.text
    for name in ("quotes", "invoices"):
        made = api.post(name, example(f"/{name}") | {"client_id": client.get_json()["client_id"]})
        assert made.status_code == 201, made.text
    draft = api.post("invoices", {"client_id": client.get_json()["client_id"]}).get_json()["invoice_id"]
    posted = made.get_json()["invoice_id"]
    for part, invoice_id in (("items", draft), ("costs", posted), ("payments", posted), ("remarks", posted)):
        body = example(f"/invoices/{{invoice_id}}/{part}")
        body.pop("date", None)  # of 2012, as in S3
        added = api.post(f"invoices/{invoice_id}/{part}", body)
        assert added.status_code == 201, added.text
    order = api.post("serviceorders", example("/serviceorders") | {"site_id": site})
    assert order.status_code == 201, order.text


def test_marshmallow_shows_the_same_as_the_fast_way(app: Flask, api: ApiClient) -> None:
    with writing():
        factories.make_posted_invoice()
    view = Shown(None, "http://x/api/v1", factories.TODAY)
    actor: Any = None
    rows = invoice_rows.rows(session.execute(invoice_rows.select(actor)).all(), view, actor)
    assert shown(INVOICE, rows) == INVOICE.dump(rows, many=True)
