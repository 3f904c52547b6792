"""Forms of customers, contacts, sites and equipment."""

import re
from dataclasses import fields
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from wtforms import BooleanField, Field, IntegerField, SelectField
from wtforms.validators import DataRequired, NumberRange, Optional
from wtforms.widgets import html_params

from fsm.company.countries import country_choices, currency_choices
from fsm.company.forms import EmailField, language_choices
from fsm.company.models import Language
from fsm.core.fields import DayField, ExactField, Form, LongTextField, TextField
from fsm.core.web import MAX_ID
from fsm.customers import queries
from fsm.customers.models import Customer
from fsm.customers.services import MAX_DAYS_DUE, ContactValues, CustomerValues
from fsm.customers.sites import OLDEST_YEAR, EquipmentValues, SiteValues

NOTES_LENGTH = 10_000
_REFERENCE = re.compile(r"#([0-9]{1,19})\s*$")


def reference(customer: Customer) -> str:
    """How a choice of customers names one: "Bakkerij Peeters, Gent #12"."""
    place = f", {customer.billing_city}" if customer.billing_city else ""
    return f"{customer.name}{place} #{customer.id}"


class CustomerBox:
    """A text box and the list of customers that htmx fills while one types."""

    def __call__(self, field: "CustomerField", **kwargs: Any) -> Markup:  # noqa: ANN401 - attributes
        """The box, with the attributes given."""
        options = f"{field.id}-options"
        attributes = {
            "type": "text",
            "id": field.id,
            "name": field.name,
            "value": field._value(),  # noqa: SLF001 - every WTForms widget asks its field so
            "list": options,
            "autocomplete": "off",
            "hx-get": url_for("customers.options", field=field.name),
            "hx-trigger": "input changed delay:200ms",
            "hx-target": f"#{options}",
            "hx-swap": "innerHTML",
        }
        box = Markup(html_params(**(attributes | kwargs)))  # noqa: S704 - html_params escapes every value
        return Markup('<input {}><datalist id="{}"></datalist>').format(box, options)


class CustomerField(Field):
    """A customer by its reference, proposed while typing; kept as id, None where empty.

    Without scripts a name typed in full, or the number after "#", finds it as well.
    """

    widget = CustomerBox()

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        if self.data is None:
            return ""
        return reference(queries.customer(self.data))

    def process_formdata(self, valuelist: list[str]) -> None:
        """Find the one customer that is meant; ValueError with the sentence for the field."""
        self.data = None
        text = valuelist[0].strip() if valuelist else ""
        if not text:
            return
        if match := _REFERENCE.search(text):
            number = int(match[1])
            if not 1 <= number <= MAX_ID or not queries.names([number]):
                raise ValueError(_("There is no such customer."))
            self.data = number
            return
        found = queries.by_name(text)
        if len(found) != 1:
            raise ValueError(_("Choose one of the customers that are proposed while you type."))
        self.data = found[0].id


def _yes_no(text: Any) -> bool | None:  # noqa: ANN401 - what WTForms hands in: the row's value or the browser's
    if isinstance(text, bool):
        return text
    return {"yes": True, "no": False}.get(str(text))


def _language(text: Any) -> Language | None:  # noqa: ANN401 - as above
    return Language(text) if text else None


def _yes_no_choices() -> list[tuple[str, str]]:
    return [("", _("As in the settings")), ("yes", _("Yes")), ("no", _("No"))]


def _language_choices() -> list[tuple[str, str]]:
    return [("", _("As in the settings")), *language_choices()]


class YesNoField(SelectField):
    """Yes, no, or what the settings say (None)."""

    def __init__(self, label: str | None = None, **kwargs: Any) -> None:  # noqa: ANN401 - passed through
        super().__init__(label, coerce=_yes_no, choices=_yes_no_choices, **kwargs)


class CustomerForm(Form):
    """A customer; the last two fields are the page's own."""

    name = TextField(_l("Name"), [DataRequired()], length=100)
    attention = TextField(_l("For the attention of"), length=100)
    is_business = BooleanField(_l("Business"), default=True)
    vat_number = TextField(_l("VAT number"), length=30)
    enterprise_number = TextField(_l("Enterprise number"), length=20)
    is_subject_to_vat = BooleanField(_l("Subject to VAT"))
    files_periodic_returns = BooleanField(_l("Files periodic VAT returns"), default=True)
    language = SelectField(
        _l("Language of documents"),
        choices=_language_choices,
        coerce=_language,
    )
    currency = SelectField(_l("Currency"), choices=currency_choices, default="EUR")
    days_due = IntegerField(_l("Payment term"), [Optional(), NumberRange(0, MAX_DAYS_DUE)])
    automatic_reminders = YesNoField(_l("Automatic reminders"))
    agreed_to_electronic_documents = BooleanField(_l("Agreed to electronic documents"))
    gets_visit_messages = BooleanField(_l("Gets messages about visits"), default=True)
    email = EmailField(_l("E-mail"))
    phone = TextField(_l("Phone"), length=40)
    notes = LongTextField(_l("Notes"), length=NOTES_LENGTH)
    billing_street = TextField(_l("Street and number"), length=150)
    billing_street2 = TextField(_l("Address, second line"), length=150)
    billing_postal_code = TextField(_l("Postal code"), length=10)
    billing_city = TextField(_l("City"), length=50)
    billing_country_code = SelectField(_l("Country"), choices=country_choices, default="BE")
    has_delivery_address = BooleanField(_l("Goods go to another address"))
    delivery_street = TextField(_l("Street and number"), length=150)
    delivery_street2 = TextField(_l("Address, second line"), length=150)
    delivery_postal_code = TextField(_l("Postal code"), length=10)
    delivery_city = TextField(_l("City"), length=50)
    delivery_country_code = SelectField(_l("Country"), choices=country_choices, default="BE")
    saves_all_the_same = BooleanField(_l("This is another customer: save all the same"))

    def values(self) -> CustomerValues:
        """For the service."""
        return CustomerValues(**{field.name: self[field.name].data for field in fields(CustomerValues)})


class NewCustomerForm(CustomerForm):
    """A customer to be, and whether there is work at the same address."""

    makes_site = BooleanField(_l("Make a site at this address too"), default=True)


class ContactForm(Form):
    """A person at a customer."""

    name = TextField(_l("Name"), [DataRequired()], length=100)
    function = TextField(_l("Function"), length=60)
    email = EmailField(_l("E-mail"))
    phone = TextField(_l("Phone"), length=40)
    gets_quotes = BooleanField(_l("Gets quotes"))
    gets_invoices = BooleanField(_l("Gets invoices"))
    gets_reminders = BooleanField(_l("Gets reminders"))
    gets_visit_messages = BooleanField(_l("Gets messages about visits"))

    def values(self) -> ContactValues:
        """For the service."""
        return ContactValues(**{field.name: self[field.name].data for field in fields(ContactValues)})


class DegreesField(ExactField):
    """An angle of six decimals (a decimetre), written as maps write it."""

    def _value(self) -> str:
        if self.raw_data or self.data is None:
            return super()._value()
        return f"{self.data:f}"


class SiteForm(Form):
    """Where work is done."""

    name = TextField(_l("Name"), [DataRequired()], length=100)
    street = TextField(_l("Street and number"), length=150)
    street2 = TextField(_l("Address, second line"), length=150)
    postal_code = TextField(_l("Postal code"), length=10)
    city = TextField(_l("City"), length=50)
    country_code = SelectField(_l("Country"), choices=country_choices, default="BE")
    payer_id = CustomerField(_l("Invoices go to"))
    phone = TextField(_l("Phone on site"), length=40)
    access_code = TextField(_l("Access code"), length=100)
    hazards = LongTextField(_l("Hazards"), length=500)
    notes = LongTextField(_l("Notes"), length=NOTES_LENGTH)
    is_private_dwelling = BooleanField(_l("Private dwelling"))
    first_occupied_year = IntegerField(_l("Year of first occupation"), [Optional(), NumberRange(OLDEST_YEAR, 2999)])
    latitude = DegreesField(_l("Latitude"), places=6, low=-90, high=90)
    longitude = DegreesField(_l("Longitude"), places=6, low=-180, high=180)

    def values(self) -> SiteValues:
        """For the service."""
        return SiteValues(**{field.name: self[field.name].data for field in fields(SiteValues)})


class EquipmentForm(Form):
    """A machine at a site."""

    kind = TextField(_l("Kind"), [DataRequired()], length=60)
    make = TextField(_l("Make"), length=60)
    model = TextField(_l("Model"), length=60)
    serial = TextField(_l("Serial number"), length=60)
    installed_on = DayField(_l("Installed on"))
    warranty_until = DayField(_l("Warranty until"))
    notes = LongTextField(_l("Notes"), length=NOTES_LENGTH)

    def values(self) -> EquipmentValues:
        """For the service."""
        return EquipmentValues(**{field.name: self[field.name].data for field in fields(EquipmentValues)})
