"""Proposals: ask for one, look at it, accept it whole or by row, refuse it."""

import datetime as dt
from typing import Any

from flask import Response, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from fsm.core.errors import DomainError
from fsm.core.formats import local
from fsm.core.transactions import refuse as undo
from fsm.schedule import proposals, queries
from fsm.schedule.blueprint import bp
from fsm.schedule.forms import ProposalForm
from fsm.schedule.models import Proposal, ProposalState
from fsm.users.queries import names


@bp.post("/propose")
def propose() -> ResponseReturnValue:
    """The worker looks for free time; the page waits for it."""
    form = ProposalForm()
    if not form.validate_on_submit():
        raise DomainError(_("Choose the days to be filled."))
    row = proposals.ask(form.from_date.data, form.days.data or 1, actor=g.actor, today=g.today)
    return redirect(url_for("schedule.proposal", proposal_id=row.id), 303)


@bp.get("/proposals/<id:proposal_id>")
def proposal(proposal_id: int) -> ResponseReturnValue:
    """What is proposed, or that it is being made."""
    return _page(proposals.find(proposal_id))


def _page(row: Proposal, error: str = "") -> str:
    facts = queries.orders_by_id([one["order_id"] for one in [*row.rows, *row.figures.get("left_out", [])]])
    people = names(one["technician_id"] for one in row.rows)
    return render_template(
        "schedule/proposal.html",
        row=row,
        error=error,
        lines=[_line(one, facts, people) for one in row.rows if one["order_id"] in facts],
        left_out=[
            (facts[one["order_id"]], one["why"]) for one in row.figures.get("left_out", []) if one["order_id"] in facts
        ],
        outcomes={
            "planned": ("done", _("Planned")),
            "refused": ("neutral", _("Refused")),
            "planned_meanwhile": ("warning", _("Was planned meanwhile")),
            "time_taken": ("warning", _("The time was taken meanwhile")),
        },
        board_url=_board_url(row),
    )


def _board_url(row: Proposal) -> str:
    return url_for(
        "schedule.index", day=row.from_date.isoformat(), view="week" if row.to_date > row.from_date else "day"
    )


def _line(one: dict[str, Any], facts: dict[int, queries.OrderFacts], people: dict[int, str]) -> dict[str, Any]:
    start, end = dt.datetime.fromisoformat(one["start"]), dt.datetime.fromisoformat(one["end"])
    return one | {
        "order": facts[one["order_id"]],
        "technician": people.get(one["technician_id"], ""),
        "day": local(start).date(),
        "start_at": start,
        "end_at": end,
    }


@bp.get("/proposals/<id:proposal_id>/progress")
def proposal_progress(proposal_id: int) -> ResponseReturnValue:
    """Asked for each second while the worker thinks."""
    row = proposals.find(proposal_id)
    answer = Response(render_template("schedule/_progress.html", row=row))
    if row.state is not ProposalState.WAITING:
        answer.headers["HX-Refresh"] = "true"
    return answer


@bp.post("/proposals/<id:proposal_id>/accept")
def accept_proposal(proposal_id: int) -> ResponseReturnValue:
    """The rows that are ticked."""
    texts = request.form.getlist("order_ids")[: proposals.MOST_ORDERS]
    ids = [int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 19]  # noqa: PLR2004 - 2^63
    try:
        row = proposals.accept(proposal_id, ids, actor=g.actor)
    except DomainError as error:
        if error.status != 422:  # noqa: PLR2004 - what the page itself can mend
            raise
        undo()
        return _page(proposals.find(proposal_id), str(error)), 422
    planned = sum(one["outcome"] == "planned" for one in row.rows)
    missed = sum(one["outcome"] in {"planned_meanwhile", "time_taken"} for one in row.rows)
    flash(ngettext("%(num)s visit was planned.", "%(num)s visits were planned.", planned), "success")
    if missed:
        flash(ngettext("%(num)s row was taken meanwhile.", "%(num)s rows were taken meanwhile.", missed), "warning")
    return redirect(url_for("schedule.proposal", proposal_id=proposal_id), 303)


@bp.post("/proposals/<id:proposal_id>/refuse")
def refuse_proposal(proposal_id: int) -> ResponseReturnValue:
    """Back to the board; nothing is planned."""
    row = proposals.refuse(proposal_id)
    flash(_("The proposal was refused. Nothing was planned."), "success")
    return redirect(url_for("schedule.index", day=row.from_date.isoformat()), 303)
