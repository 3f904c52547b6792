"""Lost debts: writing off what is due on an invoice, with its VAT reclaimed (bankruptcy) or not, and undoing it."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.company.services import the_company
from fsm.company.vat import BAD_DEBT_TAX_GRID
from fsm.core.audit import note, now
from fsm.core.db import lock, session, total
from fsm.core.errors import ConflictError, DomainError, NotFoundError
from fsm.core.formats import day, money
from fsm.core.money import rounded
from fsm.invoices.crediting import left_of
from fsm.ledger import queries as ledger_queries
from fsm.ledger import services as ledger
from fsm.ledger.models import OpenItem
from fsm.ledger.posting import ZERO
from fsm.payments import amounts, posting, receivables
from fsm.payments.models import WriteOff

MOST_REASON = 250


@dataclass(frozen=True, slots=True)
class WriteOffValues:
    """What is given up; ``amount`` None: all that is due. ``reclaims_tax``: the VAT in it comes back from the State."""

    open_item_id: int
    written_off_on: dt.date
    reason: str
    reclaims_tax: bool = False
    amount: Decimal | None = None


def write_off(values: WriteOffValues, *, actor_id: int | None, today: dt.date) -> WriteOff:
    """Give up a debt. DomainError with the field of what is refused; ConflictError where nothing is due."""
    amounts.check_day(values.written_off_on, today, "written_off_on")
    if values.amount is not None:
        amounts.check(values.amount)
    reason = values.reason.strip()
    if not 0 < len(reason) <= MOST_REASON:
        raise DomainError(_("Say why the debt is lost, in at most 250 characters."), "reason")
    item: OpenItem | None = lock(OpenItem, [values.open_item_id]).get(values.open_item_id)
    if item is None:
        raise NotFoundError(_("There is no such open item."))
    amount = item.balance if values.amount is None else values.amount
    _check(item, amount, values.written_off_on)
    tax = reclaimable_tax(item, amount) if values.reclaims_tax else ZERO
    if values.reclaims_tax and not tax:
        raise DomainError(_("There is no VAT in this debt that could be reclaimed."), "reclaims_tax")
    rate = receivables.rates([item])[item.id]
    amount_eur = posting.cleared_eur(amount, item.balance, item.balance_eur, rate)
    row = WriteOff(
        open_item_id=item.id,
        customer_id=item.customer_id,
        written_off_on=values.written_off_on,
        currency=item.currency,
        amount=amount,
        amount_eur=amount_eur,
        reclaims_tax=values.reclaims_tax,
        tax=tax,
        tax_eur=min(rounded(tax * rate), amount_eur),
        reason=reason,
        registered_by_id=actor_id,
        registered_at=now(),
    )
    session.add(row)
    session.flush()
    _post(row, item, actor_id)
    sentence = _("Written off: %(amount)s, %(reason)s", amount=money(amount, item.currency), reason=reason)
    note([*receivables.subjects([item]), ("customer", item.customer_id)], sentence)
    return row


def _check(item: OpenItem, amount: Decimal, on: dt.date) -> None:
    if item.kind not in receivables.PAYABLE or item.balance <= 0:
        raise ConflictError(_("Nothing is due on %(number)s.", number=item.source_number))
    if amount > item.balance:
        raise DomainError(
            _(
                "%(amount)s is more than the %(due)s due on %(number)s.",
                amount=money(amount),
                due=money(item.balance),
                number=item.source_number,
            ),
            "amount",
        )
    if on < item.opened_on:
        raise DomainError(
            _("%(number)s is dated %(day)s.", number=item.source_number, day=day(item.opened_on)), "written_off_on"
        )


def reclaimable_tax(item: OpenItem, amount: Decimal) -> Decimal:
    """The VAT in this part of the debt, in its currency: as much of it as of the whole document that was not credited.

    Claimed costs and interest bear none; what an earlier write-off reclaimed is not reclaimed twice. Never more than is
    lost, where a negative line without VAT leaves a document that is worth less than its VAT. 0 of a document that was
    taken over: its VAT is not known here.
    """
    invoice = receivables.invoices_of([item]).get(item.id)
    if invoice is None:
        return ZERO
    left = left_of([invoice])[invoice.id].taxes.values()
    gross, tax = sum((row.net_after_discount + row.tax for row in left), ZERO), sum((row.tax for row in left), ZERO)
    if gross <= 0 or tax <= 0:
        return ZERO
    without_claims = min(amount, max(item.balance - item.claimed, ZERO))
    reclaimed = sa.select(total(WriteOff.tax)).where(WriteOff.open_item_id == item.id, WriteOff.undone_at.is_(None))
    before: Decimal = session.scalar(reclaimed) or ZERO
    return max(min(rounded(without_claims * tax / gross), without_claims, tax - before), ZERO)


def _post(row: WriteOff, item: OpenItem, actor_id: int | None) -> None:
    facts = posting.WriteOffFacts(
        write_off_id=row.id,
        item_id=item.id,
        number=item.source_number,
        customer_id=item.customer_id,
        on=row.written_off_on,
        currency=row.currency,
        amount=row.amount,
        amount_eur=row.amount_eur,
        tax=row.tax,
        tax_eur=row.tax_eur,
        tax_grid=BAD_DEBT_TAX_GRID.get(the_company().country_code, ""),
        narration=_("Write-off of %(number)s: %(reason)s", number=item.source_number, reason=row.reason)[:250],
    )
    try:
        (row.entry_id,) = ledger.post(
            [posting.write_off_entry(facts, ledger_queries.account_of_role())], actor_id=actor_id
        )
    except DomainError as error:
        if error.field == "invoice_date":  # the ledger's word for the day of an entry
            error.field = "written_off_on"
        raise
    session.flush()


def undo(write_off_id: int, *, actor_id: int | None, today: dt.date) -> WriteOff:
    """Reverse it: the debt is due again. ConflictError where it was undone before."""
    row: WriteOff | None = lock(WriteOff, [write_off_id]).get(write_off_id)
    if row is None:
        raise NotFoundError(_("There is no such write-off."))
    if row.undone_at is not None or row.entry_id is None:
        raise ConflictError(_("This write-off has been undone already."))
    item: OpenItem = lock(OpenItem, [row.open_item_id])[row.open_item_id]
    (reversal_id,) = ledger.reverse([row.entry_id], today=today, actor_id=actor_id)
    row.undone_entry_id, row.undone_at, row.undone_by_id = reversal_id, now(), actor_id
    session.flush()
    sentence = _("Undone: write-off of %(amount)s", amount=money(row.amount, row.currency))
    note([*receivables.subjects([item]), ("customer", item.customer_id)], sentence)
    return row


def of_item(open_item_id: int) -> list[WriteOff]:
    """The write-offs of an open item, oldest first; undone ones too."""
    query = sa.select(WriteOff).where(WriteOff.open_item_id == open_item_id).order_by(WriteOff.id)
    return list(session.scalars(query))
