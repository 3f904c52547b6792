"""Numbers that identify a company or its bank account: checked by their check digits, kept in their compact form."""

from contextlib import suppress
from functools import lru_cache

from email_validator import EmailNotValidError, validate_email
from flask_babel import gettext as _
from stdnum import bic, iban
from stdnum.be import vat as be_vat
from stdnum.eu import vat as eu_vat
from stdnum.exceptions import ValidationError
from stdnum.fr import siren

from fsm.core.errors import DomainError

_GREECE = {"GR": "EL"}  # the one country whose VAT prefix is not its code
_CHECKED_PREFIXES = {*(code.upper() for code in eu_vat.MEMBER_STATES), "EL"}
_ENTERPRISE_CHECKS = {"BE": be_vat.validate, "FR": siren.validate}


def checked_vat_number(text: str, country: str, field: str | None = None) -> str:
    """Compact, with its prefix: `BE0428759497`. Raises DomainError.

    `country` is that of the address; a prefix typed with the number counts before it (a firm abroad may hold a number
    here). Outside the Union no check digits are known: such a number is kept as typed, without its spaces.
    """
    number = _vat_number(text, country)
    if number:
        return number
    raise DomainError(
        _("%(number)s is not a valid VAT number: check its digits and its country.", number=text.strip()), field
    )


@lru_cache(maxsize=10_000)
def _vat_number(text: str, country: str) -> str:
    """Empty where it is none."""
    compact = "".join(character for character in text.upper() if character.isalnum())
    typed, own = (_GREECE.get(prefix, prefix) for prefix in (compact[:2], country.upper()))
    for prefix, number in ((own, own + compact), (typed, typed + compact[2:])):
        if prefix in _CHECKED_PREFIXES:
            with suppress(ValidationError):
                return str(eu_vat.validate(number))
    if compact and not {own, typed} & _CHECKED_PREFIXES:
        return own + compact.removeprefix(own)
    return ""


def checked_enterprise_number(text: str, country: str, field: str | None = None) -> str:
    """Ten digits in Belgium, the nine of the SIREN in France, elsewhere as typed. Raises DomainError."""
    check = _ENTERPRISE_CHECKS.get(country.upper())
    if check is None:
        return text.strip()
    try:
        return str(check(text))
    except ValidationError:
        raise DomainError(
            _("%(number)s is not a valid enterprise number: check its digits.", number=text.strip()), field
        ) from None


def checked_iban(text: str, field: str | None = None) -> str:
    """Compact, in capitals. Raises DomainError.

    The national check digits are left alone: banks of several countries issue accounts that break them.
    """
    try:
        return str(iban.validate(text, check_country=False))
    except ValidationError:
        raise DomainError(_("%(iban)s is not a valid IBAN: check its digits.", iban=text.strip()), field) from None


def checked_bic(text: str, field: str | None = None) -> str:
    """8 or 11 characters, in capitals. Raises DomainError."""
    try:
        return str(bic.validate(text))
    except ValidationError:
        raise DomainError(
            _("%(bic)s is not a valid BIC: it has 8 or 11 characters, the country at the fifth.", bic=text.strip()),
            field,
        ) from None


def checked_email(text: str, field: str | None = None) -> str:
    """As typed. Raises DomainError for what no mail server takes."""
    try:
        validate_email(text, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        raise DomainError(_("This is not an e-mail address."), field) from None
    return text
