"""The search index: which words stand in which record. Written in the transaction that changes the record.

A slice says what of its tables is found (``Source``); from then on each change that the unit of work or ``core.bulk``
makes of these tables is noted by itself, and the words are written once, before the commit. Statements that go past both
call ``changed``. ``fsm check`` compares the index with what the owners say, ``fsm reindex`` makes it anew.
"""

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy import event, orm
from sqlalchemy.orm import Mapped, mapped_column

from fsm.core.db import Base, is_sqlite, require_writing, session, writing
from fsm.core.search_words import LONGEST
from fsm.core.types import ID, sortable

VERSION = 1  # of the words: another one makes the index anew when the program starts
PENDING = "search_pending"
BATCH = 500
Words: TypeAlias = Mapping[int, frozenset[str]]


class SearchWord(Base):
    """A word of a subject. ``newest_first`` is the subject's id, negative: an index read forwards gives the newest first."""

    __tablename__ = "search_word"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 - SQLAlchemy's own way to say it

    kind: Mapped[str] = mapped_column(sa.String(20), primary_key=True)
    word: Mapped[str] = mapped_column(sortable(LONGEST), primary_key=True)
    newest_first: Mapped[int] = mapped_column(ID, primary_key=True, autoincrement=False)


class SearchEntry(Base):
    """All words of a subject, sorted, a space before each: what a change is compared with, and other words are sought in."""

    __tablename__ = "search_entry"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 - SQLAlchemy's own way to say it

    kind: Mapped[str] = mapped_column(sa.String(20), primary_key=True)
    subject_id: Mapped[int] = mapped_column(ID, primary_key=True, autoincrement=False)
    words: Mapped[str] = mapped_column(sa.Text)


class SearchState(Base):
    """Which words the index was made of (one row); none: it has never been made."""

    __tablename__ = "search_state"
    __table_args__ = (sa.CheckConstraint("id = 1", name="single_row"),)

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    version: Mapped[int] = mapped_column(sa.Integer)


@dataclass(frozen=True, slots=True)
class Reads:
    """What of a table a source reads: ``subject`` is the column with the subject's id."""

    model: type[Any]
    subject: str
    columns: frozenset[str]


@dataclass(frozen=True, slots=True)
class Source:
    """A kind of record that is found. ``words`` reads the rows of these ids that exist; the first of ``reads`` owns the ids."""

    kind: str
    reads: tuple[Reads, ...]
    words: Callable[[Sequence[int]], Words]


_sources: dict[str, Source] = {}
_readers: dict[str, list[tuple[str, Reads]]] = {}  # by table


def use(sources: Iterable[Source]) -> None:
    """Make these the kinds that are found; the roof calls it with all of them."""
    _sources.clear()
    _readers.clear()
    for source in sources:
        _sources[source.kind] = source
        for reads in source.reads:
            _readers.setdefault(reads.model.__tablename__, []).append((source.kind, reads))


def rows_of(model: type[Any], columns: tuple[str, ...], ids: Sequence[int], *, subject: str = "id") -> sa.Result[Any]:
    """The subjects' ids and these columns, in the order in which the rows were made."""
    query: sa.Select[Any] = _columns_of(model, subject, *columns)  # type: ignore[arg-type]  # reason: a class is hashable
    return session.execute(query, {"ids": ids})


@functools.cache
def _columns_of(model: type[Any], subject: str, *columns: str) -> sa.Select[Any]:
    # Built once: it is run with each change of a record, and building it costs more.
    query = sa.select(*(getattr(model, name) for name in (subject, *columns)))
    return query.where(getattr(model, subject).in_(sa.bindparam("ids", expanding=True))).order_by(model.id)


def changed(kind: str, ids: Iterable[int]) -> None:
    """These records were written by statements that neither the unit of work nor ``core.bulk`` made."""
    if kind in _sources:
        _pending().setdefault(kind, set()).update(ids)


def added(table: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """``core.bulk`` wrote these rows."""
    for kind, reads in _readers.get(table, ()):
        changed(kind, [row[reads.subject] for row in rows])


def updated(table: str, changes: Iterable[tuple[int, int, Mapping[str, Any], Mapping[str, Any]]]) -> None:
    """``core.bulk`` has changed these rows: (id, version, columns before, columns after)."""
    for kind, reads in _readers.get(table, ()):
        wanted = {*reads.columns, reads.subject}
        rows = [(row_id, before) for row_id, _version, before, after in changes if wanted & after.keys()]
        subjects = [row_id for row_id, _before in rows]
        if reads.subject != "id":
            column = getattr(reads.model, reads.subject)
            query = sa.select(column).where(reads.model.id.in_(subjects))
            subjects = [
                *session.scalars(query),
                *(before[reads.subject] for _id, before in rows if reads.subject in before),
            ]
        changed(kind, subjects)


def _pending() -> dict[str, set[int]]:
    pending: dict[str, set[int]] = session.info.setdefault(PENDING, {})
    return pending


@event.listens_for(orm.Session, "after_flush")
def _note_flushed(sess: orm.Session, context: object) -> None:
    del context
    for row in (*sess.new, *sess.deleted):
        for kind, reads in _readers.get(row.__tablename__, ()):
            changed(kind, [getattr(row, reads.subject)])
    for row in sess.dirty:
        for kind, reads in _readers.get(row.__tablename__, ()):
            _note_changed(kind, reads, row)


def _note_changed(kind: str, reads: Reads, row: Any) -> None:  # noqa: ANN401 - any mapped row
    histories = {name: orm.attributes.get_history(row, name) for name in {*reads.columns, reads.subject}}
    if any(history.has_changes() for history in histories.values()):
        before = [id_ for id_ in histories[reads.subject].deleted or () if id_]
        changed(kind, [getattr(row, reads.subject), *before])


@event.listens_for(orm.Session, "before_commit")
def _write_pending(sess: orm.Session) -> None:
    if sess.info.get(PENDING):
        sess.flush()
        pending = sess.info.pop(PENDING)
        for kind in sorted(pending):
            write(kind, pending[kind])


@event.listens_for(orm.Session, "after_rollback")
def _forget(sess: orm.Session) -> None:
    sess.info.pop(PENDING, None)


def write(kind: str, ids: Iterable[int]) -> None:
    """Bring the words of these subjects to what their owner says; a subject that is gone loses its words."""
    require_writing()
    left = iter(sorted(ids))
    while batch := list(islice(left, BATCH)):
        _write_batch(kind, batch)


def _write_batch(kind: str, ids: Sequence[int]) -> None:
    # The entries first, under a lock: two changes of one subject each write what both have left.
    query = sa.select(SearchEntry.subject_id, SearchEntry.words).where(
        SearchEntry.kind == kind, SearchEntry.subject_id.in_(ids)
    )
    query = query.order_by(SearchEntry.subject_id)
    rows = session.execute(query if is_sqlite() else query.with_for_update())
    before = {id_: frozenset(text.split()) for id_, text in rows}
    after = _sources[kind].words(ids)
    differs = [id_ for id_ in ids if before.get(id_) != after.get(id_)]
    gone = [(id_, word) for id_ in differs for word in before.get(id_, frozenset()) - after.get(id_, frozenset())]
    come = [(id_, word) for id_ in differs for word in after.get(id_, frozenset()) - before.get(id_, frozenset())]
    texts = {id_: _text(after[id_]) for id_ in differs if id_ in after}
    lost = [id_ for id_ in differs if id_ in before and id_ not in after]
    _many(_LOSE_WORDS, kind, [(-id_, word) for id_, word in gone])
    _many(_LOSE_ENTRIES, kind, [(id_, "") for id_ in lost])
    _many(_ADD_WORDS, kind, [(-id_, word) for id_, word in come])
    _many(_CHANGE_ENTRIES, kind, [(id_, text) for id_, text in texts.items() if id_ in before])
    _many(_ADD_ENTRIES, kind, [(id_, text) for id_, text in texts.items() if id_ not in before])


# Each for one row of (id, text), and for many at once where that is quicker: PostgreSQL takes them as two arrays.
_ROWS = "unnest(CAST(:ids AS bigint[]), CAST(:texts AS text[])) AS given (id, text)"
_ADD_WORDS = (
    "INSERT INTO search_word (kind, word, newest_first) VALUES (:kind, :text, :id)",
    f"INSERT INTO search_word (kind, word, newest_first) SELECT :kind, text, id FROM {_ROWS}",  # noqa: S608
)
_LOSE_WORDS = (
    "DELETE FROM search_word WHERE kind = :kind AND word = :text AND newest_first = :id",
    f"DELETE FROM search_word USING {_ROWS} WHERE kind = :kind AND word = given.text AND newest_first = given.id",  # noqa: S608
)
_ADD_ENTRIES = (
    "INSERT INTO search_entry (kind, subject_id, words) VALUES (:kind, :id, :text)",
    f"INSERT INTO search_entry (kind, subject_id, words) SELECT :kind, id, text FROM {_ROWS}",  # noqa: S608
)
_CHANGE_ENTRIES = (
    "UPDATE search_entry SET words = :text WHERE kind = :kind AND subject_id = :id",
    f"UPDATE search_entry SET words = given.text FROM {_ROWS} WHERE kind = :kind AND subject_id = given.id",  # noqa: S608
)
_LOSE_ENTRIES = (
    "DELETE FROM search_entry WHERE kind = :kind AND subject_id = :id AND :text = ''",
    f"DELETE FROM search_entry USING {_ROWS} WHERE kind = :kind AND subject_id = given.id",  # noqa: S608
)


def _many(statements: tuple[str, str], kind: str, rows: Sequence[tuple[int, str]]) -> None:
    if not rows:
        return
    one, many = statements
    connection = session.connection()
    if is_sqlite():
        connection.exec_driver_sql(one, [{"kind": kind, "id": id_, "text": text} for id_, text in rows])
    else:
        given = {"kind": kind, "ids": [id_ for id_, _text in rows], "texts": [text for _id, text in rows]}
        connection.execute(sa.text(many), given)


def _text(words: Iterable[str]) -> str:
    return "".join(f" {word}" for word in sorted(words))


def is_current() -> bool:
    """Whether the index was made of the words that this program looks up."""
    return session.scalar(sa.select(SearchState.version)) == VERSION


def rebuild(progress: Callable[[int, int], None] | None = None) -> int:
    """Make the whole index anew, in many transactions of its own; gives the number of subjects.

    ``progress`` is told how many of how many subjects are done.
    """
    with writing(bulk=True):
        for model in (SearchState, SearchWord, SearchEntry):
            session.execute(sa.delete(model))
    total = sum(session.scalar(sa.select(sa.func.count()).select_from(_owner(kind))) or 0 for kind in _sources)
    done = 0
    for kind in _sources:
        for ids in _batches(kind):
            with writing(bulk=True):
                write(kind, ids)
            done += len(ids)
            if progress:
                progress(done, total)
    with writing():
        session.add(SearchState(id=1, version=VERSION))
    return done


def _owner(kind: str) -> type[Any]:
    return _sources[kind].reads[0].model


def _batches(kind: str) -> Iterator[list[int]]:
    """The ids of a kind, in order, some at a time, each by a query of its own."""
    last = 0
    query: sa.Select[Any] = _ids_after(_owner(kind))  # type: ignore[arg-type]  # reason: a class is hashable
    while ids := list(session.scalars(query, {"last": last})):
        yield ids
        if len(ids) < BATCH * 4:
            return
        last = ids[-1]


@functools.cache
def _ids_after(model: type[Any]) -> sa.Select[Any]:
    return sa.select(model.id).where(model.id > sa.bindparam("last")).order_by(model.id).limit(BATCH * 4)


@functools.cache
def _held() -> sa.Select[int, str]:
    first: sa.BindParameter[int] = sa.bindparam("first")
    last: sa.BindParameter[int] = sa.bindparam("last")
    return sa.select(SearchEntry.subject_id, SearchEntry.words).where(
        SearchEntry.kind == sa.bindparam("kind"), SearchEntry.subject_id.between(first, last)
    )


def differences() -> Iterator[tuple[str, int]]:
    """(kind, id) of subjects whose words are not what their owner says; id 0: words that belong to no subject, or too few."""
    counted = sa.select(SearchWord.kind, sa.func.count()).group_by(SearchWord.kind)
    words = dict(session.execute(counted).all())
    for kind, source in _sources.items():
        expected = 0
        for ids in _batches(kind):
            fresh = source.words(ids)
            between = {"kind": kind, "first": ids[0], "last": ids[-1]}
            held = {row.subject_id: row.words for row in session.execute(_held(), between)}
            for id_ in sorted({*fresh, *held}):
                if held.get(id_) != _text(fresh.get(id_, frozenset())) or id_ not in fresh:
                    yield kind, id_
            expected += sum(len(text.split()) for text in held.values())
        if words.get(kind, 0) != expected:
            yield kind, 0
