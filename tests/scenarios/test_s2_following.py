"""S2, following the invoices of customers, as its source tells it, through the pages."""

import datetime as dt
from collections.abc import Callable
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient

from fsm.core.db import session, writing
from fsm.core.formats import day
from fsm.users.models import Role
from tests import factories
from tests.scenarios.person import Person

pytestmark = pytest.mark.database
Clients = Callable[..., FlaskClient]


@pytest.fixture
def office(client_for: Clients) -> Person:
    return Person(client_for(Role.OFFICE))


def today() -> dt.date:
    """The pages take it from the clock, in the company's zone."""
    return dt.datetime.now(ZoneInfo("Europe/Brussels")).date()


def ago(days: int) -> dt.date:
    return today() - dt.timedelta(days=days)


def posted(on: dt.date, days_due: int, net: str = "100.00") -> str:
    """The number of an invoice posted on a day with a term; 100.00 at 21 %: 121.00."""
    with writing(bulk=True):
        invoice = factories.make_posted_invoice(_customer(), lines=((net, 21),), on=on, days_due=days_due)
        number = str(invoice.number)
    session.remove()
    return number


def _customer() -> factories.Customer:
    return session.query(factories.Customer).first() or factories.make_customer()


def numbers(office: Person, tab: str, sort: str = "") -> list[str]:
    """The numbers of a tab, from top to bottom."""
    return [row["Number"] for row in office.open(f"/invoices?tab={tab}&sort={sort}").table("Invoices")]


def test_each_line_has_the_date_the_due_date_the_status_and_the_amount(office: Person, database: Flask) -> None:
    issued = ago(3)
    number = posted(issued, 30)
    (row,) = office.open("/invoices").table("Invoices")  # what is to collect opens first
    assert row == {
        "Number": number,
        "Customer": "Bakkerij Peeters",
        "Date": day(issued),
        "Due date": day(issued + dt.timedelta(days=30)),
        "Status": "Posted",
        "Sent": "Not sent",
        "Amount": "121.00",
        "Amount due": "121.00",
    }
    # A click leads to its details, where it can be downloaded again and sent.
    office.follow(number)
    assert (office.fact("Date"), office.fact("Total")) == (day(issued), "EUR 121.00")
    assert office.client.get(office.links("pdf")[0]).data.startswith(b"%PDF")
    assert office.offers("By e-mail")


def test_sorted_by_due_date(office: Person, database: Flask) -> None:
    last, first, second = (posted(ago(2), days_due) for days_due in (60, 10, 30))
    assert numbers(office, "to_collect") == [first, second, last]
    assert numbers(office, "to_collect", "-due") == [last, second, first]
    assert [row["Number"] for row in office.open("/invoices").follow("Due date").table("Invoices")] == [
        last,
        second,
        first,
    ]


def test_an_invoice_becomes_overdue_on_the_day_after_its_due_date(office: Person, database: Flask) -> None:
    late, due_today = posted(ago(40), 30), posted(ago(30), 30)
    assert numbers(office, "overdue") == [late]
    assert numbers(office, "to_collect") == [due_today]
    (row,) = office.open("/invoices?tab=overdue").table("Invoices")
    assert row["Status"] == "Overdue, 10 days"
    assert office.follow(late).state == "Overdue, 10 days"


def test_without_a_term_it_is_never_overdue(office: Person, database: Flask) -> None:
    number = posted(ago(300), 0)
    assert numbers(office, "overdue") == []
    assert numbers(office, "to_collect") == [number]


def test_cancel_with_the_red_button(office: Person, database: Flask) -> None:
    number = posted(ago(3), 30)
    office.open("/invoices").follow(number)
    pdf_url = office.links("pdf")[0]
    before = office.client.get(pdf_url).data
    assert office.texts("//a[contains(@class, 'danger')]") == ["Cancel invoice"]
    office.follow("Cancel invoice").press(f"Cancel invoice {number}", {"releases_work": "no"})
    assert office.state == "Cancelled"
    assert office.fact("Amount due") == "EUR 0.00"
    assert not office.offers("Cancel invoice")
    # It is found under Cancelled, with its credit note, and can be downloaded again: the very same file.
    assert numbers(office, "to_collect") == []
    rows = office.open("/invoices?tab=cancelled").table("Invoices")
    assert sorted((row["Amount"], row["Status"]) for row in rows) == [("121.00", "Cancelled"), ("−121.00", "Settled")]
    assert office.client.get(pdf_url).data == before
    (credit,) = (row["Number"] for row in rows if row["Number"] != number)
    office.follow(credit)
    assert office.fact("Corrects") == number
    assert office.client.get(office.links("pdf")[0]).data.startswith(b"%PDF")


def test_cancel_what_was_paid_leaves_it_to_refund(office: Person, database: Flask) -> None:
    number = posted(ago(3), 30)
    office.open("/invoices").follow(number).follow("Register payment").press("Register payment")
    office.follow("Cancel invoice").press(f"Cancel invoice {number}", {"releases_work": "no"})
    assert office.state == "Cancelled"
    rows = {row["Number"]: row["Status"] for row in office.open("/invoices?tab=cancelled").table("Invoices")}
    assert rows.pop(number) == "Cancelled"
    assert list(rows.values()) == ["To refund"]


def test_marked_as_paid_by_hand_and_as_unpaid_again(office: Person, database: Flask) -> None:
    number = posted(ago(3), 30)
    # By hand: the form proposes all that is due, today.
    office.open("/invoices").follow(number).follow("Register payment")
    assert (office.field("amount"), office.field("paid_on")) == ("121.00", today().isoformat())
    office.press("Register payment")
    assert office.state == "Paid"
    assert (numbers(office, "paid"), numbers(office, "to_collect")) == ([number], [])
    # Mark as unpaid: from Paid back to To collect, every payment taken off.
    office.open("/invoices?tab=paid").follow(number).follow("Show", within="payments")
    office.press("Undo the payments")
    assert "The invoice is no longer paid." in office.text
    assert (office.state, office.fact("Amount due")) == ("Posted", "EUR 121.00")
    assert (numbers(office, "paid"), numbers(office, "to_collect")) == ([], [number])
    office.follow(number).follow("Show", within="payments")
    assert [row["Status"] for row in office.table("Payments")] == ["Undone"]


def test_the_last_payment_taken_off_reopens_it_too(office: Person, database: Flask) -> None:
    number = posted(ago(3), 30)
    office.open("/invoices").follow(number).follow("Register payment").press("Register payment")
    office.follow("Show", within="payments").follow(day(today()))
    office.press("Undo it")
    assert numbers(office, "to_collect") == [number]
