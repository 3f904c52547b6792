"""What must always be true of deposits; a sentence per violation (accounting.md 8)."""

import functools
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import aliased

from fsm.core.formats import money
from fsm.core.types import AMOUNT
from fsm.documents.totals import ZERO
from fsm.invoices.models import Invoice, InvoiceKind, InvoiceLine, InvoiceState
from fsm.ledger.checks import AnySelect, streamed
from fsm.ledger.models import Account, AccountRole, JournalEntry, JournalLine

EURO = "EUR"
IS_ADVANCES = AccountRole.role == "advances"
_IS_EURO = Invoice.currency == EURO
_POSTED = Invoice.state == InvoiceState.POSTED


def advances_equal_deposits_left() -> Iterator[str]:
    """The account of advances bears the deposits that are neither deducted nor credited; in EUR."""
    left = sum((row.issued - row.taken for row in streamed(_left(only_euro=True))), ZERO)
    ((credit, debit),) = streamed(_borne())
    balance = (credit or ZERO) - (debit or ZERO)
    if balance != left:
        yield _("Advances are %(balance)s, but %(left)s of deposits is left.", balance=money(balance), left=money(left))


@functools.cache
def _borne() -> AnySelect:
    """What was booked in EUR on the account of advances, and on those that posted deposits name."""
    deposits = sa.select(InvoiceLine.account_number).join(Invoice).where(Invoice.is_deposit, _POSTED, _IS_EURO)
    accounts = sa.union(
        sa.select(Account.number).join(AccountRole, AccountRole.account_id == Account.id).where(IS_ADVANCES), deposits
    ).subquery()
    return (
        sa.select(sa.func.sum(JournalLine.credit), sa.func.sum(JournalLine.debit))
        .join(JournalEntry, JournalEntry.id == JournalLine.entry_id)
        .join(Account, Account.id == JournalLine.account_id)
        .where(JournalEntry.currency == EURO, Account.number.in_(sa.select(accounts.c.number)))
    )


def deposits_not_taken_twice() -> Iterator[str]:
    """Nothing of a deposit is deducted or credited that was not asked for, per rate."""
    for row in streamed(_left(only_euro=False)):
        pair = (row.taken_total, row.issued_total) if row.tax_included else (row.taken, row.issued)
        if not ZERO <= pair[0] <= pair[1]:
            yield _("%(number)s: more of it is deducted and credited than was asked for.", number=row.number)


@functools.cache
def _left(*, only_euro: bool) -> AnySelect:
    """Per posted deposit and row of its VAT table what was issued and taken (deducted or credited), net and with VAT."""
    issued, taken = _issued().subquery(), _taken().subquery()
    nothing = sa.literal(ZERO, AMOUNT)
    same = sa.and_(
        taken.c.deposit_id == issued.c.deposit_id,
        taken.c.tax_rate == issued.c.tax_rate,
        taken.c.special_status == issued.c.special_status,
    )
    return (
        sa.select(
            Invoice.number,
            Invoice.tax_included,
            issued.c.net.label("issued"),
            issued.c.total.label("issued_total"),
            sa.func.coalesce(taken.c.net, nothing).label("taken"),
            sa.func.coalesce(taken.c.total, nothing).label("taken_total"),
        )
        .join(issued, issued.c.deposit_id == Invoice.id)
        .outerjoin(taken, same)
        .where(_IS_EURO if only_euro else sa.true())
        .order_by(Invoice.id)
    )


def _amounts(deposit_id: Any, *amounts: Any) -> sa.Select[Any]:  # noqa: ANN401 - columns
    key = (deposit_id.label("deposit_id"), InvoiceLine.tax_rate, InvoiceLine.special_status)
    net, total = amounts
    query = sa.select(*key, net.label("net"), total.label("total"))
    return query.join(Invoice, Invoice.id == InvoiceLine.invoice_id).where(_POSTED)


@functools.cache
def _issued() -> sa.Select[Any]:
    sums = sa.func.sum(InvoiceLine.net), sa.func.sum(InvoiceLine.total_with_tax)
    query = _amounts(Invoice.id, *sums).where(Invoice.is_deposit)
    return query.group_by(Invoice.id, InvoiceLine.tax_rate, InvoiceLine.special_status)


@functools.cache
def _taken() -> sa.Select[Any]:
    """Credit notes of deposits take; lines that deduct are negative, and a credit note of theirs gives back."""
    deposit, amounts = aliased(Invoice), (InvoiceLine.net, InvoiceLine.total_with_tax)
    credited = _amounts(Invoice.corrects_id, *amounts).join(
        deposit, sa.and_(deposit.id == Invoice.corrects_id, deposit.is_deposit)
    )
    deducts = InvoiceLine.deducts_invoice_id
    deducted = _amounts(deducts, *(-amount for amount in amounts)).where(Invoice.kind == InvoiceKind.INVOICE)
    given_back = _amounts(deducts, *amounts).where(Invoice.kind == InvoiceKind.CREDIT_NOTE)
    parts = (credited, deducted.where(deducts.is_not(None)), given_back.where(deducts.is_not(None)))
    rows = sa.union_all(*parts).subquery()
    key = (rows.c.deposit_id, rows.c.tax_rate, rows.c.special_status)
    sums = sa.func.sum(rows.c.net).label("net"), sa.func.sum(rows.c.total).label("total")
    return sa.select(*key, *sums).group_by(*key)
