"""The figures of reports, from the ledger's monthly totals."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from fsm.core.db import session, total
from fsm.ledger.accounts import YEARLY, MonthRange
from fsm.ledger.models import Account, AccountMonth

ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class BalanceRow:
    """An account over a range of months; opening and closing are debit minus credit."""

    number: str
    name: str
    opening: Decimal
    debit: Decimal
    credit: Decimal

    @property
    def closing(self) -> Decimal:
        """The balance after the range."""
        return self.opening + self.debit - self.credit


@dataclass(frozen=True, slots=True)
class TrialBalance:
    """Accounts that have figures.

    ``earlier_result`` (debit minus credit) is what costs and income of earlier fiscal years came to: there is no year-end
    entry that carries it forward, and with it opening and closing add up to 0.
    """

    rows: Sequence[BalanceRow]
    earlier_result: Decimal

    @property
    def opening(self) -> Decimal:
        """0 where the books are sound."""
        return sum((row.opening for row in self.rows), self.earlier_result)

    @property
    def debit(self) -> Decimal:
        """Of all accounts within the range."""
        return sum((row.debit for row in self.rows), ZERO)

    @property
    def credit(self) -> Decimal:
        """The same as ``debit`` where the books are sound."""
        return sum((row.credit for row in self.rows), ZERO)

    @property
    def closing(self) -> Decimal:
        """0 where the books are sound."""
        return sum((row.closing for row in self.rows), self.earlier_result)


def trial_balance(months: MonthRange) -> TrialBalance:
    """Balance-sheet accounts from the beginning, costs and income from the fiscal year's first day (accounting.md 4)."""
    month = AccountMonth.month
    is_yearly = Account.kind.in_(YEARLY)
    is_earlier = sa.and_(is_yearly, month < months.year_month)
    is_before = sa.and_(month < months.first_month, ~is_earlier)
    is_within = sa.and_(month >= months.first_month, month <= months.last_day)
    query = (
        sa.select(
            Account.number,
            Account.name,
            _total(is_earlier, AccountMonth.debit) - _total(is_earlier, AccountMonth.credit),
            _total(is_before, AccountMonth.debit) - _total(is_before, AccountMonth.credit),
            _total(is_within, AccountMonth.debit),
            _total(is_within, AccountMonth.credit),
        )
        .join(AccountMonth, AccountMonth.account_id == Account.id)
        .where(month <= months.last_day)
        .group_by(Account.id, Account.number, Account.name)
        .order_by(Account.number)
    )
    rows, earlier_result = [], ZERO
    for number, name, earlier, opening, debit, credit in session.execute(query):
        earlier_result += earlier
        if opening or debit or credit:
            rows.append(BalanceRow(number, name, opening, debit, credit))
    return TrialBalance(rows, earlier_result)


def _total(condition: sa.ColumnElement[bool], column: Any) -> Any:  # noqa: ANN401 - an exact column
    return total(sa.case((condition, column), else_=None))
