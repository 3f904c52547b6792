"""Which bill's line claims which hour or part (architecture.md, law 2), and the work that is still to be billed.

A higher slice names its bill by kind and id; one live claim per hour or part is a unique index of the database.
"""

import datetime as dt
from collections.abc import Iterable, Sequence

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError

from fsm.core import bulk
from fsm.core.db import lock, session
from fsm.core.errors import ConflictError, NotFoundError
from fsm.service_orders.billable import (
    CLAIMED,
    WORK,
    BillableWork,
    WorkKind,
    billable_work,
    has_work_to_bill,
    is_to_bill,
    live_claim,
    work_of_claims,
)
from fsm.service_orders.models import ServiceOrder, WorkClaim

__all__ = [
    "BillableWork",
    "WorkKind",
    "billable_work",
    "claim",
    "claim_of",
    "claim_read",
    "live_claims",
    "make_final",
    "refresh_to_bill",
    "release_draft",
    "release_drafts",
    "release_posted",
    "work_of_claims",
]


def refresh_to_bill(order_ids: Iterable[int]) -> None:
    """Bring the flag of these orders up to date: called by every change that may alter it.

    The caller holds the orders' rows, else two changes of one order could each miss the other.
    """
    ids = sorted(set(order_ids))
    session.flush()
    session.execute(
        sa.update(ServiceOrder)
        .where(ServiceOrder.id.in_(ids), ServiceOrder.has_work_to_bill != has_work_to_bill())
        .values(has_work_to_bill=~ServiceOrder.has_work_to_bill)
        .execution_options(synchronize_session=False)
    )
    for order_id in ids:
        order = session.identity_map.get(session.identity_key(ServiceOrder, order_id))
        if order is not None:
            session.expire(order, ["has_work_to_bill", "visits", "time_entries", "parts_used", "photos"])


def claim(bill_kind: str, bill_id: int, rows: Sequence[tuple[int, WorkKind, int]]) -> None:
    """Put work on a draft bill: (line id, "time" or "part", work id).

    ConflictError where something is already on another bill; NotFoundError for work that does not exist.
    """
    if not rows:
        return
    orders = _orders_of(rows)
    lock(ServiceOrder, set(orders.values()))
    for kind in ("time", "part"):
        _refuse_unbillable(kind, [work_id for _line, row_kind, work_id in rows if row_kind == kind])
    _insert(bill_kind, [(bill_id, line_id, orders[kind, work_id], kind, work_id) for line_id, kind, work_id in rows])


def claim_read(bill_kind: str, rows: Sequence[tuple[int, int, BillableWork]]) -> None:
    """Put work on draft bills, (bill id, line id, work), by two statements whatever their number.

    The work was read as billable in this transaction, its orders' rows held: nobody can have changed it since.
    ConflictError where the database says otherwise.
    """
    _insert(
        bill_kind,
        [(bill_id, line_id, work.service_order_id, work.kind, work.work_id) for bill_id, line_id, work in rows],
    )


def _insert(bill_kind: str, rows: Sequence[tuple[int, int, int, str, int]]) -> None:
    values = [
        {
            "service_order_id": order_id,
            "time_entry_id": work_id if kind == "time" else None,
            "part_used_id": work_id if kind == "part" else None,
            "bill_kind": bill_kind,
            "bill_id": bill_id,
            "bill_line_id": line_id,
            "is_final": False,
        }
        for bill_id, line_id, order_id, kind, work_id in rows
    ]
    try:
        with session.begin_nested():
            bulk.add(WorkClaim, values)
    except IntegrityError as error:
        raise ConflictError(_("Some of this work is already on another invoice.")) from error
    refresh_to_bill(order_id for _bill, _line, order_id, _kind, _work in rows)


def release_draft(bill_kind: str, bill_id: int, line_ids: Iterable[int] | None = None) -> None:
    """Give back what a draft claimed: all of it, or that of some lines (deleted, or claimed no more)."""
    condition = sa.and_(WorkClaim.bill_kind == bill_kind, WorkClaim.bill_id == bill_id, WorkClaim.is_final.is_(False))
    if line_ids is not None:
        condition = sa.and_(condition, WorkClaim.bill_line_id.in_(list(line_ids)))
    _release(condition)


def release_drafts(bill_kind: str, bill_ids: Iterable[int]) -> None:
    """Give back all that these drafts claimed."""
    ids = list(bill_ids)
    _release(sa.and_(WorkClaim.bill_kind == bill_kind, WorkClaim.bill_id.in_(ids), WorkClaim.is_final.is_(False)))


def _release(condition: sa.ColumnElement[bool]) -> None:
    order_ids = _hold_orders(condition)
    session.execute(sa.delete(WorkClaim).where(condition).execution_options(synchronize_session=False))
    refresh_to_bill(order_ids)


def make_final(bill_kind: str, bill_ids: Iterable[int]) -> None:
    """The bills are posted: their work is billed and no longer changes."""
    condition = sa.and_(
        WorkClaim.bill_kind == bill_kind,
        WorkClaim.bill_id.in_(list(bill_ids)),
        WorkClaim.is_final.is_(False),
        WorkClaim.released_at.is_(None),
    )
    order_ids = _hold_orders(condition)
    if not order_ids:
        return
    session.execute(
        sa.update(WorkClaim).where(condition).values(is_final=True).execution_options(synchronize_session=False)
    )
    refresh_to_bill(order_ids)


def release_posted(bill_kind: str, bill_line_ids: Iterable[int], at: dt.datetime) -> None:
    """A posted line was credited and its work is to be billed again; the claim stays as history."""
    condition = sa.and_(
        WorkClaim.bill_kind == bill_kind,
        WorkClaim.bill_line_id.in_(list(bill_line_ids)),
        WorkClaim.is_final.is_(True),
        WorkClaim.released_at.is_(None),
    )
    order_ids = _hold_orders(condition)
    session.execute(
        sa.update(WorkClaim).where(condition).values(released_at=at).execution_options(synchronize_session=False)
    )
    refresh_to_bill(order_ids)


def claim_of(kind: WorkKind, work_id: int) -> WorkClaim | None:
    """The live claim on an hour or a part."""
    return session.scalar(sa.select(WorkClaim).where(CLAIMED[kind] == work_id, WorkClaim.released_at.is_(None)))


def live_claims(order_ids: Iterable[int]) -> list[WorkClaim]:
    """All live claims on the work of these orders."""
    query = sa.select(WorkClaim).where(WorkClaim.service_order_id.in_(list(order_ids)), WorkClaim.released_at.is_(None))
    return list(session.scalars(query.order_by(WorkClaim.id)))


def _hold_orders(condition: sa.ColumnElement[bool]) -> set[int]:
    order_ids = set(session.scalars(sa.select(WorkClaim.service_order_id).where(condition).distinct()))
    lock(ServiceOrder, order_ids)
    return order_ids


def _orders_of(rows: Sequence[tuple[int, WorkKind, int]]) -> dict[tuple[str, int], int]:
    orders: dict[tuple[str, int], int] = {}
    for kind, work in WORK.items():
        wanted = [work_id for _line, row_kind, work_id in rows if row_kind == kind]
        if wanted:
            found = session.execute(sa.select(work.id, work.service_order_id).where(work.id.in_(wanted)))
            orders |= {(kind, work_id): order_id for work_id, order_id in found}
    if any((kind, work_id) not in orders for _line, kind, work_id in rows):
        raise NotFoundError(_("Some of this work does not exist any more."))
    return orders


def _refuse_unbillable(kind: WorkKind, work_ids: list[int]) -> None:
    if not work_ids:
        return
    work = WORK[kind]
    query = (
        sa.select(ServiceOrder.number, live_claim(kind))
        .join(work, work.service_order_id == ServiceOrder.id)
        .where(work.id.in_(work_ids), ~is_to_bill(kind))
        .limit(1)
    )
    refused = session.execute(query).first()
    if refused is None:
        return
    number, is_claimed = refused
    if is_claimed:
        raise ConflictError(_("Work of %(number)s is already on another invoice.", number=number))
    raise ConflictError(_("Some of the work of %(number)s is not to be billed.", number=number))
