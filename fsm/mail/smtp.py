"""Handing one copy to a mail server, so that it is known exactly when the server has taken it, and when nobody can know.

smtplib's own ``sendmail`` cannot tell a connection lost before the end of the data (nothing was taken) from one lost
after it (it may have been); so the last step is taken apart here.
"""

import contextlib
import re
import smtplib
import ssl
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from fsm.mail.models import Security

CONNECT_SECONDS = 15.0
ANSWER_SECONDS = 150.0  # RFC 5321 asks for ten minutes after the data; no office waits for that, nor must other jobs
_LINE_START = re.compile(rb"(?m)^\.")
_LOST = (smtplib.SMTPException, OSError)
_CLOSED = "the server closed the connection"


class Outcome(StrEnum):
    """``later``: surely not taken, and worth another try; ``unknown``: all of it was handed over, no answer came."""

    ACCEPTED = "accepted"
    LATER = "later"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one copy, and the server's words."""

    outcome: Outcome
    words: str


@dataclass(frozen=True, slots=True)
class Server:
    """Where and how; ``password`` in the clear, so never to be logged."""

    host: str
    port: int
    security: Security
    user_name: str = ""
    password: str = ""

    def __repr__(self) -> str:
        return f"Server({self.host}:{self.port})"


class CarrierError(Exception):
    """Nothing can be handed over for the moment; its text is for the user."""


class Carrier(Protocol):
    """What takes copies: a server, or the folder."""

    # Whether the same copy may be handed over twice without harm.
    is_repeatable: bool

    def offer(self, sender: str, recipient: str) -> Answer | None:
        """Ask whether this recipient is taken; None: go on."""

    def hand_over(self, name: str, data: bytes) -> Answer:
        """Give the copy itself, after an offer that was taken; ``name`` is its Message-ID."""

    def close(self) -> None:
        """Say goodbye."""


class SmtpCarrier:
    """One connection; CarrierError where it cannot be had."""

    is_repeatable = False

    def __init__(self, server: Server) -> None:
        try:
            self._smtp = _connected(server)
        except ssl.SSLCertVerificationError as error:
            raise CarrierError(f"{server.host}: {error.verify_message}") from None
        except smtplib.SMTPResponseException as error:
            raise CarrierError(_words(error.smtp_code, error.smtp_error)) from None
        except (smtplib.SMTPException, OSError) as error:
            raise CarrierError(f"{server.host}:{server.port}: {error}") from None

    def offer(self, sender: str, recipient: str) -> Answer | None:
        """MAIL and RCPT; what the server refuses here it has not taken."""
        try:
            for code, words in (self._smtp.mail(sender), self._smtp.rcpt(recipient)):
                if not 200 <= code < 300:  # noqa: PLR2004 - SMTP's own classes
                    with contextlib.suppress(*_LOST):
                        self._smtp.rset()
                    return _refusal(code, words)
        except _LOST as error:
            return Answer(Outcome.LATER, str(error))
        return None

    def hand_over(self, name: str, data: bytes) -> Answer:
        """DATA; from the moment that the final dot has left only the server's answer says what it did."""
        del name
        return self._data(data) or self._end_of_data()

    def _data(self, data: bytes) -> Answer | None:
        """All but the final dot: what is lost here was surely not taken."""
        try:
            code, words = self._smtp.docmd("DATA")
            if code != 354:  # noqa: PLR2004 - "start mail input"
                return _refusal(code, words)
            self._smtp.send(_LINE_START.sub(b"..", data))
        except _LOST as error:
            return Answer(Outcome.LATER, str(error))
        return None

    def _end_of_data(self) -> Answer:
        try:
            if self._smtp.sock is None:
                return Answer(Outcome.LATER, _CLOSED)
            self._smtp.sock.settimeout(ANSWER_SECONDS)
            self._smtp.sock.sendall(b".\r\n")
        except ConnectionError as error:  # it never left this machine
            return Answer(Outcome.LATER, str(error))
        except OSError as error:
            return Answer(Outcome.UNKNOWN, str(error))
        try:
            code, words = self._smtp.getreply()
        except _LOST as error:
            return Answer(Outcome.UNKNOWN, str(error))
        if 200 <= code < 300:  # noqa: PLR2004 - SMTP's own classes
            return Answer(Outcome.ACCEPTED, _words(code, words))
        return _refusal(code, words)

    def close(self) -> None:
        """QUIT, politely where the other side is still there."""
        with contextlib.suppress(*_LOST):
            if self._smtp.sock is not None:
                self._smtp.sock.settimeout(CONNECT_SECONDS)
            self._smtp.quit()
        self._smtp.close()


def _connected(server: Server) -> smtplib.SMTP:
    context = ssl.create_default_context()
    smtp: smtplib.SMTP
    if server.security is Security.TLS:
        smtp = smtplib.SMTP_SSL(server.host, server.port, timeout=CONNECT_SECONDS, context=context)
    else:
        smtp = smtplib.SMTP(server.host, server.port, timeout=CONNECT_SECONDS)
    try:
        if server.security is Security.STARTTLS:
            smtp.starttls(context=context)
        smtp.ehlo_or_helo_if_needed()
        if server.user_name:
            smtp.login(server.user_name, server.password)
    except BaseException:
        smtp.close()
        raise
    return smtp


def _refusal(code: int, words: bytes) -> Answer:
    """4xx: for the moment; 5xx: for good; anything else is no answer."""
    if 400 <= code < 500:  # noqa: PLR2004 - SMTP's own classes
        return Answer(Outcome.LATER, _words(code, words))
    if 500 <= code < 600:  # noqa: PLR2004 - SMTP's own classes
        return Answer(Outcome.REFUSED, _words(code, words))
    return Answer(Outcome.UNKNOWN, _words(code, words))


def _words(code: int, words: bytes | str) -> str:
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return " ".join(f"{code} {text}".split())
