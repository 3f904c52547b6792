"""Serves one database as `fsm up` does, with its worker, in a process of its own."""

import os
import sys
from pathlib import Path
from typing import BinaryIO

from flask import Flask

from fsm import server, worker
from fsm.app import create_app
from tests.processes import Process


def start(url: str, folder: Path, port: int, log: Path) -> Process:
    """The server over this database; what it says goes to the log."""
    return Process(main, str(port), str(log), DATABASE_URL=url, FSM_DATA=str(folder))


def main(port: str, log: str) -> None:
    """Everything as in life, but logging in costs little and the first worker need not import the program again."""
    with Path(log).open("ab") as file:
        for stream in (sys.stdout, sys.stderr):
            os.dup2(file.fileno(), stream.fileno())
    app = create_app(ARGON2_CHEAP=True)
    ready, start_child = [Worker(app)], worker.start_child
    worker.start_child = lambda: ready.pop() if ready else start_child()
    server.serve(app, host="127.0.0.1", port=int(port))


class Worker:
    """A worker forked off before there are threads, with what the server uses of a Popen."""

    def __init__(self, app: Flask) -> None:
        reading, writing = os.pipe()
        self.returncode: int | None = None
        self.pid = os.fork()
        if not self.pid:
            os.close(writing)
            os.dup2(reading, 0)
            sys.stdin = os.fdopen(0)
            worker.main(app, with_parent=True)
            os._exit(0)
        os.close(reading)
        self.stdin: BinaryIO = os.fdopen(writing, "wb")

    def poll(self) -> int | None:
        """Its exit status, once it has ended."""
        return self._waited(os.WNOHANG)

    def wait(self, timeout: float | None = None) -> int | None:
        """Its exit status, when it has ended; it is young and ends soon."""
        del timeout
        return self._waited(0)

    def _waited(self, option: int) -> int | None:
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, option)
            self.returncode = os.waitstatus_to_exitcode(status) if pid else None
        return self.returncode
