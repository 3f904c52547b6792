"""Reading a CSV file whose encoding and separator nobody told: pure."""

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from flask_babel import gettext as _

from fsm.core.errors import DomainError

MAX_BYTES = 20 * 1024 * 1024
MAX_ROWS = 50_000
MAX_COLUMNS = 100
MAX_HEADER = 100
SAMPLES = 3
SEPARATORS = (";", ",", "\t", "|")
_SNIFFED = 200  # records that decide on the separator
_OTHERS = {
    b"PK\x03\x04": "xlsx",
    b"\xd0\xcf\x11\xe0": "xls",
    b"%PDF": "PDF",
}


@dataclass(frozen=True, slots=True)
class CsvFile:
    """What is known of a file; ``samples`` are the first values of each column."""

    encoding: str
    separator: str
    headers: tuple[str, ...]
    samples: tuple[tuple[str, ...], ...]
    row_count: int


@dataclass(frozen=True, slots=True)
class Record:
    """A row by its number in the file, the header being 1; ``extra``: more cells are filled than there are columns."""

    number: int
    cells: tuple[str, ...]
    extra: bool = False


def examine(data: bytes) -> CsvFile:
    """Find encoding, separator and headers, and read all of it once. DomainError with what is wrong."""
    if len(data) > MAX_BYTES:
        raise DomainError(_("A file has at most %(size)s MB.", size=MAX_BYTES // 1024**2), "file")
    text, encoding = _decoded(data)
    separator = _separator(text)
    rows = _rows(text, separator)
    headers = _headers(next(rows, []))
    count = 0
    samples: list[list[str]] = [[] for _header in headers]
    for record in _records(rows, len(headers)):
        count += 1
        if count > MAX_ROWS:
            raise DomainError(_("A file has at most %(most)s rows: split it.", most=MAX_ROWS), "file")
        for sample, cell in zip(samples, record.cells, strict=True):
            if cell.strip() and len(sample) < SAMPLES and (value := cell.strip()[:40]) not in sample:
                sample.append(value)
    if not count:
        raise DomainError(_("There is no row below the headers."), "file")
    return CsvFile(encoding, separator, headers, tuple(map(tuple, samples)), count)


def records(data: bytes, encoding: str, separator: str) -> Iterator[Record]:
    """The rows of a file that was examined before, without the header and without empty rows."""
    rows = _rows(data.decode(encoding), separator)
    width = len(next(rows, []))
    yield from _records(rows, width)


def _decoded(data: bytes) -> tuple[str, str]:
    for start, name in _OTHERS.items():
        if data.startswith(start):
            raise DomainError(_("This is a %(name)s file: save it as CSV first.", name=name), "file")
    candidates = ["utf-8-sig", "cp1252"]
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        candidates = ["utf-16"]
    for encoding in candidates:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text, encoding
    raise DomainError(_("This is not a text file: save it as CSV, in UTF-8 or Windows-1252."), "file")


def _separator(text: str) -> str:
    """The one that cuts the first records into most columns, the same number in nearly all of them."""
    best, most = ",", 0.0
    start = text[: 256 * 1024]
    for separator in SEPARATORS:
        widths: Counter[int] = Counter()
        try:
            for place, row in enumerate(csv.reader(io.StringIO(start, newline=""), delimiter=separator)):
                if place >= _SNIFFED:
                    break
                if any(row):
                    widths[len(row)] += 1
        except csv.Error:
            continue
        if not widths:
            continue
        width, count = widths.most_common(1)[0]
        score = (width - 1) * count / widths.total()
        if score > most:
            best, most = separator, score
    return best


def _rows(text: str, separator: str) -> Iterator[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        yield from reader
    except csv.Error:
        raise DomainError(
            _("Line %(line)s cannot be read: its quotes do not match.", line=reader.line_num), "file"
        ) from None


def _headers(cells: list[str]) -> tuple[str, ...]:
    """Unique names; a column without one is called by its place."""
    while cells and not cells[-1].strip():
        cells = cells[:-1]
    if not cells:
        raise DomainError(_("The first row has no headers."), "file")
    if len(cells) > MAX_COLUMNS:
        raise DomainError(_("A file has at most %(most)s columns.", most=MAX_COLUMNS), "file")
    names: list[str] = []
    for place, cell in enumerate(cells, start=1):
        name = " ".join(cell.split())[:MAX_HEADER] or _("Column %(place)s", place=place)
        unique, again = name, 2
        while unique in names:
            unique, again = f"{name} ({again})", again + 1
        names.append(unique)
    return tuple(names)


def _records(rows: Iterator[list[str]], width: int) -> Iterator[Record]:
    for number, row in enumerate(rows, start=2):
        if not any(cell.strip() for cell in row):
            continue
        cells = tuple(row[:width]) + ("",) * (width - len(row))
        yield Record(number, cells, any(cell.strip() for cell in row[width:]))
