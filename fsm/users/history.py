"""The history of any record: sentences and changes of its rows, before and after, in one line of time.

A change that was made in the same breath as a sentence stands under it. What somebody may not see is left out.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask import g
from flask_babel import gettext as _

from fsm.core.audit import AuditChange, TimelineNote
from fsm.core.db import Base, session
from fsm.core.formats import day, moment, money, percent, plain, quantity, unit_price
from fsm.core.types import AMOUNT, PERCENTAGE, QUANTITY, UNIT_PRICE, Exact, Moment
from fsm.users.history_words import FIELDS, HIDDEN_FIELDS, NAMED_BY, SECRETS, TABLES
from fsm.users.queries import names

SAME_BREATH = dt.timedelta(seconds=2)
MOST_LINES = 12  # of one change; a new record has many columns
_TEXT = 120
# By what they measure: quantities and amounts have the same scale.
_FORMATS: dict[str, Callable[[Decimal], str]] = {
    AMOUNT.measures: money,
    UNIT_PRICE.measures: unit_price,
    QUANTITY.measures: quantity,
    PERCENTAGE.measures: percent,
}
# Which rows a record's history tells of: its own (None), or those whose column names it; "*" stands for all rows.
ROWS: dict[str, tuple[tuple[str, str | None], ...]] = {
    "customer": (("customer", None), ("contact", "customer_id"), ("customer_price", "customer_id")),
    "site": (("site", None), ("equipment", "site_id")),
    "equipment": (("equipment", None),),
    "stock_item": (("stock_item", None), ("customer_price", "stock_item_id")),
    "labor_rate": (("labor_rate", None), ("customer_price", "labor_rate_id")),
    "price_list": (("price_list", None), ("listed_price", "price_list_id")),
    "kit": (("kit", None), ("kit_line", "kit_id")),
    "user": (("app_user", None),),
    "quote": (("quote", None),),
    "sales_order": (("sales_order", None),),
    "invoice": (("invoice", None), ("invoice_follow_up", "invoice_id")),
    "service_order": (
        ("service_order", None),
        ("visit", "service_order_id"),
        ("time_entry", "service_order_id"),
        ("part_used", "service_order_id"),
        ("task", "service_order_id"),
    ),
    "maintenance_contract": (
        ("maintenance_contract", None),
        ("contract_machine", "contract_id"),
        ("contract_date", "contract_id"),
    ),
    "period": (("period", None),),
    "webhook": (("webhook_endpoint", None),),
    "layout": (("layout", None),),
    "company": tuple(
        (table, "*")
        for table in (
            "company",
            "bank_account",
            "number_series",
            "document_settings",
            "custom_field",
            "late_interest_rate",
            "late_interest_percentage",
            "layout",
            "service_settings",
            "invoice_settings",
            "payment_settings",
            "mail_settings",
            "mail_template",
            "backup_settings",
            "account_role",
        )
    ),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One field of a change in words; ``before`` empty: it was not there."""

    label: str
    before: str
    after: str


@dataclass(slots=True)
class Entry:
    """An event: its sentence, who and when, and what changed."""

    at: dt.datetime
    text: str
    by: str
    lines: list[Line] = field(default_factory=list)
    url: str | None = None
    icon: str | None = None


class Entries(list[Entry]):
    """A page of a record's history; ``more`` names the place where it goes on, ``kind`` and ``record_id`` the record."""

    def __init__(self, entries: Iterable[Entry], kind: str, record_id: int, more: str) -> None:
        super().__init__(entries)
        self.kind, self.record_id, self.more = kind, record_id, more


def timeline(kind: str, record_id: int, limit: int = 15) -> Entries:
    """The history of a record for the page that shows it, as far as this user may see it."""
    return history(kind, record_id, g.actor.can, limit=limit)


def history(
    kind: str, record_id: int, can: Callable[[str], bool], *, limit: int = 15, cursor: str | None = None
) -> Entries:
    """The newest events of a record, newest first, from the place of ``cursor`` on; at most seven queries."""
    note_id, change_id = _place(cursor)
    notes = list(session.scalars(_notes(kind, record_id, note_id).limit(limit + 1)))
    changes = list(session.scalars(_changes(kind, record_id, change_id).limit(limit + 1))) if kind in ROWS else []
    merged = _merged(notes, changes)
    shown, rest = merged[:limit], merged[limit:]
    more = ""
    if rest:
        last_note = min((row.id for row in shown if isinstance(row, TimelineNote)), default=note_id)
        last_change = min((row.id for row in shown if isinstance(row, AuditChange)), default=change_id)
        more = f"{last_note}.{last_change}"
    return Entries(_entries(shown, kind, can), kind, record_id, more)


def _place(cursor: str | None) -> tuple[int, int]:
    newest = 2**63 - 1
    first, _dot, second = (cursor or "").partition(".")
    if not (first.isascii() and first.isdigit() and second.isascii() and second.isdigit()):
        return newest, newest
    return min(int(first[:19]), newest), min(int(second[:19]), newest)


def _notes(kind: str, record_id: int, before_id: int) -> sa.Select[Any]:
    of_record = sa.and_(TimelineNote.subject_kind == kind, TimelineNote.subject_id == record_id)
    return sa.select(TimelineNote).where(of_record, TimelineNote.id < before_id).order_by(TimelineNote.id.desc())


def _changes(kind: str, record_id: int, before_id: int) -> sa.Select[Any]:
    conditions = []
    for name, column in ROWS[kind]:
        table = Base.metadata.tables.get(name)
        if table is None:
            continue
        of_table = AuditChange.table_name == name
        if column is None:
            conditions.append(sa.and_(of_table, AuditChange.row_id == record_id))
        elif column == "*":
            conditions.append(sa.and_(of_table, AuditChange.action == "update"))
        else:
            ids = sa.select(table.c.id).where(table.c[column] == record_id)
            conditions.append(sa.and_(of_table, AuditChange.row_id.in_(ids), AuditChange.action == "update"))
    return sa.select(AuditChange).where(sa.or_(*conditions), AuditChange.id < before_id).order_by(AuditChange.id.desc())


def _merged(notes: list[TimelineNote], changes: list[AuditChange]) -> list[TimelineNote | AuditChange]:
    """By moment, the newest first; each of the two keeps its own order, on which the next page relies."""
    found: list[TimelineNote | AuditChange] = []
    while notes or changes:
        takes_note = not changes or (bool(notes) and notes[0].at >= changes[0].at)
        found.append(notes.pop(0) if takes_note else changes.pop(0))
    return found


def _entries(rows: Sequence[TimelineNote | AuditChange], kind: str, can: Callable[[str], bool]) -> list[Entry]:
    people = names(row.actor_id for row in rows)
    words = Words([row for row in rows if isinstance(row, AuditChange)], can)
    own = {table for table, column in ROWS.get(kind, ()) if column is None}
    found: list[Entry] = []
    for group in _breaths(rows):
        by = people.get(group[0].actor_id or 0, "")
        told = [Entry(row.at, row.sentence, by) for row in group if isinstance(row, TimelineNote)]
        changes = [row for row in group if isinstance(row, AuditChange)]
        lines = [line for row in changes if row.action == "update" for line in words.lines(row)]
        if not told and (lines or any(row.action != "update" for row in changes)):
            told = [Entry(group[0].at, words.title(changes[0], with_name=changes[0].table_name not in own), by)]
        if told:
            told[0].lines = lines
        found += told
    return found


def _breaths(rows: Sequence[TimelineNote | AuditChange]) -> list[list[TimelineNote | AuditChange]]:
    """Rows that one person wrote within seconds, together: a change, and the sentence that tells of it."""
    groups: list[list[TimelineNote | AuditChange]] = []
    for row in rows:
        last = groups[-1][-1] if groups else None
        if last is not None and last.actor_id == row.actor_id and abs(last.at - row.at) <= SAME_BREATH:
            groups[-1].append(row)
        else:
            groups.append([row])
    return groups


class Words:
    """Changes in words: labels, values as the pages write them, names for the rows that ids mean."""

    def __init__(self, changes: Iterable[AuditChange], can: Callable[[str], bool]) -> None:
        self.can = can
        wanted: dict[str, set[int]] = {}
        for change in changes:
            for values in (change.before, change.after):
                for name, value in (values or {}).items():
                    target = _target(change.table_name, name)
                    if target and isinstance(value, int):
                        wanted.setdefault(target, set()).add(value)
        self.names = {target: _names_of(target, ids) for target, ids in wanted.items()}

    def title(self, change: AuditChange, *, with_name: bool = True) -> str:
        """What happened to a row, with the kind of row unless the page is about it."""
        verb = {"insert": _("added"), "delete": _("removed")}.get(change.action, _("changed"))
        label = str(TABLES.get(change.table_name, plain_words(change.table_name)))
        return f"{label}: {verb}" if with_name else verb.capitalize()

    def lines(self, change: AuditChange) -> list[Line]:
        """Field by field; what the reader may not see is left out."""
        before, after = change.before or {}, change.after or {}
        found = []
        for name in after or before:
            if name in HIDDEN_FIELDS or (name in SECRETS and not self.can(SECRETS[name])):
                continue
            old, new = (self._value(change.table_name, name, values.get(name)) for values in (before, after))
            if old != new:
                label = str(FIELDS.get(name, plain_words(name.removesuffix("_id"))))
                found.append(Line(label, old, new))
        return found[:MOST_LINES]

    def _value(self, table: str, name: str, value: Any) -> str:  # noqa: ANN401 - any JSON value
        if value is None or value == "":
            return ""
        target = _target(table, name)
        if target and isinstance(value, int):
            return self.names.get(target, {}).get(value, f"#{value}")
        return _text(_column(table, name), value)[:_TEXT]


def plain_words(name: str) -> str:
    """A column's or a table's name where nobody has written words for it."""
    return name.replace("_", " ").strip().capitalize()


def _column(table: str, name: str) -> sa.Column[Any] | None:
    of_table = Base.metadata.tables.get(table)
    return None if of_table is None else of_table.c.get(name)


def _target(table: str, name: str) -> str:
    """The table that an id means, if its rows have a name."""
    column = _column(table, name)
    keys = column.foreign_keys if column is not None else ()
    target = next((key.target_fullname.partition(".")[0] for key in keys), "")
    if not target and name.endswith("_by_id"):
        target = "app_user"
    return target if target in NAMED_BY else ""


def _names_of(target: str, ids: set[int]) -> dict[int, str]:
    table = Base.metadata.tables[target]
    query = sa.select(table.c.id, table.c[NAMED_BY[target]]).where(table.c.id.in_(sorted(ids)))
    return dict(session.execute(query).all())


def _text(column: sa.Column[Any] | None, value: Any) -> str:  # noqa: ANN401 - any JSON value
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, (list, dict)):
        parts = value.values() if isinstance(value, dict) else value
        return ", ".join(str(part) for part in parts if part)
    kind = column.type if column is not None else None
    try:
        return _typed(kind, value)
    except (ValueError, TypeError, ArithmeticError):  # of a column that was of another type then
        return str(value)


def _typed(kind: Any, value: Any) -> str:  # noqa: ANN401 - a column's type, its JSON value
    match kind:
        case Exact():  # one of a mixin is a copy, not AMOUNT itself
            return _FORMATS.get(kind.measures, plain)(Decimal(value))
        case Moment():
            return moment(dt.datetime.fromisoformat(value).astimezone(dt.UTC))
        case sa.Date():
            return day(dt.date.fromisoformat(value))
        case sa.Enum():
            return plain_words(value)
    return str(value)
