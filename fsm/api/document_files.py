"""``/files`` under invoices, quotes and orders: their attachments, made from uploads or sent right there."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.api.beside import Place
from fsm.api.errors import BadRequestError
from fsm.api.fields import Text, WireSchema, YesNo
from fsm.api.numbers import Id, Integer
from fsm.api.resource import Asker, Part, Shown, Values, Verbs
from fsm.api.uploads import used
from fsm.core.db import session
from fsm.documents import attachments
from fsm.documents.attachments import MAX_NAME
from fsm.documents.models import Attachment
from fsm.files.models import StoredFile
from fsm.users.actor import Actor


class FileSchema(WireSchema):
    """An attachment of a document."""

    file_id = Id(attribute="id", reads=False, example=8008)
    uri = Text(reads=False)
    upload_id = Id(needed=True, shows=False, example=7007)
    filename = Text(MAX_NAME, attribute="name", example="conditions.pdf", note="Default: that of the upload.")
    type = Text(attribute="media_type", reads=False, example="application/pdf")
    size = Integer(reads=False, example=10_240, note="Bytes.")
    goes_with_mail = YesNo(default="yes")
    content_uri = Text(reads=False, note="Where its bytes are.")


FILE = FileSchema()


def read(place: Place, ids: Sequence[int], view: Shown) -> Mapping[int, Sequence[Values]]:
    """In the order in which they came."""
    found: dict[int, list[Values]] = defaultdict(list)
    query = (
        sa.select(
            *(Attachment.id, Attachment.document_id, Attachment.name, Attachment.goes_with_mail),
            *(StoredFile.media_type, StoredFile.size),
        )
        .join(StoredFile, StoredFile.id == Attachment.file_id)
        .where(Attachment.document_kind == place.kind, Attachment.document_id.in_(ids))
        .order_by(Attachment.id)
    )
    for row in session.execute(query):
        uri = place.uri(view, row.document_id, "files", row.id)
        found[row.document_id].append({**row._asdict(), "uri": uri, "content_uri": f"{uri}/content"})
    return found


def _create(place: Place, document_id: int, data: Values, who: Asker) -> int:
    stored, name = used({"upload_id": data["upload_id"], "filename": data.get("name")}, who)
    goes = data.get("goes_with_mail", True)
    row = attachments.attach(place.kind, document_id, stored, name, goes_with_mail=goes, actor_id=who.actor.id)
    return row.id


def _change(place: Place, document_id: int, file_id: int, data: Values, _who: Asker) -> None:
    """Whether it goes with the mail; the file itself stays what it is."""
    if "upload_id" in data or data.get("name", _name(file_id)) != _name(file_id):
        raise BadRequestError(
            _("A file stays what it is: remove it and add another."), "upload_id" if "upload_id" in data else "filename"
        )
    if "goes_with_mail" in data:
        attachments.set_goes_with_mail(place.kind, document_id, file_id, goes=data["goes_with_mail"])


def _name(file_id: int) -> str:
    return session.get_one(Attachment, file_id).name


def files_part(place: Place) -> Part:
    """``/files`` under each document of this kind."""

    def reading(ids: Sequence[int], view: Shown, _actor: Actor) -> Mapping[int, Sequence[Values]]:
        return read(place, ids, view)

    return Part(
        name="files",
        item="file",
        id_name="file_id",
        schema=FILE,
        read=reading,
        verbs=Verbs(
            create=lambda document_id, data, who: _create(place, document_id, data, who),
            change=lambda document_id, file_id, data, who: _change(place, document_id, file_id, data, who),
            delete=lambda document_id, file_id, _who: attachments.remove(place.kind, document_id, file_id),
        ),
    )
