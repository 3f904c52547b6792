"""Entries as plain values, before they are posted: pure, no database."""

import datetime as dt
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from fsm.ledger.models import ItemKind, Journal, MovementRole

ZERO = Decimal("0.00")
_JSON = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=str, ensure_ascii=False)


class UnbalancedError(AssertionError):
    """A posting rule made an entry whose sides differ: a mistake of the program, never of the user."""


@dataclass(frozen=True, slots=True)
class NewItem:
    """An open item that comes into being with the entry."""

    kind: ItemKind
    source_id: int
    source_number: str
    customer_id: int
    opened_on: dt.date
    due_on: dt.date
    currency: str
    credits_item_id: int | None = None


@dataclass(frozen=True, slots=True)
class LineDraft:
    """A line by account number. ``value`` is EUR, ``foreign`` the entry's currency: positive is debit, negative credit.

    Signs live only here, where lines are still added up; what is stored has a side (``debit``, ``credit``).
    """

    account: str
    value: Decimal
    foreign: Decimal
    grid: str = ""
    item: NewItem | int | None = None
    role: MovementRole | None = None


def debit(
    account: str,
    amount: Decimal,
    foreign: Decimal | None = None,
    *,
    grid: str = "",
    item: NewItem | int | None = None,
    role: MovementRole | None = None,
) -> LineDraft:
    """A debit of ``amount`` EUR (a negative one is a credit); ``foreign`` where the entry's currency is another."""
    return LineDraft(account, amount, amount if foreign is None else foreign, grid, item, role)


def credit(
    account: str,
    amount: Decimal,
    foreign: Decimal | None = None,
    *,
    grid: str = "",
    item: NewItem | int | None = None,
    role: MovementRole | None = None,
) -> LineDraft:
    """A credit of ``amount`` EUR (a negative one is a debit)."""
    return LineDraft(account, -amount, -(amount if foreign is None else foreign), grid, item, role)


@dataclass(frozen=True, slots=True)
class EntryDraft:
    """One fact to be posted. ``issues_document``: this entry is the one that issues its source document."""

    journal: Journal
    entry_date: dt.date
    narration: str
    source_kind: str
    source_id: int
    source_number: str
    lines: tuple[LineDraft, ...]
    customer_id: int | None = None
    currency: str = "EUR"
    issues_document: bool = False
    facts_hash: str = ""
    reverses_id: int | None = None


def netted(draft: EntryDraft) -> list[LineDraft]:
    """Lines of one account, open item and grid added up, in the order of first appearance (accounting.md 4).

    Lines of 0 fall away, but a document keeps one receivable line. UnbalancedError where the sides differ.
    """
    sums: dict[tuple[str, NewItem | int | None, str], tuple[Decimal, Decimal]] = defaultdict(lambda: (ZERO, ZERO))
    for line in draft.lines:
        value, foreign = sums[line.account, line.item, line.grid]
        sums[line.account, line.item, line.grid] = (value + line.value, foreign + line.foreign)
    if sum(value for value, _ in sums.values()) or sum(foreign for _, foreign in sums.values()):
        msg = f"{draft.narration}: {draft.lines}"
        raise UnbalancedError(msg)
    lines = [
        LineDraft(account, value, foreign, grid, item)
        for (account, item, grid), (value, foreign) in sums.items()
        if value or foreign
    ]
    if draft.issues_document and not any(line.item for line in lines):
        lines += [LineDraft(account, ZERO, ZERO, grid, item) for account, item, grid in sums if item is not None][:1]
    return lines


def movements(draft: EntryDraft) -> list[tuple[NewItem | int, MovementRole, Decimal, Decimal]]:
    """(item, role, amount in its currency, in EUR) of the lines that bear a role, before netting."""
    sums: dict[tuple[NewItem | int, MovementRole], tuple[Decimal, Decimal]] = defaultdict(lambda: (ZERO, ZERO))
    for line in draft.lines:
        if line.item is not None and line.role is not None:
            foreign, value = sums[line.item, line.role]
            sums[line.item, line.role] = (foreign + line.foreign, value + line.value)
    return [(item, role, foreign, value) for (item, role), (foreign, value) in sums.items()]


def swapped(lines: Iterable[LineDraft]) -> tuple[LineDraft, ...]:
    """The same lines, sides swapped: a reversal."""
    return tuple(replace(line, value=-line.value, foreign=-line.foreign) for line in lines)


def chain_hash(previous: str, content: dict[str, Any]) -> str:
    """SHA-256 of the entry before it in its journal and of the entry's canonical JSON."""
    return hashlib.sha256(f"{previous}\n{_JSON.encode(content)}".encode()).hexdigest()


def hash_content(
    head: dict[str, Any], lines: Iterable[tuple[str, str, Decimal, Decimal, Decimal, Decimal]]
) -> dict[str, Any]:
    """What the hash covers: the entry's own fields and (account, grid, debit, credit, and both in its currency) per line."""
    names = (
        "journal",
        "fiscal_year_id",
        "number",
        "entry_date",
        "narration",
        "source_kind",
        "source_id",
        "source_number",
        "customer_id",
        "currency",
        "facts_hash",
        "reverses_id",
    )
    plain = {name: str(head[name]) if head[name] is not None else "" for name in names}
    return plain | {
        "lines": [[account, grid, *(f"{amount:.2f}" for amount in amounts)] for account, grid, *amounts in lines]
    }
