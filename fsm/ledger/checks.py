"""What must always be true of the books (accounting.md 8): each function yields a sentence per violation, none when sound.

They read in streams and add up in the database, so that they can be run on live books of any size. Queries are built
once: they are run again and again (after each step of a random walk), and building one costs more than running it.
"""

import datetime as dt
import functools
import itertools
from collections import defaultdict
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, TypeAlias

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.core import numbering
from fsm.core.db import session, total
from fsm.core.numbering import NumberCounter, NumberSeries
from fsm.ledger.models import (
    Account,
    AccountMonth,
    Journal,
    JournalEntry,
    JournalHead,
    JournalLine,
)
from fsm.ledger.posting import ZERO, chain_hash, hash_content

AnySelect: TypeAlias = "sa.Select[*tuple[Any, ...]]"
STREAM = {"yield_per": 1000}


def streamed(query: Any, parameters: Mapping[str, Any] | None = None) -> Iterator[Any]:  # noqa: ANN401 - any select
    """The rows of a query of columns, which may be millions: without the unit of work, which has nothing to do with them."""
    yield from session.connection().execute(query, parameters, execution_options=STREAM)


def entries_posted() -> Iterator[str]:
    """Entries are drafts only inside the transaction that posts them."""
    for entry_id, narration in streamed(_drafts()):
        yield _("Entry %(id)s (%(narration)s) was never posted.", id=entry_id, narration=narration)


@functools.cache
def _drafts() -> AnySelect:
    query = sa.select(JournalEntry.id, JournalEntry.narration).where(JournalEntry.posted_at.is_(None))
    return query.order_by(JournalEntry.id)


def debits_equal_credits_per_entry() -> Iterator[str]:
    """In EUR and in the entry's currency; and an entry has lines."""
    for entry_id, eur, foreign in streamed(_unbalanced()):
        yield _(
            "Entry %(id)s does not balance: %(eur)s EUR, %(foreign)s in its currency.",
            id=entry_id,
            eur=eur,
            foreign=foreign,
        )
    for (entry_id,) in streamed(_without_lines()):
        yield _("Entry %(id)s has no lines.", id=entry_id)


@functools.cache
def _without_lines() -> AnySelect:
    return sa.select(JournalEntry.id).where(~sa.exists().where(JournalLine.entry_id == JournalEntry.id))


@functools.cache
def _unbalanced() -> AnySelect:
    return (
        sa.select(
            JournalLine.entry_id,
            (total(JournalLine.debit) - total(JournalLine.credit)).label("eur"),
            (total(JournalLine.currency_debit) - total(JournalLine.currency_credit)).label("foreign"),
        )
        .group_by(JournalLine.entry_id)
        .having(
            sa.or_(
                sa.func.sum(JournalLine.debit) != sa.func.sum(JournalLine.credit),
                sa.func.sum(JournalLine.currency_debit) != sa.func.sum(JournalLine.currency_credit),
            )
        )
    )


def monthly_totals_proven() -> Iterator[str]:
    """The stored totals of each account and month are those of its lines."""
    sums: dict[tuple[int, dt.date], list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
    for account_id, on, debit, credit in streamed(_by_day()):
        month = sums[account_id, on.replace(day=1)]
        month[0] += debit
        month[1] += credit
    for account_id, on, debit, credit in streamed(_stored_months()):
        sums[account_id, on][0] -= debit
        sums[account_id, on][1] -= credit
    wrong = sorted((month, difference) for month, difference in sums.items() if any(difference))
    if wrong:
        numbers = dict(session.execute(sa.select(Account.id, Account.number)).all())
        for (account_id, on), (debit, credit) in wrong:
            yield _(
                "Account %(number)s, %(month)s: the lines differ from the monthly total by %(debit)s debit, %(credit)s credit.",
                number=numbers.get(account_id, account_id),
                month=f"{on:%Y-%m}",
                debit=debit,
                credit=credit,
            )


@functools.cache
def _stored_months() -> AnySelect:
    return sa.select(AccountMonth.account_id, AccountMonth.month, AccountMonth.debit, AccountMonth.credit)


@functools.cache
def _by_day() -> AnySelect:
    return (
        sa.select(JournalLine.account_id, JournalEntry.entry_date, total(JournalLine.debit), total(JournalLine.credit))
        .join(JournalEntry, JournalEntry.id == JournalLine.entry_id)
        .group_by(JournalLine.account_id, JournalEntry.entry_date)
    )


def hash_chain_unbroken() -> Iterator[str]:
    """Each entry's hash is that of its content and of the entry before it in its journal; the head is the last of them."""
    last: dict[Journal, tuple[int | None, str]] = dict.fromkeys(Journal, (None, ""))
    for entry_id, rows in itertools.groupby(streamed(_hashed_content()), key=lambda row: row.id):
        lines = list(rows)
        head = lines[0]._mapping  # noqa: SLF001 - the row as a mapping, its documented name
        if head["previous_hash"] != last[head["journal"]][1]:
            yield _("Entry %(id)s does not follow the entry before it in its journal.", id=entry_id)
        content = hash_content(dict(head), (tuple(row)[-6:] for row in lines if row.account is not None))
        if chain_hash(head["previous_hash"], content) != head["hash"]:
            yield _("Entry %(id)s is not what was posted: its hash says otherwise.", id=entry_id)
        last[head["journal"]] = (entry_id, head["hash"])
    heads = {head.journal: (head.entry_id, head.hash) for head in session.scalars(sa.select(JournalHead))}
    for journal, end in last.items():
        if heads.get(journal, (None, "")) != end:
            yield _("The last entry of the journal %(journal)s is not its head.", journal=journal.value)


@functools.cache
def _hashed_content() -> AnySelect:
    """Posted entries in the order of posting, a row per line: what the hash covers, the line's six values last."""
    entry = JournalEntry
    return (
        sa.select(
            entry.id,
            entry.previous_hash,
            entry.hash,
            entry.journal,
            entry.fiscal_year_id,
            entry.number,
            entry.entry_date,
            entry.narration,
            entry.source_kind,
            entry.source_id,
            entry.source_number,
            entry.customer_id,
            entry.currency,
            entry.facts_hash,
            entry.reverses_id,
            Account.number.label("account"),
            JournalLine.grid,
            JournalLine.debit,
            JournalLine.credit,
            JournalLine.currency_debit,
            JournalLine.currency_credit,
        )
        .outerjoin(JournalLine, JournalLine.entry_id == entry.id)
        .outerjoin(Account, Account.id == JournalLine.account_id)
        .where(entry.posted_at.is_not(None))
        .order_by(entry.id, JournalLine.position)
    )


def journal_numbers_without_hole() -> Iterator[str]:
    """Entries count from 1 per journal and fiscal year."""
    yield from holes(_journal_numbers(), "journal")


@functools.cache
def _journal_numbers() -> AnySelect:
    return sa.select(
        (sa.literal("journal:") + sa.cast(JournalEntry.journal, sa.String)).label("series"),
        sa.cast(JournalEntry.fiscal_year_id, sa.String).label("period"),
        JournalEntry.number.label("number"),
    ).where(JournalEntry.number.is_not(None))


def holes(numbers: AnySelect, kind: str) -> Iterator[str]:
    """Where the numbers (series, period, number) of the kind's counters do not run from the first to the counter's last."""
    given, groups = _counted(numbers)
    found = {(series, period): tuple(rest) for series, period, *rest in streamed(groups)}
    of_kind, counters = _series_and_counters(kind)
    all_series = {f"{row.kind}:{row.id}": row for row in session.scalars(of_kind)}
    last_numbers = {(series, period): last_number for series, period, last_number in streamed(counters)}
    for counter in sorted(found.keys() | last_numbers.keys()):
        series = all_series.get(counter[0])
        first = numbering.first_of(series, counter[1]) if series else 1
        if series and series.first_period is None and found.get(counter, (0,))[0] == series.first_number:
            first = series.first_number  # once each period began with it
        low, high, count, distinct = found.get(counter, (first, first - 1, 0, 0))
        name = f"{counter[0]} {counter[1]}".strip()
        if count != distinct:
            yield _("Counter %(name)s: a number was given twice.", name=name)
        if low != first or high - low + 1 != distinct:
            missing = first if low != first else _first_missing(given, counter)
            yield _("Counter %(name)s: number %(number)s is missing.", name=name, number=missing)
        if last_numbers.get(counter, first - 1) != high:
            yield _(
                "Counter %(name)s stands at %(last)s, the last number given is %(high)s.",
                name=name,
                last=last_numbers.get(counter, "–"),
                high=high,
            )


@functools.cache
def _series_and_counters(kind: str) -> tuple[sa.Select[NumberSeries], AnySelect]:
    counters = sa.select(NumberCounter.series, NumberCounter.period, NumberCounter.last_number)
    return (
        sa.select(NumberSeries).where(NumberSeries.kind == kind),
        counters.where(NumberCounter.series.startswith(f"{kind}:")),
    )


@functools.lru_cache
def _counted(numbers: AnySelect) -> tuple[sa.Subquery, AnySelect]:
    """The numbers, and per counter: first, last, how many, how many different."""
    given = numbers.subquery()
    number = given.c.number
    return given, sa.select(
        given.c.series,
        given.c.period,
        sa.func.min(number),
        sa.func.max(number),
        sa.func.count(),
        sa.func.count(number.distinct()),
    ).group_by(given.c.series, given.c.period)


def _first_missing(given: sa.Subquery, counter: tuple[str, str]) -> int | None:
    following = given.alias()
    query = (
        sa.select(sa.func.min(given.c.number) + 1)
        .where(given.c.series == counter[0], given.c.period == counter[1])
        .where(
            ~sa.exists().where(
                following.c.series == given.c.series,
                following.c.period == given.c.period,
                following.c.number == given.c.number + 1,
            )
        )
    )
    return session.scalar(query)
