"""What holds for every document, whatever its lines."""

from dataclasses import fields, replace
from decimal import Decimal as D
from random import Random

from hypothesis import assume, given
from hypothesis import strategies as st

from fsm.core.money import rounded
from fsm.documents.models import CashDiscountMode, TaxCalculation
from fsm.documents.totals import LineIn, LineTotals, TaxTotals, Terms, Totals, compute

RATES = st.sampled_from([(D(21), ""), (D(12), ""), (D(6), ""), (D(0), ""), (D(0), "MC"), (D(0), "DR")])
PERCENTAGES = st.just(D(0)) | st.decimals(0, 100, places=2)


@st.composite
def line(draw: st.DrawFn) -> LineIn:
    rate, status = draw(RATES)
    price = draw(st.decimals(-2000, 2000, places=4))
    return LineIn(draw(st.decimals(-50, 50, places=2)), price, price, rate, status)


LINES = st.lists(line(), max_size=12)
MODES = st.sampled_from(CashDiscountMode)
WITHOUT_TAX = st.builds(Terms, st.sampled_from(TaxCalculation), st.just(value=False), PERCENTAGES, PERCENTAGES, MODES)
WITH_TAX = st.builds(
    Terms, st.just(None), st.just(value=True), PERCENTAGES, PERCENTAGES, st.just(CashDiscountMode.NEVER)
)
TERMS = WITHOUT_TAX | WITH_TAX


def figures(totals: Totals | LineTotals | TaxTotals) -> dict[str, D]:
    values = {field.name: getattr(totals, field.name) for field in fields(totals)}
    return {name: value for name, value in values.items() if isinstance(value, D)}


def negated(totals: Totals | LineTotals | TaxTotals) -> dict[str, D]:
    return {name: -value for name, value in figures(totals).items()}


@given(LINES, TERMS)
def test_everything_adds_up(lines: list[LineIn], terms: Terms) -> None:
    totals = compute(lines, terms)
    assert totals.total_with_tax == totals.total_without_tax + sum(row.tax for row in totals.taxes)
    assert totals.total_without_tax == sum(own.net for own in totals.lines) - totals.discount_total_without_tax
    for row in totals.taxes:
        group = [own for own in totals.lines if own.key == row.key]
        for name in ("net", "total", "discount", "net_after_discount", "cash_discount"):
            assert sum(getattr(own, name) for own in group) == getattr(row, name)
        if terms.rounds_per_line:
            assert sum(own.charged_tax or 0 for own in group) == row.tax
        assert row.net_after_discount == row.net - row.discount


@given(LINES, WITHOUT_TAX)
def test_discounts_are_rounded_once(lines: list[LineIn], terms: Terms) -> None:
    totals = compute(lines, terms)
    bearing = sum((row.net for row in totals.taxes if row.key.special_status != "DR"), D(0))
    discount = rounded(bearing * terms.discount_percentage / 100)
    cash_discount = rounded((bearing - discount) * terms.cash_discount_percentage / 100)
    assert totals.discount_total_without_tax == discount
    assert sum(row.cash_discount for row in totals.taxes) == cash_discount


@given(LINES, TERMS)
def test_turned_document_turns_every_figure(lines: list[LineIn], terms: Terms) -> None:
    totals = compute(lines, terms)
    turned = compute([replace(own, quantity=-own.quantity) for own in lines], terms)
    assert figures(turned) == negated(totals)
    assert [figures(own) for own in turned.lines] == [negated(own) for own in totals.lines]
    assert [figures(row) for row in turned.taxes] == [negated(row) for row in totals.taxes]


@given(LINES, WITH_TAX)
def test_prices_with_vat_keep_what_was_agreed(lines: list[LineIn], terms: Terms) -> None:
    totals = compute(lines, terms)
    agreed = [rounded(own.quantity * (own.amount_with_tax or 0)) for own in lines]
    bearing = sum((total for own, total in zip(lines, agreed, strict=True) if own.special_status != "DR"), D(0))
    assert [own.total for own in totals.lines] == agreed
    assert totals.discount_total_with_tax == rounded(bearing * terms.discount_percentage / 100)
    assert totals.total_with_tax == sum(agreed, D(0)) - totals.discount_total_with_tax


@given(LINES, WITHOUT_TAX)
def test_item_and_total_differ_by_less_than_a_cent_a_line(lines: list[LineIn], terms: Terms) -> None:
    by_total = compute(lines, replace(terms, tax_calculation=TaxCalculation.TOTAL))
    by_item = compute(lines, replace(terms, tax_calculation=TaxCalculation.ITEM))
    assert by_total.total_without_tax == by_item.total_without_tax
    assert abs(by_total.total_tax - by_item.total_tax) <= D("0.01") * max(1, len(lines))


@given(LINES, WITHOUT_TAX, st.randoms(use_true_random=False))
def test_order_of_lines_changes_no_rate(lines: list[LineIn], terms: Terms, random: Random) -> None:
    # Two statuses at 0 % tie by the order of the lines: that is the rule, not what is tested here.
    assume(len({own.special_status for own in lines if not own.tax_rate} - {"DR"}) <= 1)
    terms = replace(terms, tax_calculation=TaxCalculation.TOTAL)
    shuffled = random.sample(lines, len(lines))
    one, other = compute(lines, terms), compute(shuffled, terms)
    assert {row.key: row for row in one.taxes} == {row.key: row for row in other.taxes}
    assert figures(one) == figures(other)
