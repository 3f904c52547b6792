"""The review queue: the gravest first, marks that stand and can be taken back, and who may set them."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal as D

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from fsm.core.db import session, writing
from fsm.core.errors import DomainError, NotFoundError
from fsm.documents.values import LineValues
from fsm.invoices import drafts
from fsm.invoices import services as invoices
from fsm.invoices.models import Invoice
from fsm.ledger import review_marks
from fsm.ledger.models import EntryReview, JournalEntry, ReviewState
from fsm.reports import review_queue
from fsm.reports.review_queue import Reason
from fsm.reports.spans import Span
from fsm.users.models import Role
from tests import factories

pytestmark = pytest.mark.database
ClientFor = Callable[..., FlaskClient]
ALL = Span("custom", dt.date(2025, 1, 1), dt.date(2030, 12, 31))


@pytest.fixture
def entries(database: Flask) -> dict[str, int]:
    """An invoice of 1,000 net dated back, one of 10,000, its credit note of today, a part sold below its cost."""
    assert database
    with writing(bulk=True):
        customer = factories.make_customer()
        small = factories.make_posted_invoice(customer, on=dt.date(2026, 3, 2))
        large = factories.make_posted_invoice(customer, lines=[("10000.00", 21)], on=factories.TODAY)
        item = factories.make_item(purchase_price=D("90.0000"))
        cheap = drafts.create_blank(customer.id, actor_id=1)
        line = LineValues(description="Valve", amount=D("95.00"), tax_rate=D(21), stock_item_id=item.id)
        drafts.save(cheap.id, factories.draft_values(cheap), [line], version=None)
        invoices.post([cheap.id], actor_id=1, today=factories.TODAY)
        credit = factories.make_posted_credit(small)
        rows = {"small": small, "large": large, "cheap": cheap, "credit": credit}
        return {name: session.get_one(Invoice, row.id).entry_id or 0 for name, row in rows.items()}


def reasons() -> dict[int, set[Reason]]:
    return {row.entry.id: set(row.reasons) for row in review_queue.waiting(ALL).rows}


def test_each_entry_says_why_it_is_worth_a_look(entries: dict[str, int]) -> None:
    found = reasons()
    assert Reason.LARGE in found[entries["large"]]
    assert Reason.LARGE not in found[entries["small"]]
    assert Reason.CREDIT in found[entries["credit"]]
    assert Reason.LOW_MARGIN in found[entries["cheap"]]
    assert Reason.LOW_MARGIN not in found[entries["large"]]
    # All are posted by a clock that is later than these days.
    assert all(Reason.BACKDATED in why for why in found.values())
    order = [row.entry.id for row in review_queue.waiting(ALL).rows]
    assert order.index(entries["large"]) < order.index(entries["cheap"]) < order.index(entries["credit"])
    assert order.index(entries["credit"]) < order.index(entries["small"])


def test_marks_stand_and_can_be_taken_back(entries: dict[str, int]) -> None:
    with writing():
        assert review_marks.review([entries["small"], entries["large"]], actor_id=1) == 2
        assert review_marks.review([entries["small"]], actor_id=1) == 0
        review_marks.question(entries["cheap"], "Why below cost?", actor_id=1)
    assert set(reasons()) == {entries["credit"]}
    assert review_queue.count(ALL) == 1
    questioned = review_queue.marked(ALL, ReviewState.QUESTIONED)
    assert [(row.entry.id, row.review.note if row.review else "") for row in questioned.rows] == [
        (entries["cheap"], "Why below cost?")
    ]
    with writing():
        review_marks.review([entries["cheap"]], actor_id=1)
        review_marks.reopen(entries["large"])
    assert session.scalars(sa.select(EntryReview.note).where(EntryReview.entry_id == entries["cheap"])).one()
    assert set(reasons()) == {entries["credit"], entries["large"]}


@pytest.mark.parametrize("note", ["", "   ", "x" * 501])
def test_a_question_needs_words_within_bounds(entries: dict[str, int], note: str) -> None:
    with pytest.raises(DomainError) as refused, writing():
        review_marks.question(entries["small"], note, actor_id=1)
    assert refused.value.field == "note"
    assert session.scalar(sa.select(sa.func.count()).select_from(EntryReview)) == 0


def test_what_is_no_entry_is_not_marked(entries: dict[str, int]) -> None:
    with pytest.raises(NotFoundError), writing():
        review_marks.review([entries["small"], 2**62], actor_id=1)
    with pytest.raises(NotFoundError), writing():
        review_marks.reopen(entries["small"])
    assert session.scalar(sa.select(sa.func.count()).select_from(EntryReview)) == 0


def test_a_manager_reviews_from_the_pages(entries: dict[str, int], client_for: ClientFor) -> None:
    page = "/reports/review?from=2025-01-01&to=2030-12-31"
    manager = client_for(Role.MANAGER)
    shown = manager.get(page).get_data(as_text=True)
    assert "low margin" in shown
    assert manager.post(page, data={"entry_id": [entries["small"], entries["large"]]}).status_code == 303
    refused = manager.post(f"/ledger/{entries['cheap']}/question", data={"note": ""})
    assert refused.status_code == 422
    assert "Write what is to be found out." in refused.get_data(as_text=True)
    assert manager.post(f"/ledger/{entries['cheap']}/question", data={"note": "Below cost?"}).status_code == 303
    assert "Below cost?" in manager.get(page + "&tab=questioned").get_data(as_text=True)
    assert manager.post(f"/ledger/{entries['cheap']}/reopen-review").status_code == 303
    assert "Nobody has looked" in manager.get(f"/ledger/{entries['cheap']}").get_data(as_text=True)
    accountant = client_for(Role.ACCOUNTANT)
    assert accountant.get(page).status_code == 200
    assert accountant.post(f"/ledger/{entries['cheap']}/review").status_code == 403
    assert session.scalar(sa.select(sa.func.count()).select_from(JournalEntry)) == 4
