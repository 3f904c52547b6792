"""A file's encoding, separator and headers, found from its bytes; files that are none get their sentence."""

import pytest

from fsm.core.errors import DomainError
from fsm.imports import csv_file
from fsm.imports.csv_file import MAX_ROWS, examine, records


@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
@pytest.mark.parametrize(
    ("encoding", "found"),
    [("utf-8", "utf-8-sig"), ("utf-8-sig", "utf-8-sig"), ("cp1252", "cp1252"), ("utf-16", "utf-16")],
)
def test_found_by_itself(separator: str, encoding: str, found: str) -> None:
    text = f'Naam{separator}Prijs\r\n"Écurie, de; Ruiter|""x"""{separator}1\r\n'
    if separator == "\t":
        text = text.replace(", de; Ruiter|", "\t")
    file = examine(text.encode(encoding))
    assert (file.encoding, file.separator, file.headers, file.row_count) == (found, separator, ("Naam", "Prijs"), 1)
    (record,) = records(text.encode(encoding), file.encoding, file.separator)
    assert (record.number, record.cells[0].startswith("Écurie"), record.cells[1]) == (2, True, "1")
    assert '"x"' in record.cells[0]


def test_lines_within_quotes_empty_rows_and_short_rows() -> None:
    data = b'a;b;c\n"one\ntwo";2;3\n;;\n4\n5;6;7;8\n9;9;9;\n'
    file = examine(data)
    assert (file.row_count, file.samples[0]) == (4, ("one\ntwo", "4", "5"))
    found = list(records(data, file.encoding, file.separator))
    assert [record.number for record in found] == [2, 4, 5, 6]
    assert found[1].cells == ("4", "", "")
    assert [record.extra for record in found] == [False, False, True, False]


def test_headers_are_unique_and_never_empty() -> None:
    assert examine(b"Naam,,Naam,  Tel  nr \n1,2,3,4\n").headers == ("Naam", "Column 2", "Naam (2)", "Tel nr")


def test_one_column_is_a_file_too() -> None:
    assert examine(b"code\nA-1\n").headers == ("code",)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "no headers"),
        (b"\n\n", "no headers"),
        (b"a;b\n", "no row below the headers"),
        (b"a;b\n;\n", "no row below the headers"),
        (b"PK\x03\x04rest", "This is a xlsx file"),
        (b"%PDF-1.7", "This is a PDF file"),
        (b"a;b\n\x00\x01;2\n", "not a text file"),
        (b"\x81\x8d\xff\xfe;\n1;2\n", "not a text file"),
        (b'a;b\n"never closed;2\n', "its quotes do not match"),
        (b";".join(b"c%d" % place for place in range(101)) + b"\n1\n", "at most 100 columns"),
        (b"a;b\n" + b"1;2\n" * (MAX_ROWS + 1), "at most 50000 rows"),
    ],
    ids=lambda part: part if isinstance(part, str) else part[:12].hex(),
)
def test_what_is_no_file(data: bytes, words: str) -> None:
    with pytest.raises(DomainError, match=words) as caught:
        examine(data)
    assert caught.value.field == "file"


def test_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_file, "MAX_BYTES", 10)
    with pytest.raises(DomainError, match="at most"):
        examine(b"a;b\n1;2\n3;4\n")
