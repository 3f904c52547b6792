"""Tables as CSV files that a spreadsheet opens without running anything in them."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import TypeVar

from flask import Response

from fsm.core.paging import Page

T = TypeVar("T")
EXPORT_PAGE = 1000  # rows read at a time
MOST_ROWS = 100_000  # more no spreadsheet is pleased with
_STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")


def safe(cell: object) -> str:
    """The cell as text; a text that a spreadsheet would take for a formula gets an apostrophe before it."""
    if isinstance(cell, Decimal):
        return str(cell)
    text = "" if cell is None else str(cell)
    return f"'{text}" if starts_formula(text) else text


def starts_formula(text: str) -> bool:
    """Whether a spreadsheet would take the text for a formula or a command."""
    return text.startswith(_STARTS_FORMULA)


def answer(name: str, heads: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """A download; UTF-8 with its mark, which spreadsheets need to read accents."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([safe(head) for head in heads])
    writer.writerows([safe(cell) for cell in row] for row in rows)
    response = Response("\ufeff" + text.getvalue(), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def all_rows(page_of: Callable[[str | None], Page[T]], most: int = MOST_ROWS) -> Iterator[T]:
    """The rows of every page of a list, for a download; not more than ``most``."""
    cursor: str | None = None
    for _number in range(most // EXPORT_PAGE):
        page = page_of(cursor)
        yield from page.rows
        cursor = page.next
        if cursor is None:
            return
