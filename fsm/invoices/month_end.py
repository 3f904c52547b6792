"""A run: many drafts made and posted by the worker, lot by lot; or drafts chosen in the list, which it only posts.

A lot and the state of its rows are written in one transaction, so that nothing is done twice wherever a process is killed.
Locks are taken in one order: the run, its rows, then those of drafting and posting. The run's own lock makes one lot of
it at a time, whoever works at it.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
import structlog
from flask_babel import gettext as _

from fsm.core import bulk, jobs
from fsm.core.audit import now
from fsm.core.db import lock, session, writing
from fsm.core.errors import ConflictError, DomainError, NotFoundError
from fsm.invoices import services
from fsm.invoices.from_orders import Group, NothingLeftError, plan, write
from fsm.invoices.models import Invoice, InvoiceKind, InvoiceState
from fsm.invoices.review import problems_of_the_books
from fsm.invoices.run_models import InvoiceRun, InvoiceRunOrder, InvoiceRunRow, RowState, RunState
from fsm.invoices.run_queries import makes_drafts, steps_done
from fsm.invoices.selection import Criteria, Preview, refuse_preview

JOB = "invoices.month_end"
LOT = 100
MOST_LINES = 5_000  # of a lot: a write of some seconds would keep others waiting
LEASE = dt.timedelta(seconds=30)  # each lot renews it; so soon another worker goes on where one was killed
# What is no row's fault: the job as a whole fails and is tried again, or is another worker's by now.
NOT_OF_A_ROW = (sa.exc.OperationalError, sa.exc.InterfaceError, jobs.FencedError, jobs.InterruptedJobError)
log = structlog.get_logger()


def start(
    criteria: Criteria, found: Preview, *, posting_date: dt.date | None, actor_id: int, today: dt.date
) -> InvoiceRun:
    """Write the run and its rows; the worker does the rest. DomainError where the date or the selection forbids it."""
    refuse_preview(found)
    if posting_date is not None:
        refuse_date(posting_date, today=today)
    run = begin(
        found.totals,
        grouping=criteria.grouping,
        posting_date=posting_date,
        criteria=criteria.as_dict(),
        order_count=found.order_count,
        row_count=len(found.rows),
        actor_id=actor_id,
    )
    ids = bulk.insert(
        InvoiceRunRow,
        [
            {
                "run_id": run.id,
                "customer_id": row.customer_id,
                "state": RowState.WAITING,
                "line_count": row.line_count,
            }
            for row in found.rows
        ],
    )
    orders = zip(ids, found.rows, strict=True)
    bulk.add(
        InvoiceRunOrder,
        [
            {"row_id": row_id, "service_order_id": order_id}
            for row_id, row in orders
            for order_id in sorted(row.order_ids)
        ],
    )
    return run


def begin(totals: Mapping[str, Iterable[Decimal]], *, actor_id: int, **asked: Any) -> InvoiceRun:  # noqa: ANN401 - columns
    """The row of a run that begins now, and its job; the run's rows are the caller's to write, before this commits."""
    moment = now()
    run = InvoiceRun(
        state=RunState.RUNNING,
        expected={currency: [str(amount) for amount in sums] for currency, sums in totals.items()},
        created_by_id=actor_id,
        asked_by_id=actor_id,
        created_at=moment,
        resumed_at=moment,
        beat_at=moment,
        **asked,
    )
    session.add(run)
    session.flush()
    jobs.enqueue(JOB, [{"run_id": run.id}], is_urgent=True)
    return run


def refuse_date(on: dt.date, *, today: dt.date) -> None:
    """DomainError with the field where nothing can be posted on this day."""
    if on > today:
        raise DomainError(_("A document may not be dated in the future."), "posting_date")
    for problem in problems_of_the_books(InvoiceKind.INVOICE, on):
        raise DomainError(problem.sentence, "posting_date")


def stop(run_id: int) -> None:
    """No further lot is begun; the one at hand is finished first. Stopped twice, stopped once."""
    run = _held(run_id)
    if run.state is RunState.RUNNING:
        run.state, run.beat_at = RunState.STOPPED, now()
        session.flush()


def go_on(run_id: int, *, actor_id: int) -> None:
    """After a stop, or where the worker has given up: what is left is done, what is done stays."""
    run = _held(run_id)
    if run.state is RunState.DONE:
        raise ConflictError(_("This run is at its end."))
    _resume(run, actor_id)


def post_all(run_id: int, *, posting_date: dt.date, actor_id: int, today: dt.date) -> None:
    """Post the drafts of a run that stopped before they were; one with a date of its own keeps it."""
    run = _held(run_id)
    if run.state is RunState.RUNNING:
        raise ConflictError(_("This run is under way."))
    refuse_date(posting_date, today=today)
    run.posting_date = posting_date
    _resume(run, actor_id)


def try_again(run_id: int, *, actor_id: int) -> None:
    """Have another go at the rows that failed, from where they stand."""
    run = _held(run_id)
    failed = sa.and_(InvoiceRunRow.run_id == run_id, InvoiceRunRow.state == RowState.FAILED)
    has_draft = InvoiceRunRow.invoice_id.is_not(None)
    session.execute(sa.update(InvoiceRunRow).where(failed, has_draft).values(state=RowState.DRAFTED, sentence=""))
    session.execute(sa.update(InvoiceRunRow).where(failed, ~has_draft).values(state=RowState.WAITING, sentence=""))
    _resume(run, actor_id)


def _held(run_id: int) -> InvoiceRun:
    run: InvoiceRun | None = lock(InvoiceRun, [run_id]).get(run_id)
    if run is None:
        raise NotFoundError(_("There is no such run."))
    return run


def _resume(run: InvoiceRun, actor_id: int) -> None:
    run.state, run.asked_by_id, run.ended_at = RunState.RUNNING, actor_id, None
    run.resumed_at = run.beat_at = now()
    run.resumed_with = steps_done(run)
    session.flush()
    jobs.enqueue(JOB, [{"run_id": run.id}], is_urgent=True)


def work_off(run_id: int, *, actor_id: int, today: Callable[[], dt.date]) -> None:
    """Do lot after lot until nothing is left or somebody has stopped the run. For the worker."""
    while True:
        lot: list[int] = []
        try:
            with writing(actor_id=actor_id, bulk=True):
                run = _at_work(run_id)
                if run is None:
                    return
                rows = _next_lot(run)
                lot = [row.id for row in rows]
                if not rows:
                    run.state, run.ended_at = RunState.DONE, now()
                    return
                _do(run, rows, actor_id=actor_id, today=today())
        except NOT_OF_A_ROW:
            raise
        except Exception:  # noqa: BLE001 - each row says why, one by one
            _one_by_one(run_id, lot, actor_id=actor_id, today=today)
        session.expunge_all()


def _at_work(run_id: int) -> InvoiceRun | None:
    """The run, held for one lot; None where it is to be left alone."""
    jobs.renew(LEASE)
    run: InvoiceRun | None = lock(InvoiceRun, [run_id]).get(run_id)
    if run is None or run.state is not RunState.RUNNING:
        return None
    run.beat_at = now()
    return run


def _next_lot(run: InvoiceRun) -> list[InvoiceRunRow]:
    """Rows to draft, else those to post, in the order of their dates: numbers follow dates."""
    mine = sa.select(InvoiceRunRow).where(InvoiceRunRow.run_id == run.id)
    waiting = mine.where(InvoiceRunRow.state == RowState.WAITING).order_by(InvoiceRunRow.id)
    rows = _taken(waiting)
    if rows or run.posting_date is None:
        return rows
    on = sa.func.coalesce(Invoice.invoice_date, run.posting_date)
    drafted = mine.join(Invoice, Invoice.id == InvoiceRunRow.invoice_id)
    return _taken(drafted.where(InvoiceRunRow.state == RowState.DRAFTED).order_by(on, InvoiceRunRow.id))


def _taken(query: sa.Select[InvoiceRunRow]) -> list[InvoiceRunRow]:
    query = query.limit(LOT).with_for_update(of=InvoiceRunRow, skip_locked=True)
    rows: list[InvoiceRunRow] = []
    lines = 0
    for row in session.scalars(query.execution_options(populate_existing=True)):
        lines += row.line_count
        if rows and lines > MOST_LINES:
            break
        rows.append(row)
    return rows


def _do(run: InvoiceRun, rows: Sequence[InvoiceRunRow], *, actor_id: int, today: dt.date) -> None:
    if rows[0].state is RowState.WAITING:
        _draft(rows, actor_id)
    else:
        _post(run, rows, actor_id, today)


def _draft(rows: Sequence[InvoiceRunRow], actor_id: int) -> None:
    orders: dict[int, list[int]] = {row.id: [] for row in rows}
    query = sa.select(InvoiceRunOrder.row_id, InvoiceRunOrder.service_order_id)
    query = query.where(InvoiceRunOrder.row_id.in_(orders)).order_by(InvoiceRunOrder.service_order_id)
    for row_id, order_id in session.execute(query):
        orders[row_id].append(order_id)
    planned = plan([Group(tuple(orders[row.id])) for row in rows], locks=True)
    pairs = list(zip(rows, planned, strict=True))
    good = [one for _row, one in pairs if one.refusal is None]
    invoice_ids = iter(write(good, actor_id=actor_id) if good else ())
    marks = []
    for row, one in pairs:
        if one.refusal is None:
            marks.append(_mark(row.id, RowState.DRAFTED, invoice_id=next(invoice_ids)))
        else:
            state = RowState.SKIPPED if isinstance(one.refusal, NothingLeftError) else RowState.FAILED
            marks.append(_mark(row.id, state, one.refusal.sentence))
    _put(marks)


def _post(run: InvoiceRun, rows: Sequence[InvoiceRunRow], actor_id: int, today: dt.date) -> None:
    by_id = {row.invoice_id: row for row in rows if row.invoice_id}
    held = services.held_with(by_id)  # all that posting is going to lock, at once: in the order of their ids
    query = sa.select(Invoice.id, Invoice.state, Invoice.invoice_date, Invoice.currency, Invoice.exchange_rate)
    query = query.where(Invoice.id.in_(held)).order_by(Invoice.id).with_for_update()
    ready, undated, marks = [], [], []
    for invoice in session.execute(query):
        row = by_id.get(invoice.id)
        if row is None:
            continue
        if invoice.state is InvoiceState.POSTED and not makes_drafts(run):
            marks.append(_mark(row.id, RowState.SKIPPED, _("It is posted already."), invoice.id))
        elif invoice.state is InvoiceState.POSTED:
            marks.append(_mark(row.id, RowState.POSTED, invoice_id=invoice.id))
        elif invoice.state is InvoiceState.WITHDRAWN:
            marks.append(_mark(row.id, RowState.SKIPPED, _("It was withdrawn."), invoice.id))
        elif invoice.currency != "EUR" and invoice.exchange_rate == 1:
            sentence = _("The exchange rate of %(currency)s is missing on this draft.", currency=invoice.currency)
            marks.append(_mark(row.id, RowState.FAILED, sentence, invoice.id))
        else:
            ready.append(invoice.id)
            if invoice.invoice_date is None:
                undated.append(invoice.id)
    if undated:  # so that a run that goes on after midnight dates its documents alike
        session.execute(
            sa.update(Invoice)
            .where(Invoice.id.in_(undated))
            .values(invoice_date=run.posting_date, version=Invoice.version + 1)
            .execution_options(synchronize_session=False)
        )
    if ready:
        services.post(ready, actor_id=actor_id, today=today)
    marks += [_mark(by_id[invoice_id].id, RowState.POSTED, invoice_id=invoice_id) for invoice_id in ready]
    _put(marks)


def _one_by_one(run_id: int, row_ids: Iterable[int], *, actor_id: int, today: Callable[[], dt.date]) -> None:
    """A lot that was refused as a whole, row by row: each that fails keeps its own sentence, the others go through."""
    for row_id in row_ids:
        refusal = ""
        for _turn in (1, 2):
            try:
                with writing(actor_id=actor_id, bulk=True):
                    run, row = _at_work(run_id), lock(InvoiceRunRow, [row_id])[row_id]
                    if run is None:
                        return
                    if row.state not in {RowState.WAITING, RowState.DRAFTED}:
                        break
                    if refusal:
                        _put([_mark(row_id, RowState.FAILED, refusal, row.invoice_id)])
                    else:
                        _do(run, [row], actor_id=actor_id, today=today())
                break
            except NOT_OF_A_ROW:
                raise
            except DomainError as error:
                refusal = error.sentence
            except Exception:
                log.exception("a row of a month-end run failed", run_id=run_id, row_id=row_id)
                refusal = _("Something unexpected went wrong; the log has the reason.")
        session.expunge_all()


def _mark(row_id: int, state: RowState, sentence: str = "", invoice_id: int | None = None) -> dict[str, Any]:
    return {"id": row_id, "state": state, "sentence": sentence[:500], "invoice_id": invoice_id}


def _put(marks: Sequence[dict[str, Any]]) -> None:
    if marks:
        session.execute(sa.update(InvoiceRunRow), marks)
