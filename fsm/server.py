"""The embedded server: waitress, with the worker process beside it."""

import os
import signal
import subprocess
import types
from threading import Event, Thread

import structlog
import waitress
from flask import Flask

from fsm import worker
from fsm.core.garbage import keep_loaded

THREADS = 8
WATCH_SECONDS = 2.0
log = structlog.get_logger()


def serve(app: Flask, *, host: str, port: int) -> None:
    """Serve until SIGTERM or Ctrl-C; the worker is started before, again whenever it dies, and ended after."""
    stop = Event()
    keeper = Thread(target=_keep_worker, args=(stop,))
    keeper.start()
    keep_loaded()

    def end(number: int, frame: types.FrameType | None) -> None:
        del number, frame
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, end)
    try:
        waitress.serve(
            app,
            host=host,
            port=port,
            threads=int(os.environ.get("FSM_THREADS", THREADS)),
            ident=None,
            clear_untrusted_proxy_headers=os.environ.get("FSM_PROXIES", "0") == "0",
        )
    finally:
        stop.set()
        keeper.join()


def _keep_worker(stop: Event) -> None:
    child = worker.start_child()
    while not stop.wait(WATCH_SECONDS):
        if child.poll() is not None:
            log.warning("the worker ended; starting another", status=child.returncode)
            child = worker.start_child()
    if child.stdin is not None:
        child.stdin.close()  # the worker ends when its parent's pipe closes
    try:
        child.wait(10)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
