"""How messages leave, and the company's own texts for them."""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.core import audit
from fsm.core.db import session
from fsm.core.errors import DomainError, NotFoundError
from fsm.core.sealed import seal
from fsm.core.state import check_version
from fsm.mail.addresses import Address, checked
from fsm.mail.kinds import KINDS, LANGUAGES, Text, shipped
from fsm.mail.models import MailSettings, MailTemplate, Security
from fsm.mail.services import check_text

_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|[0-9A-Fa-f:]+")
_SUBJECT = ("company", 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsValues:
    """As the page sends them. ``password`` None: the stored one stays; empty: none."""

    uses_server: bool
    host: str
    port: int
    security: Security
    user_name: str
    password: str | None
    sender_name: str
    sender_email: str
    reply_to: str
    bcc: str
    public_url: str
    accountant_email: str

    def __repr__(self) -> str:
        return f"SettingsValues({self.host}:{self.port})"


def change_settings(values: SettingsValues, *, version: int | None) -> MailSettings:
    """DomainError with the field of what cannot work; ConflictError for a stale version."""
    row = session.get(MailSettings, 1, with_for_update=True)
    if row is None:
        row = MailSettings(id=1)
        session.add(row)
    else:
        check_version(row.version, version)
    _check(values)
    for name in ("uses_server", "host", "port", "security", "user_name", "sender_name"):
        setattr(row, name, getattr(values, name))
    for name in ("sender_email", "reply_to", "bcc", "accountant_email"):
        email = getattr(values, name)
        setattr(row, name, checked(Address(email), name).email if email else "")
    row.public_url = values.public_url.rstrip("/")
    if not values.user_name:
        row.password = ""
    elif values.password is not None:
        row.password = seal(values.password)
    row.password = row.password or ""
    session.flush()
    audit.note([_SUBJECT], _("How mail leaves was changed."))
    return row


def _check(values: SettingsValues) -> None:
    if values.uses_server and not values.host:
        raise DomainError(_("Which server takes the mail?"), "host")
    if values.host and not _HOST.fullmatch(values.host):
        raise DomainError(_("This is not the name of a server."), "host")
    if values.uses_server and not values.sender_email:
        raise DomainError(_("From which address is mail sent?"), "sender_email")
    if values.user_name and values.security is Security.NONE and not _is_this_machine(values.host):
        raise DomainError(_("Without TLS the password could be read on its way."), "security")
    if values.public_url:
        _check_url(values.public_url)


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _check_url(text: str) -> None:
    try:
        parts = urlsplit(text)
        is_sound = parts.scheme in {"http", "https"} and bool(parts.hostname) and not parts.query and not parts.fragment
        is_sound = is_sound and not parts.username and (parts.port is None or parts.port > 0)
    except ValueError:
        is_sound = False
    if not is_sound or not text.isascii() or re.search(r"[\s<>\"']", text):
        raise DomainError(_("An address such as https://service.example.com"), "public_url")


# --- texts
def template(kind: str, language: str) -> MailTemplate | None:
    """The company's own text; NotFoundError for a kind or language that there is not."""
    if kind not in KINDS or language not in LANGUAGES:
        raise NotFoundError(_("There is no such text."))
    query = sa.select(MailTemplate).where(MailTemplate.kind == kind, MailTemplate.language == language)
    return session.scalar(query)


def text_of(kind: str, language: str) -> Text:
    """What a message of this kind begins with: the company's own text, else the one shipped."""
    own = template(kind, language)
    return Text(own.subject, own.body) if own else shipped(kind, language)


def own_texts() -> set[tuple[str, str]]:
    """(kind, language) of the company's own texts."""
    return {(row.kind, row.language) for row in session.scalars(sa.select(MailTemplate))}


def save_template(kind: str, language: str, text: Text, *, version: int | None) -> MailTemplate:
    """DomainError with the field: empty, too long, a placeholder that means nothing here."""
    row = template(kind, language)
    if row is not None:
        check_version(row.version, version)
    check_text(text.subject, text.body, kind)
    if row is None:
        row = MailTemplate(kind=kind, language=language)
        session.add(row)
    row.subject, row.body = text.subject, text.body.replace("\r\n", "\n").strip("\n")
    session.flush()
    audit.note([_SUBJECT], _("The text of messages was changed: %(kind)s.", kind=KINDS[kind].label))
    return row


def reset_template(kind: str, language: str) -> None:
    """Back to the text shipped."""
    row = template(kind, language)
    if row is not None:
        session.delete(row)
        session.flush()
        audit.note([_SUBJECT], _("The text of messages is the one shipped again: %(kind)s.", kind=KINDS[kind].label))
