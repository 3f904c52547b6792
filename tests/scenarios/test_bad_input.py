"""Bad input through the pages: each its own sentence at its own place, a 4xx, and not a row of any table changed."""

import base64
import datetime as dt
import io
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal as D
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from fsm.core.audit import now
from fsm.core.db import session, writing
from fsm.core.web import IdConverter
from fsm.invoices.crediting import draft_credit
from fsm.invoices.drafts import lines_of
from fsm.ledger.models import ItemKind, Period
from fsm.ledger.queries import item_of
from fsm.payments import services as payments
from fsm.payments.services import RegisterValues
from fsm.users.models import Role
from tests import factories
from tests.conftest import user_of
from tests.scenarios.person import Person
from tests.scenarios.walk import contents

pytestmark = pytest.mark.database
Clients = Callable[..., FlaskClient]
TOO_LARGE = 2**63
MORNING = dt.datetime(2026, 3, 2, 8, 0, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Bad:
    """What is typed on which page, and what it answers: the sentence, below a field, in a notice, or on a page of its own."""

    what: str
    page: str
    button: str
    typed: dict[str, Any]
    place: str
    sentence: str
    status: int = 422
    role: Role = Role.OFFICE


DRAFT, REVIEW = "/invoices/{draft}/edit", "Review and post"
PAY, CREDIT = "/payments/register?invoice_id={posted}", "/invoices/{posted}/credit"
TIME, PART = "/service-orders/{order}/log-time", "/service-orders/{order}/add-part"
HOURS = {"start_at": "2026-03-03T08:00", "end_at": "2026-03-03T10:00"}
NEW_CUSTOMER = {"name": "Garage Maes", "is_subject_to_vat": "y"}

TABLE = (
    # VAT number
    Bad("customer", "/customers/new", "Save customer", NEW_CUSTOMER | {"vat_number": "BE0403170702"},
        "vat_number", "BE0403170702 is not a valid VAT number: check its digits and its country."),
    Bad("customer's enterprise number", "/customers/new", "Save customer", NEW_CUSTOMER | {"enterprise_number": "0403170702"},
        "enterprise_number", "0403170702 is not a valid enterprise number: check its digits."),
    Bad("own", "/settings/company", "Save settings", {"vat_number": "BE0403170700"}, "vat_number",
        "BE0403170700 is not a valid VAT number", role=Role.ADMINISTRATOR),
    # IBAN
    Bad("bank account", "/settings/bank-accounts/new", "Save",
        {"name": "Second", "iban": "BE68539007547035", "account_number": "550001"},
        "iban", "BE68539007547035 is not a valid IBAN: check its digits.", role=Role.ADMINISTRATOR),
    # date
    Bad("of an invoice", DRAFT, REVIEW, {"invoice_date": "2026-02-30"}, "invoice_date", "This is not a date."),
    Bad("of a payment", PAY, "Register payment", {"paid_on": "31/12/2026"}, "paid_on", "This is not a date."),
    Bad("of a payment, missing", PAY, "Register payment", {"paid_on": ""}, "paid_on", "The date is missing."),
    Bad("of a payment, in the future", PAY, "Register payment", {"paid_on": "2099-01-01"}, "paid_on",
        "A payment is not dated after today."),
    Bad("of a payment, before its invoice", PAY, "Register payment", {"paid_on": "2026-03-09"}, "paid_on", "FA-2600001 is dated Mar 10, 2026."),
    Bad("of an hour", TIME, "Log time", HOURS | {"start_at": "yesterday"}, "start_at", "This is not a date and time."),
    Bad("of a visit", "/service-orders/{order}/schedule", "Plan visit", {"start_at": "2026-13-01T08:00", "end_at": ""},
        "start_at", "This is not a date and time."),
    # three decimals
    Bad("payment", PAY, "Register payment", {"amount": "10.005"}, "amount", "At most 2 decimals."),
    Bad("line's price, five", DRAFT, REVIEW, {"lines-0-amount": "1.00005"}, "lines-0-amount", "At most 4 decimals."),
    Bad("line's quantity", DRAFT, REVIEW, {"lines-0-quantity": "1.005"}, "lines-0-quantity", "At most 2 decimals."),
    Bad("discount", DRAFT, REVIEW, {"discount_percentage": "5.005"}, "discount_percentage", "At most 2 decimals."),
    Bad("refund", "/payments/refund?open_item_id={credit_item}", "Register refund", {"amount": "1.005"}, "amount", "At most 2 decimals."),
    # ten digits
    Bad("line's quantity", DRAFT, REVIEW, {"lines-0-quantity": "1234567890"}, "lines-0-quantity",
        "Between -999999.99 and 999999.99."),
    Bad("line's price", DRAFT, REVIEW, {"lines-0-amount": "1234567890"}, "lines-0-amount", "Between"),
    Bad("part", PART, "Add part", {"description": "Valve", "quantity": "1234567890", "unit_price": "1"}, "quantity",
        "Between 0.01 and 999999.99."),
    Bad("part of the list", PART + "?q=FLT", "Add", {"quantity": "1234567890"}, "quantity-{item}",
        "Between 0.01 and 999999.99.", role=Role.TECHNICIAN),
    Bad("credit", CREDIT, "Review credit note", {"quantity-{line}": "1234567890", "releases_work": "no"}, "quantity-{line}",
        "Between 0 and 1."),
    # negative hours
    Bad("end before start", TIME, "Log time", HOURS | {"end_at": "2026-03-03T07:00"}, "end_at", "The end comes before the start."),
    Bad("nothing between", TIME, "Log time", HOURS | {"end_at": "2026-03-03T08:00"}, "end_at", "The end comes before the start."),
    Bad("billable", TIME, "Log time", HOURS | {"billable_minutes": "-30"}, "billable_minutes",
        "Number must be between 0 and 1440."),
    Bad("in the future", TIME, "Log time", HOURS | {"end_at": "2099-01-01T08:00"}, "end_at", "This is in the future."),
    Bad("overlapping", TIME, "Log time", {"start_at": "2026-03-02T09:30", "end_at": "2026-03-02T11:00"}, "start_at",
        "This overlaps with the time on {order_number}"),
    Bad("by the one who works", TIME, "Log time", HOURS | {"end_at": "2026-03-03T07:00"}, "end_at",
        "The end comes before the start.", role=Role.TECHNICIAN),
    # an order without work
    Bad("done", "/service-orders/{empty_order}/finish", "Done", {"report": "Looked at it.", "no_signature_reason": "Nobody there."},
        "nothing_to_bill_reason", "There is neither time nor a part: log some, or say why not."),
    # an unknown rate
    Bad("VAT", DRAFT, REVIEW, {"lines-0-tax_rate": "19"}, "lines-0-tax_rate", "Not a valid choice."),
    Bad("labor", TIME, "Log time", HOURS | {"labor_rate_id": "4711"}, "labor_rate_id", "Not a valid choice."),
    # posting
    Bad("into a closed period", "/invoices/{draft_closed}/post", "", {}, "notice", "The period 2025-11 is closed."),
    Bad("before the last number's date", "/invoices/{draft_early}/post", "", {}, "notice",
        "The last number of this series bears the date 2026-03-10; nothing may be dated before it.", status=409),
    Bad("in the future", "/invoices/{draft_late}/post", "", {}, "notice", "A document may not be dated in the future."),
    Bad("without a line", "/invoices/{draft_empty}/post", "", {}, "notice", "There is no line yet."),
    # paying more than is due
    Bad("more than is due", PAY, "Register payment", {"amount": "1210.01"}, "amount",
        '1,210.01 is more than the 1,210.00 due: tick "keep the rest on account" to take all of it.'),
    Bad("nothing", PAY, "Register payment", {"amount": "0"}, "amount", "The amount must be above 0."),
    Bad("cash above the legal limit", "/payments/register?customer_id={customer}", "Register payment",
        {"amount": "3000.01", "method": "cash"}, "amount", "The law allows at most EUR 3,000.00 in cash."),
    Bad("refunded beyond what there is", "/payments/refund?open_item_id={credit_item}", "Register refund", {"amount": "121.01"}, "amount",
        "121.01 is more than the 121.00 left on "),
    # crediting more than was invoiced
    Bad("quantity", CREDIT, "Review credit note", {"quantity-{line}": "1.5", "releases_work": "no"}, "quantity-{line}", "Between 0 and 1."),
    Bad("nothing of it", CREDIT, "Review credit note", {"quantity-{line}": "0", "releases_work": "no"}, "notice",
        "Nothing is left to credit, or nothing was chosen."),
    Bad("twice", "/invoices/{second_credit}/post", "", {}, "notice", "Of “Work 1” only 0 is left to credit."),
    # a number that belongs to no row
    Bad("customer", "/invoices/new", "Write the lines", {"customer_id": f"Somebody #{TOO_LARGE}"}, "customer_id",
        "There is no such customer."),
    Bad("site", "/service-orders/new?site_id={site}", "Create service order", {"site_id": str(TOO_LARGE), "description": "Leak"}, "page",
        "There is no such site.", status=404),
    Bad("equipment", "/service-orders/new?site_id={site}", "Create service order",
        {"equipment_id": str(TOO_LARGE), "description": "Leak"}, "equipment_id", "Not a valid choice."),
    Bad("technician", TIME, "Log time", HOURS | {"technician_id": str(TOO_LARGE)}, "technician_id", "Not a valid choice."),
    Bad("bank account", DRAFT, REVIEW, {"bank_account_id": str(TOO_LARGE)}, "bank_account_id", "Not a valid choice."),
    Bad("open item of a payment", "/payments/register?customer_id={customer}", "Register payment",
        {"amount": "10", "parts-0-amount": "10", "parts-0-open_item_id": str(TOO_LARGE)}, "notice", "There is no such open item.",
        status=404),
    Bad("open item of a payment, no digit at all", "/payments/register?customer_id={customer}", "Register payment",
        {"amount": "10", "parts-0-amount": "10", "parts-0-open_item_id": "²"}, "notice", "There is no such open item.",
        status=404),
    Bad("part", PART + "?q=FLT", "Add", {"stock_item_id": str(TOO_LARGE), "quantity": "1"}, "notice",
        "Choose a part from the list; only the office writes free ones.", status=403, role=Role.TECHNICIAN),
    # files that are no images
    Bad("photo", "/service-orders/{order}/add-photo", "Save photos", {"photos": (b"%PDF-1.7", "a.jpg")}, "photos",
        "This file is no image that can be read", role=Role.TECHNICIAN),
    Bad("signature", "/service-orders/{order}/sign", "Save signature",
        {"signed_by": "An", "signature": "data:image/png;base64," + base64.b64encode(b"GIF89a").decode()}, "signature", "This file is no image that can be read",
        role=Role.TECHNICIAN),
    Bad("logo", "/settings/company", "Save settings", {"logo": (b"<svg onload='alert(1)'/>", "a.png")}, "logo", "This file is no image that can be read", role=Role.ADMINISTRATOR),
)


def made() -> dict[str, Any]:
    """The company before anybody types anything wrong: what the pages of the table are about, by name."""
    with writing(bulk=True):
        technician, customer = user_of(Role.TECHNICIAN), factories.make_customer()
        site, rate, item = factories.make_site(customer), factories.make_rate(), factories.make_item()
        order, empty = factories.make_order(site), factories.make_order(site)
        factories.make_time(order, technician, rate, MORNING, minutes=120)
        posted, credited = (factories.make_posted_invoice(customer, on=dt.date(2026, 3, 10)) for _place in range(2))
        drafts = {
            "draft": factories.make_invoice(customer),
            "draft_closed": factories.make_invoice(customer, invoice_date=dt.date(2025, 11, 15)),
            "draft_early": factories.make_invoice(customer, invoice_date=dt.date(2026, 3, 9)),
            "draft_late": factories.make_invoice(customer, invoice_date=dt.date(2099, 1, 1)),
            "draft_empty": factories.make_invoice(customer, lines=()),
        }
        november = session.scalars(sa.select(Period).where(Period.first_day == dt.date(2025, 11, 1))).one()
        november.closed_at, november.closed_by_id = now(), technician.id
        twin = draft_credit(credited.id, None, releases_work=False, actor_id=technician.id)
        factories.make_posted_credit(credited)
        names = {
            "customer": customer.id,
            "site": site.id,
            "item": item.id,
            "order": order.id,
            "order_number": order.number,
            "empty_order": empty.id,
            "posted": posted.id,
            "line": lines_of(posted.id)[0].id,
            "second_credit": twin.id,
            "credit_item": on_account(customer.id),
            **{name: invoice.id for name, invoice in drafts.items()},
        }
    session.remove()
    return names


def on_account(customer_id: int) -> int:
    """The open item of 121.00 that the customer paid too much."""
    values = RegisterValues(paid_on=dt.date(2026, 3, 10), customer_id=customer_id, amount=D("121.00"))
    payment = payments.register(values, actor_id=1, today=factories.TODAY)
    item = item_of(ItemKind.ON_ACCOUNT, payment.id)
    assert item is not None
    return item.id


def everything(*but: str) -> dict[str, list[Any]]:
    """Every row of every table; when a session was last seen is no change."""
    found = contents()
    session.rollback()
    return {name: rows for name, rows in found.items() if name not in {"user_session", *but}}


def named(text: Any, names: dict[str, Any]) -> Any:
    if isinstance(text, tuple):
        return io.BytesIO(text[0]), text[1]
    return text.format(**names)


def test_each_is_refused_with_its_own_sentence_at_its_own_place(
    database: Flask, client_for: Clients, subtests: pytest.Subtests
) -> None:
    names = made()
    people = {role: Person(client_for(role)) for role in {bad.role for bad in TABLE}}
    before = everything()
    for bad in TABLE:
        with subtests.test(f"{bad.place}: {bad.what}"):
            person, page = people[bad.role], bad.page.format(**names)
            typed = {name.format(**names): named(value, names) for name, value in bad.typed.items()}
            if bad.button:
                person.open(page).press(bad.button, typed)
            else:
                person.send(page, typed)
            assert bad.sentence.format(**names) in person.refusal(bad.place.format(**names)), person.text[:1500]
            assert person.status == bad.status
            assert everything() == before


def test_two_people_editing_one_draft(database: Flask, client_for: Clients) -> None:
    with writing(bulk=True):
        invoice_id = factories.make_invoice().id
    session.remove()
    first, second = (Person(client_for(role)).open(f"/invoices/{invoice_id}/edit") for role in (Role.OFFICE, Role.MANAGER))
    first.press("Save draft", {"reference": "theirs", "lines-0-amount": "11"})
    assert first.status == 200
    before = everything()
    second.press("Save draft", {"reference": "mine", "lines-0-amount": "22"})
    assert second.status == 409
    assert "Stored now, where it differs from what you typed:" in second.refusal("notice")
    assert "theirs" in second.refusal("notice")
    assert (second.field("reference"), second.field("lines-0-amount")) == ("mine", "22")  # nothing typed is lost
    assert everything() == before
    second.press("Save draft")  # having seen it
    assert (second.status, second.field("reference")) == (200, "mine")


def test_two_people_posting_one_draft(database: Flask, client_for: Clients) -> None:
    with writing(bulk=True):
        invoice_id = factories.make_invoice(invoice_date=dt.date(2026, 3, 2)).id
    session.remove()
    first, second = (
        Person(client_for(role)).open(f"/invoices/{invoice_id}/review") for role in (Role.OFFICE, Role.MANAGER)
    )
    first.press("Post FA-2600001")
    assert "FA-2600001 is posted." in first.refusal("notice")
    before = everything("idempotency_key")
    second.press("Post FA-2600001")
    assert "FA-2600001 is posted already." in second.refusal("notice")
    assert second.url == f"/invoices/{invoice_id}"
    assert everything("idempotency_key") == before


WORDS = {"kind": "time", "number": "550000"}


def test_ids_beyond_the_largest_are_not_found_on_any_page(database: Flask, client_for: Clients) -> None:
    """Every address of the program that has an id in it, read and written; and the largest id that there could be."""
    client, before, tried = client_for(Role.MANAGER), everything(), 0
    urls = database.url_map.bind("localhost")
    for rule in database.url_map.iter_rules():
        ids = {name for name, converter in rule._converters.items() if isinstance(converter, IdConverter)}
        given = {name: WORDS[name] for name in rule.arguments if name in WORDS} | dict.fromkeys(ids, TOO_LARGE - 1)
        for method in sorted(rule.methods & {"GET", "POST"}) if ids else ():
            answer = client.open(urls.build(rule.endpoint, given, method=method), method=method)
            assert answer.status_code in {200, 403, 404}, (method, rule)
            for place, number in [(place, number) for place in ids for number in (TOO_LARGE, 10**30)]:
                url = urls.build(rule.endpoint, given | {place: number}, method=method)
                assert client.open(url, method=method).status_code == 404, (method, url)
                tried += 1
    assert tried > 100
    assert everything() == before


QUERIES = (
    "/customers?after={x}",
    "/invoices?customer_id={x}&after={x}",
    "/invoices/new?customer_id={x}",
    "/invoices/review-many?ids={x}",
    "/service-orders?customer_id={x}&technician={x}&after={x}",
    "/service-orders/new?site_id={x}&customer_id={x}",
    "/payments?customer_id={x}&after={x}",
    "/payments/register?invoice_id={x}",
    "/payments/register?open_item_id={x}",
    "/payments/register?customer_id={x}",
    "/payments/move?open_item_id={x}",
    "/payments/refund?open_item_id={x}",
    "/ledger?customer={x}&account={x}&after={x}",
    "/ledger/account/{x}",
    "/search?q={x}",
)


@pytest.mark.parametrize("text", [str(TOO_LARGE), "9" * 400, "-1", "²", "x", "0"])
def test_ids_in_a_question_that_are_none(database: Flask, client_for: Clients, text: str) -> None:
    client = client_for(Role.MANAGER)
    for query in QUERIES:
        assert client.get(query.format(x=text)).status_code in {200, 302, 404}, query


def test_a_technician_does_not_see_anothers_order(database: Flask, client_for: Clients) -> None:
    names = made()
    other = Person(client_for(Role.TECHNICIAN))
    order_id = names["empty_order"]  # nobody's visit, nobody's hours
    before = everything()
    for path in ("", "/finish", "/log-time", "/add-part", "/write-report", "/sign", "/add-photo"):
        other.open(f"/service-orders/{order_id}{path}")
        assert (other.status, other.refusal("page")) == (404, "There is no such service order."), path
    for path in ("/start", "/start-timer", "/finish", "/log-time", "/add-part", "/write-report", "/sign", "/add-photo"):
        other.send(f"/service-orders/{order_id}{path}", {"report": "x", "quantity": "1", **HOURS})
        assert (other.status, other.refusal("page")) == (404, "There is no such service order."), path
    for path in ("/edit", "/validate", "/cancel", "/schedule"):
        other.open(f"/service-orders/{order_id}{path}")
        assert (other.status, other.refusal("page")) == (403, "Your roles do not allow this."), path
    assert everything() == before
