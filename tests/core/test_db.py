"""One way to write; SQLite with its manners; rows locked and read anew."""

import pytest
import sqlalchemy as sa
from flask import Flask

from fsm.company.models import Company
from fsm.core.audit import AuditChange, TimelineNote, note, now
from fsm.core.db import COPIED_FROM, WriteTooLongError, add_rows, db, lock, session, writing
from fsm.core.search import SearchEntry
from fsm.customers.models import Customer
from tests import factories
from tests.core.conftest import effects

pytestmark = pytest.mark.database


def test_a_change_outside_writing_is_refused(database: Flask) -> None:
    company = session.scalars(sa.select(Company)).one()
    company.name = "Changed while reading"
    with pytest.raises(RuntimeError, match="GET never writes"):
        session.flush()
    session.rollback()
    for statement in (sa.update(Company).values(name="x"), sa.delete(Company), sa.insert(Customer).values(name="x")):
        with pytest.raises(RuntimeError, match="GET never writes"):
            session.execute(statement)
    session.rollback()
    assert session.scalars(sa.select(Company.name)).one() == "Testwerk BV"


def test_writing_commits_and_ends(database: Flask) -> None:
    with writing():
        note([("effect", 1)], "Kept")
    assert effects() == 1
    with pytest.raises(RuntimeError, match="GET never writes"):
        note([("effect", 1)], "Not kept")
    session.rollback()


def test_who_writes_is_forgotten_afterwards(database: Flask) -> None:
    with writing(actor_id=7):
        assert session.info["actor_id"] == 7
    assert session.info["actor_id"] is None
    with pytest.raises(ValueError, match="x"), writing(actor_id=8):
        raise ValueError("x")
    assert (session.info["actor_id"], session.info["writes"]) == (None, False)


def test_the_limit_is_for_requests_not_for_batches(database: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(database.config, "WRITE_LIMIT_SECONDS", -1.0)
    with pytest.raises(WriteTooLongError), writing():
        note([("effect", 1)], "Too long")
    assert effects() == 0
    with writing(bulk=True):
        note([("effect", 1)], "A batch")
    assert effects() == 1


@pytest.mark.parametrize("count", [2, COPIED_FROM, 50])
def test_many_rows_arrive_as_they_were(database: Flask, count: int) -> None:
    words = "Tab\t, line\n, \\N, \\., \"quoted\", 'é', 100 %"
    row = {
        "at": now(),
        "actor_id": None,
        "request_id": words[:36],
        "table_name": words,
        "row_id": 2**62,
        "action": "update",
        "before": {"sentence": words, "more": [None, True, "1.50"]},
        "after": None,
    }
    columns = [AuditChange.__table__.c[name] for name in row]
    with writing():
        add_rows(AuditChange, [row | {"row_id": 2**62 + place} for place in range(count)])
    query = sa.select(*columns).where(AuditChange.row_id >= 2**62).order_by(AuditChange.id)
    assert [one._asdict() for one in session.execute(query)] == [row | {"row_id": 2**62 + at} for at in range(count)]


@pytest.mark.parametrize("count", [2, 50])
def test_many_rows_are_refused_as_one_is(database: Flask, engine_name: str, count: int) -> None:
    with writing():
        kept = {"at": now(), "actor_id": None, "subject_kind": "effect", "subject_id": 1, "sentence": "Kept"}
        add_rows(TimelineNote, [kept] * count)
    with pytest.raises(sa.exc.IntegrityError), writing():
        add_rows(SearchEntry, [{"kind": "customer", "subject_id": 2**40, "words": ""}] * count)
    if engine_name == "postgresql":  # SQLite looks at no length
        with pytest.raises(sa.exc.DataError), writing():
            add_rows(SearchEntry, [{"kind": "x" * 21, "subject_id": place, "words": ""} for place in range(count)])
    assert effects() == count


def test_lock_gives_fresh_rows_by_id(database: Flask) -> None:
    with writing():
        first, second = factories.make_customer(), factories.make_customer(name="Second")
        first_id, second_id = first.id, second.id
    with writing():
        stale = session.get_one(Customer, first_id)
        session.connection().execute(sa.update(Customer).where(Customer.id == first_id).values(name="Newer"))
        found = lock(Customer, [second_id, first_id, second_id, 987654])
        assert list(found) == [first_id, second_id]
        assert found[first_id] is stale
        assert stale.name == "Newer"


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("pragma", "value"),
    [
        ("journal_mode", "wal"),
        ("synchronous", 2),
        ("foreign_keys", 1),
        ("recursive_triggers", 1),
        ("busy_timeout", 15000),
    ],
)
def test_every_connection_has_its_pragmas(pragma: str, value: object, database: Flask) -> None:
    with db.engine.connect() as connection:
        assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar_one() == value


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
def test_a_write_takes_its_lock_at_once(database: Flask) -> None:
    """A transaction that reads first and writes later would fail with "locked" instead of waiting."""
    begun: list[str] = []
    raw_execute = sa.event.listens_for(db.engine, "before_cursor_execute")
    raw_execute(lambda *arguments: begun.append(str(arguments[2])))
    with writing():
        session.execute(sa.text("SELECT 1"))
    session.execute(sa.text("SELECT 1"))
    session.rollback()
    assert [text for text in begun if text.startswith("BEGIN")] == ["BEGIN IMMEDIATE", "BEGIN"]
