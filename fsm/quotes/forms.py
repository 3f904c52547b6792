"""Forms of quotes."""

from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import FieldList, FormField
from wtforms import Form as PlainForm
from wtforms.validators import InputRequired

from fsm.company.services import the_company
from fsm.core.fields import DayField, ExactField, Form, LongTextField, TextField
from fsm.customers.forms import CustomerField
from fsm.documents.document_forms import DocumentForm
from fsm.documents.line_forms import IdField
from fsm.documents.own_fields import with_own_fields
from fsm.quotes.from_visit import MAX_PARTS, WantedPart
from fsm.quotes.models import Quote
from fsm.quotes.services import MAX_NAME, MAX_REASON, QuoteValues


class QuoteForm(DocumentForm):
    """A quote: the fields of every priced document, and how long it is good for."""

    values_type = QuoteValues

    quote_date = DayField(_l("Date"), description=_l("Empty: the day of sending."))
    valid_until = DayField(_l("Valid until"), description=_l("Empty: no end."))

    def values(self) -> QuoteValues:
        """For the service."""
        return QuoteValues(**self.shared_values(), quote_date=self.quote_date.data, valid_until=self.valid_until.data)


def form_of(quote: Quote, *, is_sent: bool) -> QuoteForm:
    """The form with the company's own fields: as the quote stands or, when ``is_sent``, as the browser has it."""
    return with_own_fields(QuoteForm, quote, quote.lines).of(quote, quote.lines, the_company(), is_sent=is_sent)


class NewQuoteForm(Form):
    """Whom the quote is for."""

    customer_id = CustomerField(_l("Customer"), [InputRequired()])
    site_id = IdField()


class DeclineForm(Form):
    """Why the customer does not want it."""

    reason = TextField(_l("Reason"), [InputRequired()], length=MAX_REASON)


class SignedForm(Form):
    """A signature on paper, written down by the office."""

    signer_name = TextField(_l("Signed by"), length=MAX_NAME, description=_l("May be left empty."))


class PartForm(PlainForm):
    """An item by its code, and how many."""

    code = TextField(_l("Item code"), length=20, render_kw={"list": "item-codes", "autocomplete": "off"})
    quantity = ExactField(_l("Quantity"), low=Decimal("0.01"), high=Decimal("999999.99"))


class VisitForm(Form):
    """What a technician found that the customer may want."""

    text = LongTextField(_l("What the customer wants"), [InputRequired()], length=2000)
    parts = FieldList(FormField(PartForm), _l("Parts"), min_entries=5, max_entries=MAX_PARTS)

    def wanted(self) -> list[WantedPart]:
        """The rows that are filled in."""
        rows: list[Any] = [entry.form for entry in self.parts if (entry.form.code.data or "").strip()]
        return [WantedPart(row.code.data.strip(), row.quantity.data or Decimal(1)) for row in rows]
