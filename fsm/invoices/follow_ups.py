"""What may be said of a document after posting: its reminders, and its number in the customer's own program."""

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.core.audit import note
from fsm.core.db import lock, session
from fsm.core.errors import ConflictError, DomainError, NotFoundError
from fsm.core.state import check_version
from fsm.invoices.drafts import BILL_KIND
from fsm.invoices.models import Invoice, InvoiceFollowUp, InvoiceKind, InvoiceState

MOST_EXTERNAL_ID = 50


def change(
    invoice_id: int, *, automatic_reminders: bool, external_invoice_id: str, version: int | None
) -> InvoiceFollowUp:
    """Set both; a credit note is never reminded of. ConflictError for a draft or a stale version."""
    external = external_invoice_id.strip()
    if len(external) > MOST_EXTERNAL_ID:
        raise DomainError(_("At most %(most)s characters.", most=MOST_EXTERNAL_ID), "external_invoice_id")
    invoice: Invoice | None = lock(Invoice, [invoice_id]).get(invoice_id)
    if invoice is None:
        raise NotFoundError(_("There is no such invoice."))
    if invoice.state is not InvoiceState.POSTED:
        raise ConflictError(_("Only a posted document is followed."))
    query = sa.select(InvoiceFollowUp).where(InvoiceFollowUp.invoice_id == invoice_id).with_for_update()
    row = session.scalars(query.execution_options(populate_existing=True)).one()
    check_version(row.version, version)
    reminds = automatic_reminders and invoice.kind is InvoiceKind.INVOICE
    if reminds != row.automatic_reminders:
        sentence = _("Automatic reminders on") if reminds else _("Automatic reminders off")
        note([(BILL_KIND, invoice_id), ("customer", invoice.customer_id)], sentence)
    row.automatic_reminders, row.external_invoice_id = reminds, external
    session.flush()
    return row
