"""Forms of imports: the file, and which column means what."""

from collections.abc import Sequence
from typing import Any

from flask import g
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField, SelectChoice, SelectField  # type: ignore[attr-defined]  # reason: stubs are older
from wtforms.validators import InputRequired

from fsm.core.fields import DayField, Form, TextField
from fsm.imports.kinds import KINDS
from fsm.imports.mapping import Choices
from fsm.imports.models import ImportKind, ImportRun
from fsm.imports.notation import DateFormat, NumberFormat

FIXED_LENGTH = 200


class UploadForm(Form):
    """A file, and what it holds."""

    kind = SelectField(_l("What does the file hold?"), [InputRequired()])
    file = FileField(_l("CSV file"), [FileRequired(_l("Choose a file."))])

    def offer(self, kinds: Sequence[ImportKind]) -> None:
        """Only what the user may import."""
        self.kind.choices = [SelectChoice(kind.value, KINDS[kind].label) for kind in kinds]


class ImportForm(Form):
    """What becomes of rows in error."""

    leaves_out_errors = BooleanField(_l("Leave out the rows in error"))


class ColumnsForm(Form):
    """The formats; the columns are added by ``columns_form``."""

    number_format = SelectField(_l("Numbers"))
    date_format = SelectField(_l("Dates"))
    taken_over_on = DayField(_l("Day of taking over"))

    def choices(self) -> Choices:
        """As they were chosen."""
        found = Choices(
            number_format=self.number_format.data or "",
            date_format=self.date_format.data or "",
            taken_over_on=self.taken_over_on.data.isoformat() if self.taken_over_on.data else "",
        )
        for name, field in self._fields.items():
            if name.startswith("column-") and field.data:
                found.columns[name.removeprefix("column-")] = field.data
            elif name.startswith("fixed-") and field.data:
                found.fixed[name.removeprefix("fixed-")] = field.data
        return found


def columns_form(run: ImportRun) -> ColumnsForm:
    """For this file: a choice of its columns and a fixed value per field."""
    fields: dict[str, Any] = {}
    headers = [SelectChoice("", "–")] + [
        SelectChoice(header, f"{header} ({', '.join(sample)})"[:90] if sample else header)
        for header, sample in zip(run.headers, run.samples, strict=True)
    ]
    for one in KINDS[run.kind].fields:
        fields[f"column-{one.name}"] = SelectField(one.label, choices=headers)
        fields[f"fixed-{one.name}"] = TextField(_l("Fixed value"), length=FIXED_LENGTH)
    stored = Choices.of(run.choices)
    data: dict[str, Any] = {f"column-{name}": header for name, header in stored.columns.items()}
    data |= {f"fixed-{name}": value for name, value in stored.fixed.items()}
    data |= {"number_format": stored.number_format, "date_format": stored.date_format}
    data["taken_over_on"] = stored.day or g.today
    form: ColumnsForm = type("ColumnsFormOfFile", (ColumnsForm,), fields)(data=data)
    form.number_format.choices = [
        SelectChoice("", _("Found from the file")),
        SelectChoice(NumberFormat.COMMA.value, "1.234,56"),
        SelectChoice(NumberFormat.POINT.value, "1,234.56"),
    ]
    form.date_format.choices = [
        SelectChoice("", _("Found from the file")),
        SelectChoice(DateFormat.ISO.value, "2025-12-31"),
        SelectChoice(DateFormat.DAY_FIRST.value, "31/12/2025"),
        SelectChoice(DateFormat.MONTH_FIRST.value, "12/31/2025"),
    ]
    return form
