"""Internal, dated remarks on a document, before and after posting (S3); never printed."""

import datetime as dt

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.core import audit
from fsm.core.db import lock, session
from fsm.core.errors import DomainError, NotFoundError
from fsm.core.state import check_version
from fsm.documents import kinds
from fsm.documents.models import Remark
from fsm.documents.rich_text import both

MAX_CHARACTERS = 10_000
MOST = 200


def of_document(kind: str, document_id: int) -> list[Remark]:
    """The latest day first."""
    query = sa.select(Remark).where(Remark.document_kind == kind, Remark.document_id == document_id)
    return list(session.scalars(query.order_by(Remark.remark_date.desc(), Remark.id.desc()).limit(MOST)))


def remark(kind: str, document_id: int, remark_id: int) -> Remark:
    """NotFoundError where the document has no such remark."""
    found = session.get(Remark, remark_id)
    if found is None or (found.document_kind, found.document_id) != (kind, document_id):
        raise NotFoundError(_("There is no such remark."))
    return found


def add(
    kind: str,
    document_id: int,
    *,
    remark_date: dt.date,
    description: str = "",
    description_html: str = "",
    actor_id: int | None,
) -> Remark:
    """A remark of a day; DomainError with the field for an empty or too long one, or one remark too many."""
    kinds.require(kind, document_id, hold=True)
    text, markup = _texts(description, description_html)
    count = sa.select(sa.func.count()).where(Remark.document_kind == kind, Remark.document_id == document_id)
    if (session.scalar(count) or 0) >= MOST:
        raise DomainError(_("At most %(most)s remarks on a document.", most=MOST), "description")
    found = Remark(
        document_kind=kind,
        document_id=document_id,
        remark_date=remark_date,
        description=text,
        description_html=markup,
        created_by_id=actor_id,
        created_at=audit.now(),
    )
    session.add(found)
    session.flush()
    return found


def change(
    kind: str,
    document_id: int,
    remark_id: int,
    *,
    remark_date: dt.date,
    description: str = "",
    description_html: str = "",
    version: int | None,
) -> Remark:
    """Another day or text. DomainError as for ``add``; ConflictError for a stale version."""
    found = _held(kind, document_id, remark_id)
    check_version(found.version, version)
    found.description, found.description_html = _texts(description, description_html)
    found.remark_date, found.changed_at = remark_date, audit.now()
    session.flush()
    return found


def delete(kind: str, document_id: int, remark_id: int) -> None:
    """Gone from the page; the audit trail keeps what it said."""
    session.delete(_held(kind, document_id, remark_id))
    session.flush()


def forget(kind: str, document_ids: list[int]) -> None:
    """With drafts that are deleted."""
    session.execute(sa.delete(Remark).where(Remark.document_kind == kind, Remark.document_id.in_(document_ids)))


def _held(kind: str, document_id: int, remark_id: int) -> Remark:
    found: Remark | None = lock(Remark, [remark_id]).get(remark_id)
    if found is None or (found.document_kind, found.document_id) != (kind, document_id):
        raise NotFoundError(_("There is no such remark."))
    return found


def _texts(description: str, description_html: str) -> tuple[str, str]:
    text, markup = both(description.strip(), description_html, most=MAX_CHARACTERS, field="description")
    if not text:
        raise DomainError(_("What is to be remembered?"), "description")
    return text, markup
