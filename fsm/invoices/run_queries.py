"""Runs for screens: how far one is, what became of its rows, those of before."""

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
from fsm.invoices.models import Invoice, InvoiceFollowUp, InvoiceKind, InvoiceState
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


def makes_drafts(run: InvoiceRun) -> bool:
    """Whether it makes its drafts, of service orders; else they were chosen in the list and it only posts them."""
    return run.grouping is not None


def steps_of_a_row(run: InvoiceRun) -> int:
    """A draft to make, a document to post, or both."""
    return 2 if run.posting_date is not None and makes_drafts(run) else 1


def steps_done(run: InvoiceRun, found: dict[RowState, int] | None = None) -> int:
    """Steps behind it."""
    found = counts(run.id) if found is None else found
    ended = found[RowState.POSTED] + found[RowState.FAILED] + found[RowState.SKIPPED]
    return steps_of_a_row(run) * ended + (found[RowState.DRAFTED] if makes_drafts(run) else 0)


def progress(run: InvoiceRun, moment: dt.datetime) -> Progress:
    """How far it is, and how long the rest takes if it goes on as it did since it was last resumed."""
    found = counts(run.id)
    done, steps = steps_done(run, found), run.row_count * steps_of_a_row(run)
    elapsed = (run.ended_at or (moment if run.state is RunState.RUNNING else run.beat_at)) - run.resumed_at
    lately = done - run.resumed_with
    remaining = elapsed / lately * (steps - done) if run.state is RunState.RUNNING and lately > 0 else None
    is_silent = run.state is RunState.RUNNING and moment - run.beat_at > SILENCE
    return Progress(found, done, steps, max(elapsed, dt.timedelta()), remaining, is_silent)


def made(run_id: int) -> list[Made]:
    """Sums of the run's drafts and posted documents by currency; credit notes take off."""
    is_posted = sa.case((Invoice.state == InvoiceState.POSTED, 1), else_=0)
    query = (
        sa.select(
            Invoice.currency,
            sa.func.count(),
            sa.func.sum(is_posted),
            _signed(Invoice.total_without_tax),
            _signed(Invoice.total_tax),
            _signed(Invoice.total_with_tax),
        )
        .join(InvoiceRunRow, InvoiceRunRow.invoice_id == Invoice.id)
        .where(_of_its_making(run_id), Invoice.state != InvoiceState.WITHDRAWN)
        .group_by(Invoice.currency)
        .order_by(Invoice.currency)
    )
    return [Made(currency, count - posted, posted, *sums) for currency, count, posted, *sums in session.execute(query)]


def _of_its_making(run_id: int) -> sa.ColumnElement[bool]:
    """Rows passed over may name a document all the same: somebody else has posted it."""
    return sa.and_(InvoiceRunRow.run_id == run_id, InvoiceRunRow.state != RowState.SKIPPED)


def _signed(column: Any) -> Any:  # noqa: ANN401 - an exact column
    return total(sa.case((Invoice.kind == InvoiceKind.CREDIT_NOTE, -column), else_=column))


def numbers(run_id: int) -> list[tuple[str, str]]:
    """First and last number of the invoices that it posted, and of the credit notes."""
    query = (
        sa.select(Invoice.number)
        .join(InvoiceRunRow, InvoiceRunRow.invoice_id == Invoice.id)
        .where(_of_its_making(run_id), Invoice.state == InvoiceState.POSTED)
    )
    found = []
    for kind in InvoiceKind:
        mine = query.where(Invoice.kind == kind)
        first = session.scalar(mine.order_by(Invoice.invoice_date, Invoice.number_counter).limit(1))
        last = session.scalar(mine.order_by(Invoice.invoice_date.desc(), Invoice.number_counter.desc()).limit(1))
        if first and last:
            found.append((first, last))
    return found


def unsent(run_id: int, limit: int = 1000) -> list[int]:
    """What it posted and nobody has sent yet: the first of them."""
    query = (
        sa.select(Invoice.id)
        .join(InvoiceRunRow, InvoiceRunRow.invoice_id == Invoice.id)
        .join(InvoiceFollowUp, InvoiceFollowUp.invoice_id == Invoice.id)
        .where(_of_its_making(run_id), Invoice.state == InvoiceState.POSTED, InvoiceFollowUp.sent_at.is_(None))
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
