"""From a record of the file to values by field, with what is wrong in each cell."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _

from fsm.imports.csv_file import Record
from fsm.imports.fields import Field
from fsm.imports.mapping import Choices
from fsm.imports.models import Fate


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong: the header of the column, the value as the file has it, and the sentence."""

    column: str
    value: str
    sentence: str


@dataclass(slots=True)
class Row:
    """A row that was read: ``values`` holds only what is given; ``texts`` are the cells behind them."""

    number: int
    values: dict[str, Any] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Change:
    """One field of a row that is there already, before and after, as they are shown."""

    field: str
    before: str
    after: str


@dataclass(slots=True)
class Judged:
    """What becomes of a row; ``plan`` is what its kind needs to write it."""

    number: int
    fate: Fate
    label: str
    changes: Sequence[Change] = ()
    problems: Sequence[Problem] = ()
    warnings: Sequence[str] = ()
    plan: Any = None


class RowReader:
    """Reads the rows of one file by what was chosen for it."""

    def __init__(self, fields: Sequence[Field], headers: Sequence[str], choices: Choices) -> None:
        place = {header: at for at, header in enumerate(headers)}
        self.notation = choices.notation
        self.columns = {one.name: header for one in fields if (header := choices.columns.get(one.name, "")) in place}
        self.sources = [
            (one, place.get(choices.columns.get(one.name, ""), -1), choices.fixed.get(one.name, "").strip())
            for one in fields
            if one.name in self.columns or choices.fixed.get(one.name, "").strip()
        ]
        self.required = [one for one in fields if one.required]

    def column_of(self, name: str, label: str = "") -> str:
        """The header behind a field; its label where no column is chosen for it."""
        return self.columns.get(name) or label or name

    def read(self, records: Iterable[Record]) -> Iterator[Row]:
        """Each record as a row."""
        for record in records:
            yield self._row(record)

    def _row(self, record: Record) -> Row:
        row = Row(record.number)
        if record.extra:
            row.problems.append(Problem("", "", _("This row has more cells than the header: a separator in a text?")))
        for one, place, fixed in self.sources:
            cell = record.cells[place].strip() if place >= 0 else ""
            given = cell or fixed
            if not given:
                continue
            row.texts[one.name] = given
            try:
                row.values[one.name] = one.read(given, self.notation)
            except ValueError as error:
                row.problems.append(Problem(self.column_of(one.name, str(one.label)), given, str(error)))
        for one in self.required:
            if one.name not in row.texts:
                row.problems.append(Problem(self.column_of(one.name, str(one.label)), "", _("This is missing.")))
        return row
