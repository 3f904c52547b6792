"""The settings page of documents; its other pages register themselves with the blueprints."""

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fsm.company.forms import language_choices, newer_values
from fsm.company.services import the_company
from fsm.core.transactions import attempt
from fsm.documents import beside_views, custom_fields, late_interest, queries, services, settings_views
from fsm.documents.blueprint import beside, bp
from fsm.documents.forms import SettingsForm
from fsm.documents.models import FieldPlace

__all__ = ["beside", "beside_views", "bp", "settings_views"]


@bp.route("/documents", methods=["GET", "POST"])
def settings() -> ResponseReturnValue:
    """Documents that exist keep what they were made with."""
    form = SettingsForm.of(queries.settings())
    if form.validate_on_submit() and attempt(
        form, lambda: services.change_settings(form.values(), version=form.sent_version())
    ):
        flash(_("The settings were saved."), "success")
        return redirect(url_for("documents.settings"), 303)
    row = queries.settings()
    status = g.get("refused_status", 422) if request.method == "POST" else 200
    newer = newer_values(form, SettingsForm.of(row, is_sent=False)) if status == 409 else []  # noqa: PLR2004 - HTTP's
    page = render_template(
        "documents/settings.html",
        form=form,
        settings=row,
        newer=newer,
        company=the_company(),
        language_name=dict(language_choices())[the_company().language.value],
        fields=[field for place in FieldPlace for field in custom_fields.of_place(place)],
        rates=late_interest.rates(),
    )
    return page, status
