"""Sends mail as the worker does, in a child that may be killed; another takes its place until nothing is left.

The child's pid is printed as it starts.
"""

import datetime as dt
import os
import time
from pathlib import Path

import sqlalchemy as sa
from flask import Flask

from fsm.app import create_app
from fsm.core import jobs
from fsm.core.db import session
from fsm.core.jobs import Job, JobState
from fsm.mail import delivery


def main(url: str, data_folder: str, lease_seconds: str) -> int:
    """One child after the other: each killed one is followed by another; 1 where one fails by itself."""
    jobs.LEASE = delivery.LEASE = dt.timedelta(seconds=float(lease_seconds))
    app = create_app(DATA_FOLDER=Path(data_folder), SQLALCHEMY_DATABASE_URI=url, SECRET_KEY="only for tests")
    while True:
        child = os.fork()
        if child == 0:
            _work(app)
            os._exit(0)
        print(child, flush=True)  # noqa: T201 - read by the test
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if status >= 0:
            return status


def _work(app: Flask) -> None:
    left = sa.select(sa.func.count()).select_from(Job)
    left = left.where(Job.kind == "mail.send", Job.state.in_([JobState.WAITING, JobState.RUNNING]))
    while True:
        with app.app_context():
            busy = jobs.run_one(app.extensions["job_handlers"])
            waiting = session.scalar(left)
        if not waiting:
            return
        if not busy:
            time.sleep(0.02)
