"""The pages of the books: who sees them, what they show, filters, paging, running balance, closing and reopening."""

import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal as D
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from fsm.core.db import session, writing
from fsm.ledger import accounts, queries, services
from fsm.ledger.models import ItemKind, Journal, JournalEntry, MovementRole, OpenItem, Period
from fsm.ledger.posting import EntryDraft, NewItem, credit, debit
from fsm.users.models import Role
from tests.factories import make_customer

pytestmark = pytest.mark.database
MARCH = dt.date(2025, 3, 10)
APRIL = dt.date(2025, 4, 15)
ClientFor = Callable[..., FlaskClient]


def sale(customer_id: int, source_id: int, on: dt.date = MARCH, net: D = D("200.00")) -> EntryDraft:
    """Accounting.md 5: 200 net at 21 %."""
    tax = (net * 21 / 100).quantize(D("0.01"))
    number = f"FA-25{source_id:05d}"
    item = NewItem(ItemKind.INVOICE, source_id, number, customer_id, on, on, "EUR")
    return EntryDraft(
        journal=Journal.SALES,
        entry_date=on,
        narration=f"{number} Bakkerij Peeters",
        source_kind="invoice",
        source_id=source_id,
        source_number=number,
        customer_id=customer_id,
        issues_document=True,
        lines=(
            debit("400000", net + tax, item=item, role=MovementRole.INVOICED),
            credit("705000", net, grid="03"),
            credit("451000", tax, grid="54"),
        ),
    )


def receipt(item_id: int, source_id: int, amount: D, on: dt.date = APRIL) -> EntryDraft:
    return EntryDraft(
        journal=Journal.BANK,
        entry_date=on,
        narration="Payment",
        source_kind="payment",
        source_id=source_id,
        source_number=f"payment {source_id}",
        lines=(debit("550000", amount), credit("400000", amount, item=item_id, role=MovementRole.PAID)),
    )


@pytest.fixture
def entry_ids(database: Flask) -> list[int]:
    """Two sales in March, one paid in April, one reversed."""
    with writing():
        customer_id = make_customer().id
        ids = services.post([sale(customer_id, 1), sale(customer_id, 2)], actor_id=None)
        item_id = session.scalars(sa.select(OpenItem.id).where(OpenItem.source_id == 1)).one()
        ids += services.post([receipt(item_id, 7, D("242.00"))], actor_id=None)
        ids += services.reverse([ids[1]], today=APRIL, actor_id=None)
    return ids


def rows(page: str) -> int:
    """How many rows the tables of a page have."""
    return len(re.findall(r"<tr role=\"row\"", page.partition("<tbody")[2]))


def test_who_reads_the_books(entry_ids: list[int], client_for: ClientFor) -> None:
    allowed = {
        Role.MANAGER: (200, 200, 200, 200, 200),
        Role.ACCOUNTANT: (200, 200, 200, 200, 200),
        Role.OFFICE: (403, 200, 200, 403, 403),
        Role.TECHNICIAN: (403, 403, 403, 403, 403),
    }
    pages = ("", f"/{entry_ids[0]}", "/of/invoice/1", "/account/400000", "/periods")
    for role, statuses in allowed.items():
        client = client_for(role)
        assert tuple(client.get(f"/ledger{page}").status_code for page in pages) == statuses, role


def test_the_journal_filters(entry_ids: list[int], client_for: ClientFor) -> None:
    client = client_for(Role.MANAGER)

    def count(query: str) -> int:
        answer = client.get(f"/ledger{query}")
        assert answer.status_code == 200
        return rows(answer.get_data(as_text=True))

    assert count("") == 4
    assert count("?journal=bank") == 1
    assert count("?journal=sales") == 3
    assert count("?journal=nonsense") == 4
    assert count("?from=2025-03-01&to=2025-03-31") == 3  # the reversal bears the date of its entry
    assert count("?from=2025-04-01") == 1
    assert count("?account=550000") == 1
    assert count("?account=400000&from=2025-04-01&to=2025-04-30") == 1
    assert count("?account=705000") == 3
    assert count("?q=FA-2500001") == 1
    assert count("?q=fa-2500002") == 2
    assert count("?q=3") == 1  # the third entry of the sales journal
    assert count("?customer=99999") == 0
    assert count("?customer=999999999999999999999999") == 4  # no id at all


def test_pages_by_key_newest_first(database: Flask) -> None:
    with writing(bulk=True):
        customer_id = make_customer().id
        days = [MARCH + dt.timedelta(days=place % 3) for place in range(120)]
        services.post([sale(customer_id, place + 1, day) for place, day in enumerate(days)], actor_id=None)
    for wanted, journal in (
        (queries.EntryFilter(), None),
        (queries.EntryFilter(first_day=MARCH, last_day=APRIL), None),
        (queries.EntryFilter(account_number="400000"), None),
        (queries.EntryFilter(account_number="400000", first_day=MARCH, last_day=APRIL), Journal.SALES),
    ):
        seen: list[JournalEntry] = []
        cursor = None
        while True:
            page = queries.entries(wanted, cursor, journal=journal)
            seen += [row.entry for row in page.rows]
            if (cursor := page.next) is None:
                break
        keys = [(entry.entry_date, entry.id) if wanted.first_day else (entry.id,) for entry in seen]
        assert len(keys) == 120
        assert keys == sorted(keys, reverse=True)


def test_a_page_of_the_journal_takes_few_queries(
    entry_ids: list[int], client_for: ClientFor, count_queries: Callable[[], Any]
) -> None:
    client = client_for(Role.MANAGER)
    with count_queries() as few:
        client.get("/ledger")
    with writing(bulk=True):
        customer_id = make_customer(name="Slagerij").id
        services.post([sale(customer_id, place) for place in range(100, 140)], actor_id=None)
    with count_queries() as many:
        client.get("/ledger")
    assert len(many) == len(few)


def test_an_entry_shows_lines_totals_and_links(entry_ids: list[int], client_for: ClientFor) -> None:
    client = client_for(Role.MANAGER)
    page = client.get(f"/ledger/{entry_ids[1]}").get_data(as_text=True)
    for text in ("400000", "705000", "451000", "242.00", "200.00", "42.00", "03", "54", "FA-2500002", "Reversed by"):
        assert text in page
    assert f"/ledger/{entry_ids[3]}" in page
    assert "This reverses" in (reversal := client.get(f"/ledger/{entry_ids[3]}").get_data(as_text=True))
    assert f"/ledger/{entry_ids[1]}" in reversal
    entry = session.get_one(JournalEntry, entry_ids[1])
    assert entry.hash in page
    assert client.get("/ledger/999999").status_code == 404


def test_entries_of_a_document_include_its_payments(entry_ids: list[int], client_for: ClientFor) -> None:
    client = client_for(Role.OFFICE)
    page = client.get("/ledger/of/invoice/1", headers={"HX-Request": "true"}).get_data(as_text=True)
    assert [f"/ledger/{entry_id}" in page for entry_id in entry_ids] == [True, False, True, False]
    assert "<html" not in page
    assert "<html" in client.get("/ledger/of/invoice/1").get_data(as_text=True)
    assert "Nothing in the journal" in client_for(Role.OFFICE).get("/ledger/of/quote/1").get_data(as_text=True)


def test_the_running_balance_goes_on_from_page_to_page(database: Flask) -> None:
    with writing(bulk=True):
        customer_id = make_customer().id
        services.post([sale(customer_id, 1, dt.date(2025, 1, 5))], actor_id=None)
        days = [dt.date(2025, 2 + place // 60, 1 + place % 28) for place in range(120)]
        services.post([sale(customer_id, place + 2, day) for place, day in enumerate(days)], actor_id=None)
    row = accounts.account("400000")
    months = accounts.month_range(dt.date(2025, 2, 1), dt.date(2025, 3, 31), MARCH)
    assert accounts.opening_balance(row, months) == D("242.00")
    balances: list[D] = []
    cursor, first_cursors = None, []
    while True:
        page = accounts.account_lines(row, months, cursor)
        balances += [line.balance for line in page.rows]
        first_cursors.append(page.previous)
        if (cursor := page.next) is None:
            break
    assert balances == [D("242.00") * place for place in range(2, 122)]
    back = accounts.account_lines(row, months, first_cursors[-1])
    assert [line.balance for line in back.rows] == balances[50:100]


def test_income_starts_anew_each_fiscal_year(database: Flask) -> None:
    with writing():
        customer_id = make_customer().id
        services.post(
            [sale(customer_id, 1, dt.date(2025, 12, 1)), sale(customer_id, 2, dt.date(2026, 2, 1))], actor_id=None
        )
    months = accounts.month_range(dt.date(2026, 3, 1), dt.date(2026, 3, 31), MARCH)
    assert accounts.opening_balance(accounts.account("705000"), months) == D("-200.00")
    assert accounts.opening_balance(accounts.account("400000"), months) == D("484.00")
    assert (months.year.name, months.first_day, months.last_day) == ("2026", dt.date(2026, 3, 1), dt.date(2026, 3, 31))
    across = accounts.month_range(dt.date(2025, 11, 1), dt.date(2026, 3, 31), MARCH)
    assert (across.first_day, across.last_day) == (dt.date(2025, 11, 1), dt.date(2025, 12, 31))


def test_the_account_page(entry_ids: list[int], client_for: ClientFor) -> None:
    client = client_for(Role.ACCOUNTANT)
    page = client.get("/ledger/account/400000?from=2025-03-01&to=2025-04-30").get_data(as_text=True)
    assert rows(page) == 4
    assert "484.00" in page
    assert client.get("/ledger/account/999999").status_code == 404
    chart = client.get("/ledger/accounts").get_data(as_text=True)
    assert re.search(r"550000</a>.*?242\.00", chart, re.DOTALL)  # the bank's balance stays from the beginning


def test_closing_and_reopening(entry_ids: list[int], client_for: ClientFor) -> None:
    march = session.scalars(sa.select(Period.id).where(Period.first_day == dt.date(2025, 3, 1))).one()
    close, reopen = f"/ledger/periods/{march}/close", f"/ledger/periods/{march}/reopen"
    assert client_for(Role.ACCOUNTANT).post(close).status_code == 403
    assert client_for(Role.OFFICE).post(close).status_code == 403
    client = client_for(Role.MANAGER)
    assert client.post(close).status_code == 303
    session.rollback()
    assert session.get_one(Period, march).closed_at is not None
    assert client.post(close).status_code == 409
    assert client.get(reopen).status_code == 200
    refused = client.post(reopen, data={"reason": " "})
    assert refused.status_code == 422
    assert "Say why it is reopened" in refused.get_data(as_text=True)
    session.rollback()
    assert session.get_one(Period, march).closed_at is not None
    assert client.post(reopen, data={"reason": "Forgotten invoice"}).status_code == 303
    session.rollback()
    assert session.get_one(Period, march).closed_at is None
    assert "Forgotten invoice" in client.get(reopen).get_data(as_text=True)
    assert client.post(reopen, data={"reason": "Again"}).status_code == 409
