"""The office's day by keyboard alone: go, walk, open, invoice, post, jump, pay; lines pasted and suggested."""

import datetime as dt
import re
from collections.abc import Callable
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from fsm.core.db import writing
from fsm.service_orders.models import OrderState
from fsm.users.models import Role
from tests import factories
from tests.browser.conftest import SignIn, Watch
from tests.conftest import user_of

pytestmark = pytest.mark.browser

TODAY = dt.datetime.now(ZoneInfo("Europe/Brussels")).date()
NUMBER = f"FA-{TODAY:%y}00001"
PASTE = """([element, text]) => {
  const clipboardData = new DataTransfer();
  clipboardData.setData("text/plain", text);
  element.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
}"""


@pytest.fixture(scope="module")
def seed() -> Callable[[], None]:
    """A customer with an order that is done: 2 h at 65 and one filter of 12.50."""

    def make() -> None:
        with writing(bulk=True):
            technician = user_of(Role.TECHNICIAN)
            noon = dt.datetime.combine(TODAY - dt.timedelta(days=1), dt.time(11), dt.UTC)
            for name in ("Brouwerij De Klok", "Zaventem Hotel"):
                order = factories.make_order(
                    factories.make_site(factories.make_customer(name=name)),
                    state=OrderState.DONE,
                    report="Serviced.",
                    done_at=noon,
                    validated_at=noon,
                )
                rate = factories.make_rate(name=f"Rate of {name}", is_default=False)
                factories.make_time(order, technician, rate, noon - dt.timedelta(hours=6), minutes=120)
                factories.make_part(order, technician, factories.make_item(code=f"FLT-{name[:3]}"))

    return make


def keys(page: Page, *pressed: str) -> None:
    """Press keys one after the other, as the scripts of the page are ready for them."""
    expect(page.locator("html[data-ready]")).to_be_attached()
    for key in pressed:
        page.keyboard.press(key)


def palette(page: Page, words: str) -> None:
    """Ctrl+K, some words, and wait for what the server found."""
    keys(page, "Control+k")
    box = page.get_by_role("combobox", name="Go, search, act")
    expect(box).to_be_focused()
    with page.expect_response(re.compile("/search/live")):
        page.keyboard.type(words)


def test_the_day_by_keyboard(sign_in: SignIn, watch: Watch) -> None:
    page = sign_in(Role.OFFICE)
    watch.refusals.add(422)  # the totals of lines that have no price yet
    palette(page, "klok")
    option = page.get_by_role("option", name="Brouwerij De Klok")
    expect(option).to_have_attribute("aria-selected", "true")
    keys(page, "Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Brouwerij De Klok")

    keys(page, "g", "t")
    expect(page).to_have_url(re.compile("done-not-invoiced"))
    keys(page, "j")
    first = page.locator("[data-rows] tbody > tr").first
    expect(first).to_have_class(re.compile("chosen"))
    keys(page, "j", "k", "k")
    expect(first.locator("a").first).to_be_focused()
    keys(page, "Enter")
    expect(page).to_have_url(re.compile(r"/service-orders/\d+$"))
    keys(page, "i")
    expect(page).to_have_url(re.compile(r"/invoices/\d+/edit"))
    lines(page)
    keys(page, "Control+Enter")
    expect(page).to_have_url(re.compile("/review"))
    keys(page, "p")
    expect(page.locator("#flashes")).to_contain_text(f"{NUMBER} is posted.")

    keys(page, "g", "d")
    expect(page).to_have_url(re.compile("/$"))
    palette(page, NUMBER.lower().replace("-", ""))
    expect(page.get_by_role("group", name="This number").get_by_role("option")).to_have_count(1)
    keys(page, "Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text(NUMBER)
    keys(page, "p")
    expect(page.get_by_label("Amount received")).to_be_visible()
    keys(page, "Control+Enter")
    expect(page.locator("#flashes")).to_contain_text("was registered.")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Paid")


def lines(page: Page) -> None:
    """In the draft: two rows pasted from a spreadsheet, a part by its first letters, arrow and Enter."""
    rows = page.locator("[data-lines] tbody tr")
    before = rows.count()
    page.get_by_role("button", name="Add line").focus()
    keys(page, "Enter")
    description = rows.last.get_by_label("Description", exact=True)
    expect(description).to_be_focused()
    page.evaluate(PASTE, [description.element_handle(), "Cleaning\t2\nDisposal\t3\n"])
    expect(rows.nth(before).get_by_label("Description", exact=True)).to_have_value("Cleaning")
    expect(rows.nth(before + 1).get_by_label("Quantity")).to_have_value(re.compile("^3"))
    page.get_by_role("button", name="Add line").focus()
    keys(page, "Enter")
    page.keyboard.type("flt-z")
    expect(page.locator(".suggest [role=option]")).to_have_count(1)
    keys(page, "ArrowDown", "Enter")
    expect(rows.last.get_by_label("Description", exact=True)).to_have_value(re.compile("Filter"))
    expect(rows.last.get_by_label("Quantity")).to_be_focused()
    for row in (before, before + 1):
        rows.nth(row).get_by_label("Unit price").fill("10")


def test_keys_are_told_and_silent_while_typing(sign_in: SignIn, watch: Watch) -> None:
    page = sign_in(Role.OFFICE)
    page.goto("/customers")
    keys(page, "/")
    expect(page.locator("main").get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("cj?")
    expect(page.locator("main").get_by_role("searchbox")).to_have_value("cj?")
    expect(page).to_have_url(re.compile("/customers$"))
    page.locator("h1").click()
    keys(page, "?")
    panel = page.get_by_role("complementary", name="Keyboard")
    expect(panel.get_by_text("New customer")).to_be_visible()
    expect(panel.get_by_text("g t", exact=True)).to_be_visible()
    keys(page, "Escape")
    expect(panel).not_to_be_visible()
    row = page.get_by_role("link", name="Zaventem Hotel")
    row.focus()
    keys(page, "Control+k")
    expect(page.get_by_role("dialog")).to_be_visible()
    keys(page, "Escape")
    expect(row).to_be_focused()
    page.locator("h1").click()
    keys(page, "c")
    expect(page).to_have_url(re.compile("/customers/new"))
    page.goto("/reports/trial-balance") if page.request.get("/reports/trial-balance").ok else page.goto("/search")
    page.locator("h1").click()
    keys(page, "c")  # nothing to create here: the choice of all that can be
    expect(page.get_by_role("option", name="New invoice")).to_be_visible()
