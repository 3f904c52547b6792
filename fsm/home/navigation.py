"""The menu: what the user's roles allow, in the order of the day."""

from typing import Any

from flask import current_app, g, request, url_for
from flask_babel import lazy_gettext as _l

# (group, [(label, endpoint, icon)]); an entry whose endpoint is not registered or not allowed is not shown.
MENU: tuple[tuple[Any, tuple[tuple[Any, str, str], ...]], ...] = (
    (
        "",
        (
            (_l("Dashboard"), "home.show", "home"),
            (_l("My work"), "service_orders.mine", "truck"),
            (_l("Tablet"), "tablet.show", "offline"),
        ),
    ),
    (
        _l("Work"),
        (
            (_l("Service orders"), "service_orders.index", "clipboard"),
            (_l("Schedule"), "schedule.index", "calendar"),
            (_l("To invoice"), "service_orders.done_not_invoiced", "inbox"),
            (_l("Contracts"), "contracts.index", "contract"),
            (_l("Kept work"), "tablet.kept", "archive"),
        ),
    ),
    (
        _l("Money"),
        (
            (_l("Quotes"), "quotes.index", "quote"),
            (_l("Sales orders"), "sales_orders.index", "order"),
            (_l("Invoices"), "invoices.index", "invoice"),
            (_l("Month-end"), "invoices.month_end", "calendar"),
            (_l("Payments"), "payments.index", "payment"),
            (_l("Mail"), "mail.index", "mail"),
            (_l("Receivables"), "reports.aged_receivables", "clock"),
            (_l("Reports"), "reports.sales_of", "chart"),
        ),
    ),
    (
        _l("Books"),
        (
            (_l("Journal"), "ledger.index", "book"),
            (_l("Review"), "reports.review", "check"),
            (_l("Trial balance"), "reports.trial_balance", "scale"),
            (_l("Periods"), "ledger.periods", "calendar"),
            (_l("Integrity"), "home.integrity", "shield"),
        ),
    ),
    (
        _l("Master data"),
        (
            (_l("Customers"), "customers.index", "customers"),
            (_l("Sites"), "sites.index", "site"),
            (_l("Items and rates"), "catalog.index", "box"),
        ),
    ),
    (
        _l("Administration"),
        (
            (_l("Users"), "users.index", "users"),
            (_l("Imports"), "imports.index", "upload"),
            (_l("Settings"), "home.settings", "settings"),
        ),
    ),
)

# The letter after g that goes there.
KEYS = {
    "home.show": "d",
    "service_orders.mine": "m",
    "service_orders.index": "o",
    "schedule.index": "h",
    "service_orders.done_not_invoiced": "t",
    "contracts.index": "n",
    "quotes.index": "q",
    "sales_orders.index": "a",
    "invoices.index": "i",
    "invoices.month_end": "e",
    "payments.index": "p",
    "mail.index": "l",
    "ledger.index": "j",
    "reports.trial_balance": "b",
    "customers.index": "c",
    "catalog.index": "r",
    "users.index": "u",
    "home.settings": "s",
}


def navigation() -> list[dict[str, Any]]:
    """Groups of entries for ``base.html``; empty for somebody who is not logged in."""
    actor = g.get("actor")
    shown = [
        (
            group,
            [entry for entry in entries if entry[1] in current_app.view_functions and actor and actor.can(entry[1])],
        )
        for group, entries in MENU
    ]
    here = _current([endpoint for _group, entries in shown for _label, endpoint, _icon in entries])
    return [
        {
            "label": str(group),
            "items": [
                {
                    "label": str(label),
                    "endpoint": endpoint,
                    "url": url_for(endpoint),
                    "icon": icon,
                    "key": KEYS.get(endpoint, ""),
                    "is_current": endpoint == here,
                }
                for label, endpoint, icon in entries
            ],
        }
        for group, entries in shown
        if entries
    ]


def _current(endpoints: list[str]) -> str | None:
    """The entry of this very page, else the list of the slice that the page belongs to."""
    if request.endpoint in endpoints:
        return request.endpoint
    of_slice = [endpoint for endpoint in endpoints if endpoint == f"{request.blueprint}.index"]
    return of_slice[0] if of_slice and request.endpoint != "users.profile" else None
