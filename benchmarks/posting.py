"""Draft and post invoices through the services, beside the raw driver inserting the very same rows."""

import datetime as dt
import json
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeAlias

import sqlalchemy as sa
from flask import Flask

from benchmarks.places import Engine
from fsm.core.db import Base, db, session, writing
from fsm.core.garbage import keep_loaded
from fsm.documents.values import LineValues
from fsm.invoices import drafts, services
from tests.factories import make_customer

Maker: TypeAlias = Callable[[int, int], object]
DAY = dt.date(2026, 3, 20)
LINES = tuple(
    LineValues(description=f"Work {place}", quantity=Decimal("2.5"), amount=Decimal("48.20"), tax_rate=Decimal(21))
    for place in range(3)
)
# What a posting changes rather than adds; the floor writes only rows that are added.
CHANGED = {"number_counter", "journal_head", "account_month", "fiscal_year", "period"}


def measure(
    engine: Engine, *, count: int, per_transaction: int, makers: Callable[[Flask], Maker] | None = None
) -> tuple[float, float]:
    """Seconds for ``count`` invoices through the services, and for the raw driver writing their rows.

    ``makers`` gives for an app another way to make invoices: what takes a customer's id and how many.
    """
    with engine.app() as app:
        make = makers(app) if makers else draft_and_post
        with writing():
            customer_id = make_customer().id
        keep_loaded()  # as the server does
        before = rows_by_table()
        started = time.perf_counter()
        for _place in range(0, count, per_transaction):
            make(customer_id, per_transaction)
        mine = time.perf_counter() - started
        added = _added(before)
    with engine.app():
        with writing():
            make_customer()
        floor = _floor(added, count, per_transaction)
    return mine, floor


def draft_and_post(customer_id: int, count: int) -> None:
    with writing(bulk=True, actor_id=1):
        ids = drafts.create_many([(customer_id, LINES)] * count, actor_id=1, invoice_date=DAY)
    with writing(bulk=True, actor_id=1):
        services.post(ids, actor_id=1, today=DAY)
    session.expunge_all()


def rows_by_table() -> dict[str, int]:
    return {
        table.name: session.scalar(sa.select(sa.func.count()).select_from(table)) or 0
        for table in Base.metadata.sorted_tables
    }


def _added(before: dict[str, int]) -> list[tuple[sa.Table, list[tuple[Any, ...]]]]:
    """The rows that came, as the driver stores them, in an order that the foreign keys allow."""
    session.rollback()
    added = []
    with db.engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            if table.name in CHANGED:
                continue
            key = ", ".join(f'"{column.name}"' for column in table.primary_key)
            query = f'SELECT {_names(table)} FROM "{table.name}" ORDER BY {key}'
            stored = [tuple(map(_plain, row)) for row in connection.exec_driver_sql(query)]
            rows = stored[before[table.name] :]
            if rows:
                added.append((table, rows))
    return added


def _names(table: sa.Table) -> str:
    return ", ".join(f'"{column.name}"' for column in table.columns)


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever the driver gives
    return json.dumps(value) if isinstance(value, dict | list) else value


def _floor(added: list[tuple[sa.Table, list[tuple[Any, ...]]]], count: int, per_transaction: int) -> float:
    raw = db.engine.raw_connection()
    connection: Any = raw.driver_connection
    mark = "?" if db.engine.dialect.name == "sqlite" else "%s"
    without_guards(connection)
    statements = [
        (
            # By name: a column that came with a later revision stands last in the database, not in the model.
            f'INSERT INTO "{table.name}" ({_names(table)}) VALUES ({", ".join([mark] * len(table.columns))})',
            rows,
        )
        for table, rows in added
    ]
    parts = count // per_transaction
    started = time.perf_counter()
    for part in range(parts):
        cursor = connection.cursor()
        cursor.execute("BEGIN IMMEDIATE" if mark == "?" else "BEGIN")
        for statement, rows in statements:
            chunk = rows[part * len(rows) // parts : (part + 1) * len(rows) // parts]
            cursor.executemany(statement, chunk)
        cursor.execute("COMMIT")
    floor = time.perf_counter() - started
    raw.close()
    return floor


def without_guards(connection: Any) -> None:  # noqa: ANN401 - the driver's connection
    """The floor knows no guards and no foreign keys that point at rows of the first database."""
    cursor = connection.cursor()
    if db.engine.dialect.name == "sqlite":
        cursor.execute("PRAGMA foreign_keys=OFF")
        names = cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in names:
            cursor.execute(f'DROP TRIGGER "{name}"')
    else:
        connection.autocommit = True
        cursor.execute("SET session_replication_role = replica")
