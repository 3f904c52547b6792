"""No 500, no status and no answer that the OpenAPI document does not tell: schemathesis, all checks, all phases."""

import os
import random
import time

import pytest
from flask import Flask

from fsm.api import keys
from fsm.core.db import writing
from fsm.users import login
from fsm.users.models import Role
from tests import factories
from tests.api import fuzzing

pytestmark = pytest.mark.database
SEED = int(os.environ.get("FSM_FUZZ_SEED", "20261122"))
QUICK_SECONDS = 28  # it needs half of that where nothing else runs
SOAK_SECONDS = int(os.environ.get("FSM_FUZZ_SECONDS", "300"))


@pytest.fixture
def token(database: Flask, monkeypatch: pytest.MonkeyPatch) -> str:
    """A key that may do all, over books with something of each kind."""
    # Wrong passwords by the hundred are part of it; that they are throttled is tested with the logins.
    monkeypatch.setattr(login, "FAILURES_PER_EMAIL", 10**6)
    monkeypatch.setattr(login, "FAILURES_PER_ADDRESS", 10**6)
    with writing(bulk=True):
        made = keys.create("Fuzzer", list(Role), actor_id=None, requests_per_minute=keys.MOST_PER_MINUTE)
        customer = factories.make_customer()
        factories.make_contact(customer)
        site = factories.make_site(customer)
        factories.make_item()
        factories.make_rate()
        invoice = factories.make_posted_invoice(customer)
        factories.make_invoice(customer)
        factories.make_posted_credit(invoice)
        for _place in range(3):
            factories.make_posted_invoice(customer)
            factories.make_order(site)
    database.config["PROPAGATE_EXCEPTIONS"] = False  # a server answers 500
    return made.token


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
def test_a_few_of_each(database: Flask, token: str) -> None:
    config = fuzzing.configuration(token, SEED, most_examples=1, seconds=QUICK_SECONDS, phases={"examples", "fuzzing"})
    found = fuzzing.run(database, config)
    assert not found.failures, found.told()
    assert found.requests > 50


@pytest.mark.soak
def test_minutes_of_it(database: Flask, token: str, engine_name: str) -> None:
    seed = int(os.environ.get("FSM_FUZZ_SEED", random.SystemRandom().randrange(10**6)))
    began = time.monotonic()
    phases = {"examples", "coverage", "fuzzing", "stateful"}
    config = fuzzing.configuration(token, seed, most_examples=100, seconds=SOAK_SECONDS, phases=phases)
    found = fuzzing.run(database, config)
    figures = ", ".join(f"{status}: {count}" for status, count in sorted(found.statuses.items()))
    print(  # noqa: T201 - the figures of the soak
        f"\n{engine_name}: {found.requests} requests in {time.monotonic() - began:.0f} s (seed {seed}); {figures}"
    )
    assert not found.failures, found.told()
