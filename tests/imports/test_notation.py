"""Numbers and dates: what the values of a file tell of its formats, and how they are read."""

import datetime as dt
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsm.imports.notation import (
    AmbiguousError,
    DateFormat,
    NumberFormat,
    date_format_of,
    number_format_of,
    read_date,
    read_number,
)

COMMA, POINT = NumberFormat.COMMA, NumberFormat.POINT
DAY, MONTH, ISO = DateFormat.DAY_FIRST, DateFormat.MONTH_FIRST, DateFormat.ISO


@pytest.mark.parametrize(
    ("values", "found"),
    [
        (["1.234,56"], COMMA),
        (["1,234.56"], POINT),
        (["12,5", "1.234"], COMMA),
        (["12.50", "1,234"], POINT),
        (["1.234.567"], COMMA),
        (["1,234,567"], POINT),
        (["0.125"], POINT),
        (["0,125", ""], COMMA),
        (["100", "20"], COMMA),
        ([], COMMA),
    ],
)
def test_the_format_of_numbers(values: list[str], found: NumberFormat) -> None:
    assert number_format_of(values) is found


@pytest.mark.parametrize("values", [["1.234"], ["1,234", "17"], ["1,5", "1.5"]])
def test_numbers_that_could_be_either(values: list[str]) -> None:
    with pytest.raises(AmbiguousError):
        number_format_of(values)


@pytest.mark.parametrize(
    ("text", "written", "number"),
    [
        ("1.234,56", COMMA, "1234.56"),
        ("1 234,56", COMMA, "1234.56"),
        ("€ 12,50", COMMA, "12.50"),
        ("12,50 EUR", COMMA, "12.50"),
        ("-7", COMMA, "-7"),
        ("7-", COMMA, "-7"),
        ("(1.000,00)", COMMA, "-1000.00"),
        ("1,234.56", POINT, "1234.56"),
        (".5", POINT, "0.5"),
        ("1234", POINT, "1234"),
    ],
)
def test_reading_numbers(text: str, written: NumberFormat, number: str) -> None:
    assert read_number(text, written) == D(number)


@pytest.mark.parametrize(
    "text", ["", "-", "a", "1.23,4", "1,2,3", "1.2345.6", "12..5", "1e5", "NaN", "9" * 30, "1,00,0"]
)
def test_what_is_no_number(text: str) -> None:
    with pytest.raises(ValueError, match="number"):
        read_number(text, COMMA)


@given(st.decimals(-(10**9), 10**9, places=2))
def test_every_amount_survives_in_both_formats(amount: D) -> None:
    point = f"{amount:,.2f}"
    comma = point.replace(",", " ").replace(".", ",").replace(" ", ".")
    assert read_number(point, POINT) == read_number(comma, COMMA) == amount


@pytest.mark.parametrize(
    ("values", "found"),
    [
        (["2025-12-31"], ISO),
        (["31/12/2025", "01/02/2025"], DAY),
        (["12/31/2025"], MONTH),
        (["31.12.25"], DAY),
        (["2025-12-31 00:00:00", "2025-01-02T10:00:00Z"], ISO),
        (["05/05/2025"], ISO),
        (["2025-12-31", "13/02/2025", "01/02/2025"], DAY),
        ([], ISO),
    ],
)
def test_the_format_of_dates(values: list[str], found: DateFormat) -> None:
    assert date_format_of(values) is found


@pytest.mark.parametrize("values", [["05/06/2025"], ["31/12/2025", "12/31/2025"], ["2025-12-31", "05/06/2025"]])
def test_dates_that_could_be_either(values: list[str]) -> None:
    with pytest.raises(AmbiguousError):
        date_format_of(values)


@pytest.mark.parametrize(
    ("text", "written", "day"),
    [
        ("2025-12-31", DAY, (2025, 12, 31)),
        ("20251231", ISO, (2025, 12, 31)),
        ("31/12/2025", DAY, (2025, 12, 31)),
        ("31-12-25", DAY, (2025, 12, 31)),
        ("12/31/2025", MONTH, (2025, 12, 31)),
        ("1.2.2025 00:00", DAY, (2025, 2, 1)),
    ],
)
def test_reading_dates(text: str, written: DateFormat, day: tuple[int, int, int]) -> None:
    assert read_date(text, written) == dt.date(*day)


@pytest.mark.parametrize("text", ["31/02/2025", "12/31/2025", "2025-13-01", "soon", "31/12/1025", "0", "٣١/١٢/٢٠٢٥"])
def test_what_is_no_date(text: str) -> None:
    with pytest.raises(ValueError, match=r"date|day|year"):
        read_date(text, DAY)
