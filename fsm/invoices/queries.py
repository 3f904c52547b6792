"""Invoices for screens: the tabs of the list, and what a page shows beside a document."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import aliased, joinedload, selectinload

from fsm.core import paging
from fsm.core.db import session
from fsm.core.errors import NotFoundError
from fsm.core.lists import Status as MailStatus
from fsm.core.money import rounded
from fsm.customers.models import Customer
from fsm.customers.queries import customer_named
from fsm.invoices.models import Invoice, InvoiceFollowUp, InvoiceKind, InvoiceLine, InvoiceServiceOrder, InvoiceState
from fsm.invoices.statuses import Status, status_of
from fsm.ledger.models import NO_TERM, ItemKind, OpenItem, Standing
from fsm.mail import queries as mail
from fsm.mail.models import MailMessage
from fsm.service_orders.models import ServiceOrder

TABS = ("draft", "to_send", "to_collect", "overdue", "paid", "cancelled", "credit_notes", "posted")
ALL_TABS = (*TABS, "withdrawn")
UNNUMBERED = ("draft", "withdrawn")
BY_DUE_DATE = ("to_collect", "overdue")
_ITEM_KINDS = (ItemKind.INVOICE, ItemKind.CREDIT_NOTE)


@dataclass(frozen=True, slots=True)
class Filters:
    """What narrows a list; ``sent`` is "yes", "no" or empty, days are those of the documents."""

    text: str = ""
    customer_id: int | None = None
    from_date: dt.date | None = None
    to_date: dt.date | None = None
    sent: str = ""

    def __bool__(self) -> bool:
        return bool(self.text or self.customer_id or self.from_date or self.to_date or self.sent)


@dataclass(frozen=True, slots=True)
class Row:
    """A document of a list with what is due on it, both negative for a credit note."""

    invoice: Invoice
    status: Status
    total: Decimal
    due: Decimal | None
    due_date: dt.date | None
    mailed: MailStatus | None = None


def _unnumbered(tab: str, filters: Filters) -> sa.Select[Any]:
    query = sa.select(Invoice).where(Invoice.kind.in_(list(InvoiceKind)), Invoice.state == InvoiceState(tab))
    if filters.customer_id:
        query = query.where(Invoice.customer_id == filters.customer_id)
    if filters.text:
        found = Invoice.customer_id.in_(_customers(filters.text))
        query = query.where(sa.or_(found, Invoice.number.startswith(filters.text, autoescape=True)))
    if filters.from_date:
        query = query.where(Invoice.invoice_date >= filters.from_date)
    if filters.to_date:
        query = query.where(Invoice.invoice_date <= filters.to_date)
    return query


def _customers(text: str) -> sa.Select[Any]:
    return sa.select(Customer.id).where(customer_named(text))


def _posted(tab: str, filters: Filters, today: dt.date) -> sa.Select[Any]:
    is_posted = sa.exists().where(Invoice.id == OpenItem.source_id, Invoice.state == InvoiceState.POSTED)
    query = sa.select(OpenItem).where(_in_tab(tab, today), is_posted)
    if filters.customer_id:
        query = query.where(OpenItem.customer_id == filters.customer_id)
    if filters.text:
        found = OpenItem.customer_id.in_(_customers(filters.text))
        query = query.where(sa.or_(found, OpenItem.source_number.istartswith(filters.text, autoescape=True)))
    if filters.from_date:
        query = query.where(OpenItem.opened_on >= filters.from_date)
    if filters.to_date:
        query = query.where(OpenItem.opened_on <= filters.to_date)
    if filters.sent:
        sent = sa.exists().where(InvoiceFollowUp.invoice_id == OpenItem.source_id, InvoiceFollowUp.sent_at.is_not(None))
        query = query.where(sent if filters.sent == "yes" else ~sent)
    return query


def _in_tab(tab: str, today: dt.date) -> sa.ColumnElement[bool]:  # noqa: PLR0911 - a return per tab
    is_invoice = OpenItem.kind == ItemKind.INVOICE
    match tab:
        case "to_send":  # by the index of what was not sent, a few rows
            unsent = sa.select(InvoiceFollowUp.invoice_id).where(InvoiceFollowUp.sent_at.is_(None))
            return sa.and_(OpenItem.kind.in_(_ITEM_KINDS), OpenItem.source_id.in_(unsent))
        case "to_collect":
            return sa.and_(is_invoice, OpenItem.standing == Standing.OPEN, OpenItem.due_on >= today)
        case "overdue":
            return sa.and_(is_invoice, OpenItem.standing == Standing.OPEN, OpenItem.due_on < today)
        case "paid":
            return sa.and_(is_invoice, OpenItem.standing.in_([Standing.SETTLED, Standing.WRITTEN_OFF]))
        case "cancelled":
            return OpenItem.id.in_(_cancelled())
        case "credit_notes":
            return OpenItem.kind == ItemKind.CREDIT_NOTE
    return OpenItem.kind.in_(_ITEM_KINDS)


def _cancelled() -> sa.CompoundSelect[Any]:
    """Cancelled invoices, and the credit notes that took them back (S2: both stay listed there)."""
    invoice, credit = aliased(OpenItem), aliased(OpenItem)
    cancelled = sa.select(invoice.id).where(invoice.kind == ItemKind.INVOICE, invoice.standing == Standing.CANCELLED)
    # Not by a join, for which SQLite begins with all that credit something.
    return sa.union_all(cancelled, sa.select(credit.id).where(credit.credits_item_id.in_(cancelled)))


def listed(tab: str, filters: Filters, today: dt.date) -> sa.Select[Any]:
    """The rows of a tab, unsorted: invoices where they have no number yet (or no more), else open items."""
    return _unnumbered(tab, filters) if tab in UNNUMBERED else _posted(tab, filters, today)


def counts(filters: Filters, today: dt.date) -> dict[str, int]:
    """How many documents each tab has under these filters, exact to 999."""
    return {tab: paging.capped_count(listed(tab, filters, today)) for tab in TABS}


def count(tab: str, filters: Filters, today: dt.date) -> int:
    """The same of one tab."""
    return paging.capped_count(listed(tab, filters, today))


def sort_of(tab: str, wanted: str) -> str:
    """The order of a tab: "due" or "number", "-" before it for the last one first; its own where none is asked for."""
    if tab in UNNUMBERED:
        return wanted if wanted in {"number", "-number"} else "-number"
    if wanted in {"due", "-due", "number", "-number"}:
        return wanted
    return "due" if tab in BY_DUE_DATE else "-number"


def page(
    tab: str, filters: Filters, *, sort: str, cursor: str | None, today: dt.date, size: int = paging.PAGE_SIZE
) -> paging.Page[Row]:
    """One page of a tab: three queries, whatever its length and however deep it lies."""
    query, descending = listed(tab, filters, today), sort.startswith("-")
    if tab in UNNUMBERED:
        options = (joinedload(Invoice.follow_up), joinedload(Invoice.corrects))
        found = paging.page(query.options(*options), [Invoice.id], cursor, descending=descending, size=size)
        rows = [_row(invoice, None, today) for invoice in found.rows]
    else:
        # Open items are made in the order of posting: their id sorts as date and number do.
        keys = [OpenItem.due_on, OpenItem.id] if sort.endswith("due") else [OpenItem.id]
        found = paging.page(query, keys, cursor, descending=descending, size=size)
        invoices = _by_id(item.source_id for item in found.rows)
        mailed = mail.newest_by_record("invoice", list(invoices))
        rows = [_row(invoices[item.source_id], item, today, mailed) for item in found.rows]
    return paging.Page(rows, found.previous, found.next)


def _by_id(invoice_ids: Iterable[int]) -> dict[int, Invoice]:
    query = sa.select(Invoice).where(Invoice.id.in_(list(invoice_ids))).options(joinedload(Invoice.follow_up))
    return {invoice.id: invoice for invoice in session.scalars(query)}


def _row(
    invoice: Invoice, item: OpenItem | None, today: dt.date, mailed: Mapping[int, MailMessage] | None = None
) -> Row:
    message = (mailed or {}).get(invoice.id)
    # The same sign for both kinds: a draft credit note stores positive figures too.
    return Row(
        invoice=invoice,
        status=status_of(invoice, item, today),
        total=invoice.total_with_tax * invoice.sign,
        due=item.balance if item else None,
        due_date=None if item is None or item.due_on == NO_TERM else item.due_on,
        mailed=mail.status_of(message) if message else None,
    )


def rows_with(invoices: Sequence[Invoice], items: Mapping[int, OpenItem], today: dt.date) -> list[Row]:
    """The same rows for documents that a page has at hand, with their open items."""
    return [_row(invoice, items.get(invoice.id), today) for invoice in invoices]


def items_of(invoices: Sequence[Invoice]) -> dict[int, OpenItem]:
    """The open items of documents by their ids."""
    ids = [invoice.id for invoice in invoices]
    query = sa.select(OpenItem).where(OpenItem.kind.in_(_ITEM_KINDS), OpenItem.source_id.in_(ids))
    return {item.source_id: item for item in session.scalars(query)} if ids else {}


def document(invoice_id: int) -> Invoice:
    """A draft or a posted document with all that its page shows, as it is now; NotFoundError."""
    query = (
        sa.select(Invoice)
        .where(Invoice.id == invoice_id)
        .options(
            selectinload(Invoice.lines),
            selectinload(Invoice.taxes),
            joinedload(Invoice.customer),
            joinedload(Invoice.corrects),
            joinedload(Invoice.follow_up),
        )
        .execution_options(populate_existing=True)
    )
    invoice = session.scalar(query)
    if invoice is None:
        raise NotFoundError(_("There is no such invoice."))
    return invoice


def drafts(invoice_ids: Sequence[int]) -> list[Invoice]:
    """Those of these that are still drafts, in the order they were made."""
    query = sa.select(Invoice).where(Invoice.id.in_(invoice_ids), Invoice.state == InvoiceState.DRAFT)
    return list(session.scalars(query.options(joinedload(Invoice.customer)).order_by(Invoice.id)))


def credit_notes_of(invoice_id: int) -> list[Invoice]:
    """Draft and posted credit notes on an invoice, in the order they were made."""
    query = sa.select(Invoice).where(Invoice.corrects_id == invoice_id, Invoice.state != InvoiceState.WITHDRAWN)
    return list(session.scalars(query.options(joinedload(Invoice.follow_up)).order_by(Invoice.id)))


def orders_of(invoice_id: int) -> list[ServiceOrder]:
    """The service orders that a document bills or credits."""
    query = (
        sa.select(ServiceOrder)
        .join(InvoiceServiceOrder, InvoiceServiceOrder.service_order_id == ServiceOrder.id)
        .where(InvoiceServiceOrder.invoice_id == invoice_id)
        .options(joinedload(ServiceOrder.site))
        .order_by(ServiceOrder.id)
    )
    return list(session.scalars(query))


def cost_of(lines: Iterable[InvoiceLine]) -> Decimal:
    """What the work and the parts on these lines cost the company."""
    return sum((rounded(line.quantity * line.unit_cost) for line in lines), Decimal("0.00"))
