"""Fields that the company adds to its documents and their lines (S3's standard fields), and what may be in them."""

import re
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.core import audit
from fsm.core.db import lock, session
from fsm.core.errors import ConflictError, DomainError, NotFoundError
from fsm.core.state import check_version
from fsm.documents.models import CustomField, FieldPlace

MAX_VALUE = 75
MAX_NAME = 40
MAX_DESCRIPTION = 75
MOST = 10
_NAME = re.compile(r"[a-z][a-z0-9_]*")


def of_place(place: FieldPlace, *, archived: bool | None = False) -> list[CustomField]:
    """The fields in their order; ``archived`` None: those too."""
    query = sa.select(CustomField).where(CustomField.place == place)
    if archived is not None:
        query = query.where(CustomField.archived_at.is_not(None) if archived else CustomField.archived_at.is_(None))
    return list(session.scalars(query.order_by(CustomField.position, CustomField.id)))


def add(*, name: str, description: str, place: FieldPlace) -> CustomField:
    """A field at the end of its place. DomainError for a name that is taken, or one field too many."""
    name, description = name.strip(), _description(description)
    if not _NAME.fullmatch(name) or len(name) > MAX_NAME:
        raise DomainError(
            _("Small letters, digits and _, first a letter, at most %(most)s characters.", most=MAX_NAME), "name"
        )
    fields = of_place(place, archived=None)
    if any(field.name == name for field in fields):
        raise DomainError(_("There is such a field already, maybe among the archived ones."), "name")
    if sum(field.archived_at is None for field in fields) >= MOST:
        raise DomainError(_("At most %(most)s fields; archive one first.", most=MOST), "name")
    position = max((field.position for field in fields), default=0) + 1
    field = CustomField(name=name, description=description, place=place, position=position)
    session.add(field)
    session.flush()
    _note(_("Field %(name)s was added.", name=name))
    return field


def rename(field_id: int, description: str, *, version: int | None) -> CustomField:
    """What people read; the internal name stays, values hang on it."""
    field = _held(field_id)
    check_version(field.version, version)
    field.description = _description(description)
    session.flush()
    _note(_("Field %(name)s was renamed.", name=field.name))
    return field


def move(field_id: int, *, up: bool) -> CustomField:
    """Change places with the neighbour; at the end it stays."""
    field = _held(field_id)
    fields = of_place(field.place)
    if field not in fields:
        raise ConflictError(_("This field is archived."))
    at = fields.index(field)
    to = at - 1 if up else at + 1
    if 0 <= to < len(fields):
        fields[at], fields[to] = fields[to], fields[at]
        for position, one in enumerate(fields, start=1):
            one.position = position
        session.flush()
    return field


def archive(field_id: int) -> CustomField:
    """Offered no more; documents that have a value keep it."""
    field = _held(field_id)
    if field.archived_at is None:
        field.archived_at = audit.now()
        session.flush()
        _note(_("Field %(name)s was archived.", name=field.name))
    return field


def unarchive(field_id: int) -> CustomField:
    """Offered again, at the end."""
    field = _held(field_id)
    if field.archived_at is not None:
        active = of_place(field.place)
        if len(active) >= MOST:
            raise ConflictError(_("At most %(most)s fields; archive one first.", most=MOST))
        field.archived_at = None
        field.position = max((one.position for one in active), default=0) + 1
        session.flush()
        _note(_("Field %(name)s is in use again.", name=field.name))
    return field


def check_values(
    values: Mapping[str, Any], fields: Mapping[str, CustomField], kept: Mapping[str, str]
) -> dict[str, str]:
    """Values by name as they are stored, empty ones left out. ``fields``: all of the place, by name.

    DomainError at ``custom_<name>`` for an unknown name, an archived one whose value is not what it was, or one too long.
    """
    checked = {}
    for name, value in values.items():
        text = str(value or "").strip()
        field = fields.get(name)
        if field is None:
            raise DomainError(
                _("There is no field %(name)s: add it in the settings.", name=str(name)[:40]), "custom_values"
            )
        if len(text) > MAX_VALUE:
            raise DomainError(_("At most %(most)s characters.", most=MAX_VALUE), f"custom_{name}")
        if re.search(r"[\x00-\x1f\x7f]", text):
            raise DomainError(_("There is a character here that cannot be stored."), f"custom_{name}")
        if text and field.archived_at is not None and kept.get(name) != text:
            raise DomainError(_("The field %(name)s is archived.", name=name), f"custom_{name}")
        if text:
            checked[name] = text
    return checked


def labelled(values: Mapping[str, str]) -> list[tuple[str, str]]:
    """What a document says in the company's own fields, under the words that people read."""
    labels = {name: field.description for name, field in by_name(FieldPlace.DOCUMENT).items()} if values else {}
    return [(labels.get(name, name), text) for name, text in values.items() if text]


def get(field_id: int) -> CustomField:
    """NotFoundError where there is none."""
    field = session.get(CustomField, field_id)
    if field is None:
        raise NotFoundError(_("There is no such field."))
    return field


def by_name(place: FieldPlace) -> dict[str, CustomField]:
    """All of a place, archived ones too, in their order."""
    return {field.name: field for field in of_place(place, archived=None)}


def _description(text: str) -> str:
    text = text.strip()
    if not text:
        raise DomainError(_("What should people read?"), "description")
    if len(text) > MAX_DESCRIPTION:
        raise DomainError(_("At most %(most)s characters.", most=MAX_DESCRIPTION), "description")
    return text


def _held(field_id: int) -> CustomField:
    field: CustomField | None = lock(CustomField, [field_id]).get(field_id)
    if field is None:
        raise NotFoundError(_("There is no such field."))
    return field


def _note(sentence: str) -> None:
    audit.note([("company", 1)], sentence)
