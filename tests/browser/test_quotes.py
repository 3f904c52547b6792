"""S0's procedure in Chromium: quote, sent, signed online by the customer, sales order, deposit of 30 %, final invoice."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from fsm.core.db import writing
from fsm.users.models import Role
from tests import factories
from tests.browser.conftest import TABLET, SignIn, Site, Watch
from tests.browser.test_main_job import sign

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def seed() -> Callable[[], None]:
    """A customer."""

    def make() -> None:
        with writing(bulk=True):
            factories.make_customer(name="Brouwerij De Klok")

    return make


def test_from_quote_to_final_invoice(sign_in: SignIn, site: Site, chrome: Browser, watch: Watch) -> None:
    page = sign_in(Role.OFFICE)
    watch.refusals.add(422)  # the totals of lines that have no price yet
    write_quote(page)
    expect(page.get_by_role("link", name="Signed", exact=True)).to_have_count(0)
    mark_sent(page)
    sign_online(page, site, chrome, watch)
    page.reload()
    signature = page.locator("#signature")
    expect(signature).to_contain_text("An Peeters")
    expect(signature).to_contain_text("online")
    expect(page.get_by_role("link", name="Edit", exact=True)).to_have_count(0)
    page.get_by_role("link", name=re.compile("Sales order BC-")).click()
    expect(page.get_by_role("button", name="Bill the order")).to_have_count(0)
    expect(page.get_by_role("link", name="Create deposit invoice")).to_have_count(0)
    mark_sent(page)
    order = page.url
    deposit(page)
    page.goto(order)
    page.get_by_role("button", name="Bill the order").click()
    expect(page.locator("main")).to_contain_text("847.00")
    post(page)
    expect(page.locator("main")).to_contain_text("847.00")
    page.goto(order)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Billed")
    expect(page.get_by_role("button", name="Bill the order")).to_have_count(0)


def write_quote(page: Page) -> None:
    """A boiler for 1,000.00 at 21 %."""
    page.goto("/quotes/new")
    page.get_by_label("Customer").fill("Brouwerij De Klok")
    page.get_by_role("button", name="Write the lines").click()
    row = page.locator("[data-lines] tbody tr").first
    row.get_by_label("Description", exact=True).fill("A new boiler")
    row.get_by_label("Unit price").fill("1000")
    row.get_by_label("VAT", exact=True).select_option("21")
    expect(page.locator("main")).to_contain_text("1,210.00")
    page.get_by_role("button", name="Save", exact=True).first.click()
    expect(page).to_have_url(re.compile(r"/quotes/\d+(/edit)?$"))
    page.goto(page.url.removesuffix("/edit"))


def mark_sent(page: Page) -> None:
    """By the menu, not from here."""
    page.get_by_text("Mark as sent").click()
    page.get_by_role("button", name="By e-mail").click()
    expect(page.get_by_text("Mark as sent")).to_have_count(0)


def sign_online(page: Page, site: Site, chrome: Browser, watch: Watch) -> None:
    """The office makes a link; the customer, who has no login, signs by it on a tablet, once."""
    page.get_by_role("button", name="Make a link").click()
    link = page.get_by_label("Link for the customer").input_value()
    context = chrome.new_context(base_url=site.url, locale="en-GB", **TABLET)
    context.on("page", watch.on)
    customer = context.new_page()
    customer.goto(link)
    customer.get_by_label("Name").fill("An Peeters")
    sign(customer)
    customer.get_by_role("button", name="Sign the quote").click()
    expect(customer.locator("main")).to_contain_text("is signed")
    watch.refusals |= {404, 409, 410}
    customer.goto(link)
    expect(customer.get_by_role("button", name="Sign the quote")).to_have_count(0)
    context.close()


def deposit(page: Page) -> None:
    """30 %, as the settings propose: 300.00 and 63.00 of VAT; posted and paid."""
    page.get_by_role("link", name="Create deposit invoice").click()
    expect(page.get_by_label("Percentage")).to_have_value(re.compile("^30"))
    page.get_by_role("button", name="Make the draft").click()
    expect(page.locator("main")).to_contain_text("363.00")
    post(page)
    page.get_by_role("link", name="Register payment").first.click()
    page.get_by_role("button", name="Register payment").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Paid")


def post(page: Page) -> None:
    """From a draft or its review."""
    expect(page).to_have_url(re.compile("/(edit|review)$"))
    if page.url.endswith("/edit"):
        page.get_by_role("button", name="Review and post").first.click()
    page.get_by_role("button", name=re.compile("^Post")).first.click()
    expect(page.locator("#flashes")).to_contain_text("is posted.")
