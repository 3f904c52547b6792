"""The dispatch board by finger: rested on, a visit or an order of the tray is dragged; at once, what is under it scrolls."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from fsm.users.models import Role
from tests.browser.conftest import TABLET, SignIn
from tests.browser.test_schedule import make, middle_of, opened, plan_of, spot

pytestmark = pytest.mark.browser
REST_MS = 500  # the board waits for 350
STEPS = 8
SETTLED_MS = 500
TRAY, OTHER, PLANNED = "SO-2600003", "SO-2600002", "SO-2600001"


@pytest.fixture(scope="module")
def seed() -> Callable[[], Any]:
    return make


class Finger:
    """One finger, by the browser's own input: it scrolls and cancels as a real one does."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.session = page.context.new_cdp_session(page)

    def _send(self, kind: str, *points: tuple[float, float]) -> None:
        self.session.send(
            "Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]}
        )

    def drag(
        self,
        start: tuple[float, float],
        end: tuple[float, float],
        *,
        rest_ms: int = REST_MS,
        held: Callable[[], None] = lambda: None,
    ) -> None:
        """Down, a rest, along, up when ``held`` has seen what it waits for."""
        self._send("touchStart", start)
        self.page.wait_for_timeout(rest_ms)
        for step in range(1, STEPS + 1):
            share = step / STEPS
            self._send("touchMove", (start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share))
            self.page.wait_for_timeout(16)
        held()
        self._send("touchEnd")


def place_in(page: Page, number: str) -> tuple[float, float]:
    """Where an order lies in the tray."""
    box = page.locator("[data-tray]").get_by_role("button", name=number).bounding_box()
    assert box is not None
    return box["x"] + 60, box["y"] + 20


def test_visits_are_dragged_by_a_finger_that_rests_on_them(sign_in: SignIn) -> None:
    page = opened(sign_in(Role.OFFICE, **TABLET))
    finger, toast = Finger(page), page.locator("[data-undo]")

    finger.drag(place_in(page, TRAY), spot(page, "Sara", 13.02))
    expect(toast).to_contain_text(f"{TRAY} planned: Sara")
    assert plan_of(page)[TRAY] == ("Sara", "13:00", "15:00")

    finger.drag(middle_of(page, TRAY), spot(page, "Tom", 12.02))
    expect(toast).to_contain_text(f"{TRAY} moved: Tom")
    assert plan_of(page)[TRAY] == ("Tom", "11:00", "13:00")
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_a_finger_that_does_not_rest_scrolls(sign_in: SignIn) -> None:
    page = opened(sign_in(Role.OFFICE, **TABLET))
    finger, before = Finger(page), plan_of(page)
    start = middle_of(page, PLANNED)
    finger.drag(start, (start[0] - 120, start[1]), rest_ms=0)
    page.wait_for_timeout(SETTLED_MS)
    assert page.locator(".ec-main").evaluate("(board) => board.scrollLeft") > 40
    assert plan_of(page) == before
    expect(page.locator("[data-undo]")).to_be_hidden()
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_the_board_scrolls_under_an_order_that_is_held_at_its_edge(sign_in: SignIn) -> None:
    """On a phone the hours of the evening lie beyond the screen."""
    page = opened(sign_in(Role.OFFICE, viewport={"width": 390, "height": 844}, has_touch=True))
    board = page.locator(".ec-main")
    board.scroll_into_view_if_needed()
    box = board.bounding_box()
    assert box is not None
    row = spot(page, "Tom", 8)[1]

    def scrolled() -> None:
        expect(page.locator("[data-hovered]")).to_contain_text(re.compile("Tom · .* 1[789]:"))

    Finger(page).drag(place_in(page, OTHER), (box["x"] + box["width"] - 8, row), held=scrolled)
    expect(page.locator("[data-undo]")).to_contain_text(f"{OTHER} planned: Tom")
    assert plan_of(page)[OTHER][1] >= "17:00"
