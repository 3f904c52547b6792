"""Invoices by the API: created and posted, drafts, credit notes, what may change, payments, items."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from fsm.core.db import session, writing
from fsm.customers.models import Customer
from fsm.documents.models import DocumentSettings, TaxCalculation
from fsm.invoices.models import Invoice, InvoiceState
from fsm.users.models import Role
from fsm.users.permissions import PERMISSIONS, may
from tests import factories
from tests.api.conftest import ApiClient

pytestmark = pytest.mark.database
on_one_engine = pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
ITEM = {"description": "Pump", "amount": "100.00", "quantity": "2", "tax_rate": "21"}


@pytest.fixture
def client_id(app: Any) -> int:
    """A customer."""
    with writing():
        return factories.make_customer().id


def made(api: ApiClient, client_id: int, *items: dict[str, Any], **values: Any) -> int:
    answer = api.post("invoices", {"client_id": client_id, "items": list(items) or [ITEM], **values})
    assert answer.status_code == 201, answer.text
    return int(answer.get_json()["invoice_id"])


def shown(api: ApiClient, invoice_id: int) -> dict[str, Any]:
    answer = api.get(f"invoices/{invoice_id}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.get_json()
    return found


def test_created_with_items_it_is_posted(api: ApiClient, client_id: int) -> None:
    """S3's own figures: 200.00 less 5 % is 190.00, VAT of 21 % is 39.90, 229.90 in all; discount 10.00 and 12.10."""
    invoice_id = made(api, client_id, discount_percentage=5, days_due=10, external_invoice_id="W-1")
    row = shown(api, invoice_id)
    expected = {
        "type": "invoice",
        "status": "open",
        "state": "posted",
        "external_invoice_id": "W-1",
        "discount_total_without_tax": "10.00",
        "discount_total_with_tax": "12.10",
        "total_without_tax": "190.00",
        "tax_rate_1": "21",
        "total_tax_1": "39.90",
        "total_tax_2": "0.00",
        "total_with_tax": "229.90",
        "days_due": 10,
        "days_overdue": 0,
        "total_paid": "0.00",
        "tax_included": "no",
        "exchange_rate": "1",
    }
    assert {name: row[name] for name in expected} == expected
    (item,) = row["items"]
    assert (item["quantity"], item["amount"], item["amount_with_tax"], item["total_with_tax"]) == (
        "2",
        "100.00",
        "121.00",
        "242.00",
    )
    assert "stockitem_id" not in item
    assert [one["invoice_id"] for one in api.get("invoices").get_json()] == [invoice_id]
    assert api.get(f"invoices/{invoice_id}?format=pdf").data.startswith(b"%PDF")


def test_a_draft_takes_items_and_is_posted_by_its_own_verb(api: ApiClient, client_id: int) -> None:
    invoice_id = api.post("invoices", {"client_id": client_id}).get_json()["invoice_id"]
    assert shown(api, invoice_id)["state"] == "draft"
    assert api.get("invoices").get_json() == []
    assert len(api.get("invoices?filter=state=draft").get_json()) == 1
    item = api.post(f"invoices/{invoice_id}/items", ITEM).get_json()["item_id"]
    assert api.post(f"invoices/{invoice_id}/items/{item}", {"quantity": 3}).status_code == 200
    other = api.post(f"invoices/{invoice_id}/items", ITEM | {"quantity_with_unit": "1 h"} | {"quantity": None})
    assert other.status_code == 201, other.text
    assert api.delete(f"invoices/{invoice_id}/items/{other.get_json()['item_id']}").status_code == 200
    assert shown(api, invoice_id)["total_tax_1"] == "63.00"
    assert api.post(f"invoices/{invoice_id}", {"reference": "R-1"}).status_code == 200
    assert api.post(f"invoices/{invoice_id}/post").status_code == 200
    row = shown(api, invoice_id)
    assert (row["total_with_tax"], row["reference"], len(row["items"])) == ("363.00", "R-1", 1)
    refused = api.post(f"invoices/{invoice_id}/items", ITEM)
    assert (refused.status_code, "Withdraw it or credit it" in refused.get_json()["error"]) == (409, True)


def test_of_a_posted_one_only_what_follows_it_changes(api: ApiClient, client_id: int) -> None:
    invoice_id = made(api, client_id, reference="R-1")
    row = shown(api, invoice_id)
    same = {name: row[name] for name in ("reference", "date", "client_name", "currency", "discount_percentage")}
    changed = api.post(f"invoices/{invoice_id}", same | {"automatic_reminders": "yes", "external_invoice_id": "X"})
    assert changed.status_code == 200, changed.text
    row = shown(api, invoice_id)
    assert (row["automatic_reminders"], row["external_invoice_id"]) == ("yes", "X")
    refused = api.post(f"invoices/{invoice_id}", {"reference": "R-2"})
    assert (refused.status_code, refused.get_json()["error"].startswith("reference: ")) == (409, True)
    assert api.delete(f"invoices/{invoice_id}").status_code == 200
    assert session.get_one(Invoice, invoice_id).state is InvoiceState.WITHDRAWN


def test_payments_nested_and_below(api: ApiClient, client_id: int) -> None:
    invoice_id = made(api, client_id, payments=[{"remaining_amount": "yes", "method": "debit card"}])
    row = shown(api, invoice_id)
    assert (row["status"], row["total_paid"]) == ("closed", "242.00")
    assert (row["payments"][0]["amount"], row["payments"][0]["method"]) == ("242.00", "debit card")
    assert "days_overdue" not in row
    payment = row["payments"][0]["payment_id"]
    other = api.post(f"invoices/{invoice_id}/payments/{payment}", {"amount": "42.00"}).get_json()["payment_id"]
    assert other != payment
    assert shown(api, invoice_id)["total_paid"] == "42.00"
    assert api.post(f"invoices/{invoice_id}/payments", {"amount": "200.01"}).status_code == 400
    assert api.post(f"invoices/{invoice_id}/payments", {}).status_code == 400
    assert api.delete(f"invoices/{invoice_id}/payments/{other}").status_code == 200
    assert api.get(f"invoices/{invoice_id}/payments").get_json() == []
    assert shown(api, invoice_id)["status"] == "open"


def test_costs_nested_and_below(api: ApiClient, client_id: int) -> None:
    """A cost is claimed on top of 242.00, paid with it, and changed by a reversal and a new one."""
    invoice_id = made(api, client_id, costs=[{"amount": "5.00"}], payments=[{"amount": 240}])
    row = shown(api, invoice_id)
    (cost,) = row["costs"]
    assert (cost["amount"], cost["description"], row["total_costs"]) == ("5.00", "Reminder cost", "5.00")
    path = f"invoices/{invoice_id}/costs"
    assert api.get(f"{path}/{cost['cost_id']}").get_json() == cost
    assert api.post(f"{path}/{cost['cost_id']}", {"amount": "5.00"}).get_json()["cost_id"] == cost["cost_id"]
    other = api.post(f"{path}/{cost['cost_id']}", {"amount": 7}).get_json()["cost_id"]
    assert other != cost["cost_id"]
    assert api.get(f"{path}/{cost['cost_id']}").status_code == 404
    third = api.put(f"{path}/{other}", {"amount": "12.50", "description": "Aangetekend"}).get_json()["cost_id"]
    (cost,) = api.get(path).get_json()
    assert (cost["cost_id"], cost["amount"], cost["description"]) == (third, "12.50", "Aangetekend")
    assert api.post(f"invoices/{invoice_id}/payments", {"remaining_amount": "yes"}).status_code == 201
    row = shown(api, invoice_id)
    assert (row["total_paid"], row["total_costs"], row["status"]) == ("254.50", "12.50", "closed")
    assert api.delete(f"{path}/{third}").status_code == 409  # it has been paid
    assert api.post(path, {"amount": 5}).status_code == 409  # nothing is due
    payment = row["payments"][-1]["payment_id"]
    assert api.delete(f"invoices/{invoice_id}/payments/{payment}").status_code == 200
    assert api.delete(f"{path}/{third}").get_json() == {"success": "cost removed"}
    row = shown(api, invoice_id)
    assert (row["costs"], row["total_costs"], row["total_paid"], row["status"]) == ([], "0.00", "240.00", "open")


@on_one_engine
@pytest.mark.parametrize(
    ("cost", "error"),
    [
        ({}, "amount is required"),
        ({"amount": 0}, "amount: The amount must be above 0."),
        ({"amount": -5}, "amount: The amount must be above 0."),
        ({"amount": 5, "description": "x" * 31}, "description may have at most 30 characters"),
        ({"amount": 5, "date": "2026-01-01"}, "date is not a field"),
    ],
)
def test_costs_that_are_refused(cost: dict[str, Any], error: str, api: ApiClient, client_id: int) -> None:
    invoice_id = made(api, client_id)
    refused = api.post(f"invoices/{invoice_id}/costs", cost)
    assert (refused.status_code, refused.get_json()["error"]) == (400, error)
    nested = api.post("invoices", {"client_id": client_id, "items": [ITEM], "costs": [cost]})
    assert nested.status_code == 400
    assert len(api.get("invoices?fields=invoice_id").get_json()) == 1


@on_one_engine
def test_what_was_read_can_be_sent_back(api: ApiClient, client_id: int) -> None:
    """Whole, as it came, by PUT and POST: nothing changes, and what the system owns is told in a header."""
    parts = {"payments": [{"amount": 10}], "costs": [{"amount": 5}], "remarks": [{"description": "Called"}]}
    posted = made(api, client_id, discount_percentage="5", **parts)
    draft = made(api, client_id, state="draft", remarks=[{"description": "Called"}], note="Thanks")
    for invoice_id in (posted, draft):
        before = shown(api, invoice_id)
        for send in (api.post, api.put):
            answer = send(f"invoices/{invoice_id}", before)
            assert answer.status_code == 200, answer.text
            assert "total_with_tax" in answer.headers["Warning"]
        after = shown(api, invoice_id)
        for row in (before, after):
            del row["last_activity"]
            if invoice_id == draft:
                del row["items"][0]["item_id"], row["items"][0]["uri"]
        assert after == before
    row = shown(api, posted)
    refused = api.put(f"invoices/{posted}", row | {"costs": [{"amount": 6}]})
    assert (refused.status_code, refused.get_json()["error"][:7]) == (400, "costs: ")


@on_one_engine
def test_defaults_are_those_of_s3(api: ApiClient, client_id: int) -> None:
    """Whatever customer and settings say on the pages: the euro, VAT on the total; an item on a change fills its rate."""
    with writing():
        session.get_one(Customer, client_id).currency = "USD"
        session.get_one(DocumentSettings, 1).tax_calculation = TaxCalculation.ITEM
    invoice_id = made(api, client_id, state="draft", currency="", language="", tax_calculation="")
    row = shown(api, invoice_id)
    assert (row["currency"], row["exchange_rate"], row["tax_calculation"]) == ("EUR", "1", "total")
    assert api.post(f"invoices/{invoice_id}", {"currency": "USD"}).status_code == 400
    assert api.post(f"invoices/{invoice_id}", {"currency": "USD", "exchange_rate": "0.9"}).status_code == 200
    assert api.post(f"invoices/{invoice_id}", {"currency": "EUR"}).status_code == 200
    stock = {"code": "A1", "description": "Pump", "amount": "80", "tax_rate": 6}
    item_id = api.post("stockitems", stock).get_json()["stockitem_id"]
    line = shown(api, invoice_id)["items"][0]["item_id"]
    assert api.post(f"invoices/{invoice_id}/items/{line}", {"stockitem_id": item_id}).status_code == 200
    (item,) = shown(api, invoice_id)["items"]
    assert (item["amount"], item["tax_rate"], item["quantity"]) == ("80.00", "6", "2")
    remark = api.post(f"invoices/{invoice_id}/remarks", {"description": "A"}).get_json()["remark_id"]
    assert api.post(f"invoices/{invoice_id}/remarks/{remark}", {"date": "2026-01-05"}).status_code == 400


def test_a_negative_total_makes_a_credit_note(api: ApiClient, client_id: int) -> None:
    invoice_id = made(api, client_id)
    number = shown(api, invoice_id)["number"]
    credit_id = made(api, client_id, ITEM | {"quantity": -1}, reference=number)
    row = shown(api, credit_id)
    assert (row["type"], row["total_with_tax"], row["items"][0]["quantity"]) == ("creditnote", "-121.00", "-1")
    assert (row["credited_number"], row["status"], "days_due" in row) == (number, "open", False)
    assert "-0.00" not in str(row)
    assert "-0.00" not in api.get("invoices").get_data(as_text=True)
    assert (
        api.post("invoices", {"client_id": client_id, "items": [ITEM | {"quantity": -1}], "days_due": 5}).status_code
        == 400
    )
    assert api.post(f"invoices/{credit_id}/payments", {"amount": 21}).status_code == 400
    assert api.post(f"invoices/{credit_id}/payments", {"amount": -21}).status_code == 201
    row = shown(api, credit_id)
    assert (row["total_paid"], row["payments"][0]["amount"]) == ("-21.00", "-21.00")
    assert [one["invoice_id"] for one in api.get("invoices?filter=total_with_tax<0").get_json()] == [credit_id]
    made_by_verb = api.post(f"invoices/{invoice_id}/credit").get_json()["creditnote_id"]
    assert shown(api, made_by_verb)["state"] == "draft"


def test_remarks(api: ApiClient, client_id: int) -> None:
    invoice_id = made(
        api, client_id, remarks=[{"date": "2026-01-05", "description_html": "<p>Has <script>it</script>them</p>"}]
    )
    (remark,) = shown(api, invoice_id)["remarks"]
    assert (remark["date"], remark["description"], remark["description_html"]) == (
        "2026-01-05",
        "Has them",
        "<p>Has them</p>",
    )
    assert api.post(f"invoices/{invoice_id}/remarks", {"description": "B"}).status_code == 201
    path = f"invoices/{invoice_id}/remarks/{remark['remark_id']}"
    assert api.post(path, {"description": "C"}).status_code == 200
    assert "<![CDATA[" not in api.get(f"{path}?format=xml").text
    assert api.delete(path).status_code == 200
    assert [row["description"] for row in api.get(f"invoices/{invoice_id}/remarks").get_json()] == ["B"]


@on_one_engine
@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"number": "INV2012-001"}, "number: It is given at posting; the next one is FA-26"),
        ({"client_id": 99999}, "client_id: There is no such customer."),
        ({"items": [{"amount": 1}]}, "items[0].description: It is required."),
        ({"items": [{"description": "x"}]}, "items[0].amount: It is required."),
        ({"items": [ITEM | {"tax_rate": 7}]}, "items[0].tax_rate: The rate must be one of"),
        ({"items": [ITEM | {"general_ledger_account": "799999"}]}, "items[0].general_ledger_account: "),
        ({"items": [ITEM | {"quantity_with_unit": "2 piece"}]}, "items[0].quantity_with_unit: It does not go together"),
        ({"items": [ITEM | {"unit": "2x"}]}, "items[0].unit is not written as it must be"),
        ({"items": [ITEM | {"stockitem_id": 777}]}, "items[0].stockitem_id: There is no such item."),
        ({"items": [ITEM] * 1001}, "items may have at most 1000"),
        ({"cash_discount_percentage": 2}, "cash_discount_days_valid: "),
        ({"currency": "USD"}, "exchange_rate: It is required"),
        ({"tax_included": "yes", "tax_calculation": "total"}, "tax_calculation: "),
        ({"state": "draft", "payments": [{"amount": 1}]}, "payments: A draft has none"),
        ({"date": "2999-01-01"}, "date: "),
    ],
)
def test_what_is_refused(values: dict[str, Any], error: str, api: ApiClient, client_id: int) -> None:
    answer = api.post("invoices", {"client_id": client_id, "items": [ITEM]} | values)
    assert answer.status_code == 400, answer.text
    assert answer.get_json()["error"].startswith(error)
    assert session.scalar(sa.select(sa.func.count()).select_from(Invoice)) == 0


@on_one_engine
def test_an_item_of_the_catalog_fills_what_is_not_given(api: ApiClient, client_id: int) -> None:
    stock = {"code": "A1", "description": "Pump 25/60", "amount": "80.5", "unit": "pc", "tax_rate": 21}
    item_id = api.post("stockitems", stock).get_json()["stockitem_id"]
    assert api.get(f"stockitems/{item_id}").get_json()["amount"] == "80.50"
    (row,) = shown(api, made(api, client_id, {"stockitem_id": item_id, "quantity": 2}))["items"]
    assert {name: row[name] for name in ("description", "amount", "unit", "stockitem_code", "tax_rate")} == {
        "description": "Pump 25/60",
        "amount": "80.50",
        "unit": "pc",
        "stockitem_code": "A1",
        "tax_rate": "21",
    }


@on_one_engine
def test_a_page_costs_the_same_queries_however_long(api: ApiClient, client_id: int, count_queries: Any) -> None:
    counts = []
    for _round in range(2):
        for _one in range(3):
            made(api, client_id, payments=[{"amount": 1}])
        with count_queries() as statements:
            assert len(api.get("invoices").get_json()) == 3 * (_round + 1)
        counts.append(len(statements))
    assert counts[0] == counts[1]


def test_no_address_of_invoices_is_open_to_technicians() -> None:
    """Nor of quotes, orders, customers and files: by each row of the table, so that a new one is not forgotten."""
    money = ("invoice", "quote", "order_", "orders", "client", "upload", "stockitem", "layouts")
    rows = {name for name in PERMISSIONS if name.startswith(tuple(f"api.{word}" for word in money))}
    assert len(rows) > 100
    assert [name for name in sorted(rows) if may([Role.TECHNICIAN], name)] == []


@on_one_engine
def test_a_technicians_key_sees_no_invoices(api_for: Callable[[Role], ApiClient], client_id: int) -> None:
    api = api_for(Role.TECHNICIAN)
    for path in ("invoices", "invoices/1", "invoices/1/payments", "clients", "stockitems"):
        assert api.get(path).status_code == 403
    assert api.get("serviceorders").get_json() == []
    assert api_for(Role.ACCOUNTANT).post("invoices", {"client_id": client_id}).status_code == 403


@on_one_engine
def test_what_live_clients_read_first(api: ApiClient) -> None:
    assert api.get("settings?fields=taxes").get_json() == {
        "taxes": {"tax1": {"rate": "21"}, "tax2": {"rate": "12"}, "tax3": {"rate": "6"}}
    }
    assert api.get("accounts/current").get_json()["name"] == "Testwerk BV"
    assert api.get("layouts").status_code == 200
