"""Credit notes with lines of their own, on an invoice of a former program (product.md 7).

They take from the open item of a document that was taken over as far as it is due; what one exceeds that, and all of one
on an invoice that was not taken over, stands on the credit note's own item.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.catalog.tax_rates import Taxed
from fsm.company import services as company_services
from fsm.core.audit import note
from fsm.core.db import lock, session, total
from fsm.core.errors import ConflictError, DomainError, NotFoundError
from fsm.core.formats import money
from fsm.core.money import rounded
from fsm.documents.totals import ZERO, unit_prices
from fsm.invoices import figures
from fsm.invoices.drafts import BILL_KIND, customer_of, new_draft
from fsm.invoices.models import Invoice, InvoiceKind, InvoiceLine, InvoiceState
from fsm.invoices.posting import Credited
from fsm.invoices.rates import rates_of
from fsm.invoices.taken_over import NUMBER_LENGTH, SOURCE_KIND
from fsm.invoices.taken_over_models import TakenOver
from fsm.ledger.models import ItemKind, OpenItem
from fsm.ledger.queries import account_of_role


def draft_blank_credit(customer_id: int, *, number: str, on: dt.date, today: dt.date, actor_id: int) -> Invoice:
    """An empty draft credit note on an invoice of a former program that was not taken over, by its number and date."""
    number = number.strip()
    if not 0 < len(number) <= NUMBER_LENGTH:
        raise DomainError(_("Give the number of the invoice, at most 50 characters."), "number")
    if on > today:
        raise DomainError(_("The invoice is not dated after today."), "document_date")
    known = session.scalar(
        sa.select(TakenOver.id).where(
            TakenOver.customer_id == customer_id, TakenOver.number == number, TakenOver.undone_entry_id.is_(None)
        )
    )
    if known is not None:
        return draft_credit_on(known, actor_id=actor_id)
    return _draft(customer_id, number, on, None, actor_id)


def turn_into_credit(draft: Invoice, *, number: str | None, on: dt.date | None, reference: str) -> None:
    """Make a fresh draft a credit note with lines of its own (S3's negative total).

    It names the invoice with this number and date, else that of the customer's invoices whose number is its reference,
    else none.
    """
    if number is None and reference:
        known = session.execute(
            sa.select(Invoice.number, Invoice.invoice_date).where(
                Invoice.number == reference,
                Invoice.customer_id == draft.customer_id,
                Invoice.kind == InvoiceKind.INVOICE,
                Invoice.state == InvoiceState.POSTED,
            )
        ).first()
        number, on = (known.number, known.invoice_date) if known else (None, None)
    draft.kind = InvoiceKind.CREDIT_NOTE
    draft.days_due = 0
    draft.corrects_number, draft.corrects_date = number, on
    session.flush()


def draft_credit_on(taken_over_id: int, *, actor_id: int) -> Invoice:
    """A draft credit note on a document that was taken over, with one line that proposes all that is due."""
    document: TakenOver | None = lock(TakenOver, [taken_over_id]).get(taken_over_id)
    if document is None:
        raise NotFoundError(_("There is no such invoice."))
    if document.undone_entry_id is not None:
        raise ConflictError(_("Taking over %(number)s was undone.", number=document.number))
    if document.total < 0:
        raise ConflictError(_("%(number)s is a credit note: refund it, or move it.", number=document.number))
    draft = _draft(document.customer_id, document.number, document.document_date, document, actor_id)
    item = session.scalar(
        sa.select(OpenItem).where(OpenItem.kind == ItemKind.TAKEN_OVER, OpenItem.source_id == document.id)
    )
    _propose_line(draft, document, item.balance if item is not None and item.balance > 0 else document.total)
    note([(SOURCE_KIND, document.id)], _("Draft credit note made"))
    return draft


def _draft(customer_id: int, number: str, on: dt.date, document: TakenOver | None, actor_id: int) -> Invoice:
    customer = customer_of(customer_id)
    draft = new_draft(customer, None, actor_id)
    draft.kind = InvoiceKind.CREDIT_NOTE
    draft.days_due = 0
    draft.corrects_number, draft.corrects_date = number, on
    if document is not None:
        draft.corrects_taken_over_id = document.id
        draft.currency, draft.exchange_rate = document.currency, document.exchange_rate
        draft.reference = document.reference
    session.flush()
    note([(BILL_KIND, draft.id), ("customer", customer.id)], _("Draft credit note made"))
    return draft


def _propose_line(draft: Invoice, document: TakenOver, due: Decimal) -> None:
    company = company_services.the_company()
    proposal = rates_of(draft, company, customer_of(draft.customer_id)).proposed(Taxed())
    rate = proposal.tax_rate
    net = due if draft.tax_included else rounded(due * 100 / (100 + rate))
    amount, amount_with_tax = unit_prices(
        None if draft.tax_included else net,
        net if draft.tax_included else None,
        rate,
        tax_included=draft.tax_included,
    )
    line = InvoiceLine(
        invoice_id=draft.id,
        position=1,
        description=_("Credit on invoice %(number)s", number=document.number),
        quantity=Decimal(1),
        amount=amount,
        amount_with_tax=amount_with_tax,
        tax_rate=rate,
        special_status=proposal.special_status,
        rate_reason=proposal.reason.value,
        account_number=account_of_role()["services"],
    )
    session.add(line)
    session.flush()
    figures.store(draft, [line], figures.totals_of(draft, [line]))
    session.flush()


def lock_items(invoices: Iterable[figures.Document]) -> None:
    """Hold the open items that these credit notes will take from. ConflictError for two on one document."""
    ids = [invoice.corrects_taken_over_id for invoice in invoices if invoice.corrects_taken_over_id]
    if not ids:
        return
    if len(set(ids)) < len(ids):
        raise ConflictError(_("Post the credit notes of one invoice one after the other."))
    items = sa.select(OpenItem.id).where(OpenItem.kind == ItemKind.TAKEN_OVER, OpenItem.source_id.in_(ids))
    lock(OpenItem, set(session.scalars(items)))


def credited_items(taken_over_ids: Sequence[int]) -> dict[int, Credited]:
    """The open items of these documents as they are now, by the document's id."""
    if not taken_over_ids:
        return {}
    query = sa.select(OpenItem).where(OpenItem.kind == ItemKind.TAKEN_OVER, OpenItem.source_id.in_(taken_over_ids))
    items = session.scalars(query.execution_options(populate_existing=True))
    return {
        item.source_id: Credited(
            item.id, max(item.balance, ZERO), max(item.balance_eur, ZERO), written_off=item.written_off
        )
        for item in items
    }


def credited_so_far(taken_over_ids: Iterable[int]) -> dict[int, Decimal]:
    """What posted credit notes took back of each document, with VAT."""
    query = (
        sa.select(Invoice.corrects_taken_over_id, total(Invoice.total_with_tax))
        .where(Invoice.corrects_taken_over_id.in_(list(taken_over_ids)), Invoice.state == InvoiceState.POSTED)
        .group_by(Invoice.corrects_taken_over_id)
    )
    found: Mapping[int, Decimal] = dict(session.execute(query).all())
    return dict(found)


def problems(invoice: figures.Document, amount: Decimal, on: dt.date) -> Iterator[tuple[str, str]]:
    """(field, sentence) of what posting refuses about a blank credit note of this amount with VAT, dated so."""
    if amount <= 0:
        yield "lines", _("A credit note takes back more than 0: its lines are positive.")
    if invoice.corrects_date and on < invoice.corrects_date:
        yield "invoice_date", _("A credit note is not dated before its invoice.")
    if invoice.corrects_taken_over_id is None:
        return
    document = session.get_one(TakenOver, invoice.corrects_taken_over_id)
    if document.undone_entry_id is not None:
        yield "lines", _("Taking over %(number)s was undone.", number=document.number)
    if (invoice.currency, invoice.exchange_rate) != (document.currency, document.exchange_rate):
        yield (
            "currency",
            _(
                "A credit note bears the currency and the exchange rate of its invoice (%(code)s).",
                code=document.currency,
            ),
        )
    if on < document.taken_over_on:
        yield "invoice_date", _("A credit note is not dated before the day of taking over.")
    left = document.total - credited_so_far([document.id]).get(document.id, ZERO)
    if amount > left:
        yield (
            "lines",
            _(
                "%(amount)s is more than the %(left)s that is left of %(number)s.",
                amount=money(amount),
                left=money(left),
                number=document.number,
            ),
        )
