"""The manager's dashboard: what the reports say about a period, in a few queries, whatever the books' size."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from fsm.reports import days_to_invoice, margins, receivables, review_queue, sales, technicians
from fsm.reports.days_to_invoice import Days
from fsm.reports.receivables import OVERDUE, Sum
from fsm.reports.sales import Amounts, CustomerRow
from fsm.reports.spans import Span, month_end, month_start, months_of
from fsm.reports.technicians import Utilisation

MOST = 5  # rows of each list
ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class Month:
    """A month of the chart: turnover, and that of the same month a year before."""

    first_day: dt.date
    net: Decimal
    net_before: Decimal

    @property
    def last_day(self) -> dt.date:
        """The last day of the month."""
        return month_end(self.first_day)

    @property
    def first_day_before(self) -> dt.date:
        """The same month a year before."""
        return month_start(self.first_day, -12)

    @property
    def last_day_before(self) -> dt.date:
        """Its last day."""
        return month_end(self.first_day_before)


@dataclass(frozen=True, slots=True)
class SalesOutstanding:
    """Days of sales that customers still owe: ``owed`` over ``invoiced`` (with VAT) of the days from ``first_day`` on."""

    owed: Decimal
    invoiced: Decimal
    first_day: dt.date
    last_day: dt.date

    @property
    def days(self) -> int | None:
        """Rounded; None where nothing was invoiced."""
        if self.invoiced <= 0:
            return None
        return int((self.owed * ((self.last_day - self.first_day).days + 1) / self.invoiced).to_integral_value())


@dataclass(frozen=True, slots=True)
class Board:
    """All that the page shows; ``to_review`` counts at most ``review_queue.LOOKED_THROUGH``."""

    turnover: Amounts
    turnover_before: Amounts
    months: Sequence[Month]
    jobs: margins.Summary
    technicians: Sequence[Utilisation]
    all_technicians: Utilisation
    days: Days
    aged: Mapping[str, Sum]
    outstanding: SalesOutstanding
    customers: Sequence[CustomerRow]
    to_review: int

    @property
    def owed(self) -> Sum:
        """All open items, credits taken off."""
        return Sum(sum(row.count for row in self.aged.values()), sum((row.value for row in self.aged.values()), ZERO))

    @property
    def overdue(self) -> Sum:
        """The late ones."""
        late = [self.aged[name] for name in OVERDUE]
        return Sum(sum(row.count for row in late), sum((row.value for row in late), ZERO))

    @property
    def change(self) -> Decimal | None:
        """Turnover beside that of the same days a year before, in per cent; None where there was none."""
        return margins.percentage_of(self.turnover.net - self.turnover_before.net, self.turnover_before.net)


def board(span: Span, today: dt.date) -> Board:
    """The figures of a period; receivables are as they are now."""
    accounts = sales.accounts()
    days = (span.first_day, span.last_day)
    rows = technicians.utilisation(*days, today)
    aged = receivables.aged(today)
    before = year_before(span, today)
    return Board(
        turnover=sales.between(accounts, *days),
        turnover_before=sales.between(accounts, before.first_day, before.last_day),
        months=_months(accounts, today),
        jobs=margins.summary(*days, MOST),
        technicians=rows,
        all_technicians=technicians.all_of(rows),
        days=days_to_invoice.days_of(days_to_invoice.added(days_to_invoice.by_month(*days).values())),
        aged=aged,
        outstanding=_outstanding(accounts, aged, today),
        customers=sales.by_customer(accounts, *days, size=MOST).rows,
        to_review=review_queue.count(span),
    )


def year_before(span: Span, today: dt.date) -> Span:
    """The same days of the year before; of a period that still runs, those until the same day."""
    last = min(span.last_day, max(today, span.first_day))
    first_before = _year_before(span.first_day)
    last_before = month_end(_year_before(last.replace(day=1))) if last == month_end(last) else _year_before(last)
    return Span("custom", first_before, max(first_before, last_before))


def _year_before(day: dt.date) -> dt.date:
    if (day.month, day.day) == (2, 29):
        return day.replace(year=day.year - 1, day=28)
    return day.replace(year=day.year - 1)


def _months(accounts: sales.Accounts, today: dt.date, count: int = 12) -> list[Month]:
    first = month_start(today, 1 - count)
    found = sales.by_month(accounts, month_start(first, -12), month_start(today))
    nothing = Amounts()
    return [
        Month(month, found.get(month, nothing).net, found.get(month_start(month, -12), nothing).net)
        for month in months_of(first, today)
    ]


def _outstanding(accounts: sales.Accounts, aged: Mapping[str, Sum], today: dt.date) -> SalesOutstanding:
    """Over this month and the three before it: whole months are read from their totals."""
    first = month_start(today, -3)
    invoiced = sum(sales.by_month(accounts, first, month_start(today)).values(), Amounts())
    return SalesOutstanding(sum((row.value for row in aged.values()), ZERO), invoiced.total, first, today)
