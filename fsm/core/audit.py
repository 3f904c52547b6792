"""Who changed what: rows that people change, before and after; and the sentences of each record's timeline.

A table is audited when its class says ``__audited__ = True``; posted facts are their own record.
Bulk writes by Core statements call ``record`` themselves.
"""

import datetime as dt
from collections.abc import Iterable
from enum import StrEnum
from typing import Any, TypeAlias

import sqlalchemy as sa
from flask import g, has_request_context
from sqlalchemy import event, orm
from sqlalchemy.orm import Mapped, mapped_column

from fsm.core.db import Base, add_rows, session
from fsm.core.types import ID, Moment

Json: TypeAlias = dict[str, Any]
HIDDEN = "(hidden)"


class AuditChange(Base):
    """One change of one row; insert-only."""

    __tablename__ = "audit_change"
    __table_args__ = (
        sa.Index("ix_audit_change_table_name_row_id", "table_name", "row_id", "id"),
        sa.Index("ix_audit_change_at_id", "at", "id"),
    )

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    at: Mapped[dt.datetime] = mapped_column(Moment)
    actor_id: Mapped[int | None] = mapped_column(ID)
    request_id: Mapped[str | None] = mapped_column(sa.String(36))
    table_name: Mapped[str] = mapped_column(sa.String(60))
    row_id: Mapped[int] = mapped_column(ID)
    action: Mapped[str] = mapped_column(sa.String(6))
    before: Mapped[Json | None] = mapped_column(sa.JSON)
    after: Mapped[Json | None] = mapped_column(sa.JSON)


class TimelineNote(Base):
    """A sentence on a record's timeline; insert-only. One event about several records has several rows."""

    __tablename__ = "timeline_note"
    __table_args__ = (sa.Index("ix_timeline_note_subject_kind_subject_id", "subject_kind", "subject_id", "id"),)

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    at: Mapped[dt.datetime] = mapped_column(Moment)
    actor_id: Mapped[int | None] = mapped_column(ID)
    subject_kind: Mapped[str] = mapped_column(sa.String(30))
    subject_id: Mapped[int] = mapped_column(ID)
    sentence: Mapped[str] = mapped_column(sa.String(500))


def now() -> dt.datetime:
    """The present moment in UTC; in a transaction that tells of the past (the demo), the moment told of."""
    told: dt.datetime | None = session.info.get("moment")
    return told or dt.datetime.now(dt.UTC)


def note(subjects: Iterable[tuple[str, int]], sentence: str) -> None:
    """Put one sentence on the timeline of each (kind, id); kinds are slice words such as ``invoice``."""
    notes([(subjects, sentence)])


def notes(told: Iterable[tuple[Iterable[tuple[str, int]], str]]) -> None:
    """Many sentences, each on its own timelines, by one statement."""
    moment, actor_id = now(), session.info.get("actor_id")
    rows = [
        {"at": moment, "actor_id": actor_id, "subject_kind": kind, "subject_id": row_id, "sentence": sentence[:500]}
        for subjects, sentence in told
        for kind, row_id in subjects
    ]
    if rows:
        add_rows(TimelineNote, rows)


def timeline(kind: str, row_id: int, limit: int = 100) -> list[TimelineNote]:
    """The newest sentences about one record, newest first."""
    return list(
        session.scalars(
            sa.select(TimelineNote)
            .where(TimelineNote.subject_kind == kind, TimelineNote.subject_id == row_id)
            .order_by(TimelineNote.id.desc())
            .limit(limit)
        )
    )


def record(changes: Iterable[tuple[str, int, str, Json | None, Json | None]]) -> None:
    """Write audit rows: (table, row id, action, before, after)."""
    moment, actor_id = now(), session.info.get("actor_id")
    request_id = g.get("request_id") if has_request_context() else None
    rows = [
        {
            "at": moment,
            "actor_id": actor_id,
            "request_id": request_id,
            "table_name": table,
            "row_id": row_id,
            "action": action,
            "before": before,
            "after": after,
        }
        for table, row_id, action, before, after in changes
    ]
    if rows:
        add_rows(AuditChange, rows)


@event.listens_for(orm.Session, "after_flush")
def _audit_flush(sess: orm.Session, context: object) -> None:
    del context
    changes: list[tuple[str, int, str, Json | None, Json | None]] = []
    changes += [(row.__tablename__, row.id, "insert", None, _values(row)) for row in _audited(sess.new)]
    for row in _audited(sess.dirty):
        before, after = _difference(row)
        if after:
            changes.append((row.__tablename__, row.id, "update", before, after))
    changes += [(row.__tablename__, row.id, "delete", _values(row), None) for row in _audited(sess.deleted)]
    record(changes)


def plain(values: Json) -> Json:
    """Column values as JSON takes them."""
    return {name: _plain(value) for name, value in values.items()}


def _audited(rows: Iterable[Any]) -> list[Any]:
    return [row for row in rows if getattr(row, "__audited__", False)]


def _hidden(row: Any) -> frozenset[str]:  # noqa: ANN401 - any mapped row
    names: frozenset[str] = getattr(row, "__audit_hidden__", frozenset())
    return names


def _columns(row: Any) -> list[str]:  # noqa: ANN401 - any mapped row
    hidden = _hidden(row)
    return [name for name in sa.inspect(row).mapper.column_attrs.keys() if name not in hidden]  # noqa: SIM118 - no dict


def _values(row: Any) -> Json:  # noqa: ANN401 - any mapped row
    state = sa.inspect(row).dict
    return {name: _plain(state.get(name)) for name in _columns(row)}


def _difference(row: Any) -> tuple[Json, Json]:  # noqa: ANN401 - any mapped row
    before: Json = {}
    after: Json = {}
    for name in _columns(row):
        history = orm.attributes.get_history(row, name)
        if history.has_changes():
            before[name] = _plain(history.deleted[0]) if history.deleted else None
            after[name] = _plain(history.added[0]) if history.added else None
    for name in sorted(_hidden(row)):  # that it changed is told, its values are not
        if orm.attributes.get_history(row, name).has_changes():
            before[name] = after[name] = HIDDEN
    return before, after


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever a column holds
    if type(value) in _AS_THEY_ARE:  # most of them: this runs for every column of every row
        return value
    match value:
        case StrEnum():
            return value.value
        case dt.datetime() | dt.date():
            return value.isoformat()
        case int() | list() | dict() | str():
            return value
        case _:
            return str(value)


_AS_THEY_ARE = frozenset({type(None), bool, int, str, list, dict})
