"""A worker that takes a job and never comes to its end."""

import time

from fsm.app import create_app
from fsm.core.jobs import Payload, run_one


def main() -> None:
    """Tell when the job is taken."""
    with create_app().app_context():
        run_one({"work": work})


def work(_payload: Payload) -> None:
    """Longer than any test."""
    print("taken", flush=True)  # noqa: T201 - read by the test
    time.sleep(600)
