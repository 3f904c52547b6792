"""Rounding and sharing, with the figures of accounting.md 1 and 2."""

from decimal import Decimal as D
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsm.core import money

CENTS = st.integers(-(10**9), 10**9)
NETS = st.lists(st.decimals(-10_000, 10_000, places=2), min_size=1, max_size=30)
PERCENTAGES = st.decimals(0, 100, places=2)


@pytest.mark.parametrize(
    ("value", "places", "expected"),
    [
        ("-12.345", 2, "-12.35"),
        ("12.345", 2, "12.35"),
        ("12.3449999", 2, "12.34"),
        ("0.5", 0, "1"),
        ("-0.5", 0, "-1"),
        ("1.00005", 4, "1.0001"),
    ],
)
def test_rounds_half_up_on_the_absolute_value(value: str, places: int, expected: str) -> None:
    assert str(money.rounded(D(value), places)) == expected


def test_never_answers_a_negative_zero() -> None:
    assert str(money.rounded(D("-0.004"))) == "0.00"


@pytest.mark.parametrize(("value", "expected"), [("10.02", "10.00"), ("10.03", "10.05"), ("-10.03", "-10.05")])
def test_cash_rounds_to_five_cents(value: str, expected: str) -> None:
    assert str(money.rounded_to_step(D(value), D("0.05"))) == expected


def test_missing_cent_goes_to_the_higher_rate_on_a_tie() -> None:
    assert money.share(D("7.51"), [D("2.505"), D("5.005")], [D(6), D(21)]) == (D("2.50"), D("5.01"))


def test_missing_cent_goes_to_the_earlier_line_among_equal_rates() -> None:
    assert money.share(D("0.03"), [D("0.015")] * 2, [D(21)] * 2) == (D("0.02"), D("0.01"))


def test_missing_cent_goes_to_the_largest_remainder_before_the_higher_rate() -> None:
    assert money.share(D("0.03"), [D("0.014"), D("0.016")], [D(21), D(6)]) == (D("0.01"), D("0.02"))


def test_thirty_four_of_fifty_lines_bear_the_larger_share() -> None:
    shares = money.share(D("483.34"), [D("241.67") * 4 / 100] * 50, [D(20)] * 50)
    assert shares == (D("9.67"),) * 34 + (D("9.66"),) * 16


def test_cent_to_take_away_comes_from_the_negative_line() -> None:
    assert money.share(D("0.49"), [D("0.50"), D("-0.0095")], [D(21)] * 2) == (D("0.50"), D("-0.01"))


@pytest.mark.parametrize(("amount", "ideals"), [("0.02", ["0.00"]), ("0.005", ["0.005"]), ("1.00", [])])
def test_amount_that_is_not_the_sum_of_its_ideals_is_refused(amount: str, ideals: list[str]) -> None:
    with pytest.raises(ValueError, match="cannot be shared"):
        money.share(D(amount), [D(ideal) for ideal in ideals], [D(21)] * len(ideals))


@given(NETS, PERCENTAGES)
def test_shares_add_up_stay_within_a_cent_and_mirror(nets: list[D], percentage: D) -> None:
    ideals = [money.percentage_of(net, percentage) for net in nets]
    rates = [D(21 if net > 0 else 6) for net in nets]
    amount = money.rounded(sum(ideals, D(0)))
    shares = money.share(amount, ideals, rates)
    assert sum(shares) == amount
    assert all(abs(own - ideal) < D("0.01") for own, ideal in zip(shares, ideals, strict=True))
    assert money.share(-amount, [-ideal for ideal in ideals], rates) == tuple(-own for own in shares)


@given(CENTS, st.lists(st.integers(0, 1000), min_size=1, max_size=20))
def test_shares_by_weight_add_up(cents: int, weights: list[int]) -> None:
    amount = money.from_scaled(cents, 2)
    assert sum(money.share_by_weight(amount, [D(w) for w in weights], [D(21)] * len(weights))) == amount


@given(st.integers(-(2**63), 2**63 - 1), st.integers(0, 10))
def test_scaled_integers_survive_the_way_there_and_back(scaled: int, scale: int) -> None:
    assert money.to_scaled(money.from_scaled(scaled, scale), scale) == scaled


def test_scale_is_kept_in_print() -> None:
    assert str(money.from_scaled(121000, 2)) == "1210.00"


@pytest.mark.parametrize("value", ["0.001", "-1.999", "NaN", "sNaN", "Infinity", "-Infinity", "1E-30"])
def test_what_a_column_cannot_keep_exactly_is_refused(value: str) -> None:
    with pytest.raises(money.TooPreciseError):
        money.to_scaled(D(value), 2)


def test_trailing_zeros_are_no_precision() -> None:
    assert money.to_scaled(D("1.2300000"), 2) == 123


def test_no_other_module_rounds() -> None:
    sources = Path(money.__file__).parents[1].rglob("*.py")
    assert [path.name for path in sources if ".quantize(" in path.read_text("utf-8")] == ["money.py"]
