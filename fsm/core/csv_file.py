"""What a cell of a CSV file may hold, so that a spreadsheet opens it without running anything in it."""

from decimal import Decimal

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
