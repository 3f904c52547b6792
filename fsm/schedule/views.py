"""The dispatch board: its page, its figures for the script, and its moves."""

import datetime as dt
import hashlib
import json
from collections.abc import Callable
from typing import Any

from flask import Response, g, jsonify, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _

from fsm.core.db import session
from fsm.core.errors import DomainError, NotFoundError
from fsm.core.transactions import computes_only, refuse
from fsm.schedule import board as boards
from fsm.schedule import moves, payload, people_views, proposal_views, proposals, queries  # noqa: F401 - register their pages
from fsm.schedule.blueprint import bp
from fsm.schedule.clashes import Worker
from fsm.schedule.forms import PlaceForm
from fsm.service_orders.models import Visit
from fsm.users.queries import technicians

__all__ = ["bp"]
VIEWS = {"day": 1, "week": 7}
MOST_PAGES = 100


def chosen_days() -> tuple[dt.date, str]:
    """First day and view of the address; today and the day where it says nothing sensible."""
    view = request.args.get("view", "day")
    view = view if view in VIEWS else "day"
    try:
        day = dt.date.fromisoformat(request.args.get("day", ""))
    except ValueError:
        day = g.today
    if not 2000 <= day.year <= 2100:  # noqa: PLR2004 - the bounds of days everywhere
        day = g.today
    return (day - dt.timedelta(days=day.weekday()) if view == "week" else day), view


def _page_number() -> int:
    text = request.args.get("page", "1")
    return min(max(int(text), 1), MOST_PAGES) if text.isascii() and text.isdigit() and len(text) < 5 else 1  # noqa: PLR2004


def _load() -> boards.Board:
    day, view = chosen_days()
    return boards.load(day, VIEWS[view], page=_page_number())


def _frame(current: str, board: boards.Board | None = None) -> dict[str, Any]:
    """What board, agenda and week plan have in common: the days, and the ways to others."""
    day, view = chosen_days()
    if current == "week_plan":
        day, view = day - dt.timedelta(days=day.weekday()), "week"
    step = dt.timedelta(days=VIEWS[view])
    endpoint = f"schedule.{current}"
    number = _page_number()

    def to(name: str = endpoint, on: dt.date = day, seen: str = view, page: int = 1) -> str:
        return url_for(name, day=on.isoformat(), view=seen, page=page if page > 1 else None)

    return {
        "day": day,
        "view": view,
        "last_day": day + step - dt.timedelta(days=1),
        "previous_url": to(on=day - step),
        "next_url": to(on=day + step),
        "today_url": to(on=g.today),
        "technicians_before_url": to(page=number - 1) if number > 1 else None,
        "technicians_after_url": to(page=number + 1) if board is not None and board.has_more_technicians else None,
        "page": number,
        "tabs": [
            {
                "label": label,
                "url": to(name, seen=seen),
                "is_current": name == endpoint and (seen == view or current == "week_plan"),
            }
            for label, name, seen in (
                (_("Day"), "schedule.index", "day"),
                (_("Week"), "schedule.index", "week"),
                (_("Agenda of the day"), "schedule.agenda", "day"),
                (_("Agenda of the week"), "schedule.agenda", "week"),
                (_("Week plan"), "schedule.week_plan", "week"),
            )
        ],
    }


@bp.get("")
def index() -> ResponseReturnValue:
    """The board; its first figures come with the page."""
    board = _load()
    return render_template(
        "schedule/index.html",
        board=board,
        data=payload.board_json(board),
        texts=payload.texts(),
        limits_said=payload.limits_said(board),
        everybody=technicians(keep=[worker.id for worker in board.workers]),
        is_planner_installed=proposals.is_installed(),
        **_frame("index", board),
    )


@bp.get("/data")
def data() -> ResponseReturnValue:
    """The board's figures; 304 where nothing has changed. Asked for every ten seconds by every open board."""
    day, view = chosen_days()
    seen = f"{queries.stamp()} {day} {view} {_page_number()} {g.today} {get_locale()}"
    tag = hashlib.sha256(seen.encode()).hexdigest()[:32]
    if tag in request.if_none_match:
        answer = Response(status=304)
    else:
        answer = Response(json.dumps(payload.board_json(_load())), mimetype="application/json")
    answer.set_etag(tag)
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


@bp.get("/agenda")
def agenda() -> ResponseReturnValue:
    """The same as a list, to be read and worked without scripts."""
    board = _load()
    return render_template(
        "schedule/agenda.html",
        board=board,
        window_said=payload.window_said,
        limits_said=payload.limits_said(board),
        **_frame("agenda", board),
    )


@bp.get("/week-plan")
def week_plan() -> ResponseReturnValue:
    """A week on one sheet, to be printed and hung up."""
    day, _view = chosen_days()
    board = boards.load(day - dt.timedelta(days=day.weekday()), 7, page=_page_number())
    return render_template(
        "schedule/week_plan.html",
        board=board,
        limits_said=payload.limits_said(board),
        absences_on=absences_on,
        **_frame("week_plan", board),
    )


def absences_on(worker: Worker, day: dt.date) -> list[str]:
    """The reasons of absences that touch a day."""
    start, end = queries.bounds(day, 1)
    return [away.reason or _("Absent") for away in worker.absences if away.start < end and away.end > start]


@bp.post("/check")
@computes_only
def check() -> ResponseReturnValue:
    """What would speak against a visit there: asked while it is dragged, and while the dialog is filled in."""
    form = _form()
    if not form.validate_on_submit():
        return jsonify(error=_first_error(form)), 422
    visit_id, order_id = form.ids()
    if visit_id is not None:
        visit = session.get(Visit, visit_id)
        order_id = visit.service_order_id if visit is not None else None
    order = queries.order_facts(order_id) if order_id is not None else None
    if order is None:
        return jsonify(error=_("This is no longer there.")), 404
    if form.end_at.data <= form.start_at.data:
        return jsonify(error=_("The end comes before the start.")), 422
    warnings = boards.warnings_for(
        order, form.technician_id.data, form.start_at.data, form.end_at.data, visit_id=visit_id
    )
    return jsonify(warnings=warnings)


@bp.post("/plan")
def plan() -> ResponseReturnValue:
    """From the tray onto the board; or a removed visit back to where it was."""
    form = _form()

    def work() -> Visit:
        _visit_id, order_id = form.ids()
        if order_id is None:
            raise NotFoundError(_("There is no such service order."))
        return moves.plan(order_id, _place(form), actor=g.actor, from_tray=bool(form.from_tray.data))

    return _answer(form, work)


@bp.post("/move")
def move() -> ResponseReturnValue:
    """Another time, another technician, another length."""
    form = _form()

    def work() -> Visit:
        visit_id, _order_id = form.ids()
        return moves.move(visit_id or 0, _place(form), version=form.sent_version(), actor=g.actor)

    return _answer(form, work)


@bp.post("/take-back")
def take_back() -> ResponseReturnValue:
    """Off the board, into the tray."""
    form = PlaceForm()
    visit_id, _order_id = form.ids()
    try:
        order_id = moves.take_back(visit_id or 0, version=form.sent_version(), actor=g.actor)
    except DomainError as error:
        refuse()
        return jsonify(error=str(error)), error.status
    return jsonify(order_id=order_id)


def _form() -> PlaceForm:
    form = PlaceForm()
    form.offer(technicians())
    return form


def _place(form: PlaceForm) -> moves.Place:
    return moves.Place(form.technician_id.data, form.start_at.data, form.end_at.data)


def _answer(form: PlaceForm, work: Callable[[], Visit]) -> ResponseReturnValue:
    if not form.validate_on_submit():
        return jsonify(error=_first_error(form)), 422
    try:
        visit = work()
    except DomainError as error:
        refuse()
        return jsonify(error=str(error)), error.status
    order = queries.order_facts(visit.service_order_id)
    warnings = (
        boards.warnings_for(order, visit.technician_id, visit.start_at, visit.end_at, visit_id=visit.id)
        if order
        else []
    )
    return jsonify(visit_id=visit.id, version=visit.version, warnings=warnings)


def _first_error(form: PlaceForm) -> str:
    for name, errors in form.errors.items():
        label = form[name].label.text if name in form else ""
        return f"{label}: {' '.join(map(str, errors))}" if label else " ".join(map(str, errors))
    return _("This is not possible.")
