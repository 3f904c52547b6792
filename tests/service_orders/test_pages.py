"""The pages of service orders: who sees what, what a form refuses, how many queries a page costs."""

import base64
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

from fsm.catalog.models import LaborRate, StockItem
from fsm.core.audit import now
from fsm.core.db import session, writing
from fsm.customers.models import Site
from fsm.service_orders import claims
from fsm.service_orders.models import OrderState, PartUsed, Photo, ServiceOrder, ServiceSettings, TimeEntry
from fsm.users.models import Role, User
from tests import factories
from tests.conftest import user_of

pytestmark = pytest.mark.database
ClientFor = Callable[..., FlaskClient]


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
        item, rate = (
            factories.make_item(sale_price=Decimal("17.37"), purchase_price=Decimal("9.41")),
            factories.make_rate(price=Decimal("63.19")),
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
    "?tab=done&q=peeters&technician=1&from=2026-01-01&to=2026-12-31&customer_id=1",
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
def test_every_page_opens_for_the_office(path: str, world: World, client_for: ClientFor) -> None:
    answer = client_for(Role.OFFICE).get("/service-orders" + path.format(**vars(world)))
    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert "<h1" in answer.get_data(as_text=True)


def test_a_technician_opens_own_orders_and_no_others(world: World, client_for: ClientFor) -> None:
    own, other = client_for(Role.TECHNICIAN), client_for(stranger())
    assert own.get(f"/service-orders/{world.order_id}").status_code == 200
    for path in ("", "/finish", "/log-time", "/add-part", f"/parts/{world.part_id}/correct", "/write-report"):
        assert other.get(f"/service-orders/{world.order_id}{path}").status_code == 404, path
    for path in ("/start", "/start-timer", f"/time/{world.time_id}/remove", f"/parts/{world.part_id}/remove"):
        assert other.post(f"/service-orders/{world.order_id}{path}").status_code == 404, path
    assert own.get(f"/service-orders/{world.order_id}/edit").status_code == 403


@pytest.mark.parametrize("path", ["/{order_id}", "/mine", "", "/{order_id}/add-part?q=flt", "/{order_id}/finish"])
def test_technicians_see_no_money(path: str, world: World, client_for: ClientFor) -> None:
    html = client_for(Role.TECHNICIAN).get("/service-orders" + path.format(**vars(world))).get_data(as_text=True)
    assert "<h1" in html
    for figure in ("17.37", "9.41", "63.19", "80.56", "38.00"):  # prices, costs, their sum, the cost of an hour
        assert figure not in html


def test_sale_prices_by_the_setting_and_never_costs(world: World, client_for: ClientFor) -> None:
    with writing():
        session.execute(sa.update(ServiceSettings).values(technicians_see_sale_prices=True))
    session.remove()
    html = client_for(Role.TECHNICIAN).get(f"/service-orders/{world.order_id}").get_data(as_text=True)
    assert "17.37" in html
    assert "63.19" in html
    assert "9.41" not in html
    assert "38.00" not in html


def test_technicians_see_no_hours_of_others(world: World, client_for: ClientFor) -> None:
    email = stranger()
    with writing():
        other = user_of_email(email)
        order = session.get(ServiceOrder, world.order_id)
        assert order is not None
        factories.make_visit(order, other, now() + dt.timedelta(hours=4))
    session.remove()
    page = f"/service-orders/{world.order_id}"
    assert f"/time/{world.time_id}/correct" in client_for(Role.TECHNICIAN).get(page).get_data(as_text=True)
    other_client = client_for(email)
    assert f"/time/{world.time_id}/correct" not in other_client.get(page).get_data(as_text=True)
    assert other_client.get(f"{page}/time/{world.time_id}/correct").status_code == 404
    assert f"{page}/part/{world.part_id}" not in other_client.get(page).get_data(as_text=True)


def user_of_email(email: str) -> User:
    user = session.scalar(sa.select(User).where(User.email == email))
    assert user is not None
    return user


def test_the_tablet_shows_what_a_technician_needs(world: World, client_for: ClientFor) -> None:
    client = client_for(Role.TECHNICIAN)
    html = client.get(f"/service-orders/{world.order_id}").get_data(as_text=True)
    for words in ("Loose dog", "4711", "maps/search", "Start timer", "Boiler does not start"):
        assert words in html
    mine = client.get("/service-orders/mine").get_data(as_text=True)
    assert "Bakkerij Peeters" in mine
    assert f"/service-orders/{world.order_id}" in mine


BAD_TIMES = (
    ({"start_at": "2026-03-20T10:00", "end_at": "2026-03-20T09:00"}, "The end comes before the start."),
    ({"start_at": "2026-03-20T10:00", "end_at": "2099-03-20T11:00"}, "This is in the future."),
    ({"start_at": "2026-03-18T10:00", "end_at": "2026-03-20T11:00"}, "at most 24 hours"),
    ({"start_at": "yesterday", "end_at": "2026-03-20T11:00"}, "This is not a date and time."),
    ({"start_at": "2026-03-20T10:00", "end_at": "2026-03-20T11:00", "billable_minutes": "-5"}, "Number must be"),
    ({"start_at": "2026-03-20T10:00", "end_at": "2026-03-20T11:00", "unit_price": "-1"}, "Between 0 and"),
    (
        {"start_at": "2026-03-20T10:00", "end_at": "2026-03-20T11:00", "labor_rate_id": "99999999999999999999"},
        "Not a valid",
    ),
    ({"start_at": "2026-03-20T10:00", "end_at": "2026-03-20T11:00", "description": "x" * 501}, "500"),
)


@pytest.mark.parametrize(("values", "sentence"), BAD_TIMES)
def test_bad_times_are_refused_and_kept_typed(
    values: dict[str, str], sentence: str, world: World, client_for: ClientFor
) -> None:
    data = {"technician_id": str(world.technician_id), "labor_rate_id": str(world.rate_id), "description": "Pump"}
    answer = client_for(Role.OFFICE).post(f"/service-orders/{world.order_id}/log-time", data=data | values)
    html = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert sentence in html
    assert values["start_at"] in html
    session.remove()
    assert session.scalar(sa.select(sa.func.count()).select_from(TimeEntry)) == 1


@pytest.mark.parametrize("quantity", ["", "0", "-1", "1.234", "1000000", "1234567890", "two", "NaN", "1" * 400])
def test_bad_quantities(quantity: str, world: World, client_for: ClientFor) -> None:
    data = {"stock_item_id": str(world.item_id), "quantity": quantity}
    answer = client_for(Role.TECHNICIAN).post(f"/service-orders/{world.order_id}/add-part", data=data)
    assert answer.status_code == 422
    session.remove()
    assert session.scalar(sa.select(sa.func.count()).select_from(PartUsed)) == 1


def test_a_comma_is_a_decimal_mark(world: World, client_for: ClientFor) -> None:
    data = {"stock_item_id": str(world.item_id), "quantity": "2,5"}
    answer = client_for(Role.TECHNICIAN).post(f"/service-orders/{world.order_id}/add-part", data=data)
    assert answer.status_code == 303
    session.remove()
    assert session.scalars(sa.select(PartUsed.quantity).order_by(PartUsed.id.desc())).first() == Decimal("2.5")


def test_a_photo_is_kept_and_what_is_no_image_is_refused(world: World, client_for: ClientFor) -> None:
    client = client_for(Role.TECHNICIAN)
    address = f"/service-orders/{world.order_id}/add-photo"
    refused = client.post(address, data={"photos": (io.BytesIO(b"%PDF-1.7 no image"), "a.jpg")})
    assert refused.status_code == 422
    assert "no image" in refused.get_data(as_text=True)
    nothing = client.post(address, data={"caption": "none chosen"})
    assert nothing.status_code == 422
    picture = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(picture, "PNG")
    picture.seek(0)
    kept = client.post(address, data={"photos": (picture, "a.png"), "caption": "Before"})
    assert kept.status_code == 303
    session.remove()
    [photo] = session.scalars(sa.select(Photo)).all()
    assert photo.caption == "Before"
    address = f"/service-orders/{world.order_id}/photos/{photo.id}"
    with client.get(address) as own:
        assert (own.status_code, own.mimetype) == (200, "image/jpeg")
    assert client_for(stranger()).get(address).status_code == 404


def ink() -> str:
    picture = Image.new("RGB", (60, 20), "white")
    picture.putpixel((5, 5), (0, 0, 0))
    file = io.BytesIO()
    picture.save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def test_the_finish_page_asks_for_all_that_is_missing_at_once(world: World, client_for: ClientFor) -> None:
    client = client_for(Role.TECHNICIAN)
    address = f"/service-orders/{world.order_id}/finish"
    refused = client.post(address, data={"report": ""})
    html = refused.get_data(as_text=True)
    assert refused.status_code == 422
    assert "The report is missing" in html
    assert "The customer&#39;s signature is missing" in html
    broken = client.post(
        address, data={"report": "Pump.", "signed_by": "Jan", "signature": "data:image/png;base64,AAAA"}
    )
    assert broken.status_code == 422
    done = client.post(address, data={"report": "Pump.", "signed_by": "Jan", "signature": ink()})
    assert done.status_code == 303, done.get_data(as_text=True)
    session.remove()
    order = session.get(ServiceOrder, world.order_id)
    assert order is not None
    assert (order.state, order.report, order.signed_by) == (OrderState.DONE, "Pump.", "Jan")
    with client.get(f"/service-orders/{world.order_id}/signature") as signature:
        assert signature.mimetype == "image/png"


def test_a_new_order_from_the_site_search(world: World, client_for: ClientFor) -> None:
    client = client_for(Role.OFFICE)
    assert f"site_id={world.site_id}" in client.get("/service-orders/new?q=peet+gent").get_data(as_text=True)
    data = {
        "site_id": str(world.site_id),
        "description": "Leak",
        "priority": "high",
        "reference": "PO 7",
        "equipment_id": "",
    }
    refused = client.post("/service-orders/new", data=data | {"payer": "Nobody we know"})
    assert refused.status_code == 422
    assert "Nobody we know" in refused.get_data(as_text=True)
    made = client.post("/service-orders/new", data=data | {"payer": "bakkerij PEETERS"})
    assert made.status_code == 303
    session.remove()
    order = session.scalars(sa.select(ServiceOrder).order_by(ServiceOrder.id.desc())).first()
    assert order is not None
    assert (order.reference, order.payer_id, order.state) == ("PO 7", world.customer_id, OrderState.DRAFT)


def test_the_office_sees_where_each_row_stands(world: World, client_for: ClientFor) -> None:
    with writing():
        claims.claim("invoice", 5, [(50, "part", world.part_id)])
        order = session.get(ServiceOrder, world.order_id)
        assert order is not None
        order.state, order.done_at = OrderState.DONE, now()
    session.remove()
    client = client_for(Role.OFFICE)
    html = client.get(f"/service-orders/{world.order_id}").get_data(as_text=True)
    assert "On a draft" in html
    assert "To bill" in html
    assert "63.19" in client.get("/service-orders/done-not-invoiced").get_data(as_text=True)
    assert client.post(f"/service-orders/{world.order_id}/validate").status_code == 303
    reason = {"reason": "Warranty"}
    address = f"/service-orders/{world.order_id}/time/{world.time_id}/not-to-bill"
    assert client.post(address, data={"reason": ""}).status_code == 422
    assert client.post(address, data=reason).status_code == 303
    assert "63.19" not in client.get("/service-orders/done-not-invoiced").get_data(as_text=True)


def test_lists_and_pages_cost_the_same_whatever_they_show(
    world: World, client_for: ClientFor, count_queries: Callable[..., Any]
) -> None:
    office = client_for(Role.OFFICE)
    pages = (
        "/service-orders?tab=in_progress",
        f"/service-orders/{world.order_id}",
        "/service-orders/done-not-invoiced",
    )

    def cost() -> list[int]:
        counts = []
        for path in pages:
            session.remove()
            with count_queries() as statements:
                assert office.get(path).status_code == 200
            counts.append(len([text for text in statements if text.startswith("SELECT")]))
        return counts

    with writing():
        order = make_done(world)
    before = cost()
    with writing():
        technician = user_of(Role.TECHNICIAN)
        item, rate = session.get(StockItem, world.item_id), session.get(LaborRate, world.rate_id)
        site = session.get(Site, world.site_id)
        assert item
        assert rate
        assert site
        for number in range(8):
            factories.make_visit(factories.make_order(site), technician, now() + dt.timedelta(days=number))
            make_done(world)
            order = session.get(ServiceOrder, world.order_id)
            assert order
            factories.make_visit(order, technician, now() + dt.timedelta(days=number))
            factories.make_part(order, technician, item)
            factories.make_time(order, technician, rate, now() - dt.timedelta(days=number + 2))
    after = cost()
    assert after == before
    assert max(after) <= 30


def make_done(world: World) -> ServiceOrder:
    site, item = session.get(Site, world.site_id), session.get(StockItem, world.item_id)
    assert site
    assert item
    order = factories.make_order(site, state=OrderState.DONE, done_at=now())
    factories.make_part(order, user_of(Role.TECHNICIAN), item)
    return order


def test_the_settings_are_saved(world: World, client_for: ClientFor) -> None:
    client = client_for(Role.MANAGER)
    assert client.get("/service-orders/settings/service").status_code == 200
    data = {"minimum_minutes": "30", "rounding_minutes": "61", "weekly_hours": "37.5"}
    assert client.post("/service-orders/settings/service", data=data).status_code == 422
    data["rounding_minutes"] = "10"
    assert client.post("/service-orders/settings/service", data=data).status_code == 303
    session.remove()
    rules = session.get(ServiceSettings, 1)
    assert rules is not None
    assert (rules.minimum_minutes, rules.rounding_minutes, rules.is_signature_required) == (30, 10, False)
    assert rules.weekly_hours == Decimal("37.5")
