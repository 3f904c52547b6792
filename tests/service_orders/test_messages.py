"""Customers are told of visits and work: off at first, once per event, in the transaction of the event."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from fsm.company.models import Language
from fsm.core import audit
from fsm.core.audit import now
from fsm.core.db import session, writing
from fsm.core.errors import ConflictError
from fsm.core.formats import clock
from fsm.core.jobs import Job
from fsm.customers.models import Customer
from fsm.mail import delivery
from fsm.mail.models import MailMessage, MailTemplate
from fsm.service_orders import messages, services, tasks, visits
from fsm.service_orders.message_models import CustomerMessage
from fsm.service_orders.models import OrderState, ServiceSettings, StampKind, Visit
from fsm.users.models import Role
from tests import factories
from tests.service_orders.conftest import Field
from tests.tablet.sending import Tablet, new_key

pytestmark = pytest.mark.database
ClientFor = Callable[..., FlaskClient]
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def order_id(field: Field) -> int:
    """A draft at a customer who reads Dutch and has an address."""
    with writing():
        customer = session.get_one(Customer, field.customer_id)
        customer.email, customer.language = "info@peeters.example", Language.DUTCH
        order = factories.make_order(
            factories.make_site(customer), state=OrderState.DRAFT, description="Brander {link}\nlekt"
        )
    return order.id


def switch_on(**values: Any) -> None:
    with writing():
        row = session.get_one(ServiceSettings, 1)
        for name in ("tells_booked", "tells_on_my_way", "tells_done"):
            setattr(row, name, values.get(name, True))


def at(days: int, hour: int = 9) -> dt.datetime:
    return (now() + dt.timedelta(days=days)).replace(hour=hour, minute=0, second=0, microsecond=0)


def schedule(field: Field, order_id: int, start_at: dt.datetime, technician_id: int | None = None) -> int:
    with writing(actor_id=field.office.id):
        visit = visits.schedule(
            order_id,
            technician_id=technician_id or field.technician.id,
            start_at=start_at,
            end_at=start_at + 2 * HOUR,
            actor=field.office,
        )
    return visit.id


def move(field: Field, order_id: int, visit_id: int, start_at: dt.datetime) -> None:
    with writing(actor_id=field.office.id):
        visits.move_visit(
            order_id,
            visit_id,
            technician_id=field.technician.id,
            start_at=start_at,
            end_at=start_at + 2 * HOUR,
            actor=field.office,
        )


def remove(field: Field, order_id: int, visit_id: int) -> None:
    with writing(actor_id=field.office.id):
        visits.remove_visit(order_id, visit_id, actor=field.office)


def mails() -> list[MailMessage]:
    session.rollback()
    return list(session.scalars(sa.select(MailMessage).order_by(MailMessage.id)))


def kinds() -> list[str]:
    return [row.kind for row in mails()]


def told() -> list[tuple[str, bool]]:
    session.rollback()
    rows = session.scalars(sa.select(CustomerMessage).order_by(CustomerMessage.id))
    return [(row.kind.value, row.message_id is not None) for row in rows]


def deliver() -> None:
    for row in mails():
        delivery.send(row.id)


def test_off_by_default(field: Field, order_id: int) -> None:
    """Neither mail nor row, whatever happens."""
    visit_id = schedule(field, order_id, at(2))
    move(field, order_id, visit_id, at(3))
    with writing():
        tasks.stamp(order_id, StampKind.ON_MY_WAY, actor=field.technician, moment=now())
        services.cancel(order_id, "No", actor=field.office)
    assert (mails(), told()) == ([], [])


def test_a_visit_from_booked_to_moved_to_cancelled(field: Field, order_id: int) -> None:
    """In the customer's language; what was told leaves, what was put back does not; the timelines tell of it."""
    switch_on()
    visit_id = schedule(field, order_id, at(2))
    (mail,) = mails()
    assert (mail.kind, mail.language, mail.about_kind, mail.about_id) == (
        "visit_booked",
        "dutch",
        "service_order",
        order_id,
    )
    assert mail.subject.startswith("Ons bezoek op ")
    assert "Technicus: Technician\nWerk: Brander (link)\nlekt" in mail.body
    job = session.scalars(sa.select(Job).where(Job.kind == "mail.send")).one()
    assert messages.GRACE - HOUR / 60 < job.run_at - now() <= messages.GRACE
    deliver()
    assert mails()[0].sent_body
    subject = mails()[0].sent_subject
    for kind, row_id in (("service_order", order_id), ("customer", field.customer_id)):
        assert f"“{subject}” was mailed to info@peeters.example" in [
            one.sentence for one in audit.timeline(kind, row_id)
        ]

    move(field, order_id, visit_id, at(3))
    move(field, order_id, visit_id, at(4))
    assert kinds() == ["visit_booked", "visit_moved"]  # the first move was overtaken before it left
    body = mails()[1].body
    assert f", {clock(at(2))}.\nHet is nu gepland op " in body
    move(field, order_id, visit_id, at(2))  # put back: the customer knows that hour
    assert kinds() == ["visit_booked"]
    with writing():  # another technician at the same hour is nothing to write about
        visits.move_visit(
            order_id,
            visit_id,
            technician_id=field.other.id,
            start_at=at(2),
            end_at=at(2) + 2 * HOUR,
            actor=field.office,
        )
    assert kinds() == ["visit_booked"]
    remove(field, order_id, visit_id)
    assert kinds() == ["visit_booked", "visit_cancelled"]
    assert told() == [("booked", True), ("moved", False), ("moved", False), ("cancelled", True)]


def test_what_nobody_has_heard_is_not_taken_back_by_a_second_mail(field: Field, order_id: int) -> None:
    """Booked and removed within minutes: nothing leaves. Moved within minutes: one mail that says booked."""
    switch_on()
    remove(field, order_id, schedule(field, order_id, at(2)))
    assert kinds() == []
    visit_id = schedule(field, order_id, at(2))
    move(field, order_id, visit_id, at(3))
    assert kinds() == ["visit_booked"]
    schedule(field, order_id, at(3), field.other.id)  # a second pair of hands at the same hour
    assert kinds() == ["visit_booked"]
    with writing():
        services.cancel(order_id, "No", actor=field.office)
    assert kinds() == []


def test_a_cancelled_order_says_so_once(field: Field, order_id: int) -> None:
    switch_on()
    schedule(field, order_id, at(2))
    schedule(field, order_id, at(2), field.other.id)
    deliver()
    with writing():
        services.cancel(order_id, "No", actor=field.office)
    assert kinds() == ["visit_booked", "visit_cancelled"]


def booked_and_failed(field: Field, order_id: int) -> None:
    with writing():
        visits.schedule(
            order_id, technician_id=field.technician.id, start_at=at(2), end_at=at(2) + HOUR, actor=field.office
        )
        assert session.scalar(sa.select(sa.func.count()).select_from(MailMessage)) == 1
        raise ZeroDivisionError


def test_no_message_of_what_did_not_happen(field: Field, order_id: int) -> None:
    """The message is in the transaction of the event; of the past none is told."""
    switch_on()
    with pytest.raises(ZeroDivisionError):
        booked_and_failed(field, order_id)
    assert (mails(), told()) == ([], [])
    assert session.scalars(sa.select(Job).where(Job.kind == "mail.send")).all() == []
    schedule(field, order_id, at(-2))
    assert mails() == []


def test_who_has_no_address_or_does_not_want_it(field: Field, order_id: int, client_for: ClientFor) -> None:
    """Nothing is sent, nothing is hindered, the order says why."""
    switch_on()
    with writing():
        customer = session.get_one(Customer, field.customer_id)
        customer.email = "nobody@"
    schedule(field, order_id, at(2))
    assert (kinds(), told()) == ([], [("booked", False)])
    page = client_for(Role.OFFICE).get(f"/service-orders/{order_id}").get_data(as_text=True)
    assert "“nobody@” is not an e-mail address." in page
    with writing():
        customer = session.get_one(Customer, field.customer_id)
        contact = factories.make_contact(customer, email="an@peeters.example", gets_visit_messages=True)
        factories.make_contact(customer, email="books@peeters.example")
        customer.gets_visit_messages = False
    visit_id = schedule(field, order_id, at(3))
    assert kinds() == []
    with writing():
        session.get_one(Customer, field.customer_id).gets_visit_messages = True
        template = MailTemplate(
            kind="visit_booked", language="dutch", subject="{visit_day}", body="{description}" * 500
        )
        session.add(template)
    move(field, order_id, visit_id, at(4))
    (mail,) = mails()
    assert [one.email for one in mail.addressed] == [contact.email]
    assert len(mail.body) <= 10_000


def test_on_my_way_and_done(field: Field, order_id: int, client_for: ClientFor) -> None:
    """Once per technician and day, from pages and tablets; never when it is known hours later."""
    switch_on(tells_booked=False)
    with writing():
        visits.schedule(
            order_id,
            technician_id=field.technician.id,
            start_at=now() + HOUR / 2,
            end_at=now() + HOUR,
            actor=field.office,
        )
        tasks.stamp(order_id, StampKind.ON_MY_WAY, actor=field.technician, moment=now() - HOUR)
    assert mails() == []
    client = client_for(Role.TECHNICIAN)
    tablet = Tablet(client, field.technician.id)
    body, key = tablet.body(order_id, "on_my_way"), new_key()
    answers = [tablet.send(body, key) for _try in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert client.post(f"/service-orders/{order_id}/on-my-way").status_code == 303
    (mail,) = mails()
    assert mail.kind == "visit_on_my_way"
    assert "Technician is onderweg naar u.\nVoorziene aankomst: " in mail.body
    tablet.do(order_id, "start")
    tablet.do(order_id, "write_report", report="Dichting {vervangen}\nGetest")
    tablet.do(order_id, "set_nothing_to_bill", reason="Warranty")
    body, key = tablet.body(order_id, "finish"), new_key()
    assert [tablet.send(body, key).status_code for _try in range(2)] == [200, 200]
    assert kinds() == ["visit_on_my_way", "visit_done"]
    assert "Wat werd gedaan: Dichting (vervangen)\nGetest" in mails()[1].body
    with writing():
        services.reopen(order_id, "Typo", actor=field.office)
        services.finish(order_id, actor=field.office, moment=now())
    assert kinds() == ["visit_on_my_way", "visit_done"]


def test_a_form_sent_twice_and_a_message_kept_back(field: Field, order_id: int, client_for: ClientFor) -> None:
    switch_on()
    client = client_for(Role.OFFICE)
    start = (at(3)).strftime("%Y-%m-%dT%H:%M")
    form = {
        "technician_id": field.technician.id,
        "start_at": start,
        "end_at": start.replace("T09", "T11"),
        "form_key": "f" * 32,
    }
    answers = [client.post(f"/service-orders/{order_id}/schedule", data=form) for _try in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert (kinds(), session.scalar(sa.select(sa.func.count()).select_from(Visit))) == (["visit_booked"], 1)
    page = client.get(f"/service-orders/{order_id}").get_data(as_text=True)
    assert "Leaves shortly" in page
    row = session.scalars(sa.select(CustomerMessage)).one()
    path = f"/service-orders/{order_id}/messages/{row.id}/keep-back"
    assert client.post(path).status_code == 303
    assert client.post(path).status_code == 409
    assert (kinds(), told()) == ([], [("booked", False)])
    deliver()  # the job of what was taken back finds nothing


def test_what_a_server_may_have_is_not_taken_back(field: Field, order_id: int) -> None:
    switch_on()
    visit_id = schedule(field, order_id, at(2))
    with writing():
        (mail,) = session.scalars(sa.select(MailMessage))
        mail.recipients[0].handed_at = now()
    row = session.scalars(sa.select(CustomerMessage)).one()
    with pytest.raises(ConflictError), writing():
        messages.keep_back(order_id, row.id, actor=field.office)
    move(field, order_id, visit_id, at(4))
    assert kinds() == ["visit_booked", "visit_moved"]


def test_the_switches_and_the_opt_out_on_their_pages(field: Field, order_id: int, client_for: ClientFor) -> None:
    del order_id
    client = client_for(Role.MANAGER)
    form = {"minimum_minutes": "0", "rounding_minutes": "15", "weekly_hours": "38", "tells_booked": "y", "version": "2"}
    assert client.post("/service-orders/settings/service", data=form).status_code == 303
    session.rollback()
    rules = session.get_one(ServiceSettings, 1, populate_existing=True)
    assert (rules.tells_booked, rules.tells_on_my_way, rules.tells_done) == (True, False, False)
    assert "visit_moved" in client.get("/settings/mail/texts").get_data(as_text=True)
    path = f"/customers/{field.customer_id}/edit"
    assert 'name="gets_visit_messages"' in client.get(path).get_data(as_text=True)
