"""What a backup says of itself: its program, its tables with their counts and sums, the hash of each part."""

import datetime as dt
import json
from dataclasses import asdict, dataclass, field
from typing import Any, TypeAlias

from flask_babel import gettext as _

from fsm.backups.errors import BackupError

FORMAT = 1
"""Raised by one whenever an older program could no longer read what is written."""

Sums: TypeAlias = dict[str, int | None]


@dataclass(frozen=True, slots=True)
class Table:
    """A table as it is in the archive: columns with their kinds (tables.Kind), how many rows, sums of its integers."""

    columns: list[tuple[str, str]]
    rows: int
    sums: Sums


@dataclass(frozen=True, slots=True)
class StoredFiles:
    """The stored files in the archive; ``digest`` is the SHA-256 over their names in order, which are hashes too."""

    count: int
    size: int
    digest: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """The last part of an archive."""

    made_at: dt.datetime
    program: str
    revision: str
    engine: str
    company: str
    tables: dict[str, Table]
    left_out: list[str]
    sequences: dict[str, int]
    files: StoredFiles
    missing_files: list[str]
    guards: list[str] = field(default_factory=list)
    parts: dict[str, str] = field(default_factory=dict)
    format: int = FORMAT

    @property
    def rows(self) -> int:
        """Of all tables."""
        return sum(table.rows for table in self.tables.values())


def dumped(manifest: Manifest) -> bytes:
    """As JSON that people can read too."""
    values = asdict(manifest) | {"made_at": manifest.made_at.isoformat()}
    return json.dumps(values, indent=1, sort_keys=True).encode()


def parsed(text: bytes) -> Manifest:
    """Back again; BackupError where it is none."""
    try:
        values: dict[str, Any] = json.loads(text)
        values["made_at"] = dt.datetime.fromisoformat(values["made_at"])
        values["files"] = StoredFiles(**values["files"])
        values["tables"] = {
            name: Table([(column, kind) for column, kind in table["columns"]], table["rows"], table["sums"])
            for name, table in values["tables"].items()
        }
        return Manifest(**values)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BackupError(_("The backup is damaged: its list of contents cannot be read.")) from error
