"""Writes books into an empty database as fast as its driver can: no guards and no foreign keys meanwhile."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from enum import Enum
from itertools import chain
from typing import Any

import sqlalchemy as sa

from benchmarks.books import ADDRESS, FIRST_DAY, TODAY, Books, Row
from fsm.core.db import Base, db, is_sqlite, session, writing
from fsm.ledger.models import Account, AccountRole, FiscalYear
from fsm.ledger.periods import periods_for

MOMENT = "2026-03-20 09:00:00.000000"
# What no default says and no row needs to tell apart.
SAME: dict[str, dict[str, Any]] = {
    "customer": {"created_at": MOMENT},
    "invoice": {
        "billing_address": ADDRESS,
        "delivery_address": ADDRESS,
        "site_address": ADDRESS,
        "cash_discount_mode": "on_invoice",
        "language": "dutch",
        "tax_calculation": "total",
        "tax_rate_1": 210_000,
        "tax_rate_2": 120_000,
        "tax_rate_3": 60_000,
        "created_by_id": 1,
        "created_at": MOMENT,
        "posted_at": MOMENT,
    },
    "journal_entry": {"currency": "EUR", "posted_at": MOMENT},
    "open_item": {"currency": "EUR"},
    "payment": {"currency": "EUR", "registered_at": MOMENT, "method": "transfer"},
}


def fill(documents: int, customers: int, *, with_lines: bool = False) -> Books:
    """Write books of this size into the app's database, which has a company and nothing else; gives them back.

    ``with_lines``: what is billed on each document too, its VAT, and which document each payment pays.
    """
    with writing(bulk=True):
        periods_for([TODAY])
    books = Books(documents, customers, _accounts(), _years())
    months: dict[tuple[int, dt.date], list[int]] = defaultdict(lambda: [0, 0])
    with _unguarded() as connection:
        _write(connection, "customer", books.customer_rows())
        _write(connection, "invoice", books.invoice_rows())
        if with_lines:
            _write(connection, "invoice_line", books.bill_line_rows())
            _write(connection, "invoice_tax", books.bill_tax_rows())
        _write(connection, "invoice_follow_up", books.follow_up_rows(dt.datetime.fromisoformat(MOMENT)))
        _write(connection, "open_item", books.item_rows())
        _write(connection, "journal_entry", books.entry_rows())
        _write(connection, "journal_line", books.line_rows(months))
        _write(connection, "payment", books.payment_rows())
        if with_lines:
            _write(connection, "payment_part", books.part_rows())
        _write(
            connection,
            "account_month",
            (
                {"account_id": account_id, "month": month, "debit": debit, "credit": credit}
                for (account_id, month), (debit, credit) in months.items()
            ),
        )
        _count_on(connection)
    return books


def _accounts() -> dict[str, int]:
    query = sa.select(AccountRole.role, Account.id).join(Account, Account.id == AccountRole.account_id)
    return dict(session.execute(query).all())


def _years() -> dict[int, int]:
    """The fiscal years that exist, and ids of those before them."""
    years = {year.first_day.year: year.id for year in session.scalars(sa.select(FiscalYear))}
    missing = [year for year in range(FIRST_DAY.year, TODAY.year + 1) if year not in years]
    return years | dict(zip(missing, range(1_000, 2_000), strict=False))


@contextmanager
def _unguarded() -> Iterator[Any]:
    """The driver's connection, without guards, foreign keys and waits for the disk until the books are in."""
    session.rollback()
    raw = db.engine.raw_connection()
    connection: Any = raw.driver_connection
    cursor = connection.cursor()
    if is_sqlite():
        for pragma in ("foreign_keys=OFF", "synchronous=OFF", "cache_size=-1000000", "temp_store=MEMORY"):
            cursor.execute(f"PRAGMA {pragma}")
        guards = cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _sql in guards:
            cursor.execute(f'DROP TRIGGER "{name}"')
        cursor.execute("BEGIN IMMEDIATE")
    else:
        guards = []
        connection.autocommit = True
        cursor.execute("SET session_replication_role = replica; SET synchronous_commit = off")
        cursor.execute("BEGIN")
    yield connection
    for _name, guard in guards:
        cursor.execute(guard)
    cursor.execute("COMMIT")
    cursor.execute("ANALYZE" if is_sqlite() else "VACUUM (ANALYZE)")
    raw.invalidate()  # its settings are for nobody else


def _write(connection: Any, name: str, rows: Iterable[Row]) -> None:  # noqa: ANN401 - the driver's connection
    """Insert rows of a table; columns that they do not name take their default."""
    rows = iter(rows)
    first = next(rows)
    table = Base.metadata.tables[name]
    same = {key: value for key, value in _defaults(table).items() if key not in first} | SAME.get(name, {})
    varying = tuple(first)
    columns = ", ".join(f'"{column}"' for column in (*varying, *same))
    tail = tuple(same.values())
    stored = ((*(row.get(column) for column in varying), *tail) for row in chain([first], rows))
    cursor = connection.cursor()
    if is_sqlite():
        marks = ", ".join("?" * (len(varying) + len(same)))
        days = (tuple(str(value) if isinstance(value, dt.date) else value for value in row) for row in stored)
        cursor.executemany(f'INSERT INTO "{name}" ({columns}) VALUES ({marks})', days)
        return
    with cursor.copy(f'COPY "{name}" ({columns}) FROM STDIN') as copy:
        for row in stored:
            copy.write_row(row)
    if "id" in table.columns:
        cursor.execute(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), (SELECT max(id) FROM \"{name}\"))")


def _defaults(table: sa.Table) -> Mapping[str, Any]:
    """The models' plain defaults as the drivers take them."""
    found = {}
    for column in table.columns:
        if isinstance(column.default, sa.ColumnDefault) and column.default.is_scalar:
            value = column.default.arg
            kind = column.type.dialect_impl(db.engine.dialect)
            processor = kind.bind_processor(db.engine.dialect)
            is_plain = isinstance(value, bool | int | str) and not isinstance(value, Enum)
            found[column.name] = value if is_plain or processor is None else processor(value)
    return found


def _count_on(connection: Any) -> None:  # noqa: ANN401 - the driver's connection
    """Fiscal years before the company's own, and the journals' counters: what is posted next follows."""
    cursor = connection.cursor()
    for year in range(FIRST_DAY.year, TODAY.year + 1):
        row_id = cursor.execute(f"SELECT id FROM fiscal_year WHERE first_day = '{year}-01-01'").fetchone()
        if row_id is None:
            place = 1_000 + year - FIRST_DAY.year
            cursor.execute(
                "INSERT INTO fiscal_year (id, name, first_day, last_day) "
                f"VALUES ({place}, '{year}', '{year}-01-01', '{year}-12-31')"
            )
    cursor.execute(
        "INSERT INTO number_counter (series, period, last_number) "
        "SELECT 'journal:' || journal, CAST(fiscal_year_id AS VARCHAR(10)), max(number) FROM journal_entry "
        "GROUP BY journal, fiscal_year_id"
    )
