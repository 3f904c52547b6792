"""Month-end: the orders of a period as one preview with one total, and the run that drafts and posts them.

The page of a run also shows one that posts drafts chosen in the list.
"""

import datetime as dt
from decimal import Decimal
from typing import Any

from flask import Response, flash, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from fsm.core import audit
from fsm.core.errors import ConflictError, DomainError
from fsm.core.transactions import attempt, prepares, refuse
from fsm.core.web import ids_of
from fsm.customers.queries import names as customer_names
from fsm.invoices import month_end as services
from fsm.invoices import run_queries as queries
from fsm.invoices.blueprint import bp
from fsm.invoices.month_end_forms import GROUPINGS, RunForm, SelectionForm
from fsm.invoices.run_models import InvoiceRun, RowState, RunState
from fsm.invoices.selection import MOST_ORDERS, Preview, preview, refuse_preview
from fsm.service_orders import services as order_services
from fsm.users.queries import names as user_names

ROWS_OF_A_PAGE = 100
MOST_PAGES = 50
STATES = {
    RunState.RUNNING: ("progress", _l("Under way")),
    RunState.STOPPED: ("warning", _l("Stopped")),
    RunState.DONE: ("done", _l("Done")),
}
ROW_STATES = {
    RowState.WAITING: ("draft", _l("Waiting")),
    RowState.DRAFTED: ("scheduled", _l("Draft")),
    RowState.POSTED: ("posted", _l("Posted")),
    RowState.FAILED: ("overdue", _l("Failed")),
    RowState.SKIPPED: ("neutral", _l("Passed over")),
}


@bp.get("/invoices/month-end")
def month_end() -> ResponseReturnValue:
    """Which orders, how they come together, and what comes of it: all of it in the address."""
    selection = SelectionForm(request.args, today=g.today)
    selection.validate()
    form = RunForm(formdata=None, data={"posting_date": g.today})
    return _page(selection, form, preview(selection.criteria()))


def _page(selection: SelectionForm, form: RunForm, found: Preview) -> str:
    number = request.args.get("page", "1")
    page = int(number) if number.isascii() and number.isdigit() and len(number) < 3 else 1  # noqa: PLR2004 - two digits
    pages = max(1, -(-len(found.rows) // ROWS_OF_A_PAGE))
    page = min(max(page, 1), pages)
    form.seal.data = found.seal
    criteria = selection.criteria()
    return render_template(
        "invoices/month_end.html",
        selection=selection,
        criteria=criteria,
        form=form,
        found=found,
        shown=found.rows[(page - 1) * ROWS_OF_A_PAGE : page * ROWS_OF_A_PAGE],
        page=page,
        pages=pages,
        page_url=lambda wanted: url_for("invoices.month_end", **selection.address(page=wanted)),
        url=lambda **changes: url_for("invoices.month_end", **selection.address(**changes)),
        periods=_periods(selection),
        left_out=order_services.numbers_of(criteria.without),
        most=MOST_ORDERS,
    )


def _periods(selection: SelectionForm) -> list[tuple[str, str]]:
    """Periods in one click: (label, address)."""
    first = g.today.replace(day=1)
    before = first - dt.timedelta(days=1)
    chosen = (
        (_("Last month"), before.replace(day=1), before),
        (_("This month"), first, g.today),
        (_("Everything until today"), None, g.today),
    )
    return [
        (label, url_for("invoices.month_end", **selection.address(from_date=from_ or "", to_date=to, without=[])))
        for label, from_, to in chosen
    ]


def _looked_at() -> tuple[SelectionForm, Preview]:
    """The selection as it is now; worked out before the write begins."""
    selection = SelectionForm(request.form, today=g.today)
    selection.validate()
    return selection, preview(selection.criteria())


@bp.post("/invoices/month-end/start")
@prepares(_looked_at)
def start_run() -> ResponseReturnValue:
    """The one confirmation: of the very figures that were shown."""
    selection, found = g.prepared
    form = RunForm()
    if form.validate_on_submit():
        run = attempt(form, lambda: _started(form, selection, found))
        if run is not None:
            return redirect(url_for("invoices.run", run_id=run.id), 303)
    return _page(selection, form, found), int(g.get("refused_status", 422))


def _started(form: RunForm, selection: SelectionForm, found: Preview) -> InvoiceRun:
    refuse_preview(found)
    if form.seal.data != found.seal:
        raise ConflictError(_("The selection has changed meanwhile. These are the figures now: look at them again."))
    posts = form.then.data == "post"
    if posts and form.posting_date.data is None:
        raise DomainError(_("Which date do the invoices bear?"), "posting_date")
    return services.start(
        selection.criteria(),
        found,
        posting_date=form.posting_date.data if posts else None,
        actor_id=g.actor_id,
        today=g.today,
    )


@bp.post("/invoices/month-end/validate")
def validate_orders() -> ResponseReturnValue:
    """The office has looked at these orders: they come onto the preview."""
    ids = ids_of(request.form.getlist("ids"))
    selection = SelectionForm(request.form, today=g.today)
    selection.validate()
    if ids:
        count = order_services.validate_many(ids, actor=g.actor, moment=audit.now())
        flash(ngettext("%(num)s order is validated.", "%(num)s orders are validated.", count), "success")
    else:
        flash(_("Tick the orders whose report, hours and parts you have looked at."), "info")
    return redirect(url_for("invoices.month_end", **selection.address()), 303)


@bp.get("/invoices/month-end/runs")
def runs() -> ResponseReturnValue:
    """The runs of before."""
    page = queries.runs(request.args.get("after"))
    return render_template(
        "invoices/runs.html",
        page=page,
        counts=queries.counts_of([run.id for run in page.rows]),
        names=user_names(run.created_by_id for run in page.rows),
        groupings=GROUPINGS,
        states=STATES,
        RowState=RowState,
    )


@bp.get("/invoices/month-end/<id:run_id>")
def run(run_id: int) -> ResponseReturnValue:
    """One run: how far it is, what failed and why, what can be done now."""
    found = queries.run(run_id)
    tab = request.args.get("tab", "")
    page = queries.rows(run_id, tab, request.args.get("after"))
    progress = queries.progress(found, audit.now())
    form = RunForm(formdata=None, data={"posting_date": found.posting_date or g.today})
    return render_template("invoices/run.html", **_facts(found, progress, tab, form), page=page, **_about(found, page))


def _about(found: InvoiceRun, page: Any) -> dict[str, Any]:  # noqa: ANN401 - a page of rows
    asked = found.criteria
    ids = [asked.get("customer_id"), asked.get("payer_id")]
    return {
        "orders": queries.orders_of(row.id for row in page.rows),
        "most_numbers": queries.MOST_NUMBERS,
        "names": user_names([found.created_by_id, found.asked_by_id]),
        "customers": customer_names([customer_id for customer_id in ids if customer_id]),
        "grouping": GROUPINGS[found.grouping] if found.grouping else "",
        "day": dt.date.fromisoformat,
        "expected": {currency: list(map(Decimal, sums)) for currency, sums in found.expected.items()},
    }


def _facts(found: InvoiceRun, progress: queries.Progress, tab: str, form: RunForm) -> dict[str, Any]:
    counts = progress.counts
    tabs = [("", _("All"), found.row_count)]
    tabs += [(name, str(ROW_STATES[states[0]][1]), counts[states[0]]) for name, states in queries.TABS.items()]
    return {
        "run": found,
        "makes_drafts": queries.makes_drafts(found),
        "form": form,
        "tab": tab if tab in queries.TABS else "",
        "progress": progress,
        "RowState": RowState,
        "states": STATES,
        "row_states": ROW_STATES,
        "made": queries.made(found.id),
        "numbers": queries.numbers(found.id),
        "unsent": len(queries.unsent(found.id)) if found.state is not RunState.RUNNING else 0,
        "tabs": [
            {
                "label": label,
                "url": url_for("invoices.run", run_id=found.id, tab=name or None),
                "is_current": name == tab,
                "count": str(count),
            }
            for name, label, count in tabs
            if count or name in {"", tab}
        ],
    }


@bp.get("/invoices/month-end/<id:run_id>/progress")
def run_progress(run_id: int) -> ResponseReturnValue:
    """The part of a run's page that is asked for each second; the whole page is loaded anew once it is at its end."""
    found = queries.run(run_id)
    progress = queries.progress(found, audit.now())
    facts = {"run": found, "progress": progress, "makes_drafts": queries.makes_drafts(found), "RowState": RowState}
    body = render_template("invoices/_run_progress.html", **facts)
    response: Response = make_response(body)
    if found.state is not RunState.RUNNING:
        response.headers["HX-Refresh"] = "true"
    return response


@bp.post("/invoices/month-end/<id:run_id>/stop")
def stop_run(run_id: int) -> ResponseReturnValue:
    services.stop(run_id)
    flash(_("The run is stopped. What is done stays; it can go on at any time."), "success")
    return _back(run_id)


@bp.post("/invoices/month-end/<id:run_id>/go-on")
def go_on_with_run(run_id: int) -> ResponseReturnValue:
    services.go_on(run_id, actor_id=g.actor_id)
    return _back(run_id)


@bp.post("/invoices/month-end/<id:run_id>/try-again")
def try_run_again(run_id: int) -> ResponseReturnValue:
    services.try_again(run_id, actor_id=g.actor_id)
    return _back(run_id)


@bp.post("/invoices/month-end/<id:run_id>/post")
def post_run(run_id: int) -> ResponseReturnValue:
    """Post the drafts of a run; what is refused is said at the date."""
    form = RunForm()
    form.then.validators = []
    day = form.posting_date.data
    if form.posting_date.errors or form.posting_date.process_errors or day is None:
        sentence = next(iter(form.posting_date.process_errors), _("Which date do the invoices bear?"))
        refuse()
        return _refused(run_id, form, str(sentence), 422)
    try:
        services.post_all(run_id, posting_date=day, actor_id=g.actor_id, today=g.today)
    except DomainError as error:
        refuse()
        return _refused(run_id, form, str(error), error.status)
    return _back(run_id)


def _refused(run_id: int, form: RunForm, sentence: str, status: int) -> ResponseReturnValue:
    form.posting_date.errors = [sentence]
    found = queries.run(run_id)
    page = queries.rows(run_id, "", None)
    progress = queries.progress(found, audit.now())
    body = render_template("invoices/run.html", **_facts(found, progress, "", form), page=page, **_about(found, page))
    return body, status


def _back(run_id: int) -> ResponseReturnValue:
    return redirect(url_for("invoices.run", run_id=run_id), 303)
