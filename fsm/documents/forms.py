"""The forms of the settings of documents: defaults, fields of one's own, interest rates."""

import datetime as dt
from dataclasses import fields
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, FieldList, FormField, SelectField
from wtforms import Form as PlainForm
from wtforms.validators import DataRequired, InputRequired, NumberRange

from fsm.core.fields import CountField, DayField, ExactField, Form, LongTextField, TextField
from fsm.documents import custom_fields, late_interest
from fsm.documents.models import CashDiscountMode, DocumentSettings, FieldPlace, LateInterestRate, TaxCalculation
from fsm.documents.services import ALL, MAX_DAYS_DUE, MAX_NOTE, MAX_QUOTE_DAYS, SettingsValues

RATES = ("business_late_interest_rate_id", "consumer_late_interest_rate_id")
MAX_HTML = 10 * MAX_NOTE  # as typed; what is left after cleaning is bounded by the service
EMPTY_ROWS = 2


def tax_calculation_choices() -> list[tuple[str, str]]:
    """How VAT is rounded."""
    return [
        (TaxCalculation.TOTAL.value, _("Per rate, on the document's total")),
        (TaxCalculation.ITEM.value, _("Per line")),
    ]


def cash_discount_choices() -> list[tuple[str, str]]:
    """What a cash discount does to VAT."""
    return [
        (CashDiscountMode.ON_INVOICE.value, _("Lowers the VAT of the invoice, taken or not (Belgium)")),
        (CashDiscountMode.ON_PAYMENT.value, _("Lowers the VAT when it is taken (France)")),
        (CashDiscountMode.NEVER.value, _("Never touches VAT")),
    ]


def chosen_id(text: object) -> int | None:
    """Of a list whose first entry is none; what is no id is -1, which no list offers."""
    if text in {None, "", "None"}:
        return None
    words = str(text)
    return int(words) if words.isascii() and words.isdigit() and len(words) < 19 else -1  # noqa: PLR2004 - below 2^63


def late_interest_choices(kept: int | None) -> list[tuple[str, str]]:
    """None, and the rates in use; one that is archived since stays a choice where it is chosen."""
    rows = [row for row in late_interest.rates(archived=None) if row.archived_at is None or row.id == kept]
    return [("", _("none")), *((str(row.id), row.name) for row in rows)]


class SettingsForm(Form):
    """Defaults of new documents."""

    days_due = CountField(_l("Payment term"), [InputRequired(), NumberRange(0, MAX_DAYS_DUE)])
    business_late_interest_rate_id = SelectField(_l("Late interest, businesses"), coerce=chosen_id)
    consumer_late_interest_rate_id = SelectField(_l("Late interest, consumers"), coerce=chosen_id)
    automatic_reminders = BooleanField(_l("Remind customers automatically"))
    tax_calculation = SelectField(_l("VAT is rounded"), choices=tax_calculation_choices, coerce=TaxCalculation)
    tax_included = BooleanField(_l("Prices are with VAT"))
    cash_discount_mode = SelectField(_l("A cash discount"), choices=cash_discount_choices, coerce=CashDiscountMode)
    shows_tax = BooleanField(_l("Show VAT on documents"))
    makes_structured_message = BooleanField(_l("Print a payment reference (+++…+++) on invoices"))
    note = LongTextField(_l("Note on each document"), length=MAX_NOTE)
    note_html = LongTextField(_l("The note with formatting (HTML)"), length=MAX_HTML)
    deposit_percentage = ExactField(_l("Deposit"), [InputRequired()], low=Decimal("0.01"), high=ALL)
    quote_days_valid = CountField(_l("Quotes are valid for"), [InputRequired(), NumberRange(1, MAX_QUOTE_DAYS)])

    @classmethod
    def of(cls, row: DocumentSettings, *, is_sent: bool = True) -> "SettingsForm":
        """With the rates that may be chosen; ``is_sent`` off: as stored, whatever was sent."""
        form = cls(obj=row) if is_sent else cls(formdata=None, obj=row)
        for name in RATES:
            form[name].choices = late_interest_choices(getattr(row, name))
        return form

    def values(self) -> SettingsValues:
        """For the service."""
        return SettingsValues(**{field.name: self[field.name].data for field in fields(SettingsValues)})


def place_choices() -> list[tuple[str, str]]:
    """Where a field stands."""
    return [(FieldPlace.DOCUMENT.value, _("on the document")), (FieldPlace.LINE.value, _("on each line"))]


class CustomFieldForm(Form):
    """A new field."""

    name = TextField(_l("Internal name"), [DataRequired()], length=custom_fields.MAX_NAME)
    description = TextField(_l("What people read"), [DataRequired()], length=custom_fields.MAX_DESCRIPTION)
    place = SelectField(_l("It stands"), choices=place_choices, coerce=FieldPlace)


class RenameFieldForm(Form):
    """Other words for a field."""

    description = TextField(_l("What people read"), [DataRequired()], length=custom_fields.MAX_DESCRIPTION)


class PercentageForm(PlainForm):
    """A row of a rate: from a day on, so much a year."""

    valid_from = DayField(_l("From"))
    percentage = ExactField(_l("Percentage a year"), high=ALL)

    def validate(self, extra_validators: Any = None) -> bool:  # noqa: ANN401 - WTForms' own signature
        """Both or neither."""
        sound: bool = super().validate(extra_validators)
        if sound and (self.valid_from.data is None) != (self.percentage.data is None):
            missing = self.valid_from if self.valid_from.data is None else self.percentage
            missing.errors = [_("A row needs its day and its percentage.")]
            return False
        return sound


class LateInterestForm(Form):
    """A named rate and its percentages; rows left empty are none."""

    name = TextField(_l("Name"), [DataRequired()], length=late_interest.MAX_NAME)
    percentages = FieldList(
        FormField(PercentageForm), _l("Percentages"), max_entries=late_interest.MOST_PERCENTAGES + 5
    )

    @classmethod
    def of(cls, row: LateInterestRate | None, *, is_sent: bool) -> "LateInterestForm":
        """As stored, or as the browser has it."""
        stored = (
            []
            if row is None
            else [{"valid_from": one.valid_from, "percentage": one.percentage} for one in row.percentages]
        )
        form = cls(data={"name": "" if row is None else row.name, "percentages": [] if is_sent else stored})
        for _row in range(0 if is_sent else EMPTY_ROWS):
            form.percentages.append_entry()
        return form

    def rows(self) -> list[tuple[dt.date, Decimal]]:
        """For the service."""
        filled = [entry.form for entry in self.percentages if entry.form.valid_from.data]
        return [(one.valid_from.data, one.percentage.data or Decimal(0)) for one in filled]
