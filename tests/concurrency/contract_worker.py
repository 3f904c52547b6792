"""Makes the orders of contracts as the nightly run does, in children that die by SIGKILL in the middle of a transaction.

A child dies after so many orders, with 0 it does not. Prints how each ended.
"""

import datetime as dt
import os
import signal
from pathlib import Path

import sqlalchemy as sa
from flask import Flask
from sqlalchemy import orm

from fsm import nightly
from fsm.app import create_app
from fsm.contracts import making
from fsm.service_orders.models import ServiceOrder


def main(url: str, data_folder: str, day: str, *dies_after: str) -> None:
    """One child after the other, each a run by the clock of that day; none of them shares a connection."""
    app = create_app(DATA_FOLDER=Path(data_folder), SQLALCHEMY_DATABASE_URI=url, SECRET_KEY="only for tests")
    for orders in map(int, dies_after):
        child = os.fork()
        if not child:
            run(app, day, orders)
            os._exit(0)
        _pid, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201 - read by the test


def run(app: Flask, day: str, dies_after: int) -> None:
    """As the worker would."""
    left = [dies_after]

    def count(sess: orm.Session, _context: object) -> None:
        if any(isinstance(row, ServiceOrder) for row in sess.new) and left[0]:
            left[0] -= 1
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)

    sa.event.listen(orm.Session, "after_flush", count)
    nightly.now = lambda: dt.datetime.fromisoformat(f"{day}T04:00:00+00:00")
    making.MOST_AT_ONCE = 2  # so that a contract has several transactions
    with app.app_context():
        nightly.make_maintenance(lambda: None)
