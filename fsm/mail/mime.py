"""A message as servers take it: text and HTML made from the text, attachments, headers in which nothing can be smuggled.

The link in the HTML is a plain one: nothing is loaded when the message is read.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr

from markupsafe import escape

from fsm.mail.addresses import Address
from fsm.mail.filling import LINK, fill
from fsm.mail.models import MailMessage, MailRecipient

_FOLD = "\r\n "
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
    mail.set_content(text, cte="quoted-printable")
    mail.add_alternative(_html(text), subtype="html", cte="quoted-printable")
    for part in parts:
        main, _slash, sub = part.media_type.partition("/")
        mail.add_attachment(part.data, maintype=main, subtype=sub or "octet-stream", filename=part.name)
    return _headers(message, recipient) + mail.as_bytes()


def _headers(message: MailMessage, recipient: MailRecipient) -> bytes:
    """Written here: the folding of Python's newer header classes moves the spaces of a long line with accents."""
    to = [_mailbox(Address(row.email, row.name)) for row in message.addressed]
    lines = {
        "From": _mailbox(Address(message.sender_email, message.sender_name)),
        "To": f",{_FOLD}".join(to),
        "Reply-To": message.reply_to,
        "Subject": _encoded(message.sent_subject or ""),
        "Date": format_datetime(message.created_at),
        "Message-ID": f"<{message_id_of(message, recipient)}>",
    }
    return "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value).encode("ascii")


def _mailbox(address: Address) -> str:
    if not address.name:
        return address.email
    if address.name.isascii():
        return formataddr((" ".join(address.name.split()), address.email))
    return f"{_encoded(address.name)}{_FOLD}<{address.email}>"


def _encoded(text: str) -> str:
    """One line of text as a header has it; folded, in encoded words where it is not ASCII."""
    plain = " ".join(text.split())
    charset = "us-ascii" if plain.isascii() else "utf-8"
    return Header(plain, charset, maxlinelen=70, header_name="Subject").encode(linesep="\r\n")


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
