"""Reports as files: the rows of the page in its order, CSV and XLSX alike, harmless in a spreadsheet, for who sees the page."""

import csv
import datetime as dt
import io
from collections.abc import Callable
from decimal import Decimal as D
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook

from fsm.core import formats
from fsm.core.db import session, writing
from fsm.invoices import from_orders
from fsm.invoices import services as invoices
from fsm.ledger.models import Account
from fsm.service_orders.models import OrderState
from fsm.users.models import Role, User
from tests import factories
from tests.conftest import user_of
from tests.home.books import pay
from tests.users.test_lists import on_page

pytestmark = pytest.mark.database
Clients = Callable[..., FlaskClient]
EVIL = '=HYPERLINK("http://x","y")'
MARCH_12 = dt.date(2026, 3, 12)
MARCH = "from=2026-03-01&to=2026-03-31"
PAGES = {
    "trial": f"/reports/trial-balance?{MARCH}",
    "account": f"/ledger/account/700000?{MARCH}",
    "aged": "/reports/aged-receivables?sort=-1-30",
    "items": "/reports/open-items?bucket=overdue",
    "sales": f"/reports/sales?{MARCH}",
    "months": "/reports/sales?from=2026-01-15&to=2026-12-31&by=month",
    "customers": f"/reports/sales?{MARCH}&by=customer",
    "accounts": f"/reports/sales?{MARCH}&by=account",
    "collected": f"/reports/collected?{MARCH}",
    "margins": f"/reports/job-margins?{MARCH}&sort=-net",
    "technicians": f"/reports/technicians?{MARCH}",
    "technician": f"/reports/technicians?{MARCH}&technician_id=",
    "days": f"/reports/days-to-invoice?{MARCH}&sort=date",
}
ONLY_IN_FILES = {"Cost of hours", "Cost of parts", "Hours of the working week", "Currency", "Open in EUR"}


@pytest.fixture
def busy_march(database: Flask) -> None:
    """Two customers, three jobs, a credit note, a payment, dollars, hours not to bill; names that are formulas."""
    office, technician = user_of(Role.OFFICE), user_of(Role.TECHNICIAN)
    with writing(bulk=True):
        session.get_one(User, technician.id).name = EVIL
        session.scalars(sa.select(Account).where(Account.number == "700000")).one().name = EVIL
        rate, item = factories.make_rate(), factories.make_item()
        evil, other = factories.make_customer(name=EVIL), factories.make_customer(name="Zonnebloem")
        for place, customer in enumerate((evil, evil, other)):
            moment = dt.datetime(2026, 3, 2 + place, 11, tzinfo=dt.UTC)
            order = factories.make_order(
                factories.make_site(customer, name=f"Site {place}"),
                state=OrderState.DONE,
                done_at=moment,
                validated_at=moment,
            )
            factories.make_time(order, technician, rate, moment, minutes=90 + place)
            factories.make_time(
                order, technician, rate, moment + dt.timedelta(hours=3), minutes=20, not_to_bill_reason=EVIL
            )
            factories.make_part(order, technician, item, D(2))
            draft = from_orders.draft_from_orders([order.id], actor_id=office.id)
            draft.invoice_date, draft.days_due = dt.date(2026, 3, 10 + place), 8
            session.flush()
            invoices.post([draft.id], actor_id=office.id, today=factories.TODAY)
        factories.make_posted_credit(factories.make_posted_invoice(evil, days_due=1, on=MARCH_12), on=MARCH_12)
        factories.make_posted_invoice(other, currency="USD", exchange_rate=D("0.92"), days_due=3, on=MARCH_12)
        pay(factories.make_posted_invoice(evil, lines=(("100.00", 6),), on=MARCH_12), "60.00")


def address_of(name: str) -> str:
    return PAGES[name] + (str(user_of(Role.TECHNICIAN).id) if name == "technician" else "")


def file(client: FlaskClient, address: str, kind: str) -> bytes:
    answer = client.get(f"{address}{'&' if '?' in address else '?'}format={kind}")
    assert answer.status_code == 200
    assert f".{kind}" in answer.headers["Content-Disposition"]
    return answer.data


def shown(head: str, value: Any) -> str:  # noqa: PLR0911 - one for each kind
    """A value of a file as the page prints it; nothing where the page says nothing."""
    match value:
        case None | "":
            return ""
        case dt.datetime() if (value.hour, value.minute) == (0, 0):
            return formats.day(value.date())
        case dt.datetime():
            return f"{value:%a} {value.day} {value:%b} {value:%H:%M}"
        case str():
            return formats.month_name(dt.date.fromisoformat(f"{value}-01")) if head == "Month" else value
    if "percent" in head:
        return formats.percent(D(str(value)))
    if "hours" in head.lower():
        return formats.hours(round(value * 60))
    return str(value) if "Days" in head else formats.money(D(str(value)))


def without_zeros(words: list[str]) -> list[str]:
    """A page leaves out some of its zeros."""
    plain = [word.replace("USD\N{NO-BREAK SPACE}", "") for word in words]
    return [word for word in plain if word not in {"", "0.00", "0 min"} and not word.startswith("hours ")]


@pytest.mark.usefixtures("busy_march")
def test_page_and_files_show_the_same(database: Flask, client_for: Clients) -> None:
    client = client_for(Role.MANAGER)
    for name in PAGES:
        compare(database, client, name)


def compare(database: Flask, client: FlaskClient, name: str) -> None:
    address = address_of(name)
    page = on_page(client.get(address).get_data(as_text=True))
    assert page, name
    heads, *rows = load_workbook(io.BytesIO(file(client, address, "xlsx"))).active.iter_rows(values_only=True)
    keeps = [place for place, head in enumerate(heads) if head not in ONLY_IN_FILES]
    with database.test_request_context():
        in_sheet = [without_zeros([shown(heads[place], row[place]) for place in keeps]) for row in rows]
    foot = in_sheet[len(page) :]
    assert in_sheet[: len(page)] == [without_zeros(words) for words in page], name
    assert [row[0] for row in foot] == (["Total"] if name == "trial" else [])
    in_csv = list(csv.reader(io.StringIO(file(client, address, "csv").decode("utf-8-sig"))))
    assert in_csv[0] == list(heads)
    assert [[number(word) for word in row] for row in in_csv[1:]] == [[number(value) for value in row] for row in rows]


def number(value: Any) -> Any:
    """A value of either file, comparable."""
    if isinstance(value, dt.datetime):
        return f"{value:%Y-%m-%d}" if (value.hour, value.minute) == (0, 0) else f"{value:%Y-%m-%d %H:%M}"
    text = str(value if value is not None else "").removeprefix("'")
    try:
        return D(text)
    except ArithmeticError:
        return text


def test_a_name_that_is_a_formula_is_harmless(busy_march: None, client_for: Clients) -> None:
    client = client_for(Role.MANAGER)
    for name in PAGES.keys() - {"months", "account"}:
        address = address_of(name)
        in_csv = list(csv.reader(io.StringIO(file(client, address, "csv").decode("utf-8-sig"))))
        assert {word for row in in_csv for word in row if "HYPERLINK" in word} == {f"'{EVIL}"}, name
        cells = [cell for row in load_workbook(io.BytesIO(file(client, address, "xlsx"))).active for cell in row]
        assert {(cell.data_type, cell.quotePrefix) for cell in cells if cell.value == EVIL} == {("s", True)}, name


def test_files_are_for_those_who_see_the_page(busy_march: None, client_for: Clients) -> None:
    client = client_for(Role.TECHNICIAN)
    for name in PAGES:
        for kind in ("csv", "xlsx"):
            address = address_of(name)
            assert client.get(f"{address}{'&' if '?' in address else '?'}format={kind}").status_code == 403, name
    accountant = client_for(Role.ACCOUNTANT)
    assert accountant.get(f"{PAGES['trial']}&format=xlsx").status_code == 200
    assert accountant.get(f"{PAGES['margins']}&format=xlsx").status_code == 403


def test_csv_as_the_users_spreadsheet_expects_it(busy_march: None, client_for: Clients) -> None:
    client = client_for(Role.MANAGER)
    client.post("/profile", data={"name": "M", "email": "manager@test.example", "locale": "fr", "version": "1"})
    text = file(client, PAGES["customers"], "csv").decode("utf-8-sig")
    assert "Zonnebloem;1044,45" in text.splitlines()


def test_more_rows_than_a_page_has_and_more_than_a_file_may(
    busy_march: None, client_for: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file has all pages; one that would be too long is refused, not cut off."""
    monkeypatch.setattr("fsm.reports.pages.FILE_PAGE", 2)
    client = client_for(Role.MANAGER)
    rows = on_page(client.get(PAGES["sales"]).get_data(as_text=True))
    assert len(rows) > 2
    assert len(file(client, PAGES["sales"], "csv").splitlines()) == len(rows) + 1
    monkeypatch.setattr("fsm.users.list_pages.MOST_EXPORTED", 2)
    refused = client.get(f"{PAGES['sales']}&format=csv")
    assert refused.status_code == 422
    assert "more than 100,000 rows" in refused.get_data(as_text=True)
