"""What is refused, and that a refusal leaves nothing behind; undoing, moving, marking as unpaid."""

import datetime as dt
from decimal import Decimal as D
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from fsm.core.audit import timeline
from fsm.core.db import session, writing
from fsm.core.errors import ConflictError, DomainError, NotFoundError
from fsm.invoices import drafts, withdrawing
from fsm.invoices.models import Invoice
from fsm.ledger.models import Period, Standing
from fsm.ledger.periods import close_period
from fsm.payments import marking, queries, services
from fsm.payments.models import Payment, PaymentKind, PaymentMethod
from fsm.payments.receivables import PartValues
from fsm.payments.services import RefundValues, RegisterValues
from tests.factories import TODAY, make_customer, make_posted_credit, make_posted_invoice
from tests.payments.books import counts, item_of, lines_of, on_account_of

pytestmark = pytest.mark.database
ZERO = D(0)


def posted(**values: Any) -> Invoice:
    with writing(bulk=True):
        return make_posted_invoice(**values)


def register(parts: list[PartValues], amount: str | None, **values: Any) -> Payment:
    with writing():
        facts = {"paid_on": TODAY, "amount": None if amount is None else D(amount), **values}
        return services.register(RegisterValues(parts=parts, **facts), actor_id=1, today=TODAY)


def pay(invoice: Invoice, amount: str | None, **values: Any) -> Payment:
    return register([PartValues(invoice_id=invoice.id)], amount, **values)


@pytest.mark.parametrize(
    ("amount", "values", "field", "sentence"),
    [
        ("1210.01", {}, "amount", '1,210.01 is more than the 1,210.00 due: tick "keep the rest on account"'),
        ("0.00", {}, "amount", "above 0"),
        ("-5.00", {}, "amount", "above 0"),
        ("10.001", {}, "amount", "at most 2 decimals"),
        ("10000000000.00", {}, "amount", "at most 9,999,999,999.99"),
        ("100.00", {"paid_on": TODAY + dt.timedelta(days=1)}, "paid_on", "not dated after today"),
        ("100.00", {"paid_on": dt.date(2026, 3, 1)}, "paid_on", "registered on account"),
        ("100.00", {"amount_eur": D(90)}, "amount_eur", "one amount"),
        ("1190.00", {"take_cash_discount": True}, "take_cash_discount", "No cash discount"),
        ("1200.00", {"book_difference": True}, "book_difference", "10.00 on .* more than the 0.05"),
        ("100.00", {"bank_account_id": 99}, None, "no such bank account"),
    ],
)
def test_refused_and_nothing_is_left(
    database: Flask, amount: str, values: dict[str, Any], field: str | None, sentence: str
) -> None:
    invoice = posted()
    before = counts()
    with pytest.raises(DomainError, match=sentence) as refusal:
        pay(invoice, amount, **values)
    assert refusal.value.field == field
    assert counts() == before
    assert item_of(invoice).balance == D("1210.00")


def test_a_closed_period_takes_no_payment(database: Flask) -> None:
    invoice = posted(on=dt.date(2026, 2, 2))
    with writing():
        period = session.scalars(sa.select(Period).where(Period.first_day == dt.date(2026, 2, 1))).one()
        close_period(period.id, actor_id=1, today=TODAY)
    before = counts()
    with pytest.raises(DomainError, match="2026-02 is closed") as refusal:
        pay(invoice, "100.00", paid_on=dt.date(2026, 2, 20))
    assert (refusal.value.field, counts()) == ("paid_on", before)


def test_what_is_paid_is_not_paid_again(database: Flask) -> None:
    invoice = posted()
    pay(invoice, "1210.00")
    with pytest.raises(DomainError, match="nothing is due"):
        pay(invoice, "1210.00")
    with pytest.raises(DomainError, match="Nothing is due"):
        pay(invoice, None)


def test_part_payments_and_the_remaining_amount(database: Flask) -> None:
    invoice = posted()
    pay(invoice, "210.00")
    item = item_of(invoice)
    assert (item.paid, item.balance, item.standing) == (D("210.00"), D("1000.00"), Standing.OPEN)
    payment = pay(invoice, None)
    assert (payment.amount, item_of(invoice).standing) == (D("1000.00"), Standing.SETTLED)


def test_only_posted_invoices_of_one_customer_in_one_currency(database: Flask) -> None:
    with writing(bulk=True):
        customer = make_customer()
        mine = make_posted_invoice(customer)
        dollars = make_posted_invoice(customer, currency="USD", exchange_rate=D("0.92"))
        others = make_posted_invoice(make_customer(name="Garage Maes"))
        draft = drafts.create_blank(customer.id, actor_id=1)
    with pytest.raises(DomainError, match="is not an invoice of Bakkerij Peeters"):
        register([PartValues(invoice_id=mine.id), PartValues(invoice_id=others.id)], "100.00")
    with pytest.raises(DomainError, match="in one currency"):
        register([PartValues(invoice_id=mine.id), PartValues(invoice_id=dollars.id)], "100.00")
    with pytest.raises(DomainError, match="only once"):
        register([PartValues(invoice_id=mine.id), PartValues(invoice_id=mine.id)], "100.00")
    with pytest.raises(ConflictError, match="Only a posted invoice"):
        pay(draft, "100.00")
    with pytest.raises(NotFoundError):
        register([PartValues(invoice_id=99)], "100.00")
    with pytest.raises(DomainError, match="how many EUR") as refusal:
        pay(dollars, "100.00")
    assert refusal.value.field == "amount_eur"


def test_a_withdrawn_invoice_cannot_be_paid(database: Flask) -> None:
    invoice = posted(on=TODAY)
    with writing():
        withdrawing.withdraw(invoice.id, actor_id=1, today=TODAY)
    with pytest.raises(ConflictError, match="withdrawn"):
        pay(invoice, "10.00", keep_rest_on_account=True)


def test_one_payment_of_several_invoices(database: Flask) -> None:
    with writing(bulk=True):
        customer = make_customer()
        one, two = make_posted_invoice(customer), make_posted_invoice(customer, lines=[("100.00", 21)])
    payment = register([PartValues(invoice_id=one.id, amount=D("1000.00")), PartValues(invoice_id=two.id)], "1121.00")
    assert (item_of(one).balance, item_of(two).balance) == (D("210.00"), ZERO)
    assert lines_of(payment.entry_id) == [
        ("400000", ZERO, D("121.00")),
        ("400000", ZERO, D("1000.00")),
        ("550000", D("1121.00"), ZERO),
    ]
    with pytest.raises(DomainError, match=r"add up to 200\.00"):
        register([PartValues(invoice_id=one.id, amount=D(200))], "100.00")


def test_cash_is_limited_per_invoice(database: Flask) -> None:
    invoice = posted(lines=[("5000.00", 21)])
    pay(invoice, "2000.00", method=PaymentMethod.CASH)
    with pytest.raises(DomainError, match=r"at most EUR.3,000\.00 in cash"):
        pay(invoice, "1000.01", method=PaymentMethod.CASH)
    pay(invoice, "1000.00", method=PaymentMethod.CASH)
    pay(invoice, "3050.00")
    assert item_of(invoice).balance == 0


def test_cash_kept_on_account_stays_cash_when_it_is_moved(database: Flask) -> None:
    with writing(bulk=True):
        customer = make_customer()
        invoice = make_posted_invoice(customer, lines=[("5000.00", 21)])
    on_account = register([], "1500.00", customer_id=customer.id, method=PaymentMethod.CASH)
    pay(invoice, "2000.00", method=PaymentMethod.CASH)
    with pytest.raises(DomainError, match="in cash"), writing():
        services.move(
            from_item_id=on_account_of(on_account).id,
            to_item_id=item_of(invoice).id,
            amount=D("1500.00"),
            on=TODAY,
            actor_id=1,
            today=TODAY,
        )


def test_the_reduced_amount_paid_too_late_leaves_the_rest_due(database: Flask) -> None:
    invoice = posted(cash_discount_percentage=D(2), cash_discount_days_valid=8)
    with pytest.raises(DomainError, match="No cash discount"):
        pay(invoice, "1185.80", paid_on=dt.date(2026, 3, 11), take_cash_discount=True)
    pay(invoice, "1185.80", paid_on=dt.date(2026, 3, 11))
    assert item_of(invoice).balance == D("20.00")
    with pytest.raises(DomainError, match="No cash discount"):  # what was paid late does not count
        pay(invoice, None, paid_on=dt.date(2026, 3, 10), take_cash_discount=True)


def test_less_than_the_reduced_amount_takes_no_discount(database: Flask) -> None:
    invoice = posted(cash_discount_percentage=D(2), cash_discount_days_valid=8)
    with pytest.raises(DomainError, match=r"1,185.00 is less than the 1,185.80"):
        pay(invoice, "1185.00", paid_on=dt.date(2026, 3, 10), take_cash_discount=True)


def test_a_used_rest_must_be_given_back_first(database: Flask) -> None:
    with writing(bulk=True):
        customer = make_customer()
        one, two = make_posted_invoice(customer), make_posted_invoice(customer)
    payment = pay(one, "1300.00", keep_rest_on_account=True)
    with writing():
        move = services.move(
            from_item_id=on_account_of(payment).id,
            to_item_id=item_of(two).id,
            amount=D("90.00"),
            on=TODAY,
            actor_id=1,
            today=TODAY,
        )
    with pytest.raises(ConflictError, match=f"90.00 went to {two.number}"), writing():
        services.undo(payment.id, actor_id=1, today=TODAY)
    assert item_of(one).standing is Standing.SETTLED
    with writing():
        services.undo(move.id, actor_id=1, today=TODAY)
    with writing():
        services.undo(payment.id, actor_id=1, today=TODAY)
    assert (item_of(one).balance, item_of(two).balance) == (D("1210.00"), D("1210.00"))
    assert on_account_of(payment).balance == 0
    with pytest.raises(ConflictError, match="undone already"), writing():
        services.undo(payment.id, actor_id=1, today=TODAY)


def test_a_refunded_rest_is_named(database: Flask) -> None:
    invoice = posted()
    payment = pay(invoice, "1300.00", keep_rest_on_account=True)
    with writing():
        services.refund(RefundValues(on_account_of(payment).id, D("90.00"), TODAY), actor_id=1, today=TODAY)
    with pytest.raises(ConflictError, match=r"90\.00 was refunded"), writing():
        services.undo(payment.id, actor_id=1, today=TODAY)


def test_marking_as_unpaid_undoes_every_payment(database: Flask) -> None:
    with writing(bulk=True):
        customer = make_customer()
        one, two = make_posted_invoice(customer), make_posted_invoice(customer)
    both = register([PartValues(invoice_id=one.id, amount=D(500)), PartValues(invoice_id=two.id)], "600.00")
    last = pay(one, "800.00", keep_rest_on_account=True)
    assert on_account_of(last).balance == D("-90.00")
    with writing():
        undone = marking.mark_unpaid(one.id, actor_id=1, today=TODAY)
    assert [payment.id for payment in undone] == [last.id, both.id]
    assert (item_of(one).balance, item_of(two).balance) == (D("1210.00"), D("1210.00"))
    with pytest.raises(ConflictError, match="no payments"), writing():
        marking.mark_unpaid(one.id, actor_id=1, today=TODAY)


def test_a_rest_moved_to_the_same_invoice_is_undone_along_with_it(database: Flask) -> None:
    with writing(bulk=True):
        customer = make_customer()
        invoice = make_posted_invoice(customer)
    on_account = register([], "300.00", customer_id=customer.id)
    partly = pay(invoice, "910.00")
    with writing():
        services.move(
            from_item_id=on_account_of(on_account).id,
            to_item_id=item_of(invoice).id,
            amount=D("300.00"),
            on=TODAY,
            actor_id=1,
            today=TODAY,
        )
    assert item_of(invoice).balance == 0
    with writing():
        marking.mark_unpaid(invoice.id, actor_id=1, today=TODAY)
    assert item_of(invoice).balance == D("1210.00")
    assert on_account_of(on_account).balance == D("-300.00")  # still there, moved back
    assert session.get_one(Payment, partly.id).undone_at is not None


@pytest.mark.parametrize(
    ("amount", "sentence"),
    [("121.01", "more than the 121.00 left"), ("0.00", "above 0"), ("1.005", "2 decimals")],
)
def test_no_more_is_refunded_or_moved_than_there_is(database: Flask, amount: str, sentence: str) -> None:
    with writing(bulk=True):
        customer = make_customer()
        paid, other = make_posted_invoice(customer, lines=[("100.00", 21)]), make_posted_invoice(customer)
    pay(paid, "121.00")
    with writing(bulk=True):
        credit = item_of(make_posted_credit(paid))
    before = counts()
    with pytest.raises(DomainError, match=sentence), writing():
        services.refund(RefundValues(credit.id, D(amount), TODAY), actor_id=1, today=TODAY)
    with pytest.raises(DomainError, match=sentence), writing():
        services.move(
            from_item_id=credit.id,
            to_item_id=item_of(other).id,
            amount=D(amount),
            on=TODAY,
            actor_id=1,
            today=TODAY,
        )
    assert counts() == before


def test_an_invoice_gives_nothing_and_a_credit_note_takes_nothing(database: Flask) -> None:
    with writing(bulk=True):
        customer = make_customer()
        one, two = make_posted_invoice(customer), make_posted_invoice(customer)
    with pytest.raises(ConflictError, match="nothing left to give"), writing():
        services.refund(RefundValues(item_of(one).id, D(10), TODAY), actor_id=1, today=TODAY)
    pay(one, "1210.00")
    with writing(bulk=True):
        credit = make_posted_credit(one)
    with pytest.raises(ConflictError, match="refunded, or moved"):
        register([PartValues(open_item_id=item_of(credit).id)], "10.00")
    with pytest.raises(ConflictError, match="refunded, or moved"):
        pay(credit, "10.00")
    rest = register([], "50.00", customer_id=customer.id)
    with pytest.raises(DomainError, match="moved to an invoice"), writing():
        services.move(
            from_item_id=on_account_of(rest).id,
            to_item_id=item_of(credit).id,
            amount=D(10),
            on=TODAY,
            actor_id=1,
            today=TODAY,
        )
    assert item_of(two).balance == D("1210.00")


def test_dollars_on_account_keep_their_own_rate(database: Flask) -> None:
    with writing(bulk=True):
        customer = make_customer()
        invoice = make_posted_invoice(customer, currency="USD", exchange_rate=D("0.92"))
    rest = register([], "1210.00", customer_id=customer.id, currency="USD", amount_eur=D("1149.50"))
    item = on_account_of(rest)
    assert (item.balance, item.balance_eur) == (D("-1210.00"), D("-1149.50"))
    with writing():
        moved = services.move(
            from_item_id=item.id,
            to_item_id=item_of(invoice).id,
            amount=D("605.00"),
            on=TODAY,
            actor_id=1,
            today=TODAY,
        )
    # 605 at 0.95 leaves the payment, at 0.92 the invoice.
    assert lines_of(moved.entry_id) == [
        ("400000", ZERO, D("556.60")),
        ("400000", D("574.75"), ZERO),
        ("754000", ZERO, D("18.15")),
    ]
    assert on_account_of(rest).balance_eur == D("-574.75")


def test_what_was_paid_this_month(database: Flask) -> None:
    invoice = posted()
    pay(invoice, "1000.00")
    undone = pay(invoice, "100.00")
    over = pay(invoice, "300.00", keep_rest_on_account=True)
    with writing():
        services.undo(undone.id, actor_id=1, today=TODAY)
        services.refund(RefundValues(on_account_of(over).id, D("60.00"), TODAY), actor_id=1, today=TODAY)
    assert queries.paid_between(dt.date(2026, 3, 1), dt.date(2026, 3, 31)) == D("1240.00")
    assert queries.paid_between(dt.date(2026, 4, 1), dt.date(2026, 4, 30)) == 0
    rows = queries.payments_of_invoice(invoice.id)
    assert [(row.amount, row.payment.undone_at is not None) for row in rows] == [
        (D("1000.00"), False),
        (D("100.00"), True),
        (D("110.00"), False),
    ]
    assert [item.balance for item in queries.on_account_items(invoice.customer_id)] == [D("-130.00")]


def test_it_is_told_on_the_timelines(database: Flask) -> None:
    invoice = posted()
    payment = pay(invoice, "1210.00")
    with writing():
        services.undo(payment.id, actor_id=1, today=TODAY)
    for kind, row_id in (("invoice", invoice.id), ("customer", invoice.customer_id)):
        sentences = [entry.sentence for entry in timeline(kind, row_id)]
        assert sentences[0].startswith("Undone: payment of EUR")
        assert sentences[1].startswith("Paid EUR")


def test_a_registered_payment_is_final(database: Flask) -> None:
    payment = pay(posted(), "1210.00")
    for statement in (
        sa.update(Payment).where(Payment.id == payment.id).values(amount=D(1)),
        sa.delete(Payment).where(Payment.id == payment.id),
    ):
        with pytest.raises(sa.exc.DBAPIError, match="final: undo it"), writing():
            session.execute(statement)
    assert payment.kind is PaymentKind.PAYMENT
