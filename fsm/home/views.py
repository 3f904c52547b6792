"""The start page by role, the index of settings, the integrity page."""

from typing import Any

from flask import g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from fsm.backups import queries as backups
from fsm.core import audit
from fsm.core.transactions import computes_only
from fsm.home import checks, history_views, queries  # noqa: F401 - the pages of history register themselves
from fsm.home import manager as managers
from fsm.home.search_views import bp
from fsm.home.settings_pages import is_open, open_settings_pages
from fsm.invoices.settings import save_settings
from fsm.ledger import queries as ledger
from fsm.reports import pages, spans
from fsm.reports.receivables import BUCKETS, bucket_labels
from fsm.tablet import queries as tablet
from fsm.users.models import Role

__all__ = ["bp"]

# Where those land who have no dashboard of their own, by the first of their roles that is here.
LANDINGS = (
    (Role.TECHNICIAN, "service_orders.mine"),
    (Role.ACCOUNTANT, "ledger.index"),
    (Role.ADMINISTRATOR, "home.settings"),
)


@bp.get("/")
def show() -> ResponseReturnValue:
    """The office's dashboard; a technician's work, the accountant's journal, the administrator's settings."""
    if not g.actor.can("home.see_figures"):
        for role, endpoint in LANDINGS:
            if g.actor.has(role) and is_open(endpoint):
                return redirect(url_for(endpoint))
        return render_template("home/show.html", dashboard=None)
    dashboard = queries.dashboard(g.today)
    return render_template(
        "home/show.html",
        dashboard=dashboard,
        kept_count=tablet.count_kept(),
        entries=ledger.latest_entries(queries.ROWS) if g.actor.can("ledger.index") else [],
        urls=_urls(counts_posted=dashboard.counts_posted),
        backup_warning=_backup_warning(),
    )


def _backup_warning() -> str | None:
    """For those who can do something about it."""
    return backups.warning(audit.now()) if g.actor.can("backups.index") else None


def _urls(*, counts_posted: bool) -> dict[str, str | None]:
    """Where the tiles lead, with the same documents as they count; None where that page is not there."""
    sent = {} if counts_posted else {"sent": "yes"}
    pages: dict[str, tuple[str, dict[str, Any]]] = {
        "to_invoice": ("service_orders.done_not_invoiced", {}),
        "drafts": ("invoices.index", {"tab": "draft"}),
        "to_send": ("invoices.index", {"tab": "to_send"}),
        "to_collect": ("invoices.index", {"tab": "to_collect"} | sent),
        "overdue": ("invoices.index", {"tab": "overdue"} | sent),
        "taken_over": ("reports.open_items", {"kind": "taken_over"}),
        "paid": ("payments.index", {"from": g.today.replace(day=1), "to": g.today, "money": "yes"}),
        "mail_problems": ("mail.index", {"tab": "problems"}),
        "new_invoice": ("invoices.new", {}),
        "new_order": ("service_orders.new", {}),
    }
    return {
        name: url_for(endpoint, **values) if is_open(endpoint) else None for name, (endpoint, values) in pages.items()
    }


@bp.get("/dashboard/manager")
def manager() -> ResponseReturnValue:
    """Turnover, margins, technicians, days to the invoice and receivables of the period in the address."""
    span = spans.of_address(request.args, g.today)
    return render_template(
        "home/manager.html",
        span=span,
        before=managers.year_before(span, g.today),
        choices=pages.choices(span),
        board=managers.board(span, g.today),
        backup_warning=_backup_warning(),
        bucket_labels=bucket_labels(),
        buckets=BUCKETS,
    )


@bp.post("/count-posted")
def count_posted() -> ResponseReturnValue:
    """Count posted invoices on the dashboard, or only those sent."""
    save_settings(dashboard_counts_posted=request.form.get("counts_posted") == "yes", version=None)
    return redirect(url_for("home.show"), 303)


@bp.get("/settings")
def settings() -> ResponseReturnValue:
    """The pages of settings that this user may open."""
    return render_template("home/settings.html", pages=open_settings_pages(), backup_warning=_backup_warning())


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
    withdrawn = queries.withdrawn()
    return render_template(
        "home/integrity.html",
        findings=findings,
        failed={finding.check for finding in findings or ()},
        checks=[one.__name__ for one in checks.CHECKS],
        counters=queries.counters(),
        withdrawn=withdrawn,
        given_again=queries.given_again(withdrawn),
        heads=queries.chain_heads(),
    )
