"""The trial balance: figures of accounting.md 5 added up, fiscal years, months, links, CSV."""

import csv
import datetime as dt
import io
from collections.abc import Callable
from decimal import Decimal as D
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from fsm.core import csv_file
from fsm.core.db import writing
from fsm.ledger import accounts as ledger
from fsm.ledger import services
from fsm.ledger.models import ItemKind, Journal, MovementRole
from fsm.ledger.posting import EntryDraft, NewItem, credit, debit
from fsm.reports import queries
from fsm.users.models import Role
from tests.factories import make_customer

pytestmark = pytest.mark.database


@pytest.fixture
def books(database: Flask) -> None:
    """Sales of 200 net at 21 % in November 2025, January and March 2026."""
    with writing():
        customer_id = make_customer(name="=HYPERLINK()").id
        drafts = []
        for place, on in enumerate((dt.date(2025, 11, 3), dt.date(2026, 1, 3), dt.date(2026, 3, 3)), start=1):
            item = NewItem(ItemKind.INVOICE, place, f"FA-{place}", customer_id, on, on, "EUR")
            lines = (
                debit("400000", D("242.00"), item=item, role=MovementRole.INVOICED),
                credit("705000", D("200.00"), grid="03"),
                credit("451000", D("42.00"), grid="54"),
            )
            drafts.append(EntryDraft(Journal.SALES, on, "Sale", "invoice", place, f"FA-{place}", lines, customer_id))
        services.post(drafts, actor_id=None)


def balance(first: dt.date, last: dt.date) -> dict[str, tuple[D, D, D, D]]:
    found = queries.trial_balance(ledger.month_range(first, last, first))
    assert found.debit == found.credit
    assert found.opening == found.closing == 0
    rows = {row.number: (row.opening, row.debit, row.credit, row.closing) for row in found.rows}
    return rows | (
        {"earlier": (found.earlier_result, D(0), D(0), found.earlier_result)} if found.earlier_result else {}
    )


def test_a_fiscal_year(books: None) -> None:
    assert balance(dt.date(2026, 1, 1), dt.date(2026, 12, 31)) == {
        "400000": (D("242.00"), D("484.00"), D(0), D("726.00")),
        "451000": (D("-42.00"), D(0), D("84.00"), D("-126.00")),
        "705000": (D(0), D(0), D("400.00"), D("-400.00")),
        "earlier": (D("-200.00"), D(0), D(0), D("-200.00")),
    }


def test_months_within_a_year(books: None) -> None:
    """Income before the months but within the year is in their opening; that of the year before is not."""
    assert balance(dt.date(2026, 2, 1), dt.date(2026, 3, 31)) == {
        "400000": (D("484.00"), D("242.00"), D(0), D("726.00")),
        "451000": (D("-84.00"), D(0), D("42.00"), D("-126.00")),
        "705000": (D("-200.00"), D(0), D("200.00"), D("-400.00")),
        "earlier": (D("-200.00"), D(0), D(0), D("-200.00")),
    }


def test_the_first_year_has_no_earlier_result(books: None) -> None:
    assert balance(dt.date(2025, 1, 1), dt.date(2025, 10, 31)) == {}
    assert balance(dt.date(2025, 11, 1), dt.date(2025, 11, 30)) == {
        "400000": (D(0), D("242.00"), D(0), D("242.00")),
        "451000": (D(0), D(0), D("42.00"), D("-42.00")),
        "705000": (D(0), D(0), D("200.00"), D("-200.00")),
    }


def test_every_figure_leads_to_its_lines(books: None, client_for: Callable[..., FlaskClient]) -> None:
    client = client_for(Role.ACCOUNTANT)
    page = client.get("/reports/trial-balance?from=2026-02-01&to=2026-03-31").get_data(as_text=True)
    link = "/ledger/account/400000?from=2026-02-01&amp;to=2026-03-31"
    assert page.count(link) == 4  # the number, opening, debit, closing
    lines = client.get(link.replace("&amp;", "&")).get_data(as_text=True)
    for figure in ("484.00", "242.00", "726.00"):
        assert figure in page
        assert figure in lines
    assert client_for(Role.OFFICE).get("/reports/trial-balance").status_code == 403


def test_it_reads_no_line(
    books: None, client_for: Callable[..., FlaskClient], count_queries: Callable[[], Any]
) -> None:
    client = client_for(Role.MANAGER)
    with count_queries() as statements:
        assert client.get("/reports/trial-balance").status_code == 200
    assert not [statement for statement in statements if "journal_line" in statement]
    assert len([statement for statement in statements if "account_month" in statement]) == 1


def test_csv(books: None, client_for: Callable[..., FlaskClient]) -> None:
    answer = client_for(Role.MANAGER).get("/reports/trial-balance?from=2026-01-01&to=2026-12-31&format=csv")
    assert answer.mimetype == "text/csv"
    assert "filename=trial-balance-2026-01-01-2026-12-31.csv" in answer.headers["Content-Disposition"]
    table = list(csv.reader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff"))))
    assert table[0] == ["Account", "Name", "Opening", "Debit", "Credit", "Closing"]
    assert table[1] == ["400000", "Customers", "242.00", "484.00", "0.00", "726.00"]
    assert table[-1] == ["", "Total", "0.00", "484.00", "484.00", "0.00"]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("=1+1", "'=1+1"),
        ("+32 9", "'+32 9"),
        ("-x", "'-x"),
        ("@SUM", "'@SUM"),
        ("\tx", "'\tx"),
        (D("-12.00"), "-12.00"),
        ("Peeters", "Peeters"),
        (None, ""),
    ],
)
def test_cells_are_no_formulas(cell: object, text: str) -> None:
    assert csv_file.safe(cell) == text
