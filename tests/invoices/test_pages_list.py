"""The list of invoices: tabs by status, filters, pages by key, who may see what, and how many queries it takes."""

import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from fsm.core.db import session, writing
from fsm.invoices import services
from fsm.invoices.models import Invoice
from fsm.invoices.queries import Filters, counts, page, sort_of
from fsm.invoices.statuses import status_of
from fsm.ledger.models import ItemKind
from fsm.ledger.queries import item_of
from fsm.users.models import Role
from tests import factories
from tests.conftest import user_of

pytestmark = pytest.mark.database
Clients = Callable[..., FlaskClient]
D = Decimal
MARCH_2 = dt.date(2026, 3, 2)


def posted(count: int, **values: Any) -> list[Invoice]:
    """Posted invoices of one customer, in one go."""
    customer = values.pop("customer", None) or factories.make_customer()
    drafts = [factories.make_invoice(customer, invoice_date=MARCH_2, **values) for _place in range(count)]
    services.post([draft.id for draft in drafts], actor_id=drafts[0].created_by_id, today=factories.TODAY)
    session.expire_all()
    return drafts


def numbers(tab: str, today: dt.date, **filters: Any) -> list[str | None]:
    wanted = Filters(**filters)
    found = page(tab, wanted, sort=sort_of(tab, ""), cursor=None, today=today)
    return [row.invoice.number for row in found.rows]


def test_each_document_stands_in_the_tab_of_its_status(database: Flask) -> None:
    with writing(bulk=True):
        customer = factories.make_customer()
        late = factories.make_posted_invoice(customer, days_due=10)
        never_late = factories.make_posted_invoice(customer, days_due=0)
        early = factories.make_posted_invoice(customer, days_due=5)
        cancelled = factories.make_posted_invoice(customer)
        note = factories.make_posted_credit(cancelled)
        nothing = factories.make_posted_invoice(customer, lines=(("0.00", 21),))
        factories.make_invoice(customer)
    on = dt.date(2026, 3, 12)  # 10 days after: the due date itself is not late yet
    assert numbers("overdue", on) == [early.number]
    assert numbers("to_collect", on) == [late.number, never_late.number]
    assert numbers("overdue", dt.date(2026, 3, 13)) == [early.number, late.number]  # the oldest due date first
    assert numbers("overdue", dt.date(2100, 1, 1)) == [early.number, late.number]  # without a term: never overdue
    assert numbers("paid", on) == [nothing.number]
    assert set(numbers("cancelled", on)) == {cancelled.number, note.number}
    assert numbers("credit_notes", on) == [note.number]
    assert len(numbers("posted", on)) == 6
    assert counts(Filters(), on) == {
        "draft": 1,
        "to_send": 6,
        "to_collect": 2,
        "overdue": 1,
        "paid": 1,
        "cancelled": 2,
        "credit_notes": 1,
        "posted": 6,
    }

    def status(invoice: Invoice, kind: ItemKind = ItemKind.INVOICE) -> tuple[str, str]:
        return tuple(status_of(invoice, item_of(kind, invoice.id), on))

    with database.test_request_context():
        assert status(early) == ("overdue", "Overdue, 5 days")
        assert status(late) == ("posted", "Posted")
        assert status(nothing) == ("paid", "Paid")
        assert status(cancelled) == ("cancelled", "Cancelled")
        assert status(note, ItemKind.CREDIT_NOTE) == ("paid", "Settled")


def test_filters(database: Flask) -> None:
    with writing(bulk=True):
        peeters = factories.make_customer(name="Bakkerij Peeters")
        hotel = factories.make_customer(name="Hôtel Astoria")
        (first,) = posted(1, customer=peeters)
        (second,) = posted(1, customer=hotel)
        services.mark_sent([second.id], how="By post", actor_id=user_of(Role.OFFICE).id)
    on = factories.TODAY
    assert numbers("posted", on, text="fa-2600001") == [first.number]
    assert numbers("posted", on, text="FA-26") == [second.number, first.number]
    assert numbers("posted", on, text="hotel") == [second.number]
    assert numbers("posted", on, text="peet") == [first.number]
    assert numbers("posted", on, text="%") == []
    assert numbers("posted", on, customer_id=hotel.id) == [second.number]
    assert numbers("posted", on, sent="yes") == [second.number]
    assert numbers("posted", on, sent="no") == [first.number]
    assert numbers("posted", on, from_date=dt.date(2026, 3, 3)) == []
    assert len(numbers("posted", on, from_date=MARCH_2, to_date=MARCH_2)) == 2


def test_the_list_in_the_browser(database: Flask, client_for: Clients) -> None:
    with writing(bulk=True):
        (invoice,) = posted(1, days_due=5)
    client = client_for(Role.OFFICE)
    text = client.get("/invoices?tab=overdue").get_data(as_text=True)
    assert invoice.number in text
    assert "1,210.00" in text
    assert "Not sent" in text
    for odd in ("?tab=nonsense", "?customer_id=99999999999999999999", "?from_date=x&to_date=2026-13-01&sent=maybe"):
        assert client.get(f"/invoices{odd}").status_code == 200
    assert client.get("/invoices?after=nonsense").status_code == 404
    empty = client.get("/invoices?tab=paid").get_data(as_text=True)
    assert "New invoice" in empty  # an empty list offers the first action


def test_pages_by_key_meet_every_document_once(database: Flask, client_for: Clients) -> None:
    with writing(bulk=True):
        wanted = {invoice.id for invoice in posted(120, days_due=5)}
    client, url, seen = client_for(Role.OFFICE), "/invoices?tab=overdue", []
    for _page in range(3):
        text = client.get(url).get_data(as_text=True)
        seen += [int(found) for found in re.findall(r'<a href="/invoices/(\d+)">', text)]
        following = re.search(r'rel="next"\s+href="([^"]+)"', text)
        url = following[1].replace("&amp;", "&") if following else ""
    assert not url
    assert len(seen) == 120
    assert set(seen) == wanted


def test_a_page_costs_the_same_whatever_its_length(
    database: Flask, client_for: Clients, count_queries: Callable[[], Any]
) -> None:
    client, taken = client_for(Role.OFFICE), {}
    for tab in ("posted", "draft"):
        taken[tab] = []
    for extra in (2, 50):
        with writing(bulk=True):
            customer = factories.make_customer()
            posted(extra, customer=customer)
            for _place in range(extra):
                factories.make_invoice(customer)
        for tab in ("posted", "draft"):
            client.get(f"/invoices?tab={tab}")
            with count_queries() as statements:
                assert client.get(f"/invoices?tab={tab}").status_code == 200
            taken[tab].append(len(statements))
    assert taken["posted"][0] == taken["posted"][1]
    assert taken["draft"][0] == taken["draft"][1]
    assert taken["posted"][1] <= 20


def test_a_document_costs_the_same_however_many_lines(
    database: Flask, client_for: Clients, count_queries: Callable[[], Any]
) -> None:
    client, taken = client_for(Role.OFFICE), []
    for count in (1, 40):
        with writing(bulk=True):
            (invoice,) = posted(1, lines=[("10.00", 21)] * count)
        client.get(f"/invoices/{invoice.id}")
        with count_queries() as statements:
            assert client.get(f"/invoices/{invoice.id}").status_code == 200
        taken.append(len(statements))
    assert taken[0] == taken[1]
    assert taken[0] <= 30


READS = ("", "/1", "/1/pdf")
DESK_READS = ("/new", "/1/edit", "/1/review", "/1/credit", "/1/cancel", "/1/items?q=a", "/review-many")
WRITES = (
    "/new",
    "/from-order/1",
    "/1/edit",
    "/1/totals",
    "/1/take-over/1",
    "/1/delete",
    "/1/post",
    "/post",
    "/1/mark-sent",
    "/1/credit",
    "/1/change-credit",
    "/1/cancel",
    "/1/withdraw",
)


@pytest.mark.parametrize("role", [Role.TECHNICIAN, Role.ADMINISTRATOR])
def test_technicians_and_administrators_see_nothing_of_invoices(
    database: Flask, client_for: Clients, role: Role
) -> None:
    client = client_for(role)
    for path in (*READS, *DESK_READS):
        assert client.get(f"/invoices{path}").status_code == 403, path
    for path in WRITES:
        assert client.post(f"/invoices{path}").status_code == 403, path


def test_the_accountant_reads_and_changes_nothing(database: Flask, client_for: Clients) -> None:
    with writing(bulk=True):
        (invoice,) = posted(1)
        draft = factories.make_invoice(session.get_one(Invoice, invoice.id).customer)
    client = client_for(Role.ACCOUNTANT)
    for path in DESK_READS:
        assert client.get(f"/invoices{path}").status_code == 403, path
    for path in WRITES:
        assert client.post(f"/invoices{path}").status_code == 403, path
    text = client.get(f"/invoices/{invoice.id}").get_data(as_text=True)
    assert invoice.number in text
    for word in ("Cancel invoice", "Mark as sent", "Add credit note", "Withdraw", "Margin", "Cost"):
        assert word not in text, word
    assert client.get(f"/invoices/{draft.id}").status_code == 200  # read only, no editor
    assert client.get("/invoices?tab=draft").status_code == 200


@pytest.mark.parametrize("number", [2**63, 10**30, 0, 424242])
def test_ids_that_are_none_are_not_found(database: Flask, client_for: Clients, number: int) -> None:
    client = client_for(Role.OFFICE)
    for path in ("", "/edit", "/review", "/credit", "/pdf", "/items"):
        assert client.get(f"/invoices/{number}{path}").status_code == 404, path
    for path in ("/post", "/mark-sent", "/withdraw", "/delete", "/totals"):
        assert client.post(f"/invoices/{number}{path}").status_code == 404, path
    assert client.post(f"/invoices/from-order/{number}").status_code == 404
