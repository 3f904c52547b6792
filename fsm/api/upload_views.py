"""The addresses that take and give bytes: ``POST /uploads``, ``POST …/files/upload``, ``GET …/files/{id}/content``."""

from collections.abc import Callable

from flask import Response, g, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage

from fsm.api import answers, bodies, uploads
from fsm.api.beside import Place
from fsm.api.blueprint import bp
from fsm.api.document_files import FILE, read
from fsm.api.errors import BadRequestError
from fsm.api.resource import Resource
from fsm.api.routes import asker, check_match, loaded, one_row, shown_as
from fsm.api.shown import shown
from fsm.core.transactions import key_is_optional, prepares
from fsm.documents import attachments
from fsm.documents.attachments import MAX_BYTES, Prepared
from fsm.files import services as files

MULTIPART = "multipart/form-data"


def read_files() -> list[Prepared]:
    """The files of this request, checked and on the disk before the write; the request's hash reads them again."""
    content = bodies.read().content
    if request.mimetype != MULTIPART:
        g.field_names = {"file": "content"}
        values = loaded(uploads.UPLOAD, content)
        return [attachments.prepare(values["name"], values["content"])]
    if unknown := sorted(content.keys() - {"filename"}):
        raise BadRequestError(_("%(name)s is not a field", name=unknown[0][:60]))
    sent = [*request.files.getlist("file"), *request.files.getlist("file[]")]
    if not sent:
        raise BadRequestError(_("It is required."), "file")
    if len(sent) > uploads.MOST_AT_ONCE:
        raise BadRequestError(_("may have at most %(most)s", most=uploads.MOST_AT_ONCE), "file")
    name = content.get("filename") if len(sent) == 1 else None
    return [_prepared(name or one.filename or "", one) for one in sent]


def _prepared(name: str, sent: FileStorage) -> Prepared:
    try:
        return attachments.prepare(name, sent.stream.read(MAX_BYTES + 1))
    finally:
        sent.stream.seek(0)


@bp.post("/uploads")
@prepares(read_files)
@key_is_optional
def uploads_create() -> ResponseReturnValue:
    """The answer is a list, as live clients read it; each waits for an hour."""
    rows = uploads.keep(g.prepared, asker())
    return answers.answer("uploads", shown(uploads.UPLOAD, uploads.rows(rows, shown_as())), 201)


def register(resource: Resource, place: Place) -> None:
    """The two addresses below the documents of this kind."""
    each = f"/{resource.name}/<id:{resource.id_name}>/files"
    name = f"{resource.item}_files"
    bp.add_url_rule(f"{each}/upload", f"{name}_upload", _uploading(resource, place), methods=["POST"])
    bp.add_url_rule(f"{each}/<id:file_id>/content", f"{name}_content", _giving(resource, place))


def _uploading(resource: Resource, place: Place) -> Callable[..., ResponseReturnValue]:
    def upload(**ids: int) -> ResponseReturnValue:
        document_id = ids[resource.id_name]
        one_row(resource, document_id)
        check_match(resource, document_id)
        made = {attachments.add(place.kind, document_id, file, actor_id=g.actor.id).id: None for file in g.prepared}
        view = shown_as()
        rows = [row for row in read(place, [document_id], view)[document_id] if row["id"] in made]
        return answers.answer("files", shown(FILE, rows), 201)

    return prepares(read_files)(key_is_optional(upload))


def _giving(resource: Resource, place: Place) -> Callable[..., ResponseReturnValue]:
    def content(file_id: int, **ids: int) -> Response:
        """The file itself, as a download."""
        one_row(resource, ids[resource.id_name])
        row = attachments.attachment(place.kind, ids[resource.id_name], file_id)
        return files.response(files.get(row.file_id), row.name)

    return content
