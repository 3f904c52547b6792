"""Payments for screens: the list, those of an invoice, what waits on account, what is due and how it can be settled."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy import orm

from fsm.company.services import the_company
from fsm.core import paging
from fsm.core.db import session, total
from fsm.core.errors import NotFoundError
from fsm.core.types import sort_key
from fsm.customers.models import Customer
from fsm.invoices.models import Invoice
from fsm.ledger.models import ItemKind, OpenItem, Standing
from fsm.ledger.posting import ZERO
from fsm.payments import cash
from fsm.payments.cash_discount import OpenDiscount, open_discounts
from fsm.payments.models import Payment, PaymentKind, PaymentMethod, PaymentPart
from fsm.payments.receivables import DOCUMENTS, PAYABLE

MOST_OPEN_ITEMS = 100


@dataclass(frozen=True, slots=True)
class Filters:
    """Which payments a list shows; None and empty: all. ``money_only``: no moves, and nothing that was undone."""

    text: str = ""
    customer_id: int | None = None
    method: PaymentMethod | None = None
    first_day: dt.date | None = None
    last_day: dt.date | None = None
    money_only: bool = False


@dataclass(frozen=True, slots=True)
class PaymentOfItem:
    """A payment, refund or move as one open item sees it; ``others`` are the numbers of what else it touched."""

    payment: Payment
    amount: Decimal
    discount: Decimal
    difference: Decimal
    others: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Due:
    """What settles an open item: all of it, the reduced amount, or cash rounded to 5 cents."""

    item: OpenItem
    discount: OpenDiscount | None
    cash_amount: Decimal | None

    @property
    def reduced(self) -> Decimal:
        """The amount due without the cash discount that is still open."""
        return self.item.balance - self.discount.total if self.discount else self.item.balance


def payment(payment_id: int) -> Payment:
    """NotFoundError where there is none."""
    found = session.scalar(
        sa.select(Payment)
        .where(Payment.id == payment_id)
        .options(orm.joinedload(Payment.customer))
        .options(orm.selectinload(Payment.parts).joinedload(PaymentPart.open_item))
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFoundError(_("There is no such payment."))
    return found


def page(
    filters: Filters,
    cursor: str | None,
    *,
    kind: PaymentKind | None = None,
    descending: bool = True,
    size: int = paging.PAGE_SIZE,
) -> paging.Page[Payment]:
    """Payments, refunds and moves, or one of these, by day; undone ones too."""
    query = listed(filters, kind).options(
        orm.joinedload(Payment.customer), orm.selectinload(Payment.parts).joinedload(PaymentPart.open_item)
    )
    return paging.page(query, [Payment.paid_on, Payment.id], cursor, descending=descending, size=size)


def listed(filters: Filters, kind: PaymentKind | None = None) -> sa.Select[Any]:
    """The payments that a list shows."""
    query = sa.select(Payment)
    if kind is not None:
        query = query.where(Payment.kind == kind)
    if filters.customer_id is not None:
        query = query.where(Payment.customer_id == filters.customer_id)
    if filters.method is not None:
        query = query.where(Payment.method == filters.method)
    if filters.first_day is not None:
        query = query.where(Payment.paid_on >= filters.first_day)
    if filters.last_day is not None:
        query = query.where(Payment.paid_on <= filters.last_day)
    if filters.money_only:
        query = query.where(Payment.kind != PaymentKind.MOVE, Payment.undone_at.is_(None))
    if text := filters.text.strip():
        query = query.where(_matches(text))
    return query


def _matches(text: str) -> sa.ColumnElement[bool]:
    """Customer's name, description, or the number of a document that was paid."""
    customers = sa.select(Customer.id).where(Customer.sort_key.contains(sort_key(text), autoescape=True))
    items = (
        sa.select(PaymentPart.payment_id)
        .join(OpenItem, OpenItem.id == PaymentPart.open_item_id)
        .where(OpenItem.source_number.icontains(text, autoescape=True))
    )
    return (
        Payment.customer_id.in_(customers)
        | Payment.id.in_(items)
        | Payment.description.icontains(text, autoescape=True)
    )


def payments_of_invoice(invoice_id: int) -> list[PaymentOfItem]:
    """What was paid on, refunded for or moved to or from an invoice or credit note, oldest first; undone ones too."""
    items = sa.select(OpenItem.id).where(OpenItem.kind.in_(DOCUMENTS), OpenItem.source_id == invoice_id)
    return _of_items(items)


def payments_of_item(open_item_id: int) -> list[PaymentOfItem]:
    """The same for any open item."""
    return _of_items(sa.select(OpenItem.id).where(OpenItem.id == open_item_id))


def _of_items(items: sa.Select[Any]) -> list[PaymentOfItem]:
    parts = session.scalars(
        sa.select(PaymentPart)
        .where(PaymentPart.open_item_id.in_(items))
        .options(orm.joinedload(PaymentPart.payment).selectinload(Payment.parts).joinedload(PaymentPart.open_item))
        .execution_options(populate_existing=True)
    ).all()
    found = [
        PaymentOfItem(
            part.payment,
            part.amount,
            part.discount,
            part.difference,
            tuple(other.open_item.source_number for other in part.payment.parts if other.id != part.id),
        )
        for part in parts
    ]
    return sorted(found, key=lambda row: (row.payment.paid_on, row.payment.id))


def open_item(open_item_id: int) -> OpenItem:
    """NotFoundError where there is none."""
    item = session.get(OpenItem, open_item_id)
    if item is None:
        raise NotFoundError(_("There is no such open item."))
    return item


def open_item_of(invoice_id: int) -> OpenItem | None:
    """The open item of an invoice or a credit note; None while it is a draft."""
    return session.scalar(sa.select(OpenItem).where(OpenItem.kind.in_(DOCUMENTS), OpenItem.source_id == invoice_id))


def on_account_items(customer_id: int) -> Sequence[OpenItem]:
    """What a customer has to his credit: payments on account and credit notes, to be moved or refunded."""
    query = sa.select(OpenItem).where(
        OpenItem.customer_id == customer_id, OpenItem.standing == Standing.OPEN, OpenItem.balance < 0
    )
    return session.scalars(query.order_by(OpenItem.opened_on, OpenItem.id).limit(MOST_OPEN_ITEMS)).all()


def payable_items(customer_id: int, currency: str | None = None) -> Sequence[OpenItem]:
    """What a customer owes, the first due first."""
    query = sa.select(OpenItem).where(
        OpenItem.customer_id == customer_id,
        OpenItem.standing == Standing.OPEN,
        OpenItem.kind.in_(PAYABLE),
        OpenItem.balance > 0,
    )
    if currency is not None:
        query = query.where(OpenItem.currency == currency)
    return session.scalars(query.order_by(OpenItem.due_on, OpenItem.id).limit(MOST_OPEN_ITEMS)).all()


def due_by_currency(customer_id: int) -> dict[str, Decimal]:
    """What a customer owes in each currency, EUR first."""
    query = (
        sa.select(OpenItem.currency, total(OpenItem.balance))
        .where(
            OpenItem.customer_id == customer_id,
            OpenItem.standing == Standing.OPEN,
            OpenItem.kind.in_(PAYABLE),
            OpenItem.balance > 0,
        )
        .group_by(OpenItem.currency)
        .order_by(OpenItem.currency != "EUR", OpenItem.currency)
    )
    return dict(session.execute(query).all())


def dues(items: Sequence[OpenItem]) -> list[Due]:
    """What settles each open item. A discount is named with its last day: the payment may be older than today."""
    invoice_items = {item.source_id: item for item in items if item.kind is ItemKind.INVOICE}
    invoices = session.scalars(sa.select(Invoice).where(Invoice.id.in_(invoice_items))) if invoice_items else ()
    pairs = [(invoice_items[invoice.id], invoice) for invoice in invoices]
    discounts = open_discounts(pairs, on=dt.date.min, company=the_company())
    rounds = cash_rounders({item.customer_id for item in items})
    return [
        Due(
            item,
            discounts.get(item.id),
            cash.rounded_amount(item.balance) if item.customer_id in rounds and item.currency == "EUR" else None,
        )
        for item in items
    ]


def cash_rounders(customer_ids: Iterable[int]) -> set[int]:
    """Those of the customers whose cash is rounded to 5 cents."""
    customers = session.scalars(sa.select(Customer).where(Customer.id.in_(list(customer_ids))))
    return {customer.id for customer in customers if cash.is_rounded(customer)}


def paid_between(first_day: dt.date, last_day: dt.date) -> Decimal:
    """EUR received less EUR refunded, by the day of payment; what was undone does not count."""
    query = (
        sa.select(Payment.kind, total(Payment.amount_eur))
        .where(
            Payment.paid_on >= first_day,
            Payment.paid_on <= last_day,
            Payment.undone_at.is_(None),
            Payment.kind != PaymentKind.MOVE,
        )
        .group_by(Payment.kind)
    )
    sums: dict[PaymentKind, Decimal] = dict(session.execute(query).all())
    return sums.get(PaymentKind.PAYMENT, ZERO) - sums.get(PaymentKind.REFUND, ZERO)
