"""The open items that a payment touches: locked, fresh, and fit for it."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.core.db import lock, session
from fsm.core.errors import ConflictError, DomainError, NotFoundError
from fsm.core.formats import day, money
from fsm.invoices.models import Invoice, InvoiceKind, InvoiceState
from fsm.invoices.taken_over_models import TakenOver
from fsm.ledger import queries as ledger_queries
from fsm.ledger.models import ItemKind, OpenItem, Standing
from fsm.payments import amounts
from fsm.payments.models import Payment

DOCUMENTS = (ItemKind.INVOICE, ItemKind.CREDIT_NOTE)
PAYABLE = (ItemKind.INVOICE, ItemKind.TAKEN_OVER)


@dataclass(frozen=True, slots=True)
class PartValues:
    """One open item to be paid, by its invoice or by itself; ``amount`` None: what is left, up to what is due."""

    invoice_id: int | None = None
    open_item_id: int | None = None
    amount: Decimal | None = None


def locked(parts: Sequence[PartValues]) -> list[OpenItem]:
    """The open item of each part, in the order given, locked and fresh."""
    invoice_ids = [part.invoice_id for part in parts if part.invoice_id is not None]
    by_invoice = ledger_queries.items_of(ItemKind.INVOICE, invoice_ids) if invoice_ids else {}
    if missing := [invoice_id for invoice_id in invoice_ids if invoice_id not in by_invoice]:
        raise _refusal_of(missing[0])
    wanted = [part.open_item_id if part.invoice_id is None else by_invoice[part.invoice_id].id for part in parts]
    if len(set(wanted)) != len(wanted):
        raise DomainError(_("An invoice can be named only once in a payment."), "parts")
    for part in parts:
        if part.amount is not None:
            amounts.check(part.amount, "parts")
    rows: dict[int, OpenItem] = lock(OpenItem, [item_id for item_id in wanted if item_id is not None])
    if any(item_id not in rows for item_id in wanted):
        raise NotFoundError(_("There is no such open item."))
    return [rows[item_id] for item_id in wanted if item_id is not None]


def _refusal_of(invoice_id: int) -> DomainError:
    invoice = session.get(Invoice, invoice_id)
    if invoice is None:
        return NotFoundError(_("There is no such invoice."))
    if invoice.kind is InvoiceKind.CREDIT_NOTE:
        return ConflictError(_("A credit note is refunded, or moved to an invoice."))
    return ConflictError(_("Only a posted invoice can be paid."))


def invoices_of(items: Iterable[OpenItem]) -> dict[int, Invoice]:
    """The invoice or credit note of each open item that has one, by the item's id."""
    sources = {item.source_id: item.id for item in items if item.kind in DOCUMENTS}
    if not sources:
        return {}
    rows = session.scalars(sa.select(Invoice).where(Invoice.id.in_(sources)).execution_options(populate_existing=True))
    return {sources[invoice.id]: invoice for invoice in rows}


def check_payable(items: Sequence[OpenItem], invoices: Mapping[int, Invoice], paid_on: dt.date) -> None:
    for item in items:
        if item.kind not in PAYABLE or item.balance < 0:
            raise ConflictError(_("%(number)s is refunded, or moved to an invoice.", number=item.source_number))
        if item.standing is Standing.WRITTEN_OFF:
            raise ConflictError(
                _("%(number)s was written off: undo that first, then register the payment.", number=item.source_number)
            )
        invoice = invoices.get(item.id)
        if invoice is not None and invoice.state is not InvoiceState.POSTED:
            raise ConflictError(_("%(number)s was withdrawn.", number=item.source_number))
        if paid_on < item.opened_on:
            raise DomainError(
                _(
                    "%(number)s is dated %(day)s. Money that came before it is registered on account, and moved to it.",
                    number=item.source_number,
                    day=day(item.opened_on),
                ),
                "paid_on",
            )


def check_move(giver: OpenItem, receiver: OpenItem, amount: Decimal, on: dt.date) -> None:
    check_giver(giver, amount, on, "on")
    if receiver.kind not in PAYABLE or receiver.balance < 0:
        raise DomainError(_("A credit is moved to an invoice."), "to_item_id")
    if giver.customer_id != receiver.customer_id:
        raise DomainError(_("A credit is moved to an invoice of the same customer."), "to_item_id")
    if giver.currency != receiver.currency:
        raise DomainError(_("A credit is moved to an invoice in the same currency."), "to_item_id")
    if on < receiver.opened_on:
        raise DomainError(
            _("%(number)s is dated %(day)s.", number=receiver.source_number, day=day(receiver.opened_on)), "on"
        )
    if amount > receiver.balance:
        raise DomainError(
            _(
                "%(amount)s is more than the %(due)s due on %(number)s.",
                amount=money(amount),
                due=money(receiver.balance),
                number=receiver.source_number,
            ),
            "amount",
        )


def check_giver(item: OpenItem, amount: Decimal, on: dt.date, field: str) -> None:
    if item.balance >= 0:
        raise ConflictError(_("%(number)s has nothing left to give.", number=item.source_number))
    if amount > -item.balance:
        raise DomainError(
            _(
                "%(amount)s is more than the %(left)s left on %(number)s.",
                amount=money(amount),
                left=money(-item.balance),
                number=item.source_number,
            ),
            "amount",
        )
    if on < item.opened_on:
        raise DomainError(_("%(number)s is dated %(day)s.", number=item.source_number, day=day(item.opened_on)), field)


def rates(items: Sequence[OpenItem]) -> dict[int, Decimal]:
    """EUR per unit of each item's currency: the document's rate, the payment's own, else what is left of both."""
    foreign = [item for item in items if item.currency != "EUR"]
    rates = {item.id: Decimal(1) for item in items}
    rates |= {item.id: item.balance_eur / item.balance for item in foreign if item.balance}
    rates |= {item_id: invoice.exchange_rate for item_id, invoice in invoices_of(foreign).items()}
    taken = {item.source_id: item.id for item in foreign if item.kind is ItemKind.TAKEN_OVER}
    for document in session.scalars(sa.select(TakenOver).where(TakenOver.id.in_(taken))) if taken else ():
        rates[taken[document.id]] = document.exchange_rate
    paid = {item.source_id: item.id for item in foreign if item.kind is ItemKind.ON_ACCOUNT}
    for payment in session.scalars(sa.select(Payment).where(Payment.id.in_(paid))) if paid else ():
        rates[paid[payment.id]] = payment.amount_eur / payment.amount
    return rates


def subjects(items: Iterable[OpenItem]) -> list[tuple[str, int]]:
    """The timelines of the documents that these items are about."""
    kinds = dict.fromkeys(DOCUMENTS, "invoice") | {ItemKind.TAKEN_OVER: "taken_over"}
    return [(kinds[item.kind], item.source_id) for item in items if item.kind in kinds]
