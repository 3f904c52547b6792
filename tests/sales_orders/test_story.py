"""S0's procedure through the pages: quote, sent, signed, sales order, sent, deposit of 30 %, its payment, final invoice."""

import base64
import io
import re
from collections.abc import Callable
from decimal import Decimal as D

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image, ImageDraw
from werkzeug.test import TestResponse

from fsm.core.db import session, writing
from fsm.home import checks
from fsm.invoices.models import Invoice, InvoiceState
from fsm.ledger.models import Account, JournalLine
from fsm.quotes.models import Quote, QuoteSignature, SigningLink
from fsm.sales_orders.models import SalesOrder
from fsm.users.models import Role
from tests import factories

pytestmark = pytest.mark.database
Clients = Callable[..., FlaskClient]


def entry_of(invoice: Invoice) -> list[tuple[str, D, D]]:
    query = (
        sa.select(Account.number, JournalLine.debit, JournalLine.credit)
        .join(Account, Account.id == JournalLine.account_id)
        .where(JournalLine.entry_id == invoice.entry_id)
        .order_by(Account.number)
    )
    return [(number, debit, credit) for number, debit, credit in session.execute(query)]


def text(answer: TestResponse, status: int = 200) -> str:
    assert answer.status_code == status, answer.get_data(as_text=True)[-3000:]
    return answer.get_data(as_text=True)


def followed(client: FlaskClient, address: str, **data: str) -> str:
    """The address that a POST leads to."""
    answer = client.post(address, data=data)
    text(answer, 303)
    return answer.headers["Location"]


def test_from_quote_to_final_invoice(app: Flask, client_for: Clients) -> None:  # noqa: PLR0915 - a story has many steps
    client = client_for(Role.OFFICE)
    with app.app_context(), writing():
        customer_id = factories.make_customer().id
    edit = followed(client, "/quotes/new", customer_id=f"#{customer_id}")
    page = edit.removesuffix("/edit")
    with app.app_context():
        quote = session.scalars(sa.select(Quote)).one()
        form = {
            "version": str(quote.version),
            "client_name": quote.client_name,
            "days_due": "30",
            "discount_percentage": "0",
            "cash_discount_percentage": "0",
            "cash_discount_days_valid": "0",
            "cash_discount_mode": "on_invoice",
            "prices": "total",
            "language": quote.language.value,
            "currency": "EUR",
            "exchange_rate": "1",
            "valid_until": quote.valid_until.isoformat() if quote.valid_until else "",
            "lines-0-description": "A new boiler",
            "lines-0-quantity": "1",
            "lines-0-amount": "1000",
            "lines-0-tax_rate": "21",
            "lines-0-account": "700000",
            "then": "show",
        }
    totals = text(client.post(f"{page}/totals", data=form))
    assert "1,210.00" in totals
    assert followed(client, edit, **form) == page
    shown = text(client.get(page))
    assert f"{page}/mark-sent" in shown
    assert f"{page}/sign" not in shown, "not before it was sent"
    refused = client.post(f"{page}/sign", data={})
    assert "not possible" in text(refused, 409)
    followed(client, f"{page}/mark-sent", how="mail")
    assert f"{page}/sign" in text(client.get(page))
    order_page = followed(client, f"{page}/sign", signer_name="An Peeters")
    with app.app_context():
        order = session.scalars(sa.select(SalesOrder)).one()
        order_id, number = order.id, order.number
    assert order_page == f"/sales-orders/{order_id}"
    assert number is not None
    assert number.startswith("BC-")
    bill, deposit = f"/invoices/from-sales-order/{order_id}", f"/invoices/deposit/{order_id}"
    before = text(client.get(order_page))
    assert bill not in before
    assert deposit not in before
    assert "must be sent" in text(client.post(bill), 409)
    assert "must be sent" in text(client.get(deposit), 409)
    followed(client, f"{order_page}/mark-sent", how="mail")
    sent = text(client.get(order_page))
    assert bill in sent
    assert deposit in sent
    assert 'value="30' in text(client.get(deposit)), "the setting's percentage"
    review = followed(client, deposit, percentage="30", description="Deposit of 30 %")
    assert "363.00" in text(client.get(review))
    first_page = followed(client, review.replace("/review", "/post"))
    with app.app_context():
        first = session.scalars(sa.select(Invoice)).one()
        assert entry_of(first) == [
            ("400000", D("363.00"), D(0)),
            ("451000", D(0), D("63.00")),
            ("460000", D(0), D("300.00")),
        ]
        paid_on = first.invoice_date.isoformat() if first.invoice_date else ""
    paid = {"settles": "typed", "amount": "363.00", "method": "", "paid_on": paid_on, "bank_account_id": ""}
    register = f"/payments/register?invoice_id={first_page.rsplit('/', 1)[1]}"
    assert followed(client, register, **paid) == first_page
    draft = followed(client, bill)
    assert followed(client, bill) == draft, "pressed twice, the same draft"
    assert "847.00" in text(client.get(draft))
    final_page = followed(client, draft.replace("/edit", "/post"))
    with app.app_context():
        final = session.scalars(sa.select(Invoice).where(~Invoice.is_deposit)).one()
        assert final.state is InvoiceState.POSTED
        assert final_page == f"/invoices/{final.id}"
        assert entry_of(final) == [
            ("400000", D("847.00"), D(0)),
            ("451000", D(0), D("147.00")),
            ("460000", D("300.00"), D(0)),
            ("700000", D(0), D("1000.00")),
        ]
        assert checks.run() == []
    assert bill not in text(client.get(order_page)), "billed"
    bills = text(client.get(f"/invoices/of-sales-order/{order_id}"))
    assert "Final invoice" in bills
    for kind, address in (("quotes", page), ("sales-orders", order_page)):
        text(client.get(f"/{kind}?tab={'signed' if kind == 'quotes' else 'billed'}"))
        assert client.get(f"{address}/pdf").data == client.get(f"{address}/pdf").data
    assert "final" in text(client.get(f"{page}/edit"), 409), "a signed quote is locked"
    copied = followed(client, f"{page}/copy")
    assert "A new boiler" in text(client.get(copied))


def drawn() -> str:
    picture = Image.new("RGBA", (300, 100), (0, 0, 0, 0))
    ImageDraw.Draw(picture).line((10, 10, 280, 80), fill="black", width=3)
    target = io.BytesIO()
    picture.save(target, "PNG")
    return "data:image/png;base64," + base64.b64encode(target.getvalue()).decode()


def test_the_customer_signs_online_once(app: Flask, client_for: Clients) -> None:
    office, customer = client_for(Role.OFFICE), app.test_client()
    with app.app_context(), writing():
        quote = factories.make_quote()
        factories.quotes.mark_sent(quote.id, how="mail", today=factories.TODAY)
        session.execute(sa.update(Quote).values(valid_until=None))
        quote_id = quote.id

    def link() -> str:
        office.post(f"/quotes/{quote_id}/link")
        found = re.search(r"/sign/[\w.-]+", text(office.get(f"/quotes/{quote_id}")))
        assert found is not None
        return found[0]

    first = link()
    second = link()
    assert "changed or taken back" in text(customer.get(first), 410), "a new link ends the old one"
    assert "not one of ours" in text(customer.get(second[:-3] + "abc"), 404)
    page = text(customer.get(second))
    text(customer.get(second))
    with app.app_context():
        assert session.scalars(sa.select(SigningLink.used_at).order_by(SigningLink.id.desc())).first() is None
    found = re.search(r'name="content" value="(\w+)"', page)
    assert found is not None
    form = {"signer_name": "An Peeters", "signature": drawn(), "content": found[1]}
    assert "Sign here first" in text(customer.post(second, data=form | {"signature": ""}), 422)
    assert "changed meanwhile" in text(customer.post(second, data=form | {"content": "0"}), 409)
    thanks = followed(customer, second, **form)
    assert "is signed" in text(customer.get(thanks))
    assert "already" in text(customer.post(second, data=form), 410)
    with app.app_context():
        signature = session.scalars(sa.select(QuoteSignature)).one()
        assert (signature.signer_name, signature.ip_address) == ("An Peeters", "127.0.0.1")
        assert signature.file_id is not None
        assert session.scalars(sa.select(SalesOrder)).one().quote_id == quote_id
    shown = text(office.get(f"/quotes/{quote_id}"))
    assert "An Peeters" in shown
    assert "127.0.0.1" in shown
    with office.get(f"/quotes/{quote_id}/signature") as picture:
        assert picture.mimetype == "image/png"
