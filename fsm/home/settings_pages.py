"""The index of settings: its pages, and which of them somebody may open."""

from dataclasses import dataclass
from typing import Any

from flask import current_app, g
from flask_babel import lazy_gettext as _l


@dataclass(frozen=True, slots=True)
class SettingsPage:
    """A page of settings; shown to those who may open it."""

    endpoint: str
    label: Any
    hint: Any
    icon: str


SETTINGS = (
    SettingsPage("company.edit", _l("Company"), _l("Name, address, VAT, language, time zone, logo"), "building"),
    SettingsPage(
        "company.bank_accounts", _l("Bank accounts"), _l("Where customers pay, and the ledger accounts"), "bank"
    ),
    SettingsPage("company.numbering", _l("Numbering"), _l("Prefixes, formats and first numbers"), "order"),
    SettingsPage(
        "documents.settings", _l("Documents"), _l("Payment term, VAT calculation, cash discount, note"), "file"
    ),
    SettingsPage("layouts.index", _l("Layouts"), _l("Design, colour and foot of what is printed"), "print"),
    SettingsPage(
        "service_orders.settings", _l("Service orders"), _l("Signature, prices on the tablet, minimum time"), "wrench"
    ),
    SettingsPage(
        "schedule.settings", _l("Schedule"), _l("Working hours, speed between sites, length of visits"), "calendar"
    ),
    SettingsPage("invoices.settings", _l("Invoices"), _l("What the dashboard counts"), "invoice"),
    SettingsPage("payments.settings", _l("Payments"), _l("Limit for cash, small differences"), "payment"),
    SettingsPage("mail.settings", _l("Mail"), _l("Mail server or folder, sender, the accountant's address"), "mail"),
    SettingsPage("mail.templates", _l("Texts of messages"), _l("What messages say, in four languages"), "pen"),
    SettingsPage("catalog.index", _l("Items and rates"), _l("Stock items, labor rates, prices per customer"), "box"),
    SettingsPage("users.index", _l("Users"), _l("Who logs in, and with which roles"), "users"),
    SettingsPage("api_keys.index", _l("API keys"), _l("Other programs: their keys, and what each may do"), "api"),
    SettingsPage("webhooks.index", _l("Webhooks"), _l("Which programs are told of invoices and orders at once"), "api"),
    SettingsPage("ledger.accounts", _l("Chart of accounts"), _l("Accounts and what they are used for"), "book"),
    SettingsPage("ledger.periods", _l("Periods"), _l("Fiscal years, closing and reopening of months"), "calendar"),
    SettingsPage("backups.index", _l("Backups"), _l("Daily backups, which are kept, one now"), "archive"),
    SettingsPage("home.integrity", _l("Integrity"), _l("Counters, hash chain, checks of the books"), "shield"),
    SettingsPage("home.audit", _l("Changes"), _l("What was changed, before and after, by whom and when"), "clock"),
)


def is_open(endpoint: str) -> bool:
    """Whether the page exists and this user may open it."""
    return endpoint in current_app.view_functions and bool(g.actor.can(endpoint))


def open_settings_pages() -> list[SettingsPage]:
    """Those that this user may open, in their order."""
    return [page for page in SETTINGS if is_open(page.endpoint)]
