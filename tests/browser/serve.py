"""Serves one database as `fsm up` does, with its worker; ends when standard input closes, or after a limit.

Called as: serve.py PORT LIMIT_SECONDS, with DATABASE_URL and FSM_DATA in the environment.
"""

import os
import signal
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from fsm import server
from fsm.app import create_app


def end_with_parent(limit_seconds: float) -> None:
    """Ask this process to end once nobody holds the other end of standard input, at the latest after the limit."""

    def end() -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    def wait() -> None:
        while os.read(sys.stdin.fileno(), 1):
            pass
        end()

    threading.Thread(target=wait, daemon=True).start()
    limit = threading.Timer(limit_seconds, end)
    limit.daemon = True
    limit.start()


def main(port: str, limit_seconds: str) -> None:
    """Everything as in life, but logging in costs little."""
    app = create_app(ARGON2_CHEAP=True)
    end_with_parent(float(limit_seconds))
    server.serve(app, host="127.0.0.1", port=int(port))


if __name__ == "__main__":
    main(*sys.argv[1:])
