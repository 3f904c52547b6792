"""``/uploads``: files that wait for an hour to go with a mail or to be attached to a document.

Until then they are bytes on the disk and a row here; no other key sees them.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.api.errors import BadRequestError
from fsm.api.fields import Base64, Text, Time, WireSchema
from fsm.api.models import Upload
from fsm.api.numbers import Id, Integer
from fsm.api.query import Column
from fsm.api.resource import Asker, Resource, Shown, Values, Verbs
from fsm.core.audit import now
from fsm.core.db import lock, session
from fsm.core.errors import DomainError, NotFoundError
from fsm.documents import attachments
from fsm.documents.attachments import MAX_NAME, Prepared
from fsm.files import services as files
from fsm.files.models import StoredFile
from fsm.mail.services import MOST_ATTACHMENTS, File
from fsm.users.actor import Actor

KEPT = dt.timedelta(hours=1)
MOST_AT_ONCE = MOST_ATTACHMENTS
MOST_WAITING, MOST_BYTES_WAITING = 100, 100 * 1024 * 1024
LOT = 1000


class UploadSchema(WireSchema):
    """A file; as JSON or XML its bytes are written in base64."""

    upload_id = Id(attribute="id", reads=False, example=7007)
    uri = Text(reads=False)
    filename = Text(MAX_NAME, attribute="name", needed=True, example="conditions.txt", note="Its ending says its type.")
    content = Base64(needed=True, shows=False, example="VGhhbmsgeW91Lg==")
    type = Text(attribute="media_type", reads=False, example="application/pdf")
    size = Integer(reads=False, example=10_240, note="Bytes.")
    available_until = Time(reads=False)


class AttachmentSchema(WireSchema):
    """An upload that goes with a mail."""

    upload_id = Id(needed=True, example=7007)
    filename = Text(MAX_NAME, note="Default: that of the upload.")


UPLOAD = UploadSchema()


def keep(prepared: Sequence[Prepared], who: Asker) -> list[Upload]:
    """Rows of files whose bytes lie on the disk already. DomainError where too much waits of this key."""
    waiting = session.execute(
        sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(Upload.size), 0)).where(
            Upload.user_id == who.actor.id, _waits()
        )
    ).one()
    size = int(waiting[1]) + sum(len(file.data) for file in prepared)
    if waiting[0] + len(prepared) > MOST_WAITING or size > MOST_BYTES_WAITING:
        raise DomainError(
            _(
                "At most %(most)s files and %(size)s MB wait at a time: use or remove some.",
                most=MOST_WAITING,
                size=MOST_BYTES_WAITING // 1024**2,
            ),
            "file",
        )
    rows = [
        Upload(
            sha256=files.write_bytes(file.data, most=attachments.MAX_BYTES),
            name=file.name,
            media_type=file.media_type,
            size=len(file.data),
            user_id=who.actor.id,
            available_until=who.moment + KEPT,
        )
        for file in prepared
    ]
    session.add_all(rows)
    session.flush()
    return rows


def _waits() -> sa.ColumnElement[bool]:
    return Upload.available_until > now()


def used(wanted: Values, who: Asker) -> tuple[StoredFile, str]:
    """The stored file of an upload, and its name there. BadRequestError for one that is not there, or another's."""
    query = sa.select(Upload).where(Upload.id == wanted["upload_id"], Upload.user_id == who.actor.id, _waits())
    upload = session.scalar(query)
    if upload is None:
        raise BadRequestError(_("There is no such upload, or its hour is over: send the file again."), "upload_id")
    name = upload.name
    if wanted.get("filename"):
        name = attachments.renamed(wanted["filename"], upload.media_type, field="filename")
    return files.adopt(upload.sha256, upload.media_type, upload.size), name


def for_mail(wanted: Sequence[Values], who: Asker) -> list[File]:
    """What goes with a message. BadRequestError at ``attachments`` for more than mail servers take."""
    found = [used(one, who) for one in wanted]
    if sum(stored.size for stored, _name in found) > attachments.MAX_ALL_BYTES:
        size = attachments.MAX_ALL_BYTES // 1024**2
        raise BadRequestError(_("Together the files have at most %(size)s MB.", size=size), "attachments")
    return [File(name, stored.id) for stored, name in found]


def remove(upload_id: int, who: Asker) -> None:
    """What it was attached to keeps its file."""
    del who
    session.delete(_held(upload_id))
    session.flush()


def _held(upload_id: int) -> Upload:
    row: Upload | None = lock(Upload, [upload_id]).get(upload_id)
    if row is None:
        raise NotFoundError(_("There is no such upload."))
    return row


def forget_old(before: dt.datetime) -> int:
    """Delete a lot of rows whose hour was over before the moment; gives how many. Their bytes go with the orphans."""
    some = sa.select(Upload.id).where(Upload.available_until < before).order_by(Upload.available_until).limit(LOT)
    return len(session.execute(sa.delete(Upload).where(Upload.id.in_(some)).returning(Upload.id)).all())


def rows(found: Sequence[Upload], view: Shown, _actor: Actor | None = None) -> list[Values]:
    """As the schema shows them."""
    names = ("id", "name", "media_type", "size", "available_until")
    return [{name: getattr(row, name) for name in names} | {"uri": f"{view.root}/uploads/{row.id}"} for row in found]


def _select(actor: Actor) -> sa.Select[Any]:
    return sa.select(Upload).where(Upload.user_id == actor.id, _waits())


UPLOADS = Resource(
    name="uploads",
    item="upload",
    id_name="upload_id",
    label="upload",
    schema=UPLOAD,
    columns={
        "upload_id": Column(Upload.id, Id(), sorts=True),
        "filename": Column(Upload.name, Text(MAX_NAME)),
        "size": Column(Upload.size, Integer()),
    },
    key=Upload.id,
    select=_select,
    rows=rows,
    search=lambda words: Upload.name.icontains(words, autoescape=True),
    lock=_held,
    verbs=Verbs(delete=remove),
    names={"name": "filename", "file": "file"},
)
