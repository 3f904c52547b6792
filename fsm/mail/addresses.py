"""Addresses as people type them, and what no mail server takes."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email
from flask_babel import gettext as _

from fsm.core.errors import DomainError

LONGEST_EMAIL = 254  # RFC 5321
LONGEST_NAME = 100
MOST_RECIPIENTS = 20
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029]")
_NAMED = re.compile(r"(?P<name>[^<>]*)<(?P<email>[^<>]*)>")


@dataclass(frozen=True, slots=True)
class Address:
    """Somebody who gets a message; ``name`` may be empty."""

    email: str
    name: str = ""

    def __str__(self) -> str:
        if not self.name:
            return self.email
        name = f'"{self.name}"' if re.search(r'[,;<>"]', self.name) else self.name
        return f"{name} <{self.email}>"


def checked(address: Address, field: str | None = None) -> Address:
    """The address as servers want it (a domain with accents in ASCII). DomainError names what is wrong."""
    if _CONTROL.search(address.email) or _CONTROL.search(address.name):
        raise DomainError(_("There is a line break or another character in an address that cannot be sent."), field)
    email = address.email.strip()
    try:
        found = validate_email(
            email, check_deliverability=False, test_environment=True, allow_smtputf8=False, strict=True
        )
    except EmailNotValidError:
        raise DomainError(_("“%(text)s” is not an e-mail address.", text=email[:80]), field) from None
    if found.ascii_email is None or len(found.ascii_email) > LONGEST_EMAIL:
        raise DomainError(_("“%(text)s” is not an e-mail address.", text=email[:80]), field)
    return Address(found.ascii_email, address.name.strip()[:LONGEST_NAME])


def parsed(text: str, field: str | None = None) -> list[Address]:
    """Addresses between commas, semicolons or line ends: ``an@peeters.example, Bart <bart@peeters.example>``.

    Each once. DomainError for what is none, and for more than 20.
    """
    found: dict[str, Address] = {}
    for part in _parts(text):
        named = _NAMED.fullmatch(part)
        name = named["name"].strip().strip('"').strip() if named else ""
        address = checked(Address((named["email"] if named else part).strip(), name), field)
        found.setdefault(address.email.casefold(), address)
        if len(found) > MOST_RECIPIENTS:
            raise DomainError(_("At most %(most)s addresses.", most=MOST_RECIPIENTS), field)
    return list(found.values())


def _parts(text: str) -> Iterable[str]:
    """What stands between separators; those within quotes or angle brackets separate nothing."""
    for part in re.findall(r'(?:"[^"]*"|<[^<>]*>|[^,;\r\n"<])+', text):
        if part.strip():
            yield part.strip()
