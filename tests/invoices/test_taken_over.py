"""Open invoices of a former program: taken over, paid, credited, undone (accounting.md 5)."""

import datetime as dt
from collections.abc import Callable, Sequence
from decimal import Decimal as D
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from fsm.core.db import session, writing
from fsm.core.errors import ConflictError, DomainError
from fsm.customers.models import Customer
from fsm.documents.models import PrintedFacts
from fsm.documents.values import LineValues
from fsm.home import checks
from fsm.invoices import blank_credits, drafts, taken_over
from fsm.invoices import services as invoices
from fsm.invoices.models import Invoice
from fsm.invoices.taken_over import TakenOverValues
from fsm.invoices.taken_over_models import TakenOver
from fsm.ledger.models import Account, AccountMonth, ItemKind, JournalLine, OpenItem, Standing
from fsm.payments import services as payments
from fsm.payments.receivables import PartValues
from fsm.users.models import Role
from tests import factories
from tests.conftest import user_of

pytestmark = pytest.mark.database
DAY, TODAY = dt.date(2026, 1, 1), dt.date(2026, 3, 20)
Clients = Callable[..., FlaskClient]


def values_of(customer: Customer, **values: Any) -> TakenOverValues:
    """1210.00 of December, of which 1000.00 is still due."""
    return TakenOverValues(
        **{
            "customer_id": customer.id,
            "number": "2025/117",
            "document_date": dt.date(2025, 12, 3),
            "due_date": dt.date(2026, 1, 2),
            "total": D("1210.00"),
            "due": D("1000.00"),
            **values,
        }
    )


def take(documents: Sequence[TakenOverValues], import_id: int = 7) -> list[int]:
    checked = [taken_over.checked(values, on=DAY) for values in documents]
    return taken_over.take_over(checked, on=DAY, import_id=import_id, actor_id=None, today=TODAY)


def item_of(row_id: int) -> OpenItem:
    query = sa.select(OpenItem).where(OpenItem.kind == ItemKind.TAKEN_OVER, OpenItem.source_id == row_id)
    return session.scalars(query.execution_options(populate_existing=True)).one()


def balance(number: str) -> D:
    query = sa.select(AccountMonth).join(Account, Account.id == AccountMonth.account_id)
    rows = session.scalars(query.where(Account.number == number).execution_options(populate_existing=True))
    return sum((row.debit - row.credit for row in rows), D(0))


def lines_of(entry_id: int | None) -> list[tuple[str, D, D]]:
    query = sa.select(JournalLine).where(JournalLine.entry_id == entry_id).order_by(JournalLine.position)
    return [(line.account.number, line.debit, line.credit) for line in session.scalars(query)]


def credit_note(row_id: int, net: str) -> Invoice:
    """A posted blank credit note of this net at 21 %."""
    draft = blank_credits.draft_credit_on(row_id, actor_id=user_of(Role.OFFICE).id)
    line = LineValues(description="Not delivered", amount=D(net), tax_rate=D(21), account_number="705000")
    drafts.save(draft.id, factories.draft_values(draft), [line], version=None)
    invoices.post([draft.id], actor_id=user_of(Role.OFFICE).id, today=TODAY)
    session.refresh(draft)
    return draft


def test_receivable_against_suspense_on_its_own_item(database: Flask) -> None:
    with writing(bulk=True):
        customer = factories.make_customer()
        first, second = take([values_of(customer), values_of(customer, number="C-9", total=D(-50), due=D(-50))])
    document, item = session.get_one(TakenOver, first), item_of(first)
    assert lines_of(document.entry_id) == [("400000", D(1000), D(0)), ("499000", D(0), D(1000))]
    assert (item.source_number, item.due_on, item.balance) == ("2025/117", dt.date(2026, 1, 2), D(1000))
    assert lines_of(session.get_one(TakenOver, second).entry_id) == [("400000", D(0), D(50)), ("499000", D(50), D(0))]
    assert (balance("400000"), balance("499000")) == (D(950), D(-950))
    assert checks.run() == []


def test_paid_in_part_and_in_full_then_unpaid(database: Flask) -> None:
    with writing(bulk=True):
        (row,) = take([values_of(factories.make_customer())])
    item = item_of(row)

    def pay(amount: D | None, on: dt.date = TODAY) -> int:
        parts = [PartValues(open_item_id=item.id)]
        values = payments.RegisterValues(paid_on=on, parts=parts, amount=amount)
        return payments.register(values, actor_id=None, today=TODAY).id

    with writing():
        pay(D(400))
        assert item_of(row).balance == D(600)
    with pytest.raises(DomainError, match="Money that came before it"), writing():
        pay(D(100), dt.date(2025, 12, 30))  # what came before the day of taking over was paid in the former program
    with writing():
        rest = pay(None)
        assert (item_of(row).balance, item_of(row).standing) == (D(0), Standing.SETTLED)
    with writing():
        payments.undo(rest, actor_id=None, today=TODAY)
    assert item_of(row).balance == D(600)
    assert checks.run() == []


def test_credited_up_to_what_is_due_the_rest_on_the_notes_own_item(database: Flask) -> None:
    with writing(bulk=True):
        (row,) = take([values_of(factories.make_customer(), total=D("1210.00"), due=D("100.00"))])
        note = credit_note(row, "100.00")
    assert lines_of(note.entry_id) == [
        ("400000", D(0), D(100)),
        ("400000", D(0), D(21)),
        ("705000", D(100), D(0)),
        ("451000", D(21), D(0)),
    ]
    item = item_of(row)
    assert (item.balance, item.credited) == (D(0), D(121))
    own = session.scalars(sa.select(OpenItem).where(OpenItem.kind == ItemKind.CREDIT_NOTE)).one()
    assert (own.balance, own.credits_item_id) == (D(-21), item.id)
    assert (note.number, note.total_with_tax, note.due_date) == ("NC-2600001", D(121), None)
    facts = session.scalars(sa.select(PrintedFacts.facts)).one()
    assert '"number":"2025/117"' in facts.replace('": "', '":"')
    assert "2025-12-03" in facts
    assert checks.run() == []


def test_not_credited_beyond_what_it_came_to(database: Flask) -> None:
    with writing(bulk=True):
        (row,) = take([values_of(factories.make_customer(), total=D("121.00"), due=D("121.00"))])
        credit_note(row, "60.00")
    with (
        pytest.raises(DomainError, match=r"72\.60 is more than the 48\.40 that is left of 2025/117"),
        writing(bulk=True),
    ):
        credit_note(row, "60.00")
    with writing(bulk=True):
        credit_note(row, "40.00")
    assert item_of(row).balance == D(0)


def test_a_credit_note_keeps_to_the_invoices_currency_and_days(database: Flask) -> None:
    with writing(bulk=True):
        document = values_of(
            factories.make_customer(), currency="USD", exchange_rate=D("0.92"), total=D(1210), due=D(1210)
        )
        (row,) = take([document])
    assert (balance("400000"), balance("499000")) == (D("1113.20"), D("-1113.20"))
    with writing(bulk=True):
        note = credit_note(row, "1000.00")
    assert note.currency == "USD"
    assert lines_of(note.entry_id)[0] == ("400000", D(0), D("1113.20"))
    assert balance("400000") == D(0)
    with writing(bulk=True):
        draft = blank_credits.draft_credit_on(row, actor_id=user_of(Role.OFFICE).id)
        line = LineValues(description="Again", amount=D(1), tax_rate=D(21), account_number="705000")
        values = factories.draft_values(draft, currency="EUR", exchange_rate=D(1))
        drafts.save(draft.id, values, [line], version=None)
    with pytest.raises(DomainError, match="bears the currency"), writing(bulk=True):
        invoices.post([draft.id], actor_id=1, today=TODAY)
    assert checks.run() == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"number": " "}, "number"),
        ({"number": "9" * 51}, "number"),
        ({"due": D(0)}, "due"),
        ({"due": D("1210.01")}, "due"),
        ({"due": D(-1)}, "due"),
        ({"total": D("10.005")}, "total"),
        ({"document_date": dt.date(2026, 1, 2)}, "document_date"),
        ({"due_date": dt.date(2025, 12, 1)}, "due_date"),
        ({"currency": "USD"}, "exchange_rate"),
        ({"exchange_rate": D("0.9")}, "exchange_rate"),
        ({"currency": "XYZ"}, "currency"),
        ({"structured_message": "+++123/4567/89012+++"}, "structured_message"),
        ({"reference": "r" * 251}, "reference"),
    ],
)
@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
def test_what_is_refused(database: Flask, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(DomainError) as caught:
        taken_over.checked(values_of(Customer(id=1), **changes), on=DAY)
    assert caught.value.field == field


def test_undone_as_a_whole_while_nothing_else_touched_it(database: Flask) -> None:
    with writing(bulk=True):
        customer = factories.make_customer()
        ids = take([values_of(customer, number=f"N{place}") for place in range(3)])
        other = take([values_of(customer, number="other")], import_id=8)
        part = PartValues(open_item_id=item_of(ids[1]).id)
        paid = payments.register(payments.RegisterValues(paid_on=TODAY, parts=[part]), actor_id=None, today=TODAY).id
    with pytest.raises(ConflictError, match="N1 has been paid or credited since"), writing():
        taken_over.undo(7, actor_id=None, today=TODAY)
    with writing():
        payments.undo(paid, actor_id=None, today=TODAY)
        assert taken_over.undo(7, actor_id=None, today=TODAY) == 3
    assert [item_of(row).balance for row in [*ids, *other]] == [D(0), D(0), D(0), D(1000)]
    assert balance("499000") == D(-1000)
    with writing():
        take([values_of(customer, number="N1")], import_id=9)  # the number is free again
    assert checks.run() == []


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
def test_the_same_number_of_a_customer_only_once(database: Flask) -> None:
    with writing(bulk=True):
        customer = factories.make_customer()
        take([values_of(customer)])
    with pytest.raises(sa.exc.IntegrityError), writing(bulk=True):
        take([values_of(customer)])
    assert balance("499000") == D(-1000)


def test_on_its_pages_it_is_paid_and_credited(database: Flask, client_for: Clients) -> None:
    with writing(bulk=True):
        customer = factories.make_customer()
        (row,) = take([values_of(customer)])
    item, office = item_of(row), client_for(Role.OFFICE)
    assert "2025/117" in office.get("/invoices/taken-over?tab=overdue").get_data(as_text=True)
    page = office.get(f"/invoices/taken-over/{row}").get_data(as_text=True)
    assert "Register payment" in page
    register = f"/payments/register?open_item_id={item.id}"
    assert 'value="1000' in office.get(register).get_data(as_text=True)
    answer = office.post(
        register,
        data={
            "open_item_id": item.id,
            "paid_on": "2026-03-01",
            "amount": "400",
            "settles": "typed",
            "method": "",
            "bank_account_id": "",
        },
    )
    assert (answer.status_code, answer.location) == (303, f"/invoices/taken-over/{row}")
    assert "Payment" in office.get(f"/payments/of-item/{item.id}").get_data(as_text=True)
    assert "Taken over" in office.get(f"/ledger/of/taken_over/{row}").get_data(as_text=True)
    answer = office.post(f"/invoices/taken-over/{row}/credit")
    draft = str(answer.location)
    assert "of the former program" in office.get(draft).get_data(as_text=True)
    review = office.get(draft.replace("edit", "review")).get_data(as_text=True)
    assert "2025/117" in review
    answer = office.post(draft.replace("edit", "post"))
    assert answer.status_code == 303
    assert "2025/117" in office.get(draft.replace("/edit", "")).get_data(as_text=True)
    session.remove()
    assert item_of(row).balance == D(0)
    assert checks.run() == []


def test_a_credit_note_on_an_invoice_that_was_not_taken_over(database: Flask, client_for: Clients) -> None:
    with writing():
        customer = factories.make_customer()
    office = client_for(Role.OFFICE)
    data = {"customer_id": f"{customer.name} #{customer.id}", "number": "OLD-3", "document_date": "2025-11-03"}
    assert office.post("/invoices/new-credit", data=data | {"document_date": "2099-01-01"}).status_code == 422
    draft = str(office.post("/invoices/new-credit", data=data).location)
    invoice_id = int(draft.split("/")[2])
    line = LineValues(description="Back", amount=D(10), tax_rate=D(21), account_number="705000")
    with writing():
        invoice = session.get_one(Invoice, invoice_id)
        drafts.save(invoice_id, factories.draft_values(invoice), [line], version=None)
        invoices.post([invoice_id], actor_id=1, today=TODAY)
    own = session.scalars(sa.select(OpenItem).where(OpenItem.kind == ItemKind.CREDIT_NOTE)).one()
    assert own.balance == D("-12.10")
    assert checks.run() == []


def test_a_page_costs_the_same_whatever_its_length(
    database: Flask, client_for: Clients, count_queries: Callable[[], Any]
) -> None:
    client, taken = client_for(Role.OFFICE), []
    for extra in (2, 45):
        with writing(bulk=True):
            customer = factories.make_customer()
            take([values_of(customer, number=f"{extra}-{place}") for place in range(extra)])
        client.get("/invoices/taken-over")
        with count_queries() as statements:
            assert client.get("/invoices/taken-over?tab=all").status_code == 200
        taken.append(len(statements))
    assert taken[0] == taken[1]
