"""Posting and the few steps that are left to a final row: what each needs, and that it then passes."""

import threading
from collections.abc import Callable

import psycopg
import pytest
import sqlalchemy as sa
from flask import Flask

from fsm.core.db import Base, db, is_sqlite, session, writing
from fsm.ledger import services as ledger
from fsm.ledger.models import JournalEntry, Period
from tests.guards.conftest import DAY, REFUSALS, Books, Door

pytestmark = pytest.mark.database
Refused = Callable[..., None]
HASH = "a" * 64
MOMENT = "2025-03-21 08:00:00"
POST_ENTRY = "UPDATE journal_entry SET posted_at = ?, number = ?, hash = ? WHERE id = ?"
POST_INVOICE = (
    "UPDATE invoice SET state = 'posted', number = 'FA-2500003', number_series = ?, number_period = ?, "
    "number_counter = ?, invoice_date = ?, entry_id = ? WHERE id = ?"
)
WITHDRAW = "UPDATE invoice SET state = 'withdrawn' WHERE id = ?"


# --- journal entries
def test_a_whole_entry_is_posted(books: Books, doors: list[Door]) -> None:
    doors[-1].run(POST_ENTRY, MOMENT, 1, HASH, books.draft_entry)
    assert doors[0].run("SELECT number FROM journal_entry WHERE id = ?", books.draft_entry) == [(1,)]


@pytest.mark.parametrize(
    ("number", "digest"), [(None, HASH), (1, ""), (1, "a" * 63)], ids=["no number", "no hash", "half a hash"]
)
def test_no_posting_without_number_and_hash(number: int | None, digest: str, books: Books, refused: Refused) -> None:
    refused(POST_ENTRY, MOMENT, number, digest, books.draft_entry, sentence="needs its number and its hash")


def test_no_posting_without_lines(books: Books, doors: list[Door], request: pytest.FixtureRequest) -> None:
    doors[0].run("DELETE FROM journal_line WHERE entry_id = ?", books.draft_entry)
    request.getfixturevalue("refused")(POST_ENTRY, MOMENT, 1, HASH, books.draft_entry, sentence="without lines")


@pytest.mark.parametrize("side", ["debit", "credit", "currency_debit", "currency_credit"])
def test_no_posting_of_what_does_not_balance(
    side: str, books: Books, doors: list[Door], request: pytest.FixtureRequest
) -> None:
    changed = f"UPDATE journal_line SET {side} = {side} + 1 WHERE entry_id = ? AND {side} > 0"
    doors[0].run(changed, books.draft_entry)
    sentence = "The debits and credits of this journal entry differ."
    request.getfixturevalue("refused")(POST_ENTRY, MOMENT, 1, HASH, books.draft_entry, sentence=sentence)


def test_no_posting_into_a_closed_period(books: Books, doors: list[Door], request: pytest.FixtureRequest) -> None:
    doors[0].run(
        "UPDATE period SET closed_at = ? WHERE first_day <= ? AND last_day >= ?",
        MOMENT,
        DAY.isoformat(),
        DAY.isoformat(),
    )
    sentence = "The period of this journal entry is closed."
    request.getfixturevalue("refused")(POST_ENTRY, MOMENT, 1, HASH, books.draft_entry, sentence=sentence)


def test_no_posting_outside_its_fiscal_year(books: Books, doors: list[Door], request: pytest.FixtureRequest) -> None:
    doors[0].run("UPDATE journal_entry SET entry_date = '1999-01-01' WHERE id = ?", books.draft_entry)
    sentence = "The period of this journal entry is closed."
    request.getfixturevalue("refused")(POST_ENTRY, MOMENT, 1, HASH, books.draft_entry, sentence=sentence)


def test_posting_and_changing_the_date_in_one_step(books: Books, refused: Refused) -> None:
    """The guard looks at the row as it becomes, not as it was."""
    refused(
        "UPDATE journal_entry SET posted_at = ?, number = 1, hash = ?, entry_date = '1999-01-01' WHERE id = ?",
        MOMENT,
        HASH,
        books.draft_entry,
        sentence="The period of this journal entry is closed.",
    )


def test_a_number_is_given_once(books: Books, doors: list[Door], refused: Refused) -> None:
    (row,) = doors[0].run("SELECT journal, number FROM journal_entry WHERE id = ?", books.invoice_entry)
    way = "UPDATE OR REPLACE" if is_sqlite() else "UPDATE"
    statement = f"{way} journal_entry SET posted_at = ?, journal = ?, number = ?, hash = ? WHERE id = ?"
    refused(statement, MOMENT, *row, HASH, books.draft_entry, by_guard=is_sqlite())


def test_an_entry_is_reversed_once(books: Books, request: pytest.FixtureRequest) -> None:
    """Also by raw SQL: the second reversal comes neither beside the first nor in its place."""
    with writing():
        ledger.reverse([books.payment_entry], today=DAY, actor_id=None)
    session.remove()
    way = "UPDATE OR REPLACE" if is_sqlite() else "UPDATE"
    statement = f"{way} journal_entry SET reverses_id = ? WHERE id = ?"
    refused = request.getfixturevalue("refused")
    refused(statement, books.payment_entry, books.draft_entry, by_guard=is_sqlite())


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
@pytest.mark.parametrize("amount", [500.5, "five hundred", "0x1F4"])
def test_no_posting_of_what_is_no_whole_cents(
    amount: float | str, books: Books, doors: list[Door], request: pytest.FixtureRequest
) -> None:
    """SQLite's columns take anything; PostgreSQL's do not."""
    for debit, credit in (("debit", "currency_debit"), ("credit", "currency_credit")):
        changed = f"UPDATE journal_line SET {debit} = ?, {credit} = ? WHERE entry_id = ? AND {debit} > 0"
        doors[0].run(changed, amount, amount, books.draft_entry)
    sentence = "The amounts of this journal entry are no whole cents."
    request.getfixturevalue("refused")(POST_ENTRY, MOMENT, 1, HASH, books.draft_entry, sentence=sentence)


# --- invoices
def issued(books: Books, kind: str = "invoice", source_id: int | None = None) -> int:
    """A posted entry for the draft invoice (or for something else)."""
    like = session.get_one(JournalEntry, books.invoice_entry)
    with writing():
        row = session.execute(
            sa.insert(JournalEntry)
            .values(
                journal=like.journal,
                fiscal_year_id=like.fiscal_year_id,
                number=900,
                entry_date=DAY,
                narration="By hand",
                source_kind=kind,
                source_id=source_id or books.draft_invoice,
                source_number="FA-2500003",
                currency="EUR",
                issues_document=True,
                hash=HASH,
            )
            .returning(JournalEntry.id)
        )
        entry_id: int = row.scalar_one()
        session.execute(
            sa.text("UPDATE journal_line SET entry_id = :new WHERE entry_id = :old"),
            {"new": entry_id, "old": books.draft_entry},
        )
        session.execute(
            sa.text("UPDATE journal_entry SET posted_at = :at WHERE id = :id"), {"at": MOMENT, "id": entry_id}
        )
    return entry_id


def test_a_whole_invoice_is_posted(books: Books, doors: list[Door]) -> None:
    entry_id = issued(books)
    doors[-1].run(POST_INVOICE, "invoice:1", "25", 3, DAY.isoformat(), entry_id, books.draft_invoice)
    assert doors[0].run("SELECT state FROM invoice WHERE id = ?", books.draft_invoice) == [("posted",)]


@pytest.mark.parametrize("missing", range(5), ids=["series", "period", "counter", "date", "entry"])
def test_no_posting_of_half_an_invoice(missing: int, books: Books, request: pytest.FixtureRequest) -> None:
    values = ["invoice:1", "25", 3, DAY.isoformat(), issued(books)]
    values[missing] = None
    refused = request.getfixturevalue("refused")
    refused(POST_INVOICE, *values, books.draft_invoice, sentence="with its number and its own posted journal entry.")


@pytest.mark.parametrize("kind", ["payment", "invoice"])
def test_no_posting_with_the_entry_of_something_else(kind: str, books: Books, request: pytest.FixtureRequest) -> None:
    entry_id = issued(books, kind, source_id=987654 if kind == "invoice" else books.draft_invoice)
    values = ("invoice:1", "25", 3, DAY.isoformat(), entry_id, books.draft_invoice)
    request.getfixturevalue("refused")(POST_INVOICE, *values, sentence="with its number and its own posted")


def test_no_posting_with_a_draft_entry(books: Books, refused: Refused) -> None:
    refused(POST_INVOICE, "invoice:1", "25", 3, DAY.isoformat(), books.draft_entry, books.draft_invoice)


def test_no_posting_of_an_invoice_without_lines(
    books: Books, doors: list[Door], request: pytest.FixtureRequest
) -> None:
    entry_id = issued(books)
    doors[0].run("DELETE FROM invoice_line WHERE invoice_id = ?", books.draft_invoice)
    values = ("invoice:1", "25", 3, DAY.isoformat(), entry_id, books.draft_invoice)
    request.getfixturevalue("refused")(POST_INVOICE, *values, sentence="An invoice without lines cannot be posted.")


def test_an_invoice_number_is_given_once(books: Books, request: pytest.FixtureRequest) -> None:
    statement = POST_INVOICE.replace("UPDATE", "UPDATE OR REPLACE", 1) if is_sqlite() else POST_INVOICE
    values = ("invoice:1", "25", 2, DAY.isoformat(), issued(books), books.draft_invoice)
    request.getfixturevalue("refused")(statement, *values, by_guard=is_sqlite())


def test_a_draft_is_not_withdrawn(books: Books, refused: Refused) -> None:
    refused(
        "UPDATE invoice SET state = 'withdrawn', number = 'X', entry_id = ? WHERE id = ?",
        books.draft_entry,
        books.draft_invoice,
        sentence="A draft is posted before it can be withdrawn.",
    )


def test_a_posted_invoice_is_no_draft_again(books: Books, refused: Refused) -> None:
    refused("UPDATE invoice SET state = 'draft', number = NULL WHERE id = ?", books.final["invoice"])


def test_no_withdrawing_before_the_reversal(books: Books, refused: Refused) -> None:
    refused(WITHDRAW, books.final["invoice"], sentence="only after its journal entry has been reversed.")


def test_no_withdrawing_by_a_reversal_that_is_a_draft(
    books: Books, doors: list[Door], request: pytest.FixtureRequest
) -> None:
    doors[0].run("UPDATE journal_entry SET reverses_id = ? WHERE id = ?", books.invoice_entry, books.draft_entry)
    request.getfixturevalue("refused")(WITHDRAW, books.final["invoice"], sentence="only after its journal entry")


@pytest.fixture
def reversed_entries(books: Books) -> Books:
    """Both invoices' entries are reversed, so that nothing but the guard's other rules is in the way."""
    entries = session.scalars(sa.text("SELECT entry_id FROM invoice WHERE entry_id IS NOT NULL")).all()
    session.rollback()
    with writing():
        # The item of the last invoice has been paid in part; the payment goes first.
        ledger.reverse([books.payment_entry], today=DAY, actor_id=None)
    with writing():
        ledger.reverse(list(entries), today=DAY, actor_id=None)
    session.remove()
    return books


def test_only_the_last_number_is_withdrawn(reversed_entries: Books, refused: Refused) -> None:
    refused(
        WITHDRAW, reversed_entries.earlier_invoice, sentence="Only the last invoice of its series can be withdrawn."
    )


def test_nothing_else_changes_with_the_withdrawing(reversed_entries: Books, refused: Refused) -> None:
    """Column by column, so that a new one cannot be forgotten in the guard."""
    names = [column.name for column in Base.metadata.tables["invoice"].columns if column.name != "state"]
    for name in names:
        changed = f"CASE WHEN {name} IS NULL THEN {_something(name)} ELSE {_other(name)} END"
        statement = f"UPDATE invoice SET state = 'withdrawn', {name} = {changed} WHERE id = ?"
        refused(
            statement, reversed_entries.final["invoice"], sentence="A posted invoice is final: withdraw or credit it."
        )
    assert len(names) > 40


def _kind(name: str) -> type:
    kind = Base.metadata.tables["invoice"].columns[name].type
    return type(getattr(kind, "impl_instance", kind))


def _something(name: str) -> str:
    """SQL for some value of the column."""
    kind = _kind(name)
    if issubclass(kind, sa.Boolean):
        return "true"
    if issubclass(kind, sa.Integer):
        return "7"
    if issubclass(kind, sa.Date):
        return "'2031-05-06'" if is_sqlite() else "DATE '2031-05-06'"
    if issubclass(kind, sa.DateTime):
        return "'2031-05-06 07:08:09'" if is_sqlite() else "TIMESTAMPTZ '2031-05-06 07:08:09Z'"
    return """'{"x": 1}'""" if issubclass(kind, sa.JSON) and is_sqlite() else _json(kind)


def _json(kind: type) -> str:
    return """'{"x": 1}'::json""" if issubclass(kind, sa.JSON) else "'x'"


def _other(name: str) -> str:
    kind = _kind(name)
    if issubclass(kind, sa.Boolean):
        return f"NOT {name}"
    return f"{name} + 1" if issubclass(kind, sa.Integer) else _something(name)


def test_the_last_one_is_withdrawn_and_then_the_one_before(reversed_entries: Books, doors: list[Door]) -> None:
    door = doors[-1]
    door.run(WITHDRAW, reversed_entries.final["invoice"])
    door.run(WITHDRAW, reversed_entries.earlier_invoice)
    assert door.run("SELECT count(*) FROM invoice WHERE state = 'withdrawn'") == [(2,)]


@pytest.mark.parametrize("state", ["posted", "draft", "withdrawn"])
def test_withdrawn_is_the_end(
    state: str, reversed_entries: Books, doors: list[Door], request: pytest.FixtureRequest
) -> None:
    doors[0].run(WITHDRAW, reversed_entries.final["invoice"])
    refused = request.getfixturevalue("refused")
    refused("UPDATE invoice SET state = ? WHERE id = ?", state, reversed_entries.final["invoice"])
    refused("DELETE FROM invoice WHERE id = ?", reversed_entries.final["invoice"])
    refused("UPDATE invoice_line SET position = 5 WHERE id = ?", reversed_entries.final["invoice_line"])


# --- payments and claims
UNDO = "UPDATE payment SET undone_entry_id = ?, undone_at = ?, undone_by_id = 1 WHERE id = ?"


def test_no_undoing_of_a_payment_without_its_reversal(books: Books, refused: Refused) -> None:
    sentence = "A payment is undone only after its journal entry has been reversed."
    refused(UNDO, books.invoice_entry, MOMENT, books.final["payment"], sentence=sentence)


def test_a_payment_is_undone_once(books: Books, doors: list[Door], request: pytest.FixtureRequest) -> None:
    with writing():
        (reversal,) = ledger.reverse([books.payment_entry], today=DAY, actor_id=None)
    session.remove()
    with pytest.raises(REFUSALS, match="A registered payment is final"):
        doors[-1].run(UNDO.replace("SET", "SET amount = amount + 1,"), reversal, MOMENT, books.final["payment"])
    doors[-1].run(UNDO, reversal, MOMENT, books.final["payment"])
    refused = request.getfixturevalue("refused")
    refused(UNDO, reversal, MOMENT, books.final["payment"])
    refused("UPDATE payment SET undone_entry_id = NULL WHERE id = ?", books.final["payment"])
    refused("DELETE FROM payment WHERE id = ?", books.final["payment"])


def test_a_claim_is_released_once(books: Books, doors: list[Door], request: pytest.FixtureRequest) -> None:
    release = "UPDATE work_claim SET released_at = ? WHERE id = ?"
    with pytest.raises(REFUSALS, match="The claim of a posted bill is final"):
        doors[-1].run(release.replace("SET", "SET bill_id = bill_id + 1,"), MOMENT, books.final["work_claim"])
    doors[-1].run(release, MOMENT, books.final["work_claim"])
    refused = request.getfixturevalue("refused")
    refused(release, "2025-04-01 00:00:00", books.final["work_claim"])
    refused(release, None, books.final["work_claim"])
    refused("DELETE FROM work_claim WHERE id = ?", books.final["work_claim"])


def test_work_is_claimed_once(books: Books, doors: list[Door], refused: Refused) -> None:
    (part,) = doors[0].run("SELECT part_used_id FROM work_claim WHERE id = ?", books.final["work_claim"])
    way = "INSERT OR REPLACE" if is_sqlite() else "INSERT"
    statement = (
        f"{way} INTO work_claim (service_order_id, part_used_id, bill_kind, bill_id, bill_line_id, is_final) "
        "SELECT service_order_id, part_used_id, bill_kind, 99, 99, is_final FROM work_claim WHERE part_used_id = ?"
    )
    refused(statement, *part, by_guard=is_sqlite())


# --- two at once
@pytest.mark.concurrency
@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
def test_a_line_written_while_the_entry_is_being_posted(books: Books, database: Flask) -> None:
    """The posting waits for the line's transaction, and then sees that the sides differ."""
    plain = db.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    insert = (
        "INSERT INTO journal_line (entry_id, position, account_id, grid, debit, credit, currency_debit, currency_credit) "
        "VALUES (%s, 3, %s, '', 100, 0, 100, 0)"
    )
    outcome: list[str] = []
    with psycopg.connect(plain) as writer, psycopg.connect(plain) as poster:
        writer.execute(insert, (books.draft_entry, books.account_id))

        def post() -> None:
            try:
                poster.execute(POST_ENTRY.replace("?", "%s"), (MOMENT, 1, HASH, books.draft_entry))
                outcome.append("posted")
            except psycopg.errors.IntegrityError as error:
                outcome.append(error.diag.message_primary or "")
            poster.rollback()

        thread = threading.Thread(target=post)
        thread.start()
        thread.join(0.5)
        assert thread.is_alive(), outcome
        writer.commit()
        thread.join(10)
    assert outcome == ["The debits and credits of this journal entry differ."]


@pytest.mark.concurrency
@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
@pytest.mark.parametrize(
    ("parent", "statement"),
    [
        ("journal_entry", "UPDATE journal_line SET grid = '99' WHERE entry_id = %s"),
        ("journal_entry", "DELETE FROM journal_line WHERE entry_id = %s"),
    ],
)
def test_a_line_changed_while_the_entry_is_being_posted(
    parent: str, statement: str, books: Books, database: Flask
) -> None:
    """The line waits for the posting, and is then refused."""
    plain = db.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    outcome: list[str] = []
    with psycopg.connect(plain) as writer, psycopg.connect(plain) as poster:
        poster.execute(POST_ENTRY.replace("?", "%s"), (MOMENT, 1, HASH, books.draft_entry))

        def write() -> None:
            try:
                writer.execute(statement, (books.draft_entry,))
                outcome.append("written")
            except psycopg.errors.IntegrityError as error:
                outcome.append(error.diag.message_primary or "")
            writer.rollback()

        thread = threading.Thread(target=write)
        thread.start()
        thread.join(0.5)
        assert thread.is_alive(), outcome
        poster.commit()
        thread.join(10)
    assert outcome == ["A line of a posted journal entry is final."]


def test_the_day_of_these_tests_is_open(books: Books, database: Flask) -> None:
    period = session.scalars(sa.select(Period).where(Period.first_day <= DAY, Period.last_day >= DAY)).one()
    assert period.closed_at is None


# --- documents taken over
UNDO_TAKING_OVER = "UPDATE taken_over SET undone_entry_id = ?, undone_at = ?, undone_by_id = 1 WHERE id = ?"


def test_no_document_is_taken_over_without_its_own_entry(books: Books, refused: Refused) -> None:
    sentence = "A document taken over is made final by its own posted journal entry."
    statement = "UPDATE taken_over SET entry_id = ? WHERE id = ?"
    for entry in (books.invoice_entry, books.draft_entry):
        refused(statement, entry, books.draft_taken_over, sentence=sentence if entry == books.draft_entry else "")


def test_taking_over_is_undone_once_and_only_after_the_reversal(
    books: Books, doors: list[Door], request: pytest.FixtureRequest
) -> None:
    row = books.final["taken_over"]
    sentence = "A document taken over is undone only after its journal entry has been reversed."
    with pytest.raises(REFUSALS, match=sentence):
        doors[-1].run(UNDO_TAKING_OVER, books.invoice_entry, MOMENT, row)
    ((entry_id,),) = doors[-1].run("SELECT entry_id FROM taken_over WHERE id = ?", row)
    with writing():
        (reversal,) = ledger.reverse([entry_id], today=DAY, actor_id=None)
    session.remove()
    doors[-1].run(UNDO_TAKING_OVER, reversal, MOMENT, row)
    refused = request.getfixturevalue("refused")
    refused(UNDO_TAKING_OVER, reversal, MOMENT, row)
    refused("UPDATE taken_over SET undone_entry_id = NULL WHERE id = ?", row)
    refused("DELETE FROM taken_over WHERE id = ?", row)


# --- write-offs
UNDO_WRITE_OFF = "UPDATE write_off SET undone_entry_id = ?, undone_at = ?, undone_by_id = 1 WHERE id = ?"


def test_no_write_off_without_its_own_entry(books: Books, refused: Refused) -> None:
    sentence = "A write-off is made final by its own posted journal entry."
    statement = "UPDATE write_off SET entry_id = ? WHERE id = ?"
    for entry in (books.invoice_entry, books.draft_entry):
        refused(statement, entry, books.draft_write_off, sentence=sentence)


def test_a_write_off_is_undone_once_and_only_after_the_reversal(
    books: Books, doors: list[Door], request: pytest.FixtureRequest
) -> None:
    row = books.final["write_off"]
    with pytest.raises(REFUSALS, match="A write-off is undone only after its journal entry has been reversed"):
        doors[-1].run(UNDO_WRITE_OFF, books.invoice_entry, MOMENT, row)
    ((entry_id,),) = doors[-1].run("SELECT entry_id FROM write_off WHERE id = ?", row)
    with writing():
        (reversal,) = ledger.reverse([entry_id], today=DAY, actor_id=None)
    session.remove()
    doors[-1].run(UNDO_WRITE_OFF, reversal, MOMENT, row)
    refused = request.getfixturevalue("refused")
    refused(UNDO_WRITE_OFF, reversal, MOMENT, row)
    refused("UPDATE write_off SET undone_entry_id = NULL WHERE id = ?", row)
    refused("DELETE FROM write_off WHERE id = ?", row)
