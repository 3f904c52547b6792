"""One try: a POST by the standard library's client, to the address that was looked at, with an end in any case.

Redirects are not followed: their target was not looked at. Of the answer no more than its first bytes are read. The
environment's proxies are not asked: they would decide where the connection goes.
"""

import http.client
import re
import socket
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from threading import Timer

from flask_babel import gettext as _

from fsm.core.errors import DomainError
from fsm.webhooks.addresses import HTTP, HTTPS, RefusedAddressError, Target, resolved, target_of
from fsm.webhooks.models import ANSWER_LENGTH, ERROR_LENGTH

CONNECT_SECONDS = 5.0
ALL_SECONDS = 15.0  # from the first byte to the last
MOST_READ = 4 * ANSWER_LENGTH
OK, REDIRECT, REFUSED = 200, 300, 400
GONE = 410
MOST_WAIT_SECONDS = 24 * 3600
_NOT_SHOWN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. ``is_reached``: there was an answer; ``wait_seconds``: the receiver asked for so much time."""

    milliseconds: int
    status: int | None = None
    text: str = ""
    error: str = ""
    wait_seconds: int = 0

    @property
    def is_reached(self) -> bool:
        """Whether there was an answer at all."""
        return self.status is not None

    @property
    def is_taken(self) -> bool:
        """Whether the receiver has it."""
        return self.status is not None and OK <= self.status < REDIRECT


class _Connection(http.client.HTTPConnection):
    """Connects to addresses that were looked at; the name serves for the certificate and the Host header."""

    def __init__(self, target: Target, addresses: Sequence[str]) -> None:
        super().__init__(target.host, target.port, timeout=CONNECT_SECONDS)
        self.default_port = HTTPS if target.is_secure else HTTP  # the Host header names any other
        self._target, self._addresses = target, addresses
        self.line: socket.socket | None = None

    def connect(self) -> None:
        """To the first address that answers."""
        for place, address in enumerate(self._addresses, start=1):
            try:
                plain = socket.create_connection((address, self._target.port), CONNECT_SECONDS)
                break
            except OSError:
                if place == len(self._addresses):
                    raise
        else:
            raise OSError
        plain.settimeout(ALL_SECONDS)
        self.sock = self.line = plain
        if self._target.is_secure:
            secured = ssl.create_default_context().wrap_socket(
                plain, server_hostname=self._target.host, do_handshake_on_connect=False
            )
            self.sock = self.line = secured
            secured.do_handshake()

    def cut(self) -> None:
        """End it from another thread, whatever it waits for."""
        if self.line is not None:
            try:
                socket.socket.shutdown(self.line, socket.SHUT_RDWR)  # past TLS, which would want to say goodbye
            except OSError:
                self.line = None


def post(url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    """Send it once; never raises for what the network does."""
    began = time.monotonic()

    def took() -> int:
        return round((time.monotonic() - began) * 1000)

    try:
        target = target_of(url)
        connection = _Connection(target, resolved(target))
    except (RefusedAddressError, DomainError) as error:
        return Answer(took(), error=str(error)[:ERROR_LENGTH])
    alarm = Timer(ALL_SECONDS, connection.cut)
    alarm.daemon = True
    alarm.start()
    try:
        connection.request("POST", target.path, body, {**headers, "Connection": "close"})
        response = connection.getresponse()
        if took() >= ALL_SECONDS * 1000:
            raise TimeoutError  # cut off: the head may not be whole
        return _read(response, took)
    except (OSError, http.client.HTTPException, ValueError) as error:
        is_late = isinstance(error, TimeoutError) or took() >= ALL_SECONDS * 1000
        why = _("No answer within %(seconds)s seconds.", seconds=f"{ALL_SECONDS:g}") if is_late else _words(error)
        return Answer(took(), error=why[:ERROR_LENGTH])
    finally:
        alarm.cancel()
        connection.close()


def _read(response: http.client.HTTPResponse, took: Callable[[], int]) -> Answer:
    try:
        data = response.read(MOST_READ)
    except (OSError, http.client.HTTPException, ValueError):
        data = b""  # the status has come, and says all
    text = _NOT_SHOWN.sub("", data.decode("utf-8", "replace"))[:ANSWER_LENGTH]
    error = ""
    if REDIRECT <= response.status < REFUSED:
        error = _("Redirects are not followed.")
    after = response.getheader("Retry-After", "")
    wait = min(int(after), MOST_WAIT_SECONDS) if re.fullmatch(r"\d{1,9}", after, re.ASCII) else 0
    response.close()
    return Answer(took(), response.status, text, error, wait)


def _words(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return _("The certificate is not valid: %(why)s", why=error.verify_message)
    if isinstance(error, http.client.RemoteDisconnected):
        return _("The connection was closed without an answer.")
    return (error.strerror if isinstance(error, OSError) else None) or f"{type(error).__name__}: {error}"
