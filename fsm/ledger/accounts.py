"""Accounts with their balances: the chart, ranges of months, an account's lines."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload

from fsm.core.db import session, total
from fsm.core.errors import NotFoundError
from fsm.core.paging import PAGE_SIZE, Page, page
from fsm.ledger.models import (
    Account,
    AccountKind,
    AccountMonth,
    AccountRole,
    FiscalYear,
    JournalEntry,
    JournalLine,
    Period,
)

# These add up from the first day of the fiscal year, all others from the beginning (accounting.md 4).
YEARLY = frozenset({AccountKind.INCOME, AccountKind.EXPENSE})


def account(number: str) -> Account:
    """NotFoundError where the chart has none."""
    row = session.scalar(sa.select(Account).where(Account.number == number))
    if row is None:
        raise NotFoundError(_("There is no such account."))
    return row


@dataclass(frozen=True, slots=True)
class ChartRow:
    """An account of the chart, the roles it plays in the posting rules, and its balance (debit positive)."""

    account: Account
    roles: Sequence[str]
    balance: Decimal


def chart(year: FiscalYear) -> list[ChartRow]:
    """The whole chart with balances at the end of the fiscal year."""
    roles: dict[int, list[str]] = {}
    for account_id, role in session.execute(sa.select(AccountRole.account_id, AccountRole.role)):
        roles.setdefault(account_id, []).append(role)
    since = sa.or_(Account.kind.not_in(YEARLY), AccountMonth.month >= year.first_day.replace(day=1))
    until = AccountMonth.month <= year.last_day
    query = (
        sa.select(Account, total(AccountMonth.debit), total(AccountMonth.credit))
        .outerjoin(AccountMonth, sa.and_(AccountMonth.account_id == Account.id, since, until))
        .group_by(Account.id)
        .order_by(Account.number)
    )
    return [
        ChartRow(row, sorted(roles.get(row.id, ())), debit - credit) for row, debit, credit in session.execute(query)
    ]


# --- fiscal years and ranges of months
@dataclass(frozen=True, slots=True)
class MonthRange:
    """Whole periods of one fiscal year, from the first day of one to the last day of another."""

    year: FiscalYear
    first_day: dt.date
    last_day: dt.date

    @property
    def first_month(self) -> dt.date:
        """The key of ``account_month``."""
        return self.first_day.replace(day=1)

    @property
    def year_month(self) -> dt.date:
        """The month from which costs and income add up."""
        return self.year.first_day.replace(day=1)


def fiscal_years() -> Sequence[FiscalYear]:
    """Newest first."""
    return session.scalars(sa.select(FiscalYear).order_by(FiscalYear.first_day.desc())).all()


def periods() -> Sequence[Period]:
    """All months, newest first."""
    return session.scalars(sa.select(Period).order_by(Period.first_day.desc())).all()


def period(period_id: int) -> Period:
    """NotFoundError where there is none."""
    row = session.get(Period, period_id)
    if row is None:
        raise NotFoundError(_("There is no such period."))
    return row


def month_range(first: dt.date | None, last: dt.date | None, today: dt.date) -> MonthRange:
    """The periods from that of ``first`` to that of ``last``, within the fiscal year of ``first``.

    Without ``first`` the fiscal year of today (else the newest before it, else the oldest), whole.
    """
    years = fiscal_years()
    if not years:
        raise NotFoundError(_("No fiscal year has been set up."))
    day = first or today
    year = next((year for year in years if year.first_day <= day), years[-1])
    query = sa.select(Period).where(Period.fiscal_year_id == year.id).order_by(Period.first_day)
    months = session.scalars(query).all()
    begin = next((month for month in reversed(months) if first and month.first_day <= first), months[0])
    end = next((month for month in months if last and month.last_day >= last), months[-1])
    return MonthRange(year, begin.first_day, max(begin, end, key=lambda month: month.last_day).last_day)


def opening_balance(row: Account, months: MonthRange) -> Decimal:
    """Debit minus credit before the range; costs and income only since the first day of the fiscal year."""
    since = months.year_month if row.kind in YEARLY else dt.date.min
    return _balance_of_months(row.id, since, months.first_month)


def _balance_of_months(account_id: int, since: dt.date, before: dt.date) -> Decimal:
    query = sa.select(total(AccountMonth.debit), total(AccountMonth.credit)).where(
        AccountMonth.account_id == account_id, AccountMonth.month >= since, AccountMonth.month < before
    )
    debit, credit = session.execute(query).one()
    return Decimal(debit - credit)


def turnover(row: Account, months: MonthRange) -> tuple[Decimal, Decimal]:
    """Debit and credit of an account within the range."""
    query = sa.select(total(AccountMonth.debit), total(AccountMonth.credit)).where(
        AccountMonth.account_id == row.id,
        AccountMonth.month.between(months.first_month, months.last_day),
    )
    debit, credit = session.execute(query).one()
    return debit, credit


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """A line of an account's page and the balance after it."""

    line: JournalLine
    entry: JournalEntry
    balance: Decimal


def account_lines(
    row: Account, months: MonthRange, cursor: str | None = None, size: int = PAGE_SIZE
) -> Page[LedgerRow]:
    """A page of an account's lines by date, each with the running balance; one month's lines are added up at most."""
    entry_id = JournalEntry.id.label("of_entry_id")  # not the name of the line's own column
    query: Any = (
        sa.select(JournalLine, JournalEntry, JournalEntry.entry_date, entry_id, JournalLine.position)
        .join(JournalEntry, JournalEntry.id == JournalLine.entry_id)
        .options(joinedload(JournalEntry.fiscal_year))
        .where(
            JournalLine.account_id == row.id,
            JournalEntry.entry_date.between(months.first_day, months.last_day),
            JournalEntry.posted_at.is_not(None),
        )
    )
    found = page(query, [JournalEntry.entry_date, entry_id, JournalLine.position], cursor, size=size)
    if not found.rows:
        return Page([], found.previous, found.next)
    balance = _balance_before(row, months, found.rows[0])
    rows = []
    for line, posted, *_keys in found.rows:
        balance += line.debit - line.credit
        rows.append(LedgerRow(line, posted, balance))
    return Page(rows, found.previous, found.next)


def _balance_before(row: Account, months: MonthRange, first: Any) -> Decimal:  # noqa: ANN401 - a row of the page
    month = first.entry_date.replace(day=1)
    balance = opening_balance(row, months) + _balance_of_months(row.id, months.first_month, month)
    place = sa.tuple_(JournalEntry.entry_date, JournalEntry.id, JournalLine.position)
    query = (
        sa.select(total(JournalLine.debit), total(JournalLine.credit))
        .join(JournalEntry, JournalEntry.id == JournalLine.entry_id)
        .where(
            JournalLine.account_id == row.id,
            JournalEntry.entry_date >= month,
            JournalEntry.posted_at.is_not(None),
            place < sa.tuple_(*(sa.literal(value) for value in (first.entry_date, first.of_entry_id, first.position))),
        )
    )
    debit, credit = session.execute(query).one()
    return Decimal(balance + debit - credit)
