"""S1, the invoicing of a field-service company, step by step as its source tells it, through the pages."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

import pytest
from flask import Flask
from flask.testing import FlaskClient

from fsm.core.audit import now
from fsm.core.db import session, writing
from fsm.service_orders.claims import refresh_to_bill
from fsm.service_orders.models import OrderState, ServiceOrder
from fsm.users.models import Role
from tests import factories
from tests.conftest import user_of
from tests.scenarios.person import Person

pytestmark = pytest.mark.database
Clients = Callable[..., FlaskClient]
MORNING = dt.datetime(2026, 3, 2, 8, 0, tzinfo=dt.UTC)
ISSUED = "2026-03-02"


@pytest.fixture
def office(client_for: Clients) -> Person:
    return Person(client_for(Role.OFFICE))


@pytest.fixture
def order(database: Flask) -> str:
    """The number of a Done order: 2.5 hours at 65.00 (162.50), two filters at 12.50 (25.00), not looked at yet."""
    with writing(bulk=True):
        technician = user_of(Role.TECHNICIAN)
        site = factories.make_site(factories.make_customer())
        made = factories.make_order(site, report="Burner cleaned and set.", reference="PO 77")
        factories.make_time(made, technician, factories.make_rate(), MORNING, minutes=150)
        factories.make_part(made, technician, factories.make_item(), Decimal(2))
        finish(made)
        number = made.number
    session.remove()
    return number


def finish(made: ServiceOrder) -> None:
    made.state, made.done_at = OrderState.DONE, now()
    session.flush()
    refresh_to_bill([made.id])


def posted(*lines: tuple[str, int], **values: object) -> str:
    """The number of a posted invoice of one unit per (net, VAT rate)."""
    with writing(bulk=True):
        number = factories.make_posted_invoice(lines=lines or (("1000.00", 21),), **values).number
    session.remove()
    return str(number)


def open_invoice(office: Person, number: str, tab: str = "posted") -> Person:
    """By the list, as people do."""
    return office.open(f"/invoices?tab={tab}").follow(number)


def booked(person: Person) -> list[tuple[str, str, str]]:
    """(account, debit, credit) as the page shows the journal entry."""
    rows = [row for caption in person.texts("//table/caption") for row in person.table(caption) if "Debit" in row]
    return [(row["Account"][:6], row["Debit"], row["Credit"]) for row in rows]


def test_invoice_a_completed_intervention(office: Person, order: str) -> None:
    # 1. Open the relevant service order, in the Done status.
    office.open("/service-orders/done-not-invoiced")
    assert [(row["Number"], row["Value"]) for row in office.table("Done, not invoiced")] == [(order, "187.50")]
    office.follow(order)
    order_url = office.url
    assert office.state == "Done"

    # 2. Quickly check the report, the hours and the parts.
    office.follow("Validate and create invoice")
    assert "Burner cleaned and set." in office.text
    assert [(row["Real"], row["Billable"]) for row in office.table("Time")] == [("2 h 30", "2 h 30")]
    assert [(row["Part"], row["Quantity"]) for row in office.table("Parts")] == [("Filter FLT-1", "2 piece")]

    # 3. Create invoice: a draft from the labor and the parts.
    office.press("Validate and create invoice")
    assert office.state == "Draft"
    edit_url = office.url
    assert [office.field(f"lines-0-{name}") for name in ("quantity", "amount", "tax_rate")] == ["2.5", "65.00", "21"]
    assert [office.field(f"lines-1-{name}") for name in ("quantity", "amount", "tax_rate")] == ["2", "12.50", "21"]
    assert (office.field("client_name"), office.field("reference")) == ("Bakkerij Peeters", "PO 77")
    assert not office.open(order_url).offers("Create invoice")  # all of it is on this draft

    # 4. Review: lines, quantities, amounts, VAT and the customer's details.
    office.open(edit_url).press("Review and post", {"invoice_date": ISSUED, "days_due": "0"})
    assert office.fact("Number to come") == "FA-2600001"
    assert office.fact("Service orders") == order
    assert booked(office) == [
        ("400000", "226.88", ""),  # 187.50 and 39.38 of VAT: 21 % of it is 39.375
        ("705000", "", "162.50"),
        ("700000", "", "25.00"),
        ("451000", "", "39.38"),
    ]

    # 5. Confirm: it is posted and has its number.
    office.press("Post FA-2600001")
    assert office.state == "Posted"
    assert (office.fact("Total"), office.fact("Amount due")) == ("EUR 226.88", "EUR 226.88")
    assert office.fact("Service orders") == order

    # 6. Send it.
    office.press("By e-mail")
    assert "It is marked as sent." in office.text
    assert not office.offers("By e-mail")
    (row,) = office.open("/invoices").table("Invoices")
    assert (row["Number"], row["Sent"]) == ("FA-2600001", "Sent")

    # Number and order are linked both ways, and nothing is left to bill.
    office.open(order_url)
    assert [row["Billing"].split()[0] for row in (*office.table("Time"), *office.table("Parts"))] == [
        "Billed",
        "Billed",
    ]
    office.follow("Open invoice")
    assert office.texts("//h1")[0].startswith("FA-2600001")
    assert office.open("/service-orders/done-not-invoiced").table("Done, not invoiced") == []


def test_a_blank_invoice(office: Person, database: Flask) -> None:
    with writing():
        factories.make_customer()
    # Open the list, click New, say for whom.
    office.open("/invoices").follow("New invoice").press("Write the lines", {"customer_id": "Bakkerij Peeters"})
    # Add lines: services, parts, quantity and unit prices.
    lines = {
        "lines-0-description": "Inspection",
        "lines-0-quantity": "1.5",
        "lines-0-amount": "80",
        "lines-1-description": "Valve",
        "lines-1-quantity": "4",
        "lines-1-amount": "20.00",
        "lines-1-account": "700000",
        "lines-1-tax_rate": "6",
        "invoice_date": ISSUED,
        "days_due": "0",
    }
    office.press("Review and post", lines)
    assert booked(office) == [
        ("400000", "230.00", ""),  # 120.00 + 25.20, 80.00 + 4.80
        ("705000", "", "120.00"),
        ("700000", "", "80.00"),
        ("451000", "", "30.00"),
    ]
    # Confirm: validated, with its number.
    office.press("Post FA-2600001")
    assert office.state == "Posted"
    # The list shows number, customer, amount and status of each.
    (row,) = office.open("/invoices?tab=posted").table("Invoices")
    listed = [row[name] for name in ("Number", "Customer", "Amount", "Status")]
    assert listed == ["FA-2600001", "Bakkerij Peeters", "230.00", "Posted"]


def test_register_the_payment(office: Person, database: Flask) -> None:
    number = posted()
    open_invoice(office, number).follow("Register payment")
    assert office.field("amount") == "1210.00"  # all that is due is proposed
    office.press("Register payment", {"amount": "500", "paid_on": "2026-03-12", "method": "transfer"})
    assert (office.fact("Amount due"), office.fact("Paid")) == ("EUR 710.00", "EUR 500.00")
    assert office.state != "Paid"  # a part is not all

    office.follow("Register payment")
    assert office.field("amount") == "710.00"
    office.press("Register payment", {"paid_on": "2026-03-15", "method": "bancontact"})
    assert office.state == "Paid"
    assert office.fact("Amount due") == "EUR 0.00"
    assert not office.offers("Register payment")
    office.follow("Show", within="payments")
    assert [(row["Kind"], row["Amount"]) for row in office.table("Payments")] == [
        ("Transfer", "EUR 500.00"),
        ("Bancontact", "EUR 710.00"),
    ]
    assert [row["Number"] for row in office.open("/invoices?tab=paid").table("Invoices")] == [number]


def test_a_credit_note_is_deducted_from_the_amount_due(office: Person, database: Flask) -> None:
    number = posted(("200.00", 21), ("50.00", 6))  # 242.00 + 53.00
    open_invoice(office, number).follow("Add credit note")
    # Check the lines and amounts carried over; half of the first line was wrong, the second stays.
    assert [(row["Description"], row["Unit price"], row["Left"]) for row in office.table("Lines")] == [
        ("Work 1", "200.00", "1"),
        ("Work 2", "50.00", "1"),
    ]
    first, second = office.names("quantity-")
    office.press("Review credit note", {first: "0.5", second: "", "releases_work": "no"})
    assert booked(office) == [("400000", "", "121.00"), ("705000", "100.00", ""), ("451000", "21.00", "")]
    credit_number = office.fact("Number to come")
    assert credit_number.startswith("NC-")
    # Confirm it.
    office.press(f"Post {credit_number}")
    assert office.fact("Corrects") == number
    open_invoice(office, number)
    assert (office.fact("Amount due"), office.fact("Credited")) == ("EUR 174.00", "EUR 121.00")
    assert [row["Number"] for row in office.table("Credit notes")] == [credit_number]
    assert [row["Number"] for row in office.open("/invoices?tab=credit_notes").table("Invoices")] == [credit_number]


def test_journal_entries_can_be_reviewed_from_the_books_and_from_the_invoice(
    client_for: Clients, database: Flask
) -> None:
    number = posted(("200.00", 21))
    manager = Person(client_for(Role.MANAGER))
    expected = [("400000", "242.00", ""), ("451000", "", "42.00"), ("705000", "", "200.00")]
    # From the document to its entries.
    manager.open("/invoices?tab=posted").follow(number).follow("Show", within="entries")
    assert sorted(booked(manager)) == expected
    # From the journal to the entry, to the document and back.
    (row,) = manager.open("/ledger").table("Journal")
    assert number in row["Narration"]
    manager.follow(row["Entry"])
    entry_url = manager.url
    assert sorted(booked(manager)) == expected
    manager.follow(number)
    assert manager.texts("//h1")[0].startswith(number)
    manager.follow("Show", within="entries")
    assert entry_url in manager.links()


def test_draft_is_freely_editable_posted_is_final_paid_is_paid(office: Person, database: Flask) -> None:
    with writing(bulk=True):
        invoice_id = factories.make_invoice(invoice_date=dt.date(2026, 3, 2), days_due=0).id
    session.remove()
    office.open(f"/invoices/{invoice_id}")
    assert office.state == "Draft"
    office.press("Save draft", {"lines-0-amount": "300", "reference": "changed"})
    assert (office.field("lines-0-amount"), office.field("reference")) == ("300.00", "changed")
    edit_url = office.url
    office.press("Review and post").press("Post FA-2600001")
    assert office.state == "Posted"
    office.open(edit_url)
    assert (office.status, office.refusal("page")) == (
        409,
        "FA-2600001 is posted: it is final. Withdraw it or credit it.",
    )
    office.open(f"/invoices/{invoice_id}").follow("Register payment").press("Register payment")
    assert office.state == "Paid"
