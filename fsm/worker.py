"""The process that does what waits: PDF, and whatever leaves the building. The server starts one; more may run."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from threading import Event, Thread

import structlog
from flask import Flask

from fsm import nightly
from fsm.app import create_app
from fsm.core.garbage import keep_loaded
from fsm.core.jobs import Handler, run_one
from fsm.core.schedules import run_due

IDLE_SECONDS = 1.0
CLOCK_SECONDS = 2.0
CLOCK_ENDS_SECONDS = 5.0
TROUBLE_SECONDS = 5.0
WITH_PARENT = "--with-parent"
log = structlog.get_logger()


def main(app: Flask, *, with_parent: bool) -> None:
    """Work until SIGTERM or Ctrl-C or, as a child, until the pipe to the parent closes.

    The job at hand is finished; of a job of many lots, the lot.
    """
    keep_loaded()
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    if with_parent:
        Thread(target=_stop_at_end, args=(sys.stdin.fileno(), stop), daemon=True).start()
    run(app, stop)


def run(app: Flask, stop: Event) -> None:
    """Do due jobs one after the other and, beside them, what is due by the clock: a backup must not hold up a PDF."""
    handlers: dict[str, Handler] = app.extensions["job_handlers"]
    schedules = nightly.schedules()
    clock = Thread(target=_work, args=(app, stop, lambda: run_due(schedules), CLOCK_SECONDS), daemon=True)
    clock.start()
    _work(app, stop, lambda: run_one(handlers, stop), IDLE_SECONDS)
    clock.join(CLOCK_ENDS_SECONDS)  # one in the middle of a backup is cut off: there is no half backup


def _work(app: Flask, stop: Event, take: Callable[[], bool], idle_seconds: float) -> None:
    """Take one piece of work after the other; look again after a while where none is due."""
    while not stop.is_set():
        try:
            with app.app_context():  # its end gives the session and its connection back
                was_busy = take()
        except Exception:  # the database may be away for a while; work goes on when it is back
            log.exception("the worker could not take work")
            stop.wait(TROUBLE_SECONDS)
        else:
            if not was_busy:
                stop.wait(idle_seconds)


def start_child() -> subprocess.Popen[bytes]:
    """A worker that ends when the pipe to this process closes, also where this process is killed."""
    return subprocess.Popen([sys.executable, "-m", "fsm.worker", WITH_PARENT], stdin=subprocess.PIPE)  # noqa: S603 - our own program


def _stop_at_end(pipe: int, stop: Event) -> None:
    # Not by sys.stdin: a thread that waits in it would abort the interpreter at its end.
    while os.read(pipe, 1):
        pass
    stop.set()


if __name__ == "__main__":
    main(create_app(), with_parent=WITH_PARENT in sys.argv)
