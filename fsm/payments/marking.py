"""A whole invoice marked as paid, or as unpaid, in one click (S2)."""

import datetime as dt

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.core.db import session
from fsm.core.errors import ConflictError, DomainError, NotFoundError
from fsm.ledger import queries as ledger_queries
from fsm.ledger.models import ItemKind, OpenItem
from fsm.payments import reversal, services
from fsm.payments.models import Payment, PaymentPart
from fsm.payments.receivables import PartValues


def mark_paid(invoice_id: int, *, actor_id: int | None, today: dt.date) -> Payment:
    """All that is due was received today, by no method named; which bank line it was is linked afterwards.

    DomainError where nothing is due, or where only the bank knows how many EUR it was.
    """
    if _item(invoice_id).currency != "EUR":
        raise DomainError(_("Register this payment instead: it says how many EUR the bank shows."))
    values = services.RegisterValues(paid_on=today, parts=[PartValues(invoice_id=invoice_id)])
    return services.register(values, actor_id=actor_id, today=today)


def mark_unpaid(invoice_id: int, *, actor_id: int | None, today: dt.date) -> list[Payment]:
    """Undo every payment of an invoice, the newest first; a payment of several invoices reopens them all."""
    item = _item(invoice_id)
    query = (
        sa.select(Payment.id)
        .join(PaymentPart, PaymentPart.payment_id == Payment.id)
        .where(PaymentPart.open_item_id == item.id, Payment.undone_at.is_(None))
        .order_by(Payment.id.desc())
    )
    payment_ids = list(dict.fromkeys(session.scalars(query)))
    if not payment_ids:
        raise ConflictError(_("%(number)s has no payments to undo.", number=item.source_number))
    return reversal.undo(payment_ids, actor_id=actor_id, today=today)


def _item(invoice_id: int) -> OpenItem:
    item = ledger_queries.item_of(ItemKind.INVOICE, invoice_id)
    if item is None:
        raise NotFoundError(_("There is no such posted invoice."))
    return item
