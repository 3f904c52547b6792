"""Forms of drafts with their line editor, of a new invoice and of the settings."""

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, SelectField
from wtforms.validators import InputRequired

from fsm.company.models import Company
from fsm.company.queries import bank_accounts
from fsm.core.fields import DayField, Form
from fsm.customers.forms import CustomerField
from fsm.documents.document_forms import DocumentForm
from fsm.documents.line_forms import IdField
from fsm.invoices.values import DraftValues


class DraftForm(DocumentForm):
    """A draft invoice: the document's own fields and its lines."""

    values_type = DraftValues

    invoice_date = DayField(_l("Date"), description=_l("Empty: the day of posting."))
    delivery_date = DayField(_l("Date of the work"))
    bank_account_id = SelectField(_l("Bank account"), coerce=lambda text: int(text) if str(text).isdigit() else None)

    def offer(self, document: Any, company: Company, kept: Sequence[str]) -> None:  # noqa: ANN401 - an invoice
        """The choices of the lists, those of an invoice too."""
        super().offer(document, company, kept)
        accounts = [
            row for row in bank_accounts(archived=None) if not row.archived_at or row.id == document.bank_account_id
        ]
        self.bank_account_id.choices = [("", "–"), *((str(row.id), f"{row.name} · {row.iban}") for row in accounts)]

    def values(self) -> DraftValues:
        """For the service."""
        return DraftValues(
            **self.shared_values(),
            invoice_date=self.invoice_date.data,
            delivery_date=self.delivery_date.data,
            bank_account_id=self.bank_account_id.data,
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
