"""S3's sample invoice, entered by hand in the pages of an empty company on 2012-02-16, paid in part and reminded."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal as D

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from fsm import app as program
from fsm.core.db import session, writing
from fsm.documents import queries as document_queries
from fsm.documents.models import CashDiscountMode
from fsm.home import checks
from fsm.invoices.models import Invoice, InvoiceKind
from fsm.invoices.statuses import status_of
from fsm.ledger.models import FiscalYear, ItemKind, JournalEntry, OpenItem, Period
from fsm.ledger.periods import open_fiscal_year
from fsm.ledger.queries import item_of
from fsm.reminders import services
from fsm.users.models import Role
from tests import factories

pytestmark = pytest.mark.database
DAY = dt.date(2012, 2, 16)
ADDRESS = {"street": "Olifantstraat 200", "street2": "", "postal_code": "9000", "city": "Gent", "country_code": "BE"}


def _item(invoice_id: int) -> OpenItem:
    session.rollback()
    session.expire_all()
    item = item_of(ItemKind.INVOICE, invoice_id)
    assert item is not None
    return item


def _typed(page: str, **values: str) -> dict[str, str]:
    """The sample as it is typed into the editor."""
    of_addresses = {
        f"{kind}_address-{name}": text for kind in ("billing", "delivery", "site") for name, text in ADDRESS.items()
    }
    assert "Olifantstraat" in page
    return {
        "version": "1",
        "client_name": "IT Services BVBA",
        "client_attention": "Dienst administratie",
        "reference": "ID123456789",
        "invoice_date": "2012-02-15",
        "delivery_date": "2012-02-15",
        "days_due": "10",
        "discount_percentage": "5",
        "cash_discount_percentage": "2",
        "cash_discount_days_valid": "8",
        "prices": "total",
        "language": "dutch",
        "currency": "EUR",
        "exchange_rate": "1",
        "note": "",
        "note_html": "<p>25 € kosten bij laattijdige betalingen.</p>",
        "structured_message": "+++278/7810/35591+++",
        "automatic_reminders": "y",
        "external_invoice_id": "Invoice-0983984",
        "lines-0-description": "product omschrijving",
        "lines-0-quantity": "2",
        "lines-0-unit": "stuk",
        "lines-0-amount": "100,00",
        "lines-0-tax_rate": "21",
        "lines-0-account": "700000",
        "lines-0-code": "A000001",
        **of_addresses,
        **values,
    }


@pytest.mark.parametrize(
    ("mode", "tax", "total"), [("never", D("39.90"), D("229.90")), ("on_invoice", D("39.10"), D("229.10"))]
)
def test_the_sample(
    app: Flask,
    client_for: Callable[..., FlaskClient],
    monkeypatch: pytest.MonkeyPatch,
    mode: str,
    tax: D,
    total: D,
) -> None:
    monkeypatch.setattr(program, "_today", lambda: DAY)
    with writing():
        session.execute(sa.delete(Period))
        session.execute(sa.delete(FiscalYear))
        open_fiscal_year(dt.date(2012, 1, 1), dt.date(2012, 12, 31))
        document_queries.settings().cash_discount_mode = CashDiscountMode(mode)
        customer_id = factories.make_customer(
            name="IT Services BVBA", billing_street="Olifantstraat 200", billing_postal_code="9000", billing_city="Gent"
        ).id
    client = client_for(Role.OFFICE)
    url = client.post("/invoices/new", data={"customer_id": f"#{customer_id}"}).location
    typed = _typed(client.get(url).get_data(as_text=True))
    live = client.post(url.replace("/edit", "/totals"), data=typed).get_data(as_text=True)
    assert all(f"{figure:f}" in live for figure in (D("10.00"), D("190.00"), tax, total))
    answer = client.post(url, data=typed | {"then": "review"})
    assert answer.status_code == 303, answer.get_data(as_text=True)
    invoice_id = int(url.split("/")[2])
    assert client.post(f"/invoices/{invoice_id}/post").status_code == 303

    session.rollback()
    invoice = session.get_one(Invoice, invoice_id)
    assert (invoice.discount_total_without_tax, invoice.total_without_tax) == (D("10.00"), D("190.00"))
    assert (invoice.total_tax, invoice.total_with_tax) == (tax, total)
    assert (invoice.due_date, invoice.cash_discount_date_valid) == (dt.date(2012, 2, 25), dt.date(2012, 2, 23))
    assert invoice.structured_message == "278781035591"
    assert invoice.note == "25 € kosten bij laattijdige betalingen."

    costs = f"/reminders/of-invoice/{invoice_id}/costs"
    assert client.post(f"{costs}/new", data={"amount": "5", "description": ""}).status_code == 303
    paid = {
        "settles": "typed",
        "amount": "25.00",
        "method": "cash",
        "paid_on": "2012-02-15",
        "description": "Voorschot",
        "bank_account_id": "",
    }
    answer = client.post(f"/payments/register?invoice_id={invoice_id}", data=paid)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    item = _item(invoice_id)
    assert (item.claimed, item.paid) == (D("5.00"), D("25.00"))
    assert item.balance == total + D("5.00") - D("25.00") == D("209.90") - (D("229.90") - total)
    invoice = session.get_one(Invoice, invoice_id)
    assert status_of(invoice, item, dt.date(2012, 2, 25)).kind == "posted"
    assert status_of(invoice, item, dt.date(2012, 2, 26)).kind == "overdue"
    (cost,) = services.costs_of(invoice_id)
    entry = session.get_one(JournalEntry, cost.entry_id)
    assert [(line.account.number, line.debit, line.credit) for line in entry.lines] == [
        ("400000", D("5.00"), D(0)),
        ("743000", D(0), D("5.00")),
    ]
    assert "Reminder cost" in client.get(costs).get_data(as_text=True)
    assert checks.findings() == []
    assert client.post(f"{costs}/{cost.id}/waive").status_code == 303
    assert client.post(f"{costs}/{cost.id}/waive").status_code == 409
    assert _item(invoice_id).balance == total - D("25.00")
    session.rollback()
    assert checks.findings() == []


def test_a_cost_is_refused_with_its_sentence(app: Flask, client_for: Callable[..., FlaskClient]) -> None:
    with writing():
        invoice = factories.make_posted_invoice(on=factories.TODAY)
        credit = factories.make_posted_credit(factories.make_posted_invoice(on=factories.TODAY))
        assert credit.kind is InvoiceKind.CREDIT_NOTE
        ids = invoice.id, credit.id
    client, url = client_for(Role.OFFICE), f"/reminders/of-invoice/{ids[0]}/costs/new"
    for sent, sentence in (
        ({"amount": ""}, "This field is required"),
        ({"amount": "0"}, "The amount must be above 0."),
        ({"amount": "1.001"}, "At most 2 decimals."),
        ({"amount": "5", "description": "x" * 31}, "longer than 30"),
        ({"amount": "5", "claimed_on": "2020-01-01"}, "not dated before its invoice"),
    ):
        answer = client.post(url, data=sent)
        assert answer.status_code == 422
        assert sentence in answer.get_data(as_text=True)
    assert client.post(url.replace(str(ids[0]), str(ids[1])), data={"amount": "5"}).status_code == 409
    assert client.post(url, data={"amount": "5", "description": "x" * 30}).status_code == 303
    assert client_for(Role.ACCOUNTANT).post(url, data={"amount": "5"}).status_code == 403
