"""The way of an invoice through its pages, and what they refuse."""

import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from fsm.catalog.models import CustomerPrice
from fsm.core.audit import now
from fsm.core.db import session, writing
from fsm.customers.models import Customer
from fsm.invoices.drafts import lines_of
from fsm.invoices.models import Invoice, InvoiceFollowUp, InvoiceKind, InvoiceState
from fsm.ledger.models import ItemKind
from fsm.ledger.queries import item_of
from fsm.service_orders.claims import refresh_to_bill
from fsm.service_orders.models import OrderState, ServiceOrder, TimeEntry
from fsm.users.models import Role
from tests import factories
from tests.conftest import user_of

pytestmark = pytest.mark.database
Clients = Callable[..., FlaskClient]
MORNING = dt.datetime(2026, 3, 2, 8, 0, tzinfo=dt.UTC)


def done_order(*, is_validated: bool = True) -> ServiceOrder:
    """A Done order with two hours at 65.00 and three filters at 12.50: 167.50 net."""
    technician, customer = user_of(Role.TECHNICIAN), factories.make_customer()
    order = factories.make_order(factories.make_site(customer), report="Burner cleaned.", reference="PO 77")
    factories.make_time(order, technician, factories.make_rate(), MORNING, minutes=120)
    factories.make_part(order, technician, factories.make_item(), Decimal(3))
    order.state, order.done_at = OrderState.DONE, now()
    order.validated_at = now() if is_validated else None
    session.flush()
    refresh_to_bill([order.id])
    return order


def form_of(invoice: Invoice, *lines: dict[str, Any], **values: str) -> dict[str, Any]:
    """What the editor sends for a draft."""
    form: dict[str, Any] = {
        "version": invoice.version,
        "client_name": invoice.client_name,
        "client_attention": "",
        "reference": invoice.reference,
        "invoice_date": "2026-03-02",
        "delivery_date": "2026-03-02",
        "days_due": "30",
        "discount_percentage": "0",
        "cash_discount_percentage": "0",
        "cash_discount_days_valid": "0",
        "cash_discount_mode": "on_invoice",
        "prices": "total",
        "language": "english",
        "currency": "EUR",
        "exchange_rate": "1",
        "bank_account_id": "",
        "note": "",
        **values,
    }
    for place, line in enumerate(lines):
        row = {
            "description": "Work",
            "quantity": "1",
            "unit": "",
            "amount": "100",
            "tax_rate": "21",
            "account": "705000",
        }
        form |= {f"lines-{place}-{name}": value for name, value in (row | line).items()}
    return form


def made_draft(invoice_date: dt.date | None = None) -> Invoice:
    with writing(bulk=True):
        return factories.make_invoice(invoice_date=invoice_date)


def fresh() -> None:
    """Look at the rows as the requests have left them."""
    session.rollback()
    session.expire_all()


def text_of(answer: TestResponse) -> str:
    """The page without its markup's white space."""
    return re.sub(r"\s+", " ", answer.get_data(as_text=True))


def test_from_a_done_order_to_a_sent_invoice(database: Flask, client_for: Clients) -> None:
    with writing(bulk=True):
        order_id = done_order().id
    client = client_for(Role.OFFICE)

    answer = client.post(f"/invoices/from-order/{order_id}")
    assert answer.status_code == 303
    edit_url = answer.location
    again = client.post(f"/invoices/from-order/{order_id}")
    assert again.location == edit_url  # a double click makes no second draft

    invoice = session.query(Invoice).one()
    page = text_of(client.get(edit_url))
    assert "Filter" in page
    assert "202.68" in page  # 130.00 + 37.50 net, 35.18 VAT

    hours, filters = lines_of(invoice.id)
    rows = [
        {"description": hours.description, "quantity": "2", "unit": "h", "amount": "65", "line_id": str(hours.id)},
        {"description": "Filters", "quantity": "4", "amount": "12.50", "line_id": str(filters.id)},
        {"description": "", "quantity": "1", "amount": "", "account": ""},
    ]
    answer = client.post(edit_url, data=form_of(invoice, *rows, then="review"))
    assert (answer.status_code, answer.location) == (303, f"/invoices/{invoice.id}/review")
    page = text_of(client.get(answer.location))
    assert "FA-2600001" in page
    assert "400000" in page
    assert "217.80" in page  # 180.00 + 37.80

    answer = client.post(f"/invoices/{invoice.id}/post")
    assert (answer.status_code, answer.location) == (303, f"/invoices/{invoice.id}")
    assert client.post(f"/invoices/{invoice.id}/post").status_code == 303  # pressed twice: posted once
    fresh()
    assert (invoice.state, invoice.number, invoice.total_with_tax) == (
        InvoiceState.POSTED,
        "FA-2600001",
        Decimal("217.80"),
    )
    page = text_of(client.get(f"/invoices/{invoice.id}"))
    assert "FA-2600001" in page
    assert f"/service-orders/{order_id}" in page
    assert "Mark as sent" in page

    assert client.post(f"/invoices/{invoice.id}/mark-sent", data={"how": "post"}).status_code == 303
    fresh()
    follow_up = session.query(InvoiceFollowUp).filter_by(invoice_id=invoice.id).one()
    assert follow_up.sent_at is not None
    assert follow_up.sent_how == "By post"


def test_an_order_not_validated_shows_its_work_first_and_one_press_does_both(
    database: Flask, client_for: Clients
) -> None:
    with writing(bulk=True):
        order_id = done_order(is_validated=False).id
    client = client_for(Role.OFFICE)
    answer = client.post(f"/invoices/from-order/{order_id}")
    assert (answer.status_code, answer.location) == (303, f"/service-orders/{order_id}/validate")
    assert session.query(Invoice).count() == 0
    answer = client.post(f"/invoices/from-order/{order_id}", data={"validate": "yes"})
    assert answer.status_code == 303
    fresh()
    assert session.get_one(ServiceOrder, order_id).validated_at is not None
    assert answer.location == f"/invoices/{session.query(Invoice).one().id}/edit"


def test_a_blank_invoice_begins_with_its_customer(database: Flask, client_for: Clients) -> None:
    with writing(bulk=True):
        customer_id = factories.make_customer(attention="An").id
    client = client_for(Role.OFFICE)
    assert client.get(f"/invoices/new?customer_id={customer_id}").status_code == 200
    assert client.post("/invoices/new", data={"customer_id": "nobody"}).status_code == 422
    answer = client.post("/invoices/new", data={"customer_id": f"Bakkerij Peeters, Gent #{customer_id}"})
    assert answer.status_code == 303
    invoice = session.query(Invoice).one()
    assert (invoice.customer_id, invoice.client_attention) == (customer_id, "An")
    assert client.get(answer.location).status_code == 200
    assert "There is no line yet." in text_of(client.get(f"/invoices/{invoice.id}/review"))


BAD = [
    ({"lines-0-quantity": "1.234"}, "lines-0-quantity", "At most 2 decimals."),
    ({"lines-0-quantity": "1234567890"}, "lines-0-quantity", "Between"),
    ({"lines-0-quantity": "two"}, "lines-0-quantity", "This is not a number."),
    ({"lines-0-amount": "1.23456"}, "lines-0-amount", "At most 4 decimals."),
    ({"lines-0-amount": "10000000"}, "lines-0-amount", "Between"),
    ({"lines-0-amount": ""}, "lines-0-amount", "The unit price is missing."),
    ({"lines-0-tax_rate": "19"}, "lines-0-tax_rate", "Not a valid choice"),
    ({"lines-0-tax_rate": "0 XYZ"}, "lines-0-tax_rate", "Not a valid choice"),
    ({"lines-0-account": "123456"}, "lines-0-account", "not in the chart"),
    ({"lines-0-account": "12"}, "lines-0-account", "not in the chart"),
    ({"lines-0-unit": "2 pieces"}, "lines-0-unit", "A unit starts with a letter"),
    ({"lines-0-unit": "kilogrammes"}, "lines-0-unit", "longer than 10"),
    ({"lines-0-description": ""}, "lines-0-description", "The description is missing."),
    ({"lines-0-description": "x" * 10_001}, "lines-0-description", "longer than 10000"),
    ({"client_name": ""}, "client_name", "required"),
    ({"days_due": "1000"}, "days_due", "between 0 and 999"),
    ({"days_due": "-1"}, "days_due", "between 0 and 999"),
    ({"discount_percentage": "100.01"}, "discount_percentage", "Between 0 and 100"),
    ({"discount_percentage": "5.005"}, "discount_percentage", "At most 2 decimals."),
    ({"cash_discount_percentage": "2"}, "cash_discount_days_valid", "both its percentage and its days"),
    ({"cash_discount_days_valid": "8"}, "cash_discount_percentage", "both its percentage and its days"),
    ({"invoice_date": "2026-02-30"}, "invoice_date", "This is not a date."),
    ({"currency": "XXX"}, "currency", "Not a valid choice"),
    ({"exchange_rate": "0.92"}, "exchange_rate", "The exchange rate of the euro is 1."),
    ({"note": "x" * 2001}, "note", "longer than 2000"),
    ({"prices": "none"}, "prices", "Not a valid choice"),
    ({"bank_account_id": "99"}, "bank_account_id", "Not a valid choice"),
]


@pytest.mark.parametrize(("changes", "field", "sentence"), BAD, ids=[f"{f}-{i}" for i, (_c, f, _s) in enumerate(BAD)])
def test_what_is_wrong_is_said_at_its_field(
    database: Flask, client_for: Clients, changes: dict[str, str], field: str, sentence: str
) -> None:
    invoice = made_draft()
    sent = form_of(invoice, {"description": "Kept as typed"}) | changes
    answer = client_for(Role.OFFICE).post(f"/invoices/{invoice.id}/edit", data=sent)
    assert answer.status_code == 422
    page = text_of(answer)
    error = re.search(rf'<p class="error" id="{field}-error">(.*?)</p>', page)
    assert error, "no error at the field"
    assert sentence in error[1]
    assert f'<a href="#{field}">' in page  # and on top, as a link
    fresh()
    assert [line.description for line in lines_of(invoice.id)] == ["Work 1"]


def test_an_error_in_a_row_below_an_empty_one_finds_its_row(database: Flask, client_for: Clients) -> None:
    invoice = made_draft()
    rows = [{"description": "", "amount": "", "account": ""}, {"account": "999999"}]
    page = text_of(client_for(Role.OFFICE).post(f"/invoices/{invoice.id}/edit", data=form_of(invoice, *rows)))
    assert 'id="lines-1-account-error"' in page
    assert 'id="lines-0-account-error"' not in page


def test_two_people_on_one_draft_lose_nothing(database: Flask, client_for: Clients) -> None:
    invoice = made_draft()
    client, url = client_for(Role.OFFICE), f"/invoices/{invoice.id}/edit"
    first = form_of(invoice, {"description": "Theirs", "amount": "11"}, reference="theirs")
    second = form_of(invoice, {"description": "Mine", "amount": "22"}, reference="mine")
    assert client.post(url, data=first).status_code == 303
    answer = client.post(url, data=second)
    page = text_of(answer)
    assert answer.status_code == 409
    assert "theirs" in page
    assert "Theirs" in page
    assert 'value="Mine"' in page
    fresh()
    assert [line.description for line in lines_of(invoice.id)] == ["Theirs"]
    version = re.search(r'name="version" value="(\d+)"', page)
    assert version
    assert client.post(url, data=second | {"version": version[1]}).status_code == 303
    fresh()
    assert [line.description for line in lines_of(invoice.id)] == ["Mine"]


def test_live_totals_are_those_that_are_stored(database: Flask, client_for: Clients) -> None:
    invoice = made_draft()
    client = client_for(Role.OFFICE)
    # accounting.md 2: 2 x 100.00 at 21 %, discount 5 %: 10.00, 190.00, 39.90, 229.90
    sent = form_of(invoice, {"quantity": "2"}, {"description": ""}, discount_percentage="5")
    sent["lines-1-amount"] = sent["lines-1-account"] = ""
    answer = client.post(f"/invoices/{invoice.id}/totals", data=sent)
    page = text_of(answer)
    assert answer.status_code == 200
    for figure in ("−10.00", "190.00", "39.90", "EUR 229.90"):
        assert figure in page
    assert '<data value="0">200.00</data><data value="1"></data>' in page
    assert lines_of(invoice.id)[0].description == "Work 1"  # nothing was saved
    assert client.post(f"/invoices/{invoice.id}/edit", data=sent).status_code == 303
    fresh()
    assert (invoice.total_without_tax, invoice.total_tax, invoice.total_with_tax) == (
        Decimal("190.00"),
        Decimal("39.90"),
        Decimal("229.90"),
    )


def test_live_totals_leave_out_a_row_that_is_wrong_and_say_so(database: Flask, client_for: Clients) -> None:
    invoice = made_draft()
    answer = client_for(Role.OFFICE).post(
        f"/invoices/{invoice.id}/totals", data=form_of(invoice, {"amount": "abc"}, {"amount": "50"})
    )
    assert answer.status_code == 422
    assert "EUR 60.50" in text_of(answer)
    assert "not counted" in text_of(answer)


def test_prices_with_vat_keep_what_was_agreed(database: Flask, client_for: Clients) -> None:
    invoice = made_draft()
    client = client_for(Role.OFFICE)
    # accounting.md 2: 8 x 12.95 incl. 21 %: gross 103.60, net 85.62, VAT 17.98
    sent = form_of(invoice, {"quantity": "8", "amount": "12.95"}, prices="included")
    assert client.post(f"/invoices/{invoice.id}/edit", data=sent).status_code == 303
    fresh()
    assert (invoice.total_without_tax, invoice.total_tax, invoice.total_with_tax) == (
        Decimal("85.62"),
        Decimal("17.98"),
        Decimal("103.60"),
    )
    assert 'value="12.95"' in text_of(client.get(f"/invoices/{invoice.id}/edit"))


def test_lines_of_several_words_and_lines_come_back_as_they_were(database: Flask, client_for: Clients) -> None:
    invoice = made_draft()
    client = client_for(Role.OFFICE)
    text = "Boiler <b>check</b>\nand a second line"
    assert client.post(f"/invoices/{invoice.id}/edit", data=form_of(invoice, {"description": text})).status_code == 303
    fresh()
    assert lines_of(invoice.id)[0].description == text
    page = client.get(f"/invoices/{invoice.id}/edit").get_data(as_text=True)
    assert "<b>check</b>" not in page
    assert "\nand a second line</textarea>" in page


def test_a_correction_of_the_work_is_shown_and_taken_over(database: Flask, client_for: Clients) -> None:
    with writing(bulk=True):
        order_id = done_order().id
    client = client_for(Role.OFFICE)
    edit_url = client.post(f"/invoices/from-order/{order_id}").location
    invoice = session.query(Invoice).one()
    line_id = lines_of(invoice.id)[0].id
    assert "Take over" not in text_of(client.get(edit_url))
    with writing(bulk=True):
        session.query(TimeEntry).one().billable_minutes = 90
    assert "Take over" in text_of(client.get(edit_url))
    answer = client.post(f"/invoices/{invoice.id}/take-over/{line_id}", data={"version": invoice.version})
    assert answer.status_code == 303
    fresh()
    assert [line.quantity for line in lines_of(invoice.id)] == [Decimal("1.50"), Decimal("3.00")]
    assert "Take over" not in text_of(client.get(edit_url))
    assert client.post(f"/invoices/{invoice.id}/take-over/{line_id}").status_code == 404


def test_suggestions_have_the_customers_price_and_vat(database: Flask, client_for: Clients) -> None:
    with writing(bulk=True):
        item = factories.make_item()
        factories.make_rate()
        customer = factories.make_customer()
        session.add(CustomerPrice(customer_id=customer.id, stock_item_id=item.id, price=Decimal("9.95")))
        invoice = factories.make_invoice(customer)
    client = client_for(Role.OFFICE)
    (found,) = client.get(f"/invoices/{invoice.id}/items?q=filt").get_json()
    assert (found["id"], found["amount"], found["tax_rate"], found["code"]) == (item.id, "9.95", "21", "FLT-1")
    (rate,) = client.get(f"/invoices/{invoice.id}/items?q=lab").get_json()
    assert (rate["id"], rate["description"], rate["amount"]) == ("", "Labor", "65.00")
    assert "purchase" not in str(found)


def test_a_draft_is_deleted_and_its_work_is_to_bill_again(database: Flask, client_for: Clients) -> None:
    with writing(bulk=True):
        order_id = done_order().id
    client = client_for(Role.OFFICE)
    client.post(f"/invoices/from-order/{order_id}")
    invoice_id = session.query(Invoice).one().id
    assert client.post(f"/invoices/{invoice_id}/delete").status_code == 303
    fresh()
    assert session.query(Invoice).count() == 0
    assert session.get_one(ServiceOrder, order_id).has_work_to_bill
    assert client.get(f"/invoices/{invoice_id}").status_code == 404


def test_a_posted_invoice_is_not_edited(database: Flask, client_for: Clients) -> None:
    with writing(bulk=True):
        invoice = factories.make_posted_invoice()
    client = client_for(Role.OFFICE)
    assert client.get(f"/invoices/{invoice.id}/edit").status_code == 409
    assert client.post(f"/invoices/{invoice.id}/edit", data=form_of(invoice, {})).status_code == 409
    assert client.post(f"/invoices/{invoice.id}/delete").status_code == 409
    assert client.get(f"/invoices/{invoice.id}/review").location == f"/invoices/{invoice.id}"


def test_a_credit_note_of_some_lines(database: Flask, client_for: Clients) -> None:
    with writing(bulk=True):
        invoice = factories.make_posted_invoice(lines=(("200.00", 21), ("50.00", 6)))
        first, second = lines_of(invoice.id)
    client, url = client_for(Role.OFFICE), f"/invoices/{invoice.id}/credit"
    page = text_of(client.get(url))
    assert f'name="quantity-{first.id}"' in page
    fields = {f"quantity-{first.id}": "0.5", f"quantity-{second.id}": ""}
    assert client.post(url, data=fields).status_code == 422  # says whether the work is billed again
    refused = client.post(url, data=fields | {f"quantity-{first.id}": "1.5", "releases_work": "no"})
    assert refused.status_code == 422
    assert f'id="quantity-{first.id}-error"' in text_of(refused)
    answer = client.post(url, data=fields | {"releases_work": "no"})
    assert answer.status_code == 303
    note = session.query(Invoice).filter_by(kind=InvoiceKind.CREDIT_NOTE).one()
    assert answer.location == f"/invoices/{note.id}/review"
    assert "121.00" in text_of(client.get(answer.location))
    change = client.post(
        f"/invoices/{note.id}/change-credit",
        data={f"quantity-{first.id}": "1", "releases_work": "no", "version": note.version},
    )
    assert change.status_code == 303
    assert client.get(f"/invoices/{note.id}/edit").location == f"/invoices/{note.id}/change-credit"
    assert client.post(f"/invoices/{note.id}/post").status_code == 303
    fresh()
    item = item_of(ItemKind.INVOICE, invoice.id)
    assert item is not None
    assert item.balance == Decimal("53.00")  # 242.00 + 53.00 - 242.00
    page = text_of(client.get(f"/invoices/{invoice.id}"))
    assert note.number in page
    assert invoice.number in text_of(client.get(f"/invoices/{note.id}"))


def test_cancelling_credits_all_in_one_step(database: Flask, client_for: Clients) -> None:
    with writing(bulk=True):
        invoice = factories.make_posted_invoice()
    client = client_for(Role.OFFICE)
    assert "Cancel invoice" in text_of(client.get(f"/invoices/{invoice.id}"))
    assert client.post(f"/invoices/{invoice.id}/cancel").status_code == 422
    assert client.post(f"/invoices/{invoice.id}/cancel", data={"releases_work": "yes"}).status_code == 303
    page = text_of(client.get("/invoices?tab=cancelled"))
    assert invoice.number in page
    assert "NC-2600001" in page  # both stay listed (S2)
    assert "Cancel invoice" not in text_of(client.get(f"/invoices/{invoice.id}"))


def test_withdrawing_gives_number_and_lines_back(database: Flask, client_for: Clients) -> None:
    with writing(bulk=True):
        invoice = factories.make_posted_invoice()
    client = client_for(Role.OFFICE)
    assert "Withdraw" in text_of(client.get(f"/invoices/{invoice.id}"))
    answer = client.post(f"/invoices/{invoice.id}/withdraw")
    assert answer.status_code == 303
    assert client.get(answer.location).status_code == 200
    assert invoice.number in text_of(client.get("/invoices?tab=withdrawn"))
    assert invoice.number not in text_of(client.get("/invoices?tab=posted"))
    assert "was withdrawn" in text_of(client.get(f"/invoices/{invoice.id}"))
    assert client.post(f"/invoices/{invoice.id}/withdraw").status_code == 409


def test_what_is_sent_is_not_withdrawn(database: Flask, client_for: Clients) -> None:
    with writing(bulk=True):
        invoice = factories.make_posted_invoice()
    client = client_for(Role.OFFICE)
    client.post(f"/invoices/{invoice.id}/mark-sent")
    assert "Withdraw" not in text_of(client.get(f"/invoices/{invoice.id}"))
    assert client.post(f"/invoices/{invoice.id}/withdraw").status_code == 409


def test_several_drafts_are_posted_together_or_not_at_all(database: Flask, client_for: Clients) -> None:
    with writing(bulk=True):
        customer = factories.make_customer()
        good = [factories.make_invoice(customer, invoice_date=dt.date(2026, 3, day)).id for day in (3, 2)]
        empty = factories.make_invoice(customer, lines=()).id
    client = client_for(Role.OFFICE)
    page = text_of(client.get("/invoices/review-many", query_string={"ids": [*good, empty, "x", 2**63]}))
    assert "There is no line yet." in page
    assert "Post 2 documents" in page
    assert client.post("/invoices/post", data={"ids": [*good, empty]}).status_code == 422
    assert session.query(Invoice).filter_by(state=InvoiceState.POSTED).count() == 0
    assert client.post("/invoices/post", data={"ids": good}).status_code == 303
    fresh()
    numbers = {invoice.id: invoice.number for invoice in session.query(Invoice).filter(Invoice.id.in_(good))}
    assert numbers == {good[1]: "FA-2600001", good[0]: "FA-2600002"}  # dates follow numbers


def test_a_refused_posting_is_said_on_the_review(database: Flask, client_for: Clients) -> None:
    invoice = made_draft(invoice_date=dt.date(2099, 1, 1))
    client = client_for(Role.OFFICE)
    answer = client.post(f"/invoices/{invoice.id}/post")
    assert answer.status_code == 422
    page = text_of(answer)
    assert "may not be dated in the future" in page
    assert f'href="/invoices/{invoice.id}/edit#invoice_date"' in page


def test_pdfs(database: Flask, client_for: Clients) -> None:
    with writing(bulk=True):
        customer = factories.make_customer()
        draft = factories.make_invoice(customer)
        invoice = factories.make_posted_invoice(customer)
    client = client_for(Role.ACCOUNTANT)
    for row in (draft, invoice):
        answer = client.get(f"/invoices/{row.id}/pdf")
        assert answer.status_code == 200
        assert answer.mimetype == "application/pdf"
        assert answer.data.startswith(b"%PDF")
    assert f"filename={invoice.number}.pdf" in answer.headers["Content-Disposition"]


def test_settings(database: Flask, client_for: Clients) -> None:
    client = client_for(Role.MANAGER)
    assert client.get("/settings/invoices").status_code == 200
    assert client.post("/settings/invoices", data={"dashboard_counts_posted": "y", "version": 1}).status_code == 303
    assert "checked" in text_of(client.get("/settings/invoices"))
    assert client.post("/settings/invoices", data={"version": 1}).status_code == 409


def test_names_are_kept_as_issued(database: Flask, client_for: Clients) -> None:
    with writing(bulk=True):
        invoice = factories.make_posted_invoice()
    with writing(bulk=True):
        session.get_one(Customer, invoice.customer_id).name = "Renamed"
    assert "Bakkerij Peeters" in text_of(client_for(Role.OFFICE).get(f"/invoices/{invoice.id}"))
