"""The process that does what waits: PDF, and whatever leaves the building. The server starts one; more may run."""

import os
import signal
import subprocess
import sys
from threading import Event, Thread

import structlog
from flask import Flask

from fsm.app import create_app
from fsm.core.jobs import Handler, run_one

IDLE_SECONDS = 1.0
TROUBLE_SECONDS = 5.0
WITH_PARENT = "--with-parent"
log = structlog.get_logger()


def main(app: Flask, *, with_parent: bool) -> None:
    """Work until SIGTERM or Ctrl-C or, as a child, until the pipe to the parent closes; the job at hand is finished."""
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    if with_parent:
        Thread(target=_stop_at_end, args=(sys.stdin.fileno(), stop), daemon=True).start()
    run(app, stop)


def run(app: Flask, stop: Event) -> None:
    """Do due jobs one after the other; look again each second where none is due."""
    handlers: dict[str, Handler] = app.extensions["job_handlers"]
    while not stop.is_set():
        try:
            with app.app_context():  # its end gives the session and its connection back
                was_busy = run_one(handlers)
        except Exception:  # the database may be away for a while; work goes on when it is back
            log.exception("the worker could not take a job")
            stop.wait(TROUBLE_SECONDS)
        else:
            if not was_busy:
                stop.wait(IDLE_SECONDS)


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
