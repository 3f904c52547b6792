"""The journal, declared: tabs by journal."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from fsm.core.lists import Asked, Column, Kind, ListSpec
from fsm.core.paging import Page, capped_count
from fsm.core.spreadsheets import FileColumn, file_columns
from fsm.core.web import MAX_ID
from fsm.ledger import queries
from fsm.ledger.forms import JOURNAL_LABELS, day_of, entry_name
from fsm.ledger.models import Journal
from fsm.ledger.queries import EntryFilter, EntryRow

TABS: dict[str, Any] = {"all": _l("All"), **{journal.value: label for journal, label in JOURNAL_LABELS.items()}}

COLUMNS = (
    Column(name="entry", label=_l("Entry"), value=lambda row: entry_name(row.entry), always=True, sort="entry"),
    Column(name="date", label=_l("Date"), value=lambda row: row.entry.entry_date, kind=Kind.DATE),
    Column(name="narration", label=_l("Narration"), value=lambda row: row.entry.narration),
    Column(name="document", label=_l("Document"), value=lambda row: row.entry.source_number),
    Column(name="amount", label=_l("Amount"), value=lambda row: row.amount, kind=Kind.AMOUNT),
    Column(name="currency", label=_l("Currency"), value=lambda row: row.entry.currency, shown=False),
    Column(name="posted", label=_l("Posted"), value=lambda row: row.entry.posted_at, kind=Kind.MOMENT, shown=False),
)


def _filters(arguments: Mapping[str, str], actor: Any) -> EntryFilter:  # noqa: ANN401 - as the declaration has it
    del actor
    first_day, last_day = day_of(arguments.get("from")), day_of(arguments.get("to"))
    if first_day or last_day:
        first_day, last_day = first_day or dt.date.min, last_day or dt.date.max
    customer = arguments.get("customer", "")
    is_id = customer.isascii() and customer.isdigit() and len(customer) < 20  # noqa: PLR2004 - below 2^64
    return EntryFilter(
        first_day=first_day,
        last_day=last_day,
        account_number=arguments.get("account", "").strip(),
        customer_id=int(customer) if is_id and 1 <= int(customer) <= MAX_ID else None,
        text=arguments.get("q", "").strip(),
    )


def _journal(asked: Asked) -> Journal | None:
    return None if asked.tab == "all" else Journal(asked.tab)


def _page(asked: Asked, cursor: str | None, size: int) -> Page[EntryRow]:
    descending = asked.sort.startswith("-")
    return queries.entries(asked.filters, cursor, journal=_journal(asked), descending=descending, size=size)


JOURNAL = ListSpec(
    name="ledger",
    title=_l("Journal"),
    columns=COLUMNS,
    tab_name="journal",
    parameters=("q", "from", "to", "account", "customer"),
    filters=_filters,
    page=_page,
    count=lambda asked: capped_count(queries.listed(asked.filters, _journal(asked))),
    sorts=lambda _tab: ("-entry",),
    record=("ledger.show", "entry_id"),
    id_of=lambda row: row.entry.id,
    tabs=TABS,
    opening_tab=lambda _filters, _actor: "all",
    tone=lambda row: "quiet" if row.entry.reverses_id else None,
)


def account_columns() -> list[FileColumn]:
    """The lines of one account as a file, like its page."""
    columns = (
        Column(name="entry", label=_("Entry"), value=lambda row: entry_name(row.entry)),
        Column(name="date", label=_("Date"), value=lambda row: row.entry.entry_date, kind=Kind.DATE),
        Column(name="narration", label=_("Narration"), value=lambda row: row.entry.narration),
        Column(name="document", label=_("Document"), value=lambda row: row.entry.source_number),
        Column(name="debit", label=_("Debit"), value=lambda row: row.line.debit or None, kind=Kind.AMOUNT),
        Column(name="credit", label=_("Credit"), value=lambda row: row.line.credit or None, kind=Kind.AMOUNT),
        Column(name="balance", label=_("Balance"), value=lambda row: row.balance, kind=Kind.AMOUNT),
    )
    return file_columns(columns, "")
