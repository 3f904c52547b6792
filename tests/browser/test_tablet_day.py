"""A technician's whole day without a network, from the first hour in the van to the office's posted invoices."""

import base64
import datetime as dt
import io
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa
from PIL import Image, ImageEnhance
from playwright.sync_api import Browser, Page, Playwright, expect

from fsm.core.audit import now
from fsm.core.db import session
from fsm.home import checks
from fsm.invoices.models import Invoice
from fsm.service_orders.models import OrderState
from fsm.users.models import Role
from tests import factories
from tests.browser.conftest import DESKTOP, Watch
from tests.browser.van import WITH_OUTBOX, Server, Tablet, capture, hours, serving, sync_until_empty
from tests.browser.weak_line import Line, weak_line
from tests.conftest import user_of
from tests.tablet.sending import picture

pytestmark = [pytest.mark.browser, pytest.mark.soak]
ORDERS, ENTRIES, PARTS, PHOTOS = 6, 20, 15, 12
# What the page's own buttons do with a file and a canvas.
TAKE = f"""async ({{ order_id, photo, kind }}) => {{ {WITH_OUTBOX}
  const {{ shrunk }} = await import("/static/js/tablet/photos.js");
  const user = await outbox.currentUser();
  const order = await (await outbox.storeOf(user.id)).get("orders", order_id);
  const raw = Uint8Array.from(atob(photo), (letter) => letter.codePointAt(0));
  const isPhoto = kind === "add_photo";
  const blob = isPhoto
    ? await shrunk(new Blob([raw], {{ type: "image/jpeg" }}))
    : {{ sha256: await outbox.sha256(raw.buffer), bytes: raw.buffer, type: "image/png", kind: "signature" }};
  const values = isPhoto ? {{ sha256: blob.sha256, caption: "" }} : {{ sha256: blob.sha256, signed_by: "An Peeters" }};
  await outbox.add(user.id, {{ order_id, kind, values, grant: order.grant }}, [blob]);
}}"""
HELD = f"""async () => {{ {WITH_OUTBOX}
  const user = await outbox.currentUser();
  return (await (await outbox.storeOf(user.id)).getAll("orders")).map((order) => order.number);
}}"""
# Each hour and part with how many lines of posted invoices claim it.
CLAIMED = """
SELECT claim.time_entry_id, claim.part_used_id, count(*)
FROM work_claim AS claim
JOIN invoice_line AS line ON line.id = claim.bill_line_id
JOIN invoice ON invoice.id = line.invoice_id AND invoice.id = claim.bill_id
WHERE claim.bill_kind = 'invoice' AND claim.is_final AND claim.released_at IS NULL AND invoice.state = 'posted'
GROUP BY claim.time_entry_id, claim.part_used_id
"""


def seed() -> list[int]:
    """Six orders of today."""
    technician = user_of(Role.TECHNICIAN)
    factories.make_rate(name="Work", price=Decimal(60))
    factories.make_item(code="PUMP-25", sale_price=Decimal(100))
    ids = []
    for place in range(ORDERS):
        order = factories.make_order(
            factories.make_site(factories.make_customer(name=f"Café {place}")), state=OrderState.SCHEDULED
        )
        factories.make_visit(order, technician, now())
        ids.append(order.id)
    return ids


@pytest.fixture(scope="module")
def place(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, list[int]]]:
    with serving(sqlite_template, tmp_path_factory.mktemp("day"), seed) as running:
        yield running


@pytest.fixture
def line(place: tuple[Server, list[int]]) -> Iterator[Line]:
    with weak_line(place[0].port) as opened:
        yield opened


@pytest.fixture
def tablet(playwright: Playwright, line: Line, tmp_path: Path) -> Iterator[Tablet]:
    device = Tablet(playwright, line, tmp_path / "profile")
    yield device
    device.close()


def noisy(number: int) -> bytes:
    """A photo as a tablet takes it, 2,000 pixels wide: much detail, so that it weighs what photos weigh."""
    detail = Image.effect_noise((500, 375), 60).resize((2000, 1500), Image.Resampling.BICUBIC).convert("RGB")
    buffer = io.BytesIO()
    ImageEnhance.Color(detail).enhance(1 + number / 20).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def work(page: Page, orders: list[int]) -> None:
    """All that is captured on the day."""
    for place in range(ENTRIES):
        capture(page, orders[place % ORDERS], "log_time", hours(-48 + place / 2))
    for place in range(PARTS):
        capture(page, orders[place % ORDERS], "add_part", {"code": "PUMP-25", "quantity": str(place + 1)})
    pictures = [base64.b64encode(noisy(number)).decode() for number in range(PHOTOS)]
    for place, photo in enumerate(pictures):
        page.evaluate(TAKE, {"order_id": orders[place % ORDERS], "photo": photo, "kind": "add_photo"})
    signature = base64.b64encode(picture()).decode()
    for order_id in orders:
        capture(page, order_id, "write_report", {"report": "All well.", "before": {"report": ""}})
        page.evaluate(TAKE, {"order_id": order_id, "photo": signature, "kind": "sign"})
        capture(page, order_id, "finish")


def invoice(page: Page) -> None:
    """The office looks at what is done, says so, and posts an invoice of each order."""
    page.goto("/login")
    page.get_by_label("E-mail").fill("office@test.example")
    page.get_by_label("Password").fill(factories.PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("navigation", name="Main")).to_be_attached()
    tomorrow = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=1)
    page.goto(f"/invoices/month-end?to_date={tomorrow.isoformat()}")
    boxes = page.locator("#to-validate").get_by_role("checkbox")
    expect(boxes).to_have_count(ORDERS)
    for box in boxes.all():
        box.check()
    page.get_by_role("button", name="Validate the chosen ones").click()
    page.get_by_label("Make drafts and post them all").check()
    page.get_by_role("button", name=f"Start: {ORDERS} invoices").click()
    expect(page.get_by_role("link", name="FA-")).to_have_count(ORDERS, timeout=60_000)


def test_a_whole_day_without_a_network(
    tablet: Tablet, line: Line, place: tuple[Server, list[int]], chrome: Browser, watch: Watch
) -> None:
    """6 orders, 20 time entries, 15 parts, 12 photos, 6 signatures; then online: everything once, and what it took.

    Then the office bills the day: each hour and each part stands once on a posted invoice, and the books are sound.
    """
    server, orders = place
    page = tablet.log_in()
    page.context.set_offline(True)
    work(page, orders)
    page.reload()
    expect(page.locator("#pill")).to_contain_text("65 waiting")
    line.sent = line.received = 0
    started = time.monotonic()
    page.context.set_offline(False)
    sync_until_empty(page)
    seconds = time.monotonic() - started
    print(f"a day: {seconds:.1f} s, {line.sent} bytes sent, {line.received} received")  # noqa: T201 - asked for
    counts = [server.rows(f"SELECT count(*) FROM {table}")[0][0] for table in ("time_entry", "part_used", "photo")]
    assert counts == [ENTRIES, PARTS, PHOTOS]
    states = server.rows("SELECT state, signed_by, has_work_to_bill FROM service_order")
    assert states == [("done", "An Peeters", 1)] * ORDERS
    assert len(page.evaluate(HELD)) == len(page.evaluate("fetch('/tablet/orders').then((one) => one.json())")["orders"])

    started = time.monotonic()
    context = chrome.new_context(base_url=f"http://127.0.0.1:{server.port}", locale="en-GB", **DESKTOP)
    context.on("page", watch.on)
    invoice(context.new_page())
    context.close()
    print(f"billed by the office: {time.monotonic() - started:.1f} s")  # noqa: T201 - asked for
    check_billed(server)


def check_billed(server: Server) -> None:
    """Each hour and part is on one line of one posted invoice, for its price; ``fsm check`` finds nothing."""
    claimed = server.rows(CLAIMED)
    assert {times for _time, _part, times in claimed} == {1}
    for table, column in (("time_entry", 0), ("part_used", 1)):
        wanted = {row[0] for row in server.rows(f"SELECT id FROM {table}")}
        assert {row[column] for row in claimed} - {None} == wanted
    assert len(claimed) == ENTRIES + PARTS
    assert server.rows("SELECT count(*) FROM work_claim") == [(ENTRIES + PARTS,)]
    assert server.rows("SELECT state, count(*) FROM invoice GROUP BY state") == [("posted", ORDERS)]
    assert server.rows("SELECT has_work_to_bill FROM service_order") == [(0,)] * ORDERS
    with server.app().app_context():
        net = session.scalar(sa.select(sa.func.sum(Invoice.total_without_tax)))
        assert net == 10 * 60 + 100 * sum(range(1, PARTS + 1))
        assert checks.run() == []
        session.remove()
