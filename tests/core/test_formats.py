"""Figures and days as they read; numbers and days as people type them."""

import datetime as dt
from collections.abc import Callable, Iterator
from decimal import Decimal as D
from typing import Any

import pytest
from flask import Flask, g
from flask_babel import Babel, force_locale
from hypothesis import given
from hypothesis import strategies as st

from fsm.core import formats
from fsm.core.fields import parse_number

THIN, FIXED = "\N{NARROW NO-BREAK SPACE}", "\N{NO-BREAK SPACE}"


@pytest.fixture
def english() -> Iterator[Flask]:
    """An application that only translates."""
    app = Flask("test")
    Babel(app)
    with app.test_request_context():
        yield app


@pytest.mark.parametrize(
    ("locale", "written"),
    [
        ("en", "\N{MINUS SIGN}1,234.50"),
        ("nl", "\N{MINUS SIGN}1.234,50"),
        ("de", "\N{MINUS SIGN}1.234,50"),
        ("fr", f"\N{MINUS SIGN}1{THIN}234,50"),
    ],
)
def test_money_in_each_language(locale: str, written: str, english: Flask) -> None:
    with force_locale(locale):
        assert formats.money(D("-1234.50")) == written
        assert formats.money(D("-1234.50"), "EUR") == f"EUR{FIXED}{written}"


@pytest.mark.parametrize(
    ("filter_", "value", "written"),
    [
        (formats.money, D("0"), "0.00"),
        (formats.money, D("92233720368547758.07"), "92,233,720,368,547,758.07"),
        (formats.money, None, ""),
        (formats.unit_price, D("12.5000"), "12.50"),
        (formats.unit_price, D("0.0123"), "0.0123"),
        (formats.quantity, D("2.50"), "2.5"),
        (formats.quantity, D("2.00"), "2"),
        (formats.percent, D("21.0000"), f"21{FIXED}%"),
        (formats.percent, D("5.5"), f"5.5{FIXED}%"),
        (formats.plain, D("1234.5000"), "1234.5"),
        (formats.hours, 150, "2 h 30"),
        (formats.hours, 125, "2 h 05"),
        (formats.hours, 120, "2 h"),
        (formats.hours, 45, "45 min"),
        (formats.hours, 0, "0 min"),
        (formats.hours, None, ""),
        (formats.day, None, ""),
        (formats.day, dt.date(2025, 3, 20), "20 Mar 2025"),
        (formats.moment, None, ""),
    ],
)
def test_how_things_read(filter_: Callable[[Any], str], value: object, written: str, english: Flask) -> None:
    assert filter_(value) == written


@pytest.mark.parametrize(
    ("moment", "clock"),
    [
        (dt.datetime(2025, 1, 15, 12, 0, tzinfo=dt.UTC), "13:00"),
        (dt.datetime(2025, 7, 15, 12, 0, tzinfo=dt.UTC), "14:00"),
        # The night of 30 March 2025: 2 o'clock did not happen.
        (dt.datetime(2025, 3, 30, 0, 59, tzinfo=dt.UTC), "01:59"),
        (dt.datetime(2025, 3, 30, 1, 0, tzinfo=dt.UTC), "03:00"),
    ],
)
def test_moments_read_in_the_companys_zone(moment: dt.datetime, clock: str, english: Flask) -> None:
    assert formats.clock(moment) == clock
    g.time_zone = "UTC"
    assert formats.clock(moment) == f"{moment:%H:%M}"


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("1234.5", "1234.5"),
        ("1234,5", "1234.5"),
        ("1 234,50", "1234.50"),
        (f"1{FIXED}234,50", "1234.50"),
        (f"1{THIN}234,50", "1234.50"),
        ("1'234.50", "1234.50"),
        ("1,234.50", "1234.50"),
        ("-5", "-5"),
        ("\N{MINUS SIGN}5", "-5"),
        ("+5", "5"),
        ("007", "7"),
    ],
)
def test_numbers_as_people_type_them(typed: str, number: str, english: Flask) -> None:
    assert parse_number(typed) == D(number)


@pytest.mark.parametrize(
    ("locale", "typed", "number"),
    [("nl", "1.234,50", "1234.50"), ("fr", "1234,50", "1234.5"), ("de", "1.234,5", "1234.5")],
)
def test_numbers_in_the_readers_language(locale: str, typed: str, number: str, english: Flask) -> None:
    with force_locale(locale):
        assert parse_number(typed) == D(number)


@pytest.mark.parametrize(
    "typed",
    ["", "x", "1.2.3", "1,2,3", "--1", "1e5", "NaN", "Infinity", "0x10", "\u0661\u0662", "1" * 21, "12,34.5.6", "€5"],
)
def test_what_is_no_number(typed: str, english: Flask) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        parse_number(typed)


@given(st.decimals(-(10**9), 10**9, places=4))
def test_what_a_field_shows_is_what_it_reads(number: D) -> None:
    app = Flask("test")
    Babel(app)
    for locale in ("en", "nl", "fr", "de"):
        with app.test_request_context(), force_locale(locale):
            assert parse_number(formats.plain(number)) == number
