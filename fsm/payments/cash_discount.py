"""The cash discount that is still open on an invoice, and what it takes off each rate (accounting.md 2 and 5)."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa

from fsm.company.models import Company
from fsm.company.vat import grid_of, tax_grid_of
from fsm.core.db import session, total
from fsm.documents.models import CashDiscountMode
from fsm.invoices.models import Invoice, InvoiceKind, InvoiceState, InvoiceTax
from fsm.ledger.models import ItemMovement, MovementRole, OpenItem
from fsm.ledger.posting import ZERO
from fsm.payments.models import Payment, PaymentPart
from fsm.payments.posting import DiscountShare


@dataclass(frozen=True, slots=True)
class OpenDiscount:
    """What the customer may still deduct, VAT of mode ``on_payment`` included, until ``valid_until``."""

    total: Decimal
    shares: tuple[DiscountShare, ...]
    valid_until: dt.date


def open_discounts(
    pairs: Sequence[tuple[OpenItem, Invoice]], *, on: dt.date, company: Company
) -> dict[int, OpenDiscount]:
    """By open item, the discounts that a payment dated ``on`` can take: in time, not taken yet, nothing paid late.

    Credit notes have lowered it by their own.
    """
    in_time = [
        (item, invoice)
        for item, invoice in pairs
        if invoice.cash_discount_total and invoice.cash_discount_date_valid and on <= invoice.cash_discount_date_valid
    ]
    if not in_time:
        return {}
    gone = _taken_or_late(item.id for item, _invoice in in_time)
    credit_notes = _credit_notes([invoice.id for _item, invoice in in_time])
    found = {}
    for item, invoice in in_time:
        credited = credit_notes.get(invoice.id, [])
        left = invoice.cash_discount_total - sum((note.cash_discount_total for note in credited), ZERO)
        valid_until = invoice.cash_discount_date_valid
        taken, last_paid_on = gone.get(item.id, (ZERO, None))
        late = last_paid_on is not None and valid_until is not None and last_paid_on > valid_until
        if valid_until is None or late or taken or not ZERO < left < item.balance:
            continue
        found[item.id] = OpenDiscount(left, _shares(invoice, credited, left, company), valid_until)
    return found


def _taken_or_late(item_ids: Iterable[int]) -> dict[int, tuple[Decimal, dt.date | None]]:
    """By open item: the discount taken, and the day of the latest payment that stands."""
    ids = list(item_ids)
    taken = (
        sa.select(ItemMovement.open_item_id, total(ItemMovement.amount))
        .where(ItemMovement.open_item_id.in_(ids), ItemMovement.role == MovementRole.DISCOUNT)
        .group_by(ItemMovement.open_item_id)
    )
    paid = (
        sa.select(PaymentPart.open_item_id, sa.func.max(Payment.paid_on))
        .join(Payment, Payment.id == PaymentPart.payment_id)
        .where(PaymentPart.open_item_id.in_(ids), Payment.undone_at.is_(None))
        .group_by(PaymentPart.open_item_id)
    )
    by_item = {item_id: -amount for item_id, amount in session.execute(taken)}
    days: dict[int, dt.date] = dict(session.execute(paid).all())
    return {item_id: (by_item.get(item_id, ZERO), days.get(item_id)) for item_id in ids}


def _credit_notes(invoice_ids: Sequence[int]) -> dict[int, list[Invoice]]:
    query = sa.select(Invoice).where(
        Invoice.corrects_id.in_(invoice_ids),
        Invoice.kind == InvoiceKind.CREDIT_NOTE,
        Invoice.state == InvoiceState.POSTED,
    )
    found: dict[int, list[Invoice]] = {}
    for note in session.scalars(query):
        if note.corrects_id is not None:
            found.setdefault(note.corrects_id, []).append(note)
    return found


def _shares(
    invoice: Invoice, credited: Sequence[Invoice], left: Decimal, company: Company
) -> tuple[DiscountShare, ...]:
    """One financial cost; in mode ``on_payment`` split by rate, with the VAT that comes off."""
    if invoice.cash_discount_mode is not CashDiscountMode.ON_PAYMENT:
        return (DiscountShare(left),)
    nets: dict[tuple[Decimal, str], Decimal] = defaultdict(lambda: ZERO)
    taxes: dict[tuple[Decimal, str], Decimal] = defaultdict(lambda: ZERO)
    query = sa.select(InvoiceTax).where(InvoiceTax.invoice_id.in_([invoice.id, *(other.id for other in credited)]))
    for row in session.scalars(query.order_by(InvoiceTax.tax_rate.desc(), InvoiceTax.id)):
        sign = 1 if row.invoice_id == invoice.id else -1
        nets[row.tax_rate, row.special_status] += row.cash_discount * sign
        taxes[row.tax_rate, row.special_status] += row.cash_discount_tax * sign
    country, scheme = company.country_code, company.vat_scheme
    return tuple(
        DiscountShare(
            net,
            taxes[key],
            grid_of(*key, country, is_credit_note=True, scheme=scheme),
            tax_grid_of(country, is_credit_note=True),
        )
        for key, net in nets.items()
        if net or taxes[key]
    )
