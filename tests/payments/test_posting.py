"""The posting rules alone: the French figures of accounting.md 5, and rates."""

import datetime as dt
from decimal import Decimal as D

import pytest

from fsm.company import charts
from fsm.core.errors import DomainError
from fsm.ledger.posting import netted
from fsm.payments.cash_discount import OpenDiscount
from fsm.payments.models import PaymentKind, PaymentMethod
from fsm.payments.posting import DiscountShare, PartFacts, PaymentFacts, cleared_eur, entry_of
from fsm.payments.settlement import Choices, Target, settle

DAY = dt.date(2026, 3, 10)


def facts(parts: list[PartFacts], amount: str, amount_eur: str | None = None, currency: str = "EUR") -> PaymentFacts:
    return PaymentFacts(
        payment_id=7,
        kind=PaymentKind.PAYMENT,
        method=PaymentMethod.TRANSFER,
        customer_id=1,
        paid_on=DAY,
        currency=currency,
        amount=D(amount),
        amount_eur=D(amount_eur or amount),
        narration="Payment",
        parts=parts,
    )


def test_a_french_cash_discount_takes_its_vat_off() -> None:
    part = PartFacts(1, D("1176.00"), D("1200.00"), (DiscountShare(D("20.00"), D("4.00")),))
    draft = entry_of(facts([part], "1176.00"), charts.load("fr_pcg").roles)
    assert {(line.account, line.value) for line in netted(draft)} == {
        ("512000", D("1176.00")),
        ("665000", D("20.00")),
        ("445710", D("4.00")),
        ("411000", D("-1200.00")),
    }


def test_a_discount_in_dollars_is_a_cost_at_the_invoices_rate() -> None:
    part = PartFacts(1, D("1190.00"), D("1113.20"), (DiscountShare(D("20.00")),), rate=D("0.92"))
    draft = entry_of(facts([part], "1190.00", "1130.50", "USD"), charts.load("be_pcmn").roles)
    lines = {line.account: (line.value, line.foreign) for line in netted(draft)}
    assert lines == {
        "550000": (D("1130.50"), D("1190.00")),
        "400000": (D("-1113.20"), D("-1210.00")),
        "657000": (D("18.40"), D("20.00")),
        "754000": (D("-35.70"), D("0")),
    }


@pytest.mark.parametrize(
    ("cleared", "balance", "balance_eur", "expected"),
    [
        ("403.33", "1210.00", "1113.20", "371.06"),
        ("403.33", "806.67", "742.14", "371.06"),
        ("403.34", "403.34", "371.08", "371.08"),
        ("0.05", "0.06", "0.03", "0.03"),  # never more than is left
        ("-605.00", "-1210.00", "-1113.20", "-556.60"),
    ],
)
def test_the_last_part_clears_what_is_left(cleared: str, balance: str, balance_eur: str, expected: str) -> None:
    assert cleared_eur(D(cleared), D(balance), D(balance_eur), D("0.92")) == D(expected)


def target(due: str, discount: str | None = None, item_id: int = 1, asked: str | None = None) -> Target:
    taken = OpenDiscount(D(discount), (DiscountShare(D(discount)),), DAY) if discount else None
    return Target(item_id, f"FA-{item_id}", D(due), D(due), discount=taken, asked=D(asked) if asked else None)


@pytest.mark.parametrize(
    ("amount", "rest"),
    [("100.00", "0"), ("100.05", "0.05"), ("150.00", "50.00")],
)
def test_the_rest_is_kept_when_asked_for(amount: str, rest: str) -> None:
    settled = settle([target("100.00")], Choices(D(amount), keep_rest_on_account=True))
    assert (settled.parts[0].cleared, settled.rest) == (D("100.00"), D(rest))


def test_discount_and_cents_together() -> None:
    choices = Choices(D("1185.78"), take_cash_discount=True, book_difference=True, tolerance=D("0.05"))
    (part,) = settle([target("1205.80", "20.00")], choices).parts
    assert (part.amount, part.discount_total, part.difference, part.cleared) == (
        D("1185.78"),
        D("20.00"),
        D("0.02"),
        D("1205.80"),
    )


def test_the_tolerance_is_for_the_whole_payment() -> None:
    targets = [target("10.00", asked="9.97"), target("20.00", item_id=2, asked="19.97")]
    with pytest.raises(DomainError, match=r"0\.03 on FA-2 is more than the 0\.02"):
        settle(targets, Choices(D("29.94"), book_difference=True, tolerance=D("0.05")))
