"""The verbs that make a document final and what follows: post, mark as sent.

Locks are taken in one order: documents by id, open items by id, series, then the ledger's own.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.core import bulk, events, jobs, numbering, search
from fsm.core.audit import note, notes, now
from fsm.core.db import lock, session, table_of
from fsm.core.errors import ConflictError, NotFoundError
from fsm.core.numbering import Taken
from fsm.documents import payment_reference
from fsm.documents import queries as document_queries
from fsm.documents.services import freeze
from fsm.invoices import blank_credits, deposits, figures, from_sales_orders, posting
from fsm.invoices.drafts import BILL_KIND
from fsm.invoices.issuing import Prepared, prepare, refuse_problems
from fsm.invoices.models import (
    Invoice,
    InvoiceFollowUp,
    InvoiceKind,
    InvoiceLine,
    InvoiceServiceOrder,
    InvoiceState,
    InvoiceTax,
)
from fsm.invoices.printed import Printer
from fsm.invoices.taken_over import SOURCE_KIND
from fsm.ledger import services as ledger
from fsm.ledger.models import ItemKind, OpenItem
from fsm.ledger.posting import EntryDraft
from fsm.ledger.queries import account_of_role
from fsm.service_orders import claims

# Composed once: they run at every posting, and to compose one takes longer than to run it.
_IDS: sa.BindParameter[int] = sa.bindparam("ids", expanding=True)
_INVOICE = table_of(Invoice)
_LOCK = sa.select(_INVOICE).where(_INVOICE.c.id.in_(_IDS)).order_by(_INVOICE.c.id).with_for_update()
_CORRECTED = sa.select(Invoice.corrects_id).where(Invoice.id.in_(_IDS), Invoice.corrects_id.is_not(None))
_ORDERS = sa.select(InvoiceServiceOrder.invoice_id, InvoiceServiceOrder.service_order_id).where(
    InvoiceServiceOrder.invoice_id.in_(_IDS)
)


def post(invoice_ids: Sequence[int], *, actor_id: int, today: dt.date) -> list[int]:
    """Make drafts final: number, journal entry, printed facts; gives their ids in the order of their numbers.

    All or none. DomainError with the field of what is wrong; ConflictError for what is posted already.
    """
    invoices = _locked_drafts(invoice_ids)
    prepared = sorted(prepare(invoices, today=today), key=lambda one: (one.on, one.invoice.id))
    for one in prepared:
        refuse_problems(one, today=today)
    numbers = _take_numbers(prepared)
    messages = structured_messages(prepared)
    printer = Printer(prepared)
    facts = [
        (BILL_KIND, one.invoice.id, printer.facts(one, numbers[one.invoice.id].text, messages[one.invoice.id]))
        for one in prepared
    ]
    hashes = freeze(facts)
    entry_ids = _post_entries(prepared, numbers, hashes, actor_id)
    _write(prepared, numbers, messages, entry_ids, actor_id)
    _finish_claims(prepared)
    posted = [one.invoice.id for one in prepared]
    jobs.enqueue("documents.render_pdf", [{"document_kind": BILL_KIND, "document_id": one} for one in posted])
    events.happened("invoice.posted", posted)
    # What stands on the invoice besides is another slice's to waive, once the credit is in the books.
    claimed_on = [one.invoice.corrects_id for one in prepared if one.credited is not None and one.credited.claimed]
    if claimed_on:
        jobs.enqueue("reminders.waive_costs", [{"invoice_id": one, "actor_id": actor_id} for one in claimed_on])
    _tell(prepared, numbers)
    _forget(posted)
    if any(one.invoice.sales_order_id for one in prepared):
        from_sales_orders.follow(posted)
    return posted


def held_with(invoice_ids: Iterable[int]) -> set[int]:
    """These documents, and those that posting them has to hold besides: what they take back from or deduct."""
    wanted = set(invoice_ids)
    return wanted | _taken_back(session.scalars(_CORRECTED, {"ids": wanted})) | deposits.taken_by(wanted)


def _taken_back(corrected: Iterable[int | None]) -> set[int]:
    return {invoice_id for invoice_id in corrected if invoice_id}


def _locked_drafts(invoice_ids: Sequence[int]) -> list[figures.Document]:
    """The drafts, and with them the invoices and open items that credit notes among them take back from."""
    session.flush()
    wanted = set(invoice_ids)
    corrected = Counter(session.scalars(_CORRECTED, {"ids": wanted}))
    if any(count > 1 for count in corrected.values()):
        raise ConflictError(_("Post the credit notes of one invoice one after the other."))
    rows = session.execute(_LOCK, {"ids": sorted(wanted | _taken_back(corrected) | deposits.taken_by(wanted))})
    locked = {row.id: figures.plain_document(row) for row in rows}
    if missing := wanted - locked.keys():
        raise NotFoundError(_("There is no invoice %(id)s.", id=min(missing)))
    for invoice_id in sorted(wanted):
        if locked[invoice_id].state is not InvoiceState.DRAFT:
            raise ConflictError(_("%(number)s is posted already.", number=locked[invoice_id].number))
    if corrected:
        items = sa.select(OpenItem.id).where(OpenItem.kind == ItemKind.INVOICE, OpenItem.source_id.in_(corrected))
        lock(OpenItem, set(session.scalars(items)))
    blank_credits.lock_items(locked[invoice_id] for invoice_id in wanted)
    return [locked[invoice_id] for invoice_id in sorted(wanted)]


def _forget(invoice_ids: Iterable[int]) -> None:
    """What the session holds of these is old: they were written by statements, not by the unit of work."""
    for invoice_id in invoice_ids:
        held = session.identity_map.get(session.identity_key(Invoice, invoice_id))
        if held is not None:
            session.expire(held)


def _take_numbers(prepared: Sequence[Prepared]) -> dict[int, Taken]:
    numbers: dict[int, Taken] = {}
    for kind in InvoiceKind:
        mine = [one for one in prepared if one.invoice.kind is kind]
        if mine:
            taken = numbering.take(kind.value, [one.on for one in mine])
            numbers |= {one.invoice.id: number for one, number in zip(mine, taken, strict=True)}
    return numbers


def structured_messages(prepared: Sequence[Prepared]) -> dict[int, str]:
    """The Belgian payment reference: the one typed, else one whose base is the invoice's id, so that it is unique."""
    makes = document_queries.settings().makes_structured_message
    return {
        one.invoice.id: ""
        if one.is_credit_note
        else one.invoice.structured_message or (payment_reference.make(one.invoice.id % 10**10) if makes else "")
        for one in prepared
    }


def _post_entries(
    prepared: Sequence[Prepared], numbers: Mapping[int, Taken], hashes: Mapping[int, str], actor_id: int
) -> dict[int, int]:
    """Post all entries in one call; gives the issuing entry of each document."""
    accounts = account_of_role()
    drafts: list[EntryDraft] = []
    issuing: dict[int, int] = {}
    for one in prepared:
        invoice_id = one.invoice.id
        issuing[invoice_id] = len(drafts)
        drafts += posting.entries(one.issued(numbers[invoice_id].text, hashes[invoice_id]), accounts, one.credited)
    ids = ledger.post(drafts, actor_id=actor_id)
    return {invoice_id: ids[place] for invoice_id, place in issuing.items()}


def _write(
    prepared: Sequence[Prepared],
    numbers: Mapping[int, Taken],
    messages: Mapping[int, str],
    entry_ids: Mapping[int, int],
    actor_id: int,
) -> None:
    """Lines and VAT first: once the state is written they are frozen. By statements, not by the unit of work."""
    lines = [row for one in prepared for row in figures.changed_lines(one.invoice, one.lines, one.totals)]
    if lines:
        session.execute(sa.update(InvoiceLine), lines)
    taxes = [row for one in prepared for row in figures.tax_rows(one.invoice, one.totals, one.grids)]
    bulk.add(InvoiceTax, taxes)
    moment = now()
    rows = [
        figures.totals_columns(one.invoice, one.totals)
        | {
            "number": numbers[one.invoice.id].text,
            "number_series": numbers[one.invoice.id].series,
            "number_period": numbers[one.invoice.id].period,
            "number_counter": numbers[one.invoice.id].counter,
            "invoice_date": one.on,
            "delivery_date": one.delivery_date,
            "due_date": None if one.is_credit_note else one.due_date,
            "cash_discount_date_valid": one.cash_discount_date_valid,
            "structured_message": messages[one.invoice.id],
            "entry_id": entry_ids[one.invoice.id],
            "posted_at": moment,
            "posted_by_id": actor_id,
            "state": InvoiceState.POSTED,
            "b_id": one.invoice.id,
        }
        for one in prepared
    ]
    session.flush()
    session.connection().execute(_making_final(tuple(rows[0])), rows)
    search.changed(BILL_KIND, numbers)


@cache
def _making_final(names: tuple[str, ...]) -> sa.Update:
    columns: dict[str, Any] = {name: sa.bindparam(name) for name in names if name != "b_id"}
    columns["version"] = _INVOICE.c.version + 1
    return sa.update(_INVOICE).where(_INVOICE.c.id == sa.bindparam("b_id")).values(columns)


def _finish_claims(prepared: Sequence[Prepared]) -> None:
    """Claims of invoices become final; a credit note that releases work frees what its invoice billed in full."""
    claims.make_final(BILL_KIND, [one.invoice.id for one in prepared if not one.is_credit_note])
    releasing = [one.invoice.corrects_id for one in prepared if one.is_credit_note and one.invoice.releases_work]
    if releasing:
        claims.release_posted(BILL_KIND, _fully_credited(releasing), now())


def _fully_credited(invoice_ids: Iterable[int | None]) -> list[int]:
    """Lines of these invoices of which credit notes took back the whole quantity."""
    credit_line = sa.orm.aliased(InvoiceLine)
    query = (
        sa.select(InvoiceLine.id)
        .join(credit_line, credit_line.credits_line_id == InvoiceLine.id)
        .join(Invoice, Invoice.id == credit_line.invoice_id)
        .where(InvoiceLine.invoice_id.in_(list(invoice_ids)), Invoice.state == InvoiceState.POSTED)
        .group_by(InvoiceLine.id, InvoiceLine.quantity)
        .having(sa.func.sum(credit_line.quantity) == InvoiceLine.quantity)
    )
    return list(session.scalars(query))


def _tell(prepared: Sequence[Prepared], numbers: Mapping[int, Taken]) -> None:
    orders: dict[int, list[int]] = {one.invoice.id: [] for one in prepared}
    for invoice_id, order_id in session.execute(_ORDERS, {"ids": list(orders)}):
        orders[invoice_id].append(order_id)
    told, sentence = [], _("%(number)s posted")
    for one in prepared:
        invoice = one.invoice
        subjects = [(BILL_KIND, invoice.id), ("customer", invoice.customer_id)]
        subjects += [("service_order", order_id) for order_id in orders[invoice.id]]
        if invoice.corrects_id:
            subjects.append((BILL_KIND, invoice.corrects_id))
        if invoice.corrects_taken_over_id:
            subjects.append((SOURCE_KIND, invoice.corrects_taken_over_id))
        told.append((subjects, sentence % {"number": numbers[invoice.id].text}))
    notes(told)


def mark_sent(invoice_ids: Sequence[int], *, how: str, actor_id: int) -> None:
    """Remember that posted documents went to the customer; the first time counts."""
    del actor_id  # the audit row has it
    query = (
        sa.select(InvoiceFollowUp, Invoice)
        .join(Invoice, Invoice.id == InvoiceFollowUp.invoice_id)
        .where(Invoice.id.in_(list(invoice_ids)))
        .order_by(Invoice.id)
        .with_for_update(of=InvoiceFollowUp)
    )
    rows = session.execute(query).all()
    if len(rows) != len(set(invoice_ids)):
        raise NotFoundError(_("There is no such invoice."))
    for follow_up, invoice in rows:
        if invoice.state is not InvoiceState.POSTED:
            raise ConflictError(_("Only a posted document can be sent."))
        if follow_up.sent_at is None:
            follow_up.sent_at, follow_up.sent_how = now(), how[:40]
            note(
                [(BILL_KIND, invoice.id), ("customer", invoice.customer_id)],
                _("%(number)s sent", number=invoice.number),
            )
    session.flush()


def mark_at_accountant(invoice_id: int, *, how: str) -> None:
    """Remember that a posted document went to the accountant; the first time counts."""
    query = sa.select(InvoiceFollowUp, Invoice).join(Invoice, Invoice.id == InvoiceFollowUp.invoice_id)
    row = session.execute(query.where(Invoice.id == invoice_id).with_for_update(of=InvoiceFollowUp)).one_or_none()
    if row is None:
        raise NotFoundError(_("There is no such invoice."))
    follow_up, invoice = row
    if invoice.state is not InvoiceState.POSTED:
        raise ConflictError(_("Only a posted document can be sent."))
    if follow_up.accountant_at is None:
        follow_up.accountant_at = now()
        session.flush()
        sentence = _("%(number)s went to the accountant (%(how)s)", number=invoice.number, how=how)
        note([(BILL_KIND, invoice_id)], sentence)
