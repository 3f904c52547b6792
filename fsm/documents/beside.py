"""What a document's page shows beside it: attachments and remarks, in three queries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fsm.documents import attachments, remarks
from fsm.documents.models import Attachment, Remark
from fsm.users.queries import names


@dataclass(frozen=True, slots=True)
class Beside:
    """For ``documents/_beside.html``; ``names`` are those of who wrote the remarks."""

    kind: str
    document_id: int
    files: Sequence[Attachment]
    remarks: Sequence[Remark]
    names: Mapping[int, str]
    most: int = attachments.MOST
    megabytes: int = attachments.MAX_ALL_BYTES // 1024**2
    accept: str = ",".join(f".{extension}" for extension in attachments.TYPES)


def beside(kind: str, document_id: int) -> Beside:
    """All of it."""
    rows = remarks.of_document(kind, document_id)
    who = {row.created_by_id for row in rows if row.created_by_id is not None}
    files = attachments.of_document(kind, document_id)
    return Beside(kind, document_id, files, rows, names(who) if who else {})


def forget(kind: str, document_ids: list[int]) -> None:
    """With drafts that are deleted."""
    attachments.forget(kind, document_ids)
    remarks.forget(kind, document_ids)
