"""The demo's long tables: CSV files beside the program."""

import csv
from importlib.resources import files


def rows(name: str) -> list[dict[str, str]]:
    """The rows of ``data/<name>.csv`` by their headings."""
    text = files("fsm.demo").joinpath("data", f"{name}.csv").read_text("utf-8")
    return list(csv.DictReader(text.splitlines(), strict=True))
