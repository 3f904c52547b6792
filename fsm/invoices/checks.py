"""What must always be true of documents and of what the books say about them; a sentence per violation (accounting.md 8)."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import aliased

from fsm.core.db import session, total
from fsm.core.money import rounded
from fsm.core.types import AMOUNT
from fsm.documents.facts import sha256
from fsm.documents.models import PrintedFacts
from fsm.invoices.drafts import BILL_KIND
from fsm.invoices.models import Invoice, InvoiceKind, InvoiceLine, InvoiceServiceOrder, InvoiceState, InvoiceTax
from fsm.ledger.checks import holes, streamed
from fsm.ledger.models import (
    AccountRole,
    ItemKind,
    ItemMovement,
    JournalEntry,
    JournalLine,
    MovementRole,
    OpenItem,
)
from fsm.service_orders.models import WorkClaim

NOTHING = sa.literal(Decimal(0), AMOUNT)
IS_POSTED = Invoice.state == InvoiceState.POSTED
IS_ISSUED = Invoice.state.in_([InvoiceState.POSTED, InvoiceState.WITHDRAWN])


def receivable_equals_amount_due() -> Iterator[str]:
    """Every posted document has its open item, over its own total; no other open item of documents has a balance."""
    item = sa.and_(
        OpenItem.source_id == Invoice.id, sa.cast(OpenItem.kind, sa.String) == sa.cast(Invoice.kind, sa.String)
    )
    differs = sa.or_(
        OpenItem.customer_id != Invoice.customer_id,
        OpenItem.currency != Invoice.currency,
        sa.and_(Invoice.kind == InvoiceKind.INVOICE, OpenItem.invoiced != Invoice.total_with_tax),
    )
    query = (
        sa.select(Invoice.number, OpenItem.id)
        .outerjoin(OpenItem, item)
        .where(IS_POSTED, sa.or_(OpenItem.id.is_(None), differs))
    )
    for number, item_id in streamed(query.order_by(Invoice.id)):
        if item_id is None:
            yield _("%(number)s has no open item.", number=number)
        else:
            yield _("%(number)s: its open item is of another customer, currency or total.", number=number)
    stray = (
        sa.select(OpenItem.source_number, OpenItem.balance)
        .outerjoin(Invoice, item)
        .where(
            OpenItem.kind.in_([ItemKind.INVOICE, ItemKind.CREDIT_NOTE]),
            sa.or_(OpenItem.balance != NOTHING, OpenItem.balance_eur != NOTHING),
            sa.or_(Invoice.id.is_(None), ~IS_POSTED),
        )
    )
    for number, balance in streamed(stray.order_by(OpenItem.id)):
        yield _("%(number)s is due %(balance)s, but is no posted document.", number=number, balance=balance)


def vat_payable_equals_documents() -> Iterator[str]:
    """VAT booked by the entry that issues a document is the document's, rate by rate in EUR.

    Nothing else touches these accounts but cash discounts taken, VAT of lost debts, and reversals.
    """
    accounts = list(
        session.scalars(
            sa.select(AccountRole.account_id).where(AccountRole.role.in_(["vat_payable", "vat_on_credit_notes"]))
        )
    )
    booked = (
        sa.select(JournalLine.entry_id, (total(JournalLine.credit) - total(JournalLine.debit)).label("vat"))
        .where(JournalLine.account_id.in_(accounts))
        .group_by(JournalLine.entry_id)
        .subquery()
    )
    signed = sa.case((Invoice.kind == InvoiceKind.CREDIT_NOTE, -booked.c.vat), else_=booked.c.vat)
    on_document = sa.func.coalesce(signed, NOTHING)
    taxes = (
        sa.select(InvoiceTax.invoice_id, total(InvoiceTax.tax).label("tax")).group_by(InvoiceTax.invoice_id).subquery()
    )
    in_eur = (
        sa.select(Invoice.number, on_document, sa.func.coalesce(taxes.c.tax, NOTHING))
        .outerjoin(booked, booked.c.entry_id == Invoice.entry_id)
        .outerjoin(taxes, taxes.c.invoice_id == Invoice.id)
        .where(IS_ISSUED, Invoice.currency == "EUR", on_document != sa.func.coalesce(taxes.c.tax, NOTHING))
    )
    for number, vat, tax in streamed(in_eur.order_by(Invoice.id)):
        yield _("%(number)s has VAT of %(tax)s, the books have %(vat)s.", number=number, tax=tax, vat=vat)
    yield from _foreign_vat(booked, on_document)
    yield from _other_vat(booked)


def _foreign_vat(booked: Any, on_document: Any) -> Iterator[str]:  # noqa: ANN401 - parts of a query
    """In another currency each rate's VAT is converted by itself; few enough to do it here."""
    query = (
        sa.select(Invoice.id, Invoice.number, Invoice.exchange_rate, on_document)
        .outerjoin(booked, booked.c.entry_id == Invoice.entry_id)
        .where(IS_ISSUED, Invoice.currency != "EUR")
    )
    for invoice_id, number, exchange_rate, vat in session.execute(query.order_by(Invoice.id)).all():
        rows = session.scalars(sa.select(InvoiceTax.tax).where(InvoiceTax.invoice_id == invoice_id))
        tax = sum((rounded(row * exchange_rate) for row in rows), Decimal(0))
        if tax != vat:
            yield _("%(number)s has VAT of %(tax)s, the books have %(vat)s.", number=number, tax=tax, vat=vat)


def _other_vat(booked: Any) -> Iterator[str]:  # noqa: ANN401 - part of a query
    allowed = sa.exists().where(
        ItemMovement.entry_id == JournalEntry.id,
        ItemMovement.role.in_([MovementRole.DISCOUNT, MovementRole.WRITTEN_OFF]),
    )
    issuing = aliased(JournalEntry)
    reverses_document = sa.exists().where(issuing.id == JournalEntry.reverses_id, issuing.issues_document)
    query = (
        sa.select(JournalEntry.id)
        .join(booked, booked.c.entry_id == JournalEntry.id)
        .where(~JournalEntry.issues_document, ~allowed, ~reverses_document)
    )
    for (entry_id,) in streamed(query.order_by(JournalEntry.id)):
        yield _("Entry %(id)s books VAT, but is no document, discount or reversal.", id=entry_id)


def counters_without_hole() -> Iterator[str]:
    """Posted documents run from the first number of each counter to its last; withdrawn ones stand beside them."""
    numbers = sa.select(
        Invoice.number_series.label("series"),
        Invoice.number_period.label("period"),
        Invoice.number_counter.label("number"),
    ).where(IS_POSTED)
    for kind in InvoiceKind:
        yield from holes(numbers.where(Invoice.number_series.startswith(f"{kind.value}:")), kind.value)


def posted_has_one_issuing_entry() -> Iterator[str]:
    """A posted document has exactly one entry that issues it, a withdrawn one that and its reversal."""
    reversal = aliased(JournalEntry)
    issuing = (
        sa.select(
            JournalEntry.source_id,
            sa.func.count().label("entries"),
            sa.func.min(JournalEntry.id).label("entry_id"),
            sa.func.count(reversal.id).label("reversals"),
        )
        .outerjoin(reversal, reversal.reverses_id == JournalEntry.id)
        .where(JournalEntry.issues_document, JournalEntry.source_kind == BILL_KIND)
        .group_by(JournalEntry.source_id)
        .subquery()
    )
    is_withdrawn = sa.case((Invoice.state == InvoiceState.WITHDRAWN, 1), else_=0)
    query = (
        sa.select(Invoice.number, issuing.c.entries, issuing.c.reversals)
        .outerjoin(issuing, issuing.c.source_id == Invoice.id)
        .where(
            IS_ISSUED,
            sa.or_(
                sa.func.coalesce(issuing.c.entries, 0) != 1,
                issuing.c.entry_id != Invoice.entry_id,
                issuing.c.reversals != is_withdrawn,
            ),
        )
    )
    for number, entries, reversals in streamed(query.order_by(Invoice.id)):
        yield _(
            "%(number)s is issued by %(entries)s entries, of which %(reversals)s are reversed.",
            number=number,
            entries=entries or 0,
            reversals=reversals or 0,
        )
    stray = sa.select(issuing.c.entry_id).outerjoin(Invoice, Invoice.id == issuing.c.source_id)
    for (entry_id,) in streamed(stray.where(sa.or_(Invoice.id.is_(None), ~IS_ISSUED))):
        yield _("Entry %(id)s issues a document that is not posted.", id=entry_id)


def credits_never_exceed() -> Iterator[str]:
    """Posted credit notes take back no more than was invoiced: per line, per rate, in total."""
    line, credited = aliased(InvoiceLine), aliased(InvoiceLine)
    query = (
        sa.select(Invoice.number, line.position)
        .join(Invoice, Invoice.id == line.invoice_id)
        .join(credited, credited.credits_line_id == line.id)
        .where(credited.invoice_id.in_(sa.select(Invoice.id).where(IS_POSTED).correlate(None)))
        .group_by(Invoice.number, line.id, line.position, line.quantity, line.total_without_tax)
        .having(
            sa.or_(
                _exceeds(credited.quantity, line.quantity), _exceeds(credited.total_without_tax, line.total_without_tax)
            )
        )
    )
    for number, position in streamed(query.order_by(line.id)):
        yield _("%(number)s, line %(position)s: more is credited than was invoiced.", number=number, position=position)
    yield from _rates_exceeded()
    credit = aliased(Invoice)
    in_total = (
        sa.select(Invoice.number)
        .join(credit, credit.corrects_id == Invoice.id)
        .where(credit.state == InvoiceState.POSTED)
        .group_by(Invoice.id, Invoice.number, Invoice.total_with_tax)
        .having(_exceeds(credit.total_with_tax, Invoice.total_with_tax))
    )
    for (number,) in streamed(in_total.order_by(Invoice.id)):
        yield _("%(number)s: the credit notes come to more than its total.", number=number)


def _exceeds(credited: Any, invoiced: Any) -> sa.ColumnElement[bool]:  # noqa: ANN401 - exact columns
    """A sum that goes beyond a figure in the figure's own direction; a negative one is taken back by negative ones."""
    taken = sa.func.sum(credited)
    return sa.or_(
        sa.and_(invoiced >= 0, sa.or_(taken > invoiced, taken < 0)),
        sa.and_(invoiced < 0, sa.or_(taken < invoiced, taken > 0)),
    )


def _rates_exceeded() -> Iterator[str]:
    credit, tax = aliased(Invoice), aliased(InvoiceTax)
    same_rate = sa.and_(
        InvoiceTax.invoice_id == Invoice.id,
        InvoiceTax.tax_rate == tax.tax_rate,
        InvoiceTax.special_status == tax.special_status,
    )
    query = (
        sa.select(Invoice.number, tax.tax_rate)
        .join(credit, credit.corrects_id == Invoice.id)
        .join(tax, tax.invoice_id == credit.id)
        .outerjoin(InvoiceTax, same_rate)
        .where(credit.state == InvoiceState.POSTED)
        .group_by(Invoice.id, Invoice.number, tax.tax_rate, tax.special_status, InvoiceTax.base, InvoiceTax.tax)
        .having(
            sa.or_(InvoiceTax.base.is_(None), _exceeds(tax.base, InvoiceTax.base), _exceeds(tax.tax, InvoiceTax.tax))
        )
    )
    for number, rate in streamed(query.order_by(Invoice.id)):
        yield _(
            "%(number)s: more is credited at %(rate)s %% than was invoiced.",
            number=number,
            rate=f"{rate.normalize():f}",
        )


def document_total_equals_receivable_lines() -> Iterator[str]:
    """A document's total is that of its receivable lines, of what was printed, and of what the hash chain covers."""
    receivable = (
        sa.select(
            JournalLine.entry_id,
            (total(JournalLine.currency_debit) - total(JournalLine.currency_credit)).label("amount"),
        )
        .where(JournalLine.open_item_id.is_not(None))
        .group_by(JournalLine.entry_id)
        .subquery()
    )
    query = (
        sa.select(
            Invoice.number,
            Invoice.kind,
            Invoice.total_with_tax,
            receivable.c.amount,
            JournalEntry.facts_hash,
            PrintedFacts.facts,
            PrintedFacts.sha256,
        )
        .join(JournalEntry, JournalEntry.id == Invoice.entry_id)
        .outerjoin(receivable, receivable.c.entry_id == Invoice.entry_id)
        .outerjoin(
            PrintedFacts,
            sa.and_(PrintedFacts.document_kind == BILL_KIND, PrintedFacts.document_id == Invoice.id),
        )
        .where(IS_ISSUED)
    )
    for row in streamed(query.order_by(Invoice.id)):
        sign = -1 if row.kind is InvoiceKind.CREDIT_NOTE else 1
        if (row.amount or 0) * sign != row.total_with_tax:
            yield _(
                "%(number)s: its total is %(total)s, its receivable lines come to %(amount)s.",
                number=row.number,
                total=row.total_with_tax,
                amount=(row.amount or 0) * sign,
            )
        if row.facts is None:
            yield _("%(number)s: what was printed on it is missing.", number=row.number)
        elif not row.sha256 == row.facts_hash == sha256(row.facts):
            yield _("%(number)s: what was printed on it has been changed.", number=row.number)
        elif Decimal(json.loads(row.facts)["totals"]["total_with_tax"]) != row.total_with_tax:
            yield _("%(number)s: its total is not the one that was printed.", number=row.number)


def claims_equal_lines_of_live_invoices() -> Iterator[str]:
    """Each live claim is on a line of a draft or, final, of a posted invoice, which names the service order."""
    is_final_when_posted = sa.or_(
        sa.and_(Invoice.state == InvoiceState.DRAFT, ~WorkClaim.is_final), sa.and_(IS_POSTED, WorkClaim.is_final)
    )
    sound = sa.and_(
        Invoice.kind == InvoiceKind.INVOICE,
        InvoiceLine.invoice_id == WorkClaim.bill_id,
        is_final_when_posted,
        InvoiceServiceOrder.invoice_id.is_not(None),
    )
    query = (
        sa.select(WorkClaim.id, WorkClaim.bill_id)
        .outerjoin(Invoice, Invoice.id == WorkClaim.bill_id)
        .outerjoin(InvoiceLine, InvoiceLine.id == WorkClaim.bill_line_id)
        .outerjoin(
            InvoiceServiceOrder,
            sa.and_(
                InvoiceServiceOrder.invoice_id == WorkClaim.bill_id,
                InvoiceServiceOrder.service_order_id == WorkClaim.service_order_id,
            ),
        )
        .where(WorkClaim.bill_kind == BILL_KIND, WorkClaim.released_at.is_(None), sa.func.coalesce(~sound, sa.true()))
    )
    for claim_id, bill_id in streamed(query.order_by(WorkClaim.id)):
        yield _("Claim %(id)s is not that of a line of a live invoice (%(invoice)s).", id=claim_id, invoice=bill_id)
