"""Registering, undoing, moving and refunding payments. Balances are read after the open items are locked.

So of several people who register the same payment at once the first is served, the others get the sentence.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.company import queries as company_queries
from fsm.company.services import the_company
from fsm.core.audit import note, now
from fsm.core.db import lock, session
from fsm.core.errors import DomainError, NotFoundError
from fsm.core.formats import day, money
from fsm.core.state import check_version
from fsm.customers.models import Customer
from fsm.invoices.models import Invoice
from fsm.ledger.models import ItemKind, OpenItem
from fsm.ledger.posting import ZERO
from fsm.payments import amounts, booking, cash, posting, receivables, reversal
from fsm.payments.cash_discount import open_discounts
from fsm.payments.models import Payment, PaymentKind, PaymentMethod, PaymentSettings
from fsm.payments.posting import PartFacts
from fsm.payments.receivables import PartValues
from fsm.payments.settlement import Choices, Settlement, Target, settle


@dataclass(frozen=True, slots=True)
class RegisterValues:
    """What is known of a payment. ``amount`` None: all that is due; without parts it waits on account.

    ``amount_eur``: what the bank received for a payment in another currency. ``customer_id`` None: the invoice's.
    """

    paid_on: dt.date
    parts: Sequence[PartValues] = ()
    customer_id: int | None = None
    amount: Decimal | None = None
    method: PaymentMethod | None = None
    description: str = ""
    bank_account_id: int | None = None
    keep_rest_on_account: bool = False
    take_cash_discount: bool = False
    book_difference: bool = False
    amount_eur: Decimal | None = None
    currency: str = "EUR"


def register(values: RegisterValues, *, actor_id: int | None, today: dt.date) -> Payment:
    """Register and post a payment. DomainError with the field for all that product.md 9 refuses."""
    amounts.check_day(values.paid_on, today)
    if values.amount is not None:
        amounts.check(values.amount)
    items = receivables.locked(values.parts)
    customer = _customer(values, items)
    invoices = receivables.invoices_of(items)
    receivables.check_payable(items, invoices, values.paid_on)
    currency = items[0].currency if items else values.currency
    if any(item.currency != currency for item in items):
        raise DomainError(_("One payment is in one currency."), "parts")
    settlement = _settled(values, items, invoices, customer)
    amount_eur = amounts.in_eur(settlement.amount, values.amount_eur, currency)
    if values.method is PaymentMethod.CASH:
        cash.check_limit(settlement.amount, amount_eur, settlement.parts)
    payment = _new_payment(values, customer.id, settlement.amount, amount_eur, currency, actor_id)
    numbers = [item.source_number for item in items]
    narration = _("Payment of %(numbers)s", numbers=", ".join(numbers)) if numbers else _("Payment on account")
    parts = list(settlement.parts)
    if settlement.rest:
        parts.append(booking.on_account(payment, settlement))
    booking.post(payment, parts, narration, actor_id)
    sentence = _("Paid %(amount)s on %(day)s", amount=money(payment.amount, currency), day=day(payment.paid_on))
    note([*receivables.subjects(items), ("customer", customer.id)], sentence)
    return payment


def undo(payment_id: int, *, actor_id: int | None, today: dt.date) -> Payment:
    """Reverse a payment, refund or move. ConflictError where it was undone before or its rest has been used."""
    return reversal.undo([payment_id], actor_id=actor_id, today=today)[0]


def move(
    *, from_item_id: int, to_item_id: int, amount: Decimal, on: dt.date, actor_id: int | None, today: dt.date
) -> Payment:
    """Move a credit or a payment on account to an invoice of the same customer and currency."""
    amounts.check_day(on, today, "on")
    amounts.check(amount)
    rows: dict[int, OpenItem] = lock(OpenItem, [from_item_id, to_item_id])
    if len(rows) != 2:  # noqa: PLR2004 - the giver and the receiver
        raise NotFoundError(_("There is no such open item."))
    giver, receiver = rows[from_item_id], rows[to_item_id]
    receivables.check_move(giver, receiver, amount, on)
    rates = receivables.rates([giver, receiver])
    method = _method_of_origin(giver)
    parts = [
        PartFacts(
            item.id,
            signed,
            posting.cleared_eur(signed, item.balance, item.balance_eur, rates[item.id]),
            rate=rates[item.id],
        )
        for item, signed in ((giver, -amount), (receiver, amount))
    ]
    if method is PaymentMethod.CASH:
        cash.check_limit(ZERO, ZERO, parts[1:])
    payment = Payment(
        kind=PaymentKind.MOVE,
        customer_id=giver.customer_id,
        paid_on=on,
        amount=amount,
        currency=giver.currency,
        amount_eur=parts[1].cleared_eur,
        method=method,
        registered_by_id=actor_id,
        registered_at=now(),
    )
    session.add(payment)
    session.flush()
    numbers = {"giver": giver.source_number, "receiver": receiver.source_number}
    booking.post(payment, parts, _("%(giver)s moved to %(receiver)s", **numbers), actor_id)
    sentence = _("Moved %(amount)s from %(giver)s to %(receiver)s", amount=money(amount, giver.currency), **numbers)
    note([*receivables.subjects([giver, receiver]), ("customer", giver.customer_id)], sentence)
    return payment


@dataclass(frozen=True, slots=True)
class RefundValues:
    """Money back to the customer for a credit note or a payment on account."""

    open_item_id: int
    amount: Decimal
    paid_on: dt.date
    method: PaymentMethod | None = None
    description: str = ""
    bank_account_id: int | None = None
    amount_eur: Decimal | None = None


def refund(values: RefundValues, *, actor_id: int | None, today: dt.date) -> Payment:
    """Register money that went back. DomainError above what the open item has to give."""
    amounts.check_day(values.paid_on, today)
    amounts.check(values.amount)
    item: OpenItem | None = lock(OpenItem, [values.open_item_id]).get(values.open_item_id)
    if item is None:
        raise NotFoundError(_("There is no such open item."))
    receivables.check_giver(item, values.amount, values.paid_on, "paid_on")
    amount_eur = amounts.in_eur(values.amount, values.amount_eur, item.currency)
    if values.method is PaymentMethod.CASH:
        cash.check_limit(values.amount, amount_eur, [])
    rate = receivables.rates([item])[item.id]
    eur = posting.cleared_eur(-values.amount, item.balance, item.balance_eur, rate)
    payment = _new_payment(values, item.customer_id, values.amount, amount_eur, item.currency, actor_id)
    booking.post(
        payment,
        [PartFacts(item.id, -values.amount, eur, rate=rate)],
        _("Refund of %(number)s", number=item.source_number),
        actor_id,
    )
    sentence = _(
        "Refunded %(amount)s on %(day)s",
        amount=money(values.amount, item.currency),
        day=day(values.paid_on),
    )
    note([*receivables.subjects([item]), ("customer", item.customer_id)], sentence)
    return payment


def settings() -> PaymentSettings:
    """The rules of taking money."""
    return session.get_one(PaymentSettings, 1)


def change_settings(*, cash_limit: Decimal, tolerance: Decimal, version: int | None) -> PaymentSettings:
    """Set the highest amount in cash per invoice (0: none) and the cents that may be booked away."""
    row = session.get_one(PaymentSettings, 1, with_for_update=True, populate_existing=True)
    check_version(row.version, version)
    row.cash_limit, row.tolerance = cash_limit, tolerance
    session.flush()
    return row


def _settled(
    values: RegisterValues, items: Sequence[OpenItem], invoices: Mapping[int, Invoice], customer: Customer
) -> Settlement:
    rates = receivables.rates(items)
    pairs = [(item, invoices[item.id]) for item in items if item.id in invoices]
    discounts = open_discounts(pairs, on=values.paid_on, company=the_company())
    tolerance = settings().tolerance
    if values.method is PaymentMethod.CASH and cash.is_rounded(customer):
        tolerance = max(tolerance, cash.MOST_ROUNDED)
    targets = [
        Target(
            item.id,
            item.source_number,
            item.balance,
            item.balance_eur,
            rates[item.id],
            discounts.get(item.id),
            part.amount,
        )
        for item, part in zip(items, values.parts, strict=True)
    ]
    settlement = settle(
        targets,
        Choices(
            values.amount,
            values.take_cash_discount,
            values.book_difference,
            values.keep_rest_on_account,
            tolerance,
        ),
    )
    if not settlement.amount:
        raise DomainError(_("The amount is missing.") if not items else _("Nothing is due."), "amount")
    amounts.check(settlement.amount)
    return settlement


def _customer(values: RegisterValues, items: Sequence[OpenItem]) -> Customer:
    customer_id = values.customer_id
    if customer_id is None and items:
        customer_id = items[0].customer_id
    if customer_id is None or (customer := session.get(Customer, customer_id)) is None:
        raise DomainError(_("Say who pays."), "customer_id")
    if stranger := next((item for item in items if item.customer_id != customer_id), None):
        raise DomainError(
            _("%(number)s is not an invoice of %(name)s.", number=stranger.source_number, name=customer.name), "parts"
        )
    return customer


def _new_payment(
    values: RegisterValues | RefundValues,
    customer_id: int,
    amount: Decimal,
    amount_eur: Decimal,
    currency: str,
    actor_id: int | None,
) -> Payment:
    payment = Payment(
        kind=PaymentKind.REFUND if isinstance(values, RefundValues) else PaymentKind.PAYMENT,
        customer_id=customer_id,
        paid_on=values.paid_on,
        amount=amount,
        currency=currency,
        amount_eur=amount_eur,
        method=values.method,
        description=values.description,
        bank_account_id=_bank_account_id(values),
        registered_by_id=actor_id,
        registered_at=now(),
    )
    session.add(payment)
    session.flush()
    return payment


def _bank_account_id(values: RegisterValues | RefundValues) -> int | None:
    """The account named, else the default one; cash and cards have none."""
    if not posting.is_by_bank(values.method):
        return None
    if values.bank_account_id is not None:
        return company_queries.bank_account(values.bank_account_id).id
    default = company_queries.default_bank_account()
    return default.id if default else None


def _method_of_origin(giver: OpenItem) -> PaymentMethod | None:
    """How the money on account came in: cash stays cash when it is moved to an invoice."""
    if giver.kind is not ItemKind.ON_ACCOUNT:
        return None
    return session.scalar(sa.select(Payment.method).where(Payment.id == giver.source_id))
