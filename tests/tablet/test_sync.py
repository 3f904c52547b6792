"""The sync interface: once whatever is sent twice, by the rules of the pages, own orders only, kept where it comes too late."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal as D
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from fsm.catalog import kits
from fsm.catalog.models import LaborRate, StockItem
from fsm.core.audit import now
from fsm.core.db import session, writing
from fsm.service_orders import services, tasks, visits
from fsm.service_orders.models import OrderState, PartUsed, Photo, ServiceOrder, Stamp, TimeEntry, Visit
from fsm.tablet.models import KeptState, KeptWork, TabletOperation
from fsm.users.models import Role
from tests import factories
from tests.conftest import user_of
from tests.tablet.sending import Tablet, new_key, picture

pytestmark = pytest.mark.database
ClientFor = Callable[..., FlaskClient]


class Van:
    """A technician with one order today."""

    def __init__(self, client_for: ClientFor) -> None:
        technician = user_of(Role.TECHNICIAN)
        self.office = factories.actor_of(user_of(Role.OFFICE))
        with writing():
            site = factories.make_site(factories.make_customer(name="Café De Klok"), hazards="Dog", access_code="4711")
            machine = factories.make_equipment(site)
            self.item_id = factories.make_item(code="PUMP", barcode="5400000000017", purchase_price=D("77.7700")).id
            self.rate_id = factories.make_rate(name="Work").id
            earlier = factories.make_order(
                site, state=OrderState.DONE, equipment_id=machine.id, report="Cleaned.", done_at=now()
            )
            order = factories.make_order(
                site, state=OrderState.SCHEDULED, equipment_id=machine.id, description="Leaks\nSecond floor"
            )
            moment = now().replace(minute=0, second=0, microsecond=0)
            factories.make_visit(order, technician, moment)
            tasks.set_tasks(order.id, ["Shut off", "Replace"], actor=self.office)
            self.order_id, self.earlier = order.id, earlier.number
            self.moment = moment - dt.timedelta(hours=5)
        self.technician = technician
        self.tablet = Tablet(client_for(Role.TECHNICIAN), technician.id)

    def at(self, hours: float) -> str:
        return (self.moment + dt.timedelta(hours=hours)).isoformat()

    def hours(self, start: float, end: float) -> dict[str, Any]:
        return {"start_at": self.at(start), "end_at": self.at(end), "labor_rate_id": self.rate_id}


@pytest.fixture
def van(database: Flask, client_for: ClientFor) -> Van:
    return Van(client_for)


def count(model: Any) -> int:
    session.rollback()
    return session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def test_a_visit_from_pull_to_done(van: Van) -> None:
    """All that a technician captures, in one go; what the tablet is given has no cost and no other person's hours."""
    tablet, order_id = van.tablet, van.order_id
    pulled = tablet.pull()
    (order,) = pulled["orders"]
    assert (order["site"]["hazards"], order["site"]["access_code"], order["state"]) == ("Dog", "4711", "scheduled")
    assert [row["number"] for row in order["history"]] == [van.earlier]
    assert [task["description"] for task in order["tasks"]] == ["Shut off", "Replace"]
    for kind in ("on_my_way", "start"):
        tablet.do(order_id, kind)
    tablet.do(order_id, "log_time", **van.hours(0, 1.5), description="Pump")
    started = new_key()
    assert tablet.send(tablet.body(order_id, "start_timer"), started).status_code == 200
    tablet.do(order_id, "stop_timer", of=started)
    part = new_key()
    sent = tablet.body(order_id, "add_part", {"code": "5400000000017", "quantity": "2"})
    assert tablet.send(sent, part).status_code == 200
    tablet.do(order_id, "correct_part", of=part, quantity="3.5", before={"quantity": "2"})
    tablet.do(order_id, "tick_task", task_id=order["tasks"][0]["id"], is_done=True)
    tablet.do(order_id, "add_photo", sha256=tablet.blob(picture("JPEG")), caption="Before")
    tablet.do(order_id, "write_report", report="Replaced.", before={"report": ""})
    tablet.do(order_id, "sign", signed_by="An Peeters", sha256=tablet.blob(picture(), "signature"))
    text = tablet.client.get("/tablet/orders").get_data(as_text=True)
    assert "77.7" not in text
    assert "unit_price" not in text
    assert "cost" not in text
    tablet.do(order_id, "finish")
    session.expire_all()
    done = session.get_one(ServiceOrder, order_id)
    assert (done.state, done.report, done.signed_by, len(done.photos)) == (
        OrderState.DONE,
        "Replaced.",
        "An Peeters",
        1,
    )
    assert [entry.minutes for entry in done.time_entries] == [90, 1]
    assert [(used.quantity, used.stock_item_id) for used in done.parts_used] == [(D("3.50"), van.item_id)]
    assert [task.done_at is not None for task in done.tasks] == [True, False]
    assert [stamp.kind.value for stamp in done.stamps] == ["on_my_way", "start", "finish"]
    after = tablet.pull()
    assert after["orders"] == []
    assert done.number in {row["number"] for row in after["done_today"]}


def test_sent_four_times_it_is_done_once(van: Van) -> None:
    tablet, key = van.tablet, new_key()
    body = tablet.body(van.order_id, "log_time", van.hours(0, 1))
    answers = [tablet.send(body, key) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200] * 4
    assert len({answer.get_data() for answer in answers}) == 1
    assert (count(TimeEntry), count(TabletOperation)) == (1, 1)
    other = tablet.send(body | {"values": van.hours(2, 3)}, key)
    assert (other.status_code, count(TimeEntry)) == (422, 1)
    assert "already been sent" in other.json["error"]
    # Its key is forgotten after 90 days; what it did is not.
    with writing():
        session.execute(sa.text("DELETE FROM idempotency_key"))
    assert tablet.send(body, key).json["status"] == "applied"
    assert count(TimeEntry) == 1


def test_a_refusal_leaves_the_key_free(van: Van) -> None:
    tablet, key = van.tablet, new_key()
    tablet.do(van.order_id, "log_time", **van.hours(0, 2))
    refused = tablet.send(tablet.body(van.order_id, "log_time", van.hours(1, 3)), key)
    assert (refused.status_code, refused.json["field"]) == (422, "start_at")
    assert "overlaps" in refused.json["error"]
    assert tablet.send(tablet.body(van.order_id, "log_time", van.hours(2, 3)), key).status_code == 200
    assert count(TimeEntry) == 2


def test_two_people_one_report(van: Van, client_for: ClientFor) -> None:
    """Both values come back; what is chosen after that counts."""
    tablet = van.tablet
    tablet.do(van.order_id, "start")
    office = client_for(Role.OFFICE)
    assert office.post(f"/service-orders/{van.order_id}/write-report", data={"report": "Office."}).status_code == 303
    mine = {"report": "Mine.", "before": {"report": ""}}
    refused = tablet.send(tablet.body(van.order_id, "write_report", mine))
    assert refused.status_code == 409
    assert refused.json["differences"] == [
        {"field": "report", "label": "Work report", "mine": "Mine.", "theirs": "Office."}
    ]
    tablet.do(van.order_id, "write_report", report="Mine.", before={"report": "Office."})
    assert tablet.order(van.order_id)["report"] == "Mine."


def test_clocks_that_differ(van: Van) -> None:
    """Stamps are corrected by the difference; both moments are kept. Typed hours are what was typed."""
    van.tablet.offset = dt.timedelta(hours=3)
    van.tablet.do(van.order_id, "start")
    session.rollback()
    stamp = session.scalars(sa.select(Stamp)).one()
    assert abs(stamp.at - now()) < dt.timedelta(seconds=20)
    assert stamp.device_at is not None
    assert abs(stamp.device_at - now() - van.tablet.offset) < dt.timedelta(seconds=20)
    van.tablet.do(van.order_id, "log_time", **van.hours(0, 1))
    session.rollback()
    assert session.scalars(sa.select(TimeEntry)).one().start_at == van.moment


@pytest.mark.parametrize("reason", ["cancelled", "reassigned", "done"])
def test_work_that_comes_too_late_is_kept(van: Van, client_for: ClientFor, reason: str) -> None:
    """Shown to both; the office takes it over, as the technician's work."""
    tablet, order_id = van.tablet, van.order_id
    grant = tablet.order(order_id)["grant"]
    with writing():
        if reason == "cancelled":
            services.cancel(order_id, "Customer rang", actor=van.office)
        elif reason == "reassigned":
            other = factories.make_user(Role.TECHNICIAN, email="other@test.example", name="Other")
            visit = session.scalars(sa.select(Visit)).one()
            visits.move_visit(
                order_id,
                visit.id,
                technician_id=other.id,
                start_at=visit.start_at,
                end_at=visit.end_at,
                actor=van.office,
            )
        else:
            order = session.get_one(ServiceOrder, order_id)
            order.state, order.done_at, order.report = OrderState.DONE, now(), "By phone."
    bodies = [
        tablet.body(order_id, "log_time", van.hours(0, 1), grant=grant),
        tablet.body(order_id, "add_part", {"code": "PUMP", "quantity": "1"}, grant=grant),
    ]
    for body in bodies:
        key = new_key()
        first, again = tablet.send(body, key), tablet.send(body, key)
        assert first.json["status"] == again.json["status"] == "kept"
    assert (count(KeptWork), count(TimeEntry), count(PartUsed)) == (2, 0, 0)
    assert {(row["reason"], row["state"]) for row in tablet.pull()["kept"]} == {(reason, "open")}
    if reason == "reassigned":  # nobody else's tablet can send work to an order that it was never given
        assert tablet.send(bodies[0] | {"grant": "x"}).status_code == 404
    office = client_for(Role.OFFICE)
    page = office.get("/tablet/kept").get_data(as_text=True)
    assert "Take over" in page
    ids = list(session.scalars(sa.select(KeptWork.id).order_by(KeptWork.id)))
    form = {"ids": ids, "user_id": van.technician.id}
    answer = office.post("/tablet/kept/take-over", data=form)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    session.rollback()
    session.expire_all()
    entry, part = session.scalars(sa.select(TimeEntry)).one(), session.scalars(sa.select(PartUsed)).one()
    assert entry.technician_id == part.technician_id == van.technician.id
    assert (entry.service_order_id == order_id) is (reason != "cancelled")
    assert {row.state for row in session.scalars(sa.select(KeptWork))} == {KeptState.TAKEN_OVER}
    assert office.post("/tablet/kept/take-over", data=form).status_code == 409
    assert {row["state"] for row in tablet.pull()["kept"]} == {"taken_over"}


def test_dismissed_work_says_why(van: Van, client_for: ClientFor) -> None:
    with writing():
        services.cancel(van.order_id, "Customer rang", actor=van.office)
    van.tablet.do(van.order_id, "log_time", **van.hours(0, 1))
    office = client_for(Role.OFFICE)
    ids = list(session.scalars(sa.select(KeptWork.id)))
    form = {"ids": ids, "user_id": van.technician.id}
    assert office.post("/tablet/kept/dismiss", data=form).status_code == 422
    assert office.post("/tablet/kept/dismiss", data=form | {"reason": "Was at home"}).status_code == 303
    assert van.tablet.pull()["kept"][0]["decision"] == "Was at home"
    assert "Was at home" in office.get("/tablet/kept?tab=decided").get_data(as_text=True)


def test_who_may_send(van: Van, client_for: ClientFor, app: Flask) -> None:
    body = van.tablet.body(van.order_id, "start")
    assert van.tablet.send(body, **{"Sec-Fetch-Site": "cross-site"}).status_code == 403
    other_queue = Tablet(van.tablet.client, van.technician.id + 1)
    refused = other_queue.send(body)
    assert (refused.status_code, refused.json["field"]) == (403, "user")
    assert van.tablet.client.post("/tablet/operations", json=body).status_code == 422
    assert Tablet(client_for(Role.OFFICE), user_of(Role.OFFICE).id).send(body).status_code == 403
    nobody = Tablet(app.test_client(), van.technician.id)
    assert (nobody.send(body).status_code, nobody.send(body).json["error"]) == (401, "Log in to go on.")
    with writing():
        factories.make_user(Role.TECHNICIAN, email="second@test.example")
        second_id = factories.make_user(Role.TECHNICIAN, email="third@test.example").id
    second = Tablet(client_for("third@test.example"), second_id)
    assert second.pull()["orders"] == []
    assert second.send(body).status_code == 404
    assert (count(Stamp), count(KeptWork)) == (0, 0)


def test_without_a_token_and_with_tokens_on(van: Van, app: Flask) -> None:
    """A page kept for days has a stale token: these requests need none. Every form does."""
    app.config["WTF_CSRF_ENABLED"] = True
    assert van.tablet.do(van.order_id, "start")["status"] == "applied"
    assert van.tablet.client.post(f"/service-orders/{van.order_id}/start").status_code == 400


@pytest.mark.parametrize(
    ("kind", "values", "status"),
    [
        ("no_such_step", {}, 422),
        ("log_time", {}, 422),
        ("log_time", {"start_at": "2026-03-20T10:00", "end_at": "x"}, 422),
        ("add_part", {"quantity": "NaN", "code": "PUMP"}, 422),
        ("add_part", {"quantity": "1.234", "code": "PUMP"}, 422),
        ("add_part", {"quantity": "1", "code": "no such code"}, 422),
        ("add_part", {"quantity": "1", "stock_item_id": 2**63}, 422),
        ("add_photo", {"sha256": "0" * 64}, 409),
        ("remove_time", {"of": new_key()}, 404),
        ("write_report", {"report": "x" * 20_001}, 422),
        ("write_report", {"report": "a\0b"}, 422),
        ("finish", {}, 409),
    ],
)
def test_bad_values_are_refused(van: Van, kind: str, values: dict[str, Any], status: int) -> None:
    answer = van.tablet.send(van.tablet.body(van.order_id, kind, values))
    assert answer.status_code == status, answer.get_data(as_text=True)
    assert answer.json["error"]
    assert count(TabletOperation) == 0


def test_a_damaged_or_false_picture(van: Van) -> None:
    tablet = van.tablet
    wrong = tablet.client.put(f"/tablet/blobs/{'0' * 64}", data=picture(), headers=tablet.headers())
    assert wrong.status_code == 422
    sha256 = tablet.blob(picture())
    assert tablet.client.get(f"/tablet/blobs/{sha256}").json == {"known": True}
    tablet.blob(picture())  # a second time: known, nothing new
    tablet.do(van.order_id, "add_photo", sha256=sha256)
    tablet.do(van.order_id, "add_photo", sha256=sha256)
    assert count(Photo) == 1


def test_the_pull_takes_the_same_queries_whatever_there_is(van: Van, count_queries: Callable[[], Any]) -> None:
    def queries() -> int:
        with count_queries() as statements:
            van.tablet.pull()
        return len(statements)

    before = queries()
    with writing():
        site = session.get_one(ServiceOrder, van.order_id).site
        for _ in range(5):
            order = factories.make_order(site, state=OrderState.SCHEDULED)
            factories.make_visit(order, van.technician, now())
    assert queries() == before
    assert len(van.tablet.pull()["orders"]) == 6


def test_a_caption_typed_later(van: Van, client_for: ClientFor) -> None:
    """Of a photo that the tablet knows by its operation alone; once, and not over what the office wrote meanwhile."""
    tablet, order_id, added = van.tablet, van.order_id, new_key()
    sha256 = tablet.blob(picture())
    answer = tablet.send(tablet.body(order_id, "add_photo", {"sha256": sha256, "caption": ""}), added)
    photo_id = answer.json["made_id"]
    body, key = (
        tablet.body(order_id, "caption_photo", {"of": added, "caption": "Leak", "before": {"caption": ""}}),
        new_key(),
    )
    answers = [tablet.send(body, key) for _try in range(2)]
    assert [one.status_code for one in answers] == [200, 200]
    assert [photo["caption"] for photo in tablet.order(order_id)["photos"]] == ["Leak"]
    path = f"/service-orders/{order_id}/photos/{photo_id}/caption"
    office = client_for(Role.OFFICE)
    assert office.post(path, data={"caption": "Leak at the valve"}).status_code == 303
    assert "Leak at the valve" in office.get(f"/service-orders/{order_id}").get_data(as_text=True)
    values = {"photo_id": photo_id, "caption": "Leak below", "before": {"caption": "Leak"}}
    refused = tablet.send(tablet.body(order_id, "caption_photo", values))
    assert refused.status_code == 409
    assert [(row["mine"], row["theirs"]) for row in refused.json["differences"]] == [
        ("Leak below", "Leak at the valve")
    ]
    assert tablet.send(tablet.body(order_id, "caption_photo", values | {"caption": "x" * 201})).status_code == 422


def test_kits_for_the_way_without_a_network(van: Van) -> None:
    """Their parts alone: labor is logged as hours, what was archived is left out; an address to ask again for nothing."""
    with writing():
        kit = kits.create("SERVICE", "Yearly service")
        distance = factories.make_rate(name="Kilometres", kind="distance")
        other = factories.make_item(code="OLD")
        for thing, quantity in (
            (session.get_one(StockItem, van.item_id), D(2)),
            (session.get_one(LaborRate, van.rate_id), D(1)),
            (distance, D("12.5")),
            (other, D(1)),
        ):
            kits.set_line(kit.id, thing, quantity)
        other.archived_at = now()
        kits.create("EMPTY", "Without a line")
    answer = van.tablet.client.get("/tablet/kits", headers=van.tablet.headers())
    ((kit_id, code, description, lines),) = answer.json
    assert (kit_id, code, description) == (kit.id, "SERVICE", "Yearly service")
    assert [line[:3] for line in lines] == [[van.item_id, None, "2.00"], [None, distance.id, "12.50"]]
    assert lines[1][4:] == ["Kilometres", "km"]
    known = van.tablet.headers(**{"If-None-Match": answer.headers["ETag"]})
    assert van.tablet.client.get("/tablet/kits", headers=known).status_code == 304
