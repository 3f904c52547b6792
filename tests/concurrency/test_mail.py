"""Mail whose worker is killed at random: each message arrives once, or is shown as one that may have arrived."""

import os
import random
import signal
import time

import pytest
import sqlalchemy as sa
from flask import Flask

from fsm.core.db import session, writing
from fsm.invoices.models import InvoiceFollowUp
from fsm.mail.addresses import Address
from fsm.mail.models import MailMessage, MailRecipient, MailSettings, RecipientState, Security
from fsm.mail.services import Draft, enqueue_messages
from tests import factories
from tests.concurrency import mail_worker
from tests.concurrency.conftest import start_process
from tests.mail.servers import Behaviour, serving
from tests.processes import Process

pytestmark = [pytest.mark.concurrency, pytest.mark.database]
LEASE_SECONDS = 1.0
SLOW_SECONDS = 0.03
PATIENCE_SECONDS = 120


def enqueue(count: int, port: int) -> list[int]:
    """One message about each of so many posted invoices."""
    with writing(bulk=True):
        session.add(
            MailSettings(
                id=1,
                uses_server=True,
                host="127.0.0.1",
                port=port,
                security=Security.NONE,
                sender_email="we@testwerk.example",
            )
        )
        customer = factories.make_customer()
        invoices = [factories.make_posted_invoice(customer).id for _place in range(count)]
        drafts = [
            Draft(
                kind="invoice",
                language="dutch",
                subject="Factuur {number}",
                body="Te betalen: {amount_due}",
                recipients=[Address(f"no{invoice_id}@peeters.example")],
                about=("invoice", invoice_id),
            )
            for invoice_id in invoices
        ]
        enqueue_messages(drafts, actor_id=1)
    return invoices


def kill_at_random(workers: Process, kills: int, chance: random.Random) -> int:
    """Kill one child after the other, each some moments after its start; gives how many died."""
    killed = 0
    for line in workers.lines():
        if killed < kills:
            time.sleep(chance.uniform(0.0, 0.1))
            try:
                os.kill(int(line), signal.SIGKILL)
            except ProcessLookupError:
                break
            killed += 1
    status, printed = workers.end(PATIENCE_SECONDS)
    assert status == 0, printed
    return killed


def assert_once_or_unsure(app: Flask, invoices: list[int], behaviour: Behaviour) -> int:
    """What the server took, what the program believes, and what the screen says are one; gives how many are unsure."""
    session.rollback()
    taken = [address for address, _mail in behaviour.taken]
    states = dict(session.execute(sa.select(MailRecipient.email, MailRecipient.state)).all())
    sent = dict(session.execute(sa.select(InvoiceFollowUp.invoice_id, InvoiceFollowUp.sent_at)).all())
    for invoice_id in invoices:
        email = f"no{invoice_id}@peeters.example"
        assert states[email] in {RecipientState.SENT, RecipientState.MAYBE_SENT}, (email, states[email])
        if states[email] is RecipientState.SENT:
            assert taken.count(email) == 1, email
        else:
            assert taken.count(email) <= 1, email
        assert (sent[invoice_id] is not None) == (states[email] is RecipientState.SENT), email
    unsure = sum(state is RecipientState.MAYBE_SENT for state in states.values())
    assert session.scalar(sa.select(sa.func.count()).where(MailMessage.has_problem)) == unsure
    client = app.test_client()
    client.post("/login", data={"email": "office@test.example", "password": factories.PASSWORD})
    page = client.get("/mail?tab=problems").get_data(as_text=True)
    assert page.count("Maybe sent") == min(unsure, 50)
    return unsure


def story(app: Flask, messages: int, kills: int, seed: int) -> tuple[int, int]:
    behaviour = Behaviour(slow_seconds=SLOW_SECONDS)
    with serving(behaviour) as port:
        invoices = enqueue(messages, port)
        workers = start_process(app, mail_worker.main, str(LEASE_SECONDS))
        killed = kill_at_random(workers, kills, random.Random(seed))
        return killed, assert_once_or_unsure(app, invoices, behaviour)


def test_killed_at_random(own_app: Flask) -> None:
    killed, _unsure = story(own_app, messages=16, kills=10, seed=20261122)
    assert killed >= 5


@pytest.mark.soak
def test_killed_a_hundred_times(own_app: Flask, engine_name: str) -> None:
    seed = random.SystemRandom().randrange(10**6)
    began = time.monotonic()
    killed, unsure = story(own_app, messages=300, kills=100, seed=seed)
    assert killed >= 50
    print(  # noqa: T201 - the figures of the soak
        f"\n{engine_name}: 300 messages, {killed} workers killed (seed {seed}): {300 - unsure} sent once, {unsure} shown as "
        f"maybe sent, none twice; {time.monotonic() - began:.0f} s"
    )
