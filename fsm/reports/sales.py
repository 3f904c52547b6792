"""What was invoiced and what came in, from the ledger: months from the monthly totals, rows from the journal lines.

Figure and rows are sums over the same accounts, so that a total always is what its rows add up to.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

import sqlalchemy as sa

from fsm.company.charts import Role
from fsm.company.models import BankAccount
from fsm.core.db import session, total
from fsm.core.paging import PAGE_SIZE, Page, page
from fsm.customers.queries import names
from fsm.ledger.models import Account, AccountKind, AccountMonth, AccountRole, JournalEntry, JournalLine
from fsm.reports.spans import month_end, month_start

ZERO = Decimal("0.00")
Movement: TypeAlias = Any  # a row of account id, debit, credit
# Income that no invoice line is booked on: it comes with payments and reminders.
_NO_SALES = (Role.EXCHANGE_GAIN, Role.SMALL_DIFFERENCE_GAIN, Role.REMINDER_COSTS, Role.LATE_INTEREST)
_WITH_TAX = (Role.VAT_PAYABLE, Role.VAT_ON_CREDIT_NOTES, Role.PACKAGING_DEPOSITS, Role.ADVANCES)
_MONEY = (Role.BANK, Role.CASH, Role.CARDS_IN_TRANSIT)


@dataclass(frozen=True, slots=True)
class Accounts:
    """Ids of the accounts: sales without VAT, what comes on top of them on an invoice, and where money lies."""

    net: frozenset[int]
    on_top: frozenset[int]
    money: frozenset[int]

    @property
    def sales(self) -> frozenset[int]:
        """All that an invoice comes to."""
        return self.net | self.on_top


@dataclass(frozen=True, slots=True)
class Amounts:
    """EUR: invoices less credit notes without and with VAT; payments less refunds."""

    net: Decimal = ZERO
    total: Decimal = ZERO
    collected: Decimal = ZERO

    def __add__(self, other: "Amounts") -> "Amounts":
        return Amounts(self.net + other.net, self.total + other.total, self.collected + other.collected)


@dataclass(frozen=True, slots=True)
class EntryRow:
    """A journal entry, its customer's name, and what it adds to sales or to the money."""

    entry: JournalEntry
    customer: str
    amounts: Amounts


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """What a customer was invoiced without VAT; entries without a customer have the id 0."""

    customer_id: int
    name: str
    net: Decimal


@dataclass(frozen=True, slots=True)
class AccountRow:
    """What was sold on one account, without VAT."""

    number: str
    name: str
    net: Decimal


def accounts() -> Accounts:
    """Sorted out by kind and by role: one query, since a chart is small."""
    roles: dict[str, int] = {}
    kinds: dict[int, AccountKind] = {}
    by_number: dict[str, int] = {}
    query = sa.select(Account.id, Account.number, Account.kind, AccountRole.role)
    for account_id, number, kind, role in session.execute(
        query.outerjoin(AccountRole, AccountRole.account_id == Account.id)
    ):
        kinds[account_id] = kind
        by_number[number] = account_id
        if role:
            roles[role] = account_id
    elsewhere = {roles.get(role) for role in _NO_SALES}
    banks = session.scalars(sa.select(BankAccount.account_number))
    money = {roles[role] for role in _MONEY if role in roles} | {
        by_number[number] for number in banks if number in by_number
    }
    on_top = {roles[role] for role in _WITH_TAX if role in roles}
    net = {account_id for account_id, kind in kinds.items() if kind is AccountKind.INCOME} - elsewhere
    return Accounts(frozenset(net), frozenset(on_top - net), frozenset(money))


def by_month(of: Accounts, first_month: dt.date, last_month: dt.date) -> dict[dt.date, Amounts]:
    """The figures of each month that has any; as many rows are read as there are accounts and months."""
    query = sa.select(AccountMonth.month, AccountMonth.account_id, AccountMonth.debit, AccountMonth.credit).where(
        AccountMonth.account_id.in_(of.sales | of.money), AccountMonth.month.between(first_month, last_month)
    )
    found: dict[dt.date, Amounts] = {}
    for month, account_id, debit, credit in session.execute(query):
        found[month] = found.get(month, Amounts()) + _amounts(of, account_id, debit, credit)
    return found


def between(of: Accounts, first_day: dt.date, last_day: dt.date) -> Amounts:
    """The figures of any days."""
    found = _movements(of.sales | of.money, first_day, last_day)
    return sum((_amounts(of, *row) for row in found), Amounts())


def of_customer(of: Accounts, first_day: dt.date, last_day: dt.date, customer_id: int) -> Amounts:
    """The figures of one customer."""
    found = _of_lines(of.sales | of.money, first_day, last_day, customer_id)
    return sum((_amounts(of, *row) for row in found), Amounts())


def entries(
    of: Accounts,
    wanted: Iterable[int],
    first_day: dt.date,
    last_day: dt.date,
    customer_id: int | None = None,
    cursor: str | None = None,
    size: int = PAGE_SIZE,
) -> Page[EntryRow]:
    """A page of the entries that touch the wanted accounts, the newest day first; three queries however many there are."""
    ids = sorted(wanted)
    touches = sa.exists().where(JournalLine.entry_id == JournalEntry.id, JournalLine.account_id.in_(ids))
    query = sa.select(JournalEntry).where(*_within(first_day, last_day, customer_id), touches)
    found = page(query, [JournalEntry.entry_date, JournalEntry.id], cursor, descending=True, size=size)
    amounts: dict[int, Amounts] = {}
    lines = sa.select(JournalLine.entry_id, JournalLine.account_id, JournalLine.debit, JournalLine.credit).where(
        JournalLine.entry_id.in_([entry.id for entry in found.rows]), JournalLine.account_id.in_(ids)
    )
    for entry_id, account_id, debit, credit in session.execute(lines) if found.rows else ():
        amounts[entry_id] = amounts.get(entry_id, Amounts()) + _amounts(of, account_id, debit, credit)
    called = names(entry.customer_id for entry in found.rows)
    rows = [EntryRow(entry, called.get(entry.customer_id or 0, ""), amounts[entry.id]) for entry in found.rows]
    return Page(rows, found.previous, found.next)


def by_customer(
    of: Accounts, first_day: dt.date, last_day: dt.date, cursor: str | None = None, size: int = PAGE_SIZE
) -> Page[CustomerRow]:
    """Customers by what they were invoiced without VAT, the largest first."""
    net = (total(JournalLine.credit) - total(JournalLine.debit)).label("net")
    customer_id = sa.func.coalesce(JournalEntry.customer_id, 0).label("customer_id")
    sums = (
        sa.select(customer_id, net)
        .join(JournalLine, JournalLine.entry_id == JournalEntry.id)
        .where(*_within(first_day, last_day, None), JournalLine.account_id.in_(sorted(of.net)))
        .group_by(sa.text("1"))
        .subquery()
    )
    query = sa.select(sums.c.customer_id, sums.c.net)
    found = page(query, [sums.c.net, sums.c.customer_id], cursor, descending=True, size=size)
    called = names(row.customer_id for row in found.rows)
    rows = [CustomerRow(row.customer_id, called.get(row.customer_id, ""), row.net) for row in found.rows]
    return Page(rows, found.previous, found.next)


def by_account(of: Accounts, first_day: dt.date, last_day: dt.date) -> list[AccountRow]:
    """Sales by account: what kinds of work and goods they came from."""
    net: dict[int, Decimal] = {}
    for account_id, debit, credit in _movements(of.net, first_day, last_day):
        net[account_id] = net.get(account_id, ZERO) + credit - debit
    query = sa.select(Account.id, Account.number, Account.name).where(Account.id.in_(net)).order_by(Account.number)
    return [AccountRow(number, name, net[account_id]) for account_id, number, name in session.execute(query)]


def _amounts(of: Accounts, account_id: int, debit: Decimal, credit: Decimal) -> Amounts:
    if account_id in of.money:
        return Amounts(collected=debit - credit)
    return Amounts(net=credit - debit if account_id in of.net else ZERO, total=credit - debit)


def _within(first_day: dt.date, last_day: dt.date, customer_id: int | None) -> Sequence[sa.ColumnElement[bool]]:
    conditions = [JournalEntry.entry_date.between(first_day, last_day), JournalEntry.posted_at.is_not(None)]
    return conditions if customer_id is None else [*conditions, JournalEntry.customer_id == customer_id]


def _movements(ids: frozenset[int], first_day: dt.date, last_day: dt.date) -> list[Movement]:
    """Whole months from their totals, the lines of what is left of a month at either end."""
    whole_first = first_day if first_day.day == 1 else month_start(first_day, 1)
    whole_last = last_day if last_day == month_end(last_day) else month_start(last_day) - dt.timedelta(days=1)
    if whole_first > whole_last:
        return _of_lines(ids, first_day, last_day)
    query = sa.select(AccountMonth.account_id, total(AccountMonth.debit), total(AccountMonth.credit)).where(
        AccountMonth.account_id.in_(sorted(ids)), AccountMonth.month.between(whole_first, whole_last)
    )
    found: list[Movement] = list(session.execute(query.group_by(AccountMonth.account_id)))
    if first_day < whole_first:
        found += _of_lines(ids, first_day, whole_first - dt.timedelta(days=1))
    if last_day > whole_last:
        found += _of_lines(ids, whole_last + dt.timedelta(days=1), last_day)
    return found


def _of_lines(
    ids: frozenset[int], first_day: dt.date, last_day: dt.date, customer_id: int | None = None
) -> list[Movement]:
    query = (
        sa.select(JournalLine.account_id, total(JournalLine.debit), total(JournalLine.credit))
        .join(JournalEntry, JournalEntry.id == JournalLine.entry_id)
        .where(*_within(first_day, last_day, customer_id), JournalLine.account_id.in_(sorted(ids)))
        .group_by(JournalLine.account_id)
    )
    return list(session.execute(query))
