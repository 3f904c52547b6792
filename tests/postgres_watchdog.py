"""Ends the throw-away PostgreSQL of `tests/postgres.py` when the run that started it was killed.

A program of its own with nothing but the standard library, so that it stands watch a moment after its start.
Arguments: the process id of the run, the server's folder.
"""

import contextlib
import os
import shutil
import signal
import sys
import time
from pathlib import Path

POLL_SECONDS = 0.2
CLEARING_LIMIT_SECONDS = 30


def stand_watch(parent: int, folder: Path) -> None:
    """Wait for the end of the parent; then kill the server and clear its folder.

    A process whose parent ends gets another parent, so a process id that is used again deceives nobody.
    """
    while os.getppid() == parent:
        time.sleep(POLL_SECONDS)
    # More than once: the kill may have come while the folder was being filled or the server was starting.
    limit = time.monotonic() + CLEARING_LIMIT_SECONDS
    while folder.exists() and time.monotonic() < limit:
        with contextlib.suppress(OSError, ValueError, IndexError):
            server = int((folder / "data" / "postmaster.pid").read_text().splitlines()[0])
            os.kill(server, signal.SIGQUIT)
            time.sleep(POLL_SECONDS)
        shutil.rmtree(folder, ignore_errors=True)
        time.sleep(POLL_SECONDS)


if __name__ == "__main__":
    stand_watch(int(sys.argv[1]), Path(sys.argv[2]))
