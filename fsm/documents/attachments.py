"""Files that go with a document: bounded in type, size and count, stored by their hash."""

import re
from dataclasses import dataclass

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload

from fsm.core import audit
from fsm.core.db import lock, session
from fsm.core.errors import DomainError, NotFoundError
from fsm.documents import kinds
from fsm.documents.models import Attachment
from fsm.files import services as files
from fsm.files.models import StoredFile

MAX_BYTES = 10 * 1024 * 1024
MAX_ALL_BYTES = 15 * 1024 * 1024  # what mail servers commonly take
MOST = 10
MAX_NAME = 150
# By extension; the first bytes must agree where a format has them, so that a name does not lie to who opens it.
TYPES = {
    "pdf": ("application/pdf", (b"%PDF-",)),
    "jpg": ("image/jpeg", (b"\xff\xd8\xff",)),
    "jpeg": ("image/jpeg", (b"\xff\xd8\xff",)),
    "png": ("image/png", (b"\x89PNG\r\n\x1a\n",)),
    "webp": ("image/webp", (b"RIFF",)),
    "txt": ("text/plain", ()),
    "csv": ("text/csv", ()),
    "xml": ("application/xml", ()),
    "docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", (b"PK",)),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", (b"PK",)),
    "odt": ("application/vnd.oasis.opendocument.text", (b"PK",)),
    "ods": ("application/vnd.oasis.opendocument.spreadsheet", (b"PK",)),
    "zip": ("application/zip", (b"PK",)),
}


@dataclass(frozen=True, slots=True)
class Prepared:
    """Bytes that are on the disk already, checked in type and size."""

    name: str
    media_type: str
    data: bytes


def prepare(name: str, data: bytes) -> Prepared:
    """Check a file and put its bytes on the disk: slow, so before the write. DomainError at ``file``."""
    name = clean_name(name)
    extension = name.rpartition(".")[2].lower() if "." in name else ""
    if extension not in TYPES:
        known = ", ".join(sorted(TYPES))
        raise DomainError(_("Files of this kind are not taken: only %(known)s.", known=known), "file")
    media_type, starts = TYPES[extension]
    if not data:
        raise DomainError(_("This file is empty."), "file")
    if starts and not data.startswith(starts):
        raise DomainError(_("This is no %(kind)s file, whatever its name says.", kind=extension.upper()), "file")
    if len(data) > MAX_BYTES:
        raise DomainError(_("This file is too large: at most %(size)s MB.", size=MAX_BYTES // 1024**2), "file")
    files.write_bytes(data, most=MAX_BYTES)
    return Prepared(name, media_type, data)


def renamed(name: str, media_type: str, *, field: str) -> str:
    """Another name for a file of this type. DomainError at ``field`` for one that says it is of another type."""
    name = clean_name(name)
    extension = name.rpartition(".")[2].lower() if "." in name else ""
    if TYPES.get(extension, ("", ()))[0] != media_type:
        raise DomainError(_("This name says another kind of file than it is."), field)
    return name


def clean_name(name: str) -> str:
    """The last part of a path, without what no file system likes, at most 150 characters with its extension."""
    name = re.sub(r'[\x00-\x1f\x7f<>:"|?*]', "", name.replace("\\", "/").rpartition("/")[2]).strip(" .")
    stem, dot, extension = name.rpartition(".")
    if dot and len(name) > MAX_NAME:
        name = stem[: MAX_NAME - len(extension) - 1] + dot + extension
    return name[:MAX_NAME]


def of_document(kind: str, document_id: int) -> list[Attachment]:
    """In the order in which they came, with their files."""
    query = sa.select(Attachment).where(Attachment.document_kind == kind, Attachment.document_id == document_id)
    return list(session.scalars(query.options(joinedload(Attachment.file)).order_by(Attachment.id)))


def for_mail(kind: str, document_id: int) -> list[Attachment]:
    """Those that go with the mail."""
    return [row for row in of_document(kind, document_id) if row.goes_with_mail]


def attachment(kind: str, document_id: int, attachment_id: int) -> Attachment:
    """NotFoundError where the document has no such file."""
    found = session.get(Attachment, attachment_id)
    if found is None or (found.document_kind, found.document_id) != (kind, document_id):
        raise NotFoundError(_("There is no such file."))
    return found


def add(
    kind: str, document_id: int, file: Prepared, *, goes_with_mail: bool = True, actor_id: int | None
) -> Attachment:
    """Attach it; the same bytes under the same name are attached once. DomainError at ``file`` beyond the bounds."""
    stored = files.put(file.data, file.media_type, most=MAX_BYTES)
    return attach(kind, document_id, stored, file.name, goes_with_mail=goes_with_mail, actor_id=actor_id)


def attach(
    kind: str, document_id: int, stored: StoredFile, name: str, *, goes_with_mail: bool = True, actor_id: int | None
) -> Attachment:
    """The same of a file that is stored already."""
    kinds.require(kind, document_id, hold=True)
    there = of_document(kind, document_id)
    for row in there:
        if (row.file_id, row.name) == (stored.id, name):
            return row
    if len(there) >= MOST:
        raise DomainError(_("At most %(most)s files on a document.", most=MOST), "file")
    if sum(row.file.size for row in there) + stored.size > MAX_ALL_BYTES:
        size = MAX_ALL_BYTES // 1024**2
        raise DomainError(_("Together the files of a document have at most %(size)s MB.", size=size), "file")
    found = Attachment(
        document_kind=kind,
        document_id=document_id,
        file_id=stored.id,
        name=name,
        goes_with_mail=goes_with_mail,
        created_by_id=actor_id,
        created_at=audit.now(),
    )
    session.add(found)
    session.flush()
    audit.note([(kind, document_id)], _("%(name)s was attached.", name=name))
    return found


def set_goes_with_mail(kind: str, document_id: int, attachment_id: int, *, goes: bool) -> Attachment:
    """Whether it goes with the mail."""
    found = _held(kind, document_id, attachment_id)
    found.goes_with_mail = goes
    session.flush()
    return found


def remove(kind: str, document_id: int, attachment_id: int) -> None:
    """Take it off the document; the bytes stay in the store for whoever else names them."""
    found = _held(kind, document_id, attachment_id)
    session.delete(found)
    session.flush()
    audit.note([(kind, document_id)], _("%(name)s was removed.", name=found.name))


def forget(kind: str, document_ids: list[int]) -> None:
    """With drafts that are deleted."""
    of = sa.delete(Attachment).where(Attachment.document_kind == kind, Attachment.document_id.in_(document_ids))
    session.execute(of)


def _held(kind: str, document_id: int, attachment_id: int) -> Attachment:
    found: Attachment | None = lock(Attachment, [attachment_id]).get(attachment_id)
    if found is None or (found.document_kind, found.document_id) != (kind, document_id):
        raise NotFoundError(_("There is no such file."))
    return found
