"""What the palette of Ctrl+K offers on every page: what can be made, what can be done, where one can go."""

from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from fsm.home.navigation import navigation
from fsm.home.settings_pages import is_open, open_settings_pages


@dataclass(frozen=True, slots=True)
class Verb:
    """A page where something is begun; offered where it exists and the user may open it."""

    endpoint: str
    label: Any
    icon: str


CREATE = (
    Verb("service_orders.new", _l("New service order"), "clipboard"),
    Verb("contracts.new", _l("New maintenance contract"), "contract"),
    Verb("quotes.new", _l("New quote"), "quote"),
    Verb("invoices.new", _l("New invoice"), "invoice"),
    Verb("customers.new", _l("New customer"), "customers"),
    Verb("payments.register", _l("Register payment"), "payment"),
    Verb("invoices.month_end", _l("Invoice a month"), "calendar"),
    Verb("catalog.new", _l("New item"), "box"),
    Verb("catalog.new_rate", _l("New rate"), "clock"),
    Verb("users.new", _l("New user"), "user"),
)


def commands() -> list[dict[str, Any]]:
    """Groups of rows for the palette, as JSON takes them."""
    groups = [("create", _("Create"), _verbs(CREATE)), ("go", _("Go to"), _places())]
    return [{"name": name, "label": label, "rows": rows} for name, label, rows in groups if rows]


def _verbs(verbs: tuple[Verb, ...]) -> list[dict[str, Any]]:
    return [
        {"label": str(verb.label), "url": url_for(verb.endpoint), "icon": verb.icon}
        for verb in verbs
        if is_open(verb.endpoint)
    ]


def _places() -> list[dict[str, Any]]:
    menu = [
        {
            "label": item["label"],
            "hint": group["label"],
            "url": item["url"],
            "icon": item["icon"],
            "keys": f"g {item['key']}" if item["key"] else "",
        }
        for group in navigation()
        for item in group["items"]
    ]
    shown = {item["url"] for item in menu}
    settings = [
        {"label": str(page.label), "hint": str(page.hint), "url": url_for(page.endpoint), "icon": page.icon}
        for page in open_settings_pages()
    ]
    profile = {"label": _("Profile"), "hint": _("Password, language, keys"), "url": url_for("users.profile")}
    return [*menu, *(page for page in settings if page["url"] not in shown), profile | {"icon": "user"}]
