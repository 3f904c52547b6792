"""What the worker does for the board: proposals, in a few seconds each."""

import datetime as dt
import json
import subprocess
import sys
from collections.abc import Sequence

import structlog
from flask import g
from flask_babel import force_locale

from fsm.company import services as company_services
from fsm.core.db import session, writing
from fsm.core.jobs import Payload
from fsm.schedule import proposals
from fsm.schedule.models import Proposal, ProposalState
from fsm.schedule.services import settings
from fsm.schedule.slots import Slot, Task, laid_out, packed
from fsm.users import queries as users

SECONDS = 5.0
LOADING_SECONDS = 60.0  # on a machine that has much else to do
PROPOSE = proposals.PROPOSE
log = structlog.get_logger()


def propose(payload: Payload) -> None:
    """Make ``{"proposal_id": …}``; made, decided on, not to be made or forgotten, a second time changes nothing."""
    proposal_id = payload["proposal_id"]
    company = company_services.current()
    row = session.get(Proposal, proposal_id)
    if company is None or row is None or row.state is not ProposalState.WAITING:
        return
    g.time_zone = company.time_zone
    with force_locale(users.get(row.created_by_id).locale):
        if not proposals.is_installed():
            with writing():
                proposals.fail(proposal_id, "planner")
            return
        orders, tasks, slots = proposals.problem(row, dt.datetime.now(dt.UTC))
        speed_kmh = settings().speed_kmh
        session.rollback()  # the solver thinks without a transaction
        started = dt.datetime.now(dt.UTC)
        try:
            rows = laid_out(solved(tasks, slots, speed_kmh), speed_kmh)
        except (subprocess.SubprocessError, ValueError) as error:
            log.warning("planner failed", proposal_id=proposal_id, error=str(error))
            with writing():
                proposals.fail(proposal_id, "solver")
            return
        figures = {
            "orders": len(orders),
            "planned": len(rows),
            "travel_minutes": sum(one.travel_minutes for one in rows),
            "seconds": round((dt.datetime.now(dt.UTC) - started).total_seconds(), 1),
            "left_out": proposals.left_out(orders, {one.order_id for one in rows}, slots),
        }
        with writing():
            proposals.keep(proposal_id, rows, figures)


def solved(tasks: Sequence[Task], slots: Sequence[Slot], speed_kmh: int) -> list[tuple[Slot, list[Task]]]:
    """Ask the solver, in a process of its own. SubprocessError where it fails or takes too long."""
    asked = {"tasks": packed(tasks), "slots": packed(slots), "speed_kmh": speed_kmh, "seconds": SECONDS}
    answer = subprocess.run(
        [sys.executable, "-m", "fsm.schedule.solving"],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=True,
        timeout=SECONDS + LOADING_SECONDS,
    )
    return [(slots[place], [tasks[number] for number in chosen]) for place, chosen in json.loads(answer.stdout)]
