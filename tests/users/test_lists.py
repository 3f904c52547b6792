"""Declared lists: the page and its files show the same, saved filters are one's own, many rows cost few statements."""

import csv
import datetime as dt
import io
from collections.abc import Callable
from decimal import Decimal as D
from typing import Any
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from lxml import html
from openpyxl import load_workbook

from fsm.core import audit, formats
from fsm.core.db import session, writing
from fsm.core.lists import MOST_SORTS, ListSpec
from fsm.invoices import services
from fsm.invoices.models import Invoice
from fsm.service_orders.models import OrderState
from fsm.users import saved_lists
from fsm.users.models import Role, SavedFilter
from fsm.users.permissions import PERMISSIONS
from tests import factories
from tests.conftest import user_of
from tests.home.books import keep_books

pytestmark = pytest.mark.database
Clients = Callable[..., FlaskClient]
TODAY = dt.date(2026, 3, 20)
ROLE = {"ledger": Role.MANAGER, "users": Role.MANAGER, "webhook_deliveries": Role.ADMINISTRATOR}


def lists(app: Flask) -> list[ListSpec]:
    found: dict[str, ListSpec] = app.extensions["lists"]
    return list(found.values())


def printed(value: Any) -> str:
    """A cell of a spreadsheet as a page prints it in English."""
    match value:
        case None:
            return ""
        case dt.datetime() if (value.hour, value.minute) == (0, 0):
            return formats.day(value.date())
        case dt.datetime():
            return f"{formats.day(value.date())}, {value:%H:%M}"
        case int() | float():
            return formats.money(D(str(value)))
    return str(value)


def plain(word: str) -> str:
    """A cell of a page without currency and per cent sign."""
    word = word.replace("USD\N{NO-BREAK SPACE}", "")
    return formats.money(D(word[:-2])) if word.endswith("%") else word


def on_page(text: str) -> list[list[str]]:
    """Heads, then the cells of each row; what stands small below a value is a cell of its own."""
    table = html.fromstring(text).find(".//table")
    if table is None:
        return []
    rows = []
    for row in table.iterfind("tbody/tr"):
        cells = []
        for one in row.iterfind("td"):
            if "tick" in one.get("class"):
                continue
            small = one.find("small")
            below = small.text_content() if small is not None else ""
            cells.append((one.text_content().removesuffix(below).strip(), below.strip()))
        rows.append([part for pair in cells for part in pair if part])
    return rows


def test_page_and_files_show_the_same(database: Flask, client_for: Clients) -> None:
    """Every list, every tab: the same rows in the same order with the same values; and at most four sorts."""
    keep_books()
    shown = 0
    for spec in lists(database):
        client = client_for(ROLE.get(spec.name, Role.OFFICE))
        for tab in {**spec.tabs, **spec.more_tabs} or {"": ""}:
            assert len(spec.sorts(tab)) <= MOST_SORTS
            address = urlencode({"tab": tab} if tab else {"q": ""})
            with database.test_request_context():
                path = database.url_for(spec.endpoint)
            rows = on_page(client.get(f"{path}?{address}").get_data(as_text=True))
            answer = client.get(f"{path}/export?{address}&format=xlsx")
            sheet = load_workbook(io.BytesIO(answer.data)).active
            assert sheet.freeze_panes == "A2"
            heads, *cells = sheet.iter_rows(values_only=True)
            money = {place for place, head in enumerate(heads) if head == "Currency"}
            with database.test_request_context():
                in_sheet = [
                    [word for place, value in enumerate(row) if place not in money and (word := printed(value))]
                    for row in cells
                ]
            bare = [[plain(word) for word in row if word != "–"] for row in rows]
            assert in_sheet == bare, (spec.name, tab)
            text = client.get(f"{path}/export?{address}&format=csv").data.decode("utf-8-sig")
            in_csv = list(csv.reader(io.StringIO(text)))
            assert in_csv[0] == list(heads)
            assert len(in_csv) == len(rows) + 1
            shown += len(rows)
    assert shown > 10


def test_nothing_in_a_file_is_a_formula_and_amounts_stay_numbers(database: Flask, client_for: Clients) -> None:
    evil = '=HYPERLINK("http://x";"y")'
    with writing(bulk=True):
        customer = factories.make_customer(name=evil)
        billed = factories.make_posted_invoice(customer, on=TODAY)
        factories.make_posted_credit(billed)
    client = client_for(Role.OFFICE)
    text = client.get("/invoices/export?tab=credit_notes").data.decode("utf-8-sig")
    row = dict(zip(*csv.reader(io.StringIO(text)), strict=True))
    assert row["Customer"] == f"'{evil}"
    assert row["Amount"] == "-1210.00"
    client.post("/profile", data={"name": "Office", "email": "office@test.example", "locale": "nl", "version": "1"})
    answer = client.get("/invoices/export?tab=credit_notes&format=xlsx")
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=invoices-credit-notes-20")
    sheet = load_workbook(io.BytesIO(answer.data)).active
    cell = next(one for one in sheet[2] if one.value == evil)
    assert (cell.data_type, cell.quotePrefix) == ("s", True)
    assert any(one.value == -1210 and one.data_type == "n" for one in sheet[2])
    text = client.get("/invoices/export?tab=credit_notes").data.decode("utf-8-sig")
    assert ";-1210,00;" in text


def save(client: FlaskClient, name: str, query: str = "tab=overdue&q=peeters", **more: str) -> Any:
    return client.post("/lists/invoices/filters", data={"name": name, "list": query, **more})


def test_saved_filters_are_ones_own(database: Flask, client_for: Clients) -> None:
    mine, other = client_for(Role.OFFICE), client_for(Role.MANAGER)
    kept = save(mine, "Late at Peeters", "tab=overdue&q=peeters&after=x&open=4&evil=1", is_default="1")
    assert kept.headers["Location"] == "/invoices?tab=overdue&q=peeters"
    assert mine.get("/invoices").headers["Location"] == "/invoices?tab=overdue&q=peeters"  # the list opens with it
    assert "Late at Peeters" in mine.get("/invoices?tab=paid").get_data(as_text=True)
    assert "Late at Peeters" not in other.get("/invoices?tab=paid").get_data(as_text=True)
    assert other.get("/invoices").status_code == 200
    (row,) = saved_lists.saved(user_of(Role.OFFICE).id, "invoices")
    for verb in ("rename", "delete", "default"):
        assert other.post(f"/lists/filters/{row.id}/{verb}", data={"name": "x"}).status_code == 404, verb
    save(mine, "Other", "tab=paid")
    assert mine.post(f"/lists/filters/{row.id}/rename", data={"name": "Other"}).status_code == 422
    assert mine.post(f"/lists/filters/{row.id}/rename", data={"name": "x" * 61}).status_code == 422
    assert mine.post(f"/lists/filters/{row.id}/rename", data={"name": "Late"}).status_code == 303
    assert mine.post(f"/lists/filters/{row.id}/default", data={}).status_code == 303
    assert mine.get("/invoices").status_code == 200
    assert mine.post(f"/lists/filters/{row.id}/delete").status_code == 303
    assert save(mine, "").status_code == 422
    assert client_for(Role.TECHNICIAN).post("/lists/invoices/filters", data={"name": "x"}).status_code == 404
    assert mine.post("/lists/nothing/filters", data={"name": "x"}).status_code == 404
    with writing(bulk=True):
        for place in range(60):
            if len(saved_lists.saved(user_of(Role.OFFICE).id, "invoices")) < saved_lists.MOST_SAVED:
                saved_lists.save(str(place), "tab=paid", user_id=user_of(Role.OFFICE).id, list_name="invoices")
    assert save(mine, "One too many").status_code == 422
    assert session.query(SavedFilter).count() == saved_lists.MOST_SAVED


def test_columns_are_chosen_ordered_and_forgotten(database: Flask, client_for: Clients) -> None:
    with writing(bulk=True):
        factories.make_posted_invoice(factories.make_customer(), on=TODAY, reference="PO 4711")
    client = client_for(Role.OFFICE)

    def heads() -> list[str]:
        text = client.get("/invoices/export?tab=posted").data.decode("utf-8-sig")
        return text.splitlines()[0].split(",")

    def choose(**data: Any) -> None:
        assert client.post("/lists/invoices/columns", data={"list": "tab=posted", **data}).status_code == 303

    order = ["reference", "customer", "number", "amount"]
    choose(order=order, columns=["reference", "amount", "number", "evil"])
    assert heads() == ["Reference", "Number", "Amount", "Currency"]
    assert "PO 4711" in client.get("/invoices?tab=posted").get_data(as_text=True)
    choose(order=order, columns=["reference", "amount"], move="up:amount")
    assert heads()[0] == "Number"  # what names the row is never missing
    choose(reset="1")
    assert heads()[:3] == ["Number", "Customer", "Site"]


def drafts(count: int) -> list[int]:
    customer = factories.make_customer()
    return [factories.make_invoice(customer).id for _place in range(count)]


def test_many_rows_cost_as_many_statements_as_few(
    database: Flask, client_for: Clients, count_queries: Callable[[], Any]
) -> None:
    """Sixty rows as six: the page, its file, and each action."""
    client, taken = client_for(Role.OFFICE), []
    for count in (6, 60):
        with writing(bulk=True):
            ids, office = drafts(2 * count), user_of(Role.OFFICE).id
            services.post(ids[:count], actor_id=office, today=TODAY)
        steps: list[tuple[str, dict[str, Any]]] = [
            ("/invoices/mark-sent", {"ids": ids[:count]}),
            ("/invoices/delete-many", {"ids": ids[count:]}),
        ]
        figures = []
        for path in ("/invoices?tab=posted", "/invoices/export?tab=posted&format=xlsx"):
            client.get(path)
            with count_queries() as statements:
                assert client.get(path).status_code == 200
            figures.append(len(statements))
        for path, data in steps:
            with count_queries() as statements:
                assert client.post(path, data=data).status_code == 303, path
            figures.append(len(statements))
        taken.append(figures)
    few, many = taken
    assert all(of_many <= of_few for of_few, of_many in zip(few, many, strict=True))  # PostgreSQL copies many rows in
    assert max(taken[0]) <= 40


def test_what_cannot_be_done_is_named_and_the_rest_is_done(database: Flask, client_for: Clients) -> None:
    with writing(bulk=True):
        ids, office = drafts(4), user_of(Role.OFFICE).id
        services.post(ids[:3], actor_id=office, today=TODAY)
        services.mark_sent(ids[:1], how="By post", actor_id=office)
    client = client_for(Role.OFFICE)
    text = client.post("/invoices/mark-sent", data={"ids": [*ids, 999]}).get_data(as_text=True)
    for words in ("2 done, 3 not", "marked as sent before", "Only a posted document", "no such invoice"):
        assert words in text, words
    session.expire_all()
    assert [session.get_one(Invoice, one).follow_up.sent_how for one in ids] == [
        "By post",
        "By e-mail",
        "By e-mail",
        "",
    ]
    assert client.post("/invoices/delete-many", data={"ids": ids[:1]}).status_code == 422
    assert client.post("/invoices/mark-sent", data={}).status_code == 422
    assert client.post("/invoices/mark-sent", data={"ids": list(range(1, 1002))}).status_code == 422
    assert client.post("/invoices/review-many", data={"ids": list(range(1, 52))}).status_code == 422


def test_all_that_match_are_those_that_were_counted(database: Flask, client_for: Clients) -> None:
    with writing(bulk=True):
        ids = drafts(3)
        factories.make_invoice(factories.make_customer(name="Somebody Else"))
    client, all_of = client_for(Role.OFFICE), {"all": "1", "list": "tab=draft&q=somebody"}
    assert client.post("/invoices/delete-many", data={**all_of, "count": "4"}).status_code == 409
    assert client.post("/invoices/delete-many", data={**all_of, "count": "1"}).status_code == 303
    session.expire_all()
    assert sorted(row.id for row in session.query(Invoice)) == ids


def test_the_summary_beside_the_list(database: Flask, client_for: Clients) -> None:
    with writing(bulk=True):
        invoice = factories.make_posted_invoice(factories.make_customer(), on=TODAY)
    client = client_for(Role.OFFICE)
    assert client.get(f"/invoices/{invoice.id}/panel").headers["Location"] == f"/invoices/{invoice.id}"
    text = client.get(f"/invoices/{invoice.id}/panel", headers={"HX-Request": "true"}).get_data(as_text=True)
    assert "<html" not in text
    for words in (invoice.number, "1,210.00", "Send", "posted"):
        assert words in text, words
    assert client.get("/invoices/999/panel", headers={"HX-Request": "true"}).status_code == 404


def test_many_customers_orders_and_items(database: Flask, client_for: Clients) -> None:
    with writing(bulk=True):
        customers = [factories.make_customer(), factories.make_customer(archived_at=audit.now())]
        site = factories.make_site(customers[0])
        done, planned = (
            factories.make_order(site, state=OrderState.DONE, done_at=audit.now()),
            factories.make_order(site),
        )
        items = [factories.make_item(code=code, sale_price=D(price)) for code, price in (("A", "12.34"), ("B", "0.00"))]
        ids = [[row.id for row in rows] for rows in (customers, (done, planned), items)]
    client = client_for(Role.OFFICE)

    def act(path: str, chosen: list[int], **data: str) -> str:
        text = client.post(path, data={"ids": chosen, **data}).get_data(as_text=True)
        session.rollback()  # what was read so far is a picture of before
        session.expire_all()
        return text

    assert "1 done, 1 not" in act("/customers/archive-many", ids[0])
    assert all(row.archived_at for row in customers)
    act("/customers/remind-many", ids[0])
    assert [row.automatic_reminders for row in customers] == [True, True]
    assert "Only an order that is done" in act("/service-orders/validate-many", ids[1])
    assert (done.validated_by_id, planned.validated_at) == (user_of(Role.OFFICE).id, None)
    # 12.34 and 3.5 % more are 12.7719: to 5 cents 12.75.
    assert "12.75" in act("/catalog/preview-prices", ids[2], percentage="3.5", step="0.05")
    assert items[0].sale_price == D("12.34")
    assert "would stay the same" in act("/catalog/change-prices", ids[2], percentage="3.5", step="0.05")
    assert [row.sale_price for row in items] == [D("12.75"), D("0.00")]
    assert client.post("/catalog/change-prices", data={"ids": ids[2], "percentage": "-91"}).status_code == 422
    (change,) = audit_rows("stock_item", ids[2][0], "update")
    assert (change.before, change.after) == ({"sale_price": "12.3400"}, {"sale_price": "12.75"})
    assert items[0].version == 2


def audit_rows(table: str, row_id: int, action: str) -> list[audit.AuditChange]:
    query = sa.select(audit.AuditChange).where(
        audit.AuditChange.table_name == table, audit.AuditChange.row_id == row_id, audit.AuditChange.action == action
    )
    return list(session.scalars(query))


def test_what_a_role_may_not_know_is_no_column_of_its_lists(
    database: Flask, client_for: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PERMISSIONS, "catalog.see_purchase_prices", frozenset({Role.MANAGER}))
    with writing(bulk=True):
        factories.make_item(purchase_price=D("7.77"))
    for role, is_shown in ((Role.MANAGER, True), (Role.OFFICE, False)):
        client = client_for(role)
        client.post("/lists/catalog/columns", data={"order": "purchase_price", "columns": "purchase_price"})
        for path in ("/catalog", "/catalog/export?tab=items"):
            assert ("7.77" in client.get(path).get_data(as_text=True)) is is_shown, (role, path)
            assert ("Purchase price" in client.get(path).get_data(as_text=True)) is is_shown, (role, path)
