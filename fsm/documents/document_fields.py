"""The fields that every priced document has besides its terms, as they are stored: note, the company's own, layout."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol, TypeVar

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.core.db import session
from fsm.core.errors import DomainError
from fsm.documents import custom_fields
from fsm.documents.limits import MAX_NOTE
from fsm.documents.models import FieldPlace, Layout
from fsm.documents.rich_text import both
from fsm.documents.values import DocumentValues

V = TypeVar("V", bound=DocumentValues)


class Stored(Protocol):
    """What the document has now."""

    @property
    def custom_values(self) -> dict[str, str]: ...
    @property
    def layout_id(self) -> int | None: ...


def resolved(values: V, document: Stored) -> V:
    """Cleaned and checked; custom values left None stay as they are. DomainError with the field."""
    note, note_html = both(values.note, values.note_html, most=MAX_NOTE, field="note")
    _check_layout(values.layout_id, document.layout_id)
    return replace(values, note=note, note_html=note_html, custom_values=_custom(values.custom_values, document))


def _custom(given: Mapping[str, str] | None, document: Stored) -> dict[str, str]:
    if given is None:
        return dict(document.custom_values)
    fields = custom_fields.by_name(FieldPlace.DOCUMENT) if given else {}
    return custom_fields.check_values(given, fields, document.custom_values)


def _check_layout(chosen: int | None, kept: int | None) -> None:
    """An archived one may stay, but is not chosen anew."""
    if chosen is None or chosen == kept:
        return
    query = sa.select(Layout.id).where(Layout.id == chosen, Layout.archived_at.is_(None))
    if session.scalar(query) is None:
        raise DomainError(_("Choose one of the layouts."), "layout_id")
