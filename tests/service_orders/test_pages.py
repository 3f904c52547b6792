"""The pages of service orders: who sees what, what a form refuses, how many queries a page costs."""

import datetime as dt
import io
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from fsm.core.audit import now
from fsm.core.db import session, writing
from fsm.service_orders.models import OrderState, PartUsed, Photo, ServiceOrder, ServiceSettings, TimeEntry, Visit
from fsm.users.models import Role
from tests import factories
from tests.conftest import user_of

pytestmark = pytest.mark.database
type_of_client = Callable[..., FlaskClient]


@dataclass
class World:
    """An order with a visit of the technician, an hour, a part."""

    order_id: int
    site_id: int
    customer_id: int
    item_id: int
    rate_id: int
    technician_id: int
    time_id: int
    part_id: int


@pytest.fixture
def world(database: Flask) -> World:
    with writing():
        customer = factories.make_customer()
        site = factories.make_site(customer, hazards="Loose dog", access_code="4711")
        technician = user_of(Role.TECHNICIAN)
        item, rate = factories.make_item(sale_price=Decimal("17.37"), purchase_price=Decimal("9.41")), factories.make_rate(
            price=Decimal("63.19")
        )
        order = factories.make_order(site)
        factories.make_visit(order, technician, now() + dt.timedelta(hours=1))
        entry = factories.make_time(order, technician, rate, now() - dt.timedelta(hours=3))
        part = factories.make_part(order, technician, item)
        made = World(order.id, site.id, customer.id, item.id, rate.id, technician.id, entry.id, part.id)
    session.remove()
    return made


def stranger() -> str:
    with writing():
        email = factories.make_user(Role.TECHNICIAN, email="other@test.example", name="Other Technician").email
    session.remove()
    return email


GET_PAGES = (
    "",
    "?tab=done&q=peeters&technician=1&from=2026-01-01&to=2026-12-31&customer=1",
    "/new",
    "/new?q=gent",
    "/new?site_id={site_id}",
    "/new?customer_id={customer_id}",
    "/done-not-invoiced",
    "/{order_id}",
    "/{order_id}/edit",
    "/{order_id}/finish",
    "/{order_id}/cancel",
    "/{order_id}/reopen",
    "/{order_id}/validate",
    "/{order_id}/schedule",
    "/{order_id}/write-report",
    "/{order_id}/sign",
    "/{order_id}/add-photo",
    "/{order_id}/log-time",
    "/{order_id}/add-part?q=flt",
    "/{order_id}/time/{time_id}/correct",
    "/{order_id}/parts/{part_id}/correct",
    "/{order_id}/time/{time_id}/not-to-bill",
    "/{order_id}/part/{part_id}/not-to-bill",
)


@pytest.mark.parametrize("path", GET_PAGES)
def test_every_page_opens_for_the_office(path: str, world: World, client_for: type_of_client) -> None:
    answer = client_for(Role.OFFICE).get("/service-orders" + path.format(**vars(world)))
    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert "<h1" in answer.get_data(as_text=True)
