"""Forms with the fields that the company has added to its documents and their lines."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, TypeVar

from flask_babel import lazy_gettext as _l
from wtforms import FieldList, FormField

from fsm.core.fields import TextField
from fsm.documents import custom_fields
from fsm.documents.custom_fields import MAX_VALUE
from fsm.documents.document_forms import DocumentForm
from fsm.documents.line_forms import OWN, LineForm
from fsm.documents.models import CustomField, FieldPlace

F = TypeVar("F", bound=DocumentForm)
Named = tuple[tuple[str, str], ...]


def offered(place: FieldPlace, kept: Iterable[str]) -> list[CustomField]:
    """Those in use, and archived ones that the document has a value of."""
    names = set(kept)
    return [row for row in custom_fields.of_place(place, archived=None) if row.archived_at is None or row.name in names]


def with_own_fields(form: type[F], document: Any, lines: Sequence[Any]) -> type[F]:  # noqa: ANN401 - any priced document
    """The form of this document: two queries, and a class that is kept for the next time."""
    of_document = offered(FieldPlace.DOCUMENT, document.custom_values)
    of_lines = offered(FieldPlace.LINE, {name for line in lines for name in line.custom_values})
    return _made(form, _named(of_document), _named(of_lines))  # type: ignore[arg-type]  # reason: lru_cache forgets the type variable


def _named(fields: Iterable[CustomField]) -> Named:
    return tuple((field.name, field.description) for field in fields)


@lru_cache(maxsize=32)
def _made(form: type[DocumentForm], document: Named, line: Named) -> type[DocumentForm]:
    if not document and not line:
        return form
    row = type("OwnLineForm", (LineForm,), _fields(line))
    more: dict[str, Any] = {"lines": FieldList(FormField(row), _l("Lines"))} if line else {}
    return type(form.__name__, (form,), {**_fields(document), **more})


def _fields(named: Named) -> dict[str, TextField]:
    return {f"{OWN}{name}": TextField(description, length=MAX_VALUE) for name, description in named}
