"""Who changed what, before and after; and the sentences of a record's timeline."""

from decimal import Decimal as D
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from fsm.catalog.models import StockItem
from fsm.core import audit
from fsm.core.audit import AuditChange
from fsm.core.db import Base, session, writing
from fsm.users.models import Role, User
from tests import factories
from tests.conftest import user_of

pytestmark = pytest.mark.database

# Tables whose rows are their own record: insert-only, guarded, machinery, or written by one function from such rows.
SELF_EVIDENT = {
    "proposal",  # what is accepted of it are visits, which are audited
    "quote_line",  # its quote is audited
    "quote_signature",
    "sales_order_line",
    "sales_order_service_order",
    "signing_link",
    "account_month",
    "api_upload",  # for an hour
    "api_use",
    "audit_change",
    "backup",
    "chosen_columns",
    "claimed_cost",
    "customer_message",
    "frozen_pdf",
    "heard_fact",
    "idempotency_key",
    "import_mapping",
    "import_row",
    "import_run",
    "invoice_line",
    "invoice_run",
    "invoice_run_order",
    "invoice_run_row",
    "invoice_service_order",
    "invoice_tax",
    "item_movement",
    "job",
    "journal_entry",
    "journal_head",
    "journal_line",
    "login_failure",
    "mail_attachment",
    "mail_message",
    "mail_recipient",
    "number_counter",
    "open_item",
    "payment",
    "payment_part",
    "printed_facts",
    "saved_filter",
    "scheduled_run",
    "search_entry",
    "search_state",
    "search_word",
    "stamp",
    "stored_file",
    "tablet_blob",
    "tablet_operation",
    "webhook_attempt",
    "webhook_delivery",
    "webhook_event",
    "taken_over",
    "timeline_note",
    "user_role",
    "user_session",
    "work_claim",
    "write_off",
}


def newest(table: str) -> AuditChange:
    return session.scalars(
        sa.select(AuditChange).where(AuditChange.table_name == table).order_by(AuditChange.id.desc()).limit(1)
    ).one()


def test_a_row_from_cradle_to_grave(database: Flask) -> None:
    with writing(actor_id=3):
        item_id = factories.make_item().id
    made = newest("stock_item")
    assert (made.action, made.row_id, made.actor_id, made.before) == ("insert", item_id, 3, None)
    assert made.after is not None
    assert (made.after["sale_price"], made.after["description"]) == ("12.50", "Filter")
    session.rollback()
    with writing(actor_id=4):
        session.get_one(StockItem, item_id).sale_price = D("13.00")
    changed = newest("stock_item")
    assert (changed.action, changed.actor_id) == ("update", 4)
    assert changed.before is not None
    assert changed.after is not None
    assert (D(changed.before["sale_price"]), D(changed.after["sale_price"])) == (D("12.5"), D(13))
    assert changed.before.keys() - {"version"} == {"sale_price"}
    session.rollback()
    with writing(actor_id=5):
        session.delete(session.get_one(StockItem, item_id))
    gone = newest("stock_item")
    assert (gone.action, gone.actor_id, gone.after) == ("delete", 5, None)
    assert gone.before is not None
    assert D(gone.before["sale_price"]) == 13


def test_saving_without_a_change_leaves_no_trace(database: Flask) -> None:
    with writing():
        item_id = factories.make_item().id
    before = newest("stock_item").id
    session.rollback()
    with writing():
        item = session.get_one(StockItem, item_id)
        item.description = str(item.description)
    assert newest("stock_item").id == before


def test_what_is_hidden_stays_out_of_the_trail_but_its_change_does_not(database: Flask) -> None:
    with writing(actor_id=1):
        user_of(Role.OFFICE).password_hash = "a secret hash"
    changed = newest(User.__tablename__)
    assert (changed.action, changed.actor_id) == ("update", 1)
    assert changed.before == changed.after == {"password_hash": audit.HIDDEN}
    texts = str([(row.before, row.after) for row in session.scalars(sa.select(AuditChange))])
    assert "a secret hash" not in texts
    assert "argon2" not in texts


def test_what_is_rolled_back_leaves_no_trace(database: Flask) -> None:
    before = newest(User.__tablename__).id
    session.rollback()
    with pytest.raises(ZeroDivisionError), writing():  # noqa: PT012 - the change and what undoes it
        user_of(Role.OFFICE).phone = "2"
        session.flush()
        raise ZeroDivisionError
    assert newest(User.__tablename__).id == before


def test_every_table_is_audited_or_self_evident() -> None:
    audited = {m.class_.__tablename__ for m in Base.registry.mappers if getattr(m.class_, "__audited__", False)}
    assert audited & SELF_EVIDENT == set()
    assert set(Base.metadata.tables) - audited - SELF_EVIDENT == set()
    assert SELF_EVIDENT - set(Base.metadata.tables) == set()


def test_every_audited_table_has_an_id() -> None:
    """The trail names rows by it."""
    mappers = [m for m in Base.registry.mappers if getattr(m.class_, "__audited__", False)]
    assert [m.class_.__name__ for m in mappers if [c.name for c in m.primary_key] != ["id"]] == []


def test_notes_are_newest_first_and_per_record(database: Flask) -> None:
    with writing(actor_id=9):
        audit.note([("invoice", 1), ("customer", 5)], "Posted")
        audit.note([("invoice", 1)], "Sent")
        audit.note([("invoice", 2)], "Posted")
        audit.note([], "Nobody's")
    notes = audit.timeline("invoice", 1)
    assert [(note.sentence, note.actor_id) for note in notes] == [("Sent", 9), ("Posted", 9)]
    assert [note.sentence for note in audit.timeline("customer", 5)] == ["Posted"]
    assert [note.sentence for note in audit.timeline("invoice", 1, limit=1)] == ["Sent"]


@pytest.mark.parametrize(
    ("value", "kept"), [(D("1.50"), "1.50"), (Role.OFFICE, "office"), (None, None), (True, True), ({"a": 1}, {"a": 1})]
)
def test_values_are_kept_as_json_has_them(value: Any, kept: Any) -> None:
    assert audit._plain(value) == kept
    assert type(audit._plain(value)) is type(kept)


def test_the_trail_names_the_request(database: Flask) -> None:
    client = database.test_client()
    answer = client.post("/login", data={"email": "office@test.example", "password": factories.PASSWORD})
    answer = client.post("/profile", data={"name": "Renamed", "phone": "123", "locale": "en", "version": "1"})
    found = session.scalars(
        sa.select(AuditChange).where(AuditChange.table_name == User.__tablename__, AuditChange.action == "update")
    )
    last = found.all()[-1]
    assert last.request_id == answer.headers["X-Request-Id"]
    assert last.actor_id == session.scalars(sa.select(User.id).where(User.email == "office@test.example")).one()
