"""What a tablet says, read with bounds: each reader gives a value or raises a DomainError at its field."""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from flask_babel import gettext as _

from fsm.core.errors import DomainError
from fsm.core.web import MAX_ID

SHA256 = re.compile(r"[0-9a-f]{64}")
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_MOST_CHARACTERS_OF_A_NUMBER = 20


def moment_of(text: object, field: str) -> dt.datetime:
    """A moment with its zone, as UTC, between 2000 and 2100."""
    try:
        found = dt.datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        found = None
    if found is None or found.tzinfo is None or not 2000 <= found.year <= 2100:  # noqa: PLR2004 - as in every date field
        raise DomainError(_("This is no date and time."), field)
    return found.astimezone(dt.UTC)


@dataclass(frozen=True, slots=True)
class Values:
    """The values of an operation."""

    given: Mapping[str, Any]

    def text(self, name: str, most: int) -> str:
        """A text, stripped; empty where there is none."""
        value = self.given.get(name)
        if value is None:
            return ""
        if not isinstance(value, str) or "\0" in value:
            raise DomainError(_("This is no text."), name)
        value = value.replace("\r\n", "\n").strip()
        if len(value) > most:
            raise DomainError(_("At most %(count)s characters.", count=most), name)
        return value

    def moment(self, name: str) -> dt.datetime:
        """A moment to the minute: typed times have no seconds."""
        return moment_of(self.given.get(name), name).replace(second=0, microsecond=0)

    def id(self, name: str) -> int | None:
        """The id of a row, or None."""
        value = self.given.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MAX_ID:
            raise DomainError(_("There is no such choice."), name)
        return value

    def quantity(self, name: str) -> Decimal:
        """A number of two decimals at most."""
        text = self.given.get(name)
        try:
            is_short = isinstance(text, str) and len(text) <= _MOST_CHARACTERS_OF_A_NUMBER
            number = Decimal(str(text)) if is_short else None
        except InvalidOperation:
            number = None
        if number is None or not number.is_finite():
            raise DomainError(_("This is no number."), name)
        if -int(number.as_tuple().exponent) > 2:  # noqa: PLR2004 - a quantity's decimals
            raise DomainError(_("At most 2 decimals."), name)
        return number

    def yes(self, name: str) -> bool:
        """Yes or no."""
        return self.given.get(name) is True

    def sha256(self, name: str) -> str:
        """The SHA-256 of a picture."""
        value = self.given.get(name)
        if not isinstance(value, str) or not SHA256.fullmatch(value):
            raise DomainError(_("This is no picture that was sent."), name)
        return value

    def operation(self, name: str) -> str | None:
        """The id of an earlier operation, or None."""
        value = self.given.get(name)
        if value is None:
            return None
        if not isinstance(value, str) or not UUID.fullmatch(value):
            raise DomainError(_("There is no such choice."), name)
        return value

    def before(self) -> "Values | None":
        """What the technician saw before the change; None: not said."""
        value = self.given.get("before")
        return Values(value) if isinstance(value, dict) else None
