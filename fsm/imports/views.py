"""Pages of imports: the list, uploading, choosing columns, the dry run and what came of it."""

import csv
import io
from typing import Any

from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from fsm.core.errors import DomainError, ForbiddenError, NotFoundError
from fsm.core.transactions import attempt, prepares
from fsm.imports import queries, services
from fsm.imports.csv_file import MAX_BYTES, MAX_COLUMNS, MAX_ROWS
from fsm.imports.forms import ColumnsForm, ImportForm, UploadForm, columns_form
from fsm.imports.kinds import KINDS
from fsm.imports.models import ImportKind, ImportRun, ImportState

bp = Blueprint("imports", __name__, url_prefix="/imports")
TAB_LABELS = {
    "new": _l("New"),
    "changed": _l("Changes"),
    "unchanged": _l("Unchanged"),
    "error": _l("Errors"),
    "warnings": _l("Warnings"),
}
STATE_LABELS = {
    ImportState.MAPPING: ("draft", _l("Choose columns")),
    ImportState.CHECKING: ("progress", _l("Dry run at work")),
    ImportState.CHECKED: ("open", _l("Dry run done")),
    ImportState.IMPORTING: ("progress", _l("Importing")),
    ImportState.DONE: ("done", _l("Imported")),
    ImportState.UNDONE: ("cancelled", _l("Undone")),
}
AT_WORK = (ImportState.CHECKING, ImportState.IMPORTING)


def _status() -> int:
    return int(g.get("refused_status", 422)) if request.method == "POST" else 200


def _run(run_id: int) -> ImportRun:
    """A run of a kind that this user may import."""
    run = services.run_of(run_id)
    if not g.actor.can(KINDS[run.kind].right):
        raise ForbiddenError(_("Your roles do not allow this."))
    return run


@bp.get("")
def index() -> ResponseReturnValue:
    """What can be imported, and what was."""
    page = queries.runs(g.actor, request.args.get("after"))
    return render_template(
        "imports/index.html",
        page=page,
        kinds={kind: KINDS[kind] for kind in queries.kinds_of(g.actor)},
        known=KINDS,
        states=STATE_LABELS,
    )


def _read_upload() -> Any:  # noqa: ANN401 - the file as it was read, or why it was not
    file = request.files.get("file")
    if file is None or not file.filename:
        return None
    data = file.stream.read(MAX_BYTES + 1)
    file.stream.seek(0)
    try:
        return services.store(data)
    except DomainError as error:
        return error


@bp.route("/new", methods=["GET", "POST"])
@prepares(_read_upload)
def new() -> ResponseReturnValue:
    """Choose a file; it is read at once, and its columns are proposed."""
    form = UploadForm()
    form.offer(queries.kinds_of(g.actor))
    if request.method == "GET" and request.args.get("kind") in {kind.value for kind in queries.kinds_of(g.actor)}:
        form.kind.data = request.args["kind"]
    if form.validate_on_submit():
        run = attempt(form, lambda: _create(form))
        if run is not None:
            return redirect(url_for("imports.columns", run_id=run.id), 303)
    limits = {"size": MAX_BYTES // 1024**2, "rows": MAX_ROWS, "columns": MAX_COLUMNS}
    return render_template("imports/new.html", form=form, limits=limits, known=KINDS), _status()


def _create(form: UploadForm) -> ImportRun:
    if isinstance(g.prepared, DomainError):
        raise g.prepared
    found, packed = g.prepared
    return services.create(
        ImportKind(form.kind.data),
        found,
        packed,
        file_name=form.file.data.filename,
        actor_id=g.actor_id,
        locale=str(get_locale() or "en"),
    )


@bp.route("/<id:run_id>/columns", methods=["GET", "POST"])
def columns(run_id: int) -> ResponseReturnValue:
    """Which column means what, with a look into the file; saving starts the dry run."""
    run = _run(run_id)
    if run.state not in {ImportState.MAPPING, ImportState.CHECKED}:
        return redirect(url_for("imports.show", run_id=run_id), 303)
    form = columns_form(run)
    if form.validate_on_submit() and _choose(run_id, form):
        return redirect(url_for("imports.show", run_id=run_id), 303)
    run = _run(run_id)
    kind = KINDS[run.kind]
    used = {form[f"column-{one.name}"].data for one in kind.fields}
    return (
        render_template(
            "imports/columns.html",
            form=form,
            run=run,
            kind=kind,
            fields=kind.fields,
            samples=dict(zip(run.headers, run.samples, strict=True)),
            unused=[header for header in run.headers if header not in used],
        ),
        _status(),
    )


def _choose(run_id: int, form: ColumnsForm) -> bool:
    choices = form.choices()
    doubts = services.doubts_of(services.run_of(run_id), choices)
    for name, example in doubts.items():
        form[name].errors = [
            _("“%(example)s” can be read in two ways: choose.", example=example) if example else _("Choose the format.")
        ]
    if doubts:
        return False
    return attempt(form, lambda: services.choose(run_id, choices, today=g.today)) is not None


@bp.get("/<id:run_id>")
def show(run_id: int) -> ResponseReturnValue:
    """Progress, the fate of each row, or what came of it."""
    run = _run(run_id)
    return _page(run, ImportForm())


def _page(run: ImportRun, form: ImportForm) -> str:
    tab = request.args.get("tab", "")
    tab = tab if tab in queries.TABS else queries.first_tab(run.counts)
    has_rows = bool(run.counts) and run.state not in AT_WORK
    page = queries.rows(run.id, tab, request.args.get("after")) if has_rows else None
    tabs = [
        {
            "label": TAB_LABELS[name],
            "url": url_for("imports.show", run_id=run.id, tab=name),
            "is_current": name == tab,
            "count": str(run.counts.get(name, 0)),
        }
        for name in queries.TABS
        if name != "warnings" or run.counts.get(name)
    ]
    return render_template(
        "imports/show.html",
        run=run,
        kind=KINDS[run.kind],
        status=STATE_LABELS[run.state],
        form=form,
        tab=tab,
        tabs=tabs if has_rows else [],
        page=page,
        to_write=sum(run.counts.get(name, 0) for name in ("new", "changed")),
        errors=run.counts.get("error", 0),
        is_at_work=run.state in AT_WORK,
    )


@bp.get("/<id:run_id>/progress")
def progress(run_id: int) -> ResponseReturnValue:
    """The bar, asked for each second; once the work is done the page is loaded anew."""
    run = _run(run_id)
    response = Response(render_template("imports/_progress.html", run=run, is_at_work=run.state in AT_WORK))
    if run.state not in AT_WORK:
        response.headers["HX-Refresh"] = "true"
    return response


@bp.post("/<id:run_id>/start")
def start(run_id: int) -> ResponseReturnValue:
    """All or nothing; while rows are in error only with their being left out."""
    run = _run(run_id)
    form = ImportForm()
    leaves_out = bool(form.leaves_out_errors.data)
    if attempt(form, lambda: services.start(run_id, leaves_out_errors=leaves_out)) is None:
        return _page(_run(run.id), form), _status()
    return redirect(url_for("imports.show", run_id=run_id), 303)


@bp.post("/<id:run_id>/stop")
def stop(run_id: int) -> ResponseReturnValue:
    """Back to the columns; nothing was written."""
    _run(run_id)
    services.back_to_columns(run_id)
    return redirect(url_for("imports.columns", run_id=run_id), 303)


@bp.post("/<id:run_id>/undo")
def undo(run_id: int) -> ResponseReturnValue:
    """Reverse an import of open invoices."""
    _run(run_id)
    count = services.undo(run_id, actor_id=g.actor_id, today=g.today)
    flash(ngettext("%(num)s document was reversed.", "%(num)s documents were reversed.", count), "success")
    return redirect(url_for("imports.show", run_id=run_id), 303)


@bp.get("/<id:run_id>/errors.csv")
def errors(run_id: int) -> ResponseReturnValue:
    """The rows in error as they came, with a column that says what is wrong: to be mended and imported again."""
    run = _run(run_id)
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=run.separator).writerows(services.error_lines(run))
    return _csv(text.getvalue(), f"errors-{run.id}.csv")


@bp.get("/template/<string:kind>.csv")
def template(kind: str) -> ResponseReturnValue:
    """A file with the headers of a kind and one example."""
    if kind not in {one.value for one in queries.kinds_of(g.actor)}:
        raise NotFoundError(_("There is no such template."))
    fields = KINDS[ImportKind(kind)].fields
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=";").writerows([[one.name for one in fields], [one.example for one in fields]])
    return _csv(text.getvalue(), f"{kind}.csv")


def _csv(text: str, name: str) -> Response:
    # With a byte order mark, so that spreadsheets read accents right.
    response = Response("\ufeff" + text, mimetype="text/csv")
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response
