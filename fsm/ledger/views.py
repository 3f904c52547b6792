"""Pages of the books: journal, entry, account, chart, periods; and a document's entries for its own page."""

from typing import Any

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fsm.core.paging import FILE_PAGE, all_rows
from fsm.core.transactions import attempt
from fsm.customers import queries as customer_queries
from fsm.ledger import accounts as balances
from fsm.ledger import periods as period_services
from fsm.ledger import queries, review_marks
from fsm.ledger.forms import JOURNAL_LABELS, KIND_LABELS, ROLE_LABELS, QuestionForm, ReopenForm, day_of, entry_name
from fsm.ledger.listing import JOURNAL, account_columns
from fsm.ledger.models import JournalEntry, Period
from fsm.users import list_pages
from fsm.users import queries as user_queries
from fsm.users.history import Entry, timeline

bp = Blueprint("ledger", __name__, url_prefix="/ledger")

LARGEST_ID = 2**63
# Who shows the source of an entry: links go up by text (architecture.md, law 3).
SOURCES = {
    "invoice": ("invoices.show", "invoice_id"),
    "credit_note": ("invoices.show", "invoice_id"),
    "payment": ("payments.show", "payment_id"),
    "on_account": ("payments.show", "payment_id"),
    "taken_over": ("invoices.show_taken_over", "taken_over_id"),
    "write_off": ("payments.show_write_off", "write_off_id"),
}


def source_url(kind: str, source_id: int) -> str | None:
    """The page of a source document; None where nobody shows it, or not to this user."""
    endpoint, name = SOURCES.get(kind, ("", ""))
    if endpoint not in current_app.view_functions or not g.actor.can(endpoint):
        return None
    values: dict[str, Any] = {name: source_id}
    return url_for(endpoint, **values)


@bp.app_context_processor
def _words() -> dict[str, Any]:
    return {"entry_name": entry_name, "journal_labels": JOURNAL_LABELS, "source_url": source_url}


def _address(**changes: object) -> str:
    """This list under the same filters, some of them changed; None takes one away."""
    kept: dict[str, Any] = request.args.to_dict() | {"after": None, "format": None} | changes
    return url_for(request.endpoint or "", **(request.view_args or {}), **{k: v for k, v in kept.items() if v})


list_pages.declare(bp, JOURNAL)


@bp.get("")
def index() -> ResponseReturnValue:
    """Entries, newest first."""
    customer_id = JOURNAL.filters(request.args, g.actor).customer_id
    names = customer_queries.names([customer_id])
    customer_name = names.get(customer_id, _("Customer")) if customer_id else ""
    return list_pages.show(JOURNAL, "ledger/index.html", customer_name=customer_name)


@bp.get("/<id:entry_id>/panel")
def panel(entry_id: int) -> ResponseReturnValue:
    """The summary beside the list; opened by itself it is the page."""
    if "HX-Request" not in request.headers:
        return redirect(url_for("ledger.show", entry_id=entry_id))
    return render_template("ledger/_panel.html", entry=queries.entry(entry_id), lines=queries.lines_of(entry_id))


@bp.get("/<id:entry_id>")
def show(entry_id: int) -> ResponseReturnValue:
    """One entry with its lines."""
    return _entry_page(entry_id, QuestionForm())


@bp.post("/<id:entry_id>/review")
def review(entry_id: int) -> ResponseReturnValue:
    """It was looked at and is right."""
    review_marks.review([entry_id], actor_id=g.actor.id)
    flash(_("The entry was reviewed."), "success")
    return redirect(url_for("ledger.show", entry_id=entry_id), 303)


@bp.post("/<id:entry_id>/question")
def question(entry_id: int) -> ResponseReturnValue:
    """Something is to be found out about it."""
    form = QuestionForm()
    if form.validate_on_submit():
        attempt(form, lambda: review_marks.question(entry_id, form.note.data or "", actor_id=g.actor.id))
    if form.errors:
        return _entry_page(entry_id, form), 422
    flash(_("The question stands beside the entry."), "success")
    return redirect(url_for("ledger.show", entry_id=entry_id), 303)


@bp.post("/<id:entry_id>/reopen-review")
def reopen_review(entry_id: int) -> ResponseReturnValue:
    """Take the mark back."""
    review_marks.reopen(entry_id)
    flash(_("The entry waits for review again."), "success")
    return redirect(url_for("ledger.show", entry_id=entry_id), 303)


def _entry_page(entry_id: int, form: QuestionForm) -> str:
    entry = queries.entry(entry_id)
    mark = review_marks.marks([entry_id]).get(entry_id)
    lines = queries.lines_of(entry_id)
    return render_template(
        "ledger/show.html",
        form=form,
        mark=mark,
        marked_by=user_queries.names([mark.by_id]).get(mark.by_id, "") if mark else "",
        entry=entry,
        lines=lines,
        totals=[
            sum(getattr(line, side) for line, _account, _item in lines)
            for side in ("debit", "credit", "currency_debit", "currency_credit")
        ],
        has_items=any(item for _line, _account, item in lines),
        has_grids=any(line.grid for line, _account, _item in lines),
        is_foreign=entry.currency != "EUR",
        reverses=queries.entry(entry.reverses_id) if entry.reverses_id else None,
        reversal=queries.reversal_of(entry_id),
        customer_name=customer_queries.names([entry.customer_id]).get(entry.customer_id or 0, ""),
        entries=_history(entry),
        posted_by=user_queries.names([entry.posted_by_id]).get(entry.posted_by_id or 0, ""),
    )


def _history(entry: JournalEntry) -> list[Entry]:
    """An entry never changes: it was posted, perhaps reversed, and looked at by managers."""
    facts = [entry, queries.reversal_of(entry.id)]
    people = user_queries.names(fact.posted_by_id for fact in facts if fact)
    told = []
    for fact in reversed(facts):
        if fact and fact.posted_at:
            by = people.get(fact.posted_by_id or 0, "")
            if fact is entry:
                told.append(Entry(fact.posted_at, _("Posted"), by))
            else:
                text = _("Reversed by %(entry)s", entry=entry_name(fact))
                told.append(Entry(fact.posted_at, text, by, url=url_for("ledger.show", entry_id=fact.id)))
    return sorted([*told, *timeline("journal_entry", entry.id)], key=lambda one: one.at, reverse=True)


@bp.get("/of/<string:kind>/<id:source_id>")
def entries_of(kind: str, source_id: int) -> ResponseReturnValue:
    """The fragment that a document's own page loads: what it has in the books; a page of its own without scripts."""
    entries = queries.entries_of(kind, source_id)
    is_fragment = "HX-Request" in request.headers
    return render_template(
        "ledger/_entries_of.html" if is_fragment else "ledger/entries_of.html",
        entries=entries,
        kind=kind,
        source_id=source_id,
    )


@bp.get("/account/<string:number>")
def account(number: str) -> ResponseReturnValue:
    """The lines of an account within whole months, with the running balance; as a file too (``format``: csv, xlsx)."""
    row = balances.account(number)
    months = balances.month_range(day_of(request.args.get("from")), day_of(request.args.get("to")), g.today)
    if request.args.get("format") in {"csv", "xlsx"}:
        lines = all_rows(lambda cursor: balances.account_lines(row, months, cursor, FILE_PAGE))
        name = f"account-{row.number}-{months.first_day}-{months.last_day}"
        return list_pages.file_of(name, row.number, account_columns(), lines)
    page = balances.account_lines(row, months, request.args.get("after"))
    opening = balances.opening_balance(row, months)
    debit, credit = balances.turnover(row, months)
    return render_template(
        "ledger/account.html",
        account=row,
        months=months,
        years=balances.fiscal_years(),
        periods=[period for period in reversed(balances.periods()) if period.fiscal_year_id == months.year.id],
        page=page,
        opening=opening,
        debit=debit,
        credit=credit,
        closing=opening + debit - credit,
        files={name: _address(format=name) for name in ("xlsx", "csv")},
        previous_url=_address(after=page.previous) if page.previous else None,
        next_url=_address(after=page.next) if page.next else None,
    )


@bp.get("/accounts")
def accounts() -> ResponseReturnValue:
    """The chart of accounts."""
    year = balances.month_range(None, None, g.today).year
    return render_template(
        "ledger/accounts.html", rows=balances.chart(year), year=year, kind_labels=KIND_LABELS, role_labels=ROLE_LABELS
    )


@bp.get("/periods")
def periods() -> ResponseReturnValue:
    """Fiscal years and their months."""
    rows = balances.periods()
    months: dict[int, list[Period]] = {}
    for row in rows:
        months.setdefault(row.fiscal_year_id, []).append(row)
    return render_template(
        "ledger/periods.html",
        years=balances.fiscal_years(),
        months=months,
        names=user_queries.names(row.closed_by_id for row in rows),
    )


@bp.post("/periods/<id:period_id>/close")
def close_period(period_id: int) -> ResponseReturnValue:
    """No posting into this month any more."""
    period = period_services.close_period(period_id, actor_id=g.actor.id, today=g.today)
    flash(_("%(month)s is closed.", month=f"{period.first_day:%Y-%m}"), "success")
    return redirect(url_for("ledger.periods"), 303)


@bp.route("/periods/<id:period_id>/reopen", methods=["GET", "POST"])
def reopen_period(period_id: int) -> ResponseReturnValue:
    """Take postings again, with a reason."""
    form = ReopenForm()
    if form.validate_on_submit():
        reason = form.reason.data or ""
        if attempt(form, lambda: period_services.reopen_period(period_id, reason=reason)) is not None:
            flash(_("The period takes postings again."), "success")
            return redirect(url_for("ledger.periods"), 303)
    status = g.get("refused_status", 422) if request.method == "POST" else 200
    return render_template(
        "ledger/reopen_period.html",
        form=form,
        period=balances.period(period_id),
        entries=timeline("period", period_id),
    ), status
