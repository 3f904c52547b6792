"""Quotes and sales orders by the API: made, changed, sent, signed, billed; by the rules of the pages."""

from collections.abc import Callable
from typing import Any

import pytest

from fsm.core.db import session, writing
from fsm.customers.models import Customer
from fsm.documents.models import DocumentSettings
from fsm.mail.models import MailMessage
from fsm.users.models import Role
from tests import factories
from tests.api.conftest import ApiClient

pytestmark = pytest.mark.database
on_one_engine = pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
ITEM = {"description": "Heat pump", "amount": "1000.00", "quantity": "2", "tax_rate": "21"}


@pytest.fixture
def client_id(app: Any) -> int:
    """A customer with an address for mail."""
    with writing():
        return factories.make_customer(email="an@peeters.example", name="Peeters").id


def made(api: ApiClient, client_id: int, *items: dict[str, Any], **values: Any) -> int:
    answer = api.post("quotes", {"client_id": client_id, "items": list(items) or [ITEM], **values})
    assert answer.status_code == 201, answer.text
    return int(answer.get_json()["quote_id"])


def shown(api: ApiClient, path: str) -> dict[str, Any]:
    answer = api.get(path)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.get_json()
    return found


def done(api: ApiClient, path: str, body: Any = None) -> dict[str, Any]:
    answer = api.post(path, body)
    assert answer.status_code in {200, 201}, answer.text
    found: dict[str, Any] = answer.get_json()
    return found


def test_from_a_quote_to_its_final_invoice(api: ApiClient, client_id: int) -> None:
    """2,000.00 less 10 % is 1,800.00, VAT 378.00, 2,178.00; a deposit of 30 % is 540.00 + 113.40, 1,524.60 is left."""
    quote_id = made(api, client_id, discount_percentage=10, remarks=[{"description": "Asked by phone"}])
    row = shown(api, f"quotes/{quote_id}")
    expected = {
        "type": "quote",
        "status": "created",
        "number": None,
        "client_name": "Peeters",
        "total_without_tax": "1800.00",
        "total_tax_1": "378.00",
        "total_tax_2": "0.00",
        "total_with_tax": "2178.00",
        "discount_total_without_tax": "200.00",
        "currency": "EUR",
    }
    assert {name: row[name] for name in expected} == expected
    assert (row["items"][0]["amount_with_tax"], row["remarks"][0]["quote_id"]) == ("1210.00", quote_id)
    assert api.post(f"quotes/{quote_id}/sign", {}).status_code == 409  # it was not sent
    number = done(api, f"quotes/{quote_id}/mark_sent")["number"]
    assert api.delete(f"quotes/{quote_id}").status_code == 409
    order_id = done(api, f"quotes/{quote_id}/sign", {"signer_name": "An Peeters"})["order_id"]
    row = shown(api, f"quotes/{quote_id}")
    assert (row["status"], row["signed_by"], row["number"], row["order_id"]) == (
        "signed",
        "An Peeters",
        number,
        order_id,
    )
    assert api.post(f"quotes/{quote_id}", {"reference": "x"}).status_code == 409
    assert api.post(f"quotes/{quote_id}/items", ITEM).status_code == 409

    order = shown(api, f"orders/{order_id}")
    assert (order["status"], order["quote_number"], order["total_with_tax"]) == ("created", number, "2178.00")
    assert order["quote_uri"].endswith(f"/api/v1/quotes/{quote_id}")
    assert api.post(f"orders/{order_id}/invoice").status_code == 409  # S0: not before it was sent
    refused = api.post(f"orders/{order_id}", {})
    assert (refused.status_code, "it is final" in refused.get_json()["error"]) == (409, True)
    sent = done(api, f"orders/{order_id}?send_mail")  # it counts as sent once a server has taken it
    assert [event["event_id"] for event in shown(api, f"orders/{order_id}")["events"]] == [sent["event_id"]]
    done(api, f"orders/{order_id}/mark_sent")
    assert api.post(f"orders/{order_id}/deposit", {"percentage": 0}).status_code == 400
    deposit = done(api, f"orders/{order_id}/deposit", {"percentage": 30})["invoice_id"]
    assert shown(api, f"invoices/{deposit}")["items"][0]["description"].startswith("Deposit of 30")
    done(api, f"invoices/{deposit}/post")
    final = done(api, f"orders/{order_id}/invoice")["invoice_id"]
    assert done(api, f"orders/{order_id}/invoice")["invoice_id"] == final
    done(api, f"invoices/{final}/post")
    totals = [shown(api, f"invoices/{one}")["total_with_tax"] for one in (deposit, final)]
    assert totals == ["653.40", "1524.60"]
    assert shown(api, f"orders/{order_id}")["status"] == "billed"
    assert api.get(f"orders/{order_id}?format=pdf").data.startswith(b"%PDF")


@on_one_engine
def test_a_quote_is_changed_by_its_fields_and_items(api: ApiClient, client_id: int) -> None:
    with writing():
        session.get_one(DocumentSettings, 1).note_html = "<p>Ours</p>"  # of which nothing is left where a note is given
    quote_id = made(api, client_id, reference="R-1", date_valid_until="2026-12-31", note="Hello")
    assert shown(api, f"quotes/{quote_id}")["note"] == "Hello"
    path = f"quotes/{quote_id}"
    item = done(api, f"{path}/items", {"description_html": "<p>Pipe <b>22</b></p>", "amount": 5, "quantity": 3})
    (_first, pipe) = shown(api, path)["items"]
    assert (pipe["item_id"], pipe["description"], pipe["total_without_tax"]) == (item["item_id"], "Pipe 22", "15.00")
    done(api, f"{path}/items/{item['item_id']}", {"quantity_with_unit": "4 m"})
    assert api.put(f"{path}/items/{item['item_id']}", {"description": "Pipe"}).status_code == 400  # its price
    assert shown(api, f"{path}/items/{item['item_id']}")["unit"] == "m"
    assert api.delete(f"{path}/items/{item['item_id']}").status_code == 200
    done(api, path, {"note": "Thanks", "discount_percentage": "5"})
    before = shown(api, path)
    assert (before["total_without_tax"], before["reference"], before["note"]) == ("1900.00", "R-1", "Thanks")
    for send in (api.post, api.put):
        answer = send(path, before)
        assert answer.status_code == 200, answer.text
    after = shown(api, path)
    for row in (before, after):
        del row["items"][0]["item_id"], row["items"][0]["uri"], row["last_activity"]
    assert after == before
    assert api.put(path, {"client_id": client_id, "items": [ITEM]}).status_code == 200
    row = shown(api, path)
    assert (row["reference"], row["discount_percentage"], row["total_without_tax"]) == ("", "0", "2000.00")
    copy = done(api, f"{path}/copy")["copy_id"]
    done(api, f"{path}/remarks", {"description": "Old"})
    assert api.delete(path).status_code == 200
    assert [row["quote_id"] for row in api.get("quotes").get_json()] == [copy]
    assert shown(api, f"quotes/{made(api, client_id)}")["remarks"] == []  # those of the old one are gone with it


@on_one_engine
@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"client_id": 999}, "client_id: There is no such customer."),
        ({"site_id": 999}, "site_id: This customer has nothing to do with that site."),
        ({"number": "Q-1"}, "number: The series gives it"),
        ({"items": [{"amount": 1}]}, "items[0].description: It is required."),
        ({"items": [ITEM | {"tax_rate": 7}]}, "items[0].tax_rate: The rate must be one of"),
        ({"items": [ITEM | {"custom_values": []}]}, "items[0].custom_values is not a field"),
        ({"date": "2026-03-01", "date_valid_until": "2026-02-01"}, "date_valid_until: It cannot end before"),
        ({"currency": "USD"}, "exchange_rate: It is required"),
        ({"cash_discount_percentage": 2}, "cash_discount_days_valid: "),
        ({"reference": "x" * 251}, "reference may have at most 250 characters"),
        ({"structured_message": "278781035591"}, "structured_message is not a field"),
    ],
)
def test_what_is_refused(values: dict[str, Any], error: str, api: ApiClient, client_id: int) -> None:
    answer = api.post("quotes", {"client_id": client_id, "items": [ITEM]} | values)
    assert (answer.status_code, answer.get_json()["error"][: len(error)]) == (400, error)
    assert api.get("quotes").get_json() == []


@on_one_engine
def test_lists_are_filtered_by_status_and_cost_the_same_however_long(
    api: ApiClient, client_id: int, count_queries: Any
) -> None:
    sent, declined, created = (made(api, client_id) for _place in range(3))
    for one in (sent, declined):
        done(api, f"quotes/{one}/mark_sent")
    refused = api.post(f"quotes/{declined}/decline", {})
    assert (refused.status_code, refused.get_json()) == (400, {"error": "reason is required"})
    done(api, f"quotes/{declined}/decline", {"reason": "Too expensive"})
    found = {
        word: [row["quote_id"] for row in api.get(f"quotes?filter=status={word}").get_json()]
        for word in ("created", "sent", "expired", "signed", "declined")
    }
    assert found == {"created": [created], "sent": [sent], "expired": [], "signed": [], "declined": [declined]}
    assert [
        row["quote_id"] for row in api.get("quotes?filter=total_with_tax__ge__2420&sort=-quote_id&take=1").get_json()
    ] == [created]
    assert "<quotes><quote><quote_id>" in api.get("quotes?format=xml").text
    counts = []
    for _round in range(2):
        of_two = []
        for _again in range(2):  # one of them may take a portion of the rate limit
            with count_queries() as statements:
                api.get("quotes")
            of_two.append(len(statements))
        counts.append(min(of_two))
        made(api, client_id)
    assert counts[0] == counts[1]


@on_one_engine
def test_mail_goes_to_whom_it_is_asked_for(api: ApiClient, client_id: int) -> None:
    with writing():
        contact = factories.make_contact(session.get_one(Customer, client_id), email="bart@peeters.example").id
    quote_id = made(api, client_id)
    body = {
        "recipients": ["main_contact", str(contact), "eva@elsewhere.example"],
        "message_html": "<p>Here <b>it</b> is</p>",
    }
    told = done(api, f"quotes/{quote_id}?send_mail", body)
    (event,) = shown(api, f"quotes/{quote_id}")["events"]
    assert (event["event_id"], event["quote_id"], event["content"]) == (told["event_id"], quote_id, "Here it is")
    emails = [one["email_address"] for one in event["recipients"]]
    assert emails == ["an@peeters.example", "bart@peeters.example", "eva@elsewhere.example"]
    assert session.get_one(MailMessage, told["event_id"]).subject.count(told["number"]) == 1
    for wrong in ("myself", "999", "nobody", "a@b.example, nobody"):
        refused = api.post(f"quotes/{quote_id}/sendemail", {"recipient": wrong})
        assert (refused.status_code, refused.get_json()["error"][:11]) == (400, "recipient: "), wrong
    assert api.post(f"quotes/{quote_id}/send", {"document_type": "ubl"}).status_code == 400


@on_one_engine
def test_an_order_becomes_work_or_is_cancelled(api: ApiClient, client_id: int) -> None:
    quote_id = made(api, client_id)
    done(api, f"quotes/{quote_id}/mark_sent")
    order_id = done(api, f"quotes/{quote_id}/sign", {})["order_id"]
    assert api.post("orders", {"client_id": client_id}).status_code == 405  # an order is a quote that was signed
    assert api.post(f"orders/{order_id}/serviceorder", {}).get_json()["error"][:9] == "site_id: "
    site = api.get(f"clients/{client_id}/sites").get_json()
    site_id = site[0]["site_id"] if site else done(api, f"clients/{client_id}/sites", {"name": "Home"})["site_id"]
    work = done(api, f"orders/{order_id}/serviceorder", {"site_id": site_id})["serviceorder_id"]
    assert shown(api, f"serviceorders/{work}")["description"] == "Heat pump"
    done(api, f"orders/{order_id}/mark_sent")
    deposit = done(api, f"orders/{order_id}/deposit")["invoice_id"]
    done(api, f"invoices/{deposit}/post")
    told = done(api, f"orders/{order_id}/cancel", {"reason": "Moved"})
    (credit,) = told["creditnotes"]
    assert shown(api, f"invoices/{credit['creditnote_id']}")["state"] == "draft"
    assert shown(api, f"orders/{order_id}")["status"] == "cancelled"
    assert [row["order_id"] for row in api.get("orders?filter=status=cancelled").get_json()] == [order_id]


@on_one_engine
def test_who_may(api_for: Callable[[Role], ApiClient], client_id: int) -> None:
    quote_id = made(api_for(Role.OFFICE), client_id)
    technician, accountant = api_for(Role.TECHNICIAN), api_for(Role.ACCOUNTANT)
    for path in ("quotes", f"quotes/{quote_id}", "orders", f"quotes/{quote_id}/items"):
        assert technician.get(path).status_code == 403
    assert accountant.get(f"quotes/{quote_id}").status_code == 200
    assert accountant.post(f"quotes/{quote_id}/mark_sent").status_code == 403
    assert accountant.post(f"quotes/{quote_id}?send_mail", {}).status_code == 403
