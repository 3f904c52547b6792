"""A draft as it will be printed: all that posting would print, but for the number and what follows from the day."""

import datetime as dt

from fsm.documents.facts import Facts
from fsm.documents.pdf import Mark
from fsm.documents.services import render
from fsm.invoices.issuing import prepare
from fsm.invoices.models import Invoice
from fsm.invoices.printed import Printer
from fsm.invoices.services import structured_messages


def draft_facts(invoice: Invoice, *, today: dt.date) -> Facts:
    """DomainError where no totals can be made of it."""
    (prepared,) = prepare([invoice], today=today)
    message = structured_messages([prepared])[invoice.id]
    return Printer([prepared]).facts(prepared, "", message)


def draft_pdf(invoice: Invoice, *, today: dt.date) -> bytes:
    """Its PDF, which is not stored; the mark of a draft stands where the number will be."""
    return render(draft_facts(invoice, today=today), mark=Mark.DRAFT)
