"""Webhooks whose worker is killed at random: each event arrives at least once, under one id and with one body."""

import random
import time
from collections import defaultdict

import pytest
import sqlalchemy as sa
from flask import Flask

from fsm.core.db import session, writing
from fsm.webhooks import services
from fsm.webhooks.models import DeliveryState, WebhookDelivery
from fsm.webhooks.services import EndpointValues
from tests import factories
from tests.concurrency import webhook_worker
from tests.concurrency.conftest import start_process
from tests.concurrency.test_mail import kill_at_random
from tests.webhooks.receiver import receiving

pytestmark = [pytest.mark.concurrency, pytest.mark.database]
LEASE_SECONDS = 0.5


def story(app: Flask, events: int, kills: int, seed: int) -> tuple[int, int]:
    """How many workers were killed, and how many deliveries were doubled by that."""
    app.config["WEBHOOK_NETWORKS"] = "127.0.0.0/8"
    with receiving() as receiver:
        receiver.slow_seconds = 0.01
        with writing(bulk=True):
            services.create(EndpointValues("Shop", receiver.url, ["invoice.posted"]), actor_id=1)
            customer = factories.make_customer()
            for _place in range(events):
                factories.make_posted_invoice(customer)
        killed = kill_at_random(start_process(app, webhook_worker.main, str(LEASE_SECONDS)), kills, random.Random(seed))
        bodies = defaultdict(set)
        for _path, headers, body in receiver.got:
            bodies[headers["webhook-id"]].add(body)
        assert len(bodies) == events
        assert {len(each) for each in bodies.values()} == {1}
        session.rollback()
        assert set(session.scalars(sa.select(WebhookDelivery.state))) == {DeliveryState.DELIVERED}
        return killed, len(receiver.got) - events


def test_killed_at_random(own_app: Flask) -> None:
    killed, doubled = story(own_app, events=12, kills=6, seed=20261122)
    assert killed >= 3
    assert doubled <= killed  # only what was under way


@pytest.mark.soak
def test_killed_again_and_again(own_app: Flask, engine_name: str) -> None:
    seed, began = random.SystemRandom().randrange(10**6), time.monotonic()
    killed, doubled = story(own_app, events=400, kills=60, seed=seed)
    assert doubled <= killed
    print(  # noqa: T201 - the figures of the soak
        f"\n{engine_name}: 400 events, {killed} workers killed (seed {seed}): each arrived, {doubled} twice; "
        f"{time.monotonic() - began:.0f} s"
    )
