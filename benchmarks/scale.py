"""``make bench-scale``: what must not slow down with the years, on small books and on large ones, one table.

``python -m benchmarks.scale [documents] [engine]``: a smaller number than 1,000,000 to try it, one engine by name.
"""

import base64
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask import Flask

from benchmarks import posting
from benchmarks.books import TODAY
from benchmarks.filling import fill
from benchmarks.places import Engine, engines
from fsm.core import search as index
from fsm.core.db import session, writing
from fsm.core.paging import PAGE_SIZE
from fsm.home import queries as home
from fsm.home.search import search
from fsm.home.search_views import EACH
from fsm.invoices import queries as invoices
from fsm.invoices.models import Invoice
from fsm.ledger import accounts as ledger
from fsm.ledger.models import OpenItem
from fsm.users.actor import Actor
from fsm.users.models import Role
from tests.factories import make_customer

LEAST, SMALL = 20_000, 1_000
POSTED = 100
REPEATS = 15
OFFICE = Actor(1, "Bench", "bench@example.com", frozenset({Role.OFFICE}), "en", 1)


@dataclass(frozen=True)
class Place:
    """Books of one size."""

    app: Flask
    documents: int


@dataclass
class Table:
    """Prints each line as it is measured and counts the aims that are missed."""

    engine: str
    missed: int = 0

    def line(self, name: str, figures: str, value: float, aim: float, unit: str) -> None:
        """``value`` is to be at most ``aim``."""
        verdict = "" if value <= aim else "  missed"
        self.missed += value > aim
        print(f"{self.engine:<11}{name:<36}{figures:>34}{value:>10.2f} {unit:<3}{aim:>8g}{verdict}", flush=True)


def main() -> None:
    """Exit status 1 where an aim is missed."""
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    if size < LEAST:
        sys.exit(f"At least {LEAST:,} documents: fewer do not fill the pages that are measured.")
    wanted = "".join(sys.argv[2:3]).lower()
    missed = 0
    for engine in engines():
        if wanted in engine.name.lower():
            missed += _measure(engine, size)
    sys.exit(1 if missed else 0)


def _measure(engine: Engine, size: int) -> int:
    table = Table(engine.name)
    with ExitStack() as stack:
        started = time.perf_counter()
        small = Place(stack.enter_context(engine.app()), SMALL)
        fill(SMALL, 100)
        large = Place(stack.enter_context(engine.app()), size)
        fill(size, max(100, size // 10))
        print(f"{engine.name}: {size:,} documents written in {time.perf_counter() - started:.0f} s", flush=True)
        _lists(table, small, large)
        _trial_balance(table, large)
        _dashboard(table, large)
    _work_on(table, engine, size // 10)
    return table.missed


def _work_on(table: Table, engine: Engine, size: int) -> None:
    """What is done all day among so many documents and as many customers."""
    with ExitStack() as stack:
        small = Place(stack.enter_context(engine.app()), POSTED)
        with writing():
            make_customer()
        posting.draft_and_post(1, POSTED)
        large = Place(stack.enter_context(engine.app()), size)
        fill(size, size)
        _posting(table, small, large)
        _search(table, large)


def _times(place: Place, work: Callable[[], object], repeats: int = REPEATS) -> Iterator[float]:
    """Seconds of each call, with a session that knows nothing yet, as every request has."""
    for at in range(repeats + 1):
        with place.app.app_context():
            started = time.perf_counter()
            work()
            took = time.perf_counter() - started
            session.rollback()
        if at:  # the first call compiles the statements
            yield took


def _together(small: Place, large: Place, works: tuple[Callable[[], object], Callable[[], object]]) -> list[float]:
    """Medians of both, measured in turns so that the machine's moods hit both alike."""
    found: list[list[float]] = [[], []]
    for _round in range(3):
        for at, place in enumerate((small, large)):
            found[at] += _times(place, works[at])
    return [statistics.median(times) for times in found]


def _lists(table: Table, small: Place, large: Place) -> None:
    for tab in invoices.ALL_TABS:
        for depth in ("first", "deep"):
            works = tuple(_page_of(place, tab, depth) for place in (small, large))
            low, high = _together(small, large, (works[0], works[1]))
            figures = f"{low * 1000:.1f} ms / {high * 1000:.1f} ms"
            table.line(f"invoices, {tab}, {depth} page", figures, high / low, 1.2, "x")
    counting = [lambda: invoices.counts(invoices.Filters(), TODAY)] * 2
    low, high = _together(small, large, (counting[0], counting[1]))
    table.line("invoices, counts of all tabs", f"{low * 1000:.1f} ms / {high * 1000:.1f} ms", high * 1000, 50, "ms")


def _page_of(place: Place, tab: str, depth: str) -> Callable[[], object]:
    sort = invoices.sort_of(tab, "")
    cursor = None if depth == "first" else _cursor(place, tab, sort)

    def work() -> object:
        found = invoices.page(tab, invoices.Filters(), sort=sort, cursor=cursor, today=TODAY)
        if len(found.rows) < PAGE_SIZE:
            raise AssertionError(f"{tab} has no whole page")
        return found

    return work


def _cursor(place: Place, tab: str, sort: str) -> str:
    """Of the row in the middle of the list."""
    is_due = sort.endswith("due")
    with place.app.app_context():
        query = invoices.listed(tab, invoices.Filters(), TODAY)
        row: Any = OpenItem if tab not in invoices.UNNUMBERED else Invoice
        columns = [row.due_on, row.id] if is_due else [row.id]
        count = session.scalar(sa.select(sa.func.count()).select_from(query.subquery())) or 0
        order = [column.desc() if sort.startswith("-") else column for column in columns]
        found = session.execute(query.with_only_columns(*columns).order_by(*order).offset(count // 2).limit(1)).one()
        values = [value if isinstance(value, int) else str(value) for value in found]
    return base64.urlsafe_b64encode(json.dumps(["f", *values]).encode()).decode().rstrip("=")


def _trial_balance(table: Table, place: Place) -> None:
    with place.app.app_context():
        year = next(year for year in ledger.fiscal_years() if year.first_day.year == TODAY.year)
        shown = {row.account.id: row.balance for row in ledger.chart(year) if row.balance}
        lines = session.scalar(sa.text("SELECT count(*) FROM journal_line"))
        added = session.execute(
            sa.text(
                "SELECT account.id, SUM(debit) - SUM(credit) FROM journal_line"
                " JOIN journal_entry ON journal_entry.id = entry_id JOIN account ON account.id = account_id"
                " WHERE entry_date <= :last AND (kind NOT IN ('income', 'expense') OR entry_date >= :first)"
                " GROUP BY account.id"
            ),
            {"last": str(year.last_day), "first": str(year.first_day)},
        )
        sums = {account_id: Decimal(int(cents)).scaleb(-2) for account_id, cents in added if cents}
        if shown != sums:
            raise AssertionError(f"the trial balance is not that of the lines: {shown} {sums}")
    grouped = sa.text("SELECT account_id, SUM(debit), SUM(credit) FROM journal_line GROUP BY account_id")
    floor = statistics.median(_times(place, lambda: session.execute(grouped).all(), 3))
    mine = statistics.median(_times(place, lambda: ledger.chart(ledger.fiscal_years()[0])))
    figures = f"{mine * 1000:.1f} ms / {floor * 1000:.0f} ms"
    table.line(f"trial balance of {lines:,} lines", figures, mine / floor, 0.02, "x")


def _dashboard(table: Table, place: Place) -> None:
    took = statistics.median(_times(place, lambda: home.dashboard(TODAY)))
    table.line("dashboard", "", took * 1000, 100, "ms")


def _search(table: Table, place: Place) -> None:
    started = time.perf_counter()
    with place.app.app_context():  # the rows were written past the unit of work
        index.rebuild()
        session.remove()
    print(f"{table.engine}: search index made in {time.perf_counter() - started:.0f} s", flush=True)
    for text in ("hotel cla", "BE0000000077", "OLD-0000", "121.00", "bakkerij janssens 9"):
        took = statistics.median(_times(place, lambda text=text: _found(place, text)))  # type: ignore[misc]  # reason: the default of a lambda
        table.line(f"search for “{text}”", "", took * 1000, 100, "ms")


def _found(place: Place, text: str) -> object:
    with place.app.test_request_context():
        return search(text, OFFICE, each=EACH)


def _posting(table: Table, small: Place, large: Place) -> None:
    low, high = _together(small, large, (lambda: posting.draft_and_post(1, 1), lambda: posting.draft_and_post(1, 1)))
    figures = f"{low * 1000:.1f} ms / {high * 1000:.1f} ms"
    table.line(f"draft + post after {large.documents:,}", figures, high / low, 1.1, "x")


if __name__ == "__main__":
    main()
