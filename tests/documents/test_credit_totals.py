"""Several credit notes of one invoice take back its net and VAT exactly (accounting.md 5)."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsm.documents.credit_totals import compute_credit, credit_line, left_to_credit
from fsm.documents.models import CashDiscountMode, TaxCalculation
from fsm.documents.totals import (
    LineIn,
    TaxTotals,
    Terms,
    Totals,
    TotalsError,
    belgian_rounding_conflict,
    compute,
    line_figure,
)


def credit_one_by_one(invoice: Totals, sold: LineIn, terms: Terms) -> list[Totals]:
    """As many credit notes of one unit as the line has."""
    notes: list[Totals] = []
    left_figure = line_figure(sold, tax_included=terms.tax_included)
    for left_quantity in range(int(sold.quantity), 0, -1):
        unit = replace(sold, quantity=D(-1))
        one = credit_line(unit, D(left_quantity), left_figure, tax_included=terms.tax_included)
        left_figure += line_figure(one, tax_included=terms.tax_included)
        before: list[TaxTotals] = [row for note in notes for row in note.taxes]
        notes.append(compute_credit([one], terms, left_to_credit(invoice.taxes, before)))
    return notes


def added(notes: Sequence[Totals]) -> tuple[D, D, D]:
    return (
        sum((note.total_without_tax for note in notes), D(0)),
        sum((note.total_tax for note in notes), D(0)),
        sum((note.cash_discount_total for note in notes), D(0)),
    )


def test_the_last_credit_note_takes_the_vat_that_is_left() -> None:
    sold = LineIn(D(2), D("1.12"), tax_rate=D(21))
    invoice = compute([sold], Terms())
    assert invoice.total_tax == D("0.47")
    notes = credit_one_by_one(invoice, sold, Terms())
    assert [note.total_tax for note in notes] == [D("-0.24"), D("-0.23")]
    assert [note.total_without_tax for note in notes] == [D("-1.12"), D("-1.12")]
    assert [belgian_rounding_conflict(note) for note in notes] == [None, None]


def test_half_of_an_invoice_with_cash_discount() -> None:
    terms = Terms(cash_discount_percentage=D(2))
    invoice = compute([LineIn(D(1), D(1000), tax_rate=D(21))], terms)
    note = compute_credit([LineIn(D(-1), D(500), tax_rate=D(21))], terms, left_to_credit(invoice.taxes, []))
    assert (note.total_without_tax, note.total_tax, note.total_with_tax) == (D(-500), D("-102.90"), D("-602.90"))
    assert note.cash_discount_total == D("-10.00")


def test_the_last_credit_note_takes_the_discount_that_is_left() -> None:
    sold = LineIn(D(3), D("33.35"), tax_rate=D(21))
    terms = Terms(discount_percentage=D(5))
    invoice = compute([sold], terms)
    # 100.05 less 5.00; a unit alone: 33.35 less 1.67, so that three of them would be 95.04.
    assert invoice.total_without_tax == D("95.05")
    notes = credit_one_by_one(invoice, sold, terms)
    assert [note.total_without_tax for note in notes] == [D("-31.68"), D("-31.68"), D("-31.69")]
    assert notes[2].lines[0].discount == D("-1.66")


def test_vat_that_rounds_up_is_never_given_back_twice() -> None:
    sold = LineIn(D(10), D("0.12"), tax_rate=D(21))
    invoice = compute([sold], Terms())
    assert invoice.total_tax == D("0.25")
    notes = credit_one_by_one(invoice, sold, Terms())
    # 0.0252 rounds to 0.03, which ten times would be 0.30.
    assert [note.total_tax for note in notes] == [D("-0.03")] * 8 + [D("-0.01"), D("0.00")]


def test_a_rate_is_completed_apart_from_the_others() -> None:
    two, ten = LineIn(D(2), D("1.12"), tax_rate=D(21)), LineIn(D(1), D(10), tax_rate=D(6))
    invoice = compute([two, ten], Terms())
    first = compute_credit([replace(two, quantity=D(-1))], Terms(), left_to_credit(invoice.taxes, []))
    rest = [replace(two, quantity=D(-1)), LineIn(D(-1), D(4), tax_rate=D(6))]
    note = compute_credit(rest, Terms(), left_to_credit(invoice.taxes, first.taxes))
    assert [(row.tax, row.is_remainder) for row in note.taxes] == [(D("-0.23"), True), (D("-0.24"), False)]


def test_units_that_round_up_never_exceed_the_line() -> None:
    sold = LineIn(D(1000), D("0.005"), tax_rate=D(21))
    unit = replace(sold, quantity=D(-1))
    assert line_figure(unit, tax_included=False) == D("-0.01")
    assert credit_line(unit, D(400), D("0.00"), tax_included=False).figure == 0


def test_more_than_is_left_of_a_rate_is_refused() -> None:
    invoice = compute([LineIn(D(1), D(100), tax_rate=D(21))], Terms())
    left = left_to_credit(invoice.taxes, [])
    for amount, rate in ((D("100.01"), D(21)), (D(-1), D(21)), (D(1), D(6))):
        with pytest.raises(TotalsError):
            compute_credit([LineIn(D(-1), amount, tax_rate=rate)], Terms(), left)


TERMS = st.builds(
    Terms,
    st.sampled_from(TaxCalculation),
    st.just(False),  # noqa: FBT003 - prices without VAT
    st.decimals(0, 100, places=2),
    st.decimals(0, 100, places=2),
    st.sampled_from(CashDiscountMode),
) | st.builds(lambda discount: Terms(tax_included=True, discount_percentage=discount), st.decimals(0, 100, places=2))


@given(st.integers(1, 12), st.decimals("0.0001", 50, places=4), st.sampled_from([D(21), D(6), D(0)]), TERMS)
def test_credit_notes_together_take_back_the_invoice_and_never_more(
    quantity: int, price: D, rate: D, terms: Terms
) -> None:
    sold = LineIn(D(quantity), price, price, rate)
    invoice = compute([sold], terms)
    notes = credit_one_by_one(invoice, sold, terms)
    assert added(notes) == tuple(-figure for figure in added([invoice]))
    for note in notes:
        assert note.total_without_tax <= 0
        assert note.total_tax <= 0
        assert sum(own.net_after_discount for own in note.lines) == note.total_without_tax
        if terms.rounds_per_line:
            assert sum(own.charged_tax or D(0) for own in note.lines) == note.total_tax
