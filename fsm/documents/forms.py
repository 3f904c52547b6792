"""The form of the settings page."""

from dataclasses import fields

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, SelectField
from wtforms.validators import InputRequired, NumberRange

from fsm.core.fields import CountField, Form, LongTextField
from fsm.documents.models import CashDiscountMode, TaxCalculation
from fsm.documents.services import MAX_DAYS_DUE, SettingsValues

TAX_CALCULATIONS = (
    (TaxCalculation.TOTAL.value, _l("Per rate, on the document's total")),
    (TaxCalculation.ITEM.value, _l("Per line")),
)
CASH_DISCOUNT_MODES = (
    (CashDiscountMode.ON_INVOICE.value, _l("Lowers the VAT of the invoice, taken or not (Belgium)")),
    (CashDiscountMode.ON_PAYMENT.value, _l("Lowers the VAT when it is taken (France)")),
    (CashDiscountMode.NEVER.value, _l("Never touches VAT")),
)
NOTE_CHARACTERS = 2000


class SettingsForm(Form):
    """Defaults of new documents."""

    days_due = CountField(_l("Payment term"), [InputRequired(), NumberRange(0, MAX_DAYS_DUE)])
    tax_calculation = SelectField(_l("VAT is rounded"), choices=TAX_CALCULATIONS, coerce=TaxCalculation)
    tax_included = BooleanField(_l("Prices are with VAT"))
    cash_discount_mode = SelectField(_l("A cash discount"), choices=CASH_DISCOUNT_MODES, coerce=CashDiscountMode)
    makes_structured_message = BooleanField(_l("Print a payment reference (+++…+++) on invoices"))
    note = LongTextField(_l("Note on each document"), length=NOTE_CHARACTERS)

    def values(self) -> SettingsValues:
        """For the service."""
        return SettingsValues(**{field.name: self[field.name].data for field in fields(SettingsValues)})
