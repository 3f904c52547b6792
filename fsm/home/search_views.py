"""The search page, the palette's answers while somebody types, and the commands that the palette offers."""

from typing import Any

from flask import g, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fsm.home import search as finder
from fsm.home.commands import commands as offered
from fsm.home.first_start import bp
from fsm.home.settings_pages import is_open

__all__ = ["bp"]


@bp.get("/search")
def search() -> ResponseReturnValue:
    """Jump to an exact number, else list what begins with the words."""
    text = request.args.get("q", "").strip()
    found = finder.search(text, g.actor)
    if found.exact:
        endpoint, values = found.exact
        if is_open(endpoint):
            return redirect(url_for(endpoint, **values))
    return render_template("home/search.html", text=text, found=found)


@bp.get("/search/live")
def search_live() -> ResponseReturnValue:
    """The palette's groups for the words typed so far."""
    found = finder.search(request.args.get("q", ""), g.actor)
    groups: list[dict[str, Any]] = [
        {
            "label": _("Customers"),
            "rows": [
                {
                    "label": row.name,
                    "hint": row.billing_city,
                    "icon": "customers",
                    "url": url_for("customers.show", customer_id=row.id),
                }
                for row in found.customers
            ],
        },
        {
            "label": _("Invoices"),
            "rows": [
                {
                    "label": row.number,
                    "hint": row.client_name,
                    "icon": "invoice",
                    "url": url_for("invoices.show", invoice_id=row.id),
                }
                for row in [*found.invoices, *found.amounts]
            ],
        },
    ]
    return jsonify([group for group in groups if group["rows"]])


@bp.get("/commands")
def commands() -> ResponseReturnValue:
    """What the palette offers before anything is typed."""
    return jsonify(offered())
