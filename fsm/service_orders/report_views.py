"""The work report's pages: text, signature, photos."""

from flask import flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage

from fsm.core import audit
from fsm.core.errors import DomainError, NotFoundError
from fsm.core.transactions import attempt, prepares
from fsm.files import images
from fsm.files import services as files
from fsm.service_orders import report
from fsm.service_orders.blueprint import bp
from fsm.service_orders.forms import CaptionForm, PhotoForm, ReportForm, SignForm
from fsm.service_orders.state_views import decoded_signature, store_signature, to_order, verb_page
from fsm.service_orders.visibility import find

MOST_AT_ONCE = 20


@bp.route("/<id:order_id>/write-report", methods=["GET", "POST"])
def write_report(order_id: int) -> ResponseReturnValue:
    order = find(order_id, g.actor)
    form = ReportForm()
    if request.method == "GET":
        form.report.data = form.before.data = order.report
    if form.validate_on_submit():
        text, before = form.report.data or "", form.before.data
        if attempt(form, lambda: report.write_report(order_id, text, actor=g.actor, before=before)):
            flash(_("The report was saved."), "success")
            return to_order(order_id, "report")
    return verb_page(order_id, form, title=_("Work report"), button=_("Save report"), names=("report", "before"))


@bp.route("/<id:order_id>/sign", methods=["GET", "POST"])
@prepares(decoded_signature)
def sign(order_id: int) -> ResponseReturnValue:
    find(order_id, g.actor)
    form = SignForm()
    if form.validate_on_submit():
        name = form.signed_by.data or ""
        if attempt(form, lambda: store_signature(order_id, name, audit.now())):
            flash(_("Signed by %(name)s.", name=name), "success")
            return to_order(order_id, "signature")
    text = _("The customer signs for the work as the report says it.")
    return verb_page(
        order_id, form, title=_("Signature"), button=_("Save signature"), names=("signed_by", "signature"), text=text
    )


@bp.get("/<id:order_id>/signature")
def signature(order_id: int) -> ResponseReturnValue:
    order = find(order_id, g.actor)
    if order.signature_file_id is None:
        raise NotFoundError(_("This order is not signed."))
    return files.response(files.get(order.signature_file_id))


def _decoded_photos() -> list[images.Picture] | DomainError:
    uploads: list[FileStorage] = [upload for upload in request.files.getlist("photos") if upload.filename]
    if len(uploads) > MOST_AT_ONCE:
        return DomainError(_("At most %(count)s photos at once.", count=MOST_AT_ONCE), "photos")
    try:
        pictures = [images.photo(upload.stream.read(), "photos") for upload in uploads]
        for picture in pictures:
            files.write_bytes(picture.data)
    except DomainError as error:
        return error
    finally:
        for upload in uploads:
            upload.stream.seek(0)  # the body is hashed after this
    return pictures


@bp.route("/<id:order_id>/add-photo", methods=["GET", "POST"])
@prepares(_decoded_photos)
def add_photo(order_id: int) -> ResponseReturnValue:
    find(order_id, g.actor)
    form = PhotoForm()
    if form.validate_on_submit():
        count = attempt(form, lambda: _add_photos(order_id, form.caption.data or ""))
        if count is not None:
            flash(_("The photos were saved."), "success")
            return to_order(order_id, "photos")
    return verb_page(
        order_id, form, title=_("Photos"), button=_("Save photos"), names=("photos", "caption"), multipart=True
    )


def _add_photos(order_id: int, caption: str) -> int:
    if isinstance(g.prepared, DomainError):
        raise g.prepared
    pictures: list[images.Picture] = g.prepared
    if not pictures:
        raise DomainError(_("Choose a picture first."), "photos")
    moment = audit.now()
    for picture in pictures:
        file = files.put(picture.data, picture.media_type)
        report.add_photo(order_id, file.id, caption, actor=g.actor, moment=moment)
    return len(pictures)


@bp.get("/<id:order_id>/photos/<id:photo_id>")
def photo(order_id: int, photo_id: int) -> ResponseReturnValue:
    for row in find(order_id, g.actor).photos:
        if row.id == photo_id:
            return files.response(files.get(row.file_id))
    raise NotFoundError(_("There is no such photo."))


@bp.route("/<id:order_id>/photos/<id:photo_id>/caption", methods=["GET", "POST"])
def caption_photo(order_id: int, photo_id: int) -> ResponseReturnValue:
    """What a photo shows."""
    row = next((row for row in find(order_id, g.actor).photos if row.id == photo_id), None)
    if row is None:
        raise NotFoundError(_("There is no such photo."))
    form = CaptionForm(obj=row)
    if form.validate_on_submit():
        saved = attempt(form, lambda: report.caption_photo(order_id, photo_id, form.caption.data or "", actor=g.actor))
        if saved is not None:
            flash(_("The caption was saved."), "success")
            return to_order(order_id, "photos")
    return verb_page(order_id, form, title=_("Caption"), button=_("Save caption"), names=("caption",))


@bp.post("/<id:order_id>/photos/<id:photo_id>/remove")
def remove_photo(order_id: int, photo_id: int) -> ResponseReturnValue:
    report.remove_photo(order_id, photo_id, actor=g.actor)
    flash(_("The photo was removed."), "success")
    return redirect(url_for("service_orders.show", order_id=order_id, _anchor="photos"), 303)
