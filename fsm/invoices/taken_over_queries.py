"""Documents of a former program for screens: their list by tabs, and one of them."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import joinedload

from fsm.core import paging
from fsm.core.db import session
from fsm.core.errors import NotFoundError
from fsm.customers.models import Customer
from fsm.customers.queries import customer_named
from fsm.invoices.models import Invoice
from fsm.invoices.statuses import Status
from fsm.invoices.taken_over_models import TakenOver
from fsm.ledger.models import NO_TERM, ItemKind, OpenItem, Standing

TABS = ("to_collect", "overdue", "credits", "settled", "undone", "all")
BY_DUE_DATE = ("to_collect", "overdue")
NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Row:
    """A document taken over, what is due on it by now, and its status in words."""

    document: TakenOver
    item: OpenItem
    status: Status
    due_date: dt.date | None


def _in_tab(tab: str, today: dt.date) -> sa.ColumnElement[bool]:
    is_open = OpenItem.standing == Standing.OPEN
    match tab:
        case "to_collect":
            return sa.and_(is_open, OpenItem.due_on >= today, OpenItem.balance > NOTHING)
        case "overdue":
            return sa.and_(is_open, OpenItem.due_on < today, OpenItem.balance > NOTHING)
        case "credits":
            return sa.and_(is_open, OpenItem.balance < NOTHING)
        case "settled":
            return sa.and_(~is_open, ~_undone())
        case "undone":
            return sa.and_(~is_open, _undone())
    return sa.true()


def _undone() -> sa.ColumnElement[bool]:
    return sa.exists().where(TakenOver.id == OpenItem.source_id, TakenOver.undone_entry_id.is_not(None))


def _list(tab: str, today: dt.date, text: str, customer_id: int | None) -> sa.Select[Any]:
    query = sa.select(OpenItem).where(OpenItem.kind == ItemKind.TAKEN_OVER, _in_tab(tab, today))
    if customer_id:
        query = query.where(OpenItem.customer_id == customer_id)
    if text:
        customers = sa.select(Customer.id).where(customer_named(text))
        number = OpenItem.source_number.istartswith(text, autoescape=True)
        query = query.where(sa.or_(OpenItem.customer_id.in_(customers), number))
    return query


def counts(today: dt.date, text: str = "", customer_id: int | None = None) -> dict[str, int]:
    """How many each tab has, exact to 999."""
    return {tab: paging.capped_count(_list(tab, today, text, customer_id)) for tab in TABS}


def page(tab: str, today: dt.date, text: str, customer_id: int | None, cursor: str | None) -> paging.Page[Row]:
    """One page of a tab: two queries. What is due comes first due first, the rest newest first."""
    query = _list(tab, today, text, customer_id)
    by_due_date = tab in BY_DUE_DATE
    keys = [OpenItem.due_on, OpenItem.id] if by_due_date else [OpenItem.id]
    found = paging.page(query, keys, cursor, descending=not by_due_date)
    documents = _by_id([item.source_id for item in found.rows])
    rows = [_row(documents[item.source_id], item, today) for item in found.rows]
    return paging.Page(rows, found.previous, found.next)


def _by_id(ids: list[int]) -> dict[int, TakenOver]:
    query = sa.select(TakenOver).where(TakenOver.id.in_(ids)).options(joinedload(TakenOver.customer))
    return {row.id: row for row in session.scalars(query)} if ids else {}


def document(taken_over_id: int, today: dt.date) -> Row:
    """One document as it is now; NotFoundError."""
    row = session.scalar(
        sa.select(TakenOver)
        .where(TakenOver.id == taken_over_id)
        .options(joinedload(TakenOver.customer))
        .execution_options(populate_existing=True)
    )
    item = session.scalar(
        sa.select(OpenItem).where(OpenItem.kind == ItemKind.TAKEN_OVER, OpenItem.source_id == taken_over_id)
    )
    if row is None or item is None:
        raise NotFoundError(_("There is no such invoice."))
    return _row(row, item, today)


def credit_notes_of(taken_over_id: int) -> list[Invoice]:
    """Draft and posted credit notes on a document, in the order they were made."""
    query = sa.select(Invoice).where(Invoice.corrects_taken_over_id == taken_over_id).order_by(Invoice.id)
    return list(session.scalars(query.options(joinedload(Invoice.follow_up))))


def _row(row: TakenOver, item: OpenItem, today: dt.date) -> Row:
    return Row(row, item, _status(row, item, today), None if item.due_on == NO_TERM else item.due_on)


def _status(row: TakenOver, item: OpenItem, today: dt.date) -> Status:  # noqa: PLR0911 - a return per status
    if row.undone_entry_id is not None:
        return Status("cancelled", _("Undone"))
    if item.balance < 0:
        return Status("credit", _("To refund"))
    if item.balance:
        if item.due_on >= today:
            return Status("posted", _("To collect"))
        days = (today - item.due_on).days
        return Status("overdue", ngettext("Overdue, %(num)s day", "Overdue, %(num)s days", days))
    if item.standing is Standing.WRITTEN_OFF:
        return Status("neutral", _("Written off"))
    if row.total < 0:
        return Status("paid", _("Settled"))
    return Status("cancelled", _("Credited")) if item.credited and not item.paid else Status("paid", _("Paid"))
