"""What the dispatch board costs with forty technicians and five hundred visits; figures are printed."""

import datetime as dt
import time
from collections.abc import Callable
from decimal import Decimal as D
from typing import Any

import pytest
from playwright.sync_api import expect

from fsm.core.db import session, writing
from fsm.service_orders.models import OrderState, Visit
from fsm.users.models import Role
from tests import factories
from tests.browser.conftest import SignIn

pytestmark = [pytest.mark.browser, pytest.mark.soak]
DAY = dt.date(2026, 3, 23)  # a Monday; Brussels is at UTC+1
TECHNICIANS, VISITS = 40, 500


def at(hour: float, day: dt.date) -> dt.datetime:
    return dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC) + dt.timedelta(hours=hour - 1)


def make_crowd() -> None:
    """Forty technicians and five hundred visits of one week."""
    with writing(bulk=True):
        crowd = [
            factories.make_user(Role.TECHNICIAN, email=f"t{n}@test.example", name=f"Technician {n:02d}")
            for n in range(TECHNICIANS - 1)  # one is there already
        ]
        site = factories.make_site(factories.make_customer(), latitude=D(51), longitude=D(4))
        orders = [factories.make_order(site, state=OrderState.SCHEDULED) for _n in range(100)]
        days = [DAY + dt.timedelta(days=n) for n in range(5)]
        places = [(who, day, hour) for hour in (8, 10, 13, 15) for day in days for who in crowd][:VISITS]
        session.add_all(
            Visit(
                service_order_id=orders[n % 100].id,
                technician_id=who.id,
                start_at=at(hour, day),
                end_at=at(hour + 1.5, day),
            )
            for n, (who, day, hour) in enumerate(places)
        )


@pytest.fixture(scope="module")
def seed() -> Callable[[], Any]:
    return make_crowd


def test_a_big_week_is_drawn_and_dragged(sign_in: SignIn) -> None:
    page = sign_in(Role.OFFICE)
    for view in ("week", "day"):
        started = time.perf_counter()
        page.goto(f"/schedule?day={DAY}&view={view}")
        expect(page.locator("[data-board][data-drawn]")).to_be_visible()
        drawn = time.perf_counter() - started
        script = page.evaluate("performance.getEntriesByName('board-drawn')[0]?.startTime")
        count = page.locator(".ec-event").count()
        event = page.locator(".ec-event").first
        box = event.bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + 8, box["y"] + 8)
        page.mouse.down()
        frames = page.evaluate_handle(
            """() => {
              const frames = [];
              let last = performance.now();
              function next(now) {
                frames.push(now - last);
                last = now;
                if (globalThis.counting) requestAnimationFrame(next);
              }
              globalThis.counting = true;
              requestAnimationFrame(next);
              return frames;
            }"""
        )
        for step in range(30):
            page.mouse.move(box["x"] + 8 + 6 * step, box["y"] + 8 + 3 * step)
        started = time.perf_counter()
        page.mouse.up()
        expect(page.locator("[data-undo]")).to_be_visible()
        dropped = time.perf_counter() - started
        times = sorted(page.evaluate("(frames) => { globalThis.counting = false; return frames; }", frames))
        print(  # noqa: T201 - the figures are asked for
            f"{view}: {count} visits drawn in {drawn:.2f} s with the page ({script:.0f} ms in the browser); "
            f"a drag: median frame {times[len(times) // 2]:.0f} ms, slowest {times[-1]:.0f} ms; "
            f"dropped and said {dropped:.2f} s"
        )
        assert drawn < 10
