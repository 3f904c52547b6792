"""After all kinds of payments, undone or not, the checks of the books find nothing."""

import datetime as dt
from decimal import Decimal as D

import pytest
from flask import Flask

from fsm.core.db import session, writing
from fsm.home.checks import CHECKS
from fsm.payments import services
from fsm.payments.models import Payment, PaymentMethod
from fsm.payments.receivables import PartValues
from fsm.payments.services import RefundValues, RegisterValues
from tests.factories import TODAY, make_customer, make_posted_credit, make_posted_invoice
from tests.payments.books import item_of, on_account_of

pytestmark = pytest.mark.database
IN_TIME = dt.date(2026, 3, 10)


def test_the_books_stay_whole(database: Flask) -> None:
    with writing(bulk=True):
        customer = make_customer(is_business=False)
        discounted = make_posted_invoice(customer, cash_discount_percentage=D(2), cash_discount_days_valid=8)
        plain = make_posted_invoice(customer)
        small = make_posted_invoice(customer, lines=[("8.28", 21)])
        dollars = make_posted_invoice(customer, currency="USD", exchange_rate=D("0.92"))

        def pay(invoice_id: int, amount: str, **values: object) -> Payment:
            facts = {"paid_on": TODAY, **values}
            return services.register(
                RegisterValues(parts=[PartValues(invoice_id=invoice_id)], amount=D(amount), **facts),  # type: ignore[arg-type]
                actor_id=1,
                today=TODAY,
            )

        first = pay(discounted.id, "1185.80", paid_on=IN_TIME, take_cash_discount=True)
        over = pay(plain.id, "1300.00", keep_rest_on_account=True)
        pay(small.id, "10.00", method=PaymentMethod.CASH, book_difference=True)
        pay(dollars.id, "403.33", amount_eur=D("370.00"))
    with writing(bulk=True):
        make_posted_credit(discounted)
        credit = make_posted_credit(plain)
        services.undo(first.id, actor_id=1, today=TODAY)
        services.refund(RefundValues(on_account_of(over).id, D("40.00"), TODAY), actor_id=1, today=TODAY)
        move = services.move(
            from_item_id=item_of(credit).id,
            to_item_id=item_of(discounted).id,
            amount=D("1000.00"),
            on=TODAY,
            actor_id=1,
            today=TODAY,
        )
    with writing(bulk=True):
        services.undo(move.id, actor_id=1, today=TODAY)
    session.rollback()
    assert [sentence for check in CHECKS for sentence in check()] == []
