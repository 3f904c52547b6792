"""Form fields that say what is wrong with a number in words, and read what people type in their language."""

import datetime as dt
import re
from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from babel.numbers import NumberFormatError, parse_decimal
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from wtforms import Field, HiddenField, IntegerField, StringField, ValidationError, widgets
from wtforms.validators import Length

from fsm.core.formats import local, plain, zone
from fsm.core.money import to_scaled


class Form(FlaskForm):  # type: ignore[misc]  # reason: Flask-WTF ships no types
    """A form with the version of the row that it edits."""

    version = HiddenField()

    def sent_version(self) -> int | None:
        """The version that the page was made from; None where the row is new."""
        text = str(self.version.data or "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None  # noqa: PLR2004 - an int


class ExactField(Field):
    """A number with at most ``places`` decimals within bounds; kept as Decimal, None where empty."""

    widget = widgets.TextInput()

    def __init__(
        self,
        label: str | None = None,
        validators: Sequence[Callable[..., Any]] | None = None,
        *,
        places: int = 2,
        low: Decimal | int = 0,
        high: Decimal | int = 10**9,
        **kwargs: Any,  # noqa: ANN401 - passed through to WTForms
    ) -> None:
        super().__init__(label, list(validators or ()), **kwargs)
        self.places, self.low, self.high = places, Decimal(low), Decimal(high)
        self.render_kw = {"inputmode": "decimal", "autocomplete": "off"} | (self.render_kw or {})

    def _value(self) -> str:
        return str(self.raw_data[0]) if self.raw_data else plain(self.data)

    def process_formdata(self, valuelist: list[str]) -> None:
        """Parse; ValueError with the sentence for the field."""
        self.data = None
        text = valuelist[0].strip() if valuelist else ""
        if not text:
            return
        number = parse_number(text)
        try:
            to_scaled(number, self.places)
        except ValueError:
            raise ValueError(_("At most %(places)s decimals.", places=self.places)) from None
        if not self.low <= number <= self.high:
            raise ValueError(_("Between %(low)s and %(high)s.", low=plain(self.low), high=plain(self.high)))
        self.data = number


def parse_number(text: str) -> Decimal:
    """A number as people type it: 1234.5, 1234,5, 1 234,50, 1,234.50. ValueError with a sentence."""
    compact = re.sub(r"[\s\u00a0\u202f']", "", text).replace("\N{MINUS SIGN}", "-")
    if not re.fullmatch(r"[+-]?[\d.,]+", compact, re.ASCII):
        raise ValueError(_("This is not a number."))
    if len(compact) > 20:  # noqa: PLR2004 - more digits than any amount has
        raise ValueError(_("This number is too long."))
    try:
        if re.fullmatch(r"[+-]?\d+([.,]\d+)?", compact, re.ASCII):
            return Decimal(compact.replace(",", "."))
        return parse_decimal(compact, locale=get_locale() or "en", strict=True)
    except (InvalidOperation, NumberFormatError):
        raise ValueError(_("This is not a number.")) from None


class DayField(Field):
    """A date as the browser sends it, between 2000 and 2100."""

    widget = widgets.DateInput()

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return self.data.isoformat() if self.data else ""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Parse; ValueError with the sentence for the field."""
        self.data = None
        text = valuelist[0].strip() if valuelist else ""
        if not text:
            return
        try:
            day = dt.date.fromisoformat(text)
        except ValueError:
            raise ValueError(_("This is not a date.")) from None
        if not 2000 <= day.year <= 2100:  # noqa: PLR2004 - the bounds themselves
            raise ValueError(_("The year must be between 2000 and 2100."))
        self.data = day


class MomentField(Field):
    """Date and time in the company's zone; kept as a UTC moment."""

    widget = widgets.DateTimeLocalInput()

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return f"{local(self.data):%Y-%m-%dT%H:%M}" if self.data else ""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Parse; ValueError with the sentence for the field."""
        self.data = None
        text = valuelist[0].strip() if valuelist else ""
        if not text:
            return
        try:
            value = dt.datetime.fromisoformat(text)
        except ValueError:
            raise ValueError(_("This is not a date and time.")) from None
        if not 2000 <= value.year <= 2100:  # noqa: PLR2004 - the bounds themselves
            raise ValueError(_("The year must be between 2000 and 2100."))
        if value.tzinfo is None:
            value = value.replace(tzinfo=zone())
        self.data = value.astimezone(dt.UTC).replace(second=0, microsecond=0)


class TextField(StringField):
    """One line of text, stripped, at most ``length`` characters, no control characters."""

    def __init__(
        self,
        label: str | None = None,
        validators: Sequence[Callable[..., Any]] | None = None,
        *,
        length: int,
        **kwargs: Any,  # noqa: ANN401 - passed through to WTForms
    ) -> None:
        kwargs.setdefault("filters", [_strip])
        super().__init__(label, [*(validators or []), Length(max=length), no_control_characters], **kwargs)


class LongTextField(TextField):
    """Several lines of text."""

    widget = widgets.TextArea()


class CountField(IntegerField):
    """A whole number; the caller adds NumberRange."""


def _strip(value: str | None) -> str:
    return (value or "").strip()


def no_control_characters(form: object, field: Field) -> None:
    """Refuse what no keyboard types and PostgreSQL does not store."""
    del form
    if re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", field.data or ""):
        raise ValidationError(_("There is a character here that cannot be stored."))
