"""What was invoiced and what came in: by document, customer, month, account."""

import datetime as dt
from decimal import Decimal
from typing import Any

from flask import g, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fsm.core import csv_file
from fsm.customers.queries import names
from fsm.ledger.forms import entry_name
from fsm.reports import pages, sales, spans
from fsm.reports.blueprint import bp
from fsm.reports.spans import Span

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
    if pages.wants_csv():
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
        export_url=pages.address(format="csv"),
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
    if pages.wants_csv():
        found = csv_file.all_rows(
            lambda cursor: sales.entries(
                accounts, accounts.money, span.first_day, span.last_day, cursor=cursor, size=csv_file.EXPORT_PAGE
            )
        )
        heads = [_("Date"), _("Entry"), _("Customer"), _("Narration"), _("Amount")]
        rows = (
            [row.entry.entry_date, entry_name(row.entry), row.customer, row.entry.narration, row.amounts.collected]
            for row in found
        )
        return csv_file.answer(f"collected-{span.first_day}-{span.last_day}", heads, rows)
    page = sales.entries(accounts, accounts.money, span.first_day, span.last_day, cursor=request.args.get("after"))
    return render_template(
        "reports/collected.html",
        span=span,
        choices=pages.choices(span),
        totals=sales.between(accounts, span.first_day, span.last_day),
        rows=page.rows,
        export_url=pages.address(format="csv"),
        **pages.around(page),
    )


def _sales_file(accounts: sales.Accounts, span: Span, by: str, customer_id: int | None) -> ResponseReturnValue:
    rows: Any
    days = (span.first_day, span.last_day)
    if by == "month":
        heads = [_("Month"), _("Without VAT"), _("With VAT")]
        rows = [[month.strftime("%Y-%m"), now.net, now.total] for month, _part, now, _before in months(accounts, span)]
    elif by == "account":
        heads = [_("Account"), _("Name"), _("Without VAT")]
        rows = [[row.number, row.name, row.net] for row in sales.by_account(accounts, *days)]
    elif by == "customer":
        heads = [_("Customer"), _("Without VAT")]
        found = csv_file.all_rows(
            lambda cursor: sales.by_customer(accounts, *days, cursor=cursor, size=csv_file.EXPORT_PAGE)
        )
        rows = ([row.name, row.net] for row in found)
    else:
        heads = [_("Date"), _("Document"), _("Customer"), _("Without VAT"), _("VAT"), _("With VAT")]
        entries = csv_file.all_rows(
            lambda cursor: sales.entries(
                accounts, accounts.sales, *days, customer_id, cursor=cursor, size=csv_file.EXPORT_PAGE
            )
        )
        rows = ([row.entry.entry_date, row.entry.source_number, row.customer, *_three(row.amounts)] for row in entries)
    return csv_file.answer(f"sales-{days[0]}-{days[1]}", heads, rows)


def _three(amounts: sales.Amounts) -> list[Decimal]:
    return [amounts.net, amounts.total - amounts.net, amounts.total]
