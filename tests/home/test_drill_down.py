"""Every figure of the office's dashboard is the count and the sum of exactly the rows that its link opens."""

import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal as D
from html import unescape

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from fsm.core.db import session, writing
from fsm.core.money import rounded
from fsm.home import queries
from fsm.invoices.models import Invoice, InvoiceFollowUp
from fsm.ledger.models import ItemKind, OpenItem
from fsm.payments import services as payments
from fsm.payments.models import Payment, PaymentKind
from fsm.payments.receivables import PartValues
from fsm.payments.services import RefundValues, RegisterValues
from fsm.service_orders.billable import billable_work
from fsm.service_orders.models import OrderState
from fsm.users.models import Role
from tests import factories
from tests.conftest import user_of

pytestmark = pytest.mark.database
ClientFor = Callable[..., FlaskClient]
NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)  # pages are asked for on the real day
TODAY = NOW.date()


def ids_behind(client: FlaskClient, url: str, pages_of: str) -> list[int]:
    """The ids of the rows of a list, page after page: what their first links lead to."""
    found: list[int] = []
    following: str | None = url
    while following:
        answer = client.get(following)
        assert answer.status_code == 200, following
        page = answer.get_data(as_text=True).partition("<main")[2]
        for row in re.findall(r"<tr\b.*?</tr>", page.partition("<tbody")[2], re.DOTALL):
            links = re.findall(rf'href="/{pages_of}/(\d+)', row)
            found += [int(links[0])] if links else []
        more = re.search(r'rel="next"\s+href="([^"]+)"', page)
        following = unescape(more[1]) if more else None
    assert len(found) == len(set(found))
    return found


def tiles(page: str) -> dict[str, tuple[str, D, int]]:
    """Label -> (link, value, count) of each tile."""
    found = {}
    for tile in re.findall(r'<div class="stat\b[^"]*">(.*?)</div>', page, re.DOTALL):
        link = re.search(r'<a href="([^"]+)">(.*?)</a>', tile, re.DOTALL)
        value = re.search(r"<strong>(.*?)</strong>", tile, re.DOTALL)
        hint = re.search(r"<small>(\d+)", tile)
        assert link, tile
        assert value, tile
        assert hint, tile
        found[link[2]] = unescape(link[1]), D(value[1].replace(",", "").replace("\N{MINUS SIGN}", "-")), int(hint[1])
    return found


def value_of_orders(ids: list[int]) -> D:
    return sum((work.value for work in billable_work(ids)), D(0))


def value_of_documents(ids: list[int]) -> D:
    rows = session.scalars(sa.select(Invoice).where(Invoice.id.in_(ids)))
    return sum((rounded(row.total_with_tax * row.exchange_rate) * row.sign for row in rows), D(0))


def value_of_items(ids: list[int]) -> D:
    query = sa.select(OpenItem.balance_eur).where(OpenItem.kind == ItemKind.INVOICE, OpenItem.source_id.in_(ids))
    return sum(session.scalars(query), D(0))


def value_of_payments(ids: list[int]) -> D:
    rows = session.scalars(sa.select(Payment).where(Payment.id.in_(ids)))
    return sum((row.amount_eur * (-1 if row.kind is PaymentKind.REFUND else 1) for row in rows), D(0))


FIGURES = {
    "Done, not invoiced": ("service-orders", value_of_orders),
    "Drafts": ("invoices", value_of_documents),
    "To send": ("invoices", value_of_documents),
    "To collect": ("invoices", value_of_items),
    "Overdue": ("invoices", value_of_items),
    "Paid this month": ("payments", value_of_payments),
}


def pay(invoice: Invoice, amount: str) -> Payment:
    facts = RegisterValues(
        paid_on=TODAY,
        parts=(PartValues(invoice_id=invoice.id),),
        amount=D(amount),
        currency=invoice.currency,
        keep_rest_on_account=True,
    )
    return payments.register(facts, actor_id=None, today=TODAY)


@pytest.fixture
def busy_month(database: Flask) -> None:
    """Under each figure what counts, and beside it what does not: cancelled, refunded, moved, undone, in dollars."""
    with writing(bulk=True):
        customer = factories.make_customer()
        site = factories.make_site(customer)
        technician, rate, item = user_of(Role.TECHNICIAN), factories.make_rate(), factories.make_item()
        for days in (0, 40, 75):
            moment = NOW - dt.timedelta(days=days)
            order = factories.make_order(site, state=OrderState.DONE, done_at=moment)
            factories.make_time(order, technician, rate, moment - dt.timedelta(hours=2), minutes=50)
            factories.make_part(order, technician, item, D(3))
        factories.make_invoice(customer)
        late = factories.make_posted_invoice(customer, on=TODAY - dt.timedelta(days=40), days_due=30)
        factories.make_posted_invoice(customer, on=TODAY - dt.timedelta(days=9), days_due=1)  # not sent
        soon = factories.make_posted_invoice(customer, on=TODAY, days_due=30, currency="USD", exchange_rate=D("0.92"))
        cancelled = factories.make_posted_invoice(customer, on=TODAY)
        factories.make_posted_credit(cancelled, on=TODAY)
    with writing(bulk=True):
        for sent in (late, soon):
            query = sa.update(InvoiceFollowUp).where(InvoiceFollowUp.invoice_id == sent.id)
            session.execute(query.values(sent_at=NOW))
        paid = factories.make_posted_invoice(customer, on=TODAY)
        payments.undo(pay(late, "100.00").id, actor_id=None, today=TODAY)
        pay(paid, "1250.00")  # 40.00 too much
        rest = session.scalars(sa.select(OpenItem).where(OpenItem.balance == D(-40))).one()
        to_item = session.scalars(sa.select(OpenItem.id).where(OpenItem.source_number == late.number)).one()
        moved = {"from_item_id": rest.id, "to_item_id": to_item, "amount": D("15.00")}
        payments.move(**moved, on=TODAY, actor_id=None, today=TODAY)
        payments.refund(RefundValues(rest.id, D("20.00"), TODAY), actor_id=None, today=TODAY)


@pytest.mark.usefixtures("busy_month")
@pytest.mark.parametrize("counts_posted", [False, True])
def test_each_figure_is_its_rows(client_for: ClientFor, *, counts_posted: bool) -> None:
    client = client_for(Role.OFFICE)
    if counts_posted:
        client.post("/count-posted", data={"counts_posted": "yes"})
    found = tiles(client.get("/").get_data(as_text=True))
    assert list(found) == list(FIGURES)
    for label, (url, value, count) in found.items():
        pages_of, value_of = FIGURES[label]
        ids = ids_behind(client, url, pages_of)
        assert (count, value) == (len(ids), value_of(ids)), label
    # By hand: 1210.00 less the 15.00 moved to it is overdue; posted ones add the 1210.00 that were not sent.
    assert found["Overdue"][1:] == ((D("2405.00"), 2) if counts_posted else (D("1195.00"), 1))
    assert found["Paid this month"][1:] == (D("1230.00"), 2)  # 1250.00 less the refund of 20.00
    assert found["To collect"][1:] == (D("1113.20"), 1)  # 1210 USD at 0.92


@pytest.mark.usefixtures("busy_month")
def test_the_deadline_of_the_15th_is_its_rows(client_for: ClientFor) -> None:
    """50 minutes at 65.00 are 0.83 h, 53.95; three parts at 12.50 are 37.50: 91.45 an order."""
    client = client_for(Role.OFFICE)
    of_last_month = TODAY.replace(day=1) + dt.timedelta(days=45)  # the 15th of next month, or the day after
    for today in (TODAY, of_last_month.replace(day=15), of_last_month.replace(day=16)):
        summary = queries.to_invoice_summary(today=today)
        assert summary.count == 3
        if today.day == 15:  # this month's work is due today, what is older is late
            assert (summary.due_value, summary.late_value) == (D("91.45"), D("182.90"))
        elif today.day == 16 and today != TODAY:
            assert (summary.due_value, summary.late_value) == (D(0), D("274.35"))
        before = ids_behind(client, f"/service-orders/done-not-invoiced?before={summary.due_from}", "service-orders")
        assert (summary.late_count, summary.late_value) == (len(before), value_of_orders(before))
        within = f"/service-orders/done-not-invoiced?from={summary.due_from}&before={summary.due_before}"
        ids = ids_behind(client, within, "service-orders")
        assert (summary.due_count, summary.due_value) == (len(ids), value_of_orders(ids))


@pytest.mark.usefixtures("busy_month")
def test_each_month_of_the_chart_is_its_rows(client_for: ClientFor) -> None:
    client = client_for(Role.OFFICE)
    page = client.get("/").get_data(as_text=True)
    twin = page.partition("twin")[2].partition("</table>")[0]
    cells = re.findall(r'data-value="([^"]+)"><a href="([^"]+)">', twin)
    assert len(cells) == 24
    for value, url in cells:
        answer = client.get(unescape(url) + "&format=csv").get_data(as_text=True)
        rows = answer.splitlines()[1:]
        assert sum((D(row.rsplit(",", 1)[1]) for row in rows), D(0)) == D(value), url
    invoiced = sum((D(value) for value, url in cells if "/sales" in url), D(0))
    # Three of 1210.00 in EUR, one of 1113.20, and one that a credit note took back.
    assert invoiced == D("4743.20")
    assert sum((D(value) for value, url in cells if "/collected" in url), D(0)) == D("1230.00")
