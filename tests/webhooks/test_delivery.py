"""What is told, signed and tried again: against a real HTTP server on loopback."""

import base64
import datetime as dt
import hashlib
import hmac
import json
import time
from decimal import Decimal as D

import pytest
import sqlalchemy as sa
from flask import Flask

from fsm.core import events
from fsm.core.audit import now
from fsm.core.db import session, writing
from fsm.core.errors import ConflictError
from fsm.core.jobs import Job
from fsm.payments import services as payments
from fsm.payments.services import PartValues, RegisterValues
from fsm.service_orders import services as orders
from fsm.service_orders.models import OrderState
from fsm.users.models import Role
from fsm.webhooks import clean_up, delivery, sending, services, telling
from fsm.webhooks.models import DeliveryState, WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookEvent
from fsm.webhooks.services import NewEndpoint
from tests import factories
from tests.conftest import user_of
from tests.webhooks.conftest import work
from tests.webhooks.receiver import Receiver

pytestmark = pytest.mark.database


def post_invoice() -> int:
    with writing(bulk=True):
        return factories.make_posted_invoice().id


def only() -> WebhookDelivery:
    session.expire_all()
    return session.scalars(sa.select(WebhookDelivery)).one()


def now_again() -> None:
    """The next try is due, and so is its job."""
    with writing():
        session.execute(sa.update(WebhookDelivery).values(next_try_at=now()))
        session.execute(sa.update(WebhookEndpoint).values(away_until=None, wake_at=None))
        session.execute(sa.update(Job).where(Job.kind == services.JOB).values(run_at=now()))


def test_each_event_arrives_signed(database: Flask, receiver: Receiver, endpoint: NewEndpoint) -> None:
    technician, rate = user_of(Role.TECHNICIAN), None
    with writing(bulk=True):
        invoice = factories.make_posted_invoice()
        rate = factories.make_rate()
        order = factories.make_order(
            factories.make_site(factories.make_customer()),
            state=OrderState.IN_PROGRESS,
            report="Pump replaced.",
            no_signature_reason="absent",
        )
        factories.make_time(order, technician, rate, now() - dt.timedelta(hours=3), minutes=60)
    with writing():
        values = RegisterValues(
            parts=[PartValues(invoice_id=invoice.id)], paid_on=factories.TODAY, amount=D("1210.00"), method=None
        )
        payments.register(values, actor_id=1, today=factories.TODAY)
        orders.finish(order.id, actor=factories.actor_of(user_of(Role.OFFICE)), moment=now())
    work(database)
    bodies = [json.loads(body) for _path, _headers, body in receiver.got]
    assert [body["type"] for body in bodies] == ["invoice.posted", "invoice.paid", "service_order.done"]
    posted, paid, done = (body["data"] for body in bodies)
    assert (posted["invoice_id"], posted["number"], posted["total_with_tax"]) == (invoice.id, invoice.number, "1210.00")
    assert (paid["invoice_id"], paid["status"], paid["total_paid"]) == (invoice.id, "closed", "1210.00")
    assert (done["serviceorder_id"], done["state"]) == (order.id, "done")
    assert "items" not in posted
    assert len(set(receiver.ids())) == 3
    for path, headers, body in receiver.got:
        assert path == "/hooks?a=1"
        assert abs(int(headers["webhook-timestamp"]) - time.time()) < 60
        # by the words of the specification, not by the program's own function
        key = base64.b64decode(endpoint.secret.split("_")[1])
        signed = b".".join([headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body])
        expected = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
        assert headers["webhook-signature"] == f"v1,{expected}"
        assert (headers["content-type"], json.loads(body)["id"]) == ("application/json", headers["webhook-id"])
    states = session.scalars(sa.select(WebhookDelivery.state)).all()
    assert states == [DeliveryState.DELIVERED] * 3


def test_what_nobody_listens_to_makes_no_job(database: Flask) -> None:
    post_invoice()
    assert session.scalar(sa.select(sa.func.count()).where(Job.kind == events.JOB)) == 0


def test_tried_again_with_the_same_id_and_body(
    database: Flask, receiver: Receiver, endpoint: NewEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "ALL_SECONDS", 0.4)
    receiver.answers += [500, "die", "hang", "drip", 302]
    post_invoice()
    seen = []
    for _place in range(6):
        work(database)
        row = only()
        seen.append((row.state.value, row.status_code, row.error))
        now_again()
    late = ("waiting", None, "No answer within 0.4 seconds.")
    assert seen == [
        ("waiting", 500, ""),
        ("waiting", None, "The connection was closed without an answer."),
        late,
        late,
        ("waiting", 302, "Redirects are not followed."),
        ("delivered", 200, ""),
    ]
    assert len(set(receiver.ids())) == 1
    assert len({body for _path, _headers, body in receiver.got}) == 1
    assert {path for path, _headers, _body in receiver.got} == {"/hooks?a=1"}  # the redirect's target was never asked
    tries = session.scalars(sa.select(WebhookAttempt).order_by(WebhookAttempt.id)).all()
    assert [(one.status_code, one.answer) for one in tries][:1] == [(500, "thank you")]
    assert len(tries) == 6


def test_given_up_and_sent_again(database: Flask, receiver: Receiver, endpoint: NewEndpoint) -> None:
    receiver.answers += [503] * delivery.MOST_ATTEMPTS
    post_invoice()
    for _place in range(delivery.MOST_ATTEMPTS):
        assert work(database)
        now_again()
    assert (only().state, only().attempts) == (DeliveryState.FAILED, delivery.MOST_ATTEMPTS)
    work(database)
    assert len(receiver.got) == delivery.MOST_ATTEMPTS  # and no more
    for _twice in (1, 2):
        with writing():
            services.send_again(only().id)
        work(database)
        assert only().state is DeliveryState.DELIVERED
    assert len(set(receiver.ids())) == 1


def test_an_endpoint_that_is_not_reached_holds_up_nobody(
    database: Flask, receiver: Receiver, endpoint: NewEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One try for all that waits; what cannot be tried for days is given up."""
    receiver.answers += ["die"]
    for _place in range(3):
        post_invoice()
    work(database)
    assert len(receiver.got) == 1
    jobs = sa.select(sa.func.count()).where(Job.kind == services.JOB, Job.state == "waiting")
    assert session.scalar(jobs) == 1
    with writing():
        session.execute(sa.update(WebhookDelivery).values(asked_at=now() - delivery.GIVEN_UP_AFTER * 1.1))
    now_again()
    work(database)
    assert set(session.scalars(sa.select(WebhookDelivery.state))) == {DeliveryState.FAILED}
    assert len(receiver.got) == 1


def test_paused_keeps_resumed_sends_gone_pauses_revoked_gives_up(
    database: Flask, receiver: Receiver, endpoint: NewEndpoint
) -> None:
    with writing():
        services.pause(endpoint.row.id)
    post_invoice()
    work(database)
    assert (receiver.got, only().state) == ([], DeliveryState.WAITING)
    with writing():
        services.resume(endpoint.row.id)
    work(database)
    assert only().state is DeliveryState.DELIVERED
    receiver.answers += [410]
    post_invoice()
    work(database)
    session.expire_all()
    row = session.get_one(WebhookEndpoint, endpoint.row.id)
    assert (row.paused_at is not None, row.paused_why) == (True, "The receiver answered 410: it wants nothing more.")
    with writing():
        services.resume(row.id)
        new = services.renew_secret(row.id)
    post_invoice()
    work(database)
    signatures = receiver.got[-1][1]["webhook-signature"].split()
    assert (len(signatures), new.secret != endpoint.secret) == (2, True)  # the former one signs too, for a day
    with writing():
        services.revoke(row.id)
    post_invoice()
    work(database)
    assert len(receiver.got) == 3
    assert session.scalars(sa.select(events.HeardFact.name)).all() == []
    assert session.get_one(WebhookEndpoint, row.id).secret == ""
    with pytest.raises(ConflictError, match="revoked"), writing():
        services.resume(row.id)


def test_a_fact_told_twice_is_one_event(database: Flask, receiver: Receiver, endpoint: NewEndpoint) -> None:
    """The worker died after it wrote the events and before its job was marked done: the next one tells them again."""
    post_invoice()
    payload = session.scalars(sa.select(Job.payload).where(Job.kind == events.JOB)).one()
    for _twice in (1, 2):
        telling.tell(payload)
    work(database)
    assert len(receiver.got) == 1


def test_a_try_whose_worker_died_is_made_again(database: Flask, receiver: Receiver, endpoint: NewEndpoint) -> None:
    """Sent, and killed before the answer was written down: the claim runs out and it is sent again, under its id."""
    post_invoice()
    claimed = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delivery, "_write_down", lambda *arguments: claimed.append(arguments))
        patch.setattr(delivery, "SECONDS_AT_ONCE", 0.01)
        work(database)
    assert len(claimed) == len(receiver.got) == 1
    assert only().state is DeliveryState.WAITING
    work(database)
    assert len(receiver.got) == 1  # it is thought to be under way
    now_again()
    work(database)
    assert (only().state, len(set(receiver.ids())), len(receiver.got)) == (DeliveryState.DELIVERED, 1, 2)


def test_old_events_go_with_their_deliveries(database: Flask, receiver: Receiver, endpoint: NewEndpoint) -> None:
    post_invoice()
    work(database)
    with writing():
        assert clean_up.forget_events(now() - clean_up.KEPT) == 0
        assert clean_up.forget_events(now() + clean_up.KEPT) == 1
    for table in (WebhookEvent, WebhookDelivery, WebhookAttempt):
        assert session.scalar(sa.select(sa.func.count()).select_from(table)) == 0
