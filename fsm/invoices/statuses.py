"""The status of a document in words: one function for every page."""

import datetime as dt
from typing import NamedTuple

from flask_babel import gettext as _
from flask_babel import ngettext

from fsm.invoices.models import Invoice, InvoiceKind, InvoiceState
from fsm.ledger.models import OpenItem, Standing


class Status(NamedTuple):
    """A kind of ``record.status`` and the word beside it."""

    kind: str
    label: str


def status_of(invoice: Invoice, item: OpenItem | None, today: dt.date) -> Status:  # noqa: PLR0911 - a return per row of the table
    """The first row of product.md 7 that fits."""
    if invoice.state is InvoiceState.DRAFT:
        return Status("draft", _("Draft"))
    if invoice.state is InvoiceState.WITHDRAWN:
        return Status("neutral", _("Withdrawn"))
    if item is None:
        return Status("posted", _("Posted"))
    if invoice.kind is InvoiceKind.CREDIT_NOTE:
        return Status("credit", _("To refund")) if item.balance else Status("paid", _("Settled"))
    if item.standing is Standing.CANCELLED:
        return Status("cancelled", _("Cancelled"))
    if item.standing is Standing.WRITTEN_OFF:
        return Status("neutral", _("Written off"))
    if item.standing is Standing.SETTLED:
        return Status("paid", _("Paid"))
    if item.due_on < today:
        days = (today - item.due_on).days
        return Status("overdue", ngettext("Overdue, %(num)s day", "Overdue, %(num)s days", days))
    return Status("posted", _("Posted"))
