"""What must always be true of VAT in the books; a sentence per violation (accounting.md 8)."""

import functools
from collections.abc import Iterator
from decimal import Decimal

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import aliased

from fsm.core.db import session, total
from fsm.core.money import rounded
from fsm.invoices.checks import IS_ISSUED, NOTHING
from fsm.invoices.models import Invoice, InvoiceKind, InvoiceTax
from fsm.ledger.checks import AnySelect, streamed
from fsm.ledger.models import AccountRole, ItemMovement, JournalEntry, JournalLine, MovementRole


def vat_payable_equals_documents() -> Iterator[str]:
    """VAT booked by the entry that issues a document is the document's, rate by rate in EUR.

    Nothing else touches these accounts but cash discounts taken, VAT of lost debts, and reversals.
    """
    for number, vat, tax in streamed(_vat_that_differs()):
        yield _("%(number)s has VAT of %(tax)s, the books have %(vat)s.", number=number, tax=tax, vat=vat)
    yield from _foreign_vat()
    for (entry_id,) in streamed(_other_vat()):
        yield _("Entry %(id)s books VAT, but is no document, discount or reversal.", id=entry_id)


@functools.cache
def _booked() -> sa.Subquery:
    """VAT by entry, as of a sale."""
    accounts = sa.select(AccountRole.account_id).where(AccountRole.role.in_(["vat_payable", "vat_on_credit_notes"]))
    return (
        sa.select(JournalLine.entry_id, (total(JournalLine.credit) - total(JournalLine.debit)).label("vat"))
        .where(JournalLine.account_id.in_(accounts))
        .group_by(JournalLine.entry_id)
        .subquery()
    )


@functools.cache
def _on_document() -> sa.ColumnElement[Decimal]:
    """VAT booked, in the document's own direction."""
    vat = _booked().c.vat
    signed = sa.case((Invoice.kind == InvoiceKind.CREDIT_NOTE, -vat), else_=vat)
    return sa.func.coalesce(signed, NOTHING)


@functools.cache
def _vat_that_differs() -> AnySelect:
    booked, on_document = _booked(), _on_document()
    taxes = (
        sa.select(InvoiceTax.invoice_id, total(InvoiceTax.tax).label("tax")).group_by(InvoiceTax.invoice_id).subquery()
    )
    on_paper = sa.func.coalesce(taxes.c.tax, NOTHING)
    return (
        sa.select(Invoice.number, on_document, on_paper)
        .outerjoin(booked, booked.c.entry_id == Invoice.entry_id)
        .outerjoin(taxes, taxes.c.invoice_id == Invoice.id)
        .where(IS_ISSUED, Invoice.currency == "EUR", on_document != on_paper)
        .order_by(Invoice.id)
    )


def _foreign_vat() -> Iterator[str]:
    """In another currency each rate's VAT is converted by itself; few enough to do it here."""
    for invoice_id, number, exchange_rate, vat in session.execute(_foreign_documents()).all():
        rows = session.scalars(sa.select(InvoiceTax.tax).where(InvoiceTax.invoice_id == invoice_id))
        tax = sum((rounded(row * exchange_rate) for row in rows), Decimal(0))
        if tax != vat:
            yield _("%(number)s has VAT of %(tax)s, the books have %(vat)s.", number=number, tax=tax, vat=vat)


@functools.cache
def _foreign_documents() -> AnySelect:
    booked = _booked()
    return (
        sa.select(Invoice.id, Invoice.number, Invoice.exchange_rate, _on_document())
        .outerjoin(booked, booked.c.entry_id == Invoice.entry_id)
        .where(IS_ISSUED, Invoice.currency != "EUR")
        .order_by(Invoice.id)
    )


@functools.cache
def _other_vat() -> AnySelect:
    booked = _booked()
    allowed = sa.exists().where(
        ItemMovement.entry_id == JournalEntry.id,
        ItemMovement.role.in_([MovementRole.DISCOUNT, MovementRole.WRITTEN_OFF]),
    )
    issuing = aliased(JournalEntry)
    reverses_document = sa.exists().where(issuing.id == JournalEntry.reverses_id, issuing.issues_document)
    return (
        sa.select(JournalEntry.id)
        .join(booked, booked.c.entry_id == JournalEntry.id)
        .where(~JournalEntry.issues_document, ~allowed, ~reverses_document)
        .order_by(JournalEntry.id)
    )
