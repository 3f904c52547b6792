"""Reports on the work: margin of jobs, technicians' time, days from Done to invoice."""

from flask import g, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fsm.core.errors import NotFoundError
from fsm.core.formats import hours
from fsm.customers.queries import names
from fsm.reports import days_to_invoice, files, margins, pages, spans, technicians
from fsm.reports.blueprint import bp
from fsm.reports.spans import Span
from fsm.service_orders.visibility import settings
from fsm.users.list_pages import file_of


@bp.get("/job-margins")
def job_margins() -> ResponseReturnValue:
    """Jobs done in a period with what they brought and cost; the worst first unless asked otherwise."""
    span = spans.of_address(request.args, g.today)
    sort = request.args.get("sort", "")
    sort = sort if sort.removeprefix("-") in margins.SORTS else "margin"
    customer_id = pages.id_of("customer_id")
    if pages.wants_file():
        found = pages.every_row(
            lambda cursor, size: margins.jobs(
                span.first_day, span.last_day, customer_id=customer_id, sort=sort, cursor=cursor, size=size
            )
        )
        name = f"job-margins-{span.first_day}-{span.last_day}"
        return file_of(name, _("Margin per job"), files.job_margins(), found)
    page = margins.jobs(
        span.first_day, span.last_day, customer_id=customer_id, sort=sort, cursor=request.args.get("after")
    )
    return render_template(
        "reports/job_margins.html",
        span=span,
        choices=pages.choices(span),
        rows=page.rows,
        summary=margins.summary(span.first_day, span.last_day, 0, customer_id),
        left_out=0 if customer_id else margins.left_out(span.first_day, span.last_day),
        sort=sort,
        customer=names([customer_id]).get(customer_id or 0, ""),
        all_customers_url=pages.address(customer_id=None),
        files=pages.files(),
        **pages.around(page),
    )


@bp.get("/technicians", endpoint="technicians")
def technicians_of() -> ResponseReturnValue:
    """Time of each technician in a period; of one, ``technician_id``, the entries themselves."""
    span = spans.of_address(request.args, g.today)
    technician_id = pages.id_of("technician_id")
    if technician_id:
        return _technician(span, technician_id)
    rows = technicians.utilisation(span.first_day, span.last_day, g.today)
    if pages.wants_file():
        name = f"technicians-{span.first_day}-{span.last_day}"
        return file_of(name, _("Technicians"), files.technicians(), rows)
    return render_template(
        "reports/technicians.html",
        span=span,
        choices=pages.choices(span),
        rows=rows,
        all=technicians.all_of(rows),
        week_hours=hours(int(settings().weekly_hours * 60)),
        files=pages.files(),
    )


def _technician(span: Span, technician_id: int) -> ResponseReturnValue:
    name = technicians.name_of(technician_id)
    if not name:
        raise NotFoundError(_("There is no such technician."))
    days = (span.first_day, span.last_day)
    if pages.wants_file():
        found = pages.every_row(lambda cursor, size: technicians.entries(technician_id, *days, cursor, size=size))
        file_name = f"technician-{technician_id}-{days[0]}-{days[1]}"
        return file_of(file_name, _("Time"), files.technician(), found)
    page = technicians.entries(technician_id, *days, request.args.get("after"))
    rows = technicians.utilisation(*days, g.today)
    return render_template(
        "reports/technician.html",
        span=span,
        choices=pages.choices(span),
        name=name,
        total=next((row for row in rows if row.technician_id == technician_id), None),
        rows=page.rows,
        files=pages.files(),
        **pages.around(page),
    )


@bp.get("/days-to-invoice", endpoint="days_to_invoice")
def days_until_invoice() -> ResponseReturnValue:
    """Orders first invoiced in a period, those that waited longest first; the middle and the slow end per month."""
    span = spans.of_address(request.args, g.today)
    sort = request.args.get("sort", "")
    sort = sort if sort in days_to_invoice.SORTS else "-days"
    days = (span.first_day, span.last_day)
    if pages.wants_file():
        found = pages.every_row(lambda cursor, size: days_to_invoice.rows(*days, sort=sort, cursor=cursor, size=size))
        name = f"days-to-invoice-{days[0]}-{days[1]}"
        return file_of(name, _("From Done to invoice"), files.days_to_invoice(), found)
    page = days_to_invoice.rows(*days, sort=sort, cursor=request.args.get("after"))
    counts = days_to_invoice.by_month(*days)
    return render_template(
        "reports/days_to_invoice.html",
        span=span,
        choices=pages.choices(span),
        rows=page.rows,
        all=days_to_invoice.days_of(days_to_invoice.added(counts.values())),
        months=[
            (month, days_to_invoice.days_of(counts.get(month, {})), spans.month_end(month))
            for month in spans.months_of(*days)
        ],
        sort=sort,
        files=pages.files(),
        **pages.around(page),
    )
