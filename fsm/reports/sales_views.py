"""What was invoiced and what came in: by document, customer, month, account."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from flask import g, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fsm.customers.queries import names
from fsm.reports import files, pages, sales, spans
from fsm.reports.blueprint import bp
from fsm.reports.spans import Span
from fsm.users.list_pages import file_of

BY = ("document", "month", "customer", "account")


@bp.get("/sales")
def sales_of() -> ResponseReturnValue:
    """Invoices less credit notes of a period: ``by`` says what stands on a row; ``customer_id`` narrows it."""
    span = spans.of_address(request.args, g.today)
    accounts = sales.accounts()
    customer_id = pages.id_of("customer_id")
    by = request.args.get("by", "")
    by = by if by in BY and not customer_id else "document"
    if customer_id:
        totals = sales.of_customer(accounts, span.first_day, span.last_day, customer_id)
    else:
        totals = sales.between(accounts, span.first_day, span.last_day)
    if pages.wants_file():
        return _sales_file(accounts, span, by, customer_id)
    return render_template(
        "reports/sales.html",
        span=span,
        choices=pages.choices(span),
        by=by,
        tabs=_tabs(by) if not customer_id else [],
        totals=totals,
        customer=names([customer_id]).get(customer_id or 0, ""),
        all_customers_url=pages.address(customer_id=None),
        files=pages.files(),
        **_shown(accounts, span, by, customer_id),
    )


def _tabs(by: str) -> list[dict[str, Any]]:
    labels = {
        "document": _("Documents"),
        "month": _("Months"),
        "customer": _("Customers"),
        "account": _("Accounts"),
    }
    return [{"label": label, "url": pages.address(by=name), "is_current": name == by} for name, label in labels.items()]


def _shown(accounts: sales.Accounts, span: Span, by: str, customer_id: int | None) -> dict[str, Any]:
    cursor = request.args.get("after")
    if by == "month":
        return {"rows": months(accounts, span), "previous_url": None, "next_url": None}
    if by == "account":
        return {
            "rows": sales.by_account(accounts, span.first_day, span.last_day),
            "previous_url": None,
            "next_url": None,
        }
    page = (
        sales.by_customer(accounts, span.first_day, span.last_day, cursor)
        if by == "customer"
        else sales.entries(accounts, accounts.sales, span.first_day, span.last_day, customer_id, cursor)
    )
    return {"rows": page.rows, **pages.around(page)}


def months(accounts: sales.Accounts, span: Span) -> list[tuple[dt.date, Span, sales.Amounts, sales.Amounts]]:
    """(month, its days within the span, its figures, those of the same days a year before)."""
    rows = []
    for month in spans.months_of(span.first_day, span.last_day):
        part = Span("custom", max(month, span.first_day), min(spans.month_end(month), span.last_day))
        rows.append((month, part))
    first, last = rows[0][0], rows[-1][0]
    now = sales.by_month(accounts, first, last)
    before = sales.by_month(accounts, spans.month_start(first, -12), spans.month_start(last, -12))
    return [
        (
            month,
            part,
            now.get(month, sales.Amounts())
            if part.days == spans.days_in(month)
            else sales.between(accounts, part.first_day, part.last_day),
            before.get(spans.month_start(month, -12), sales.Amounts()),
        )
        for month, part in rows
    ]


@bp.get("/collected")
def collected() -> ResponseReturnValue:
    """Entries that brought money in or took it out, of a period."""
    span = spans.of_address(request.args, g.today)
    accounts = sales.accounts()
    if pages.wants_file():
        found = pages.every_row(
            lambda cursor, size: sales.entries(
                accounts, accounts.money, span.first_day, span.last_day, cursor=cursor, size=size
            )
        )
        return file_of(f"collected-{span.first_day}-{span.last_day}", _("Collected"), files.collected(), found)
    page = sales.entries(accounts, accounts.money, span.first_day, span.last_day, cursor=request.args.get("after"))
    return render_template(
        "reports/collected.html",
        span=span,
        choices=pages.choices(span),
        totals=sales.between(accounts, span.first_day, span.last_day),
        rows=page.rows,
        files=pages.files(),
        **pages.around(page),
    )


def _sales_file(accounts: sales.Accounts, span: Span, by: str, customer_id: int | None) -> ResponseReturnValue:
    days = (span.first_day, span.last_day)
    found: Iterable[Any]
    if by == "month":
        found = reversed(months(accounts, span))
    elif by == "account":
        found = sales.by_account(accounts, *days)
    elif by == "customer":
        found = pages.every_row(lambda cursor, size: sales.by_customer(accounts, *days, cursor=cursor, size=size))
    else:
        found = pages.every_row(
            lambda cursor, size: sales.entries(accounts, accounts.sales, *days, customer_id, cursor=cursor, size=size)
        )
    return file_of(f"sales-{days[0]}-{days[1]}", _("Sales"), files.sales(by), found)
