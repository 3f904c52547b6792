"""The fields that only an invoice has (product.md 6), as they are stored: cleaned, checked, and left out where not given."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.company.models import BankAccount
from fsm.core.db import session
from fsm.core.errors import DomainError
from fsm.documents import addresses, document_fields, late_interest, payment_reference
from fsm.invoices.models import Invoice
from fsm.invoices.values import DraftValues

_EMPTY_REFERENCE = re.compile(r"[\s+*/]*")


def resolved(values: DraftValues, invoice: Invoice) -> DraftValues:
    """The values with what was not given taken from the draft. DomainError with the field."""
    values, changes = document_fields.resolved(values, invoice), dict[str, Any]()
    for kind in addresses.KINDS:
        given: Mapping[str, str] | None = getattr(values, kind)
        stored = getattr(invoice, kind)
        # An address of old, maybe longer than today's limits, is refused only where it is changed.
        changes[kind] = stored if given is None or dict(given) == stored else addresses.checked(given, kind)
    changes["structured_message"] = _reference(values.structured_message)
    late_interest.check_usable(values.late_interest_rate_id, invoice.late_interest_rate_id)
    _check_account(values.bank_account_id, invoice.bank_account_id)
    if invoice.is_blank_credit:  # a credit note has no term, no reference to pay with, no interest
        changes |= {"days_due": 0, "structured_message": "", "late_interest_rate_id": None}
    return replace(values, **changes)


def _reference(text: str) -> str:
    return "" if _EMPTY_REFERENCE.fullmatch(text) else payment_reference.parsed(text[:60])


def _check_account(chosen: int | None, kept: int | None) -> None:
    """An archived one may stay, but is not chosen anew."""
    if chosen is None or chosen == kept:
        return
    query = sa.select(BankAccount.id).where(BankAccount.id == chosen, BankAccount.archived_at.is_(None))
    if session.scalar(query) is None:
        raise DomainError(_("Choose one of the bank accounts."), "bank_account_id")
