"""A message as servers take it: text and HTML made from the text, attachments, headers in which nothing can be smuggled.

The link in the HTML is a plain one: nothing is loaded when the message is read.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from email.headerregistry import Address as Mailbox
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from markupsafe import escape

from fsm.mail.addresses import Address
from fsm.mail.filling import LINK, fill
from fsm.mail.models import MailMessage, MailRecipient

_URL = re.compile(r"https?://[^\s<>\"]+")


@dataclass(frozen=True, slots=True)
class Part:
    """An attachment's bytes."""

    name: str
    media_type: str
    data: bytes


def message_id_of(message: MailMessage, recipient: MailRecipient) -> str:
    """Each copy has one of its own, which never changes."""
    key, _at, domain = message.message_id.partition("@")
    return f"{key}.{recipient.id}@{domain}"


def build(message: MailMessage, recipient: MailRecipient, link: str, parts: Sequence[Part]) -> bytes:
    """The copy of one recipient, in ASCII and with CRLF; ``link`` is theirs."""
    text = fill(message.sent_body or "", {LINK: link})
    mail = EmailMessage(policy=SMTP)
    mail["From"] = _mailbox(Address(message.sender_email, message.sender_name))
    mail["To"] = [_mailbox(Address(row.email, row.name)) for row in message.addressed]
    if message.reply_to:
        mail["Reply-To"] = _mailbox(Address(message.reply_to))
    mail["Subject"] = message.sent_subject or ""
    mail["Date"] = format_datetime(message.created_at)
    mail["Message-ID"] = f"<{message_id_of(message, recipient)}>"
    mail.set_content(text, cte="quoted-printable")
    mail.add_alternative(_html(text), subtype="html", cte="quoted-printable")
    for part in parts:
        main, _slash, sub = part.media_type.partition("/")
        mail.add_attachment(part.data, maintype=main, subtype=sub or "octet-stream", filename=part.name)
    return mail.as_bytes()


def _mailbox(address: Address) -> Mailbox:
    return Mailbox(display_name=address.name, addr_spec=address.email)


def _html(text: str) -> str:
    paragraphs = []
    for paragraph in text.split("\n\n"):
        lines = [_linked(line) for line in paragraph.splitlines()]
        paragraphs.append(f"<p>{'<br>'.join(lines)}</p>")
    return "\n".join(["<!doctype html>", "<html><body>", *paragraphs, "</body></html>", ""])


def _linked(line: str) -> str:
    found, at = [], 0
    for match in _URL.finditer(line):
        url = str(escape(match[0]))
        found += [str(escape(line[at : match.start()])), f'<a href="{url}">{url}</a>']
        at = match.end()
    return "".join([*found, str(escape(line[at:]))])
