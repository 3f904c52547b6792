"""Payments and costs of an invoice by the API."""

from decimal import Decimal

from flask_babel import gettext as _

from fsm.api.errors import BadRequestError
from fsm.api.invoice_rows import FOUND_KINDS
from fsm.api.resource import Asker, Values
from fsm.core.db import session
from fsm.core.errors import ConflictError, NotFoundError
from fsm.invoices.models import Invoice, InvoiceKind
from fsm.ledger.models import OpenItem
from fsm.ledger.queries import item_of
from fsm.payments import services as payments
from fsm.payments.models import Payment
from fsm.payments.receivables import PartValues
from fsm.payments.services import RefundValues, RegisterValues
from fsm.reminders import services as reminders
from fsm.reminders.models import ClaimedCost


def _open_item(invoice_id: int) -> tuple[Invoice, OpenItem]:
    invoice = session.get(Invoice, invoice_id)
    if invoice is None:
        raise NotFoundError(_("There is no such invoice."))
    item = item_of(FOUND_KINDS[invoice.kind], invoice_id)
    if item is None:
        raise ConflictError(_("Only a posted document can be paid."))
    return invoice, item


def create_payment(invoice_id: int, data: Values, who: Asker) -> int:
    """A payment; on a credit note, where it is negative, a refund. More than is due is refused."""
    invoice, item = _open_item(invoice_id)
    amount: Decimal | None = data.get("amount")
    takes_all = bool(data.get("remaining_amount"))
    if (amount is None) != takes_all:
        raise BadRequestError(_("Give it, or remaining_amount, not both."), "amount")
    paid_on, method, text = data.get("paid_on") or who.today, data.get("method"), data.get("description", "")
    if invoice.kind is InvoiceKind.CREDIT_NOTE:
        if amount is not None and amount >= 0:
            raise BadRequestError(_("A refund of a credit note is negative."), "amount")
        wanted = -(item.balance if amount is None else amount)
        refund = RefundValues(open_item_id=item.id, amount=wanted, paid_on=paid_on, method=method, description=text)
        return payments.refund(refund, actor_id=who.actor.id, today=who.today).id
    if amount is not None and amount <= 0:
        raise BadRequestError(_("It is more than 0."), "amount")
    values = RegisterValues(
        paid_on=paid_on,
        parts=[PartValues(invoice_id=invoice_id)],
        amount=item.balance if amount is None else amount,
        method=method,
        description=text,
    )
    return payments.register(values, actor_id=who.actor.id, today=who.today).id


def change_payment(invoice_id: int, payment_id: int, data: Values, who: Asker) -> int:
    """A reversal, and a new one with what changed: books are never written over."""
    row = session.get_one(Payment, payment_id)
    _refuse_shared(row)
    sign = -1 if session.get_one(Invoice, invoice_id).kind is InvoiceKind.CREDIT_NOTE else 1
    values: Values = {"paid_on": row.paid_on, "method": row.method, "description": row.description}
    if not data.get("remaining_amount"):
        values["amount"] = row.amount * sign
    if all(values.get(name) == value for name, value in data.items()):
        return payment_id
    return replace_payment(invoice_id, payment_id, values | data, who)


def replace_payment(invoice_id: int, payment_id: int, data: Values, who: Asker) -> int:
    """Undo it and register another."""
    _refuse_shared(session.get_one(Payment, payment_id))
    payments.undo(payment_id, actor_id=who.actor.id, today=who.today)
    return create_payment(invoice_id, data, who)


def delete_payment(invoice_id: int, payment_id: int, who: Asker) -> None:
    """The reversal of its entry."""
    del invoice_id
    payments.undo(payment_id, actor_id=who.actor.id, today=who.today)


def _refuse_shared(payment: Payment) -> None:
    if len(payment.parts) > 1:
        raise ConflictError(_("This payment paid several invoices: undo it, and register what is right."))


def create_cost(invoice_id: int, data: Values, who: Asker) -> int:
    """Claimed on the invoice's open item, as of today. ConflictError where nothing is due on it."""
    row = reminders.claim_cost(
        invoice_id,
        data["amount"],
        description=data.get("description", ""),
        actor_id=who.actor.id,
        today=who.today,
    )
    return row.id


def change_cost(invoice_id: int, cost_id: int, data: Values, who: Asker) -> int:
    """Another one with what changed, and the reversal of this one: books are never written over."""
    row = session.get_one(ClaimedCost, cost_id)
    values: Values = {"amount": row.amount, "description": row.description}
    if all(values[name] == value for name, value in data.items()):
        return cost_id
    return replace_cost(invoice_id, cost_id, values | data, who)


def replace_cost(invoice_id: int, cost_id: int, data: Values, who: Asker) -> int:
    """Claim another one, then waive this one: what was paid of it counts for the new one."""
    new_id = create_cost(invoice_id, data, who)
    delete_cost(invoice_id, cost_id, who)
    return new_id


def delete_cost(invoice_id: int, cost_id: int, who: Asker) -> None:
    """Waived: the reversal of its entry. ConflictError where it has been paid."""
    reminders.waive(cost_id, invoice_id=invoice_id, actor_id=who.actor.id, today=who.today)
