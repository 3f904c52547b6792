"""A month of an office in a morning, by keyboard alone: thirty orders invoiced, posted, sent, paid, credited, reviewed.

Each step leaves a picture in ``test-results/month`` to be looked at.
"""

import datetime as dt
import re
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from fsm.core.db import writing
from fsm.users.models import Role
from tests import factories
from tests.browser.conftest import RESULTS, SignIn, Watch
from tests.browser.test_keyboard import keys, palette

pytestmark = [pytest.mark.browser, pytest.mark.soak]
TODAY = dt.datetime.now(ZoneInfo("Europe/Brussels")).date()
PICTURES = RESULTS / "month"
MOST_TABS = 150
FOCUSED = """() => {
  const element = document.activeElement;
  if (!element.matches("a, button, input, select, summary")) return "";
  return element.innerText || element.labels?.[0]?.innerText;
}"""


@pytest.fixture(scope="module")
def seed() -> Callable[[], None]:
    """Thirty Done orders of five payers, a few days old."""

    def make() -> None:
        with writing(bulk=True):
            factories.make_month(30, 5, day=TODAY - dt.timedelta(days=3))

    return make


class Morning:
    """The manager's page, and the pictures of it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        PICTURES.mkdir(parents=True, exist_ok=True)
        for old in PICTURES.glob("*.png"):
            old.unlink()
        self.place = 0

    def picture(self, name: str) -> None:
        """What is on the screen now."""
        expect(self.page.locator("html[data-ready]")).to_be_attached()
        self.place += 1
        self.page.screenshot(path=Path(PICTURES) / f"{self.place:02d}-{name}.png")

    def tab_to(self, name: str) -> None:
        """Tab until what bears this name has the focus."""
        expect(self.page.locator("html[data-ready]")).to_be_attached()
        for _press in range(MOST_TABS):
            self.page.keyboard.press("Tab")
            words = self.page.evaluate(
                "() => document.activeElement?.innerText || document.activeElement?.labels?.[0]?.innerText"
            )
            if name in (words or ""):
                return
        pytest.fail(f"the keyboard never comes to {name}")

    def tick(self, count: int) -> None:
        """Tick the first rows of a list."""
        for _row in range(count):
            keys(self.page, "j", "x")


def test_a_month_by_keyboard(sign_in: SignIn, watch: Watch) -> None:
    page = sign_in(Role.MANAGER)
    watch.refusals.add(422)
    morning = Morning(page)
    invoice_all(page, morning)
    collect(page, morning)
    look_through(page, morning)


def invoice_all(page: Page, morning: Morning) -> None:
    """The month's orders become posted invoices by one run."""
    morning.picture("dashboard")
    keys(page, "g", "t")
    expect(page).to_have_url(re.compile("done-not-invoiced"))
    morning.picture("to-invoice")

    keys(page, "g", "e")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Month-end")
    morning.picture("month-end")
    morning.tab_to("Make drafts, to be looked at first")
    page.keyboard.press("ArrowDown")
    morning.tab_to("Start: 30 invoices")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name=re.compile(f"FA-{TODAY:%y}0000")).first).to_be_visible(timeout=90_000)
    morning.picture("run")


def collect(page: Page, morning: Morning) -> None:
    """One is paid, one credited; payments are looked at."""
    keys(page, "g", "i")
    expect(page).to_have_url(re.compile("/invoices"))
    morning.picture("invoices")
    palette(page, f"FA-{TODAY:%y}00007")
    morning.picture("palette")
    keys(page, "Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"FA-{TODAY:%y}00007")
    morning.picture("invoice")
    keys(page, "p")
    expect(page.get_by_label("Amount received")).to_be_visible()
    morning.picture("payment")
    keys(page, "Control+Enter")
    expect(page.locator("#flashes")).to_contain_text("was registered.")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Paid")

    palette(page, f"FA-{TODAY:%y}00008")
    keys(page, "Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"FA-{TODAY:%y}00008")
    morning.tab_to("Add credit note")
    page.keyboard.press("Enter")
    morning.picture("credit")

    keys(page, "g", "p")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Payments")
    morning.picture("payments")


def look_through(page: Page, morning: Morning) -> None:
    """The books: trial balance, an account, the review of entries, periods."""
    keys(page, "g", "b")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Trial balance")
    morning.picture("trial-balance")
    keys(page, "j", "Enter")
    morning.picture("account")

    palette(page, "Review")
    keys(page, "Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Review of journal entries")
    morning.picture("review")
    morning.tick(3)
    keys(page, "Control+Enter")
    expect(page.locator("#flashes")).to_contain_text("3 entries were reviewed.")
    morning.picture("reviewed")
    palette(page, "Periods")
    keys(page, "Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Periods")
    morning.picture("periods")
    keys(page, "?")
    expect(page.get_by_role("complementary", name="Keyboard")).to_be_visible()
    morning.picture("keys")
