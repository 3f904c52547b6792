"""Processes of their own that start at once: each is forked off one that has imported the program already.

They can be killed like any other, and share no connection with the test or one another.
"""

import multiprocessing
import os
import sys
import threading
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from typing import TypeAlias

from flask import Flask
from jinja2 import FileSystemBytecodeCache

Main: TypeAlias = Callable[..., int | None]

# Where compiled templates lie; processes inherit it.
TEMPLATES_VARIABLE = "FSM_TEST_TEMPLATES"

_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["fsm.app", "fsm.cli"])


def keep_templates() -> None:
    """The programs of this process take compiled templates from the folder: compiling them all takes five seconds."""
    if folder := os.environ.get(TEMPLATES_VARIABLE):
        Flask.jinja_options = Flask.jinja_options | {"bytecode_cache": FileSystemBytecodeCache(folder)}


class Process:
    """``main(*arguments)`` in another process, with the environment as it is now and what is named beside it.

    What it prints, errors among it, can be read line by line.
    """

    def __init__(self, main: Main, *arguments: str, **environment: str) -> None:
        reading, writing = _forks.Pipe(duplex=False)
        self._process = _forks.Process(
            target=_run, args=(writing, os.environ | environment, main, arguments), daemon=True
        )
        self._process.start()
        writing.close()
        self._lines = os.fdopen(os.dup(reading.fileno()), encoding="utf-8")
        reading.close()

    def lines(self) -> Iterator[str]:
        """What it prints, as it comes."""
        return iter(self._lines.readline, "")

    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.is_alive()

    def terminate(self) -> None:
        """Ask it to end."""
        self._process.terminate()

    def kill(self) -> None:
        """As an unplugged machine would: nothing is cleaned up."""
        self._process.kill()

    def end(self, seconds: float = 120) -> tuple[int, str]:
        """Wait for its end; its exit status, negative for a signal, and the rest of what it printed.

        One that takes longer than so many seconds is killed.
        """
        limit = threading.Timer(seconds, self.kill)
        limit.start()
        with self._lines:
            printed = self._lines.read()
        self._process.join()
        limit.cancel()
        assert self._process.exitcode is not None
        return self._process.exitcode, printed


def _run(writing: Connection, environment: dict[str, str], main: Main, arguments: tuple[str, ...]) -> None:
    os.dup2(writing.fileno(), sys.stdout.fileno())
    os.dup2(writing.fileno(), sys.stderr.fileno())
    writing.close()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.environ.clear()
    os.environ.update(environment)
    keep_templates()
    sys.exit(main(*arguments))  # multiprocessing prints what it raises, and makes a status of it


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
