"""Settings, Backups: what there is, one more now, how often and how long."""

from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fsm.backups import queries, services
from fsm.backups.forms import SettingsForm, settings_form
from fsm.backups.places import file_of, folder
from fsm.core import audit
from fsm.core.errors import ConflictError
from fsm.core.formats import zone
from fsm.core.transactions import attempt

bp = Blueprint("backups", __name__, url_prefix="/backups")


@bp.get("")
def index() -> ResponseReturnValue:
    """The backups in the folder, and the settings."""
    return _page(settings_form(services.settings()))


def _page(form: SettingsForm) -> str:
    return render_template("backups/index.html", form=form, row=services.settings(), **_state())


def _state() -> dict[str, Any]:
    return {
        "found": queries.found(),
        "under_way": services.under_way(),
        "failed": queries.failed(),
        "warning": queries.warning(audit.now()),
        "folder": folder(),
    }


@bp.get("/list")
def listed() -> ResponseReturnValue:
    """The list alone, asked for while one is being made."""
    return render_template("backups/_list.html", **_state())


@bp.post("/settings")
def settings() -> ResponseReturnValue:
    """When, and how many are kept."""
    form = SettingsForm()
    if form.validate_on_submit():
        version = form.sent_version()
        if attempt(form, lambda: _saved(form, version)):
            flash(_("The settings were saved."), "success")
            return redirect(url_for("backups.index"), 303)
    return _page(form), g.get("refused_status", 422)


def _saved(form: SettingsForm, version: int | None) -> bool:
    services.save_settings(form.values(), zone=zone(), version=version)
    return True


@bp.post("/make")
def make() -> ResponseReturnValue:
    """Have one made now."""
    try:
        services.ask(actor_id=g.actor.id)
    except ConflictError as refusal:  # nothing was written
        flash(str(refusal), "warning")
    return redirect(url_for("backups.index"), 303)


@bp.get("/<name>/download")
def download(name: str) -> ResponseReturnValue:
    """The whole company in one file: for administrators alone."""
    answer = send_file(file_of(name), mimetype="application/octet-stream", as_attachment=True, download_name=name)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@bp.post("/<name>/remove")
def remove(name: str) -> ResponseReturnValue:
    """Delete a file for good."""
    services.remove(name)
    flash(_("The backup was deleted."), "success")
    return redirect(url_for("backups.index"), 303)
