"""Drafting, posting, crediting, withdrawing: what the services promise."""

import datetime as dt
from decimal import Decimal as D

import pytest
import sqlalchemy as sa
from flask import Flask

from fsm.core.db import session, writing
from fsm.core.errors import ConflictError, DomainError
from fsm.core.jobs import Job
from fsm.customers.models import Customer
from fsm.documents.models import PrintedFacts, TaxCalculation
from fsm.documents.values import LineValues
from fsm.home import checks
from fsm.invoices import crediting, drafts, review, services, withdrawing
from fsm.invoices.models import Invoice, InvoiceKind, InvoiceState
from fsm.ledger.models import ItemKind, JournalEntry, Standing
from fsm.ledger.queries import item_of
from fsm.payments import services as payments
from fsm.payments.receivables import PartValues
from fsm.payments.services import RegisterValues
from fsm.reminders import services as reminders
from fsm.reminders.jobs import WAIVE_COSTS, waive_costs
from fsm.reminders.models import ClaimedCost
from fsm.users.models import Role
from tests.conftest import user_of
from tests.factories import TODAY, draft_values, make_customer, make_invoice, make_posted_invoice

pytestmark = pytest.mark.database
DAY = dt.date(2026, 3, 20)


def new_draft(*amounts: str, on: dt.date | None = DAY, customer: Customer | None = None) -> int:
    lines = [LineValues(description="Work", amount=D(amount), tax_rate=D(21)) for amount in amounts or ("200",)]
    with writing():
        owner = customer or make_customer()
        invoice = drafts.create_blank(owner.id, actor_id=1)
        drafts.save(invoice.id, draft_values(invoice, invoice_date=on), lines, version=None)
    return invoice.id


def post(*ids: int, today: dt.date = DAY) -> list[int]:
    with writing():
        return services.post(ids, actor_id=1, today=today)


def test_posting_gives_number_entry_and_printed_facts(database: Flask) -> None:
    invoice_id = new_draft("200")
    post(invoice_id)
    invoice = session.get_one(Invoice, invoice_id)
    assert (invoice.state, invoice.number) == (InvoiceState.POSTED, "FA-2600001")
    assert (invoice.total_without_tax, invoice.total_tax, invoice.total_with_tax) == (D(200), D(42), D(242))
    assert invoice.due_date == dt.date(2026, 4, 19)
    assert invoice.entry is not None
    booked = {line.account.number: line.debit - line.credit for line in invoice.entry.lines}
    assert booked == {"400000": D(242), "705000": D(-200), "451000": D(-42)}
    facts = session.scalars(sa.select(PrintedFacts)).one()
    assert invoice.entry.facts_hash == facts.sha256
    item = item_of(ItemKind.INVOICE, invoice_id)
    assert item is not None
    assert (item.balance, item.due_on, item.standing) == (D(242), invoice.due_date, Standing.OPEN)


def test_a_list_is_numbered_by_date_and_all_or_none(database: Flask) -> None:
    late, early = new_draft(on=DAY), new_draft(on=dt.date(2026, 3, 18))
    empty = new_draft(on=DAY)
    with writing():
        invoice = session.get_one(Invoice, empty)
        drafts.save(empty, draft_values(invoice, invoice_date=DAY), [], version=None)
    with pytest.raises(DomainError, match="no line"):
        post(late, early, empty)
    assert session.scalar(sa.select(sa.func.count()).select_from(JournalEntry)) == 0
    post(late, early)
    assert session.get_one(Invoice, early).number == "FA-2600001"
    assert session.get_one(Invoice, late).number == "FA-2600002"


def test_dates_follow_numbers(database: Flask) -> None:
    post(new_draft(on=DAY))
    with pytest.raises(ConflictError, match="2026-03-20"):
        post(new_draft(on=dt.date(2026, 3, 19)))
    with pytest.raises(DomainError, match="future"):
        post(new_draft(on=dt.date(2026, 3, 21)))
    post(new_draft(on=DAY))
    assert session.scalar(sa.select(sa.func.max(Invoice.number))) == "FA-2600002"


def test_posting_twice_is_refused(database: Flask) -> None:
    invoice_id = new_draft()
    post(invoice_id)
    with pytest.raises(ConflictError, match="posted already"):
        post(invoice_id)


def test_credit_in_part_then_the_rest(database: Flask) -> None:
    invoice_id = new_draft("1.12", "1.12")
    post(invoice_id)
    first_line, second_line = (line.id for line in drafts.lines_of(invoice_id))
    taxes = []
    for line_id in (first_line, second_line):
        with writing():
            credit = crediting.draft_credit(invoice_id, {line_id: D(1)}, releases_work=False, actor_id=1)
        post(credit.id)
        taxes.append(session.get_one(Invoice, credit.id).total_tax)
    assert taxes == [D("0.24"), D("0.23")]
    item = item_of(ItemKind.INVOICE, invoice_id)
    assert item is not None
    assert (item.balance, item.credited, item.standing) == (D(0), item.invoiced, Standing.CANCELLED)
    with pytest.raises(DomainError, match="Nothing is left"), writing():
        crediting.draft_credit(invoice_id, None, releases_work=False, actor_id=1)


def test_two_drafts_cannot_credit_the_same_line_twice(database: Flask) -> None:
    invoice_id = new_draft("200")
    post(invoice_id)
    with writing():
        first = crediting.draft_credit(invoice_id, None, releases_work=False, actor_id=1).id
        second = crediting.draft_credit(invoice_id, None, releases_work=False, actor_id=1).id
    post(first)
    with pytest.raises(DomainError, match="left to credit"):
        post(second)
    number = session.get_one(Invoice, first).number
    assert number == "NC-2600001"
    assert session.get_one(Invoice, first).kind is InvoiceKind.CREDIT_NOTE


def test_withdrawing_the_last_gives_its_number_back(database: Flask) -> None:
    first, second = new_draft("100"), new_draft("200")
    post(first, second)
    with pytest.raises(ConflictError, match="not the last"), writing():
        withdrawing.withdraw(first, actor_id=1, today=DAY)
    with writing():
        draft = withdrawing.withdraw(second, actor_id=1, today=DAY)
    assert session.get_one(Invoice, second).state is InvoiceState.WITHDRAWN
    assert draft.total_with_tax == D(242)
    post(draft.id)
    assert session.get_one(Invoice, draft.id).number == "FA-2600002"


def test_a_sent_one_is_not_withdrawn(database: Flask) -> None:
    invoice_id = new_draft()
    post(invoice_id)
    with writing():
        services.mark_sent([invoice_id], how="by post", actor_id=1)
    with pytest.raises(ConflictError, match="has been sent"), writing():
        withdrawing.withdraw(invoice_id, actor_id=1, today=DAY)


def test_review_shows_the_entry_to_come(database: Flask) -> None:
    invoice_id = new_draft("200")
    shown = review.review(invoice_id, today=DAY)
    assert shown.number == "FA-2600001"
    assert shown.problems == ()
    (entry,) = shown.entries
    assert [(line.account, line.debit, line.credit) for line in entry.lines] == [
        ("400000", D("242.00"), 0),
        ("705000", 0, D("200.00")),
        ("451000", 0, D("42.00")),
    ]
    post(invoice_id)
    posted = session.get_one(Invoice, invoice_id).entry
    assert posted is not None
    assert [(line.account.number, line.debit, line.credit) for line in posted.lines] == [
        (line.account, line.debit, line.credit) for line in entry.lines
    ]


def test_a_stale_version_is_refused(database: Flask) -> None:
    invoice_id = new_draft()
    version = session.get_one(Invoice, invoice_id).version
    values = draft_values(session.get_one(Invoice, invoice_id), reference="first")
    with writing():
        drafts.save(invoice_id, values, [], version=version)
    with pytest.raises(ConflictError, match="Somebody else"), writing():
        drafts.save(invoice_id, draft_values(session.get_one(Invoice, invoice_id), reference="x"), [], version=version)


def test_per_line_vat_to_a_belgian_business_is_refused_before_posting(database: Flask) -> None:
    with writing():
        invoice = make_invoice(lines=[("241.67", 21)] * 50, tax_calculation=TaxCalculation.ITEM, invoice_date=DAY)
    with pytest.raises(DomainError, match="rounded per rate"):
        post(invoice.id)


def test_a_credit_never_exceeds_the_invoice_as_a_whole(database: Flask) -> None:
    lines = [
        LineValues(description="Work", amount=D(100), tax_rate=D(21)),
        LineValues(description="Goodwill", quantity=D(-1), amount=D(50), tax_rate=D(6)),
    ]
    with writing():
        invoice = drafts.create_blank(make_customer().id, actor_id=1)
        drafts.save(invoice.id, draft_values(invoice, invoice_date=DAY), lines, version=None)
    post(invoice.id)
    work, goodwill = (line.id for line in drafts.lines_of(invoice.id))
    for chosen in ({work: D(1)}, {goodwill: D(-1)}):  # 121.00 of an invoice of 68.00, and less than nothing
        with pytest.raises(DomainError, match=r"between 0 and 68\.00"), writing():
            crediting.draft_credit(invoice.id, chosen, releases_work=False, actor_id=1)
    with writing():
        credit = crediting.draft_credit(invoice.id, None, releases_work=False, actor_id=1)
    assert credit.total_with_tax == D(68)


def test_a_full_credit_waives_what_was_claimed_and_gives_back_all_that_was_paid(database: Flask) -> None:
    with writing(bulk=True):
        clerk = user_of(Role.OFFICE).id
        invoice = make_posted_invoice()  # 1210.00
        cost = reminders.claim_cost(invoice.id, D(15), actor_id=clerk, today=TODAY)
        item = item_of(ItemKind.INVOICE, invoice.id)
        assert item is not None
    with writing():
        parts = [PartValues(invoice_id=invoice.id)]
        payments.register(RegisterValues(paid_on=TODAY, parts=parts, amount=D(100)), actor_id=clerk, today=TODAY)
    with writing(bulk=True):
        draft = crediting.draft_credit(invoice.id, None, releases_work=False, actor_id=clerk)
        services.post([draft.id], actor_id=clerk, today=TODAY)
        payloads = session.scalars(sa.select(Job.payload).where(Job.kind == WAIVE_COSTS)).all()
    assert payloads == [{"invoice_id": invoice.id, "actor_id": clerk}]
    session.expire_all()
    own = item_of(ItemKind.CREDIT_NOTE, draft.id)
    assert own is not None
    assert (item.balance, own.balance) == (D("15.00"), D("-100.00"))
    session.rollback()
    for _again in range(2):  # a job may be done twice
        waive_costs(payloads[0])
        session.rollback()
    assert (item.balance, item.standing) == (0, Standing.CANCELLED)
    assert session.get_one(ClaimedCost, cost.id).undone_at is not None
    assert checks.run() == []
