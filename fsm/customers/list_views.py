"""The list of customers, the summary beside it, and what is done with many of them."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import ngettext

from fsm.customers import many, queries
from fsm.customers.listing import CUSTOMERS, status_of
from fsm.customers.views import bp
from fsm.users import list_pages
from fsm.users.history import timeline

list_pages.declare(bp, CUSTOMERS)


@bp.get("")
def index() -> ResponseReturnValue:
    """Tabs by archived or not; ``q`` and ``kind`` narrow them."""
    return list_pages.show(CUSTOMERS, "customers/index.html")


@bp.get("/<id:customer_id>/panel")
def panel(customer_id: int) -> ResponseReturnValue:
    """The summary beside the list; opened by itself it is the page."""
    if "HX-Request" not in request.headers:
        return redirect(url_for("customers.show", customer_id=customer_id))
    customer = queries.customer(customer_id)
    return render_template(
        "customers/_panel.html",
        customer=customer,
        status=status_of(customer),
        sites=queries.sites(customer_id, archived=False)[:5],
        entries=timeline("customer", customer_id, 5),
    )


@bp.post("/archive-many")
def archive_many() -> ResponseReturnValue:
    return list_pages.act(
        CUSTOMERS, many.archive, lambda done: ngettext("%(num)s was archived.", "%(num)s were archived.", done)
    )


@bp.post("/unarchive-many")
def unarchive_many() -> ResponseReturnValue:
    return list_pages.act(
        CUSTOMERS,
        many.unarchive,
        lambda done: ngettext("%(num)s is active again.", "%(num)s are active again.", done),
    )


@bp.post("/remind-many")
def remind_many() -> ResponseReturnValue:
    return list_pages.act(CUSTOMERS, lambda ids: many.set_automatic_reminders(ids, on=True), _switched)


@bp.post("/do-not-remind-many")
def do_not_remind_many() -> ResponseReturnValue:
    return list_pages.act(CUSTOMERS, lambda ids: many.set_automatic_reminders(ids, on=False), _switched)


def _switched(done: int) -> str:
    return str(ngettext("%(num)s customer was changed.", "%(num)s customers were changed.", done))
