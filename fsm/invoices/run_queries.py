"""Month-end runs for screens: how far one is, what became of its rows, those of before."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload

from fsm.core import paging
from fsm.core.db import session, total
from fsm.core.errors import NotFoundError
from fsm.invoices.models import Invoice, InvoiceFollowUp, InvoiceState
from fsm.invoices.run_models import InvoiceRun, InvoiceRunOrder, InvoiceRunRow, RowState, RunState
from fsm.service_orders.models import ServiceOrder

SILENCE = dt.timedelta(minutes=2)
TABS: dict[str, tuple[RowState, ...]] = {
    "failed": (RowState.FAILED,),
    "skipped": (RowState.SKIPPED,),
    "drafted": (RowState.DRAFTED,),
    "posted": (RowState.POSTED,),
    "waiting": (RowState.WAITING,),
}
MOST_NUMBERS = 5  # of a row's orders shown by name


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is. A step is a draft made or a document posted; what failed or was passed over is done with."""

    counts: dict[RowState, int]
    done: int
    steps: int
    elapsed: dt.timedelta
    remaining: dt.timedelta | None
    is_silent: bool

    @property
    def drafts_made(self) -> int:
        """Rows that are a draft by now, or more than that."""
        return self.counts[RowState.DRAFTED] + self.counts[RowState.POSTED]


@dataclass(frozen=True, slots=True)
class Made:
    """What a run has made in one currency."""

    currency: str
    drafts: int
    posted: int
    net: Decimal
    tax: Decimal
    total: Decimal


def run(run_id: int) -> InvoiceRun:
    """The run as it is now; NotFoundError."""
    found = session.get(InvoiceRun, run_id, populate_existing=True)
    if found is None:
        raise NotFoundError(_("There is no such run."))
    return found


def counts(run_id: int) -> dict[RowState, int]:
    """How many rows stand where."""
    query = sa.select(InvoiceRunRow.state, sa.func.count()).where(InvoiceRunRow.run_id == run_id)
    found = dict(session.execute(query.group_by(InvoiceRunRow.state)).all())
    return {state: found.get(state, 0) for state in RowState}


def steps_done(run: InvoiceRun, found: dict[RowState, int] | None = None) -> int:
    """Steps behind it, of one a row, or two where it posts."""
    found = counts(run.id) if found is None else found
    each = 1 if run.posting_date is None else 2
    ended = found[RowState.POSTED] + found[RowState.FAILED] + found[RowState.SKIPPED]
    return found[RowState.DRAFTED] + each * ended


def progress(run: InvoiceRun, moment: dt.datetime) -> Progress:
    """How far it is, and how long the rest takes if it goes on as it did since it was last resumed."""
    found = counts(run.id)
    done, steps = steps_done(run, found), run.row_count * (1 if run.posting_date is None else 2)
    elapsed = (run.ended_at or (moment if run.state is RunState.RUNNING else run.beat_at)) - run.resumed_at
    lately = done - run.resumed_with
    remaining = elapsed / lately * (steps - done) if run.state is RunState.RUNNING and lately > 0 else None
    is_silent = run.state is RunState.RUNNING and moment - run.beat_at > SILENCE
    return Progress(found, done, steps, max(elapsed, dt.timedelta()), remaining, is_silent)


def made(run_id: int) -> list[Made]:
    """Sums of the run's drafts and posted invoices by currency."""
    is_posted = sa.case((Invoice.state == InvoiceState.POSTED, 1), else_=0)
    query = (
        sa.select(
            Invoice.currency,
            sa.func.count(),
            sa.func.sum(is_posted),
            total(Invoice.total_without_tax),
            total(Invoice.total_tax),
            total(Invoice.total_with_tax),
        )
        .join(InvoiceRunRow, InvoiceRunRow.invoice_id == Invoice.id)
        .where(InvoiceRunRow.run_id == run_id, Invoice.state != InvoiceState.WITHDRAWN)
        .group_by(Invoice.currency)
        .order_by(Invoice.currency)
    )
    return [Made(currency, count - posted, posted, *sums) for currency, count, posted, *sums in session.execute(query)]


def numbers(run_id: int) -> tuple[str, str] | None:
    """First and last number of what it posted."""
    query = (
        sa.select(Invoice.number)
        .join(InvoiceRunRow, InvoiceRunRow.invoice_id == Invoice.id)
        .where(InvoiceRunRow.run_id == run_id, Invoice.state == InvoiceState.POSTED)
        .order_by(Invoice.invoice_date, Invoice.number_counter)
    )
    first = session.scalar(query.limit(1))
    backwards = query.order_by(None).order_by(Invoice.invoice_date.desc(), Invoice.number_counter.desc())
    last = session.scalar(backwards.limit(1))
    return (first, last) if first and last else None


def unsent(run_id: int, limit: int = 1000) -> list[int]:
    """What it posted and nobody has sent yet: the first of them."""
    query = (
        sa.select(Invoice.id)
        .join(InvoiceRunRow, InvoiceRunRow.invoice_id == Invoice.id)
        .join(InvoiceFollowUp, InvoiceFollowUp.invoice_id == Invoice.id)
        .where(InvoiceRunRow.run_id == run_id, Invoice.state == InvoiceState.POSTED, InvoiceFollowUp.sent_at.is_(None))
        .order_by(Invoice.id)
    )
    return list(session.scalars(query.limit(limit)))


def rows(run_id: int, tab: str, cursor: str | None) -> paging.Page[InvoiceRunRow]:
    """One page of a run's rows, those of a tab or all."""
    query = sa.select(InvoiceRunRow).where(InvoiceRunRow.run_id == run_id)
    if tab in TABS:
        query = query.where(InvoiceRunRow.state.in_(TABS[tab]))
    query = query.options(joinedload(InvoiceRunRow.customer), joinedload(InvoiceRunRow.invoice))
    return paging.page(query, [InvoiceRunRow.id], cursor)


def orders_of(row_ids: Iterable[int]) -> dict[int, list[tuple[int, str]]]:
    """(order id, number) of each row."""
    query = (
        sa.select(InvoiceRunOrder.row_id, ServiceOrder.id, ServiceOrder.number)
        .join(ServiceOrder, ServiceOrder.id == InvoiceRunOrder.service_order_id)
        .where(InvoiceRunOrder.row_id.in_(list(row_ids)))
        .order_by(InvoiceRunOrder.row_id, ServiceOrder.id)
    )
    found: dict[int, list[tuple[int, str]]] = {}
    for row_id, order_id, number in session.execute(query):
        found.setdefault(row_id, []).append((order_id, number))
    return found


def runs(cursor: str | None) -> paging.Page[InvoiceRun]:
    """The runs of before, the newest first."""
    return paging.page(sa.select(InvoiceRun), [InvoiceRun.id], cursor, descending=True)


def counts_of(run_ids: Sequence[int]) -> dict[int, dict[RowState, int]]:
    """How many rows of each run stand where, by one query."""
    query = sa.select(InvoiceRunRow.run_id, InvoiceRunRow.state, sa.func.count())
    query = query.where(InvoiceRunRow.run_id.in_(run_ids)).group_by(InvoiceRunRow.run_id, InvoiceRunRow.state)
    found: dict[int, dict[RowState, int]] = {run_id: dict.fromkeys(RowState, 0) for run_id in run_ids}
    rows_: Iterable[Any] = session.execute(query)
    for run_id, state, count in rows_:
        found[run_id][state] = count
    return found
