"""Forms of the settings pages, and the fields that other slices' forms share with them."""

import zoneinfo
from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import BooleanField, Field, FormField, IntegerField, SelectField, ValidationError
from wtforms import Form as PlainForm
from wtforms.validators import DataRequired, InputRequired, NumberRange

from fsm.company.identifiers import checked_email
from fsm.company.models import BankAccount, Language, VatScheme
from fsm.company.queries import SeriesState
from fsm.company.services import (
    DEFAULT_SERIES,
    HIGHEST_FIRST_NUMBER,
    BankAccountValues,
    CompanyValues,
    SeriesValues,
)
from fsm.core.errors import DomainError
from fsm.core.fields import ExactField, Form, TextField
from fsm.core.numbering import MAX_PREFIX, NumberFormat

SERIES_NAMES = {
    "invoice": _l("Invoices"),
    "credit_note": _l("Credit notes"),
    "service_order": _l("Service orders"),
    "quote": _l("Quotes"),
    "sales_order": _l("Sales orders"),
}
_AREAS = ("Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")


def language_choices() -> list[tuple[str, str]]:
    """The languages of documents."""
    return [
        (Language.DUTCH.value, _("Dutch")),
        (Language.FRENCH.value, _("French")),
        (Language.ENGLISH.value, _("English")),
        (Language.GERMAN.value, _("German")),
    ]


def vat_scheme_choices() -> list[tuple[str, str]]:
    """How the company stands towards VAT."""
    return [
        (VatScheme.NORMAL.value, _("Normal: VAT is charged")),
        (VatScheme.SMALL_BUSINESS.value, _("Small business: no VAT is charged")),
    ]


def number_format_choices() -> list[tuple[str, str]]:
    """The three formats, each with what follows the prefix."""
    return [
        (NumberFormat.YEAR.value, _("Year and number (2600001)")),
        (NumberFormat.YEAR_MONTH.value, _("Year, month and number (260200001)")),
        (NumberFormat.PLAIN.value, _("Number only (00001)")),
    ]


class EmailField(TextField):
    """One e-mail address, or nothing."""

    def __init__(self, label: str | None = None, validators: Any = None, **kwargs: Any) -> None:  # noqa: ANN401 - WTForms'
        kwargs["render_kw"] = {"type": "email", "autocomplete": "off"} | kwargs.get("render_kw", {})
        super().__init__(label, [*(validators or []), is_email], length=200, **kwargs)


def is_email(form: object, field: Field) -> None:
    """Refuse what no mail server takes."""
    del form
    if not field.data:
        return
    try:
        checked_email(field.data)
    except DomainError as error:
        raise ValidationError(str(error)) from None


@cache
def time_zones() -> tuple[tuple[str, str], ...]:
    """Zones named by place; the others are old spellings of these."""
    names = (name for name in zoneinfo.available_timezones() if name.partition("/")[0] in _AREAS)
    return tuple((name, name.replace("_", " ")) for name in sorted(names))


def newer_values(form: Form, stored: Form) -> list[tuple[str, str]]:
    """What a stale form must show: label and stored value of each field that reads otherwise in the row now."""
    return [
        (str(field.label.text), _reading(stored[name]))
        for name, field in form._fields.items()
        if name in stored and not isinstance(field, FileField) and name not in {"csrf_token", "version"}
        if _reading(field) != _reading(stored[name])
    ]


def _reading(field: Any) -> str:  # noqa: ANN401 - any kind of field
    if isinstance(field, FormField):
        return ", ".join(text for sub in field.form if (text := _reading(sub)) != "–") or "–"
    if isinstance(field, BooleanField):
        return _("yes") if field.data else _("no")
    if isinstance(field, SelectField):
        return next((str(label) for _value, label, selected, *_more in field.iter_choices() if selected), "–")
    return str(field._value() or "–")  # noqa: SLF001 - what the widget prints


class IdentityForm(Form):
    """Who the company is: asked at the first start, kept in the settings."""

    name = TextField(_l("Name"), [DataRequired()], length=100)
    legal_form = TextField(_l("Legal form"), length=40)
    street = TextField(_l("Street and number"), length=150)
    street2 = TextField(_l("Address, second line"), length=150)
    postal_code = TextField(_l("Postal code"), length=10)
    city = TextField(_l("City"), length=50)
    enterprise_number = TextField(_l("Enterprise number"), length=20)
    court_register = TextField(_l("Court register"), length=60)
    vat_number = TextField(_l("VAT number"), length=20)
    vat_scheme = SelectField(_l("VAT scheme"), choices=vat_scheme_choices, coerce=VatScheme)
    is_co_contractor = BooleanField(_l("Works for other contractors bear no VAT (co-contractor regime)"))
    time_zone = SelectField(_l("Time zone"), choices=time_zones, default="Europe/Brussels")
    language = SelectField(_l("Language of documents"), choices=language_choices, coerce=Language)
    email = EmailField(_l("E-mail"))
    phone = TextField(_l("Phone"), length=40)
    website = TextField(_l("Website"), length=200)
    logo = FileField(_l("Logo"))


class CompanyForm(IdentityForm):
    """The settings page of the company."""

    tax_rate_1 = ExactField(_l("First rate"), [InputRequired()], high=100)
    tax_rate_2 = ExactField(_l("Second rate"), [InputRequired()], high=100)
    tax_rate_3 = ExactField(_l("Third rate"), [InputRequired()], high=100)
    default_tax_rate = ExactField(_l("Default rate"), [InputRequired()], high=100)
    removes_logo = BooleanField(_l("Remove the logo"))

    def values(self) -> CompanyValues:
        """For the service."""
        return CompanyValues(**{field.name: self[field.name].data for field in fields(CompanyValues)})


class BankAccountForm(Form):
    """A bank account of the company."""

    name = TextField(_l("Name"), [DataRequired()], length=60)
    iban = TextField(_l("IBAN"), [DataRequired()], length=42)
    bic = TextField(_l("BIC"), length=14)
    account_number = TextField(_l("Ledger account"), [DataRequired()], length=8)

    def values(self) -> BankAccountValues:
        """For the service."""
        return BankAccountValues(**{field.name: self[field.name].data for field in fields(BankAccountValues)})

    @classmethod
    def of(cls, account: BankAccount) -> "BankAccountForm":
        """As the row stands, whatever was sent."""
        return cls(formdata=None, obj=account)


class SeriesFields(PlainForm):
    """Prefix, format and first number of each kind; flat, so that a refusal finds its field."""

    invoice_prefix = TextField(_l("Prefix"), length=MAX_PREFIX, default=DEFAULT_SERIES["invoice"].prefix)
    invoice_format = SelectField(_l("Format"), choices=number_format_choices, coerce=NumberFormat)
    invoice_first_number = IntegerField(
        _l("First number"), [InputRequired(), NumberRange(1, HIGHEST_FIRST_NUMBER)], default=1
    )
    credit_note_prefix = TextField(_l("Prefix"), length=MAX_PREFIX, default=DEFAULT_SERIES["credit_note"].prefix)
    credit_note_format = SelectField(_l("Format"), choices=number_format_choices, coerce=NumberFormat)
    credit_note_first_number = IntegerField(
        _l("First number"), [InputRequired(), NumberRange(1, HIGHEST_FIRST_NUMBER)], default=1
    )
    service_order_prefix = TextField(_l("Prefix"), length=MAX_PREFIX, default=DEFAULT_SERIES["service_order"].prefix)
    service_order_format = SelectField(_l("Format"), choices=number_format_choices, coerce=NumberFormat)
    service_order_first_number = IntegerField(
        _l("First number"), [InputRequired(), NumberRange(1, HIGHEST_FIRST_NUMBER)], default=1
    )
    quote_prefix = TextField(_l("Prefix"), length=MAX_PREFIX, default=DEFAULT_SERIES["quote"].prefix)
    quote_format = SelectField(_l("Format"), choices=number_format_choices, coerce=NumberFormat)
    quote_first_number = IntegerField(
        _l("First number"), [InputRequired(), NumberRange(1, HIGHEST_FIRST_NUMBER)], default=1
    )
    sales_order_prefix = TextField(_l("Prefix"), length=MAX_PREFIX, default=DEFAULT_SERIES["sales_order"].prefix)
    sales_order_format = SelectField(_l("Format"), choices=number_format_choices, coerce=NumberFormat)
    sales_order_first_number = IntegerField(
        _l("First number"), [InputRequired(), NumberRange(1, HIGHEST_FIRST_NUMBER)], default=1
    )

    def series(self) -> Mapping[str, SeriesValues]:
        """For the service, by kind."""
        return {
            kind: SeriesValues(
                self[f"{kind}_prefix"].data, self[f"{kind}_format"].data, self[f"{kind}_first_number"].data
            )
            for kind in DEFAULT_SERIES
        }


class NumberingForm(SeriesFields, Form):
    """The settings page of numbering."""

    @classmethod
    def of(cls, states: list[SeriesState]) -> "NumberingForm":
        """With the series that are active now; what was sent counts before them."""
        stored: dict[str, Any] = {}
        for state in states:
            stored[f"{state.kind}_prefix"] = state.series.prefix
            stored[f"{state.kind}_format"] = state.series.format
            stored[f"{state.kind}_first_number"] = state.series.first_number
        return cls(data=stored)
