"""The board as its script reads it, and the words that the script says."""

import datetime as dt
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from fsm.core.formats import clock, local, moment_short, zone
from fsm.schedule.board import Board, Shown
from fsm.schedule.clashes import Worker
from fsm.schedule.hours import clock as hour
from fsm.schedule.hours import spans_on
from fsm.schedule.queries import MOST_IN_TRAY, MOST_TECHNICIANS, MOST_VISITS, OrderFacts
from fsm.service_orders.forms import PRIORITIES, STATES
from fsm.service_orders.models import Priority

Json = dict[str, Any]


def wall(moment: dt.datetime) -> str:
    """A moment as the clock on the wall shows it: the script knows no time zones."""
    return f"{local(moment):%Y-%m-%dT%H:%M}"


def board_json(board: Board) -> Json:
    """Everything that is drawn."""
    first, last = board.limits()
    return {
        "from": board.from_date.isoformat(),
        "days": board.days,
        "first": hour(first),
        "last": hour(last),
        "technicians": [_technician(worker, board) for worker in board.workers],
        "visits": [visit_json(shown) for shown in board.visits],
        "tray": [order_json(order) for order in board.tray],
        "more": limits_said(board),
    }


def limits_said(board: Board) -> list[str]:
    """What is left out, in words."""
    said = []
    if board.has_more_technicians:
        said.append(
            _("%(count)s technicians a page are shown; the others are on the next pages.", count=MOST_TECHNICIANS)
        )
    if board.has_more_visits:
        said.append(_("The first %(count)s visits are shown: choose a single day to see all.", count=MOST_VISITS))
    if board.has_more_in_tray:
        said.append(_("The %(count)s most urgent orders of the tray are shown.", count=MOST_IN_TRAY))
    return said


def _technician(worker: Worker, board: Board) -> Json:
    closed = []
    for day in board.dates:
        edge = f"{day.isoformat()}T00:00"
        for start, end in spans_on(worker.week, day, zone()):
            closed.append({"start": edge, "end": wall(start)})
            edge = wall(end)
        closed.append({"start": edge, "end": f"{(day + dt.timedelta(days=1)).isoformat()}T00:00"})
    return {
        "id": worker.id,
        "name": worker.name,
        "url": url_for("schedule.edit_technician", technician_id=worker.id),
        "closed": [span for span in closed if span["start"] < span["end"]],
        "absences": [
            {"start": wall(away.start), "end": wall(away.end), "reason": away.reason or _("Absent")}
            for away in worker.absences
        ],
    }


def visit_json(shown: Shown) -> Json:
    """One visit."""
    visit = shown.visit
    return {
        "id": visit.id,
        "version": visit.version,
        "technician_id": visit.technician_id,
        "start": wall(visit.start),
        "end": wall(visit.end),
        "may_move": shown.may_move,
        "warnings": shown.warnings,
        "order": order_json(visit.order),
    }


def order_json(order: OrderFacts) -> Json:
    """One order."""
    return {
        "id": order.id,
        "number": order.number,
        "state": order.state.value,
        "state_label": str(STATES[order.state]),
        "priority": order.priority.value,
        "priority_label": "" if order.priority is Priority.NORMAL else str(PRIORITIES[order.priority]),
        "customer": order.customer,
        "city": order.city or order.site,
        "kind": order.kind_of_work,
        "description": order.description[:140],
        "needs": ", ".join(order.needs),
        "window": window_said(order),
        "window_start": wall(order.window_start) if order.window_start else "",
        "minutes": order.minutes,
        "url": url_for("service_orders.show", order_id=order.id),
    }


def window_said(order: OrderFacts) -> str:
    """'Mon 23 Nov 08:00–12:00', or as much of it as was promised."""
    start, end = order.window_start, order.window_end
    if start and end and local(start).date() == local(end).date():
        return f"{moment_short(start)}–{clock(end)}"
    if start and end:
        return f"{moment_short(start)} – {moment_short(end)}"
    if start:
        return _("from %(start)s", start=moment_short(start))
    return _("until %(end)s", end=moment_short(end)) if end else ""


def texts() -> dict[str, str]:
    """What the script says."""
    return {
        "technician": _("Technician"),
        "undo": _("Undo"),
        "undone": _("Undone."),
        "moved": _("%s moved: %s, %s."),
        "planned": _("%s planned: %s, %s."),
        "taken_back": _("%s is back in the tray."),
        "no_warnings": _("Nothing speaks against it."),
        "plan": _("Plan a visit"),
        "move": _("Move the visit"),
        "failed": _("The server could not be reached. Nothing was changed."),
        "warnings": _("Warnings: %s"),
        "needs": _("Needs: %s"),
        "promised": _("Promised: %s"),
        "minutes": _("%s min"),
        "close": _("Close"),
        "again": _("The board is up to date again."),
        "empty_tray": _("Nothing waits to be planned. New service orders without a visit appear here."),
        "logged_out": _("You are no longer logged in. Reload the page and log in."),
        "offline": _("The board could not be refreshed; it shows what it knew last."),
    }
