"""The whole history of one record, page by page; and every change of everybody, for managers and administrators."""

import datetime as dt
from typing import Any

import sqlalchemy as sa
from flask import g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fsm.core.audit import AuditChange
from fsm.core.db import session
from fsm.core.errors import ForbiddenError, NotFoundError
from fsm.core.paging import Page, page
from fsm.home.blueprint import bp
from fsm.home.settings_pages import is_open
from fsm.reports import pages, spans
from fsm.service_orders.queries import day_starts_at
from fsm.users.history import Words, history, plain_words
from fsm.users.history_words import TABLES
from fsm.users.models import User
from fsm.users.queries import names

__all__ = ["bp"]

# Who may open the record's page may read its history; technicians open orders but not what others did on them.
MAY: dict[str, str] = {
    "customer": "customers.show",
    "site": "customers.show_site",
    "equipment": "customers.edit_equipment",
    "stock_item": "catalog.edit",
    "labor_rate": "catalog.edit_rate",
    "price_list": "catalog.edit",
    "kit": "catalog.edit",
    "user": "users.edit",
    "quote": "quotes.show",
    "sales_order": "sales_orders.show",
    "invoice": "invoices.show",
    "taken_over": "invoices.show",
    "service_order": "service_orders.edit",
    "period": "ledger.periods",
    "company": "company.edit",
    "webhook": "webhooks.show",
}
# Where a changed row is shown: endpoint and the name of its id there.
SHOWN_AT = {
    "app_user": ("users.edit", "user_id"),
    "bank_account": ("company.edit_bank_account", "bank_account_id"),
    "company": ("company.edit", ""),
    "customer": ("customers.show", "customer_id"),
    "document_settings": ("documents.settings", ""),
    "quote": ("quotes.show", "quote_id"),
    "sales_order": ("sales_orders.show", "order_id"),
    "invoice": ("invoices.show", "invoice_id"),
    "invoice_settings": ("invoices.settings", ""),
    "labor_rate": ("catalog.edit_rate", "rate_id"),
    "mail_settings": ("mail.settings", ""),
    "payment_settings": ("payments.settings", ""),
    "service_order": ("service_orders.show", "order_id"),
    "service_settings": ("service_orders.settings", ""),
    "stock_item": ("catalog.edit", "item_id"),
    "webhook_endpoint": ("webhooks.show", "endpoint_id"),
}


@bp.get("/history/<string:kind>/<id:record_id>", endpoint="history")
def history_of(kind: str, record_id: int) -> ResponseReturnValue:
    """All that was written down about one record."""
    if kind not in MAY:
        raise NotFoundError(_("There is no such history."))
    if not g.actor.can(MAY[kind]):
        raise ForbiddenError(_("This history is not for you."))
    entries = history(kind, record_id, g.actor.can, limit=50, cursor=request.args.get("after"))
    return render_template(
        "home/history.html",
        entries=list(entries),
        title=str(TABLES.get({"user": "app_user"}.get(kind, kind), plain_words(kind))),
        next_url=url_for("home.history", kind=kind, record_id=record_id, after=entries.more) if entries.more else None,
        is_first="after" not in request.args,
        first_url=url_for("home.history", kind=kind, record_id=record_id),
        back_url=_record_url({"user": "app_user"}.get(kind, kind), record_id),
    )


@bp.get("/audit")
def audit() -> ResponseReturnValue:
    """Changes of everybody by day, person and kind of row, the newest first."""
    person, table = pages.id_of("person"), request.args.get("table", "")
    first, last = spans.day_of(request.args.get("from")), spans.day_of(request.args.get("to"))
    found = _changes(person, table if table in TABLES else "", first, last)
    words = Words(found.rows, g.actor.can)
    people = names(row.actor_id for row in found.rows)
    return render_template(
        "home/audit.html",
        rows=[
            {
                "at": row.at,
                "by": people.get(row.actor_id or 0, ""),
                "what": words.title(row),
                "number": row.row_id,
                "url": _record_url(row.table_name, row.row_id),
                "lines": words.lines(row),
            }
            for row in found.rows
        ],
        people=list(session.execute(sa.select(User.id, User.name).order_by(User.sort_key, User.id))),
        tables=sorted(((name, str(label)) for name, label in TABLES.items()), key=lambda row: row[1]),
        wanted={"person": person, "table": table, "from": first, "to": last},
        is_filtered=bool(person or table or first or last),
        **pages.around(found),
    )


def _changes(person: int | None, table: str, first: dt.date | None, last: dt.date | None) -> Page[Any]:
    query = sa.select(AuditChange)
    if person:
        query = query.where(AuditChange.actor_id == person)
    if table:
        query = query.where(AuditChange.table_name == table)
    if first:
        query = query.where(AuditChange.at >= day_starts_at(first))
    if last:
        query = query.where(AuditChange.at < day_starts_at(last + dt.timedelta(days=1)))
    return page(query, [AuditChange.at, AuditChange.id], request.args.get("after"), descending=True)


def _record_url(table: str, record_id: int) -> str | None:
    endpoint, name = SHOWN_AT.get(table, ("", ""))
    if not endpoint or not is_open(endpoint):
        return None
    values: dict[str, Any] = {name: record_id} if name else {}
    return url_for(endpoint, **values)
