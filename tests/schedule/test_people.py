"""Working hours, absences and skills through their pages."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from fsm.core.db import session, writing
from fsm.schedule.models import Absence, ScheduleSettings, Skill, TechnicianSkill, TechnicianWeek
from fsm.service_orders.models import OrderState
from fsm.users.models import Role
from tests import factories
from tests.conftest import user_of

pytestmark = pytest.mark.database
ClientFor = Callable[..., FlaskClient]


def one(query: sa.Select[Any]) -> Any:
    """The one row, as it is by now."""
    session.rollback()
    return session.scalars(query).one()


def test_hours_of_ones_own_and_skills(database: Flask, client_for: ClientFor) -> None:
    client = client_for(Role.OFFICE)
    technician_id = user_of(Role.TECHNICIAN).id
    with writing():
        site = factories.make_site(factories.make_customer())
        factories.make_order(site, state=OrderState.DRAFT, skills="Gas, Heat pumps")
    assert "Heat pumps" in client.get("/schedule/skills").text  # needed, and in nobody's list
    assert (
        client.post("/schedule/skills/new", data={"name": "gas", "kinds_of_work": "Boiler\n\n Burner "}).status_code
        == 303
    )
    again = client.post("/schedule/skills/new", data={"name": "GAS"})
    assert (again.status_code, "There is a skill of this name." in again.text) == (422, True)
    skill = one(sa.select(Skill))
    assert skill.kinds_of_work == "Boiler\nBurner"

    page = f"/schedule/technicians/{technician_id}"
    bad = client.post(page, data={"has_own_hours": "y", "day_1_start_0": "08:00", "version": "0"})
    assert (bad.status_code, "Give both a beginning and an end" in bad.text) == (422, True)
    data = {
        "version": "0",
        "has_own_hours": "y",
        "day_1_start_0": "08:00",
        "day_1_end_0": "12:00",
        "day_1_start_1": "13:00",
        "day_1_end_1": "00:00",
        "skill_ids": [str(skill.id)],
    }
    assert client.post(page, data=data).status_code == 303
    assert one(sa.select(TechnicianWeek.week)) == {"1": [[480, 720], [780, 1440]]}
    assert one(sa.select(TechnicianSkill.technician_id)) == technician_id
    assert client.post(page, data=data).status_code == 409  # somebody saved meanwhile: version 1 now
    assert client.post(page, data={"version": "1"}).status_code == 303  # the company's hours again, no skill
    assert one(sa.select(sa.func.count()).select_from(TechnicianWeek)) == 0
    assert client.post(f"/schedule/skills/{skill.id}/delete").status_code == 303
    assert "No skills yet" in client.get("/schedule/skills").text


def test_absences_of_whole_days_and_of_hours(database: Flask, client_for: ClientFor) -> None:
    client = client_for(Role.OFFICE)
    technician_id = str(user_of(Role.TECHNICIAN).id)
    assert "Everybody is there" in client.get("/schedule/absences").text
    data = {"technician_id": technician_id, "from_date": "2099-07-01", "to_date": "2099-07-02", "reason": "Holiday"}
    assert client.post("/schedule/absences/new", data=data).status_code == 303
    row = one(sa.select(Absence))
    assert (row.start_at, row.end_at) == (
        dt.datetime(2099, 6, 30, 22, tzinfo=dt.UTC),
        dt.datetime(2099, 7, 2, 22, tzinfo=dt.UTC),
    )
    page = f"/schedule/absences/{row.id}"
    assert 'value="2099-07-02"' in client.get(page).text
    backwards = client.post(page, data=data | {"to_date": "2099-06-30", "version": "1"})
    assert (backwards.status_code, "The end comes before the start." in backwards.text) == (422, True)
    half = data | {"to_date": "2099-07-01", "to_time": "12:00", "version": "1"}
    assert client.post(page, data=half).status_code == 303
    assert one(sa.select(Absence.end_at)) == dt.datetime(2099, 7, 1, 10, tzinfo=dt.UTC)
    assert client.post(page, data=half).status_code == 409
    assert "Holiday" in client.get("/schedule/absences").text
    assert client.post(f"{page}/delete").status_code == 303
    assert client.get(page).status_code == 404


def test_the_companys_hours_count_for_all_others(database: Flask, client_for: ClientFor) -> None:
    client = client_for(Role.MANAGER)
    assert client_for(Role.OFFICE).get("/schedule/settings").status_code == 403
    data = {"version": "1", "day_6_start_0": "09:00", "day_6_end_0": "13:00", "speed_kmh": "30", "visit_minutes": "45"}
    assert client.post("/schedule/settings", data=data | {"speed_kmh": "3"}).status_code == 422
    assert client.post("/schedule/settings", data=data).status_code == 303
    assert one(sa.select(ScheduleSettings.week)) == {"6": [[540, 780]]}
    assert "4 h" in client.get("/schedule/technicians").text


def test_coordinates_of_a_site_come_in_pairs_and_within_bounds(database: Flask, client_for: ClientFor) -> None:
    client = client_for(Role.OFFICE)
    with writing():
        customer = factories.make_customer()
        site = factories.make_site(customer)
    page = f"/customers/{customer.id}/site/{site.id}/edit"
    data = {"name": "Hall", "country_code": "BE", "version": "1"}
    for latitude, longitude in (("51.05", ""), ("91", "4"), ("51", "181"), ("51.0543211", "4")):
        assert client.post(page, data=data | {"latitude": latitude, "longitude": longitude}).status_code == 422
    assert client.post(page, data=data | {"latitude": "51.054321", "longitude": "-3.7"}).status_code == 303
    shown = client.get(page).text
    assert 'value="51.054321"' in shown
    assert 'value="-3.700000"' in shown
