"""The settings page of documents."""

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fsm.company.forms import newer_values
from fsm.core.transactions import attempt
from fsm.documents import queries, services
from fsm.documents.forms import SettingsForm

bp = Blueprint("documents", __name__, url_prefix="/settings")


@bp.route("/documents", methods=["GET", "POST"])
def settings() -> ResponseReturnValue:
    """Documents that exist keep what they were made with."""
    form = SettingsForm(obj=queries.settings())
    if form.validate_on_submit() and attempt(
        form, lambda: services.change_settings(form.values(), version=form.sent_version())
    ):
        flash(_("The settings were saved."), "success")
        return redirect(url_for("documents.settings"), 303)
    row = queries.settings()
    status = g.get("refused_status", 422) if request.method == "POST" else 200
    newer = newer_values(form, SettingsForm(formdata=None, obj=row)) if status == 409 else []  # noqa: PLR2004 - HTTP's
    return render_template("documents/settings.html", form=form, settings=row, newer=newer), status
