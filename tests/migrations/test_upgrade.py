"""Upgrades run over posted data: they go past the guards and put them back, or change nothing at all."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory
from flask import Flask, current_app

from fsm.app import create_app
from fsm.core.db import Base, db, is_sqlite, session
from tests import postgres
from tests.conftest import CONFIG
from tests.prepared import MIGRATIONS as FOLDER
from tests.prepared import migrated

pytestmark = pytest.mark.database
AtRevision = Callable[[str], Flask]
HASH = "a" * 64

# By revision: statements that leave posted data in a database of that revision, in SQL that both engines take. Written
# when the revision is released and never changed: the columns are those of that day.
_BOOKS = (
    "INSERT INTO account (id, number, name, kind) VALUES (1, '550000', 'Bank', 'asset'), (2, '700000', 'Sales', 'income')",
    "INSERT INTO fiscal_year (id, name, first_day, last_day) VALUES (1, '2025', '2025-01-01', '2025-12-31')",
    "INSERT INTO period (id, fiscal_year_id, first_day, last_day) VALUES (1, 1, '2025-01-01', '2025-12-31')",
    (
        "INSERT INTO journal_entry (id, journal, fiscal_year_id, number, entry_date, narration, source_kind, source_id, "
        "source_number, currency, issues_document, facts_hash, previous_hash, hash) VALUES "
        f"(1, 'bank', 1, 1, '2025-03-20', 'Posted', 'test', 1, '1', 'EUR', false, '', '', '{HASH}')"
    ),
    (
        "INSERT INTO journal_line (id, entry_id, position, account_id, grid, debit, credit, currency_debit, currency_credit) "
        "VALUES (1, 1, 1, 1, '', 500, 0, 500, 0), (2, 1, 2, 2, '', 0, 500, 0, 500)"
    ),
    "UPDATE journal_entry SET posted_at = '2025-03-20 10:00:00' WHERE id = 1",
    (
        "INSERT INTO timeline_note (id, at, subject_kind, subject_id, sentence) "
        "VALUES (1, '2025-03-20 10:00:00', 'test', 1, 'Posted')"
    ),
)
POSTED: dict[str, tuple[str, ...]] = {"0001": _BOOKS, "0002": _BOOKS, "0003": _BOOKS, "0004": _BOOKS}

HEADER = """
from alembic import op
import sqlalchemy as sa
revision, down_revision, branch_labels, depends_on = "later", "{head}", None, None
def upgrade() -> None:
"""
# Rebuilds on SQLite (a column that is not null), and a back-fill of posted rows.
REBUILDS = """
    with op.batch_alter_table("journal_entry", recreate="auto") as batch:
        batch.add_column(sa.Column("remark", sa.String(20), nullable=False, server_default=""))
        batch.alter_column("narration", existing_type=sa.String(250), type_=sa.String(300))
    op.execute("UPDATE journal_entry SET remark = 'filled'")
    with op.batch_alter_table("timeline_note", recreate="auto") as batch:
        batch.alter_column("sentence", existing_type=sa.String(500), type_=sa.String(600))
"""
BREAKS_KEYS = """
    op.execute("UPDATE journal_entry SET narration = 'lost'")
    op.execute("DELETE FROM account")
"""
FAILS = """
    op.execute("UPDATE journal_entry SET narration = 'lost'")
    op.add_column("account", sa.Column("half_done", sa.Integer))
    raise RuntimeError("in the middle")
"""


@pytest.fixture
def empty(engine_name: str, worker: str, tmp_path: Path) -> Iterator[Flask]:
    """The program over a database of its own with nothing in it."""
    server = None
    url = f"sqlite:///{tmp_path / 'fsm.sqlite3'}"
    if engine_name == "postgresql":
        server = postgres.start()
        url = server.create_database(f"{worker}_upgrade")
    app = create_app(**CONFIG, DATA_FOLDER=tmp_path, SQLALCHEMY_DATABASE_URI=url)
    with app.app_context():
        yield app
        session.remove()
        db.engine.dispose()
    if server is not None:
        server.drop_database(f"{worker}_upgrade")


def migrate(directory: Path = FOLDER) -> None:
    migrated(current_app, directory=directory)


def run(*statements: str) -> None:
    with db.engine.execution_options(writes=True).begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def rows(statement: str) -> list[Any]:
    with db.engine.connect() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(statement)]


def dump() -> dict[str, list[Any]]:
    return {table.name: rows(f'SELECT * FROM "{table.name}"') for table in Base.metadata.sorted_tables}


def guard_names() -> list[Any]:
    return rows(
        "SELECT name FROM sqlite_master WHERE type = 'trigger' ORDER BY 1"
        if is_sqlite()
        else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1"
    )


def assert_guarded() -> None:
    with pytest.raises(sa.exc.IntegrityError, match="A posted journal entry is final: reverse it"):
        run("UPDATE journal_entry SET narration = 'changed' WHERE id = 1")
    with pytest.raises(sa.exc.IntegrityError, match="The timeline is only added to"):
        run("DELETE FROM timeline_note")


def revisions() -> list[str]:
    return [revision.revision for revision in ScriptDirectory(str(FOLDER)).walk_revisions()]


@pytest.fixture
def posted_at_head(at_revision: AtRevision) -> Flask:
    """The program over the newest tables, with posted data."""
    app = at_revision(revisions()[0])
    run(*POSTED[revisions()[0]])
    return app


@pytest.fixture
def later(tmp_path: Path) -> Callable[[str], Path]:
    """A copy of the migrations with one revision more, of this body."""

    def make(body: str) -> Path:
        folder = tmp_path / "migrations"
        shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("__pycache__"))
        (head,) = ScriptDirectory(str(FOLDER)).get_heads()
        (folder / "versions" / "later.py").write_text(HEADER.format(head=head) + body, encoding="utf-8")
        return folder

    return make


def test_each_released_revision_has_its_posted_data() -> None:
    assert sorted(POSTED) == sorted(revisions())


@pytest.mark.parametrize("revision", sorted(POSTED))
def test_posted_data_of_each_revision_reaches_the_head(revision: str, at_revision: AtRevision) -> None:
    at_revision(revision)
    run(*POSTED[revision])
    migrate()
    lines = rows("SELECT sum(debit), sum(credit) FROM journal_line")
    assert [tuple(map(int, line)) for line in lines] == [(500, 500)]
    assert rows(f"SELECT number FROM journal_entry WHERE posted_at IS NOT NULL AND hash = '{HASH}'") == [(1,)]
    assert_guarded()


def test_upgrading_twice_changes_nothing(empty: Flask) -> None:
    migrate()
    run(*POSTED[revisions()[0]])
    before, guards = dump(), guard_names()
    migrate()
    assert (dump(), guard_names()) == (before, guards)
    assert guards
    assert_guarded()


def test_a_revision_rebuilds_tables_of_posted_rows(posted_at_head: Flask, later: Callable[[str], Path]) -> None:
    guards = guard_names()
    migrate(later(REBUILDS))
    assert rows("SELECT id, remark, narration FROM journal_entry") == [(1, "filled", "Posted")]
    assert rows("SELECT count(*) FROM journal_line") == [(2,)]
    assert guard_names() == guards
    assert_guarded()
    run("DELETE FROM number_counter")  # what is not guarded can still be written


@pytest.mark.parametrize("body", [BREAKS_KEYS, FAILS], ids=["breaks foreign keys", "fails in the middle"])
def test_a_revision_that_fails_changes_nothing(body: str, posted_at_head: Flask, later: Callable[[str], Path]) -> None:
    before, guards = dump(), guard_names()
    with pytest.raises((SystemExit, sa.exc.IntegrityError)):  # Flask-Migrate logs a RuntimeError and exits
        migrate(later(body))
    db.engine.dispose()
    assert (dump(), guard_names()) == (before, guards)
    assert rows("SELECT version_num FROM alembic_version") == [(revisions()[0],)]
    assert "half_done" not in {column["name"] for column in sa.inspect(db.engine).get_columns("account")}
    assert_guarded()


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
def test_sqlite_checks_the_keys_itself(
    posted_at_head: Flask, later: Callable[[str], Path], caplog: pytest.LogCaptureFixture
) -> None:
    """Its foreign keys are off while it migrates, so that tables can be rebuilt; what is broken then is found."""
    with pytest.raises(SystemExit):
        migrate(later(BREAKS_KEYS))
    assert "foreign keys are broken after the migration" in caplog.text
    db.engine.dispose()
    assert rows("PRAGMA foreign_keys") == [(1,)]


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
def test_ids_that_were_given_never_come_back(at_revision: AtRevision) -> None:
    """SQLite rebuilds tables while it migrates: none may lose AUTOINCREMENT, nor the highest id of a row that is gone."""
    first = revisions()[-1]
    at_revision(first)
    run(*POSTED[first], "INSERT INTO sqlite_sequence (name, seq) VALUES ('invoice', 41), ('customer', 42)")
    migrate()
    assert rows("SELECT name, seq FROM sqlite_sequence WHERE name IN ('customer', 'invoice') ORDER BY 1") == [
        ("customer", 42),
        ("invoice", 41),
    ]
    without = rows("SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE '%AUTOINCREMENT%'")
    with_ids = {
        table.name for table in Base.metadata.sorted_tables if [one.name for one in table.primary_key] == ["id"]
    }
    assert with_ids & {name for (name,) in without} == set()
