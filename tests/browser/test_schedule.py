"""The dispatch board in Chromium: one day of two dispatchers, and what is printed of it."""

import datetime as dt
import io
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from fsm.core.db import writing
from fsm.service_orders.models import OrderState
from fsm.users.models import Role
from tests import factories
from tests.browser.conftest import SignIn, Watch

pytestmark = pytest.mark.browser
DAY = dt.date(2026, 3, 23)  # a Monday; Brussels is at UTC+1


def at(hour: float, day: dt.date = DAY) -> dt.datetime:
    return dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC) + dt.timedelta(hours=hour - 1)


def make() -> None:
    """Sara, and Tom with a visit at nine; two orders in the tray."""
    with writing():
        tom = factories.make_user(Role.TECHNICIAN, email="tom@test.example", name="Tom")
        factories.make_user(Role.TECHNICIAN, email="sara@test.example", name="Sara")
        site = factories.make_site(factories.make_customer(name="Zonnebloem"))
        planned = factories.make_order(site, state=OrderState.SCHEDULED)
        factories.make_visit(planned, tom, at(9), hours=1)
        factories.make_order(site, state=OrderState.DRAFT, planned_minutes=60, skills="Gas")
        factories.make_order(site, state=OrderState.DRAFT, planned_minutes=120)


@pytest.fixture(scope="module")
def seed() -> Callable[[], Any]:
    return make


def opened(page: Page, view: str = "day") -> Page:
    page.goto(f"/schedule?day={DAY}&view={view}")
    expect(page.locator("[data-board][data-drawn]")).to_be_visible()
    return page


def spot(page: Page, technician: str, hour: float) -> tuple[float, float]:
    """Where on the screen a technician's hour is."""
    x, y = page.evaluate(
        """([name, hour]) => {
          const heads = [...document.querySelectorAll(".ec-row-head")];
          const row = heads.findIndex((head) => head.innerText.trim() === name);
          const head = heads[row].getBoundingClientRect();
          const day = document.querySelector(".ec-body .ec-day").getBoundingClientRect();
          const figures = JSON.parse(document.querySelector("[data-figures]").textContent);
          const [first, last] = [figures.first, figures.last].map((text) => parseInt(text));
          return [day.left + (day.width * (hour - first)) / (last - first), head.top + head.height / 2];
        }""",
        [technician, hour],
    )
    return float(x), float(y)


def drag(page: Page, start: tuple[float, float], end: tuple[float, float], *, drop: bool = True) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(start[0] + 8, start[1] + 8)
    page.mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2, steps=4)
    page.mouse.move(*end, steps=4)
    if drop:
        page.mouse.up()


def figures(page: Page) -> dict[str, Any]:
    return dict(page.request.get(f"/schedule/data?day={DAY}").json())


def plan_of(page: Page) -> dict[str, tuple[str, str, str]]:
    """By number: technician, start, end."""
    board = figures(page)
    names = {row["id"]: row["name"] for row in board["technicians"]}
    return {v["order"]["number"]: (names[v["technician_id"]], v["start"][11:], v["end"][11:]) for v in board["visits"]}


def middle_of(page: Page, number: str) -> tuple[float, float]:
    box = page.locator(".ec-event", has_text=number).first.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_a_day_is_planned_by_mouse_and_by_keyboard(sign_in: SignIn) -> None:
    page = opened(sign_in(Role.OFFICE))
    gas, other = "SO-2600002", "SO-2600003"
    tray, toast = page.locator("[data-tray]"), page.locator("[data-undo]")
    expect(tray.get_by_role("button")).to_have_count(2)

    # From the tray; what speaks against it is said before it is dropped, and after.
    box = tray.get_by_role("button", name=gas).bounding_box()
    assert box is not None
    drag(page, (box["x"] + 30, box["y"] + 12), spot(page, "Sara", 13.02), drop=False)
    expect(page.locator("[data-hovered]")).to_contain_text("lacks the skill: Gas")
    page.mouse.up()
    expect(toast).to_contain_text(f"{gas} planned: Sara")
    expect(toast).to_contain_text("lacks the skill: Gas")
    expect(tray.get_by_role("button")).to_have_count(1)
    assert plan_of(page)[gas] == ("Sara", "13:00", "14:00")

    # To another technician, longer, and back.
    from_, to = middle_of(page, gas), spot(page, "Tom", 15.52)
    drag(page, from_, (to[0], to[1]))
    expect(toast).to_contain_text(f"{gas} moved: Tom")
    assert plan_of(page)[gas] == ("Tom", "15:00", "16:00")
    event = page.locator(".ec-event", has_text=gas)
    edge = event.locator(".ec-resizer").last.bounding_box()
    assert edge is not None
    drag(page, (edge["x"] + edge["width"] / 2, edge["y"] + 10), (spot(page, "Tom", 16.98)[0], edge["y"] + 10))
    expect(toast).to_contain_text("15:00–17:00")
    assert plan_of(page)[gas] == ("Tom", "15:00", "17:00")
    toast.get_by_role("button", name="Undo").click()
    expect(toast).to_contain_text("Undone.")
    assert plan_of(page)[gas] == ("Tom", "15:00", "16:00")

    # By keyboard alone: open, change, save; then into the tray and back by Ctrl+Z.
    event.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.keyboard.press("Enter")  # the visit has its focus back
    dialog.get_by_label("Technician").select_option(label="Sara")
    dialog.get_by_label("Start").fill(f"{DAY}T09:30")
    expect(dialog).to_contain_text("lacks the skill: Gas")
    page.keyboard.press("Enter")
    expect(toast).to_contain_text(f"{gas} moved: Sara")
    assert plan_of(page)[gas] == ("Sara", "09:30", "10:30")
    event.focus()
    page.keyboard.press("Enter")
    dialog.get_by_role("button", name="Back to the tray").click()
    expect(tray.get_by_role("button")).to_have_count(2)
    page.keyboard.press("Control+z")
    expect(toast).to_contain_text("Undone.")
    assert plan_of(page)[gas] == ("Sara", "09:30", "10:30")

    # An empty slot offers the tray.
    page.mouse.click(*spot(page, "Tom", 12.02))
    dialog.get_by_label("Service order").select_option(label=f"{other} · Zonnebloem, Gent")
    dialog.get_by_role("button", name="Save").click()
    expect(tray).to_contain_text("Nothing waits")
    assert plan_of(page)[other] == ("Tom", "12:00", "14:00")


def test_the_second_dispatcher_is_refused_and_sees_where_the_visit_is_now(sign_in: SignIn, watch: Watch) -> None:
    watch.refusals.add(409)
    page, rival = opened(sign_in(Role.OFFICE)), opened(sign_in(Role.MANAGER))
    planned, toast = "SO-2600001", page.locator("[data-undo]")
    drag(page, middle_of(page, planned), spot(page, "Sara", 11.52))
    expect(toast).to_contain_text(f"{planned} moved: Sara")
    drag(rival, middle_of(rival, planned), spot(rival, "Tom", 16.02))
    refused = rival.locator("[data-undo]")
    expect(refused).to_contain_text(
        "Office has changed this visit meanwhile. It is with Sara now: Mon 23 Mar 11:00–12:00."
    )
    assert plan_of(rival)[planned] == ("Sara", "11:00", "12:00")
    expect(rival.locator(".ec-event", has_text=planned)).to_contain_text("11:00–12:00")


@pytest.mark.parametrize("path", ["?view=day", "?view=week", "/week-plan?", "/agenda?view=day", "/agenda?view=week"])
def test_the_printed_sheet_shows_the_visits_and_nothing_else(sign_in: SignIn, path: str) -> None:
    """Of the board, too, which is drawn along hours on the screen; as it is now, and black on white in the dark."""
    page = sign_in(Role.OFFICE, color_scheme="dark")
    page.goto(f"/schedule{path}&day={DAY}")
    expect(page.locator("[data-board][data-drawn], .week-plan, .agenda").first).to_be_attached()
    sheets = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True))).pages
    text = " ".join(sheets[0].extract_text().split())
    board = figures(page)
    for technician in board["technicians"]:
        assert technician["name"] in text or path == "/agenda?view=week"  # which names those who have something to do
    for visit in board["visits"]:
        times = f"{visit['start'][11:]}–{visit['end'][11:]}"
        assert f"{times} {visit['order']['number']} Zonnebloem, Gent" in text
    assert "23 Mar" in text
    for words in ("Customers", "Propose", "Log out", "Week plan prints", "Earlier"):  # navigation and tools
        assert words not in text
    width, height = sheets[0].mediabox.width, sheets[0].mediabox.height
    assert (width > height) is ("agenda" not in path)
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
