"""The embedded server: waitress, with the worker process beside it."""

import os
import signal
import subprocess
import types

import waitress
from flask import Flask

from fsm import worker

THREADS = 8


def serve(app: Flask, *, host: str, port: int) -> None:
    """Serve until SIGTERM or Ctrl-C; the worker is started before and ended after."""
    child = worker.start_child()

    def stop(number: int, frame: types.FrameType | None) -> None:
        del number, frame
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, stop)
    try:
        waitress.serve(
            app,
            host=host,
            port=port,
            threads=int(os.environ.get("FSM_THREADS", THREADS)),
            ident=None,
            clear_untrusted_proxy_headers=True,
        )
    finally:
        _end(child)


def _end(child: subprocess.Popen[bytes]) -> None:
    if child.stdin is not None:
        child.stdin.close()  # the worker ends when its parent's pipe closes
    try:
        child.wait(10)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
