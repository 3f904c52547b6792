"""When a payment can no longer be undone: something later rests on it."""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy import orm

from fsm.core.db import session
from fsm.core.errors import ConflictError
from fsm.core.formats import day, money
from fsm.ledger.models import ItemKind, ItemMovement, JournalEntry, MovementRole, OpenItem
from fsm.payments.models import Payment, PaymentKind, PaymentPart


def check_rest_unused(payment_ids: Sequence[int], items: Mapping[int, OpenItem]) -> None:
    """What waits on account must still be there; a use that is undone along with it does not count."""
    own = [
        item.id for item in items.values() if item.kind is ItemKind.ON_ACCOUNT and item.source_id in set(payment_ids)
    ]
    use = session.execute(
        sa.select(Payment, OpenItem.source_number)
        .join(PaymentPart, PaymentPart.payment_id == Payment.id)
        .join(OpenItem, OpenItem.id == PaymentPart.open_item_id)
        .where(
            Payment.undone_at.is_(None),
            Payment.id.not_in(payment_ids),
            Payment.id.in_(sa.select(PaymentPart.payment_id).where(PaymentPart.open_item_id.in_(own))),
        )
        .order_by(PaymentPart.open_item_id.in_(own), Payment.id)
        .limit(1)
    ).first()
    if use is None:
        return
    payment, number = use
    facts = {"amount": money(payment.amount, payment.currency), "day": day(payment.paid_on), "number": number}
    if payment.kind is PaymentKind.MOVE:
        raise ConflictError(
            _("Of what was kept on account %(amount)s went to %(number)s on %(day)s. Undo that first.", **facts)
        )
    raise ConflictError(_("Of what was kept on account %(amount)s was refunded on %(day)s. Undo that first.", **facts))


def discounts_taken_back(item_ids: Sequence[int]) -> dict[int, int]:
    """Entries by which credit notes of these open items took a cash discount back, with the credit note's open item.

    They go with the payment that took it: once it is undone no discount was granted that could be taken back.
    """
    if not item_ids:
        return {}
    reversal = orm.aliased(JournalEntry)
    query = (
        sa.select(JournalEntry.id, OpenItem.id)
        .join(ItemMovement, ItemMovement.entry_id == JournalEntry.id)
        .join(OpenItem, OpenItem.id == ItemMovement.open_item_id)
        .where(
            OpenItem.credits_item_id.in_(item_ids),
            ItemMovement.role == MovementRole.DISCOUNT,
            JournalEntry.reverses_id.is_(None),
            ~sa.exists().where(reversal.reverses_id == JournalEntry.id),
        )
    )
    return dict(session.execute(query).all())
