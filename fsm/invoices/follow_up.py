"""What of an invoice stays changeable after posting: the id of another program, reminders, another balance due."""

import re
from decimal import Decimal

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.core.audit import note
from fsm.core.db import lock, session
from fsm.core.errors import DomainError, NotFoundError
from fsm.core.money import to_scaled
from fsm.core.state import check_version
from fsm.invoices.models import Invoice, InvoiceFollowUp, InvoiceKind
from fsm.invoices.values import FollowUpValues

MAX_EXTERNAL_ID = 50
MAX_BALANCE = Decimal("999999999.99")


def follow_up_of(invoice_id: int) -> InvoiceFollowUp:
    """The row; NotFoundError without such an invoice."""
    row = session.scalars(sa.select(InvoiceFollowUp).where(InvoiceFollowUp.invoice_id == invoice_id)).one_or_none()
    if row is None:
        raise NotFoundError(_("There is no such invoice."))
    return row


def change(invoice_id: int, values: FollowUpValues, *, version: int | None = None) -> InvoiceFollowUp:
    """For a draft or a posted document alike; ``version`` is the row's own. DomainError with the field."""
    invoice: Invoice | None = lock(Invoice, [invoice_id]).get(invoice_id)
    if invoice is None:
        raise NotFoundError(_("There is no such invoice."))
    reminded = follow_up_of(invoice_id)
    session.refresh(reminded)
    check_version(reminded.version, version)
    before = reminded.automatic_reminders
    row = change_follow_up(invoice, values)
    if row.automatic_reminders != before:
        sentence = _("Automatic reminders on") if row.automatic_reminders else _("Automatic reminders off")
        note([("invoice", invoice_id), ("customer", invoice.customer_id)], sentence)
    return row


def change_follow_up(invoice: Invoice, values: FollowUpValues) -> InvoiceFollowUp:
    """The same of an invoice that is held."""
    row = follow_up_of(invoice.id)
    if values.external_invoice_id is not None:
        row.external_invoice_id = _external_id(values.external_invoice_id)
    if values.automatic_reminders is not None:  # not for credit notes
        row.automatic_reminders = values.automatic_reminders and invoice.kind is InvoiceKind.INVOICE
    if values.outstanding_balance is not None:
        row.outstanding_balance = _balance(values.outstanding_balance)
    session.flush()
    return row


def _external_id(text: str) -> str:
    text = text.strip()
    if len(text) > MAX_EXTERNAL_ID:
        raise DomainError(_("At most %(most)s characters.", most=MAX_EXTERNAL_ID), "external_invoice_id")
    if re.search(r"[\x00-\x1f\x7f]", text):
        raise DomainError(_("There is a character here that cannot be stored."), "external_invoice_id")
    return text


def _balance(value: Decimal) -> Decimal:
    try:
        to_scaled(value, 2)
    except ValueError:
        raise DomainError(_("At most %(places)s decimals.", places=2), "outstanding_balance") from None
    if abs(value) > MAX_BALANCE:
        low, high = -MAX_BALANCE, MAX_BALANCE
        raise DomainError(_("Between %(low)s and %(high)s.", low=low, high=high), "outstanding_balance")
    return value
