"""Every payment of accounting.md 5, with its figures."""

import datetime as dt
from decimal import Decimal as D

import pytest
from flask import Flask

from fsm.core.db import session, writing
from fsm.documents.models import CashDiscountMode
from fsm.invoices.models import Invoice
from fsm.ledger.models import Journal, Standing
from fsm.payments import services
from fsm.payments.models import Payment, PaymentMethod
from fsm.payments.receivables import PartValues
from fsm.payments.services import RefundValues, RegisterValues
from tests.factories import TODAY, make_customer, make_posted_credit, make_posted_invoice
from tests.payments.books import entry_of, item_of, lines_of, on_account_of

pytestmark = pytest.mark.database
ISSUED = dt.date(2026, 3, 2)
IN_TIME = dt.date(2026, 3, 10)
ZERO = D(0)


def pay(invoice: Invoice, amount: str | None, **values: object) -> Payment:
    facts = {"paid_on": TODAY, "amount": None if amount is None else D(amount), **values}
    with writing():
        return services.register(
            RegisterValues(parts=[PartValues(invoice_id=invoice.id)], **facts),  # type: ignore[arg-type]
            actor_id=1,
            today=TODAY,
        )


def invoice_of(net: str = "1000.00", **values: object) -> Invoice:
    with writing(bulk=True):
        return make_posted_invoice(lines=[(net, 21)], **values)


@pytest.mark.parametrize(
    ("method", "account", "journal"),
    [
        (PaymentMethod.TRANSFER, "550000", Journal.BANK),
        (PaymentMethod.DIRECT_COLLECTION, "550000", Journal.BANK),
        (None, "550000", Journal.BANK),
        (PaymentMethod.CASH, "570000", Journal.CASH),
        (PaymentMethod.DEBIT_CARD, "580000", Journal.BANK),
        (PaymentMethod.CREDIT_CARD, "580000", Journal.BANK),
        (PaymentMethod.BANCONTACT, "580000", Journal.BANK),
        (PaymentMethod.IDEAL, "580000", Journal.BANK),
        (PaymentMethod.ONLINE, "580000", Journal.BANK),
    ],
)
def test_the_account_follows_the_method(
    database: Flask, method: PaymentMethod | None, account: str, journal: Journal
) -> None:
    invoice = invoice_of()
    payment = pay(invoice, "1210.00", method=method)
    assert lines_of(payment.entry_id) == [("400000", ZERO, D("1210.00")), (account, D("1210.00"), ZERO)]
    entry = entry_of(payment)
    assert (entry.journal, entry.entry_date, entry.source_kind, entry.source_id) == (
        journal,
        TODAY,
        "payment",
        payment.id,
    )
    item = item_of(invoice)
    assert (item.paid, item.balance, item.standing) == (D("1210.00"), ZERO, Standing.SETTLED)
    assert (payment.bank_account_id is not None) is (account == "550000")


def with_discount(mode: CashDiscountMode) -> Invoice:
    return invoice_of(cash_discount_percentage=D(2), cash_discount_days_valid=8, cash_discount_mode=mode, days_due=30)


def test_a_cash_discount_that_is_in_the_invoice_already(database: Flask) -> None:
    invoice = with_discount(CashDiscountMode.ON_INVOICE)
    assert invoice.total_with_tax == D("1205.80")
    payment = pay(invoice, "1185.80", paid_on=IN_TIME, take_cash_discount=True)
    assert lines_of(payment.entry_id) == [
        ("400000", ZERO, D("1205.80")),
        ("550000", D("1185.80"), ZERO),
        ("657000", D("20.00"), ZERO),
    ]
    item = item_of(invoice)
    assert (item.paid, item.balance, item.standing) == (D("1185.80"), ZERO, Standing.SETTLED)


def test_a_discount_that_takes_vat_off_when_it_is_paid(database: Flask) -> None:
    with writing(bulk=True):
        invoice = make_posted_invoice(
            cash_discount_percentage=D(2),
            cash_discount_days_valid=8,
            cash_discount_mode=CashDiscountMode.ON_PAYMENT,
        )
    # 1000 net at 21 %: 20.00 and its VAT 4.20 (the French figures are those of test_posting.py).
    payment = pay(invoice, "1185.80", paid_on=IN_TIME, take_cash_discount=True)
    assert lines_of(payment.entry_id) == [
        ("400000", ZERO, D("1210.00")),
        ("451000", D("4.20"), ZERO),
        ("550000", D("1185.80"), ZERO),
        ("657000", D("20.00"), ZERO),
    ]
    assert item_of(invoice).balance == 0


def test_in_mode_never_the_whole_discount_is_a_cost(database: Flask) -> None:
    invoice = with_discount(CashDiscountMode.NEVER)
    payment = pay(invoice, "1190.00", paid_on=IN_TIME, take_cash_discount=True)
    assert lines_of(payment.entry_id) == [
        ("400000", ZERO, D("1210.00")),
        ("550000", D("1190.00"), ZERO),
        ("657000", D("20.00"), ZERO),
    ]


def test_two_payments_in_time_reach_the_reduced_amount(database: Flask) -> None:
    invoice = with_discount(CashDiscountMode.ON_INVOICE)
    pay(invoice, "500.00", paid_on=dt.date(2026, 3, 5))
    pay(invoice, None, paid_on=IN_TIME, take_cash_discount=True)
    item = item_of(invoice)
    assert (item.paid, item.balance) == (D("1185.80"), ZERO)


def test_half_of_it_credited_while_unpaid_leaves_half_of_the_discount(database: Flask) -> None:
    invoice = with_discount(CashDiscountMode.ON_INVOICE)
    with writing():
        make_posted_credit(invoice, {invoice.lines[0].id: D("0.5")}, on=IN_TIME)
    assert item_of(invoice).balance == D("602.90")
    payment = pay(invoice, "592.90", paid_on=IN_TIME, take_cash_discount=True)
    assert lines_of(payment.entry_id) == [
        ("400000", ZERO, D("602.90")),
        ("550000", D("592.90"), ZERO),
        ("657000", D("10.00"), ZERO),
    ]


def test_undoing_a_payment_takes_back_what_a_credit_note_took_back(database: Flask) -> None:
    invoice = with_discount(CashDiscountMode.ON_INVOICE)
    payment = pay(invoice, "1185.80", paid_on=IN_TIME, take_cash_discount=True)
    with writing(bulk=True):
        credit = make_posted_credit(invoice)
    assert item_of(credit).balance == D("-1185.80")  # to refund
    with writing():
        services.undo(payment.id, actor_id=1, today=TODAY)
    assert (item_of(invoice).balance, item_of(credit).balance) == (D("1205.80"), D("-1205.80"))


def test_an_overpayment_waits_on_an_item_of_its_own(database: Flask) -> None:
    invoice = invoice_of()
    payment = pay(invoice, "1300.00", keep_rest_on_account=True)
    assert lines_of(payment.entry_id) == [
        ("400000", ZERO, D("90.00")),
        ("400000", ZERO, D("1210.00")),
        ("550000", D("1300.00"), ZERO),
    ]
    rest = on_account_of(payment)
    assert (rest.balance, rest.due_on.year, rest.source_number) == (D("-90.00"), 9999, f"payment {payment.id}")
    assert [part.amount for part in payment.parts] == [D("1210.00"), D("90.00")]


def test_a_payment_without_an_invoice_waits_on_account(database: Flask) -> None:
    with writing():
        payment = services.register(
            RegisterValues(paid_on=TODAY, customer_id=make_customer().id, amount=D("250.00")),
            actor_id=1,
            today=TODAY,
        )
    assert on_account_of(payment).balance == D("-250.00")
    assert lines_of(payment.entry_id) == [("400000", ZERO, D("250.00")), ("550000", D("250.00"), ZERO)]


def test_a_credit_moved_to_another_invoice(database: Flask) -> None:
    with writing(bulk=True):
        customer = make_customer()
        paid = make_posted_invoice(customer, lines=[("100.00", 21)])
        other = make_posted_invoice(customer)
    pay(paid, "121.00")
    with writing(bulk=True):
        credit = make_posted_credit(paid)
        move = services.move(
            from_item_id=item_of(credit).id,
            to_item_id=item_of(other).id,
            amount=D("121.00"),
            on=TODAY,
            actor_id=1,
            today=TODAY,
        )
    assert (item_of(credit).balance, item_of(other).balance) == (ZERO, D("1089.00"))
    assert item_of(credit).standing is Standing.SETTLED
    assert lines_of(move.entry_id) == [("400000", ZERO, D("121.00")), ("400000", D("121.00"), ZERO)]
    assert entry_of(move).journal is Journal.MISCELLANEOUS
    assert sorted(part.amount for part in move.parts) == [D("-121.00"), D("121.00")]


def test_a_refund_of_a_credit_note(database: Flask) -> None:
    invoice = invoice_of()
    pay(invoice, "1210.00")
    with writing(bulk=True):
        credit = make_posted_credit(invoice)
    with writing():
        refund = services.refund(
            RefundValues(item_of(credit).id, D("1210.00"), TODAY, PaymentMethod.TRANSFER), actor_id=1, today=TODAY
        )
    assert lines_of(refund.entry_id) == [("400000", D("1210.00"), ZERO), ("550000", ZERO, D("1210.00"))]
    assert (item_of(credit).balance, item_of(credit).standing) == (ZERO, Standing.SETTLED)


@pytest.mark.parametrize(
    ("net", "due", "cash", "expected"),
    [
        ("8.28", "10.02", "10.00", [("400000", "0", "10.02"), ("570000", "10.00", "0"), ("658000", "0.02", "0")]),
        ("8.29", "10.03", "10.05", [("400000", "0", "10.03"), ("570000", "10.05", "0"), ("758000", "0", "0.02")]),
    ],
)
def test_cash_of_a_consumer_is_rounded_to_five_cents(
    database: Flask, net: str, due: str, cash: str, expected: list[tuple[str, str, str]]
) -> None:
    with writing(bulk=True):
        services.change_settings(cash_limit=D(3000), tolerance=ZERO, version=None)
        customer = make_customer(is_business=False, is_subject_to_vat=False)
        invoice = make_posted_invoice(customer, lines=[(net, 21)])
    assert invoice.total_with_tax == D(due)
    payment = pay(invoice, cash, method=PaymentMethod.CASH, book_difference=True)
    assert lines_of(payment.entry_id) == [(number, D(debit), D(credit)) for number, debit, credit in expected]
    assert item_of(invoice).standing is Standing.SETTLED


def test_cents_short_are_not_booked_away_in_silence(database: Flask) -> None:
    invoice = invoice_of()
    pay(invoice, "1209.96")
    assert item_of(invoice).balance == D("0.04")


def test_cents_short_within_the_tolerance(database: Flask) -> None:
    invoice = invoice_of()
    payment = pay(invoice, "1209.96", book_difference=True)
    assert ("658000", D("0.04"), ZERO) in lines_of(payment.entry_id)
    assert (item_of(invoice).balance, item_of(invoice).paid) == (ZERO, D("1209.96"))
    assert [part.difference for part in payment.parts] == [D("0.04")]


def dollars() -> Invoice:
    invoice = invoice_of(currency="USD", exchange_rate=D("0.92"))
    assert item_of(invoice).balance_eur == D("1113.20")
    return invoice


def test_dollars_paid_at_a_better_rate(database: Flask) -> None:
    invoice = dollars()
    payment = pay(invoice, "1210.00", amount_eur=D("1149.50"))
    assert lines_of(payment.entry_id) == [
        ("400000", ZERO, D("1113.20")),
        ("550000", D("1149.50"), ZERO),
        ("754000", ZERO, D("36.30")),
    ]
    assert (item_of(invoice).balance, item_of(invoice).balance_eur) == (ZERO, ZERO)


def test_dollars_in_three_parts(database: Flask) -> None:
    invoice = dollars()
    cleared = []
    for amount in ("403.33", "403.33", "403.34"):
        before = item_of(invoice).balance_eur
        payment = pay(invoice, amount, amount_eur=D("370.00"))
        cleared.append(before - item_of(invoice).balance_eur)
        lost = before - item_of(invoice).balance_eur - D("370.00")
        assert ("754000", ZERO, -lost) in lines_of(payment.entry_id) or (
            "654000",
            lost,
            ZERO,
        ) in lines_of(payment.entry_id)
    assert cleared == [D("371.06"), D("371.06"), D("371.08")]
    assert item_of(invoice).standing is Standing.SETTLED


def test_undone_and_paid_again(database: Flask) -> None:
    invoice = invoice_of()
    payment = pay(invoice, "1210.00")
    with writing():
        services.undo(payment.id, actor_id=1, today=TODAY)
    assert lines_of(payment.undone_entry_id) == [("400000", D("1210.00"), ZERO), ("550000", ZERO, D("1210.00"))]
    item = item_of(invoice)
    assert (item.paid, item.balance, item.standing) == (ZERO, D("1210.00"), Standing.OPEN)
    pay(invoice, "1210.00")
    assert item_of(invoice).standing is Standing.SETTLED
    assert session.get_one(Payment, payment.id).undone_at is not None
