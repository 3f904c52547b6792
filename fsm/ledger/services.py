"""Writing the books: ``post`` and ``reverse``, each for a list. Nobody else writes the ledger's tables.

Locks are taken once, in one order: periods, open items by id, months by account, journals by name.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import cache
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from fsm.core import bulk, numbering
from fsm.core.audit import now
from fsm.core.db import is_sqlite, session, table_of
from fsm.core.errors import ConflictError, DomainError
from fsm.ledger.models import (
    Account,
    AccountMonth,
    ItemMovement,
    Journal,
    JournalEntry,
    JournalHead,
    JournalLine,
    Period,
)
from fsm.ledger.open_items import Move, touch
from fsm.ledger.periods import periods_for
from fsm.ledger.posting import (
    ZERO,
    EntryDraft,
    LineDraft,
    NewItem,
    chain_hash,
    hash_content,
    movements,
    netted,
    swapped,
)

# Composed once: they run at every posting, and to compose one takes longer than to run it.
_ACCOUNTS = sa.select(Account.number, Account.id).where(Account.number.in_(sa.bindparam("numbers", expanding=True)))
_LOCK_HEADS = (
    sa.select(JournalHead.journal, JournalHead.hash)
    .where(JournalHead.journal.in_(sa.bindparam("journals", expanding=True)))
    .order_by(JournalHead.journal)
    .with_for_update()
)
_HEAD, _ENTRY = table_of(JournalHead), table_of(JournalEntry)
_MOVE_HEAD = (
    sa.update(_HEAD)
    .where(_HEAD.c.journal == sa.bindparam("of"))
    .values(entry_id=sa.bindparam("entry_id"), hash=sa.bindparam("hash"))
)
_MARK_POSTED = (
    sa.update(_ENTRY)
    .where(_ENTRY.c.id.in_(sa.bindparam("ids", expanding=True)))
    .values(posted_at=sa.bindparam("at"), posted_by_id=sa.bindparam("by_id"))
)


def post(drafts: Sequence[EntryDraft], *, actor_id: int | None) -> list[int]:
    """Post entries in the order given; gives their ids.

    DomainError for a closed period, a date outside every fiscal year or an unknown account; UnbalancedError for a
    posting rule that does not balance.
    """
    if not drafts:
        return []
    lines = [netted(draft) for draft in drafts]
    moves = [movements(draft) for draft in drafts]
    accounts = _accounts({line.account for entry in lines for line in entry})
    periods = periods_for([draft.entry_date for draft in drafts])
    items = touch(moves)
    _add_to_months(drafts, lines, accounts)
    rows = _chained(drafts, lines, periods)
    ids = _insert(rows, lines, moves, accounts, items)
    _move_heads(rows, ids)
    session.connection().execute(_MARK_POSTED, {"ids": ids, "at": now(), "by_id": actor_id})
    return ids


def reverse(entry_ids: Sequence[int], *, today: dt.date, actor_id: int | None, narration: str = "") -> list[int]:
    """Post the reversal of each entry: the same lines, sides swapped, on its date if that period is open, else today.

    ConflictError for an entry that is not posted or has been reversed before.
    """
    entries = {
        entry.id: entry
        for entry in session.scalars(
            sa.select(JournalEntry)
            .where(JournalEntry.id.in_(entry_ids))
            .order_by(JournalEntry.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    }
    done = session.scalar(sa.select(sa.func.count()).where(JournalEntry.reverses_id.in_(entry_ids)))
    if done or any(entry_id not in entries or entries[entry_id].posted_at is None for entry_id in entry_ids):
        raise ConflictError(_("This entry has been reversed already, or was never posted."))
    closed = _closed_months([entry.entry_date for entry in entries.values()])
    lines = _stored_lines(entry_ids)
    drafts = [
        EntryDraft(
            journal=entry.journal,
            entry_date=today if entry.entry_date.replace(day=1) in closed else entry.entry_date,
            narration=narration or _("Reversal of %(narration)s", narration=entry.narration)[:250],
            source_kind=entry.source_kind,
            source_id=entry.source_id,
            source_number=entry.source_number,
            customer_id=entry.customer_id,
            currency=entry.currency,
            lines=swapped(lines[entry.id]),
            reverses_id=entry.id,
        )
        for entry in (entries[entry_id] for entry_id in entry_ids)
    ]
    return post(drafts, actor_id=actor_id)


def _stored_lines(entry_ids: Sequence[int]) -> dict[int, list[LineDraft]]:
    """Posted lines as drafts again; the roles come back from the movements, as lines that net to the same."""
    found: dict[int, list[LineDraft]] = defaultdict(list)
    with_roles: dict[tuple[int, int], list[ItemMovement]] = defaultdict(list)
    for move in session.scalars(sa.select(ItemMovement).where(ItemMovement.entry_id.in_(entry_ids))):
        with_roles[move.entry_id, move.open_item_id].append(move)
    query = (
        sa.select(JournalLine, Account.number)
        .join(Account, Account.id == JournalLine.account_id)
        .where(JournalLine.entry_id.in_(entry_ids))
        .order_by(JournalLine.entry_id, JournalLine.position)
    )
    for line, account in session.execute(query):
        if line.open_item_id is None:
            value, foreign = line.debit - line.credit, line.currency_debit - line.currency_credit
            found[line.entry_id].append(LineDraft(account, value, foreign, line.grid))
            continue
        for move in with_roles.pop((line.entry_id, line.open_item_id), ()):
            found[line.entry_id].append(
                LineDraft(account, move.amount_eur, move.amount, line.grid, line.open_item_id, move.role)
            )
    return found


def _closed_months(days: Iterable[dt.date]) -> set[dt.date]:
    first_days = {day.replace(day=1) for day in days}
    query = sa.select(Period.first_day, Period.last_day).where(Period.closed_at.is_not(None))
    closed = list(session.execute(query))
    return {day for day in first_days if any(row.first_day <= day <= row.last_day for row in closed)}


def _accounts(numbers: set[str]) -> dict[str, int]:
    found = dict(session.execute(_ACCOUNTS, {"numbers": numbers}).all())
    if missing := sorted(numbers - found.keys()):
        raise DomainError(_("Account %(number)s is not in the chart of accounts.", number=missing[0]), "account_number")
    return found


def _add_to_months(
    drafts: Sequence[EntryDraft], lines: Sequence[Sequence[LineDraft]], accounts: dict[str, int]
) -> None:
    sums: dict[tuple[int, dt.date], list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
    for draft, entry in zip(drafts, lines, strict=True):
        for line in entry:
            side = 0 if line.value > 0 else 1
            sums[accounts[line.account], draft.entry_date.replace(day=1)][side] += abs(line.value)
    rows = [
        {"account_id": account_id, "month": month, "debit": debit, "credit": credit}
        for (account_id, month), (debit, credit) in sorted(sums.items())
    ]
    session.connection().execute(_adding_to_months(sqlite=is_sqlite()), rows)


@cache
def _adding_to_months(*, sqlite: bool) -> sa.Executable:
    table = table_of(AccountMonth)
    insert = sqlite_insert(table) if sqlite else postgresql_insert(table)
    return insert.on_conflict_do_update(
        index_elements=["account_id", "month"],
        set_={name: table.c[name] + insert.excluded[name] for name in ("debit", "credit")},
    )


def _chained(
    drafts: Sequence[EntryDraft], lines: Sequence[Sequence[LineDraft]], periods: dict[dt.date, Period]
) -> list[dict[str, Any]]:
    """Rows of the entries with their journal numbers and hashes; the journals' heads stay locked."""
    heads = _lock_heads(sorted({draft.journal for draft in drafts}))
    years = [periods[draft.entry_date].fiscal_year_id for draft in drafts]
    wanted: dict[tuple[Journal, int], int] = defaultdict(int)
    for draft, year in zip(drafts, years, strict=True):
        wanted[draft.journal, year] += 1
    upcoming = {
        (journal, year): numbering.take_plain(f"journal:{journal.value}", str(year), count) - count
        for (journal, year), count in sorted(wanted.items())
    }
    rows = []
    for draft, year, entry in zip(drafts, years, lines, strict=True):
        upcoming[draft.journal, year] += 1
        row = {
            "journal": draft.journal,
            "fiscal_year_id": year,
            "number": upcoming[draft.journal, year],
            "entry_date": draft.entry_date,
            "narration": draft.narration[:250],
            "source_kind": draft.source_kind,
            "source_id": draft.source_id,
            "source_number": draft.source_number,
            "customer_id": draft.customer_id,
            "currency": draft.currency,
            "issues_document": draft.issues_document,
            "facts_hash": draft.facts_hash,
            "reverses_id": draft.reverses_id,
            "previous_hash": heads[draft.journal],
        }
        row["hash"] = heads[draft.journal] = chain_hash(heads[draft.journal], hash_content(row, map(_hashed, entry)))
        rows.append(row)
    return rows


def _hashed(line: LineDraft) -> tuple[str, str, Decimal, Decimal, Decimal, Decimal]:
    return (line.account, line.grid, *_sides(line.value), *_sides(line.foreign))


def _sides(value: Decimal) -> tuple[Decimal, Decimal]:
    return (value, ZERO) if value >= 0 else (ZERO, -value)


def _lock_heads(journals: Sequence[Journal]) -> dict[Journal, str]:
    """The hash of each journal's newest entry."""
    return dict(session.execute(_LOCK_HEADS, {"journals": journals}).all())


def _insert(
    rows: Sequence[dict[str, Any]],
    lines: Sequence[Sequence[LineDraft]],
    moves: Sequence[Sequence[Move]],
    accounts: dict[str, int],
    items: dict[NewItem | int, int],
) -> list[int]:
    ids = bulk.insert(JournalEntry, rows)
    line_rows = []
    for entry_id, entry in zip(ids, lines, strict=True):
        for position, line in enumerate(entry, start=1):
            (debit, credit), (currency_debit, currency_credit) = _sides(line.value), _sides(line.foreign)
            line_rows.append(
                {
                    "entry_id": entry_id,
                    "position": position,
                    "account_id": accounts[line.account],
                    "open_item_id": None if line.item is None else items[line.item],
                    "grid": line.grid,
                    "debit": debit,
                    "credit": credit,
                    "currency_debit": currency_debit,
                    "currency_credit": currency_credit,
                }
            )
    bulk.add(JournalLine, line_rows)
    move_rows = [
        {"entry_id": entry_id, "open_item_id": items[item], "role": role, "amount": amount, "amount_eur": amount_eur}
        for entry_id, entry in zip(ids, moves, strict=True)
        for item, role, amount, amount_eur in entry
    ]
    bulk.add(ItemMovement, move_rows)
    return ids


def _move_heads(rows: Sequence[dict[str, Any]], ids: Sequence[int]) -> None:
    newest = {
        row["journal"]: {"of": row["journal"], "entry_id": entry_id, "hash": row["hash"]}
        for row, entry_id in zip(rows, ids, strict=True)
    }
    session.connection().execute(_MOVE_HEAD, list(newest.values()))
