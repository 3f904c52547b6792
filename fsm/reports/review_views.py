"""The review queue's page; the marks themselves are the ledger's."""

from typing import Any

from flask import flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from fsm.core.web import MAX_ID
from fsm.ledger import review_marks
from fsm.ledger.models import ReviewState
from fsm.reports import pages, review_queue, spans
from fsm.reports.blueprint import bp
from fsm.reports.review_queue import REASONS, Reason
from fsm.users.queries import names

WAITING = "waiting"


@bp.get("/review")
def review() -> ResponseReturnValue:
    """Entries of a period that wait for a manager's look, the gravest first; those questioned and reviewed beside them."""
    span = spans.of_address(request.args, g.today)
    tab = request.args.get("tab", WAITING)
    tab = tab if tab in set(ReviewState) else WAITING
    why = request.args.get("reason", "")
    only = Reason(why) if why in set(Reason) else None
    queue = review_queue.waiting(span, only) if tab == WAITING else review_queue.marked(span, ReviewState(tab))
    return render_template(
        "reports/review.html",
        span=span,
        choices=pages.choices(span),
        tab=tab,
        tabs=_tabs(tab),
        queue=queue,
        only=only,
        reasons={reason: label for reason, (_weight, label) in REASONS.items()},
        address=pages.address,
        people=names(row.review.by_id for row in queue.rows if row.review),
        most=review_queue.LOOKED_THROUGH,
    )


def _tabs(current: str) -> list[dict[str, Any]]:
    labels = {WAITING: _("To review"), ReviewState.QUESTIONED: _("Questioned"), ReviewState.REVIEWED: _("Reviewed")}
    return [
        {"label": label, "url": pages.address(tab=name, reason=None), "is_current": name == current}
        for name, label in labels.items()
    ]


@bp.post("/review")
def review_many() -> ResponseReturnValue:
    """Mark the chosen entries as reviewed."""
    chosen = request.form.getlist("entry_id")[: review_marks.MOST + 1]
    ids = [int(text) for text in chosen if text.isascii() and text.isdigit() and len(text) < 20]  # noqa: PLR2004 - 2^64
    count = review_marks.review([one for one in ids if 1 <= one <= MAX_ID], actor_id=g.actor.id)
    flash(ngettext("%(num)s entry was reviewed.", "%(num)s entries were reviewed.", count), "success")
    return redirect(pages.address(), 303)
