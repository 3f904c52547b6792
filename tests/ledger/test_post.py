"""Posting entries: balance, chain, months, open items, reversal, closed periods."""

import datetime as dt
from decimal import Decimal as D

import pytest
import sqlalchemy as sa
from flask import Flask

from fsm.core.db import session, writing
from fsm.core.errors import ConflictError, DomainError
from fsm.ledger import services
from fsm.ledger.models import (
    AccountMonth,
    ItemKind,
    Journal,
    JournalEntry,
    JournalLine,
    MovementRole,
    OpenItem,
    Period,
    Standing,
)
from fsm.ledger.periods import close_period
from fsm.ledger.posting import EntryDraft, NewItem, UnbalancedError, credit, debit
from tests.factories import make_customer

pytestmark = pytest.mark.database
DAY = dt.date(2025, 3, 20)


def invoice_entry(customer_id: int, source_id: int = 1, on: dt.date = DAY) -> EntryDraft:
    item = NewItem(ItemKind.INVOICE, source_id, f"FA-{source_id}", customer_id, on, on, "EUR")
    return EntryDraft(
        journal=Journal.SALES,
        entry_date=on,
        narration="Invoice",
        source_kind="invoice",
        source_id=source_id,
        source_number=f"FA-{source_id}",
        customer_id=customer_id,
        issues_document=True,
        lines=(
            debit("400000", D("242.00"), item=item, role=MovementRole.INVOICED),
            credit("705000", D("200.00"), grid="03"),
            credit("451000", D("42.00"), grid="54"),
        ),
    )


def test_an_invoice_entry(database: Flask) -> None:
    with writing():
        customer = make_customer()
        services.post([invoice_entry(customer.id)], actor_id=None)
    item = session.scalars(sa.select(OpenItem)).one()
    assert (item.invoiced, item.balance, item.standing) == (D(242), D(242), Standing.OPEN)
    entry = session.scalars(sa.select(JournalEntry)).one()
    assert (entry.number, len(entry.hash)) == (1, 64)
    assert entry.posted_at is not None
    lines = {line.account.number: (line.debit, line.credit) for line in entry.lines}
    assert lines == {"400000": (D(242), D(0)), "705000": (D(0), D(200)), "451000": (D(0), D(42))}
    months = session.scalars(sa.select(AccountMonth)).all()
    assert sum(month.debit for month in months) == sum(month.credit for month in months) == D(242)


def test_reversal_undoes_item_and_months(database: Flask) -> None:
    with writing():
        customer = make_customer()
        ids = services.post([invoice_entry(customer.id, 1), invoice_entry(customer.id, 2)], actor_id=None)
    with writing():
        services.reverse([ids[0]], today=DAY, actor_id=None)
    items = session.scalars(sa.select(OpenItem).order_by(OpenItem.id)).all()
    assert [item.balance for item in items] == [D(0), D(242)]
    numbers = session.scalars(sa.select(JournalEntry.number).order_by(JournalEntry.id)).all()
    assert numbers == [1, 2, 3]
    months = session.scalars(sa.select(AccountMonth)).all()
    assert sum(month.debit - month.credit for month in months) == 0
    with pytest.raises(ConflictError), writing():
        services.reverse([ids[0]], today=DAY, actor_id=None)


def test_the_chain_goes_through_the_journal(database: Flask) -> None:
    with writing():
        customer = make_customer()
        services.post([invoice_entry(customer.id, 1), invoice_entry(customer.id, 2)], actor_id=None)
    with writing():
        services.post([invoice_entry(customer.id, 3)], actor_id=None)
    entries = session.scalars(sa.select(JournalEntry).order_by(JournalEntry.id)).all()
    assert [entry.previous_hash for entry in entries] == ["", entries[0].hash, entries[1].hash]


def test_what_does_not_balance_is_a_mistake_of_the_program(database: Flask) -> None:
    draft = EntryDraft(
        Journal.MISCELLANEOUS,
        DAY,
        "Wrong",
        "test",
        1,
        "1",
        (debit("550000", D(1)), credit("705000", D(2))),
    )
    with pytest.raises(UnbalancedError), writing():
        services.post([draft], actor_id=None)
    assert session.scalar(sa.select(sa.func.count()).select_from(JournalLine)) == 0


def test_a_closed_period_takes_no_posting(database: Flask) -> None:
    with writing():
        customer_id = make_customer().id
        period = session.scalars(sa.select(Period).where(Period.first_day == dt.date(2025, 3, 1))).one()
        close_period(period.id, actor_id=1, today=dt.date(2025, 4, 2))
    with pytest.raises(DomainError, match="2025-03 is closed"), writing():
        services.post([invoice_entry(customer_id)], actor_id=None)
    with writing():
        services.post([invoice_entry(customer_id, 2, dt.date(2025, 4, 1))], actor_id=None)
    assert session.scalar(sa.select(sa.func.count()).select_from(JournalEntry)) == 1


def test_a_reversal_of_a_closed_month_bears_the_day_it_is_made(database: Flask) -> None:
    with writing():
        (entry_id,) = services.post([invoice_entry(make_customer().id)], actor_id=None)
        period = session.scalars(sa.select(Period).where(Period.first_day == dt.date(2025, 3, 1))).one()
        close_period(period.id, actor_id=1, today=dt.date(2025, 4, 2))
    with writing():
        (reversal,) = services.reverse([entry_id], today=dt.date(2025, 4, 2), actor_id=None)
    assert session.get_one(JournalEntry, reversal).entry_date == dt.date(2025, 4, 2)


def test_the_year_after_the_last_opens_by_itself(database: Flask) -> None:
    with writing():
        services.post([invoice_entry(make_customer().id, 1, dt.date(2026, 2, 3))], actor_id=None)
    entry = session.scalars(sa.select(JournalEntry)).one()
    assert (entry.fiscal_year.name, entry.number) == ("2026", 1)
