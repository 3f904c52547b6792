"""The administrator's story: made, secret seen once, tested, looked up in the log, sent again, paused, revoked."""

import re
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from fsm.core.db import session
from fsm.users.models import Role
from fsm.webhooks.models import WebhookDelivery
from tests.webhooks.conftest import work
from tests.webhooks.receiver import Receiver

pytestmark = pytest.mark.database
FORM = {"name": "Web shop", "events": ["invoice.posted"]}


def test_from_the_first_to_the_last(
    database: Flask, client_for: Callable[..., FlaskClient], receiver: Receiver
) -> None:
    client = client_for(Role.ADMINISTRATOR)
    assert "No webhook yet" in client.get("/webhooks").text
    assert "Nothing was delivered yet" in client.get("/webhooks/deliveries").text
    refused = client.post("/webhooks/new", data=FORM | {"url": "https://10.0.0.1/"})
    assert (refused.status_code, "is not on the public internet" in refused.text) == (422, True)
    assert 'value="https://10.0.0.1/"' in refused.text
    made = client.post("/webhooks/new", data=FORM | {"url": f"{receiver.url}/x"})
    place = made.headers["Location"]
    assert re.search(r"whsec_[A-Za-z0-9+/]{43}=", client.get(place).text)
    assert "whsec_" not in client.get(place).text  # once
    client.post(f"{place}/test")
    work(database)
    assert [path for path, _headers, _body in receiver.got] == ["/x"]
    delivery_id = session.scalars(sa.select(WebhookDelivery.id)).one()
    log = client.get(f"/webhooks/deliveries?webhook={place.rpartition('/')[2]}&event=webhook.test").text
    assert ("Delivered" in log, f"/webhooks/deliveries/{delivery_id}" in log) == (True, True)
    page = client.get(f"/webhooks/deliveries/{delivery_id}").text
    assert ("thank you" in page, "webhook.test" in page) == (True, True)
    client.post(f"/webhooks/deliveries/{delivery_id}/send-again")
    work(database)
    assert len(receiver.got) == 2
    stale = client.post(f"{place}/edit", data=FORM | {"url": f"{receiver.url}/y", "version": "0"})
    assert stale.status_code == 409
    client.post(f"{place}/pause")
    assert client.post(f"{place}/test").status_code == 409
    client.post(f"{place}/resume")
    client.post(f"{place}/revoke")
    assert "Revoked" in client.get("/webhooks").text
    assert client.post(f"{place}/renew-secret").status_code == 409


def test_only_for_administrators(client_for: Callable[..., FlaskClient]) -> None:
    assert client_for(Role.OFFICE).get("/webhooks").status_code == 403
