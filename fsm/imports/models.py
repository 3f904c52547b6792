"""Runs of imports with the fate of each row, and the mappings that are remembered."""

import datetime as dt
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from fsm.core.db import Base
from fsm.core.types import ID, Moment, choice
from fsm.files.models import StoredFile


class ImportKind(StrEnum):
    """What a file holds, in the order in which a company brings its data along."""

    CUSTOMERS = "customers"
    SITES = "sites"
    EQUIPMENT = "equipment"
    ITEMS = "items"
    LABOR_RATES = "labor_rates"
    OPEN_INVOICES = "open_invoices"


class ImportState(StrEnum):
    """Columns being chosen, dry run at work, dry run done, writing, written, undone."""

    MAPPING = "mapping"
    CHECKING = "checking"
    CHECKED = "checked"
    IMPORTING = "importing"
    DONE = "done"
    UNDONE = "undone"


TRANSITIONS: dict[ImportState, frozenset[ImportState]] = {
    ImportState.MAPPING: frozenset({ImportState.CHECKING}),
    ImportState.CHECKING: frozenset({ImportState.CHECKED, ImportState.MAPPING}),
    ImportState.CHECKED: frozenset({ImportState.CHECKING, ImportState.MAPPING, ImportState.IMPORTING}),
    ImportState.IMPORTING: frozenset({ImportState.DONE, ImportState.CHECKED, ImportState.MAPPING}),
    ImportState.DONE: frozenset({ImportState.UNDONE}),
    ImportState.UNDONE: frozenset(),
}


class Fate(StrEnum):
    """What a row of the file will do."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    ERROR = "error"


class ImportRun(Base):
    """One file from its upload to its end. ``choices`` is a ``mapping.Choices``; ``attempt`` fences off a late worker.

    ``digest`` covers the fates that the user saw: an import that would do something else stops.
    """

    __tablename__ = "import_run"

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    kind: Mapped[ImportKind] = mapped_column(choice(ImportKind, "kind"))
    state: Mapped[ImportState] = mapped_column(choice(ImportState, "state"), default=ImportState.MAPPING)
    file_name: Mapped[str] = mapped_column(sa.String(120))
    file_id: Mapped[int] = mapped_column(sa.ForeignKey(StoredFile.id))
    encoding: Mapped[str] = mapped_column(sa.String(20))
    separator: Mapped[str] = mapped_column(sa.String(1))
    headers: Mapped[list[str]] = mapped_column(sa.JSON)
    samples: Mapped[list[list[str]]] = mapped_column(sa.JSON)
    row_count: Mapped[int] = mapped_column(sa.Integer)
    choices: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    counts: Mapped[dict[str, int]] = mapped_column(sa.JSON, default=dict)
    done_rows: Mapped[int] = mapped_column(sa.Integer, default=0)
    attempt: Mapped[int] = mapped_column(sa.Integer, default=0)
    digest: Mapped[str] = mapped_column(sa.String(64), default="")
    problem: Mapped[str] = mapped_column(sa.Text, default="")
    leaves_out_errors: Mapped[bool] = mapped_column(sa.Boolean(name="leaves_out_errors"), default=False)
    locale: Mapped[str] = mapped_column(sa.String(5), default="en")
    created_by_id: Mapped[int] = mapped_column(ID)
    created_at: Mapped[dt.datetime] = mapped_column(Moment)
    finished_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    version: Mapped[int] = mapped_column(sa.Integer, default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own way to say it


class ImportRow(Base):
    """The fate of a row by its number in the file (the header is row 1). ``details``: changes, problems, warnings."""

    __tablename__ = "import_row"
    __table_args__ = (
        sa.Index("ix_import_row_run_id_fate_number", "run_id", "fate", "number"),
        sa.Index("ix_import_row_run_id_number", "run_id", "number", unique=True),
    )

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    run_id: Mapped[int] = mapped_column(sa.ForeignKey(ImportRun.id))
    number: Mapped[int] = mapped_column(sa.Integer)
    fate: Mapped[Fate] = mapped_column(choice(Fate, "fate"))
    label: Mapped[str] = mapped_column(sa.String(200))
    details: Mapped[dict[str, Any]] = mapped_column(sa.JSON)


class ImportMapping(Base):
    """What was chosen the last time for files of this kind with these headers."""

    __tablename__ = "import_mapping"
    __table_args__ = (sa.UniqueConstraint("kind", "signature"),)

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    kind: Mapped[ImportKind] = mapped_column(choice(ImportKind, "kind"))
    signature: Mapped[str] = mapped_column(sa.String(64))
    choices: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    changed_at: Mapped[dt.datetime] = mapped_column(Moment)
