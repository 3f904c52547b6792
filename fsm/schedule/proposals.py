"""Proposals for the tray: asked for on the board, made by the worker, decided on by a person."""

import datetime as dt
import importlib.util
from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.core import audit, jobs
from fsm.core.clean_up import LOT
from fsm.core.db import lock, session
from fsm.core.errors import ConflictError, DomainError, NotFoundError
from fsm.core.formats import zone
from fsm.core.types import sort_key
from fsm.schedule import moves, queries
from fsm.schedule.board import planned
from fsm.schedule.models import Proposal, ProposalState
from fsm.schedule.queries import PRIORITY_ORDER, OrderFacts
from fsm.schedule.slots import Assignment, Slot, Task, free_slots, task_of
from fsm.service_orders.models import OrderState, ServiceOrder, Visit
from fsm.users.actor import Actor

PROPOSE = "schedule.propose"
SOLVER = "pyvrp"
MOST_ORDERS = 100
MOST_DAYS = 14
KEPT = dt.timedelta(days=7)


def is_installed() -> bool:
    """Whether the extra ``planner`` is there."""
    return importlib.util.find_spec(SOLVER) is not None


def ask(from_date: dt.date, days: int, *, actor: Actor, today: dt.date) -> Proposal:
    """The worker makes it. DomainError without the solver, without orders, and for days that are over."""
    if not is_installed():
        raise DomainError(
            _(
                "Proposals need the planner, which is not installed here: pip install 'fsm[planner]', then start fsm again."
            )
        )
    first = max(from_date, today)
    last = from_date + dt.timedelta(days=min(days, MOST_DAYS) - 1)
    if last < today:
        raise DomainError(_("These days are over: choose days to come."))
    if not session.scalar(sa.select(sa.exists().where(ServiceOrder.state == OrderState.DRAFT))):
        raise DomainError(_("The tray is empty: there is nothing to propose."))
    row = Proposal(
        state=ProposalState.WAITING,
        from_date=first,
        to_date=last,
        rows=[],
        figures={},
        created_by_id=actor.id,
        created_at=audit.now(),
    )
    session.add(row)
    session.flush()
    jobs.enqueue(PROPOSE, [{"proposal_id": row.id}], is_urgent=True)
    return row


def find(proposal_id: int) -> Proposal:
    """NotFoundError without one."""
    row = session.get(Proposal, proposal_id)
    if row is None:
        raise NotFoundError(_("There is no such proposal."))
    return row


def problem(row: Proposal, now: dt.datetime) -> tuple[list[OrderFacts], list[Task], list[Slot]]:
    """The orders of the tray, what is to be planned of them, and the free time of all technicians; a read."""
    orders = queries.tray(MOST_ORDERS)[:MOST_ORDERS]
    start, end = queries.bounds(row.from_date, (row.to_date - row.from_date).days + 1)
    workers = queries.workers(queries.technician_rows()[: queries.MOST_TECHNICIANS], start, end)
    of_worker = defaultdict(list)
    for visit in queries.visits_between(start, end, [worker.id for worker in workers], limit=10 * queries.MOST_VISITS):
        of_worker[visit.technician_id].append(planned(visit.order, visit.start, visit.end, visit.id))
    days = [row.from_date + dt.timedelta(days=number) for number in range((row.to_date - row.from_date).days + 1)]
    slots = [
        slot
        for worker in workers
        for slot in free_slots(worker, of_worker[worker.id], days, not_before=now, zone=zone())
    ]
    return orders, [_task(order) for order in orders], slots


def _task(order: OrderFacts) -> Task:
    task = task_of(order.id, order.minutes, order.needs, order.place, (order.window_start, order.window_end))
    weight = 2 ** (len(PRIORITY_ORDER) - 1 - PRIORITY_ORDER.index(order.priority))
    return Task(task.order_id, task.minutes, task.needs, task.place, task.window_start, task.window_end, weight)


def left_out(orders: Sequence[OrderFacts], chosen: Collection[int], slots: Sequence[Slot]) -> list[dict[str, Any]]:
    """Why an order is not in the proposal, as far as it can be told."""
    found = []
    for order in orders:
        if order.id in chosen:
            continue
        able = [slot for slot in slots if {sort_key(name) for name in order.needs} <= slot.skills]
        if order.needs and not able:
            why = _("Nobody who has free time then has all of: %(skills)s.", skills=", ".join(order.needs))
        elif order.window_end and not any(slot.start < order.window_end for slot in slots):
            why = _("It was promised before these free hours.")
        elif order.window_start and not any(slot.end > order.window_start for slot in slots):
            why = _("It is promised after these days.")
        else:
            why = _("No free time that is long enough is left.")
        found.append({"order_id": order.id, "why": why})
    return found


def keep(proposal_id: int, rows: Sequence[Assignment], figures: dict[str, Any]) -> None:
    """The worker's answer; a proposal that was refused meanwhile stays so."""
    row: Proposal | None = lock(Proposal, [proposal_id]).get(proposal_id)
    if row is None or row.state is not ProposalState.WAITING:
        return
    row.rows = [
        {
            "order_id": one.order_id,
            "technician_id": one.technician_id,
            "start": one.start.isoformat(),
            "end": one.end.isoformat(),
            "travel_minutes": one.travel_minutes,
        }
        for one in sorted(rows, key=lambda one: (one.start, one.technician_id))
    ]
    row.figures, row.state = figures, ProposalState.READY
    session.flush()


def fail(proposal_id: int, sentence: str) -> None:
    """It could not be made."""
    row: Proposal | None = lock(Proposal, [proposal_id]).get(proposal_id)
    if row is not None and row.state is ProposalState.WAITING:
        row.state, row.figures = ProposalState.FAILED, {"error": sentence}
        session.flush()


def accept(proposal_id: int, order_ids: Collection[int], *, actor: Actor) -> Proposal:
    """Plan the chosen rows. One whose order or time was taken meanwhile is left, and says so; the others are planned."""
    row = _open(proposal_id)
    if not any(one["order_id"] in order_ids for one in row.rows):
        raise DomainError(_("Choose at least one row."))
    decided = []
    for one in row.rows:
        outcome = "refused"
        if one["order_id"] in order_ids:
            outcome = _plan(one, actor)
        decided.append(one | {"outcome": outcome})
    row.rows, row.state = decided, ProposalState.ACCEPTED
    session.flush()
    return row


def refuse(proposal_id: int) -> Proposal:
    """Nothing of it is planned."""
    row = _open(proposal_id)
    row.state = ProposalState.REFUSED
    session.flush()
    return row


def forget_old(before: dt.datetime) -> int:
    """Delete a lot of proposals made before the moment of which nothing was planned; gives how many."""
    some = (
        sa.select(Proposal.id)
        .where(Proposal.state != ProposalState.ACCEPTED, Proposal.created_at < before)
        .order_by(Proposal.id)
        .limit(LOT)
    )
    return len(session.execute(sa.delete(Proposal).where(Proposal.id.in_(some)).returning(Proposal.id)).all())


def _open(proposal_id: int) -> Proposal:
    row: Proposal | None = lock(Proposal, [proposal_id]).get(proposal_id)
    if row is None:
        raise NotFoundError(_("There is no such proposal."))
    if row.state not in {ProposalState.READY, ProposalState.WAITING, ProposalState.FAILED}:
        raise ConflictError(_("This proposal was decided on already."))
    return row


def _plan(one: dict[str, Any], actor: Actor) -> str:
    start, end = dt.datetime.fromisoformat(one["start"]), dt.datetime.fromisoformat(one["end"])
    order: ServiceOrder | None = lock(ServiceOrder, [one["order_id"]]).get(one["order_id"])
    if order is None or order.state is not OrderState.DRAFT:
        return "planned_meanwhile"
    is_taken = sa.exists().where(
        Visit.technician_id == one["technician_id"], Visit.start_at < end, Visit.end_at > start
    )
    if session.scalar(sa.select(is_taken)):
        return "time_taken"
    if one["technician_id"] not in dict(queries.technician_rows(only=[one["technician_id"]])):
        return "time_taken"
    try:
        moves.plan(order.id, moves.Place(one["technician_id"], start, end), actor=actor, from_tray=True)
    except DomainError:  # somebody who is no technician any more: refused before anything is written
        return "time_taken"
    return "planned"
