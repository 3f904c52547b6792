"""Reading the books: accounts by role, open items, entries; balances of accounts are in ``accounts``."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import aliased, joinedload, selectinload

from fsm.core.db import session, total
from fsm.core.errors import NotFoundError
from fsm.core.paging import PAGE_SIZE, Page, page
from fsm.ledger.models import (
    Account,
    AccountRole,
    FiscalYear,
    ItemKind,
    Journal,
    JournalEntry,
    JournalLine,
    OpenItem,
)

# A payment's open item bears the kind of the money that waits on it.
ITEM_KINDS: dict[str, tuple[ItemKind, ...]] = {
    "invoice": (ItemKind.INVOICE, ItemKind.CREDIT_NOTE),
    "payment": (ItemKind.ON_ACCOUNT,),
    "taken_over": (ItemKind.TAKEN_OVER,),
}


_ROLES = sa.select(AccountRole.role, Account.number).join(Account, Account.id == AccountRole.account_id)


def account_of_role() -> Mapping[str, str]:
    """Role of the posting rules -> account number."""
    return dict(session.execute(_ROLES).all())


def account_exists(number: str) -> bool:
    """Whether the chart has this account."""
    return session.scalar(sa.select(sa.exists().where(Account.number == number))) or False


def item_of(kind: ItemKind, source_id: int) -> OpenItem | None:
    """The open item of one document or payment."""
    return session.scalar(sa.select(OpenItem).where(OpenItem.kind == kind, OpenItem.source_id == source_id))


def items_of(kind: ItemKind, source_ids: Iterable[int]) -> dict[int, OpenItem]:
    """Open items by their source's id."""
    query = sa.select(OpenItem).where(OpenItem.kind == kind, OpenItem.source_id.in_(list(source_ids)))
    return {item.source_id: item for item in session.scalars(query)}


# --- the journal
@dataclass(frozen=True, slots=True)
class EntryFilter:
    """What a list of entries is narrowed to; ``text`` is the number of a document or of an entry."""

    first_day: dt.date | None = None
    last_day: dt.date | None = None
    account_number: str = ""
    customer_id: int | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class EntryRow:
    """An entry in a list, with the sum of its debits in EUR."""

    entry: JournalEntry
    amount: Decimal


def entries(
    wanted: EntryFilter,
    cursor: str | None = None,
    *,
    journal: Journal | None = None,
    descending: bool = True,
    size: int = PAGE_SIZE,
) -> Page[EntryRow]:
    """A page of posted entries: by date within a period, else in the order in which they were posted."""
    query, keys = _listed(wanted, journal)
    found = page(query.options(joinedload(JournalEntry.fiscal_year)), keys, cursor, descending=descending, size=size)
    rows = [row if isinstance(row, JournalEntry) else row.JournalEntry for row in found.rows]
    amounts = _amounts([entry.id for entry in rows])
    return Page([EntryRow(entry, amounts[entry.id]) for entry in rows], found.previous, found.next)


def listed(wanted: EntryFilter, journal: Journal | None = None) -> sa.Select[Any]:
    """The posted entries that a list shows."""
    return _listed(wanted, journal)[0].with_only_columns(JournalEntry.id)


def _listed(wanted: EntryFilter, journal: Journal | None) -> tuple[sa.Select[Any], list[Any]]:
    query: sa.Select[Any] = sa.select(JournalEntry).where(JournalEntry.posted_at.is_not(None))
    if journal:
        query = query.where(JournalEntry.journal == journal)
    if wanted.customer_id:
        query = query.where(JournalEntry.customer_id == wanted.customer_id)
    if wanted.text:
        query = query.where(_numbered(wanted.text))
    keys: list[Any] = [JournalEntry.id]
    if wanted.first_day and wanted.last_day:
        query = query.where(JournalEntry.entry_date.between(wanted.first_day, wanted.last_day))
        keys = [JournalEntry.entry_date, JournalEntry.id]
    if wanted.account_number:
        query, keys = _touching(query, keys, wanted.account_number)
    return query, keys


def _numbered(text: str) -> sa.ColumnElement[bool]:
    number = text.strip()
    same = JournalEntry.source_number.in_({number, number.upper()})
    if not (number.isascii() and number.isdigit() and len(number) < 10):  # noqa: PLR2004 - an int
        return same
    # With journal and year named the unique index finds the entry by its number.
    by_number = sa.and_(
        JournalEntry.journal.in_(list(Journal)),
        JournalEntry.fiscal_year_id.in_(sa.select(FiscalYear.id)),
        JournalEntry.number == int(number),
    )
    return sa.or_(same, by_number)


def _touching(query: sa.Select[Any], keys: list[Any], account_number: str) -> tuple[sa.Select[Any], list[Any]]:
    """Entries with a line on the account; without a period the account's own index gives them in their order."""
    account_id = sa.select(Account.id).where(Account.number == account_number).scalar_subquery()
    if len(keys) > 1:
        line = sa.exists().where(JournalLine.entry_id == JournalEntry.id, JournalLine.account_id == account_id)
        return query.where(line), keys
    other = aliased(JournalLine)
    is_first = ~sa.exists().where(
        other.entry_id == JournalLine.entry_id,
        other.account_id == JournalLine.account_id,
        other.position < JournalLine.position,
    )
    query = query.join(JournalLine, JournalLine.entry_id == JournalEntry.id).add_columns(JournalLine.entry_id)
    return query.where(JournalLine.account_id == account_id, is_first), [JournalLine.entry_id]


def _amounts(entry_ids: Sequence[int]) -> dict[int, Decimal]:
    query = sa.select(JournalLine.entry_id, total(JournalLine.debit)).where(JournalLine.entry_id.in_(entry_ids))
    found = session.execute(query.group_by(JournalLine.entry_id))
    return dict.fromkeys(entry_ids, Decimal("0.00")) | dict(found.all())


def latest_entries(limit: int) -> Sequence[JournalEntry]:
    """The entries posted last."""
    query = sa.select(JournalEntry).options(joinedload(JournalEntry.fiscal_year)).order_by(JournalEntry.id.desc())
    return session.scalars(query.where(JournalEntry.posted_at.is_not(None)).limit(limit)).all()


def entry(entry_id: int) -> JournalEntry:
    """With its fiscal year; NotFoundError where there is none."""
    row = session.get(JournalEntry, entry_id, options=[joinedload(JournalEntry.fiscal_year)])
    if row is None:
        raise NotFoundError(_("There is no such journal entry."))
    return row


def lines_of(entry_id: int) -> Sequence[sa.Row[JournalLine, Account, OpenItem]]:
    """(line, account, open item or None) in their order."""
    query = (
        sa.select(JournalLine, Account, OpenItem)
        .join(Account, Account.id == JournalLine.account_id)
        .outerjoin(OpenItem, OpenItem.id == JournalLine.open_item_id)
        .where(JournalLine.entry_id == entry_id)
        .order_by(JournalLine.position)
    )
    return session.execute(query).all()


def reversal_of(entry_id: int) -> JournalEntry | None:
    """The entry that reverses this one."""
    query = sa.select(JournalEntry).options(joinedload(JournalEntry.fiscal_year))
    return session.scalar(query.where(JournalEntry.reverses_id == entry_id))


def entries_of(kind: str, source_id: int) -> Sequence[JournalEntry]:
    """What a document or a payment has in the books, oldest first: its own entries, and those that touch its open item."""
    own = sa.select(JournalEntry.id).where(JournalEntry.source_kind == kind, JournalEntry.source_id == source_id)
    touching = (
        sa.select(JournalLine.entry_id)
        .join(OpenItem, OpenItem.id == JournalLine.open_item_id)
        .where(OpenItem.kind.in_(ITEM_KINDS.get(kind, ())), OpenItem.source_id == source_id)
    )
    query = (
        sa.select(JournalEntry)
        .where(JournalEntry.id.in_(own.union(touching)), JournalEntry.posted_at.is_not(None))
        .options(joinedload(JournalEntry.fiscal_year), selectinload(JournalEntry.lines).joinedload(JournalLine.account))
    )
    return session.scalars(query.order_by(JournalEntry.id)).all()


def entry_date(entry_id: int) -> dt.date:
    """The date of an entry."""
    return session.scalars(sa.select(JournalEntry.entry_date).where(JournalEntry.id == entry_id)).one()
