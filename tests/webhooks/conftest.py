"""A program that receives, and an endpoint that is told of everything."""

from collections.abc import Iterator

import pytest
from flask import Flask

from fsm.core.db import session, writing
from fsm.core.jobs import run_one
from fsm.webhooks import services
from fsm.webhooks.kinds import KINDS
from fsm.webhooks.services import EndpointValues, NewEndpoint
from tests.webhooks.receiver import Receiver, receiving


@pytest.fixture
def receiver(database: Flask) -> Iterator[Receiver]:
    database.config["WEBHOOK_NETWORKS"] = "127.0.0.0/8"
    with receiving() as found:
        yield found


@pytest.fixture
def endpoint(receiver: Receiver) -> NewEndpoint:
    with writing():
        return services.create(EndpointValues("Shop", f"{receiver.url}/hooks?a=1", list(KINDS)), actor_id=1)


def work(app: Flask) -> int:
    """Do all jobs that are due now; gives how many."""
    done = 0
    session.rollback()  # what others have written since is seen
    while run_one(app.extensions["job_handlers"]):
        done += 1
    session.rollback()
    return done
