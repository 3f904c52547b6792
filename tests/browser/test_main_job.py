"""The main job, as people do it: planned, done on site, invoiced, posted, paid, credited, and found in the books."""

import datetime as dt
import io
import re
from collections.abc import Callable
from decimal import Decimal as D
from zoneinfo import ZoneInfo

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, Request, expect

from fsm.core.db import writing
from fsm.service_orders.models import OrderState
from fsm.users.models import Role
from tests import factories
from tests.browser.conftest import TABLET, SignIn, Site, Watch
from tests.conftest import user_of

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize(
        "site", ["sqlite", pytest.param("postgresql", marks=[pytest.mark.postgresql, pytest.mark.soak])], indirect=True
    ),
]

TODAY = dt.datetime.now(ZoneInfo("Europe/Brussels")).date()
YESTERDAY = TODAY - dt.timedelta(days=1)
NUMBERS = [f"FA-{TODAY:%y}{number:05d}" for number in range(1, 4)]
# What a technician must never read, on no page: the prices of the rate and of the items, what they cost, the totals.
SECRETS = re.compile(r"65[.,]00|189[.,]90|120[.,]00|4[.,]35|1[.,]90\b|162[.,]50|365[.,]45")


@pytest.fixture(scope="module")
def seed() -> Callable[[], None]:
    """A part in the catalog, and another customer's order that is done: 2 h at 65 and one part of 12.50."""

    def make() -> None:
        with writing(bulk=True):
            technician = user_of(Role.TECHNICIAN)
            factories.make_item(code="SEAL-1", description="Seal DN25", sale_price=D("4.35"), purchase_price=D("1.90"))
            item = factories.make_item()
            noon = dt.datetime.combine(YESTERDAY, dt.time(11), dt.UTC)
            order = factories.make_order(
                factories.make_site(factories.make_customer()),
                number="SO-OTHER",
                description="Yearly service",
                report="Serviced.",
                state=OrderState.DONE,
                done_at=noon,
                validated_at=noon,
            )
            rate = factories.make_rate(name="Weekend", is_default=False)
            factories.make_time(order, technician, rate, noon - dt.timedelta(hours=6), minutes=120)
            factories.make_part(order, technician, item)

    return make


def press(page: Page, name: str) -> None:
    """Press the visible button, link or menu of this very name; a menu may have its key printed on it."""
    button, link = (page.get_by_role(role, name=name, exact=True) for role in ("button", "link"))
    menu = page.locator("summary").filter(has_text=re.compile(f"^\\s*{re.escape(name)}\\s*[a-z]?\\s*$"))
    button.or_(link).or_(menu).locator("visible=true").first.click()


def fact(page: Page, label: str) -> Locator:
    """The value beside a label, in facts and in totals."""
    return page.locator("dl > div").filter(has=page.get_by_text(label, exact=True)).locator("dd")


def said(page: Page, words: str) -> None:
    """The flash at the top of the page."""
    expect(page.locator("#flashes")).to_contain_text(words)


def prepare(page: Page) -> str:
    """The office: customer with site, part, rate, order, visit. Gives the order's address."""
    page.goto("/customers/new")
    page.get_by_label("Name", exact=False).first.fill("Brouwerij De Klok")
    page.get_by_label("Street and number").first.fill("Kaai 7")
    page.get_by_label("Postal code").first.fill("2000")
    page.get_by_label("City").first.fill("Antwerpen")
    page.get_by_label("VAT number").fill("BE0417497106")
    page.get_by_label("Subject to VAT").check()
    press(page, "Save customer")
    said(page, "Brouwerij De Klok was saved.")
    expect(page.get_by_role("link", name="Kaai 7")).to_be_visible()
    press(page, "New site")
    page.get_by_label("Name").fill("Boiler house")
    page.get_by_label("Street and number").fill("Dok 12")
    page.get_by_label("City").fill("Antwerpen")
    page.get_by_label("Access code").fill("4711")
    press(page, "Save site")
    expect(page.get_by_text("Boiler house").first).to_be_visible()

    page.goto("/catalog/items/new")
    page.get_by_label("Code", exact=False).first.fill("PUMP-25")
    page.get_by_label("Description").fill("Circulation pump")
    page.get_by_label("Sale price").fill("189,90")
    page.get_by_label("Purchase price").fill("120")
    press(page, "Save item")
    expect(page.get_by_role("row").filter(has_text="PUMP-25")).to_contain_text("189.90")
    page.goto("/catalog/rates/new")
    page.get_by_label("Name").fill("Mechanic")
    page.get_by_label("Price").fill("65")
    page.get_by_label("Default of its kind").check()
    press(page, "Save rate")
    expect(page.get_by_role("row").filter(has_text="Mechanic")).to_contain_text("65.00")

    page.goto("/service-orders")
    press(page, "New service order")
    page.locator("main").get_by_role("searchbox").fill("klok")
    press(page, "Filter")
    page.get_by_role("row").filter(has_text="Boiler house").get_by_role("link").first.click()
    page.get_by_label("What is to be done").fill("The pump makes noise")
    page.get_by_label("Customer's reference").fill("PO 4501")
    press(page, "Create service order")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Unscheduled")
    address = page.url
    page.locator("#visits").get_by_role("link", name="Plan a visit").click()
    page.get_by_label("Technician").select_option(label="Technician")
    page.get_by_label("Start").fill(f"{TODAY}T08:00")
    page.get_by_label("End").fill(f"{TODAY}T10:00")
    press(page, "Plan visit")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Scheduled")
    return address


def sees_no_price(page: Page) -> None:
    """No sale price, no purchase price, no total, in nothing that was sent."""
    found = SECRETS.search(page.content())
    assert found is None, f"{found} on {page.url}"
    assert "purchase" not in page.content().lower()


def work(page: Page) -> None:
    """The technician on a tablet: start, 2.5 h, two parts, photo, report, signature, Done."""
    page.goto("/")
    expect(page).to_have_url(re.compile("/service-orders/mine$"))
    sees_no_price(page)
    page.get_by_role("link", name="Brouwerij De Klok").tap()
    expect(page.get_by_text("4711")).to_be_visible()
    press(page, "Start")
    expect(page.get_by_role("heading", level=1)).to_contain_text("In progress")
    sees_no_price(page)

    press(page, "Log time")
    page.get_by_label("Rate").select_option(label="Mechanic")
    page.get_by_label("Start").fill(f"{YESTERDAY}T09:00")
    page.get_by_label("End").fill(f"{YESTERDAY}T11:30")
    page.get_by_label("What was done").fill("Pump replaced")
    sees_no_price(page)
    page.locator("main").get_by_role("button", name="Log time").click()
    expect(page.locator("#time")).to_contain_text("2 h 30")

    for words, quantity in (("pump", "1"), ("DN25", "3")):
        page.get_by_label("Search parts").press_sequentially(words)
        found = page.locator("#found-parts form")
        expect(found).to_have_count(1)
        found.get_by_role("textbox").fill(quantity)
        sees_no_price(page)
        found.get_by_role("button", name="Add").tap()
        said(page, "was added.")
    expect(page.locator("#parts tbody tr")).to_have_count(2)
    sees_no_price(page)

    press(page, "Add photos")
    expect(page.get_by_role("heading", level=1)).to_have_text("Photos")
    page.wait_for_load_state()
    page.locator("input[type=file]").set_input_files(
        {"name": "pump.jpg", "mimeType": "image/jpeg", "buffer": picture()}
    )
    expect(page.locator("[data-previews] canvas")).to_be_visible()
    press(page, "Save photos")
    expect(page.locator("#photos img")).to_have_count(1)
    assert page.locator("#photos img").evaluate("async (image) => { await image.decode(); return image.naturalWidth }")

    press(page, "Write")
    page.get_by_label("Report").fill("Pump and seals replaced, bled, tested at 2 bar.")
    press(page, "Save report")
    expect(page.locator("#report")).to_contain_text("tested at 2 bar")

    press(page, "Finish")
    page.get_by_label("Name of the customer").fill("Jan Klok")
    sign(page)
    press(page, "Done")
    said(page, "is done.")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Done")
    expect(page.locator("#signature img")).to_be_visible()
    sees_no_price(page)
    for closed in (
        "/invoices",
        "/service-orders/done-not-invoiced",
        "/catalog",
        "/customers",
        "/reports/trial-balance",
    ):
        assert page.request.get(closed).status == 403, closed


def picture() -> bytes:
    """A photo, larger than what is sent in the end."""
    buffer = io.BytesIO()
    Image.new("RGB", (2400, 1200), "steelblue").save(buffer, "JPEG")
    return buffer.getvalue()


def sign(page: Page) -> None:
    """A stroke over the canvas."""
    canvas = page.locator("canvas[data-signature]")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 40, box["y"] + 40)
    page.mouse.down()
    for step in range(1, 12):
        page.mouse.move(box["x"] + 40 + 15 * step, box["y"] + 40 + (step % 3) * 15)
    page.mouse.up()
    expect(page.locator("input[name=signature]")).to_have_value(re.compile("^data:image/png"))


def invoice(page: Page) -> str:
    """The office: to invoice, validate, draft, edit a line, review, post. Gives the invoice's address.

    2.5 h × 65 = 162.50, 1 × 189.90, 3 × 4.35 = 13.05: 365.45. With the seal at 4.50: 365.90, VAT 76.84, total 442.74.
    """
    page.goto("/service-orders/done-not-invoiced")
    row = page.get_by_role("row").filter(has_text="Brouwerij De Klok")
    expect(row).to_contain_text("365.45")
    # With the other order's 2 × 65 + 12.50.
    expect(page.locator(".stat").first).to_contain_text("507.95")
    row.get_by_role("link", name="Validate").click()
    order = page.url.removesuffix("/validate")
    press(page, "Validate and create invoice")
    expect(page).to_have_url(re.compile(r"/invoices/\d+/edit$"))
    draft = page.url
    page.go_back()
    press(page, "Validate and create invoice")
    expect(page).to_have_url(draft)
    page.goto(order)
    expect(page.get_by_role("button", name="Create invoice")).to_have_count(0)
    expect(page.locator("#time")).to_contain_text("On a draft")

    page.goto(draft)
    lines = page.locator("[data-lines] tbody tr")
    expect(fact(page, "Total")).to_contain_text("442.19")
    seal = lines.filter(has=page.locator("input[value*='Seal']"))
    seal.get_by_label("Unit price").fill("4.50")
    expect(seal.locator("[data-line-total]")).to_have_text("13.50")
    expect(fact(page, "Total without VAT")).to_have_text("365.90")
    expect(fact(page, "Total")).to_contain_text("442.74")
    press(page, "Review and post")

    expect(fact(page, "Number to come")).to_have_text(NUMBERS[0])
    expect(fact(page, "Customer's reference")).to_have_text("PO 4501")
    # 2.5 h at 38 and the purchase prices: 95.00 + 120.00 + 3 × 1.90.
    expect(fact(page, "Cost")).to_contain_text("220.70")
    expect(fact(page, "Margin")).to_contain_text("145.20")
    entry = page.locator("section.panel").filter(has=page.get_by_role("heading", name="Journal entry"))
    for account, amount in (("400000", "442.74"), ("705000", "162.50"), ("700000", "203.40"), ("451000", "76.84")):
        expect(entry.get_by_role("row").filter(has_text=account)).to_contain_text(amount)
    press(page, f"Post {NUMBERS[0]}")
    said(page, f"{NUMBERS[0]} is posted.")
    return page.url


def collect(page: Page, address: str) -> None:
    """PDF, sent, 200.00, then the rest of 242.74, after which it is paid."""
    answer = page.request.get(f"{address}/pdf")
    assert answer.status == 200
    assert answer.body().startswith(b"%PDF")
    press(page, "Mark as sent")
    press(page, "By post")
    said(page, "It is marked as sent.")
    for amount, left in (("200", "242.74"), (None, "0.00")):
        page.locator("header.top").get_by_role("link", name="Register payment").click()
        if amount:
            page.get_by_label("Amount received").fill(amount)
        else:
            expect(page.get_by_label("Amount received")).to_have_value("242.74")
        press(page, "Register payment")
        said(page, "was registered.")
        expect(page.locator(".stat").filter(has_text="Amount due")).to_contain_text(left)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Paid")
    expect(page.locator("#payments")).to_contain_text("200.00")


def credit(page: Page) -> str:
    """The other order: posted over 142.50 + VAT, its 2 h credited and to bill again. Gives the invoice's address."""
    page.goto("/service-orders/done-not-invoiced")
    page.get_by_role("link", name="SO-OTHER").click()
    press(page, "Create invoice")
    press(page, "Review and post")
    expect(fact(page, "Total")).to_contain_text("172.43")
    press(page, f"Post {NUMBERS[1]}")
    said(page, "is posted.")
    address = page.url
    press(page, "Add credit note")
    page.get_by_label("Quantity to credit of Filter").fill("0")
    page.get_by_label("Yes: lines that are credited in full").check()
    press(page, "Review credit note")
    expect(fact(page, "Total")).to_contain_text("157.30")
    press(page, f"Post NC-{TODAY:%y}00001")
    said(page, "is posted.")
    page.goto("/service-orders/done-not-invoiced")
    expect(page.get_by_role("row").filter(has_text="SO-OTHER")).to_contain_text("130.00")
    page.get_by_role("link", name="SO-OTHER").click()
    expect(page.locator("#time")).to_contain_text("To bill")
    expect(page.locator("#parts")).to_contain_text("Billed")
    return address


def walk_the_books(page: Page, address: str) -> None:
    """The manager: trial balance → account → entry → document → entry."""
    page.goto("/reports/trial-balance")
    row = page.get_by_role("row").filter(has=page.get_by_role("link", name="400000", exact=True))
    # 442.74 + 172.43; 200.00 + 242.74 + 157.30; what is left is the filter: 15.13.
    expect(row).to_contain_text("615.17")
    expect(row).to_contain_text("600.04")
    expect(row).to_contain_text("15.13")
    row.get_by_role("link", name="400000", exact=True).click()
    line = page.get_by_role("row").filter(has_text="442.74").first
    line.get_by_role("link").first.click()
    entry = page.url
    expect(page.get_by_role("row").filter(has_text="451000")).to_contain_text("76.84")
    expect(fact(page, "Document")).to_have_text(NUMBERS[0])
    fact(page, "Document").get_by_role("link").click()
    expect(page).to_have_url(address)
    page.locator("#entries table").get_by_role("link").first.click()
    expect(page).to_have_url(entry)


def read_only(page: Page, address: str) -> None:
    """The accountant reads invoice and books, and can post nothing."""
    page.goto(address)
    expect(page.get_by_role("heading", level=1)).to_contain_text(NUMBERS[0])
    expect(page.locator("header.top .actions").get_by_role("link")).to_have_count(0)
    expect(page.locator("header.top .actions").get_by_role("button")).to_have_count(0)
    expect(page.get_by_text("Margin", exact=True)).to_have_count(0)
    page.goto("/reports/trial-balance")
    expect(page.get_by_role("row").filter(has_text="451000")).to_be_visible()
    token = page.locator('meta[name="csrf-token"]').get_attribute("content")
    form = {"csrf_token": str(token), "form_key": "0" * 32}
    for path in (f"{address}/mark-sent", f"{address}/withdraw", "/invoices/post", f"{address}/post"):
        assert page.request.post(path, form=form).status == 403, path
    assert page.request.get("/invoices/new").status == 403


def test_the_main_job(site: Site, sign_in: SignIn, watch: Watch) -> None:
    foreign: list[str] = []
    office = sign_in(Role.OFFICE)

    def note_foreign(request: Request) -> None:
        if request.url.startswith("http") and not request.url.startswith(site.url):
            foreign.append(request.url)

    office.context.on("request", note_foreign)
    prepare(office)
    work(sign_in(Role.TECHNICIAN, **TABLET))
    address = invoice(office)
    collect(office, address)
    credited = credit(office)
    walk_the_books(sign_in(Role.MANAGER), address)
    read_only(sign_in(Role.ACCOUNTANT), address)
    office.goto(credited)
    expect(office.locator(".stat").filter(has_text="Amount due")).to_contain_text("15.13")
    assert not foreign
