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
from fsm.documents import addresses, custom_fields, late_interest, payment_reference
from fsm.documents.limits import MAX_NOTE
from fsm.documents.models import FieldPlace, Layout
from fsm.documents.rich_text import both
from fsm.invoices.models import Invoice
from fsm.invoices.values import DraftValues

_EMPTY_REFERENCE = re.compile(r"[\s+*/]*")


def resolved(values: DraftValues, invoice: Invoice) -> DraftValues:
    """The values with what was not given taken from the draft. DomainError with the field."""
    note, note_html = both(values.note, values.note_html, most=MAX_NOTE, field="note")
    changes: dict[str, Any] = {"note": note, "note_html": note_html}
    for kind in addresses.KINDS:
        given: Mapping[str, str] | None = getattr(values, kind)
        stored = getattr(invoice, kind)
        # An address of old, maybe longer than today's limits, is refused only where it is changed.
        changes[kind] = stored if given is None or dict(given) == stored else addresses.checked(given, kind)
    changes["custom_values"] = _custom_values(values, invoice)
    changes["structured_message"] = _reference(values.structured_message)
    late_interest.check_usable(values.late_interest_rate_id, invoice.late_interest_rate_id)
    _check_choice(Layout, values.layout_id, invoice.layout_id, "layout_id", _("Choose one of the layouts."))
    account = (
        values.bank_account_id,
        invoice.bank_account_id,
        "bank_account_id",
        _("Choose one of the bank accounts."),
    )
    _check_choice(BankAccount, *account)
    if invoice.is_blank_credit:  # a credit note has no term, no reference to pay with, no interest
        changes |= {"days_due": 0, "structured_message": "", "late_interest_rate_id": None}
    return replace(values, **changes)


def _custom_values(values: DraftValues, invoice: Invoice) -> dict[str, str]:
    if values.custom_values is None:
        return dict(invoice.custom_values)
    fields = custom_fields.by_name(FieldPlace.DOCUMENT) if values.custom_values else {}
    return custom_fields.check_values(values.custom_values, fields, invoice.custom_values)


def _reference(text: str) -> str:
    return "" if _EMPTY_REFERENCE.fullmatch(text) else payment_reference.parsed(text[:60])


def _check_choice(
    model: type[Layout | BankAccount], chosen: int | None, kept: int | None, field: str, sentence: str
) -> None:
    """An archived one may stay, but is not chosen anew."""
    if chosen is None or chosen == kept:
        return
    query = sa.select(model.id).where(model.id == chosen, model.archived_at.is_(None))
    if session.scalar(query) is None:
        raise DomainError(sentence, field)
