"""Pages of reports; each on screen and as a file (``format``: csv, xlsx), each figure a link to what it adds up."""

from typing import Any

from flask import g, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fsm.ledger import accounts as ledger
from fsm.ledger.forms import day_of
from fsm.reports import (  # noqa: F401 - the other pages of the blueprint register themselves
    files,
    pages,
    queries,
    receivables_views,
    review_views,
    sales_views,
    work_views,
)
from fsm.reports.blueprint import bp
from fsm.users.list_pages import file_of

__all__ = ["bp"]


@bp.get("/trial-balance")
def trial_balance() -> ResponseReturnValue:
    """Opening, debit, credit and closing of each account over months of one fiscal year."""
    months = ledger.month_range(day_of(request.args.get("from")), day_of(request.args.get("to")), g.today)
    balance = queries.trial_balance(months)
    if pages.wants_file():
        columns, rows = files.trial_balance(balance)
        name = f"trial-balance-{months.first_day}-{months.last_day}"
        return file_of(name, _("Trial balance"), columns, rows)
    span: dict[str, Any] = {"from": months.first_day, "to": months.last_day}
    years = ledger.fiscal_years()
    return render_template(
        "reports/trial_balance.html",
        months=months,
        balance=balance,
        span=span,
        years=years,
        previous_year=next((year for year in years if year.last_day < months.year.first_day), None),
        periods=[row for row in reversed(ledger.periods()) if row.fiscal_year_id == months.year.id],
        files=pages.files(),
    )
