"""The board through its pages: what it shows, what it costs, moves with their undo, and who was quicker."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal as D
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from fsm.core.db import session, writing
from fsm.schedule import services
from fsm.schedule.services import AbsenceValues
from fsm.service_orders.models import OrderState, ServiceOrder, Visit
from fsm.users.models import Role
from tests import factories

pytestmark = pytest.mark.database
ClientFor = Callable[..., FlaskClient]
DAY = dt.date(2026, 3, 23)  # a Monday; Brussels is at UTC+1


def at(hour: int, minute: int = 0) -> dt.datetime:
    return dt.datetime(2026, 3, 23, hour - 1, minute, tzinfo=dt.UTC)


@pytest.fixture
def world(database: Flask) -> dict[str, int]:
    """Tom and Sara, one visit of Tom's at 09:00, one order in the tray."""
    with writing():
        tom = factories.make_user(Role.TECHNICIAN, email="tom@test.example", name="Tom")
        sara = factories.make_user(Role.TECHNICIAN, email="sara@test.example", name="Sara")
        site = factories.make_site(factories.make_customer(), latitude=D("51.054300"), longitude=D("3.717400"))
        planned = factories.make_order(site, state=OrderState.SCHEDULED, kind_of_work="Repair")
        waiting = factories.make_order(site, state=OrderState.DRAFT, skills="Gas", planned_minutes=90)
        visit = factories.make_visit(planned, tom, at(9), hours=1)
        return {"tom": tom.id, "sara": sara.id, "visit": visit.id, "planned": planned.id, "waiting": waiting.id}


def figures(client: FlaskClient) -> dict[str, Any]:
    answer = client.get(f"/schedule/data?day={DAY}")
    assert answer.status_code == 200
    return dict(answer.get_json())


def place(technician_id: int, start: str, end: str, **more: Any) -> dict[str, Any]:
    return {"technician_id": technician_id, "start_at": f"{DAY}T{start}", "end_at": f"{DAY}T{end}"} | more


def test_a_day_from_the_tray_to_another_technician_and_back(world: dict[str, int], client_for: ClientFor) -> None:
    client = client_for(Role.OFFICE)
    board = figures(client)
    assert [order["id"] for order in board["tray"]] == [world["waiting"]]
    assert (board["tray"][0]["minutes"], board["tray"][0]["needs"]) == (90, "Gas")
    (visit,) = board["visits"]
    assert (visit["technician_id"], visit["start"], visit["warnings"]) == (world["tom"], f"{DAY}T09:00", [])

    wanted = place(world["tom"], "09:30", "11:00", order_id=world["waiting"], from_tray="1")
    before = client.post("/schedule/check", data=wanted).get_json()["warnings"]
    assert [sentence.split()[0] for sentence in before] == ["Overlaps", "Tom"]
    planned = client.post("/schedule/plan", data=wanted).get_json()
    assert planned["warnings"] == before
    session.rollback()
    assert session.get_one(ServiceOrder, world["waiting"]).state is OrderState.SCHEDULED
    assert figures(client)["tray"] == []

    moved = client.post(
        "/schedule/move",
        data=place(world["sara"], "13:00", "14:30", visit_id=planned["visit_id"], version=planned["version"]),
    ).get_json()
    assert moved["version"] == planned["version"] + 1
    assert moved["warnings"] == ["Sara lacks the skill: Gas."]

    back = {"visit_id": planned["visit_id"], "version": moved["version"]}
    assert client.post("/schedule/take-back", data=back).get_json() == {"order_id": world["waiting"]}
    session.rollback()
    assert session.get_one(ServiceOrder, world["waiting"]).state is OrderState.DRAFT
    assert [order["id"] for order in figures(client)["tray"]] == [world["waiting"]]


def test_the_second_dispatcher_reads_how_it_stands_now(world: dict[str, int], client_for: ClientFor) -> None:
    office, manager = client_for(Role.OFFICE), client_for(Role.MANAGER)
    seen = {"visit_id": world["visit"], "version": 1}
    assert office.post("/schedule/move", data=place(world["sara"], "10:00", "11:00", **seen)).status_code == 200
    stale = manager.post("/schedule/move", data=place(world["tom"], "15:00", "16:00", **seen))
    assert stale.status_code == 409
    sentence = stale.get_json()["error"]
    assert sentence == "Office has changed this visit meanwhile. It is with Sara now: Mon 23 Mar 10:00–11:00."
    assert manager.post("/schedule/take-back", data=seen).status_code == 409

    tray = place(world["tom"], "15:00", "16:00", order_id=world["waiting"], from_tray="1")
    assert office.post("/schedule/plan", data=tray).status_code == 200
    stale = manager.post("/schedule/plan", data=tray)
    assert stale.status_code == 409
    assert stale.get_json()["error"].startswith("Office has planned SO-")
    office.post("/schedule/take-back", data={"visit_id": world["visit"], "version": 2})
    gone = manager.post("/schedule/move", data=place(world["tom"], "15:00", "16:00", **seen))
    assert gone.get_json()["error"] == "Office has removed this visit meanwhile."
    session.rollback()
    assert session.scalar(sa.select(sa.func.count()).select_from(Visit)) == 1


def test_bad_places_are_refused_and_change_nothing(world: dict[str, int], client_for: ClientFor) -> None:
    client = client_for(Role.OFFICE)
    seen = {"visit_id": world["visit"], "version": 1}
    office_id = session.scalar(sa.text("SELECT id FROM app_user WHERE email = 'office@test.example'"))
    for data in (
        place(world["tom"], "11:00", "10:00", **seen),
        place(world["tom"], "25:00", "26:00", **seen),
        place(office_id, "10:00", "11:00", **seen),
        place(world["tom"], "10:00", "11:00", visit_id=2**63, version=1),
        {"visit_id": world["visit"], "version": 1},
    ):
        answer = client.post("/schedule/move", data=data)
        assert answer.status_code in {404, 422}
        assert answer.get_json()["error"]
    assert session.get_one(Visit, world["visit"]).version == 1
    assert client_for(Role.TECHNICIAN).get("/schedule").status_code == 403


def test_unchanged_figures_are_not_sent_again(
    world: dict[str, int], client_for: ClientFor, count_queries: Callable[[], Any]
) -> None:
    client = client_for(Role.OFFICE)
    first = client.get(f"/schedule/data?day={DAY}")
    headers = {"If-None-Match": first.headers["ETag"]}
    with count_queries() as found:
        assert client.get(f"/schedule/data?day={DAY}", headers=headers).status_code == 304
    assert len(found) <= 6, found  # who asks, the company, and one look at the trail
    with writing():
        services.add_absence(AbsenceValues(world["tom"], at(8), at(17), "Training"))
    changed = client.get(f"/schedule/data?day={DAY}", headers=headers)
    assert changed.status_code == 200
    assert changed.get_json()["visits"][0]["warnings"] == ["Tom is absent: Training."]


def test_a_moved_visit_reaches_the_other_technicians_tablet(world: dict[str, int], client_for: ClientFor) -> None:
    with writing():
        visit = session.get_one(Visit, world["visit"])
        today = dt.datetime.now(dt.UTC).replace(hour=9, minute=0, second=0, microsecond=0)
        visit.start_at, visit.end_at = today, today + dt.timedelta(hours=1)

    def held(email: str) -> list[str]:
        return [
            row["number"]
            for row in client_for(email).get("/tablet/orders", headers={"X-Fsm-Tablet": "1"}).get_json()["orders"]
        ]

    number = session.get_one(ServiceOrder, world["planned"]).number
    assert (held("tom@test.example"), held("sara@test.example")) == ([number], [])
    data = {"technician_id": world["sara"], "start_at": f"{today:%Y-%m-%dT%H:%M}", "end_at": f"{today:%Y-%m-%dT%H}:45"}
    answer = client_for(Role.OFFICE).post("/schedule/move", data=data | {"visit_id": world["visit"], "version": 2})
    assert answer.status_code == 200
    assert (held("tom@test.example"), held("sara@test.example")) == ([], [number])


def test_forty_technicians_and_five_hundred_visits_take_few_queries(
    database: Flask, client_for: ClientFor, count_queries: Callable[[], Any]
) -> None:
    with writing(bulk=True):
        site = factories.make_site(factories.make_customer(), latitude=D(51), longitude=D(4))
        crowd = [
            factories.make_user(Role.TECHNICIAN, email=f"t{n}@test.example", name=f"Technician {n:02d}")
            for n in range(40)
        ]
        order = factories.make_order(site, state=OrderState.SCHEDULED)
        session.add_all(
            Visit(
                service_order_id=order.id,
                technician_id=crowd[n % 40].id,
                start_at=start,
                end_at=start + dt.timedelta(hours=1),
            )
            for n in range(500)
            for start in [at(8) + dt.timedelta(minutes=45 * (n // 40))]
        )
    client = client_for(Role.OFFICE)
    with count_queries() as found:
        board = client.get(f"/schedule/data?day={DAY}&view=week").get_json()
    assert (len(board["technicians"]), len(board["visits"]), board["more"]) == (41, 500, [])
    assert len(found) <= 16, "\n".join(found)
    for address in (f"/schedule?day={DAY}&view=week", f"/schedule/agenda?day={DAY}", f"/schedule/week-plan?day={DAY}"):
        with count_queries() as found:
            assert client.get(address).status_code == 200
        assert len(found) <= 24, "\n".join(found)
