"""Margins, technicians' time and days to the invoice, worked out by hand; who sees them; what they cost to read."""

import datetime as dt
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal as D
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from fsm.core.db import session, writing
from fsm.home import manager
from fsm.invoices import drafts, from_orders
from fsm.invoices import services as invoices
from fsm.invoices.models import InvoiceLine
from fsm.reports import days_to_invoice, margins, spans, technicians
from fsm.service_orders.models import OrderState, ServiceOrder
from fsm.users.models import Role
from tests import factories
from tests.conftest import user_of

pytestmark = pytest.mark.database
ClientFor = Callable[..., FlaskClient]
MARCH = (dt.date(2026, 3, 1), dt.date(2026, 3, 31))


@dataclass
class World:
    """Two jobs invoiced, one of which credited in part; one on a draft, one not billed yet, one for nothing."""

    good: ServiceOrder
    bad: ServiceOrder
    free: ServiceOrder


def at(day: int, hour: int, minute: int = 0) -> dt.datetime:
    return dt.datetime(2026, 3, day, hour, minute, tzinfo=dt.UTC)


def done(site: Any, moment: dt.datetime) -> ServiceOrder:
    return factories.make_order(site, state=OrderState.DONE, done_at=moment, validated_at=moment)


def bill(order: ServiceOrder, on: dt.date, **values: Any) -> int:
    office = user_of(Role.OFFICE)
    draft = from_orders.draft_from_orders([order.id], actor_id=office.id)
    draft.invoice_date = on
    for name, value in values.items():
        setattr(draft, name, value)
    session.flush()
    invoices.post([draft.id], actor_id=office.id, today=dt.date(2026, 3, 31))
    return draft.id


@pytest.fixture
def world(database: Flask) -> World:
    """The technician costs 38.00 an hour, an hour sells at 65.00, a part at 12.50 and costs 7.80.

    Good: done on the 2nd, 90 minutes worked, 120 billed, 4 parts. Net 130.00 + 50.00 = 180.00;
    hours 1.5 x 38.00 = 57.00, parts 4 x 7.80 = 31.20: margin 91.80, 51.0 %. Invoiced on the 5th: 3 days.
    Bad: done on the 9th at 23:30 UTC, which is the 10th in Brussels; 50 minutes worked and billed (0.83 h, 53.95),
    with 100 minutes that are not to be billed: 150 minutes cost 95.00; invoiced on the 20th: 10 days; the invoice
    is credited by half a line's 0.83 h: 0.33 h, 21.45. Net 32.50, margin -62.50.
    Free: 30 minutes, nothing to bill: 19.00 lost.
    """
    with writing(bulk=True):
        site = factories.make_site(factories.make_customer())
        technician, rate, item = user_of(Role.TECHNICIAN), factories.make_rate(), factories.make_item()
        good = done(site, at(2, 15))
        factories.make_time(good, technician, rate, at(2, 10), minutes=90, billable_minutes=120)
        factories.make_part(good, technician, item, D(4))
        bill(good, dt.date(2026, 3, 5))
        bad = done(site, at(9, 23, 30))
        factories.make_time(bad, technician, rate, at(9, 10), minutes=50)
        factories.make_time(bad, technician, rate, at(9, 12), minutes=100, not_to_bill_reason="Our own mistake")
        billed = session.get_one(invoices.Invoice, bill(bad, dt.date(2026, 3, 20)))
        lines = drafts.lines_of(billed.id)
        factories.make_posted_credit(billed, {lines[0].id: D("0.33")}, on=dt.date(2026, 3, 25))
        free = done(site, at(12, 9))
        factories.make_time(free, technician, rate, at(12, 8), minutes=30, not_to_bill_reason="Warranty")
        waiting = done(site, at(13, 9))
        factories.make_part(waiting, technician, item)
        drafted = done(site, at(14, 9))
        factories.make_part(drafted, technician, item)
        from_orders.draft_from_orders([drafted.id], actor_id=user_of(Role.OFFICE).id)
        factories.make_time(done(site, at(31, 22, 30)), technician, rate, at(31, 22, 5), minutes=20)  # in April, there
    return World(good, bad, free)


def test_margins_by_hand(world: World) -> None:
    rows = margins.jobs(*MARCH).rows
    assert [(row.order_id, row.net, row.hours_cost, row.parts_cost, row.margin, row.minutes) for row in rows] == [
        (world.bad.id, D("32.50"), D("95.00"), D("0.00"), D("-62.50"), 150),
        (world.free.id, D("0.00"), D("19.00"), D("0.00"), D("-19.00"), 30),
        (world.good.id, D("180.00"), D("57.00"), D("31.20"), D("91.80"), 90),
    ]
    assert [row.percentage for row in rows] == [D("-192.3"), None, D("51.0")]
    found = margins.summary(*MARCH)
    assert (found.count, found.net, found.cost, found.margin) == (3, D("212.50"), D("202.20"), D("10.30"))
    assert [row.order_id for row in found.best] == [world.good.id]
    assert [row.order_id for row in found.worst] == [world.bad.id, world.free.id]
    without_lists = margins.summary(*MARCH, 0)
    assert (without_lists.margin, without_lists.best, without_lists.worst) == (D("10.30"), [], [])
    assert margins.left_out(*MARCH) == 2
    assert [row.order_id for row in margins.jobs(*MARCH, sort="-net").rows][0] == world.good.id  # noqa: RUF015
    assert margins.summary(dt.date(2026, 3, 3), dt.date(2026, 3, 9)).count == 0


def test_a_line_that_names_no_job_is_that_of_the_only_one(world: World) -> None:
    """Dollars at 0.92: 1.33 h x 65.00 = 86.45 USD, and a line of 10.00 by hand; 96.45 x 0.92 = 88.73 EUR."""
    with writing(bulk=True):
        site = session.get_one(factories.Site, world.good.site_id)
        order = done(site, at(16, 9))
        factories.make_time(order, user_of(Role.TECHNICIAN), factories.make_rate(name="X"), at(16, 7), minutes=80)
        office = user_of(Role.OFFICE)
        draft = from_orders.draft_from_orders([order.id], actor_id=office.id)
        draft.currency, draft.exchange_rate, draft.invoice_date = "USD", D("0.92"), dt.date(2026, 3, 26)
        line = drafts.lines_of(draft.id)[0]
        values = {name: getattr(line, name) for name in ("unit", "tax_rate", "special_status", "account_number")}
        session.add(
            InvoiceLine(
                invoice_id=draft.id,
                position=2,
                description="Parking",
                quantity=D(1),
                amount=D(10),
                amount_with_tax=D("12.10"),
                **values,
            )
        )
        session.flush()
        drafts.recompute(draft, drafts.lines_of(draft.id))
        invoices.post([draft.id], actor_id=office.id, today=dt.date(2026, 3, 31))
    (row,) = (row for row in margins.jobs(*MARCH).rows if row.order_id == order.id)
    assert (row.net, row.hours_cost) == (D("88.73"), D("50.67"))  # 80 minutes at 38.00


def test_technicians_by_hand(world: World) -> None:
    """Worked 90 + 50 + 100 + 30, billable 120 + 50; March 2026 has 22 weekdays: 22 x 7.6 h = 167.2 h."""
    (row,) = technicians.utilisation(*MARCH, dt.date(2026, 4, 2))
    assert (row.minutes, row.billable_minutes, row.available_minutes) == (270, 170, 10032)
    assert (row.billable_percentage, row.worked_percentage) == (D("63.0"), D("2.7"))
    entries = technicians.entries(row.technician_id, *MARCH).rows
    assert sum(entry.minutes for entry in entries) == 270
    (today,) = technicians.utilisation(*MARCH, dt.date(2026, 3, 2))  # one day has been
    assert today.available_minutes == 456


@pytest.mark.parametrize(
    ("first", "last", "days"),
    [("2026-03-01", "2026-03-31", 22), ("2026-03-07", "2026-03-08", 0), ("2026-03-06", "2026-03-09", 2)],
)
def test_workdays(first: str, last: str, days: int) -> None:
    assert technicians.workdays(dt.date.fromisoformat(first), dt.date.fromisoformat(last)) == days


def test_days_to_the_invoice(world: World) -> None:
    rows = days_to_invoice.rows(*MARCH).rows
    assert [(row.order_id, row.done_on.day, row.invoiced_on.day, row.days) for row in rows] == [
        (world.bad.id, 10, 20, 10),
        (world.good.id, 2, 5, 3),
    ]
    counts = days_to_invoice.by_month(*MARCH)
    assert counts == {dt.date(2026, 3, 1): Counter({3: 1, 10: 1})}


@pytest.mark.parametrize(
    ("days", "median", "ninetieth"),
    [
        ([4], D(4), 4),
        ([3, 10], D("6.5"), 10),
        ([0, 1, 2, 3, 4, 5, 6, 7, 8, 30], D("4.5"), 8),
        ([1, 1, 1, 9, 9], D(1), 9),
    ],
)
def test_median_and_ninetieth(days: list[int], median: D, ninetieth: int) -> None:
    found = days_to_invoice.days_of(Counter(days))
    assert (found.count, found.median, found.ninetieth) == (len(days), median, ninetieth)


def test_the_board_agrees_with_the_reports(world: World) -> None:
    """On 31 March: 212.50 net; owed 257.13 with VAT (217.80 + 39.33), of 257.13 invoiced since December."""
    board = manager.board(spans.Span("custom", *MARCH), dt.date(2026, 3, 31))
    assert board.turnover.net == D("212.50")
    assert board.jobs.margin == D("10.30")
    assert (board.days.median, board.days.ninetieth) == (D("6.5"), 10)
    assert board.owed.value == board.outstanding.invoiced == D("257.13")
    assert board.outstanding.days == 121  # nothing was paid: all days since 1 December
    assert [(row.name, row.net) for row in board.customers] == [("Bakkerij Peeters", D("212.50"))]
    assert board.months[-1].net == D("212.50")


PAGES = ("/dashboard/manager", "/reports/job-margins", "/reports/technicians", "/reports/days-to-invoice")


def test_pages_files_and_their_cost(world: World, client_for: ClientFor, count_queries: Callable[[], Any]) -> None:
    """As many queries for a job as for many; hours of others and costs are not for technicians or accountants."""
    client = client_for(Role.MANAGER)
    for role in (Role.TECHNICIAN, Role.ACCOUNTANT, Role.ADMINISTRATOR):
        for page in PAGES:
            assert client_for(role).get(page).status_code == 403
    assert client_for(Role.OFFICE).get("/dashboard/manager").status_code == 403
    assert client_for(Role.OFFICE).get("/reports/job-margins").status_code == 200
    few: dict[str, int] = {}
    for page in PAGES:
        with count_queries() as found:
            assert client.get(f"{page}?from=2026-03-01&to=2026-03-31").status_code == 200
        few[page] = len(found)
    with writing(bulk=True):
        site = session.get_one(factories.Site, world.good.site_id)
        rate = factories.make_rate(name="Another")
        for day in range(6, 12):
            order = done(site, at(day, 12))
            factories.make_time(order, user_of(Role.TECHNICIAN), rate, at(day, 6))
            bill(order, dt.date(2026, 3, 31))
    for page in PAGES:
        with count_queries() as found:
            text = client.get(f"{page}?from=2026-03-01&to=2026-03-31").get_data(as_text=True)
        assert len(found) == few[page] <= 30, (page, found)
        if page != PAGES[0]:
            file = client.get(f"{page}?from=2026-03-01&to=2026-03-31&format=csv")
            assert file.mimetype == "text/csv"
            assert len(file.get_data(as_text=True).splitlines()) > 1
    assert "Technician" in text or "Days" in text
    technician = user_of(Role.TECHNICIAN)
    page = client.get(f"/reports/technicians?technician_id={technician.id}&from=2026-03-01&to=2026-03-31")
    assert "Our own mistake" in page.get_data(as_text=True)
    assert client.get("/reports/technicians?technician_id=999999").status_code == 404
