"""What is kept beside any document: its attachments and its internal remarks. Addresses name kind and id."""

from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fsm.core.errors import DomainError, NotFoundError
from fsm.core.transactions import attempt, prepares, refuse
from fsm.documents import attachments, kinds, remarks
from fsm.documents.beside_forms import RemarkForm
from fsm.documents.blueprint import beside as bp
from fsm.files import services as files


def page_of(kind: str, document_id: int, anchor: str) -> str:
    """The document's page, at the panel where one was."""
    if kind not in kinds.KINDS:
        raise NotFoundError(_("There is no such document."))
    of = kinds.KINDS[kind]
    values: dict[str, Any] = {of.parameter: document_id, "_anchor": anchor}
    return url_for(of.show, **values)


def _back(kind: str, document_id: int, anchor: str) -> ResponseReturnValue:
    return redirect(page_of(kind, document_id, anchor), 303)


def _sent_file() -> attachments.Prepared | DomainError | None:
    """Checked and on the disk before the write; the request's hash reads it again."""
    upload = request.files.get("file")
    if upload is None or not upload.filename:
        return None
    try:
        return attachments.prepare(upload.filename, upload.stream.read(attachments.MAX_BYTES + 1))
    except DomainError as error:
        return error
    finally:
        upload.stream.seek(0)


@bp.post("/<kind>/<id:document_id>/attachments")
@prepares(_sent_file)
def add_attachment(kind: str, document_id: int) -> ResponseReturnValue:
    """A file that goes with the document; a refusal is said on the document's page."""
    back, sent = page_of(kind, document_id, "attachments"), g.prepared
    try:
        if sent is None:
            raise DomainError(_("Choose a file."), "file")  # noqa: TRY301 - said as the service's refusals are
        if isinstance(sent, DomainError):
            raise sent
        goes = bool(request.form.get("goes_with_mail"))
        row = attachments.add(kind, document_id, sent, goes_with_mail=goes, actor_id=g.actor_id)
    except NotFoundError:
        raise
    except DomainError as error:
        refuse()
        flash(str(error), "error")
        return redirect(back, 303)
    flash(_("%(name)s was attached.", name=row.name), "success")
    return redirect(back, 303)


@bp.get("/<kind>/<id:document_id>/attachments/<id:attachment_id>")
def attachment(kind: str, document_id: int, attachment_id: int) -> ResponseReturnValue:
    """The file itself, always as a download."""
    row = attachments.attachment(kind, document_id, attachment_id)
    return files.response(files.get(row.file_id), row.name)


@bp.post("/<kind>/<id:document_id>/attachments/<id:attachment_id>/mail")
def set_goes_with_mail(kind: str, document_id: int, attachment_id: int) -> ResponseReturnValue:
    """Whether it goes with the mail: ``goes`` is yes or no."""
    attachments.set_goes_with_mail(kind, document_id, attachment_id, goes=request.form.get("goes") == "yes")
    return _back(kind, document_id, "attachments")


@bp.post("/<kind>/<id:document_id>/attachments/<id:attachment_id>/remove")
def remove_attachment(kind: str, document_id: int, attachment_id: int) -> ResponseReturnValue:
    """Off the document."""
    attachments.remove(kind, document_id, attachment_id)
    flash(_("The file was removed."), "success")
    return _back(kind, document_id, "attachments")


@bp.route("/<kind>/<id:document_id>/remarks/new", methods=["GET", "POST"])
def add_remark(kind: str, document_id: int) -> ResponseReturnValue:
    """A dated note for colleagues; today's unless another day is typed."""
    kinds.require(kind, document_id)
    form = RemarkForm(data={"remark_date": g.today})
    if form.validate_on_submit() and attempt(
        form, lambda: remarks.add(kind, document_id, **form.values(g.today), actor_id=g.actor_id)
    ):
        return _back(kind, document_id, "remarks")
    return _remark_page(form, kind, document_id, None)


@bp.route("/<kind>/<id:document_id>/remarks/<id:remark_id>/edit", methods=["GET", "POST"])
def edit_remark(kind: str, document_id: int, remark_id: int) -> ResponseReturnValue:
    """Its day and its text."""
    row = remarks.remark(kind, document_id, remark_id)
    form = RemarkForm(obj=row)
    if form.validate_on_submit() and attempt(
        form,
        lambda: remarks.change(kind, document_id, remark_id, **form.values(g.today), version=form.sent_version()),
    ):
        return _back(kind, document_id, "remarks")
    return _remark_page(form, kind, document_id, remark_id)


def _remark_page(form: RemarkForm, kind: str, document_id: int, remark_id: int | None) -> ResponseReturnValue:
    row = None if remark_id is None else remarks.remark(kind, document_id, remark_id)
    page = render_template(
        "documents/remark.html",
        form=form,
        kind=kind,
        document_id=document_id,
        remark=row,
        back=page_of(kind, document_id, "remarks"),
    )
    return page, int(g.get("refused_status", 422)) if request.method == "POST" else 200


@bp.post("/<kind>/<id:document_id>/remarks/<id:remark_id>/delete")
def delete_remark(kind: str, document_id: int, remark_id: int) -> ResponseReturnValue:
    """Gone; the history keeps what it said."""
    remarks.delete(kind, document_id, remark_id)
    flash(_("The remark was deleted."), "success")
    return _back(kind, document_id, "remarks")
