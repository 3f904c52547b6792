"""Aged receivables by customer, and the open items behind every figure of them."""

from typing import Any

from flask import g, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fsm.customers.queries import names
from fsm.ledger.models import NO_TERM, ItemKind
from fsm.reports import files, pages, receivables
from fsm.reports.blueprint import bp
from fsm.reports.receivables import Wanted, bucket_labels
from fsm.users.list_pages import file_of


def kind_labels() -> dict[ItemKind, str]:
    """What an open item is about, in words."""
    return {
        ItemKind.INVOICE: _("Invoice"),
        ItemKind.CREDIT_NOTE: _("Credit note"),
        ItemKind.ON_ACCOUNT: _("Paid on account"),
        ItemKind.TAKEN_OVER: _("Taken over"),
    }


@bp.get("/aged-receivables")
def aged_receivables() -> ResponseReturnValue:
    """What each customer owes, by how late it is; each figure opens its open items."""
    sort = request.args.get("sort", "").removeprefix("-")
    sort = sort if sort in receivables.SORTS else "owed"
    labels = bucket_labels()
    if pages.wants_file():
        found = pages.every_row(
            lambda cursor, size: receivables.by_customer(g.today, sort=sort, cursor=cursor, size=size)
        )
        return file_of(f"aged-receivables-{g.today}", _("Aged receivables"), files.aged_receivables(), found)
    page = receivables.by_customer(g.today, sort=sort, cursor=request.args.get("after"))
    return render_template(
        "reports/aged_receivables.html",
        rows=page.rows,
        aged=receivables.aged(g.today),
        labels=labels,
        buckets=receivables.BUCKETS,
        sort=sort,
        files=pages.files(),
        **pages.around(page),
    )


@bp.get("/open-items")
def open_items() -> ResponseReturnValue:
    """Open items of an age, a customer, a kind; the first due first."""
    wanted = _wanted()
    if pages.wants_file():
        found = pages.every_row(lambda cursor, size: receivables.items(wanted, g.today, cursor, size=size))
        return file_of(f"open-items-{g.today}", _("Open items"), files.open_items(kind_labels()), found)
    page = receivables.items(wanted, g.today, request.args.get("after"))
    return render_template(
        "reports/open_items.html",
        rows=page.rows,
        sum=receivables.items_sum(wanted, g.today),
        wanted=wanted,
        chips=_chips(wanted),
        labels=bucket_labels(),
        kinds=kind_labels(),
        no_term=NO_TERM,
        files=pages.files(),
        **pages.around(page),
    )


def _wanted() -> Wanted:
    bucket, kind = request.args.get("bucket", ""), request.args.get("kind", "")
    return Wanted(
        bucket=bucket if bucket in bucket_labels() else "",
        customer_id=pages.id_of("customer_id"),
        kind=ItemKind(kind) if kind in set(ItemKind) else None,
    )


def _chips(wanted: Wanted) -> list[dict[str, Any]]:
    chips = []
    if wanted.customer_id:
        label = names([wanted.customer_id]).get(wanted.customer_id, _("Unknown customer"))
        chips.append({"label": label, "remove_url": pages.address(customer_id=None)})
    if wanted.bucket:
        chips.append({"label": bucket_labels()[wanted.bucket], "remove_url": pages.address(bucket=None)})
    if wanted.kind:
        chips.append({"label": kind_labels()[wanted.kind], "remove_url": pages.address(kind=None)})
    return chips
