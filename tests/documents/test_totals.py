"""The table of accounting.md 2, row by row, and what totals refuse."""

from decimal import Decimal as D

import pytest

from fsm.documents.models import CashDiscountMode, TaxCalculation
from fsm.documents.totals import (
    LineIn,
    TaxKey,
    Terms,
    Totals,
    TotalsError,
    belgian_rounding_conflict,
    compute,
    unit_prices,
)

ITEM = TaxCalculation.ITEM


def line(quantity: str, amount: str, rate: str = "21", status: str = "") -> LineIn:
    return LineIn(D(quantity), amount=D(amount), tax_rate=D(rate), special_status=status)


def with_tax(quantity: str, amount: str, rate: str = "21", status: str = "") -> LineIn:
    return LineIn(D(quantity), amount_with_tax=D(amount), tax_rate=D(rate), special_status=status)


def taxes(totals: Totals) -> list[D]:
    return [row.tax for row in totals.taxes]


def test_discount_of_five_percent() -> None:
    totals = compute([line("2", "100.00")], Terms(discount_percentage=D(5)))
    assert totals.discount_total_without_tax == D("10.00")
    assert totals.total_without_tax == D("190.00")
    assert totals.total_tax == D("39.90")
    assert totals.total_with_tax == D("229.90")
    assert totals.discount_total_with_tax == D("12.10")
    assert (totals.lines[0].net, totals.lines[0].total) == (D("200.00"), D("242.00"))


def test_vat_is_that_of_the_rounded_base() -> None:
    totals = compute([line("16", "348.35", "22")], Terms(discount_percentage=D(4)))
    assert totals.discount_total_without_tax == D("222.94")
    assert totals.total_without_tax == D("5350.66")
    assert totals.total_tax == D("1177.15")
    assert totals.total_with_tax == D("6527.81")


def test_fifty_lines_by_total_and_by_item() -> None:
    lines = [line("1", "241.67", "20")] * 50
    assert compute(lines, Terms()).total_tax == D("2416.70")
    assert compute(lines, Terms(ITEM)).total_tax == D("2416.50")


def test_price_with_vat() -> None:
    totals = compute([with_tax("8", "12.95")], Terms(tax_included=True))
    assert totals.total_with_tax == D("103.60")
    assert totals.total_without_tax == D("85.62")
    assert totals.total_tax == D("17.98")


def test_cash_discount_on_the_invoice() -> None:
    totals = compute([line("1", "1000.00")], Terms(cash_discount_percentage=D(2)))
    assert totals.taxes[0].base == D("980.00")
    assert totals.total_tax == D("205.80")
    assert totals.total_without_tax == D("1000.00")
    assert totals.total_with_tax == D("1205.80")
    assert totals.amount_if_paid_in_time == D("1185.80")


def test_cash_discount_on_payment_takes_its_vat_along() -> None:
    terms = Terms(cash_discount_percentage=D(2), cash_discount_mode=CashDiscountMode.ON_PAYMENT)
    totals = compute([line("1", "1000.00", "20")], terms)
    assert totals.total_with_tax == D("1200.00")
    assert totals.cash_discount_total == D("24.00")
    assert totals.amount_if_paid_in_time == D("1176.00")
    assert (totals.taxes[0].cash_discount, totals.taxes[0].cash_discount_tax) == (D("20.00"), D("4.00"))


def test_sample_of_the_api_in_mode_never() -> None:
    terms = Terms(discount_percentage=D(5), cash_discount_percentage=D(2), cash_discount_mode=CashDiscountMode.NEVER)
    totals = compute([line("2", "100.00")], terms)
    assert totals.total_without_tax == D("190.00")
    assert totals.total_tax == D("39.90")
    assert totals.total_with_tax == D("229.90")
    assert totals.cash_discount_total == D("3.80")
    assert totals.amount_if_paid_in_time == D("226.10")


def test_sample_of_the_api_in_mode_on_invoice() -> None:
    totals = compute([line("2", "100.00")], Terms(discount_percentage=D(5), cash_discount_percentage=D(2)))
    assert totals.taxes[0].base == D("186.20")
    assert totals.total_tax == D("39.10")
    assert totals.total_with_tax == D("229.10")
    assert totals.discount_total_with_tax == D("12.06")
    assert totals.amount_if_paid_in_time == D("225.30")


def test_discount_over_two_rates() -> None:
    totals = compute([line("1", "100.10"), line("1", "50.10", "6")], Terms(discount_percentage=D(5)))
    assert totals.discount_total_without_tax == D("7.51")
    assert [row.discount for row in totals.taxes] == [D("5.01"), D("2.50")]
    assert taxes(totals) == [D("19.97"), D("2.86")]
    assert totals.total_with_tax == D("165.52")


def test_discount_over_fifty_lines() -> None:
    lines = [line("1", "241.67", "20")] * 50
    by_total = compute(lines, Terms(discount_percentage=D(4)))
    by_item = compute(lines, Terms(ITEM, discount_percentage=D(4)))
    assert by_total.discount_total_without_tax == by_item.discount_total_without_tax == D("483.34")
    assert by_total.total_tax == D("2320.03")
    assert by_item.total_tax == D("2320.00")
    assert [own.discount for own in by_item.lines] == [D("9.67")] * 34 + [D("9.66")] * 16


def test_discount_on_prices_with_vat() -> None:
    lines = [with_tax("1", "500.00"), with_tax("1", "99.99", "6")]
    totals = compute(lines, Terms(tax_included=True, discount_percentage=D(3)))
    assert totals.discount_total_with_tax == D("18.00")
    assert [row.total - row.net_after_discount - row.tax for row in totals.taxes] == [D("15.00"), D("3.00")]
    assert totals.total_without_tax == D("492.33")
    assert taxes(totals) == [D("84.17"), D("5.49")]
    assert totals.total_with_tax == D("581.99")
    # Nets without the discount (413.22 + 94.33) less the nets with it.
    assert totals.discount_total_without_tax == D("15.22")


def test_refundable_packaging() -> None:
    totals = compute([line("1", "100.00"), line("1", "5.00", "0", "DR")], Terms())
    assert totals.total_without_tax == D("105.00")
    assert totals.total_tax == D("21.00")
    assert totals.total_with_tax == D("126.00")
    assert totals.total_refundable_deposit == D("5.00")


@pytest.mark.parametrize("tax_included", [False, True])
def test_packaging_bears_neither_discount(tax_included: bool) -> None:  # noqa: FBT001 - a parameter of the test
    make = with_tax if tax_included else line
    terms = Terms(
        tax_included=tax_included,
        discount_percentage=D(50),
        cash_discount_percentage=D(10),
        cash_discount_mode=CashDiscountMode.NEVER,
    )
    packaging = compute([make("1", "100.00"), make("1", "5.00", "0", "DR")], terms).lines[1]
    assert (packaging.discount, packaging.cash_discount, packaging.net_after_discount) == (D(0), D(0), D("5.00"))


def test_negative_quantity_rounds_like_its_mirror() -> None:
    assert compute([line("-1", "12.345")], Terms()).lines[0].net == D("-12.35")


def test_vat_of_two_units() -> None:
    assert compute([line("2", "1.12")], Terms()).total_tax == D("0.47")


def test_text_line_makes_no_row_of_the_vat_table() -> None:
    totals = compute([LineIn(D(0)), line("1", "100.00")], Terms(discount_percentage=D(5)))
    assert [row.key for row in totals.taxes] == [TaxKey(D(21))]
    assert totals.total_with_tax == D("114.95")
    assert (totals.lines[0].net, totals.lines[0].total, totals.lines[0].is_text) == (D(0), D(0), True)


def test_line_for_nothing_keeps_its_row_of_the_vat_table() -> None:
    totals = compute([line("1", "0.00")], Terms())
    assert [(row.base, row.tax) for row in totals.taxes] == [(D(0), D(0))]


def test_statuses_at_zero_percent_are_rows_of_their_own() -> None:
    lines = [
        line("1", "10.00", "0", "MC"),
        line("1", "20.00", "0", "EX"),
        line("1", "5.00"),
        line("2", "1.00", "0", "MC"),
    ]
    rows = [(row.key.tax_rate, row.key.special_status, row.base) for row in compute(lines, Terms()).taxes]
    assert rows == [(D(21), "", D("5.00")), (D(0), "MC", D("12.00")), (D(0), "EX", D("20.00"))]


def test_lines_of_one_rate_add_up_to_its_net_after_discount() -> None:
    totals = compute([line("1", "0.30")] * 3 + [line("1", "10.00", "6")], Terms(discount_percentage=D(5)))
    assert sum(own.net_after_discount for own in totals.lines[:3]) == totals.taxes[0].net_after_discount
    assert [own.charged_tax for own in totals.lines] == [None] * 4


def test_by_item_the_cash_discount_lowers_the_vat_of_each_line() -> None:
    totals = compute([line("1", "10.00"), line("1", "20.00")], Terms(ITEM, cash_discount_percentage=D(2)))
    # 9.80 and 19.60 at 21 %: 2.058 and 4.116.
    assert [own.charged_tax for own in totals.lines] == [D("2.06"), D("4.12")]
    assert totals.taxes[0].base == D("29.40")


@pytest.mark.parametrize(
    ("given", "tax_included", "expected"),
    [
        ((D("10"), None), False, (D("10"), D("12.1"))),
        ((D("10"), D("99")), False, (D("10"), D("12.1"))),
        ((None, D("12.10")), False, (D("10"), D("12.1"))),
        ((None, D("12.95")), True, (D("10.7025"), D("12.95"))),
        ((D("99"), D("12.95")), True, (D("10.7025"), D("12.95"))),
        ((D("10.7025"), None), True, (D("10.7025"), D("12.95"))),
    ],
)
def test_the_price_that_counts_gives_the_other(
    given: tuple[D | None, D | None],
    tax_included: bool,  # noqa: FBT001 - a parameter of the test
    expected: tuple[D, D],
) -> None:
    assert unit_prices(*given, D(21), tax_included=tax_included) == expected


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        (Terms(TaxCalculation.TOTAL, tax_included=True), "tax_calculation"),
        (Terms(tax_included=True, cash_discount_percentage=D(2)), "cash_discount_percentage"),
        (Terms(discount_percentage=D("100.01")), "discount_percentage"),
        (Terms(discount_percentage=D(-1)), "discount_percentage"),
        (Terms(cash_discount_percentage=D(101)), "cash_discount_percentage"),
    ],
)
def test_terms_that_do_not_go_together_are_refused_at_their_field(terms: Terms, field: str) -> None:
    with pytest.raises(TotalsError) as refusal:
        compute([with_tax("1", "1.00")], terms)
    assert refusal.value.field == field


@pytest.mark.parametrize(
    ("bad", "field"),
    [
        (line("1", "1.00", "21", "MC"), "tax_rate_special_status"),
        (line("1", "1.00", "-6"), "tax_rate"),
        (LineIn(D(1)), "amount"),
    ],
)
def test_line_that_cannot_be_computed_is_refused_with_its_place(bad: LineIn, field: str) -> None:
    with pytest.raises(TotalsError) as refusal:
        compute([line("1", "1.00"), bad], Terms())
    assert (refusal.value.field, refusal.value.line) == (field, 1)


def test_belgian_structured_invoice_rounds_vat_per_rate() -> None:
    lines = [line("1", "241.67", "20")] * 50
    assert belgian_rounding_conflict(compute(lines, Terms(ITEM))) == D(20)
    assert belgian_rounding_conflict(compute(lines, Terms())) is None
    assert belgian_rounding_conflict(compute(lines[:1], Terms(ITEM))) is None


def test_document_without_lines_is_zero() -> None:
    totals = compute([], Terms(discount_percentage=D(5)))
    assert (totals.total_with_tax, totals.taxes, totals.cash_discount_total) == (D(0), (), D(0))
