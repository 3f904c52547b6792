"""Undoing a payment, and when it can no longer be undone: something later rests on it."""

import datetime as dt
from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy import orm

from fsm.core.audit import note, now
from fsm.core.db import lock, session
from fsm.core.errors import ConflictError, NotFoundError
from fsm.core.formats import day, money
from fsm.ledger import services as ledger
from fsm.ledger.models import ItemKind, ItemMovement, JournalEntry, MovementRole, OpenItem
from fsm.payments import receivables
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


def undo(payment_ids: Sequence[int], *, actor_id: int | None, today: dt.date) -> list[Payment]:
    """Reverse their entries and the cash discounts that were taken back because of them; ConflictError where one is undone."""
    rows: dict[int, Payment] = lock(Payment, list(payment_ids))
    if len(rows) != len(payment_ids):
        raise NotFoundError(_("There is no such payment."))
    payments = [rows[payment_id] for payment_id in payment_ids]
    if any(payment.undone_at is not None for payment in payments):
        raise ConflictError(_("This payment has been undone already."))
    parts = session.scalars(sa.select(PaymentPart).where(PaymentPart.payment_id.in_(payment_ids))).all()
    discounted = [part.open_item_id for part in parts if part.discount]
    credits_of = sa.select(OpenItem.id).where(OpenItem.credits_item_id.in_(discounted))
    items: dict[int, OpenItem] = lock(OpenItem, {*session.scalars(credits_of), *(part.open_item_id for part in parts)})
    check_rest_unused(payment_ids, items)
    entry_ids = [payment.entry_id for payment in payments if payment.entry_id is not None]
    entry_ids += discounts_taken_back(discounted)
    reversals = ledger.reverse(entry_ids, today=today, actor_id=actor_id)
    for payment, reversal_id in zip(payments, reversals, strict=False):  # the rest are taken-back discounts
        payment.undone_entry_id, payment.undone_at, payment.undone_by_id = reversal_id, now(), actor_id
        touched = [items[part.open_item_id] for part in parts if part.payment_id == payment.id]
        sentence = _(
            "Undone: %(kind)s of %(amount)s, %(day)s",
            kind=kind_name(payment.kind),
            amount=money(payment.amount, payment.currency),
            day=day(payment.paid_on),
        )
        note([*receivables.subjects(touched), ("customer", payment.customer_id)], sentence)
    session.flush()
    return payments


def kind_name(kind: PaymentKind) -> str:
    """As the user reads it."""
    return {
        PaymentKind.PAYMENT: _("payment"),
        PaymentKind.REFUND: _("refund"),
        PaymentKind.MOVE: _("move"),
    }[kind]
