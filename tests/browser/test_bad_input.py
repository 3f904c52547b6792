"""What goes wrong in life, in the browser: wrong figures, double presses, two tabs, Back. It is said, and changes nothing."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from fsm.core.db import writing
from fsm.users.models import Role
from tests import factories
from tests.browser.conftest import SignIn, Site, Watch

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def seed() -> Any:
    """Three drafts and a posted invoice over 1,210.00."""

    def make() -> dict[str, int]:
        with writing(bulk=True):
            customer = factories.make_customer()
            posted = factories.make_posted_invoice(customer, on=factories.TODAY)
            ids = [factories.make_invoice(customer).id for _ in range(3)]
            return {"posted": posted.id, "typed": ids[0], "shared": ids[1], "final": ids[2]}

    return make


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).first.click()


def test_three_decimals_stay_typed(site: Site, sign_in: SignIn, watch: Watch) -> None:
    watch.refusals = {422}
    page = sign_in(Role.OFFICE)
    page.goto(f"/invoices/{site.rows['typed']}/edit")
    quantity = page.locator("#lines-0-quantity")
    quantity.fill("1.234")
    page.locator("#lines-0-description").fill("Work, and a word more")
    expect(page.locator("#totals")).to_contain_text("Lines with an error are not counted.")
    press(page, "Save draft")
    expect(page.locator("#lines-0-quantity-error")).to_have_text(re.compile("At most 2 decimals"))
    expect(quantity).to_have_value("1.234")
    expect(quantity).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#lines-0-description")).to_have_value("Work, and a word more")
    quantity.fill("1.23")
    press(page, "Save draft")
    expect(page.locator("#flashes")).to_contain_text("The draft was saved.")
    # 1.23 × 1,000.00 and 21 %.
    expect(page.locator("#totals")).to_contain_text("1,488.30")


def test_the_same_form_twice_works_once(sign_in: SignIn, watch: Watch) -> None:
    page = sign_in(Role.OFFICE)
    page.goto("/customers/new")
    page.get_by_label("Name").first.fill("Twice and once more BV")
    ends = page.evaluate("""async () => {
      const form = document.querySelector("form.form");
      const send = () => fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
      const answers = await Promise.all([send(), send()]);
      answers.push(await send());
      return answers.map((answer) => [answer.status, new URL(answer.url).pathname]);
    }""")
    assert len({tuple(end) for end in ends}) == 1, ends
    assert re.fullmatch(r"/customers/\d+", ends[0][1])
    page.goto("/customers?q=twice")
    expect(page.locator("tbody tr")).to_have_count(1)


def test_two_tabs_edit_one_draft(site: Site, sign_in: SignIn, watch: Watch) -> None:
    watch.refusals = {409}
    first = sign_in(Role.OFFICE)
    second = first.context.new_page()
    for page, words in ((first, "First tab's words"), (second, "Second tab's words")):
        page.goto(f"/invoices/{site.rows['shared']}/edit")
        page.get_by_label("Customer's reference").fill(words)
        page.locator("#lines-0-description").fill(words)
    press(first, "Save draft")
    expect(first.locator("#flashes")).to_contain_text("The draft was saved.")
    with second.expect_response(
        lambda answer: answer.request.method == "POST" and answer.url.endswith("/edit")
    ) as answer:
        press(second, "Save draft")
    assert answer.value.status == 409
    expect(second.locator("[data-errors]")).to_contain_text("meanwhile")
    expect(second.get_by_label("Customer's reference")).to_have_value("Second tab's words")
    expect(second.locator("main .notice.warning").first).to_contain_text("First tab's words")
    expect(second.locator("main .notice.warning").last).to_contain_text("First tab's words")
    first.reload()
    expect(first.get_by_label("Customer's reference")).to_have_value("First tab's words")


def test_more_than_is_due(site: Site, sign_in: SignIn, watch: Watch) -> None:
    watch.refusals = {422}
    page = sign_in(Role.OFFICE)
    page.goto(f"/payments/register?invoice_id={site.rows['posted']}")
    amount = page.get_by_label("Amount received")
    amount.fill("1300")
    press(page, "Register payment")
    expect(page.locator("[data-errors]")).to_be_visible()
    expect(page.locator("#amount-error, #keep_rest_on_account-error").first).to_contain_text("1,210.00")
    expect(amount).to_have_value("1300")
    page.goto("/payments")
    expect(page.locator("tbody tr")).to_have_count(0)


def test_back_after_posting(site: Site, sign_in: SignIn, watch: Watch) -> None:
    watch.refusals = {409}
    page = sign_in(Role.OFFICE)
    draft = f"/invoices/{site.rows['final']}"
    page.goto(f"{draft}/edit")
    press(page, "Review and post")
    page.locator("header.top .actions").get_by_role("button", name="Post").click()
    expect(page.locator("#flashes")).to_contain_text("is posted.")
    number = page.locator("h1").inner_text().split()[0]
    page.go_back()  # to the review; the browser shows it again, or the server sends on
    page.wait_for_load_state()
    if page.url.endswith("/review"):
        page.locator("header.top .actions").get_by_role("button", name="Post").click()
    expect(page).to_have_url(re.compile(f"{draft}$"))
    expect(page.locator("h1")).to_contain_text(number)
    page.goto(f"{draft}/edit")
    expect(page.locator("body")).to_contain_text(f"{number} is posted: it is final.")
    page.goto("/invoices?tab=posted")
    expect(page.locator("tbody tr")).to_have_count(2)
