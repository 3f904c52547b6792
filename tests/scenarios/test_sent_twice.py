"""A form that is sent again does its work once, with the keys that the pages themselves carry and the program insists on."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from fsm.core.db import session, writing
from fsm.customers.models import Customer
from fsm.invoices.models import Invoice, InvoiceState
from fsm.payments.models import Payment
from fsm.service_orders.models import TimeEntry
from fsm.users.models import Role
from tests import factories
from tests.scenarios.bad_inputs import HOURS
from tests.scenarios.dump import everything
from tests.scenarios.person import Person

pytestmark = pytest.mark.database
Clients = Callable[..., FlaskClient]


@dataclass(frozen=True)
class Form:
    """A form, what is typed and what else might be typed after the browser's Back; the rows that it makes, to be counted."""

    page: str
    button: str
    typed: dict[str, Any]
    otherwise: dict[str, Any]
    makes: Callable[[], int]


FORMS = {
    "create a customer": Form(
        "/customers/new",
        "Save customer",
        {"name": "Garage Maes"},
        {"name": "Garage Maas"},
        lambda: session.query(Customer).filter(Customer.name.startswith("Garage")).count(),
    ),
    "log time": Form(
        "/service-orders/{order}/log-time",
        "Log time",
        HOURS,
        {"description": "Pump"},
        lambda: session.query(TimeEntry).count(),
    ),
    "register a payment": Form(
        "/payments/register?invoice_id={posted}",
        "Register payment",
        {"amount": "100.00"},
        {"amount": "200.00"},
        lambda: session.query(Payment).count(),
    ),
    "post": Form(
        "/invoices/{draft}/review",
        "Post {number}",
        {},
        {"unheard-of": "x"},
        lambda: session.query(Invoice).filter(Invoice.state == InvoiceState.POSTED).count() - 1,
    ),
}


@pytest.mark.parametrize("what", FORMS)
def test_the_same_form_again_gives_the_same_answer_and_one_row(
    database: Flask, client_for: Clients, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    form = FORMS[what]
    with writing(bulk=True):
        customer = factories.make_customer()
        order = factories.make_order(factories.make_site(customer))
        factories.make_rate()
        posted, draft = factories.make_posted_invoice(customer), factories.make_invoice(customer)
        names = {"order": order.id, "posted": posted.id, "draft": draft.id, "number": ""}
    session.remove()
    monkeypatch.delitem(database.config, "KEYS_OPTIONAL")
    person = Person(client_for(Role.OFFICE))

    person.open(form.page.format(**names))
    if "{number}" in form.button:
        names["number"] = person.fact("Number to come")
    person.press(form.button.format(**names), form.typed)
    first, (url, values) = person.location, person.sent
    assert first, person.text
    assert made_by(form) == 1
    before = everything()

    again = person.client.post(url, data=values)
    assert (again.status_code, again.headers["Location"]) == (303, first)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert everything() == before

    person.send(url, values | form.otherwise)
    assert person.status == 422
    assert person.refusal("page").startswith("This form has already been sent, with other content.")
    assert person.links()[-1] == first  # the way to what the first one made
    assert everything() == before

    without = {name: value for name, value in values.items() if name != "form_key"}
    person.send(url, without)
    assert person.status == 400
    assert made_by(form) == 1
    assert everything() == before


def made_by(form: Form) -> int:
    session.rollback()
    count = form.makes()
    session.rollback()
    return count
