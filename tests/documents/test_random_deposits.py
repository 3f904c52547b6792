"""Deposits and final invoice of random orders: nets (prices with VAT: totals) add up, each document's VAT is its base's."""

import random
from decimal import Decimal as D

import pytest

from fsm.core.money import rounded
from fsm.documents import deposits
from fsm.documents.models import TaxCalculation
from fsm.documents.totals import LineIn, TaxKey, Terms, Totals, compute

RATES = (D(21), D(12), D(6), D(0))


def order_of(dice: random.Random, terms: Terms) -> list[LineIn]:
    lines = [
        LineIn(
            quantity=D(dice.choice([1, 1, 2, 3, 7])),
            amount=None if terms.tax_included else D(dice.randint(1, 999_999)) / 100,
            amount_with_tax=D(dice.randint(1, 999_999)) / 100 if terms.tax_included else None,
            tax_rate=dice.choice(RATES),
        )
        for _place in range(dice.randint(1, 5))
    ]
    if dice.random() < 0.3:
        lines.append(LineIn(D(1), D("5.00"), D("5.00"), D(0), "DR"))
    return lines


def lines_for(amounts: dict[TaxKey, D], *, is_deduction: bool = False) -> list[LineIn]:
    sign = D(-1 if is_deduction else 1)
    return [
        LineIn(sign, amount, amount, key.tax_rate, key.special_status, is_deduction=is_deduction)
        for key, amount in amounts.items()
    ]


def figure(totals: Totals, key: TaxKey, *, tax_included: bool) -> D:
    rows = [row for row in totals.taxes if row.key == key]
    return sum((row.net_after_discount + (row.tax if tax_included else 0) for row in rows), D(0))


@pytest.mark.parametrize("tax_included", [False, True])
def test_nets_add_up_exactly(*, tax_included: bool) -> None:
    dice = random.Random(20261122 + tax_included)
    for _round in range(250):
        calculation = TaxCalculation.ITEM if tax_included else TaxCalculation.TOTAL
        discount = D(dice.choice([0, 0, 500, 1234])) / 100
        terms = Terms(calculation, tax_included, discount)
        lines = order_of(dice, terms)
        whole = compute(lines, terms)
        base = deposits.bases(whole.taxes, tax_included=tax_included)
        left, made = dict(base), []
        for _deposit in range(dice.randint(1, 3)):
            own = deposits.deposit(base, D(dice.randint(1, 4000)) / 100, left)
            made.append(own)
            for key, amount in own.items():
                left[key] -= amount
        taken = deposits.deductions(base, made)
        assert taken == made, "all of it, the order is as it was"
        documents = [compute(lines_for(own), Terms(calculation, tax_included)) for own in made]
        final = compute([*lines, *(line for own in taken for line in lines_for(own, is_deduction=True))], terms)
        documents.append(final)
        for key, amount in base.items():
            assert sum(figure(one, key, tax_included=tax_included) for one in documents) == amount
            assert figure(final, key, tax_included=tax_included) >= 0
        assert final.discount_total_without_tax == whole.discount_total_without_tax or tax_included
        for one in documents:
            assert one.total_without_tax + one.total_tax == one.total_with_tax
            if not tax_included:
                assert all(row.tax == rounded(row.base * row.key.tax_rate / 100) for row in one.taxes)


def test_the_deduction_ends_at_the_base_of_its_rate() -> None:
    high, low = TaxKey(D(21)), TaxKey(D(6))
    taken = deposits.deductions(
        {high: D("250.00"), low: D("10.00")}, [{high: D("300.00")}, {high: D(5), low: D("4.00")}]
    )
    assert taken == [{high: D("250.00")}, {low: D("4.00")}]


def test_shares_of_a_deposit_add_up() -> None:
    """10 % of 33.33 at 21 % and 33.33 at 6 %: 6.67, the missing cent at the higher rate."""
    base = {TaxKey(D(6)): D("33.33"), TaxKey(D(21)): D("33.33")}
    assert deposits.deposit(base, D(10), base) == {TaxKey(D(6)): D("3.33"), TaxKey(D(21)): D("3.34")}
