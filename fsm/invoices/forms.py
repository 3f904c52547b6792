"""Forms of drafts with their line editor, of a new invoice and of the settings."""

from collections.abc import Sequence
from typing import Any, Self

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, FormField, SelectField
from wtforms import Form as PlainForm
from wtforms.validators import InputRequired

from fsm.company.countries import country_choices
from fsm.company.models import Company
from fsm.company.queries import bank_accounts
from fsm.core.fields import DayField, Form, TextField
from fsm.customers.forms import CustomerField
from fsm.documents.addresses import LENGTHS
from fsm.documents.document_forms import DocumentForm
from fsm.documents.forms import chosen_id, late_interest_choices
from fsm.documents.line_forms import IdField
from fsm.documents.own_fields import with_own_fields
from fsm.invoices.follow_up import MAX_EXTERNAL_ID
from fsm.invoices.models import Invoice, InvoiceLine
from fsm.invoices.values import DraftValues, FollowUpValues

_FOLLOW_UP = ("external_invoice_id", "automatic_reminders")


class AddressForm(PlainForm):
    """An address on a document; the customer keeps its own."""

    street = TextField(_l("Street and number"), length=LENGTHS["street"])
    street2 = TextField(_l("Address, second line"), length=LENGTHS["street2"])
    postal_code = TextField(_l("Postal code"), length=LENGTHS["postal_code"])
    city = TextField(_l("City"), length=LENGTHS["city"])
    country_code = SelectField(_l("Country"), choices=country_choices, default="BE")


class DraftForm(DocumentForm):
    """A draft invoice: the document's own fields and its lines."""

    values_type = DraftValues

    invoice_date = DayField(_l("Date"), description=_l("Empty: the day of posting."))
    delivery_date = DayField(_l("Date of the work"))
    bank_account_id = SelectField(_l("Bank account"), coerce=chosen_id)
    billing_address = FormField(AddressForm, _l("Billing address"))
    delivery_address = FormField(AddressForm, _l("Delivery address"))
    site_address = FormField(AddressForm, _l("Address of the site"))
    show_tax_for_exchange_rate = BooleanField(_l("Print the VAT in euro too"))
    late_interest_rate_id = SelectField(_l("Interest for late payment"), coerce=chosen_id)
    structured_message = TextField(
        _l("Payment reference"),
        length=60,
        description=_l("12 digits, the last two a check. Empty: made at posting, if the settings say so."),
    )
    without_co_contractor = BooleanField(_l("Charge VAT, without the co-contractor regime"))
    external_invoice_id = TextField(_l("Number in another program"), length=MAX_EXTERNAL_ID)
    automatic_reminders = BooleanField(_l("Automatic reminders"))

    @classmethod
    def for_draft(cls, invoice: Invoice, lines: Sequence[InvoiceLine]) -> type[Self]:
        """The form with the company's own fields."""
        return with_own_fields(cls, invoice, lines)

    @classmethod
    def _columns(cls, document: Any) -> dict[str, Any]:  # noqa: ANN401 - an invoice
        columns = super()._columns(document)
        follow_up = document.follow_up
        kept = {} if follow_up is None else {name: getattr(follow_up, name) for name in _FOLLOW_UP}
        return columns | kept

    def offer(self, document: Any, company: Company, kept: Sequence[str]) -> None:  # noqa: ANN401 - an invoice
        """The choices of the lists, those of an invoice too."""
        super().offer(document, company, kept)
        accounts = [
            row for row in bank_accounts(archived=None) if not row.archived_at or row.id == document.bank_account_id
        ]
        self.bank_account_id.choices = [("", "–"), *((str(row.id), f"{row.name} · {row.iban}") for row in accounts)]
        self.late_interest_rate_id.choices = late_interest_choices(document.late_interest_rate_id)

    def values(self) -> DraftValues:
        """For the service."""
        return DraftValues(
            **self.shared_values(),
            invoice_date=self.invoice_date.data,
            delivery_date=self.delivery_date.data,
            bank_account_id=self.bank_account_id.data,
            billing_address=self.billing_address.data,
            delivery_address=self.delivery_address.data,
            site_address=self.site_address.data,
            show_tax_for_exchange_rate=bool(self.show_tax_for_exchange_rate.data),
            late_interest_rate_id=self.late_interest_rate_id.data,
            structured_message=self.structured_message.data or "",
            without_co_contractor=bool(self.without_co_contractor.data),
        )

    def follow_up_values(self) -> FollowUpValues:
        """What stays changeable after posting."""
        return FollowUpValues(
            external_invoice_id=self.external_invoice_id.data or "",
            automatic_reminders=bool(self.automatic_reminders.data),
        )


class NewInvoiceForm(Form):
    """Whom the invoice is for."""

    customer_id = CustomerField(_l("Customer"), [InputRequired()])
    site_id = IdField()


class InvoiceSettingsForm(Form):
    """Choices about invoices."""

    dashboard_counts_posted = BooleanField(
        _l("Count posted invoices, sent or not"),
        description=_l("Otherwise the dashboard counts the ones that were sent."),
    )
