"""Reminder costs on a posted invoice: claimed on its open item, and waived by the reversal of their entry."""

import datetime as dt
from decimal import Decimal

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.company.charts import Role
from fsm.core.audit import note, now
from fsm.core.db import lock, session
from fsm.core.errors import ConflictError, DomainError, NotFoundError
from fsm.core.formats import money
from fsm.core.money import rounded
from fsm.invoices.models import Invoice
from fsm.ledger import services as ledger
from fsm.ledger.models import ItemKind, Journal, MovementRole, OpenItem
from fsm.ledger.posting import EntryDraft, credit, debit
from fsm.ledger.queries import account_of_role, item_of
from fsm.payments import amounts
from fsm.reminders.models import DESCRIPTION_CHARACTERS, ClaimedCost

SOURCE_KIND = "claimed_cost"


def claim_cost(
    invoice_id: int,
    amount: Decimal,
    *,
    description: str = "",
    claimed_on: dt.date | None = None,
    actor_id: int | None,
    today: dt.date,
) -> ClaimedCost:
    """Claim a cost, in the invoice's currency and without VAT; S3's ``costs``.

    DomainError with the field; ConflictError where nothing is due on the invoice.
    """
    on = claimed_on or today
    amounts.check(amount)
    if on > today:
        raise DomainError(_("A cost is not dated after today."), "claimed_on")
    description = description.strip() or _("Reminder cost")
    if len(description) > DESCRIPTION_CHARACTERS:
        raise DomainError(_("At most %(most)s characters.", most=DESCRIPTION_CHARACTERS), "description")
    invoice, item = _held(invoice_id)
    if item is None or item.balance <= 0:
        raise ConflictError(_("Nothing is due on %(number)s.", number=invoice.number or _("this draft")))
    if on < item.opened_on:
        raise DomainError(_("A cost is not dated before its invoice."), "claimed_on")
    row = ClaimedCost(
        invoice_id=invoice_id,
        amount=amount,
        description=description,
        claimed_on=on,
        claimed_by_id=actor_id,
        claimed_at=now(),
    )
    return _claimed(row, invoice, item, actor_id)


def _claimed(row: ClaimedCost, invoice: Invoice, item: OpenItem, actor_id: int | None) -> ClaimedCost:
    session.add(row)
    session.flush()
    try:
        (row.entry_id,) = ledger.post([_entry(row, invoice, item)], actor_id=actor_id)
    except DomainError as error:
        if error.field == "invoice_date":  # the ledger's word for the day of an entry
            error.field = "claimed_on"
        raise
    session.flush()
    amount = money(row.amount, item.currency)
    sentence = _("%(description)s claimed: %(amount)s", description=row.description, amount=amount)
    note([("invoice", row.invoice_id), ("customer", invoice.customer_id)], sentence)
    return row


def claim_again(cost_id: int, *, invoice_id: int, actor_id: int | None, today: dt.date) -> ClaimedCost:
    """A waiver taken back: the same cost anew, today, also on an invoice that is paid but for it.

    ConflictError where it was not waived, was claimed again already, or its invoice is credited in full.
    """
    old: ClaimedCost | None = lock(ClaimedCost, [cost_id]).get(cost_id)
    if old is None or old.invoice_id != invoice_id:
        raise NotFoundError(_("There is no such cost."))
    if old.undone_at is None or session.scalar(sa.select(ClaimedCost.id).where(ClaimedCost.again_of_id == cost_id)):
        raise ConflictError(_("This cost is claimed already."))
    invoice, item = _held(invoice_id)
    if item is None or item.credited >= item.invoiced:
        raise ConflictError(_("%(number)s is credited in full.", number=invoice.number))
    row = ClaimedCost(
        invoice_id=invoice_id,
        amount=old.amount,
        description=old.description,
        claimed_on=today,
        again_of_id=cost_id,
        claimed_by_id=actor_id,
        claimed_at=now(),
    )
    return _claimed(row, invoice, item, actor_id)


def waive_open(invoice_id: int, *, actor_id: int | None, today: dt.date) -> list[ClaimedCost]:
    """Waive all that is claimed, where nothing else is due any more (product.md 7). ConflictError where more is, or less."""
    invoice, item = _held(invoice_id)
    if item is None or not 0 < item.balance == item.claimed:
        raise ConflictError(_("Not only claimed costs are due on %(number)s.", number=invoice.number))
    return [waive(row.id, actor_id=actor_id, today=today) for row in costs_of(invoice_id, waived=False)]


def waive(cost_id: int, *, invoice_id: int | None = None, actor_id: int | None, today: dt.date) -> ClaimedCost:
    """Not claimed any more: its entry is reversed. ConflictError where it was waived before, or is paid already."""
    row: ClaimedCost | None = lock(ClaimedCost, [cost_id]).get(cost_id)
    if row is None or (invoice_id is not None and row.invoice_id != invoice_id) or row.entry_id is None:
        raise NotFoundError(_("There is no such cost."))
    if row.undone_at is not None:
        raise ConflictError(_("This cost has been waived already."))
    invoice, item = _held(row.invoice_id)
    if item is None or item.balance < row.amount:
        raise ConflictError(_("This cost has been paid: undo the payment first."))
    (reversal_id,) = ledger.reverse([row.entry_id], today=today, actor_id=actor_id)
    row.undone_entry_id, row.undone_at, row.undone_by_id = reversal_id, now(), actor_id
    session.flush()
    amount = money(row.amount, item.currency)
    sentence = _("%(description)s waived: %(amount)s", description=row.description, amount=amount)
    note([("invoice", row.invoice_id), ("customer", invoice.customer_id)], sentence)
    return row


def waive_after_credit(invoice_id: int, *, actor_id: int | None, today: dt.date) -> list[ClaimedCost]:
    """Waive the costs of an invoice that is credited in full, as far as they are still due; gives those waived."""
    _invoice, item = _held(invoice_id)
    if item is None or item.credited < item.invoiced:
        return []
    return [
        waive(row.id, actor_id=actor_id, today=today)
        for row in costs_of(invoice_id, waived=False)
        if row.amount <= item.balance  # which falls with each
    ]


def costs_of(invoice_id: int, *, waived: bool = True) -> list[ClaimedCost]:
    """The costs of an invoice, oldest first; those waived too unless asked otherwise."""
    query = sa.select(ClaimedCost).where(ClaimedCost.invoice_id == invoice_id)
    if not waived:
        query = query.where(ClaimedCost.undone_at.is_(None))
    return list(session.scalars(query.order_by(ClaimedCost.id)))


def _held(invoice_id: int) -> tuple[Invoice, OpenItem | None]:
    """The invoice and its open item, held until the transaction ends."""
    invoice = session.get(Invoice, invoice_id)
    if invoice is None:
        raise NotFoundError(_("There is no such invoice."))
    found = item_of(ItemKind.INVOICE, invoice_id)
    item: OpenItem | None = lock(OpenItem, [found.id]).get(found.id) if found is not None else None
    return invoice, item


def _entry(row: ClaimedCost, invoice: Invoice, item: OpenItem) -> EntryDraft:
    accounts, value = account_of_role(), rounded(row.amount * invoice.exchange_rate)
    claimed = MovementRole.CLAIMED
    return EntryDraft(
        journal=Journal.MISCELLANEOUS,
        entry_date=row.claimed_on,
        narration=f"{row.description}: {item.source_number}"[:250],
        source_kind=SOURCE_KIND,
        source_id=row.id,
        source_number=item.source_number,
        customer_id=item.customer_id,
        currency=item.currency,
        lines=(
            debit(accounts[Role.RECEIVABLES], value, row.amount, item=item.id, role=claimed),
            credit(accounts[Role.REMINDER_COSTS], value, row.amount),
        ),
    )
