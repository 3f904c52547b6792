"""Rows of a list as CSV and XLSX files: the same columns and rows as on the page, and nothing that runs when opened.

CSV is written as the user's spreadsheet expects it: in English a comma between cells and a point in numbers, in French,
Dutch and German a semicolon and a comma. Days are 2026-11-22 in all of them. XLSX has real numbers and days.
"""

import csv
import datetime as dt
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import xlsxwriter

from fsm.core.csv_file import safe, starts_formula
from fsm.core.formats import local
from fsm.core.lists import Column, Kind

MOST_IN_A_CELL = 32_767
_FORMATS = {
    Kind.AMOUNT: "#,##0.00",
    Kind.PRICE: "#,##0.00##",
    Kind.DATE: "dd/mm/yyyy",
    Kind.MOMENT: "dd/mm/yyyy hh:mm",
}
_WIDTHS = {Kind.AMOUNT: 14, Kind.PRICE: 14, Kind.PERCENT: 8, Kind.COUNT: 8, Kind.DATE: 12, Kind.MOMENT: 17}


@dataclass(frozen=True, slots=True)
class FileColumn:
    """One column of a file."""

    label: str
    kind: Kind
    value: Callable[[Any], Any]


def file_columns(columns: Iterable[Column], currency_label: str) -> list[FileColumn]:
    """What is printed small under a value gets a column of its own; amounts get one that names their currency."""
    found: list[FileColumn] = []
    currency = None
    for column in columns:
        found.append(FileColumn(str(column.label), column.kind, column.value))
        if column.under is not None:
            found.append(FileColumn(str(column.under.label), column.under.kind, column.under.value))
        currency = currency or column.currency
    if currency is not None:
        found.append(FileColumn(currency_label, Kind.TEXT, currency))
    return found


def cell(column: FileColumn, row: Any) -> Any:  # noqa: ANN401 - a row of any list
    """The value that stands in a file: a word for a status, a naive local moment."""
    value = column.value(row)
    if value is None:
        return None
    if column.kind is Kind.STATUS:
        return str(value.label)
    if isinstance(value, dt.datetime):
        return local(value).replace(tzinfo=None, second=0, microsecond=0)
    return value if isinstance(value, Decimal | int | dt.date) and not isinstance(value, bool) else str(value)


def write_csv(columns: Sequence[FileColumn], rows: Iterable[Any], *, decimal_comma: bool) -> io.BytesIO:
    """UTF-8 with its mark, without which spreadsheets misread accents."""
    file = io.BytesIO()
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    writer = csv.writer(text, delimiter=";" if decimal_comma else ",")
    writer.writerow([safe(column.label) for column in columns])
    for row in rows:
        writer.writerow([_csv_cell(cell(column, row), decimal_comma=decimal_comma) for column in columns])
    text.detach()  # writes what it holds, and leaves the file open
    file.seek(0)
    return file


def _csv_cell(value: Any, *, decimal_comma: bool) -> str:  # noqa: ANN401 - whatever a column holds
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return text.replace(".", ",") if decimal_comma else text
    if isinstance(value, dt.datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, dt.date):
        return value.isoformat()
    return str(value) if isinstance(value, int) else safe(value)


def write_xlsx(title: str, columns: Sequence[FileColumn], rows: Iterable[Any]) -> io.BytesIO:
    """One sheet, row by row so that memory stays flat; its head stays in view.

    A text is written as text and marked so, which keeps a spreadsheet from ever reading it as a formula.
    """
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"constant_memory": True, "strings_to_formulas": False}) as book:
        sheet = book.add_worksheet(title[:31])
        bold, quoted = book.add_format({"bold": True}), book.add_format({"quote_prefix": True})
        formats = {kind: book.add_format({"num_format": pattern}) for kind, pattern in _FORMATS.items()}
        for place, column in enumerate(columns):
            sheet.set_column(place, place, _WIDTHS.get(column.kind, 24))
        sheet.freeze_panes(1, 0)
        for place, column in enumerate(columns):
            sheet.write_string(0, place, column.label, bold)
        for number, row in enumerate(rows, start=1):
            for place, column in enumerate(columns):
                value, form = cell(column, row), formats.get(column.kind)
                if value is None or value == "":
                    continue
                if isinstance(value, Decimal | int):
                    sheet.write_number(number, place, value, form)
                elif isinstance(value, dt.date):
                    sheet.write_datetime(number, place, value, form)
                else:
                    text = value[:MOST_IN_A_CELL]
                    sheet.write_string(number, place, text, quoted if starts_formula(text) else None)
    file.seek(0)
    return file
