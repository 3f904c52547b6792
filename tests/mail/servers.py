"""A real SMTP server on loopback that misbehaves as it is told, and remembers what it took."""

import asyncio
import random
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass
class Behaviour:
    """``refused`` addresses get a 550; the first ``busy`` messages a 451; ``drop`` says where the connection is lost.

    ``drop``: "data" when the data begins, "dot" after all of it was read and before it was taken, "answer" after it was
    taken and before the answer. ``slow_seconds``: at most, before and after it is taken.
    """

    refused: set[str] = field(default_factory=set)
    busy: int = 0
    drop: str = ""
    taken: list[tuple[str, EmailMessage]] = field(default_factory=list)
    slow_seconds: float = 0.0

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's own signature
        self,
        server: SMTP,  # noqa: ARG002 - as above
        session: Session,  # noqa: ARG002 - as above
        envelope: Envelope,
        address: str,
        options: list[str],  # noqa: ARG002 - as above
    ) -> str:
        if address in self.refused:
            return "550 5.1.1 No such mailbox here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> Any:  # noqa: ARG002, N802 - as above
        await asyncio.sleep(random.uniform(0, self.slow_seconds))
        if self.busy > 0:
            self.busy -= 1
            return "451 4.7.1 Greylisted, come back later"
        if self.drop == "dot":
            return self._lose(server)
        mail = message_from_bytes(envelope.original_content or b"", policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.taken += [(address, mail) for address in envelope.rcpt_tos]
        if self.drop == "answer":
            return self._lose(server)
        await asyncio.sleep(random.uniform(0, self.slow_seconds))
        return "250 2.0.0 Queued as 4711"

    @staticmethod
    def _lose(server: SMTP) -> str:
        assert server.transport is not None
        server.transport.abort()
        return "250 nobody hears this"

    @property
    def ids(self) -> list[str]:
        return [mail["Message-ID"] for _address, mail in self.taken]


class _Dropping(SMTP):
    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - aiosmtpd's own name
        if self.event_handler.drop == "data":
            assert self._writer is not None
            assert self.transport is not None
            self._writer.write(b"354 Go on\r\n")
            await self._writer.drain()
            self.transport.abort()
            return
        await super().smtp_DATA(arg)


class _Controller(Controller):
    def factory(self) -> SMTP:
        return _Dropping(self.handler, **self.SMTP_kwargs)


def free_port() -> int:
    """One that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(behaviour: Behaviour, port: int = 0) -> Iterator[int]:
    """The port that it listens on until the block ends."""
    controller = _Controller(behaviour, hostname="127.0.0.1", port=port or free_port())
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()
