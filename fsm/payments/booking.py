"""A payment's journal entry and its parts, in the order that the guards ask for."""

from collections.abc import Sequence

from fsm.company import queries as company_queries
from fsm.core.db import session
from fsm.core.errors import DomainError
from fsm.ledger import queries as ledger_queries
from fsm.ledger import services as ledger
from fsm.ledger.models import NO_TERM, ItemKind
from fsm.ledger.posting import NewItem
from fsm.payments import posting
from fsm.payments.models import Payment, PaymentKind, PaymentPart
from fsm.payments.posting import PartFacts, PaymentFacts
from fsm.payments.settlement import Settlement


def on_account(payment: Payment, settlement: Settlement) -> PartFacts:
    """The part that waits on an open item of its own, at the payment's own rate."""
    item = NewItem(
        kind=ItemKind.ON_ACCOUNT,
        source_id=payment.id,
        source_number=posting.source_number(payment.id),
        customer_id=payment.customer_id,
        opened_on=payment.paid_on,
        due_on=NO_TERM,
        currency=payment.currency,
    )
    eur = posting.cleared_eur(settlement.rest, payment.amount, payment.amount_eur, payment.amount_eur / payment.amount)
    return PartFacts(item, settlement.rest, eur)


def post(payment: Payment, parts: Sequence[PartFacts], narration: str, actor_id: int | None) -> None:
    """Post the entry, then keep the parts, then freeze the payment by naming its entry."""
    account = None
    if payment.bank_account_id is not None:
        account = company_queries.bank_account(payment.bank_account_id).account_number
    sign = {PaymentKind.PAYMENT: 1, PaymentKind.REFUND: -1, PaymentKind.MOVE: 0}[payment.kind]
    facts = PaymentFacts(
        payment_id=payment.id,
        kind=payment.kind,
        method=payment.method,
        customer_id=payment.customer_id,
        paid_on=payment.paid_on,
        currency=payment.currency,
        amount=payment.amount * sign,
        amount_eur=payment.amount_eur * sign,
        narration=narration,
        parts=parts,
        bank_account_number=account,
    )
    draft = posting.entry_of(facts, ledger_queries.account_of_role())
    try:
        (entry_id,) = ledger.post([draft], actor_id=actor_id)
    except DomainError as error:
        if error.field == "invoice_date":  # the ledger's word for the day of an entry
            error.field = "paid_on"
        raise
    own_item = ledger_queries.item_of(ItemKind.ON_ACCOUNT, payment.id)
    for part in parts:
        item_id = part.item if isinstance(part.item, int) else own_item and own_item.id
        session.add(
            PaymentPart(
                payment_id=payment.id,
                open_item_id=item_id,
                amount=part.amount,
                discount=part.discount_total,
                difference=part.difference,
            )
        )
    session.flush()
    payment.entry_id = entry_id
    session.flush()
