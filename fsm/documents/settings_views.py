"""Pages of the settings of documents: fields of one's own, and named interest rates."""

from collections.abc import Callable

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fsm.core.transactions import attempt
from fsm.documents import custom_fields, late_interest
from fsm.documents.blueprint import bp
from fsm.documents.forms import CustomFieldForm, LateInterestForm, RenameFieldForm
from fsm.documents.models import CustomField, FieldPlace, LateInterestRate


def status() -> int:
    """The status of a page that is shown: 200, or that of the refusal."""
    return int(g.get("refused_status", 422)) if request.method == "POST" else 200


@bp.route("/documents/fields", methods=["GET", "POST"])
def fields() -> ResponseReturnValue:
    """Those in use by place, the archived ones, and a form for a new one."""
    form = CustomFieldForm()
    if form.validate_on_submit():
        values = {"name": form.name.data or "", "description": form.description.data or "", "place": form.place.data}
        field = attempt(form, lambda: custom_fields.add(**values))
        if field is not None:
            flash(_("The field %(name)s was added.", name=field.description), "success")
            return redirect(url_for("documents.fields"), 303)
    page = render_template(
        "documents/fields.html",
        form=form,
        places=[(place, custom_fields.of_place(place)) for place in FieldPlace],
        archived=[row for place in FieldPlace for row in custom_fields.of_place(place, archived=True)],
    )
    return page, status()


@bp.route("/documents/fields/<id:field_id>/edit", methods=["GET", "POST"])
def edit_field(field_id: int) -> ResponseReturnValue:
    """Other words; the internal name stays."""
    row = custom_fields.get(field_id)
    form = RenameFieldForm(obj=row)
    if form.validate_on_submit():
        text, version = form.description.data or "", form.sent_version()
        if attempt(form, lambda: custom_fields.rename(field_id, text, version=version)) is not None:
            flash(_("The field was saved."), "success")
            return redirect(url_for("documents.fields"), 303)
        row = custom_fields.get(field_id)
    return render_template("documents/edit_field.html", form=form, field=row), status()


def _moved(work: Callable[[], CustomField]) -> ResponseReturnValue:
    work()
    return redirect(url_for("documents.fields"), 303)


@bp.post("/documents/fields/<id:field_id>/up")
def move_field_up(field_id: int) -> ResponseReturnValue:
    """One place earlier."""
    return _moved(lambda: custom_fields.move(field_id, up=True))


@bp.post("/documents/fields/<id:field_id>/down")
def move_field_down(field_id: int) -> ResponseReturnValue:
    """One place later."""
    return _moved(lambda: custom_fields.move(field_id, up=False))


@bp.post("/documents/fields/<id:field_id>/archive")
def archive_field(field_id: int) -> ResponseReturnValue:
    """Offered no more; documents keep their values."""
    return _moved(lambda: custom_fields.archive(field_id))


@bp.post("/documents/fields/<id:field_id>/unarchive")
def unarchive_field(field_id: int) -> ResponseReturnValue:
    """Offered again."""
    return _moved(lambda: custom_fields.unarchive(field_id))


@bp.get("/documents/interest")
def late_interest_rates() -> ResponseReturnValue:
    """Named rates, those in use first."""
    return render_template(
        "documents/late_interest_rates.html",
        rates=late_interest.rates(),
        archived_rates=late_interest.rates(archived=True),
        percentage_on=late_interest.percentage_on,
    )


@bp.route("/documents/interest/new", methods=["GET", "POST"])
def new_late_interest_rate() -> ResponseReturnValue:
    """A name and its first percentage."""
    form = LateInterestForm.of(None, is_sent=request.method == "POST")
    if form.validate_on_submit():
        saved = attempt(form, lambda: late_interest.add(form.name.data or "", form.rows()))
        if saved is not None:
            return _saved(saved)
    return render_template("documents/edit_late_interest_rate.html", form=form, rate=None), status()


@bp.route("/documents/interest/<id:rate_id>/edit", methods=["GET", "POST"])
def edit_late_interest_rate(rate_id: int) -> ResponseReturnValue:
    """Its name and its table."""
    form = LateInterestForm.of(late_interest.rate(rate_id), is_sent=request.method == "POST")
    if form.validate_on_submit():
        name, rows, version = form.name.data or "", form.rows(), form.sent_version()
        saved = attempt(form, lambda: late_interest.change(rate_id, name, rows, version=version))
        if saved is not None:
            return _saved(saved)
    page = render_template("documents/edit_late_interest_rate.html", form=form, rate=late_interest.rate(rate_id))
    return page, status()


def _saved(row: LateInterestRate) -> ResponseReturnValue:
    flash(_("%(name)s was saved.", name=row.name), "success")
    return redirect(url_for("documents.late_interest_rates"), 303)


@bp.post("/documents/interest/<id:rate_id>/archive")
def archive_late_interest_rate(rate_id: int) -> ResponseReturnValue:
    """Offered no more."""
    return _saved(late_interest.archive(rate_id))


@bp.post("/documents/interest/<id:rate_id>/unarchive")
def unarchive_late_interest_rate(rate_id: int) -> ResponseReturnValue:
    """Offered again."""
    return _saved(late_interest.unarchive(rate_id))
