"""Orders of contracts: made ahead, once for each date; paused, ended, changed, backed out."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from fsm import nightly
from fsm.contracts import checks, making, services
from fsm.contracts.models import NEVER, Contract, ContractDate, DateState, IntervalUnit
from fsm.contracts.services import ContractValues
from fsm.core import schedules
from fsm.core.db import session, writing
from fsm.core.errors import ConflictError, DomainError, NotFoundError
from fsm.core.formats import local
from fsm.customers.models import Site
from fsm.service_orders import parts, time_entries
from fsm.service_orders import services as orders
from fsm.service_orders.models import OrderState, ServiceOrder
from fsm.service_orders.parts import PartValues
from fsm.service_orders.time_entries import TimeValues
from fsm.users.models import Role
from tests import factories
from tests.conftest import user_of

pytestmark = pytest.mark.database
ClientFor = Callable[..., FlaskClient]
D = dt.date
TODAY = D(2026, 1, 20)
MOMENT = dt.datetime(2026, 1, 20, 9, tzinfo=dt.UTC)


class Deal:
    """A contract of every month from 31 January, ten days ahead, from two days before to three after."""

    def __init__(self, **values: Any) -> None:
        self.office = factories.actor_of(user_of(Role.OFFICE))
        with writing():
            site = factories.make_site(factories.make_customer())
            self.machines = [
                factories.make_equipment(site, serial=serial).id for serial in values.pop("serials", ("VA-1",))
            ]
            self.site_id = site.id
            self.id = services.create(
                site.id,
                self.values(**values),
                self.machines,
                actor_id=self.office.id,
                today=TODAY,
                moment=MOMENT,
            ).id

    def values(self, **values: Any) -> ContractValues:
        return ContractValues(
            **{
                "name": "Boiler",
                "first_date": D(2026, 1, 31),
                "interval_count": 1,
                "interval_unit": IntervalUnit.MONTHS,
                "planned_minutes": 90,
                "days_before": 2,
                "days_after": 3,
                "lead_days": 8,
                "tasks": "Clean\nMeasure",
                "kind_of_work": "Maintenance",
                **values,
            }
        )

    def run(self, today: dt.date) -> list[str]:
        with writing():
            made = making.make_due(self.id, today=today, moment=MOMENT)
        return [order.number for order in made]

    def coming(self, count: int = 3) -> list[dt.date]:
        session.rollback()
        return services.coming(session.get_one(Contract, self.id), count)

    def dates(self) -> list[tuple[dt.date, str]]:
        session.rollback()
        rows = session.scalars(sa.select(ContractDate).order_by(ContractDate.due_date))
        return [(row.due_date, row.state.value) for row in rows]

    def row(self, due: dt.date) -> ContractDate:
        session.rollback()
        return session.scalars(sa.select(ContractDate).where(ContractDate.due_date == due)).one()


def test_an_order_made_ahead(database: Flask) -> None:
    """On the day and not before; with window, machine, tasks and duration; the 31st comes back after February."""
    deal = Deal()
    assert (deal.run(TODAY), deal.coming()) == ([], [D(2026, 1, 31), D(2026, 2, 28), D(2026, 3, 31)])
    assert len(deal.run(D(2026, 1, 21))) == 1
    assert deal.run(D(2026, 1, 21)) == []
    order = session.scalars(sa.select(ServiceOrder)).one()
    assert order.window_start_at
    assert order.window_end_at
    window = [local(order.window_start_at), local(order.window_end_at)]
    assert [f"{one:%Y-%m-%d %H:%M}" for one in window] == ["2026-01-29 08:00", "2026-02-03 18:00"]
    assert (order.state, order.equipment_id, order.planned_minutes) == (OrderState.DRAFT, deal.machines[0], 90)
    assert (order.description, order.kind_of_work) == ("Boiler", "Maintenance")
    assert [task.description for task in order.tasks] == ["Clean", "Measure"]
    assert len(deal.run(D(2026, 3, 25))) == 2  # what was missed is caught up
    assert deal.dates() == [(D(2026, 1, 31), "made"), (D(2026, 2, 28), "made"), (D(2026, 3, 31), "made")]
    assert list(checks.next_dates_right()) == []


def test_several_machines_and_work_that_is_not_to_bill(database: Flask) -> None:
    """Each task once for each machine; hours and parts are marked with the reason when they are logged."""
    deal = Deal(serials=("A", "B"), is_to_bill=False, not_to_bill_reason="Full service contract")
    deal.run(D(2026, 1, 21))
    order = session.scalars(sa.select(ServiceOrder)).one()
    assert order.equipment_id is None
    assert [task.description for task in order.tasks] == [
        "Boiler Vaillant A: Clean",
        "Boiler Vaillant A: Measure",
        "Boiler Vaillant B: Clean",
        "Boiler Vaillant B: Measure",
    ]
    with writing():
        rate, item = factories.make_rate(), factories.make_item()
        start = dt.datetime(2026, 1, 30, 9, tzinfo=dt.UTC)
        technician_id = user_of(Role.TECHNICIAN).id
        hour = TimeValues(start, start + dt.timedelta(hours=1), rate.id, technician_id=technician_id)
        entry = time_entries.log_time(order.id, hour, actor=deal.office, moment=start + dt.timedelta(hours=2))
        part = parts.add_part(order.id, PartValues(Decimal(1), stock_item_id=item.id), actor=deal.office, moment=start)
    assert [entry.not_to_bill_reason, part.not_to_bill_reason] == ["Full service contract"] * 2
    assert not session.get_one(ServiceOrder, order.id, populate_existing=True).has_work_to_bill


def test_dates_of_the_past_are_not_made(database: Flask) -> None:
    """Not those before it was agreed, nor those that passed while it was paused, nor by another rhythm."""
    deal = Deal(first_date=D(2025, 1, 31), days_before=0, lead_days=0)
    assert deal.coming(1) == [D(2026, 1, 31)]
    with writing():
        services.pause(deal.id, "Rebuilding")
    assert (deal.run(D(2026, 5, 1)), deal.coming()) == ([], [])
    with writing():
        services.resume(deal.id, today=D(2026, 5, 1))
    assert deal.coming(1) == [D(2026, 5, 31)]
    version = session.get_one(Contract, deal.id).version
    with writing():
        services.edit(
            deal.id, deal.values(first_date=D(2026, 1, 15)), deal.machines, version=version, today=D(2026, 6, 20)
        )
    assert deal.coming(1) == [D(2026, 7, 15)]
    with pytest.raises(ConflictError), writing():
        services.edit(deal.id, deal.values(), deal.machines, version=version, today=D(2026, 6, 20))


def test_back_out_skip_and_offer_again(database: Flask) -> None:
    deal = Deal()
    deal.run(D(2026, 1, 21))
    first = deal.row(D(2026, 1, 31))
    with writing():
        making.back_out(deal.id, first.id, "Wrong week", offers_again=True, actor=deal.office)
    order = session.scalars(sa.select(ServiceOrder)).one()
    assert (order.state, order.cancel_reason) == (OrderState.CANCELLED, "Wrong week")
    assert deal.coming(1) == [D(2026, 1, 31)]
    assert len(deal.run(D(2026, 1, 21))) == 1
    with writing():
        making.back_out(deal.id, first.id, "Closed that month", offers_again=False, actor=deal.office)
    assert (deal.run(D(2026, 1, 21)), deal.dates()) == ([], [(D(2026, 1, 31), "skipped")])
    with writing():
        services.skip(deal.id, D(2026, 2, 28), "Holidays", moment=MOMENT)
    assert deal.coming(1) == [D(2026, 3, 31)]
    with writing():
        services.offer_again(deal.id, first.id)
    with writing():
        number = making.make_now(deal.id, D(2026, 1, 31), actor=deal.office, today=D(2026, 1, 21), moment=MOMENT).number
    order = session.scalars(sa.select(ServiceOrder).where(ServiceOrder.number == number)).one()
    with pytest.raises(ConflictError), writing():
        services.offer_again(deal.id, first.id)
    with writing():
        orders.cancel(order.id, "Customer", actor=deal.office)  # from the order's own page
    with writing():
        services.offer_again(deal.id, first.id)
    assert deal.coming(1) == [D(2026, 1, 31)]
    with pytest.raises(NotFoundError), writing():
        services.skip(deal.id, D(2026, 2, 27), "No date of it", moment=MOMENT)
    deal.run(D(2026, 1, 21))
    with writing():
        order = session.scalars(sa.select(ServiceOrder).order_by(ServiceOrder.id.desc())).first()
        assert order
        orders.start(order.id, actor=deal.office, moment=MOMENT)
    with pytest.raises(ConflictError), writing():
        making.back_out(deal.id, first.id, "Too late", offers_again=False, actor=deal.office)


def test_ended_with_or_without_its_orders(database: Flask) -> None:
    deal = Deal(days_before=0, lead_days=40)
    deal.run(D(2026, 1, 21))
    with writing():
        _contract, count = making.end_with_orders(deal.id, "Sold", cancels_orders=True, actor=deal.office)
    assert count == 2
    states = set(session.scalars(sa.select(ServiceOrder.state)))
    assert (states, deal.coming()) == ({OrderState.CANCELLED}, [])
    assert session.get_one(Contract, deal.id).next_date == NEVER
    with writing():
        services.resume(deal.id, today=D(2026, 3, 1))
    assert deal.coming(1) == [D(2026, 3, 31)]


def test_what_cannot_be_made_is_shown_and_holds_up_nothing(database: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The nightly run, by the company's day: at 23:30 UTC it is tomorrow in Brussels."""
    good, bad = Deal(), Deal()
    with writing():
        session.get_one(Site, bad.site_id).archived_at = MOMENT
    clock = [dt.datetime(2026, 1, 20, 22, 30, tzinfo=dt.UTC)]
    monkeypatch.setattr(nightly, "now", lambda: clock[0])
    nightly.make_maintenance(lambda: None)
    assert good.dates() == []
    clock[0] += dt.timedelta(hours=1)
    nightly.make_maintenance(lambda: None)
    nightly.make_maintenance(lambda: None)
    assert good.dates() == [(D(2026, 1, 31), "made")]
    rows = session.scalars(sa.select(Contract).order_by(Contract.id)).all()
    assert [row.problem for row in rows] == ["", "The site is archived."]
    assert "maintenance" in nightly.schedules()
    assert schedules.LEASE


def test_refusals(database: Flask) -> None:
    deal = Deal()
    for wrong in (
        {"end_date": D(2026, 1, 30)},
        {"is_to_bill": False},
        {"tasks": "x" * 201},
        {"tasks": "\n".join("task" for _line in range(51))},
    ):
        with pytest.raises(DomainError), writing():
            services.edit(deal.id, deal.values(**wrong), deal.machines, version=None, today=TODAY)
    with writing():
        elsewhere = factories.make_equipment(factories.make_site(factories.make_customer(name="Other"))).id
    with pytest.raises(DomainError), writing():
        services.edit(deal.id, deal.values(), [elsewhere], version=None, today=TODAY)


def test_the_pages(client_for: ClientFor, count_queries: Any) -> None:
    """From the empty list to an order, skipped and ended; a wrong form loses nothing."""
    client = client_for(Role.OFFICE)
    assert "No maintenance contract yet" in client.get("/contracts").get_data(as_text=True)
    with writing():
        site = factories.make_site(factories.make_customer(name="Lift & Co"))
        machine = factories.make_equipment(site)
        ids = site.id, machine.id
    assert "Lift &amp; Co" in client.get("/contracts/new?q=lift").get_data(as_text=True)
    today = dt.datetime.now(dt.UTC).date()
    form = {
        "name": "Lift, monthly",
        "machine_ids": [ids[1]],
        "interval_count": "1",
        "interval_unit": "months",
        "first_date": (today + dt.timedelta(days=10)).isoformat(),
        "days_before": "3",
        "days_after": "3",
        "lead_days": "14",
        "planned_minutes": "",
        "is_to_bill": "y",
    }
    refused = client.post(f"/contracts/new?site_id={ids[0]}", data=form)
    assert refused.status_code == 422
    assert 'value="Lift, monthly"' in refused.get_data(as_text=True)
    answer = client.post(f"/contracts/new?site_id={ids[0]}", data=form | {"planned_minutes": "60"})
    assert answer.status_code == 303, answer.get_data(as_text=True)
    page = answer.headers["Location"]
    assert "Make due orders" in client.get(page).get_data(as_text=True)
    assert client.post("/contracts/make-due").status_code == 303
    assert client.post("/contracts/make-due").status_code == 303
    order = session.scalars(sa.select(ServiceOrder)).one()
    body = client.get(page).get_data(as_text=True)
    assert order.number in body
    with count_queries() as statements:
        assert "Lift, monthly" in client.get("/contracts").get_data(as_text=True)
    assert len(statements) < 25, statements
    coming = services.coming(session.scalars(sa.select(Contract)).one(), 1)[0]
    skip = client.post(f"{page}/skip?due={coming}", data={"reason": "Closed"})
    assert skip.status_code == 303
    row = session.scalars(sa.select(ContractDate).where(ContractDate.state == DateState.MADE)).one()
    assert client.get(f"{page}/dates/{row.id}/back-out").status_code == 200
    answer = client.post(f"{page}/dates/{row.id}/back-out", data={"reason": "Twice", "then": "again"})
    assert answer.status_code == 303
    assert client.post(f"{page}/pause", data={"reason": ""}).status_code == 422
    assert client.post(f"{page}/pause", data={"reason": "Rebuilding"}).status_code == 303
    assert client.post(f"{page}/resume").status_code == 303
    assert client.post(f"{page}/end", data={"reason": "Sold"}).status_code == 303
    assert "Sold" in client.get("/contracts?tab=ended").get_data(as_text=True)
    assert client_for(Role.TECHNICIAN).get("/contracts").status_code == 403
    assert client.get("/contracts/export?format=csv").status_code == 200
