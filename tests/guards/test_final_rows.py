"""What is posted stays: each way of changing, deleting or replacing a final row is refused, through each door."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator

from fsm.core.db import Base, is_sqlite
from tests.guards.conftest import Books, Door

pytestmark = pytest.mark.database
Refused = Callable[..., None]

SENTENCES = {
    "journal_entry": "A posted journal entry is final: reverse it.",
    "journal_line": "A line of a posted journal entry is final.",
    "item_movement": "A movement of a posted journal entry is final.",
    "invoice": "A posted invoice is final: withdraw or credit it.",
    "invoice_line": "A line of a posted invoice is final: withdraw or credit it.",
    "invoice_tax": "The VAT of a posted invoice is final: withdraw or credit it.",
    "printed_facts": "What was printed on a posted document is final.",
    "frozen_pdf": "The PDF of a posted document is final.",
    "payment": "A registered payment is final: undo it.",
    "payment_part": "A registered payment is final: undo it.",
    "taken_over": "A document taken over is final: undo its import or credit it.",
    "write_off": "A write-off is final: undo it.",
    "claimed_cost": "A claimed cost is final: waive it.",
    "work_claim": "The claim of a posted bill is final: credit the bill to release the work.",
    "audit_change": "The audit trail is only added to.",
    "timeline_note": "The timeline is only added to.",
}
TABLES = sorted(SENTENCES)
# Their guards lock what was signed; tests/quotes/test_locked.py attacks them.
ELSEWHERE = {"quote", "quote_line", "quote_signature"}
# The one step that is left; its own tests are in test_steps.py.
FREE_COLUMNS = {"work_claim": {"released_at"}}
# What turns a copy of a final row into a draft, so that the insert itself would be lawful.
AS_DRAFT = {
    "journal_entry": {"posted_at": None},
    "invoice": {"state": "draft", "number": None, "number_counter": None},
    "taken_over": {"entry_id": None, "number": "2024-19"},
    "write_off": {"entry_id": None},
    "claimed_cost": {"entry_id": None},
    "work_claim": {"is_final": False},
}
# Where a copy cannot be a draft because its parent is final.
CHILDREN = {
    "journal_line": ("entry_id", "draft_entry"),
    "item_movement": ("entry_id", "draft_entry"),
    "invoice_line": ("invoice_id", "draft_invoice"),
    "invoice_tax": ("invoice_id", "draft_invoice"),
    "payment_part": ("payment_id", "draft_payment"),
}
DRAFTS = {
    "journal_entry": "draft_entry",
    "invoice": "draft_invoice",
    "invoice_line": "draft_line",
    "invoice_tax": "draft_tax",
    "payment": "draft_payment",
    "payment_part": "draft_part",
    "taken_over": "draft_taken_over",
    "write_off": "draft_write_off",
    "claimed_cost": "draft_claimed_cost",
    "work_claim": "draft_claim",
}
only_sqlite = pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
only_postgresql = pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)


def table_of(name: str) -> sa.Table:
    return Base.metadata.tables[name]


def other(column: sa.Column[Any], value: Any) -> Any:
    """Another value that the column's type takes."""
    kind = column.type.impl_instance if isinstance(column.type, TypeDecorator) else column.type
    match kind:
        case sa.Boolean():
            return not value
        case sa.Integer():
            return (value or 0) + 1
        case sa.Date():
            return "2031-05-06"
        case sa.DateTime():
            return "2031-05-06 07:08:09"
        case sa.JSON():
            return '{"changed": 1}'
        case _:
            return "y" if value == "x" else "x"


def unique_keys(table: sa.Table) -> list[list[str]]:
    """Columns of each unique constraint and each unique index."""
    constraints = [c for c in table.constraints if isinstance(c, sa.UniqueConstraint)]
    indexes = [index for index in table.indexes if index.unique]
    return sorted([column.name for column in found.columns] for found in (*constraints, *indexes))


def test_no_column_changes(books: Books, doors: list[Door], refused: Refused, subtests: pytest.Subtests) -> None:
    for name in TABLES:
        with subtests.test(name):
            columns = list(table_of(name).columns)
            names = ", ".join(f'"{column.name}"' for column in columns)
            (row,) = doors[0].run(f"SELECT {names} FROM {name} WHERE id = ?", books.final[name])
            tried = 0
            for column, value in zip(columns, row, strict=True):
                if column.name in FREE_COLUMNS.get(name, ()):
                    continue
                statement = f'UPDATE {name} SET "{column.name}" = ? WHERE id = ?'
                # Undoing is a step that the row may take, and is refused for what it lacks.
                sentence = "reversed." if column.name == "undone_entry_id" else SENTENCES[name]
                refused(statement, other(column, value), books.final[name], sentence=sentence)
                tried += 1
                if column.nullable and value is not None:
                    refused(statement, None, books.final[name], sentence=SENTENCES[name])
            assert tried >= 4


def test_not_even_to_itself(books: Books, refused: Refused, subtests: pytest.Subtests) -> None:
    for name in TABLES:
        with subtests.test(name):
            refused(f"UPDATE {name} SET id = id WHERE id = ?", books.final[name], sentence=SENTENCES[name])
            refused(f"UPDATE {name} SET id = id", sentence=SENTENCES[name])


def test_no_row_goes(books: Books, refused: Refused, subtests: pytest.Subtests) -> None:
    for name in TABLES:
        with subtests.test(name):
            refused(f"DELETE FROM {name} WHERE id = ?", books.final[name], sentence=SENTENCES[name])
            refused(f"DELETE FROM {name}", sentence=SENTENCES[name])


@only_postgresql
def test_no_table_is_emptied(books: Books, refused: Refused, subtests: pytest.Subtests) -> None:
    for name in TABLES:
        with subtests.test(name):
            refused(f"TRUNCATE {name} CASCADE")
            refused(f"TRUNCATE ONLY {name} CASCADE")


@only_postgresql
def test_no_table_is_emptied_through_one_it_points_to(
    books: Books, refused: Refused, subtests: pytest.Subtests
) -> None:
    for name in ["customer", "account", "fiscal_year", "open_item", "site", "stored_file"]:
        with subtests.test(name):
            refused(f"TRUNCATE {name} CASCADE")


def copied(name: str, books: Books, changes: dict[str, Any], verb: str = "INSERT") -> tuple[str, list[Any]]:
    """An insert of a copy of the final row with these columns changed; without the id where it is not among them."""
    columns = [column.name for column in table_of(name).columns if column.name != "id" or "id" in changes]
    picked = ", ".join("?" if column in changes else f'"{column}"' for column in columns)
    target = ", ".join(f'"{column}"' for column in columns)
    values = [changes[column] for column in columns if column in changes]
    return f"{verb} INTO {name} ({target}) SELECT {picked} FROM {name} WHERE id = ?", [*values, books.final[name]]


def draft_of(name: str, books: Books) -> dict[str, Any]:
    """What makes a copy of the final row a row that may be inserted."""
    changes = dict(AS_DRAFT.get(name, {}))
    if name in CHILDREN:
        column, draft = CHILDREN[name]
        changes[column] = getattr(books, draft)
    return changes


@only_sqlite
def test_no_replacing_by_id(books: Books, refused: Refused, subtests: pytest.Subtests) -> None:
    for name in TABLES:
        for verb in ["REPLACE", "INSERT OR REPLACE"]:
            with subtests.test(f"{name} {verb}"):
                statement, values = copied(name, books, draft_of(name, books) | {"id": books.final[name]}, verb)
                refused(statement, *values, sentence=SENTENCES[name])


UNIQUE_KEYS = [(name, key) for name in TABLES for key in unique_keys(table_of(name))]


def test_the_unique_keys_are_known() -> None:
    assert {name for name, _key in UNIQUE_KEYS} == {
        "claimed_cost",
        "frozen_pdf",
        "invoice",
        "invoice_line",
        "invoice_tax",
        "journal_entry",
        "journal_line",
        "payment",
        "printed_facts",
        "taken_over",
        "work_claim",
        "write_off",
    }


@only_sqlite
def test_no_replacing_by_a_unique_key(
    books: Books, doors: list[Door], refused: Refused, subtests: pytest.Subtests
) -> None:
    for name, key in UNIQUE_KEYS:
        with subtests.test(f"{name} {key}"):
            changes = {column: value for column, value in draft_of(name, books).items() if column not in key}
            (row,) = doors[0].run(f"SELECT {', '.join(key)} FROM {name} WHERE id = ?", books.final[name])
            if None in row or (name == "invoice" and "number_counter" in key):
                continue  # NULL conflicts with nothing; a draft stands outside the partial index of numbers: see test_steps.py
            statement, values = copied(name, books, changes, "INSERT OR REPLACE")
            refused(statement, *values)


@only_sqlite
def test_no_draft_moves_onto_a_final_row(books: Books, refused: Refused, subtests: pytest.Subtests) -> None:
    for name in sorted(DRAFTS):
        for alias in ["id", "rowid", "_rowid_", "oid"]:
            with subtests.test(f"{name} {alias}"):
                draft = getattr(books, DRAFTS[name])
                refused(f"UPDATE OR REPLACE {name} SET {alias} = ? WHERE id = ?", books.final[name], draft)


@only_sqlite
def test_no_draft_takes_a_final_rows_key(
    books: Books, doors: list[Door], refused: Refused, subtests: pytest.Subtests
) -> None:
    for name, key in [pair for pair in UNIQUE_KEYS if pair[0] in DRAFTS]:
        with subtests.test(f"{name} {key}"):
            (row,) = doors[0].run(f"SELECT {', '.join(key)} FROM {name} WHERE id = ?", books.final[name])
            if None in row or (name == "invoice" and "number_counter" in key):
                continue  # as above
            setting = ", ".join(f"{column} = ?" for column in key)
            draft = getattr(books, DRAFTS[name])
            refused(f"UPDATE OR REPLACE {name} SET {setting} WHERE id = ?", *row, draft)


@only_sqlite
def test_a_refusal_is_not_ignored(books: Books, refused: Refused, subtests: pytest.Subtests) -> None:
    """OR IGNORE, OR FAIL and OR REPLACE change how constraints fail, not how guards do."""
    for name in TABLES:
        with subtests.test(name):
            for way in ("IGNORE", "FAIL", "ROLLBACK", "REPLACE"):
                refused(f"UPDATE OR {way} {name} SET id = id WHERE id = ?", books.final[name], sentence=SENTENCES[name])


def test_no_upsert(books: Books, refused: Refused, subtests: pytest.Subtests) -> None:
    for name in TABLES:
        with subtests.test(name):
            statement, values = copied(name, books, draft_of(name, books) | {"id": books.final[name]})
            refused(f"{statement} ON CONFLICT (id) DO UPDATE SET id = excluded.id", *values, sentence=SENTENCES[name])


def test_nothing_is_put_into_a_final_parent(books: Books, refused: Refused, subtests: pytest.Subtests) -> None:
    for name in sorted(CHILDREN):
        with subtests.test(name):
            column, _draft = CHILDREN[name]
            changes: dict[str, Any] = {"position": 99} if "position" in table_of(name).columns else {}
            changes |= {"tax_rate": 120000} if name == "invoice_tax" else {}
            statement, values = copied(name, books, changes)
            refused(statement, *values, sentence=SENTENCES[name])
            parent = {"entry_id": "journal_entry", "invoice_id": "invoice", "payment_id": "payment"}[column]
            if name in DRAFTS:
                refused(
                    f"UPDATE {name} SET {column} = ? WHERE id = ?",
                    books.final[parent] if parent != "journal_entry" else books.invoice_entry,
                    getattr(books, DRAFTS[name]),
                    sentence=SENTENCES[name],
                )


def test_nothing_is_taken_out_of_a_final_parent(books: Books, refused: Refused, subtests: pytest.Subtests) -> None:
    for name in sorted(CHILDREN):
        with subtests.test(name):
            column, draft = CHILDREN[name]
            refused(
                f"UPDATE {name} SET {column} = ? WHERE id = ?",
                getattr(books, draft),
                books.final[name],
                sentence=SENTENCES[name],
            )


def test_nothing_is_born_final(books: Books, refused: Refused, subtests: pytest.Subtests) -> None:
    for name in ["journal_entry", "invoice"]:
        with subtests.test(name):
            unlike = {"journal_entry": {"number": 77}, "invoice": {"entry_id": None, "number_counter": 77}}[name]
            statement, values = copied(name, books, unlike)
            refused(statement, *values, sentence="inserted as a draft, and posted by an update.")


def test_every_guarded_table_is_in_this_test(doors: list[Door]) -> None:
    query = (
        "SELECT DISTINCT tbl_name FROM sqlite_master WHERE type = 'trigger' AND substr(name, 1, 6) = 'guard_'"
        if is_sqlite()
        else "SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE starts_with(tgname, 'guard_')"
    )
    assert sorted({row[0] for row in doors[0].run(query)} - ELSEWHERE) == TABLES


def test_drafts_stay_free(books: Books, doors: list[Door]) -> None:
    """A guard that refuses everything would pass all the tests above."""
    for door in doors:
        door.run("UPDATE invoice_line SET description = 'changed' WHERE id = ?", books.draft_line)
        door.run("UPDATE invoice SET note = 'changed' WHERE id = ?", books.draft_invoice)
        door.run("UPDATE journal_entry SET narration = 'changed' WHERE id = ?", books.draft_entry)
        door.run("UPDATE payment SET description = 'changed' WHERE id = ?", books.draft_payment)
        door.run("UPDATE payment_part SET amount = amount + 1 WHERE id = ?", books.draft_part)
        door.run("UPDATE taken_over SET due = due - 1 WHERE id = ?", books.draft_taken_over)
        door.run("UPDATE work_claim SET bill_line_id = 5 WHERE id = ?", books.draft_claim)
    door = doors[0]
    assert door.run("SELECT note FROM invoice WHERE id = ?", books.draft_invoice) == [("changed",)]
    for name, draft in reversed(DRAFTS.items()):
        if name != "journal_entry":
            door.run(f"DELETE FROM {name} WHERE id = ?", getattr(books, draft))
    door.run("DELETE FROM journal_line WHERE entry_id = ?", books.draft_entry)
    door.run("DELETE FROM journal_entry WHERE id = ?", books.draft_entry)
    assert door.run("SELECT count(*) FROM journal_entry WHERE posted_at IS NULL") == [(0,)]
