"""A month-end run: Done orders drafted and posted, an invoice each, beside the same rows written with Core inserts."""

import time
from typing import Any

import sqlalchemy as sa

from benchmarks.places import Engine
from benchmarks.posting import CHANGED, rows_by_table, without_guards
from fsm.core import jobs
from fsm.core.db import Base, db, session, writing
from fsm.core.garbage import keep_loaded
from fsm.invoices import month_end
from fsm.invoices.run_models import RowState
from fsm.invoices.run_queries import counts
from fsm.invoices.selection import Criteria, preview
from tests.factories import TODAY, make_month

PAYERS = 40


def measure(engine: Engine, *, orders: int) -> tuple[float, float]:
    """Seconds of the job for so many orders, and of Core inserts of the rows that came, in lots of the same size."""
    with engine.app() as app:
        with writing(bulk=True):
            make_month(orders, PAYERS)
        criteria = Criteria()
        found = preview(criteria)
        with writing(bulk=True):
            run_id = month_end.start(criteria, found, posting_date=TODAY, actor_id=1, today=TODAY).id
            # As PostgreSQL's autovacuum does, which is off on a server of the moment.
            session.execute(sa.text("ANALYZE"))
        before = rows_by_table()
        session.remove()
        keep_loaded()  # as the worker does
        started = time.perf_counter()
        jobs.run_one(app.extensions["job_handlers"])
        mine = time.perf_counter() - started
        if counts(run_id)[RowState.POSTED] != orders:
            raise RuntimeError(counts(run_id))
        added = _added(before)
    with engine.app():
        return mine, _floor(added, orders // month_end.LOT)


def _added(before: dict[str, int]) -> list[tuple[sa.Table, list[dict[str, object]]]]:
    """The rows that came, as the program knows them."""
    added = []
    session.rollback()
    with db.engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            if table.name in CHANGED:
                continue
            query = sa.select(table).order_by(*table.primary_key).offset(before[table.name])
            rows = [dict(row) for row in connection.execute(query).mappings()]
            if rows:
                added.append((table, rows))
    return added


def _floor(added: list[tuple[sa.Table, list[dict[str, object]]]], lots: int) -> float:
    is_sqlite = db.engine.dialect.name == "sqlite"
    if is_sqlite:
        raw = db.engine.raw_connection()
        without_guards(raw.driver_connection)
        raw.close()
    with db.engine.connect().execution_options(writes=True) as connection:
        if is_sqlite:
            driver: Any = connection.connection.driver_connection
            driver.execute("PRAGMA foreign_keys=OFF")
        else:
            connection.exec_driver_sql("SET session_replication_role = replica")
            connection.commit()
        started = time.perf_counter()
        for lot in range(lots):
            with connection.begin():
                for table, rows in added:
                    if chunk := rows[lot * len(rows) // lots : (lot + 1) * len(rows) // lots]:
                        connection.execute(sa.insert(table), chunk)
        return time.perf_counter() - started
