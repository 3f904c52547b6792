"""Random documents whose figures an oracle works out again, with fractions, from accounting.md 2: no cent differs."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction as F
from random import Random
from typing import Any

import pytest

from fsm.documents.models import CashDiscountMode, TaxCalculation
from fsm.documents.totals import LineIn, Terms, Totals, compute

CENT = F(1, 100)
RATES = [("21", ""), ("21", ""), ("20", ""), ("12", ""), ("6", ""), ("5.5", ""), ("0", ""), ("0", "MC"), ("0", "DR")]
PRICES = ["0.0049", "1.12", "12.345", "12.95", "48.35", "99.99", "100", "241.67", "348.35", "9999999.9999"]


def cents(value: F) -> F:
    """Half up on the absolute value."""
    whole = (abs(value) / CENT + F(1, 2)).__floor__() * CENT
    return whole if value >= 0 else -whole


def shares(amount: F, ideals: Sequence[F], rates: Sequence[F]) -> list[F]:
    """Cut towards 0; the missing cents to the largest remainders, ties to the higher rate, then to the earlier line."""
    cut = [(abs(ideal) / CENT).__floor__() * CENT * (1 if ideal >= 0 else -1) for ideal in ideals]
    missing = amount - sum(cut)
    sign = 1 if missing >= 0 else -1
    order = sorted(range(len(ideals)), key=lambda at: (-(ideals[at] - cut[at]) * sign, -rates[at], at))
    for at in order[: int(abs(missing) / CENT)]:
        cut[at] += CENT * sign
    return cut


class Oracle:
    """One document; lines are (figure, rate, special status)."""

    def __init__(self, lines: Sequence[LineIn], terms: Terms, *, discounted: bool = True) -> None:
        self.included, self.mode = terms.tax_included, terms.cash_discount_mode
        self.by_line = self.included or terms.tax_calculation == TaxCalculation.ITEM
        prices = [line.amount_with_tax if self.included else line.amount for line in lines]
        self.figures = [cents(F(line.quantity) * F(price or 0)) for line, price in zip(lines, prices, strict=True)]
        self.rates = [F(line.tax_rate) / 100 for line in lines]
        self.keys = [(line.tax_rate, line.special_status) for line in lines]
        self.bears = [line.special_status != "DR" for line in lines]
        percentage = F(terms.discount_percentage) / 100 if discounted else F(0)
        self.discounts = self.shared(self.figures, percentage)
        left = [figure - own for figure, own in zip(self.figures, self.discounts, strict=True)]
        if self.included:
            self.taxes_by_line = [
                gross - cents(gross / (1 + rate)) for gross, rate in zip(left, self.rates, strict=True)
            ]
            self.nets = [gross - tax for gross, tax in zip(left, self.taxes_by_line, strict=True)]
        else:
            self.nets = left
        self.cash = self.shared(self.nets, F(terms.cash_discount_percentage) / 100)
        self.tax = self._tax()
        self.net = sum(self.nets, F(0))
        self.total = self.net + self.tax

    def shared(self, figures: Sequence[F], percentage: F) -> list[F]:
        ideals = [figure * percentage if bears else F(0) for figure, bears in zip(figures, self.bears, strict=True)]
        amount = cents(sum(ideals, F(0)))
        if self.by_line:
            return shares(amount, ideals, self.rates)
        keys = list(dict.fromkeys(self.keys))
        groups = [[at for at, own in enumerate(self.keys) if own == key] for key in keys]
        of_keys = shares(
            amount, [sum((ideals[at] for at in group), F(0)) for group in groups], [F(key[0]) for key in keys]
        )
        found = list(ideals)
        for own, group in zip(of_keys, groups, strict=True):
            found_own = shares(own, [ideals[at] for at in group], [self.rates[at] for at in group])
            for at, share in zip(group, found_own, strict=True):
                found[at] = share
        return found

    def of_rates(self, values: Sequence[F]) -> dict[F, F]:
        sums: dict[F, F] = {}
        for key, rate, value in zip(self.keys, self.rates, values, strict=True):
            del key
            sums[rate] = sums.get(rate, F(0)) + value
        return sums

    def _tax(self) -> F:
        if self.included:
            return sum(self.taxes_by_line, F(0))
        lowers = self.mode == CashDiscountMode.ON_INVOICE
        bases = [net - own if lowers else net for net, own in zip(self.nets, self.cash, strict=True)]
        if self.by_line:
            return sum((cents(base * rate) for base, rate in zip(bases, self.rates, strict=True)), F(0))
        return sum((cents(base * rate) for rate, base in self.of_rates(bases).items()), F(0))

    @property
    def cash_discount_total(self) -> F:
        total = sum(self.cash, F(0))
        if self.mode == CashDiscountMode.ON_PAYMENT:
            total += sum((cents(own * rate) for rate, own in self.of_rates(self.cash).items()), F(0))
        return total


def a_document(random: Random) -> tuple[list[LineIn], Terms]:
    included = random.random() < 0.3
    lines = []
    for _place in range(random.randint(1, 6)):
        rate, status = random.choice(RATES)
        price = Decimal(random.choice([*PRICES, str(Decimal(random.randint(-2_000_000, 40_000_000)) / 10_000)]))
        quantity = Decimal(random.choice([1, 1, 2, 16, 50, 0, -1, 8])) if random.random() < 0.7 else a_number(random)
        prices = (None, price) if included else (price, None)
        lines.append(LineIn(quantity, *prices, Decimal(rate), status))
    cash = Decimal(random.choice([0, 0, 2, 100])) if random.random() < 0.8 else Decimal(random.randint(0, 10_000)) / 100
    modes = [mode for mode in CashDiscountMode if not (included and mode == CashDiscountMode.ON_INVOICE)]
    calculation = TaxCalculation.ITEM if included else random.choice(list(TaxCalculation))
    discount = (
        Decimal(random.choice([0, 0, 3, 5, 100])) if random.random() < 0.7 else Decimal(random.randint(0, 10_000)) / 100
    )
    return lines, Terms(calculation, included, discount, cash, random.choice(modes))


def a_number(random: Random) -> Decimal:
    return Decimal(random.randint(-99_999, 999_999)) / 100


def check(lines: list[LineIn], terms: Terms, totals: Totals) -> None:
    oracle, plain = Oracle(lines, terms), Oracle(lines, terms, discounted=False)
    expected: dict[str, Any] = {
        "total_without_tax": oracle.net,
        "total_tax": oracle.tax,
        "total_with_tax": oracle.total,
        "discount_total_without_tax": plain.net - oracle.net,
        "discount_total_with_tax": plain.total - oracle.total,
        "cash_discount_total": oracle.cash_discount_total,
    }
    found = {name: F(getattr(totals, name)) for name in expected}
    assert found == expected, (lines, terms)
    assert totals.total_without_tax + totals.total_tax == totals.total_with_tax
    if terms.tax_included:
        assert F(totals.discount_total_with_tax) == sum(oracle.discounts, F(0))


def run(count: int, seed: int) -> None:
    random = Random(seed)
    for _number in range(count):
        lines, terms = a_document(random)
        totals = compute(lines, terms)
        check(lines, terms, totals)
        turned = [replace(line, quantity=-line.quantity) for line in lines]
        mirror = compute(turned, terms)
        assert (mirror.total_with_tax, mirror.total_tax) == (-totals.total_with_tax, -totals.total_tax)


def test_random_documents() -> None:
    run(500, seed=20120216)


@pytest.mark.soak
def test_many_random_documents() -> None:
    run(5000, seed=3003)
