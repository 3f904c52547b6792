"""How a file writes numbers and dates: found from its values, and read by it. Pure."""

import datetime as dt
import re
from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum

from flask_babel import gettext as _


class NumberFormat(StrEnum):
    """Which mark comes before the decimals."""

    COMMA = "comma"
    POINT = "point"


class DateFormat(StrEnum):
    """The order of day, month and year."""

    ISO = "iso"
    DAY_FIRST = "day_first"
    MONTH_FIRST = "month_first"


_SPACES = re.compile(r"[\s\u00a0\u202f'’]")
_CURRENCY = re.compile(r"^(?:€|EUR|\$|USD|£|GBP)|(?:€|EUR|\$|USD|£|GBP)$")
_NUMBERS = {
    NumberFormat.COMMA: re.compile(r"[+-]?(?:\d{1,3}(?:\.\d{3})+|\d+)?(?:,\d*)?", re.ASCII),
    NumberFormat.POINT: re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d*)?", re.ASCII),
}
_TIME = re.compile(r"[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?$")
_ISO = re.compile(r"(\d{4})[-/.]?(\d{1,2})[-/.]?(\d{1,2})", re.ASCII)
_YEAR_LAST = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4}|\d{2})", re.ASCII)
_LONGEST = 20


class AmbiguousError(ValueError):
    """Several readings fit all values; the message names one of them."""


def number_format_of(values: Iterable[str]) -> NumberFormat:
    """The format that the values themselves show. AmbiguousError where "1.234" could be either, and nothing tells."""
    seen: dict[NumberFormat, int] = dict.fromkeys(NumberFormat, 0)
    doubtful = ""
    for value in values:
        text = _compact(value)
        marks = [mark for mark in text if mark in ".,"]
        if not marks:
            continue
        last = max(text.rfind("."), text.rfind(","))
        if len(set(marks)) == 1 and (len(marks) > 1 or len(text) - last - 1 == 3):  # noqa: PLR2004 - thousands
            if len(marks) > 1:  # 1.234.567 has no decimals: the other mark is for them
                seen[NumberFormat.COMMA if marks[0] == "." else NumberFormat.POINT] += 1
            elif not text.lstrip("+-").startswith("0"):
                doubtful = doubtful or value
            else:
                seen[NumberFormat.COMMA if text[last] == "," else NumberFormat.POINT] += 1
        else:
            seen[NumberFormat.COMMA if text[last] == "," else NumberFormat.POINT] += 1
    if seen[NumberFormat.COMMA] != seen[NumberFormat.POINT]:
        return max(seen, key=lambda one: seen[one])
    if doubtful or seen[NumberFormat.COMMA]:
        raise AmbiguousError(doubtful)
    return NumberFormat.COMMA


def date_format_of(values: Iterable[str]) -> DateFormat:
    """The order that the values themselves show. AmbiguousError where "05/06/2025" could be either, and nothing tells."""
    seen: dict[DateFormat, int] = dict.fromkeys(DateFormat, 0)
    doubtful = ""
    for text in filter(None, (_TIME.sub("", value.strip()) for value in values)):
        if _ISO.fullmatch(text):
            seen[DateFormat.ISO] += 1
        elif match := _YEAR_LAST.fullmatch(text):
            first, second = int(match[1]), int(match[2])
            if first > 12 >= second:  # noqa: PLR2004 - months
                seen[DateFormat.DAY_FIRST] += 1
            elif second > 12 >= first:  # noqa: PLR2004 - months
                seen[DateFormat.MONTH_FIRST] += 1
            elif first != second:
                doubtful = doubtful or text
    best = max(seen, key=lambda one: seen[one])
    if doubtful and not (seen[DateFormat.DAY_FIRST] or seen[DateFormat.MONTH_FIRST]):
        raise AmbiguousError(doubtful)
    if seen[DateFormat.DAY_FIRST] == seen[DateFormat.MONTH_FIRST] != 0:
        raise AmbiguousError(doubtful)
    if doubtful and best is DateFormat.ISO:  # ISO is read in any case: the others decide
        return max((DateFormat.DAY_FIRST, DateFormat.MONTH_FIRST), key=lambda one: seen[one])
    return best


def read_number(text: str, written: NumberFormat) -> Decimal:
    """ValueError with a sentence for what is no number in this format."""
    compact = _compact(text)
    if compact.startswith("(") and compact.endswith(")"):  # bookkeepers' minus
        compact = f"-{compact[1:-1]}"
    if compact.endswith("-"):
        compact = f"-{compact[:-1]}"
    if not any(character.isdigit() for character in compact) or not _NUMBERS[written].fullmatch(compact):
        raise ValueError(_("This is not a number."))
    if len(compact) > _LONGEST:
        raise ValueError(_("This number is too long."))
    plain = compact.replace(".", "").replace(",", ".") if written is NumberFormat.COMMA else compact.replace(",", "")
    return Decimal(plain)


def _compact(text: str) -> str:
    return _CURRENCY.sub("", _SPACES.sub("", text)).replace("\N{MINUS SIGN}", "-")


def read_date(text: str, written: DateFormat) -> dt.date:
    """A day, a time behind it cut off; an ISO date is read in any format. ValueError with a sentence."""
    compact = _TIME.sub("", text.strip())
    if match := _ISO.fullmatch(compact):
        year, month, day = match.groups()
    elif (match := _YEAR_LAST.fullmatch(compact)) and written is not DateFormat.ISO:
        first, second, year = match.groups()
        day, month = (first, second) if written is DateFormat.DAY_FIRST else (second, first)
    else:
        raise ValueError(_("This is not a date."))
    century = 2000 if len(year) == 2 else 0  # noqa: PLR2004 - a year of two digits
    try:
        found = dt.date(int(year) + century, int(month), int(day))
    except ValueError:
        raise ValueError(_("There is no such day.")) from None
    if not 1950 <= found.year <= 2100:  # noqa: PLR2004 - the bounds themselves
        raise ValueError(_("The year must be between 1950 and 2100."))
    return found
