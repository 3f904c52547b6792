"""Form fields: what they take, what they refuse and in which sentence, what they show again."""

import datetime as dt
from decimal import Decimal as D

import pytest
from flask import Flask
from flask_babel import Babel
from flask_wtf import FlaskForm
from wtforms.validators import DataRequired

from fsm.core.fields import DayField, ExactField, Form, LongTextField, MomentField, TextField


@pytest.fixture
def small() -> Flask:
    """An application that only reads forms."""
    app = Flask("test")
    app.config.update(SECRET_KEY="only for tests", WTF_CSRF_ENABLED=False)
    Babel(app)
    return app


class Sample(Form):
    """One field of each kind."""

    amount = ExactField("Amount", places=2, low=0, high=1000)
    on = DayField("On")
    at = MomentField("At")
    name = TextField("Name", length=10)
    text = LongTextField("Text", [DataRequired()], length=50)


def sent(app: Flask, **data: str) -> Sample:
    with app.test_request_context(method="POST", data={"text": "x", **data}):
        form = Sample()
        form.validate()
        return form


@pytest.mark.parametrize(("typed", "kept"), [("", None), ("0", D(0)), ("12,50", D("12.50")), (" 1 000,00 ", D(1000))])
def test_amounts(typed: str, kept: D | None, small: Flask) -> None:
    form = sent(small, amount=typed)
    assert form.errors == {}
    assert form.amount.data == kept


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("1.005", "At most 2 decimals."),
        ("-1", "Between 0 and 1000."),
        ("1000.01", "Between 0 and 1000."),
        ("abc", "This is not a number."),
        ("9" * 30, "This number is too long."),
    ],
)
def test_amounts_that_are_none(typed: str, sentence: str, small: Flask) -> None:
    with small.test_request_context(method="POST", data={"text": "x", "amount": typed}):
        form = Sample()
        assert not form.validate()
        assert form.amount.errors == [sentence]
        assert form.amount.data is None
        assert f'value="{typed}"' in form.amount()


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("2025-02-30", "This is not a date."),
        ("tomorrow", "This is not a date."),
        ("1999-12-31", "The year must be between 2000 and 2100."),
        ("2101-01-01", "The year must be between 2000 and 2100."),
    ],
)
def test_days_that_are_none(typed: str, sentence: str, small: Flask) -> None:
    form = sent(small, on=typed)
    assert form.errors == {"on": [sentence]}
    assert form.on.data is None


def test_days(small: Flask) -> None:
    assert sent(small, on="2024-02-29").on.data == dt.date(2024, 2, 29)
    assert sent(small).on.data is None


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("2025-01-15T08:00", dt.datetime(2025, 1, 15, 7, 0, tzinfo=dt.UTC)),
        ("2025-07-15T08:00", dt.datetime(2025, 7, 15, 6, 0, tzinfo=dt.UTC)),
        ("2025-07-15T08:00:59", dt.datetime(2025, 7, 15, 6, 0, tzinfo=dt.UTC)),
        ("2025-07-15T08:00Z", dt.datetime(2025, 7, 15, 8, 0, tzinfo=dt.UTC)),
    ],
)
def test_moments_are_typed_in_the_companys_zone(typed: str, kept: dt.datetime, small: Flask) -> None:
    assert sent(small, at=typed).at.data == kept


@pytest.mark.parametrize("typed", ["08:00", "2025-13-01T08:00", "x", "0001-01-01T00:00", "9999-12-31T23:59"])
def test_moments_that_are_none(typed: str, small: Flask) -> None:
    form = sent(small, at=typed)
    assert set(form.errors) == {"at"}
    assert form.at.data is None


def test_text_is_stripped_and_bounded(small: Flask) -> None:
    assert sent(small, name="  An Peeters ").name.data == "An Peeters"
    assert sent(small, name="").name.data == ""
    assert set(sent(small, name="x" * 11).errors) == {"name"}
    assert sent(small, text="two\nlines\tand a tab").errors == {}


@pytest.mark.parametrize("sign", ["\x00", "\x08", "\x1b", "\x7f"])
def test_control_characters_are_refused(sign: str, small: Flask) -> None:
    assert sent(small, name=f"a{sign}b").errors == {"name": ["There is a character here that cannot be stored."]}


@pytest.mark.parametrize(
    ("typed", "version"), [("3", 3), ("", None), ("x", None), ("-1", None), ("9" * 10, None), ("\u0663", None)]
)
def test_versions(typed: str, version: int | None, small: Flask) -> None:
    with small.test_request_context(method="POST", data={"text": "x", "version": typed}):
        form = Sample()
        assert isinstance(form, FlaskForm)
        assert form.sent_version() == version
