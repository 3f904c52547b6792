"""The form of the settings page."""

from dataclasses import fields

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, SelectField
from wtforms.validators import InputRequired, NumberRange

from fsm.core.fields import CountField, Form, LongTextField
from fsm.documents.models import CashDiscountMode, TaxCalculation
from fsm.documents.services import MAX_DAYS_DUE, SettingsValues

NOTE_CHARACTERS = 2000


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


class SettingsForm(Form):
    """Defaults of new documents."""

    days_due = CountField(_l("Payment term"), [InputRequired(), NumberRange(0, MAX_DAYS_DUE)])
    tax_calculation = SelectField(_l("VAT is rounded"), choices=tax_calculation_choices, coerce=TaxCalculation)
    tax_included = BooleanField(_l("Prices are with VAT"))
    cash_discount_mode = SelectField(_l("A cash discount"), choices=cash_discount_choices, coerce=CashDiscountMode)
    makes_structured_message = BooleanField(_l("Print a payment reference (+++…+++) on invoices"))
    note = LongTextField(_l("Note on each document"), length=NOTE_CHARACTERS)

    def values(self) -> SettingsValues:
        """For the service."""
        return SettingsValues(**{field.name: self[field.name].data for field in fields(SettingsValues)})
