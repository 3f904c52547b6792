"""Which column means what: proposed from the headers, remembered, chosen by the user. Pure but for what is remembered."""

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import sqlalchemy as sa

from fsm.core.audit import now
from fsm.core.db import session
from fsm.imports.csv_file import Record
from fsm.imports.fields import Field, Notation, plain
from fsm.imports.models import ImportKind, ImportMapping
from fsm.imports.notation import AmbiguousError, DateFormat, NumberFormat, date_format_of, number_format_of


@dataclass(slots=True)
class Choices:
    """By field: the header of its column, and a fixed value that stands where there is no column or its cell is empty.

    An empty format is one that is still to be found.
    """

    columns: dict[str, str] = field(default_factory=dict)
    fixed: dict[str, str] = field(default_factory=dict)
    number_format: str = ""
    date_format: str = ""
    taken_over_on: str = ""

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "Choices":
        """From its JSON."""
        return cls(**{name: stored[name] for name in cls.__slots__ if name in stored})

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    @property
    def notation(self) -> Notation:
        """The formats chosen."""
        return Notation(
            NumberFormat(self.number_format) if self.number_format else NumberFormat.COMMA,
            DateFormat(self.date_format) if self.date_format else DateFormat.ISO,
        )

    @property
    def day(self) -> dt.date | None:
        """The day of taking over, of open invoices."""
        return dt.date.fromisoformat(self.taken_over_on) if self.taken_over_on else None


def proposed(fields: Sequence[Field], headers: Sequence[str]) -> Choices:
    """Each field its column: by its own name first, then by the other names it is known by; a column means one thing."""
    columns: dict[str, str] = {}
    free = {plain(header): header for header in reversed(headers)}
    for exactly in (True, False):
        for one in fields:
            if one.name in columns:
                continue
            names = (plain(one.name), plain(str(one.label))) if exactly else one.known_as
            if found := next((name for name in names if name in free), None):
                columns[one.name] = free.pop(found)
    return Choices(columns=columns)


def signature(headers: Iterable[str]) -> str:
    """Files with the same headers, in any order, share it."""
    return hashlib.sha256(json.dumps(sorted(map(plain, headers))).encode()).hexdigest()


def remembered(kind: ImportKind, headers: Sequence[str]) -> Choices | None:
    """What was chosen for such a file the last time; the formats and the day are to be looked at anew."""
    query = sa.select(ImportMapping.choices).where(
        ImportMapping.kind == kind, ImportMapping.signature == signature(headers)
    )
    stored = session.scalar(query)
    if stored is None:
        return None
    found = Choices.of(stored)
    found.columns = {name: header for name, header in found.columns.items() if header in headers}
    found.taken_over_on = ""
    return found


def remember(kind: ImportKind, headers: Sequence[str], choices: Choices) -> None:
    """For the next file with these headers."""
    query = sa.select(ImportMapping).where(ImportMapping.kind == kind, ImportMapping.signature == signature(headers))
    row = session.scalar(query)
    if row is None:
        row = ImportMapping(kind=kind, signature=signature(headers))
        session.add(row)
    row.choices, row.changed_at = choices.as_dict(), now()
    session.flush()


def find_formats(
    fields: Sequence[Field], headers: Sequence[str], rows: Iterable[Record], choices: Choices
) -> dict[str, str]:
    """Fill the formats that are not chosen; gives, by the format's name, a value that could be read in two ways."""
    place = {header: at for at, header in enumerate(headers)}
    numbers = [place[choices.columns[one.name]] for one in fields if one.is_number and choices.columns.get(one.name)]
    dates = [place[choices.columns[one.name]] for one in fields if one.is_date and choices.columns.get(one.name)]
    number_cells: list[str] = []
    date_cells: list[str] = []
    for record in rows:
        number_cells += (record.cells[at] for at in numbers if record.cells[at].strip())
        date_cells += (record.cells[at] for at in dates if record.cells[at].strip())
    doubts = {}
    if not choices.number_format:
        try:
            choices.number_format = number_format_of(number_cells).value
        except AmbiguousError as error:
            doubts["number_format"] = str(error)
    if not choices.date_format:
        try:
            choices.date_format = date_format_of(date_cells).value
        except AmbiguousError as error:
            doubts["date_format"] = str(error)
    return doubts
