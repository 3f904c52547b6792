"""Payment reference: the Belgian structured communication (accounting.md 6), kept as 12 digits."""

import re

from flask_babel import gettext as _
from stdnum.be import ogm_vcs
from stdnum.exceptions import ValidationError

from fsm.core.errors import DomainError

BASE_DIGITS = 10
_SEPARATORS = re.compile(r"[\s+*/]")  # banks print +++…+++ or ***…***


def make(base_number: int) -> str:
    """The 12 digits for a base number of at most 10 digits. Raises ValueError for another one."""
    base = f"{base_number:0{BASE_DIGITS}d}"
    if base_number < 1 or len(base) > BASE_DIGITS:
        raise ValueError(f"{base_number} is no base number of a payment reference")
    return base + ogm_vcs.calc_check_digits(base)


def parsed(text: str, field: str = "structured_message") -> str:
    """The 12 digits of what was typed or printed by a bank. Raises DomainError where length or check is wrong."""
    digits = _SEPARATORS.sub("", text)
    try:
        return ogm_vcs.validate(digits)
    except ValidationError:
        raise DomainError(
            _("%(text)s is not a valid payment reference: it needs 12 digits, the last two are a check.", text=text),
            field,
        ) from None


def is_valid(text: str) -> bool:
    """Whether `text` is a payment reference, printed or as digits."""
    return ogm_vcs.is_valid(_SEPARATORS.sub("", text))


def printed(digits: str) -> str:
    """`+++278/7810/35591+++` for 278781035591."""
    return f"+++{ogm_vcs.format(digits)}+++"
