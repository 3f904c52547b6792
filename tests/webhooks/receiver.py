"""A program that receives webhooks: a real HTTP server on loopback that answers as it is told, and remembers all."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

LONG_SECONDS = 30.0


@dataclass
class Receiver:
    """``answers``: one for each request to come, then 200; "hang", "drip" and "die" are no answers."""

    answers: list[int | str] = field(default_factory=list)
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    url: str = ""
    text: str = "thank you"
    slow_seconds: float = 0.0
    over: threading.Event = field(default_factory=threading.Event)

    def ids(self) -> list[str]:
        return [headers["webhook-id"] for _path, headers, _body in self.got]


class _Server(ThreadingHTTPServer):
    """Hands the receiver to each request."""

    daemon_threads = True

    def __init__(self, receiver: Receiver) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.receiver = receiver
        receiver.url = f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        receiver = self.server.receiver
        body = self.rfile.read(int(self.headers["Content-Length"]))
        receiver.got.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
        answer = receiver.answers.pop(0) if receiver.answers else 200
        time.sleep(receiver.slow_seconds)
        if answer == "hang":
            receiver.over.wait(LONG_SECONDS)
        elif answer == "drip":
            self._drip()
        elif answer != "die":
            self._answer(int(answer))
        self.close_connection = True

    def _answer(self, status: int) -> None:
        receiver = self.server.receiver
        self.send_response(status)
        if 300 <= status < 400:
            self.send_header("Location", f"{receiver.url}/elsewhere")
        self.send_header("Content-Length", str(len(receiver.text)))
        self.end_headers()
        self.wfile.write(receiver.text.encode())

    def _drip(self) -> None:
        """A header that never ends: each byte comes in time, the whole does not."""
        try:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while not self.server.receiver.over.wait(0.05):
                self.wfile.write(b"x")
        except OSError:
            return

    def log_message(self, *arguments: Any) -> None:
        """Say nothing."""


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Serve until the block ends."""
    receiver = Receiver()
    server = _Server(receiver)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield receiver
    finally:
        receiver.over.set()
        server.shutdown()
        thread.join()
        server.server_close()
