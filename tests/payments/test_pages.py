"""Registering, undoing, moving and refunding through the pages."""

import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal as D
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from fsm.core.db import session, writing
from fsm.invoices.models import Invoice
from fsm.payments import services
from fsm.payments.models import Payment, PaymentKind, PaymentMethod, PaymentSettings
from fsm.payments.services import RegisterValues
from fsm.users.models import Role
from tests.factories import make_customer, make_posted_credit, make_posted_invoice
from tests.payments.books import counts, item_of, on_account_of

pytestmark = pytest.mark.database
ClientFor = Callable[..., FlaskClient]
DAY = dt.date(2026, 3, 20)  # the pages take today from the clock, which is later


def posted(**values: Any) -> Invoice:
    with writing(bulk=True):
        return make_posted_invoice(**values)


def send(client: FlaskClient, url: str, **fields: Any) -> TestResponse:
    return post(client, url, paid_on=fields.pop("paid_on", DAY.isoformat()), method=fields.pop("method", ""), **fields)


def post(client: FlaskClient, url: str, **fields: Any) -> TestResponse:
    session.rollback()  # what this test has read is not to hold an old state of the database
    return client.post(url, data={"bank_account_id": "", **fields})


def only_payment() -> Payment:
    return session.scalars(sa.select(Payment).execution_options(populate_existing=True)).one()


def test_register_from_the_invoice(app: Flask, client_for: ClientFor) -> None:
    invoice, client = posted(), client_for(Role.OFFICE)
    page = client.get(f"/payments/register?invoice_id={invoice.id}").get_data(as_text=True)
    assert 'value="1210"' in page or 'value="1210.00"' in page
    answer = send(
        client, f"/payments/register?invoice_id={invoice.id}", settles="typed", amount="1210.00", method="cash"
    )
    assert answer.status_code == 303, answer.get_data(as_text=True)
    assert answer.location == f"/invoices/{invoice.id}"
    payment = only_payment()
    assert (payment.amount, payment.method, payment.paid_on) == (D(1210), PaymentMethod.CASH, DAY)
    assert item_of(invoice).balance == 0


def test_the_reduced_amount_is_offered_and_taken(app: Flask, client_for: ClientFor) -> None:
    invoice = posted(cash_discount_percentage=D(2), cash_discount_days_valid=8)
    client = client_for(Role.OFFICE)
    url = f"/payments/register?invoice_id={invoice.id}"
    assert "1,185.80: paid by" in client.get(url).get_data(as_text=True)
    late = send(client, url, settles="reduced", amount="1205.80", paid_on="2026-03-11")
    assert late.status_code == 422
    assert "No cash discount is open on that day." in late.get_data(as_text=True)
    assert send(client, url, settles="reduced", amount="1205.80", paid_on="2026-03-10").status_code == 303
    assert only_payment().amount == D("1185.80")
    assert item_of(invoice).balance == 0


def test_cash_of_a_consumer_is_offered_rounded(app: Flask, client_for: ClientFor) -> None:
    with writing(bulk=True):
        customer = make_customer(is_business=False)
        invoice = make_posted_invoice(customer, lines=[("8.28", 21)])
    client = client_for(Role.OFFICE)
    url = f"/payments/register?invoice_id={invoice.id}"
    assert "10.00 in cash, rounded to 5 cents" in client.get(url).get_data(as_text=True)
    assert send(client, url, settles="rounded", amount="10.02").status_code == 303
    assert (only_payment().amount, only_payment().method) == (D("10.00"), PaymentMethod.CASH)
    assert item_of(invoice).balance == 0


@pytest.mark.parametrize(
    ("amount", "sentence"),
    [
        ("1300.00", "is more than the 1,210.00 due"),
        ("10.001", "At most 2 decimals."),
        ("ten", "This is not a number."),
        ("0", "The amount must be above 0."),
    ],
)
def test_a_refused_form_keeps_what_was_typed(app: Flask, client_for: ClientFor, amount: str, sentence: str) -> None:
    invoice = posted()
    before = counts()
    answer = send(
        client_for(Role.OFFICE),
        f"/payments/register?invoice_id={invoice.id}",
        settles="typed",
        amount=amount,
        description="by phone",
    )
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert sentence in page
    assert f'value="{amount}"' in page
    assert 'value="by phone"' in page
    assert counts() == before


def test_one_payment_of_two_invoices(app: Flask, client_for: ClientFor) -> None:
    with writing(bulk=True):
        customer = make_customer()
        one, two = make_posted_invoice(customer), make_posted_invoice(customer)
    client = client_for(Role.OFFICE)
    url = f"/payments/register?customer_id={customer.id}"
    page = client.get(url).get_data(as_text=True)
    assert one.number in page
    assert two.number in page
    fields = {
        "parts-0-open_item_id": item_of(one).id,
        "parts-0-amount": "1210",
        "parts-1-open_item_id": item_of(two).id,
        "parts-1-amount": "10",
        "amount": "1300",
    }
    assert send(client, url, **fields).status_code == 422
    assert send(client, url, **fields, keep_rest_on_account="y").status_code == 303
    assert (item_of(one).balance, item_of(two).balance) == (0, D("1200.00"))
    assert on_account_of(only_payment()).balance == D("-80.00")


def test_choose_who_pays(app: Flask, client_for: ClientFor) -> None:
    with writing():
        customer = make_customer()
    client = client_for(Role.OFFICE)
    assert client.get("/payments/register").status_code == 200
    answer = client.get("/payments/register", query_string={"customer_id": f"{customer.name} #{customer.id}"})
    assert answer.location == f"/payments/register?customer_id={customer.id}"


def test_undo_and_mark_unpaid(app: Flask, client_for: ClientFor) -> None:
    invoice, client = posted(), client_for(Role.OFFICE)
    url = f"/payments/register?invoice_id={invoice.id}"
    send(client, url, settles="typed", amount="1000")
    first = only_payment()
    page = client.get(f"/payments/{first.id}").get_data(as_text=True)
    assert invoice.number in page
    assert "Undo" in page
    assert post(client, f"/payments/{first.id}/undo").status_code == 303
    assert item_of(invoice).balance == D(1210)
    assert post(client, f"/payments/{first.id}/undo").status_code == 409
    send(client, url, settles="typed", amount="1210")
    assert post(client, "/payments/mark-unpaid", invoice_id=invoice.id).status_code == 303
    assert item_of(invoice).balance == D(1210)
    assert post(client, "/payments/mark-unpaid", invoice_id="x").status_code == 404


def test_move_and_refund_a_credit(app: Flask, client_for: ClientFor) -> None:
    with writing(bulk=True):
        customer = make_customer()
        paid, other = make_posted_invoice(customer), make_posted_invoice(customer)
    client = client_for(Role.OFFICE)
    send(client, f"/payments/register?invoice_id={paid.id}", settles="typed", amount="1210")
    with writing(bulk=True):
        credit = make_posted_credit(paid)
    item_id = item_of(credit).id
    fragment = client.get(f"/payments/of-invoice/{other.id}", headers={"HX-Request": "true"}).get_data(as_text=True)
    assert f"Use 1,210.00 of {credit.number}" in fragment
    assert "<html" not in fragment
    assert "<html" in client.get(f"/payments/of-invoice/{other.id}").get_data(as_text=True)
    url = f"/payments/move?open_item_id={item_id}"
    assert other.number in client.get(url).get_data(as_text=True)
    moved = post(client, url, to_item_id=item_of(other).id, amount="210", on=DAY.isoformat())
    assert moved.status_code == 303, moved.get_data(as_text=True)
    assert item_of(other).balance == D("1000.00")
    url = f"/payments/refund?open_item_id={item_id}"
    assert "1,000.00" in client.get(url).get_data(as_text=True)
    assert send(client, url, amount="1000.01").status_code == 422
    assert send(client, url, amount="1000").status_code == 303
    assert item_of(credit).balance == 0
    kinds = session.scalars(sa.select(Payment.kind).order_by(Payment.id)).all()
    assert kinds == [PaymentKind.PAYMENT, PaymentKind.MOVE, PaymentKind.REFUND]


def test_the_list_pages_and_filters_in_few_queries(
    app: Flask, client_for: ClientFor, count_queries: Callable[[], Any]
) -> None:
    with writing(bulk=True):
        customer, other = make_customer(), make_customer(name="Garage Maes")
        for place in range(60):
            services.register(
                RegisterValues(
                    paid_on=DAY - dt.timedelta(days=place % 7),
                    customer_id=(other if place == 7 else customer).id,
                    amount=D(place + 1),
                    method=PaymentMethod.CASH if place % 2 else PaymentMethod.IDEAL,
                ),
                actor_id=1,
                today=DAY,
            )
    client = client_for(Role.ACCOUNTANT)
    client.get("/payments")
    with count_queries() as statements:
        page = client.get("/payments").get_data(as_text=True)
    assert page.count('<tr role="row"') == 51  # the head and 50 payments
    assert len(statements) < 15
    following = re.search(r'rel="next"\s+href="([^"]+)"', page)
    assert following is not None
    assert client.get(following[1].replace("&amp;", "&")).get_data(as_text=True).count('<tr role="row"') == 11
    assert client.get("/payments?q=maes").get_data(as_text=True).count('<tr role="row"') == 2
    assert client.get(f"/payments?customer_id={other.id}").get_data(as_text=True).count('<tr role="row"') == 2
    cash = client.get("/payments?method=cash&from=2026-03-20").get_data(as_text=True)
    assert cash.count('<tr role="row"') == 5  # places 7, 21, 35, 49
    assert "Nothing found" in client.get("/payments?to=2020-01-01").get_data(as_text=True)


def test_settings(app: Flask, client_for: ClientFor) -> None:
    client = client_for(Role.MANAGER)
    assert 'value="3000"' in client.get("/settings/payments").get_data(as_text=True)
    stored = session.get_one(PaymentSettings, 1)
    fields = {"cash_limit": "0", "tolerance": "0.10", "version": stored.version}
    assert post(client, "/settings/payments", **fields).status_code == 303
    assert post(client, "/settings/payments", **fields).status_code == 409
    stored = session.get_one(PaymentSettings, 1, populate_existing=True)
    assert (stored.cash_limit, stored.tolerance) == (0, D("0.10"))


@pytest.mark.parametrize("role", [Role.TECHNICIAN, Role.ACCOUNTANT])
def test_who_may_not_take_money(app: Flask, client_for: ClientFor, role: Role) -> None:
    invoice = posted()
    client = client_for(role)
    assert client.get(f"/payments/register?invoice_id={invoice.id}").status_code == 403
    assert post(client, "/payments/mark-unpaid", invoice_id=invoice.id).status_code == 403
    assert client.get("/payments").status_code == (403 if role is Role.TECHNICIAN else 200)


def test_what_is_due_in_another_currency_is_named_with_its_own_form(app: Flask, client_for: ClientFor) -> None:
    invoice, client = posted(currency="USD", exchange_rate=D("0.92")), client_for(Role.OFFICE)
    customer_id, invoice_id, item_id = invoice.customer_id, invoice.id, item_of(invoice).id
    page = client.get(f"/payments/register?customer_id={customer_id}").get_data(as_text=True)
    url = f"/payments/register?customer_id={customer_id}&currency=USD"
    assert url.replace("&", "&amp;") in page
    assert "Amount in EUR, as the bank shows it" in client.get(url).get_data(as_text=True)
    fields = {"parts-0-open_item_id": item_id, "parts-0-amount": "1210", "currency": "USD"}
    answer = send(client, url, amount="1210", customer_id=customer_id, **fields)
    assert (answer.status_code, "how many EUR" in answer.get_data(as_text=True)) == (422, True)
    answer = send(client, url, amount="1210", customer_id=customer_id, amount_eur="1149.50", **fields)
    assert answer.status_code == 303
    session.rollback()
    assert item_of(session.get_one(Invoice, invoice_id)).balance_eur == 0
