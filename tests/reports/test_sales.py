"""Sales and money in: months, parts of months and rows agree to the cent; who sees them; what they cost to read."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal as D
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from fsm.core.db import writing
from fsm.reports import receivables, sales
from fsm.reports.receivables import Wanted
from fsm.users.models import Role
from tests import factories
from tests.home.books import keep_books, pay

pytestmark = pytest.mark.database
ClientFor = Callable[..., FlaskClient]
DAY = dt.date(2026, 3, 20)
MARCH = (dt.date(2026, 3, 1), dt.date(2026, 3, 31))


@pytest.fixture
def three_months(database: Flask) -> dict[str, int]:
    """January 1000.00 at 21 %; February 200.00 at 6 % of another; March 1000 USD at 0.92, of which a half is credited."""
    with writing(bulk=True):
        first, second = factories.make_customer(), factories.make_customer(name="Zonnebloem")
        january = factories.make_posted_invoice(first, on=dt.date(2026, 1, 10))
        factories.make_posted_invoice(second, on=dt.date(2026, 2, 28), lines=(("200.00", 6),), days_due=1)
        dollars = {"currency": "USD", "exchange_rate": D("0.92")}
        factories.make_posted_invoice(first, on=dt.date(2026, 3, 2), days_due=1, **dollars)
        factories.make_posted_credit(january, on=dt.date(2026, 3, 3))
        pay(factories.make_posted_invoice(second, on=DAY, lines=(("100.00", 21),), days_due=1), "50.00")
    return {"first": first.id, "second": second.id}


def test_months_and_days(three_months: dict[str, int]) -> None:
    """Net 1000.00, 200.00, 920.00 - 1000.00 + 100.00; with VAT 1210.00, 212.00, 1113.20 - 1210.00 + 121.00."""
    of = sales.accounts()
    found = sales.by_month(of, dt.date(2026, 1, 1), dt.date(2026, 3, 1))
    assert [(found[month].net, found[month].total, found[month].collected) for month in sorted(found)] == [
        (D("1000.00"), D("1210.00"), D(0)),
        (D("200.00"), D("212.00"), D(0)),
        (D("20.00"), D("24.20"), D("50.00")),
    ]
    assert sales.between(of, dt.date(2026, 1, 1), dt.date(2026, 3, 31)).total == D("1446.20")
    # From the middle of a month to the middle of another: February whole, two days of March.
    assert sales.between(of, dt.date(2026, 1, 11), dt.date(2026, 3, 2)).net == D("1120.00")
    assert sales.between(of, dt.date(2026, 3, 3), dt.date(2026, 3, 19)).net == D("-1000.00")
    assert sales.between(of, *MARCH).collected == D("50.00")


def test_rows_add_up(three_months: dict[str, int]) -> None:
    of = sales.accounts()
    rows = sales.entries(of, of.sales, *MARCH).rows
    assert [row.amounts.total for row in rows] == [D("121.00"), D("-1210.00"), D("1113.20")]
    assert [row.amounts.collected for row in sales.entries(of, of.money, *MARCH).rows] == [D("50.00")]
    own = sales.entries(of, of.sales, *MARCH, three_months["second"]).rows
    assert [row.amounts.net for row in own] == [D("100.00")]
    year = (dt.date(2026, 1, 1), dt.date(2026, 12, 31))
    assert [(row.name, row.net) for row in sales.by_customer(of, *year).rows] == [
        ("Bakkerij Peeters", D("920.00")),
        ("Zonnebloem", D("300.00")),
    ]
    assert sales.of_customer(of, *year, three_months["second"]).net == D("300.00")
    assert [(row.number, row.net) for row in sales.by_account(of, *year)] == [("705000", D("1220.00"))]


def test_ages_of_open_items(three_months: dict[str, int]) -> None:
    """Due after a day, on 1 April: 1113.20 is 29 days late, 212.00 31 days, 71.00 of 121.00 11 days."""
    today = dt.date(2026, 4, 1)
    aged = receivables.aged(today)
    assert {name: (found.count, found.value) for name, found in aged.items() if found.count} == {
        "1-30": (2, D("1184.20")),
        "31-60": (1, D("212.00")),
    }
    for name, found in aged.items():
        wanted = Wanted(bucket=name)
        rows = receivables.items(wanted, today).rows
        assert (len(rows), sum((row.item.balance_eur for row in rows), D(0))) == (found.count, found.value)
        assert receivables.items_sum(wanted, today) == found
    rows = receivables.by_customer(today).rows
    assert [(row.name, row.owed, row.buckets["31-60"]) for row in rows] == [
        ("Bakkerij Peeters", D("1113.20"), D(0)),
        ("Zonnebloem", D("283.00"), D("212.00")),
    ]
    assert next(row.name for row in receivables.by_customer(today, sort="31-60").rows) == "Zonnebloem"
    assert receivables.items_sum(Wanted(bucket="overdue"), today) == receivables.Sum(3, D("1396.20"))


PAGES = (
    "/reports/sales?from=2026-01-01&to=2026-12-31",
    "/reports/sales?from=2026-01-15&to=2026-12-31&by=month",
    "/reports/sales?from=2026-01-01&to=2026-12-31&by=customer",
    "/reports/sales?from=2026-01-01&to=2026-12-31&by=account",
    "/reports/collected?from=2026-01-01&to=2026-12-31",
    "/reports/aged-receivables",
    "/reports/open-items",
)


def test_pages_files_and_their_cost(database: Flask, client_for: ClientFor, count_queries: Callable[[], Any]) -> None:
    """The same number of queries for empty books and full ones; each page as a file; closed to technicians."""
    client = client_for(Role.ACCOUNTANT)
    few: dict[str, int] = {}
    for page in PAGES:
        with count_queries() as found:
            assert client.get(page).status_code == 200
        few[page] = len(found)
        assert client_for(Role.TECHNICIAN).get(page).status_code == 403
    keep_books()
    for page in PAGES:
        with count_queries() as found:
            assert client.get(page).status_code == 200
        assert len(found) <= few[page] + 2, (page, found)  # the lines of the rows, and their customers' names
        file = client.get(page + ("&" if "?" in page else "?") + "format=csv")
        assert file.mimetype == "text/csv"
        assert len(file.get_data(as_text=True).splitlines()) > 1, page
    assert client.get("/reports/sales?after=nonsense&from=2026-01-01").status_code == 404
