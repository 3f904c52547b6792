"""Working through a list: a summary beside it, the place kept, rows chosen by mouse and keys, nothing lost on Back."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from fsm.core.db import writing
from fsm.invoices import services
from fsm.users.models import Role
from tests import factories
from tests.browser.conftest import SignIn
from tests.conftest import user_of

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def seed() -> Callable[[], None]:
    """Sixty posted invoices, two pages of the list."""

    def make() -> None:
        with writing(bulk=True):
            customer = factories.make_customer()
            drafts = [factories.make_invoice(customer).id for _place in range(60)]
            services.post(drafts, actor_id=user_of(Role.OFFICE).id, today=factories.TODAY)

    return make


def test_working_through_a_list(sign_in: SignIn) -> None:
    page = sign_in(Role.OFFICE)
    page.goto("/invoices?tab=posted")
    rows, panel = page.locator("tr[data-row]"), page.locator("#panel")
    page.get_by_role("link", name="Next").click()
    page.get_by_role("link", name="Previous").click()
    listed = page.url

    # The summary stands beside the list; the address says so; Escape, Back and the cross close it.
    number = rows.nth(30).get_by_role("link").inner_text()
    rows.nth(30).locator("td").nth(2).click()
    expect(panel.get_by_role("heading", level=2)).to_have_text(number)
    expect(page).to_have_url(re.compile(r"[?&]open=\d+"))
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(page).to_have_url(listed)
    rows.nth(30).get_by_role("link").press("Enter")
    expect(panel.get_by_role("heading", level=2)).to_have_text(number)
    page.reload()
    expect(panel.get_by_role("heading", level=2)).to_have_text(number)
    page.go_back()
    expect(panel).to_be_hidden()

    # The full page leads back to where the list was left.
    rows.nth(40).locator("td").nth(2).click()
    panel.get_by_role("link", name="Open").click()
    expect(page).to_have_url(re.compile(r"/invoices/\d+$"))
    page.get_by_role("link", name="Invoices").and_(page.locator("a.back")).click()
    expect(page).to_have_url(re.compile(r"tab=posted.*open=\d+"))
    expect(rows.nth(40)).to_be_in_viewport()

    # A range with Shift, the page by the box in the head, then all that match: sixty at once.
    rows.nth(1).get_by_role("checkbox").check()
    rows.nth(4).get_by_role("checkbox").click(modifiers=["Shift"])
    expect(page.get_by_text("4 rows are chosen")).to_be_visible()
    page.get_by_role("checkbox", name="Choose all rows of this page").check()
    expect(page.get_by_text("50 rows are chosen")).to_be_visible()
    page.get_by_role("button", name="Choose all 60").click()
    expect(page.get_by_text("All 60 are chosen")).to_be_visible()
    page.locator("#selection").get_by_role("button", name="Mark as sent").click()
    expect(page.get_by_text("60 documents are marked as sent.")).to_be_visible()


def test_on_a_phone_rows_lead_to_the_page_and_filters_unfold(sign_in: SignIn) -> None:
    page = sign_in(Role.OFFICE, viewport={"width": 390, "height": 844}, has_touch=True)
    page.goto("/invoices?tab=posted")
    expect(page.get_by_label("From")).to_be_hidden()
    page.locator(".more-filters > summary").click()
    expect(page.get_by_label("From")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator("tr[data-row] a").first.click()
    expect(page).to_have_url(re.compile(r"/invoices/\d+$"))
