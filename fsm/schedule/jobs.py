"""What the worker does for the board: proposals, in a few seconds each."""

import datetime as dt
import importlib

from flask import g
from flask_babel import force_locale

from fsm.company import services as company_services
from fsm.core.db import session, writing
from fsm.core.jobs import Payload
from fsm.schedule import proposals
from fsm.schedule.models import ProposalState
from fsm.schedule.services import settings
from fsm.schedule.slots import laid_out
from fsm.users import queries as users

SECONDS = 5.0
PROPOSE = proposals.PROPOSE


def propose(payload: Payload) -> None:
    """Make ``{"proposal_id": …}``; made, decided on or not to be made, a second time changes nothing."""
    proposal_id = payload["proposal_id"]
    company = company_services.current()
    row = proposals.find(proposal_id)
    if company is None or row.state is not ProposalState.WAITING:
        return
    g.time_zone = company.time_zone
    with force_locale(users.get(row.created_by_id).locale):
        if not proposals.is_installed():
            with writing():
                proposals.fail(proposal_id, "planner")
            return
        # An extra that not every installation has, and half a second to load: only here, and not by an import.
        solving = importlib.import_module("fsm.schedule.solving")
        orders, tasks, slots = proposals.problem(row, dt.datetime.now(dt.UTC))
        speed_kmh = settings().speed_kmh
        session.rollback()  # the solver thinks without a transaction
        started = dt.datetime.now(dt.UTC)
        rows = laid_out(solving.solve(tasks, slots, speed_kmh=speed_kmh, seconds=SECONDS), speed_kmh)
        figures = {
            "orders": len(orders),
            "planned": len(rows),
            "travel_minutes": sum(one.travel_minutes for one in rows),
            "seconds": round((dt.datetime.now(dt.UTC) - started).total_seconds(), 1),
            "left_out": proposals.left_out(orders, {one.order_id for one in rows}, slots),
        }
        with writing():
            proposals.keep(proposal_id, rows, figures)
