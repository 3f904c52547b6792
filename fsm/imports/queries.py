"""Imports for screens: the list, and the rows of one."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from fsm.core import paging
from fsm.core.db import session
from fsm.imports.kinds import KINDS
from fsm.imports.models import Fate, ImportKind, ImportRow, ImportRun
from fsm.users.actor import Actor
from fsm.users.models import User

TABS = (*(fate.value for fate in Fate), "warnings")


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run in the list, and who began it."""

    run: ImportRun
    by: str


def kinds_of(actor: Actor) -> list[ImportKind]:
    """What this user may import."""
    return [kind for kind, known in KINDS.items() if actor.can(known.right)]


def runs(actor: Actor, cursor: str | None) -> paging.Page[RunRow]:
    """Those of the kinds that the user may import, the newest first; two queries."""
    query: sa.Select[Any] = sa.select(ImportRun).where(ImportRun.kind.in_(kinds_of(actor)))
    found = paging.page(query, [ImportRun.id], cursor, descending=True)
    ids = {run.created_by_id for run in found.rows}
    names = dict(session.execute(sa.select(User.id, User.name).where(User.id.in_(ids))).all()) if ids else {}
    rows = [RunRow(run, names.get(run.created_by_id, "")) for run in found.rows]
    return paging.Page(rows, found.previous, found.next)


def first_tab(counts: dict[str, int]) -> str:
    """What is to be looked at first: errors, then what changes, then what is new."""
    order = (Fate.ERROR.value, Fate.CHANGED.value, Fate.NEW.value, Fate.UNCHANGED.value)
    return next((name for name in order if counts.get(name)), Fate.NEW.value)


def rows(run_id: int, tab: str, cursor: str | None) -> paging.Page[ImportRow]:
    """The rows of one fate, or all with a warning, in the order of the file."""
    query = sa.select(ImportRow).where(ImportRow.run_id == run_id)
    if tab == "warnings":
        query = query.where(sa.cast(ImportRow.details, sa.Text).contains('"warnings"'))
    else:
        query = query.where(ImportRow.fate == Fate(tab))
    return paging.page(query, [ImportRow.number], cursor)
