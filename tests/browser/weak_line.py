"""A line between browser and server that can be cut: before the server hears, or after it has committed."""

import contextlib
import http.client
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length"})
PASS, DROP_REQUEST, DROP_ANSWER = "pass", "drop the request", "drop the answer"


@dataclass
class Line:
    """``plan(method, path)`` says what happens to a request; ``rewrites`` and ``headers`` change an answer on its way."""

    url: str
    target: int
    plan: Callable[[str, str], str] = lambda _method, _path: PASS
    rewrites: dict[str, Callable[[bytes], bytes]] = field(default_factory=dict)
    headers: dict[str, dict[str, str]] = field(default_factory=dict)
    requests: list[tuple[str, str, int]] = field(default_factory=list)
    sent: int = 0
    received: int = 0

    def posted(self) -> int:
        """How many operations the browser has tried to send."""
        return sum(path == "/tablet/operations" for _method, path, _status in self.requests)

    def drop(self, what: str, times: int, path: str = "/tablet/operations") -> None:
        """The next ``times`` requests of this path are dropped, then the line is sound again."""
        left = [times]

        def plan(_method: str, asked: str) -> str:
            if asked.startswith(path) and left[0] > 0:
                left[0] -= 1
                return what
            return PASS

        self.plan = plan

    def sound(self) -> None:
        """Nothing is dropped."""
        self.plan = lambda _method, _path: PASS


class Passing(BaseHTTPRequestHandler):
    """Passes one request on, or drops it or its answer, as the line's plan says."""

    protocol_version = "HTTP/1.1"
    timeout = 60
    line: Line

    def _pass_on(self) -> None:
        line = self.line
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.close_connection = True
        what = line.plan(self.command, self.path)
        status, headers, data = 0, list[tuple[str, str]](), b""
        with contextlib.suppress(OSError):  # the server is down
            if what != DROP_REQUEST:
                status, headers, data = _ask(line.target, self.command, self.path, dict(self.headers), body)
                line.sent += len(body)
        line.requests.append((self.command, self.path, status))
        if status and what != DROP_ANSWER:
            change = line.rewrites.get(self.path.partition("?")[0])
            self._answer(status, headers, change(data) if change and data else data)

    def _answer(self, status: int, headers: list[tuple[str, str]], data: bytes) -> None:
        self.line.received += len(data)
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in HOP:
                self.send_header(name, self.line.headers.get(self.path, {}).get(name, value))
        if status not in {204, 304}:
            self.send_header("Content-Length", str(len(data)))
        self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    do_GET = do_POST = do_PUT = do_HEAD = _pass_on  # noqa: N815 - http.server's own names

    def log_message(self, *arguments: Any) -> None:
        """Quiet."""


class Listener(ThreadingHTTPServer):
    """A browser that was killed hangs up in the middle: that is what is tried here, and no error."""

    daemon_threads = True

    def handle_error(self, *arguments: Any) -> None:
        """Nothing."""


@contextlib.contextmanager
def weak_line(target: int) -> Iterator[Line]:
    """Listens on a port of its own and passes everything on to the target's."""
    line = Line("", target)
    listener = Listener(("127.0.0.1", 0), type("Bound", (Passing,), {"line": line}))
    line.url = f"http://127.0.0.1:{listener.server_port}"
    thread = threading.Thread(target=listener.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield line
    finally:
        listener.shutdown()
        listener.server_close()


def _ask(
    port: int, method: str, path: str, headers: dict[str, str], body: bytes
) -> tuple[int, list[tuple[str, str]], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        kept = {name: value for name, value in headers.items() if name.lower() not in HOP}
        connection.request(method, path, body=body, headers=kept | {"Connection": "close"})
        answer = connection.getresponse()
        return answer.status, answer.getheaders(), answer.read()
    finally:
        connection.close()
