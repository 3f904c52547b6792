"""The start page by role, the index of settings, the search box, the integrity page."""

from dataclasses import dataclass
from typing import Any

from flask import current_app, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from fsm.core.transactions import computes_only
from fsm.home import checks, queries
from fsm.home import search as finder
from fsm.home.first_start import bp
from fsm.invoices.settings import save_settings
from fsm.ledger import queries as ledger
from fsm.users.models import Role

__all__ = ["bp"]

# Where those land who have no dashboard of their own, by the first of their roles that is here.
LANDINGS = (
    (Role.TECHNICIAN, "service_orders.mine"),
    (Role.ACCOUNTANT, "ledger.index"),
    (Role.ADMINISTRATOR, "home.settings"),
)


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
    SettingsPage(
        "service_orders.settings", _l("Service orders"), _l("Signature, prices on the tablet, minimum time"), "wrench"
    ),
    SettingsPage("invoices.settings", _l("Invoices"), _l("What the dashboard counts"), "invoice"),
    SettingsPage("payments.settings", _l("Payments"), _l("Limit for cash, small differences"), "payment"),
    SettingsPage("mail.settings", _l("Mail"), _l("How messages leave"), "mail"),
    SettingsPage("catalog.index", _l("Items and rates"), _l("Stock items, labor rates, prices per customer"), "box"),
    SettingsPage("users.index", _l("Users"), _l("Who logs in, and with which roles"), "users"),
    SettingsPage("ledger.accounts", _l("Chart of accounts"), _l("Accounts and what they are used for"), "book"),
    SettingsPage("ledger.periods", _l("Periods"), _l("Fiscal years, closing and reopening of months"), "calendar"),
    SettingsPage("home.integrity", _l("Integrity"), _l("Counters, hash chain, checks of the books"), "shield"),
)


def _is_open(endpoint: str) -> bool:
    """Whether the page exists and this user may open it."""
    return endpoint in current_app.view_functions and bool(g.actor.can(endpoint))


@bp.get("/")
def show() -> ResponseReturnValue:
    """The office's dashboard; a technician's work, the accountant's journal, the administrator's settings."""
    if not g.actor.can("home.see_figures"):
        for role, endpoint in LANDINGS:
            if g.actor.has(role) and _is_open(endpoint):
                return redirect(url_for(endpoint))
        return render_template("home/show.html", dashboard=None)
    dashboard = queries.dashboard(g.today)
    return render_template(
        "home/show.html",
        dashboard=dashboard,
        entries=ledger.latest_entries(queries.ROWS) if g.actor.can("ledger.index") else [],
        urls=_urls(counts_posted=dashboard.counts_posted),
    )


def _urls(*, counts_posted: bool) -> dict[str, str | None]:
    """Where the tiles lead, with the same documents as they count; None where that page is not there."""
    sent = {} if counts_posted else {"sent": "yes"}
    pages: dict[str, tuple[str, dict[str, Any]]] = {
        "to_invoice": ("service_orders.done_not_invoiced", {}),
        "drafts": ("invoices.index", {"tab": "draft"}),
        "to_send": ("invoices.index", {"tab": "posted", "sent": "no"}),
        "to_collect": ("invoices.index", {"tab": "to_collect"} | sent),
        "overdue": ("invoices.index", {"tab": "overdue"} | sent),
        "paid": ("payments.index", {}),
        "new_invoice": ("invoices.new", {}),
        "new_order": ("service_orders.new", {}),
    }
    return {
        name: url_for(endpoint, **values) if _is_open(endpoint) else None for name, (endpoint, values) in pages.items()
    }


@bp.post("/count-posted")
def count_posted() -> ResponseReturnValue:
    """Count posted invoices on the dashboard, or only those sent."""
    save_settings(dashboard_counts_posted=request.form.get("counts_posted") == "yes", version=None)
    return redirect(url_for("home.show"), 303)


@bp.get("/settings")
def settings() -> ResponseReturnValue:
    """The pages of settings that this user may open."""
    return render_template("home/settings.html", pages=[page for page in SETTINGS if _is_open(page.endpoint)])


@bp.get("/search")
def search() -> ResponseReturnValue:
    """Jump to an exact number, else list what begins with the words."""
    text = request.args.get("q", "").strip()
    found = finder.search(text, g.actor)
    if found.exact:
        endpoint, values = found.exact
        if _is_open(endpoint):
            return redirect(url_for(endpoint, **values))
    return render_template("home/search.html", text=text, found=found)


@bp.get("/integrity")
def integrity() -> ResponseReturnValue:
    """Counters, withdrawn documents, heads of the hash chain; the checks run on demand, since they read everything."""
    return _integrity_page(None)


@bp.post("/integrity/check")
@computes_only
def check() -> ResponseReturnValue:
    """Run all checks and say what is wrong."""
    return _integrity_page(checks.run())


def _integrity_page(findings: list[checks.Finding] | None) -> str:
    return render_template(
        "home/integrity.html",
        findings=findings,
        checks=[one.__name__ for one in checks.CHECKS],
        counters=queries.counters(),
        withdrawn=queries.withdrawn(),
        heads=queries.chain_heads(),
    )
