"""Setting up the books and opening and closing them: chart of accounts, fiscal years, periods."""

import datetime as dt
from collections.abc import Iterable

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.company import charts
from fsm.core.audit import note, now
from fsm.core.db import session
from fsm.core.errors import ConflictError, DomainError, NotFoundError
from fsm.ledger.models import (
    Account,
    AccountKind,
    AccountRole,
    FiscalYear,
    Journal,
    JournalHead,
    Period,
)


def load_chart(name: str) -> None:
    """Fill the accounts and their roles from a chart's data file, and make the journals."""
    chart = charts.load(name)
    ids: dict[str, int] = {}
    for account in chart.accounts:
        row = Account(number=account.number, name=account.name_en, kind=AccountKind(account.kind))
        session.add(row)
        session.flush()
        ids[account.number] = row.id
    for role, number in chart.roles.items():
        session.add(AccountRole(role=role, account_id=ids[number]))
    session.add_all(JournalHead(journal=journal, hash="") for journal in Journal)
    session.flush()


def open_fiscal_year(first_day: dt.date, last_day: dt.date) -> FiscalYear:
    """A fiscal year with its monthly periods, right after the one before it; at most 24 months (the first)."""
    previous = session.scalar(sa.select(sa.func.max(FiscalYear.last_day)))
    if previous is not None and first_day != previous + dt.timedelta(days=1):
        raise DomainError(_("A fiscal year starts on the day after the one before it."), "first_day")
    if not first_day < last_day <= first_day + dt.timedelta(days=731):
        raise DomainError(_("A fiscal year ends after it starts, within 24 months."), "last_day")
    name = str(last_day.year) if first_day.year == last_day.year else f"{first_day.year}-{last_day.year}"
    year = FiscalYear(name=name, first_day=first_day, last_day=last_day)
    session.add(year)
    session.flush()
    start = first_day
    while start <= last_day:
        following = (start.replace(day=1) + dt.timedelta(days=32)).replace(day=1)
        end = min(following - dt.timedelta(days=1), last_day)
        session.add(Period(fiscal_year_id=year.id, first_day=start, last_day=end))
        start = following
    session.flush()
    return year


def periods_for(days: Iterable[dt.date]) -> dict[dt.date, Period]:
    """The open period of each day, held against closing until the transaction ends.

    A day after the last fiscal year opens the next one. DomainError for a closed period or a day before the first year.
    """
    wanted = sorted(set(days))
    rows = _held(wanted[0], wanted[-1])
    if not rows or rows[-1].last_day < wanted[-1]:
        _extend_years(wanted[-1])
        rows = _held(wanted[0], wanted[-1])
    found = {}
    for day in wanted:
        period = next((row for row in rows if row.first_day <= day <= row.last_day), None)
        if period is None:
            raise DomainError(_("%(day)s lies before the first fiscal year.", day=day.isoformat()), "invoice_date")
        if period.closed_at is not None:
            raise DomainError(_("The period %(month)s is closed.", month=f"{period.first_day:%Y-%m}"), "invoice_date")
        found[day] = period
    return found


def _held(first: dt.date, last: dt.date) -> list[Period]:
    query = sa.select(Period).where(Period.last_day >= first, Period.first_day <= last).order_by(Period.first_day)
    return list(session.scalars(query.with_for_update(read=True).execution_options(populate_existing=True)))


def _extend_years(day: dt.date) -> None:
    newest = sa.select(FiscalYear.last_day).order_by(FiscalYear.last_day.desc()).limit(1)
    last = session.scalar(newest)
    if last is None:
        raise DomainError(_("No fiscal year has been set up."))
    if day <= last:
        return
    session.scalar(newest.with_for_update())  # a twin that opens the same year waits here
    last = session.scalars(newest).one()
    while day > last:
        first = last + dt.timedelta(days=1)
        last = first.replace(year=first.year + 1) - dt.timedelta(days=1)
        open_fiscal_year(first, last)


def close_period(period_id: int, *, actor_id: int, today: dt.date) -> Period:
    """No posting into this month any more; ConflictError for the present month's future or one closed already."""
    period = _locked(period_id)
    if period.closed_at is not None:
        raise ConflictError(_("This period is closed already."))
    if period.first_day > today:
        raise ConflictError(_("This period has not begun yet."))
    period.closed_at, period.closed_by_id = now(), actor_id
    note([("period", period.id)], _("Closed %(month)s", month=f"{period.first_day:%Y-%m}"))
    session.flush()
    return period


def reopen_period(period_id: int, *, reason: str) -> Period:
    """Take postings again; the reason is logged."""
    period = _locked(period_id)
    if period.closed_at is None:
        raise ConflictError(_("This period is open."))
    if not reason.strip():
        raise DomainError(_("Say why it is reopened."), "reason")
    period.closed_at, period.closed_by_id = None, None
    note(
        [("period", period.id)],
        _("Reopened %(month)s: %(reason)s", month=f"{period.first_day:%Y-%m}", reason=reason.strip()),
    )
    session.flush()
    return period


def _locked(period_id: int) -> Period:
    period = session.get(Period, period_id, with_for_update=True, populate_existing=True)
    if period is None:
        raise NotFoundError(_("There is no such period."))
    return period
