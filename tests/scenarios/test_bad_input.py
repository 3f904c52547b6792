"""Bad input through the pages: each its own sentence at its own place, a 4xx, and not a row of any table changed."""

import datetime as dt
import io
import threading
from collections.abc import Callable
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
from tests.scenarios.bad_inputs import HOURS, TABLE, TOO_LARGE
from tests.scenarios.dump import everything
from tests.scenarios.person import Person

pytestmark = pytest.mark.database
Clients = Callable[..., FlaskClient]
MORNING = dt.datetime(2026, 3, 2, 8, 0, tzinfo=dt.UTC)


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
    first, second = (
        Person(client_for(role)).open(f"/invoices/{invoice_id}/edit") for role in (Role.OFFICE, Role.MANAGER)
    )
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


@pytest.mark.concurrency
def test_eight_people_posting_one_draft_at_the_same_moment(database: Flask, client_for: Clients) -> None:
    with writing(bulk=True):
        invoice_id = factories.make_invoice(invoice_date=dt.date(2026, 3, 2)).id
    session.remove()
    people = [Person(client_for(Role.OFFICE)).open(f"/invoices/{invoice_id}/review") for _place in range(8)]
    together = threading.Barrier(len(people))

    def press(person: Person) -> None:
        together.wait()
        person.press("Post FA-2600001")

    threads = [threading.Thread(target=press, args=[person]) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    sentences = sorted(" ".join(person.texts("//div[@id='flashes']")) for person in people)
    assert sentences == ["FA-2600001 is posted already."] * 7 + ["FA-2600001 is posted."]


WORDS = {"kind": "time", "number": "550000", "name": "nothing"}


def test_ids_beyond_the_largest_are_not_found_on_any_page(database: Flask, client_for: Clients) -> None:
    """Every address of the program that has an id in it, read and written; and the largest id that there could be."""
    client, before, tried = client_for(Role.MANAGER), everything("api_use"), 0
    urls = database.url_map.bind("localhost")
    for rule in database.url_map.iter_rules():
        ids = {name for name, converter in rule._converters.items() if isinstance(converter, IdConverter)}
        given = {name: WORDS[name] for name in rule.arguments if name in WORDS} | dict.fromkeys(ids, TOO_LARGE - 1)
        for method in sorted(rule.methods & {"GET", "POST"}) if ids else ():
            url = urls.build(rule.endpoint, given, method=method)
            answer = client.open(url, method=method, follow_redirects=True)
            # Files are read before the write begins: without any, that is said first.
            said_first = {400} if rule.endpoint.endswith("_files_upload") else set()
            assert answer.status_code in {200, 403, 404} | said_first, (method, rule)
            for place in ids:
                number = (TOO_LARGE, 10**30)[tried % 2]
                url = urls.build(rule.endpoint, given | {place: number}, method=method)
                # 405 where another method has a rule of its own at this address: nothing was found under this one.
                assert client.open(url, method=method).status_code in {404, 405}, (method, url)
                tried += 1
    assert tried > 100
    assert everything("api_use") == before  # of the API, each request is counted


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
