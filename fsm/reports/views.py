"""Pages of reports; each on screen and as CSV, each figure a link to what it adds up."""

from typing import Any

from flask import g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fsm.core import csv_file
from fsm.ledger import accounts as ledger
from fsm.ledger.accounts import MonthRange
from fsm.ledger.forms import day_of
from fsm.reports import (  # noqa: F401 - the other pages of the blueprint register themselves
    queries,
    receivables_views,
    review_views,
    sales_views,
    work_views,
)
from fsm.reports.blueprint import bp
from fsm.reports.queries import TrialBalance

__all__ = ["bp"]


@bp.get("/trial-balance")
def trial_balance() -> ResponseReturnValue:
    """Opening, debit, credit and closing of each account over months of one fiscal year; ``?format=csv`` downloads."""
    months = ledger.month_range(day_of(request.args.get("from")), day_of(request.args.get("to")), g.today)
    balance = queries.trial_balance(months)
    if request.args.get("format") == "csv":
        return _csv(months, balance)
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
        export_url=url_for("reports.trial_balance", **span, format="csv"),
    )


def _csv(months: MonthRange, balance: TrialBalance) -> ResponseReturnValue:
    heads = [_("Account"), _("Name"), _("Opening"), _("Debit"), _("Credit"), _("Closing")]
    rows: list[list[object]] = [
        [row.number, row.name, row.opening, row.debit, row.credit, row.closing] for row in balance.rows
    ]
    if balance.earlier_result:
        rows.append(["", _("Result of earlier fiscal years"), balance.earlier_result, "", "", balance.earlier_result])
    rows.append(["", _("Total"), balance.opening, balance.debit, balance.credit, balance.closing])
    return csv_file.answer(f"trial-balance-{months.first_day}-{months.last_day}", heads, rows)
