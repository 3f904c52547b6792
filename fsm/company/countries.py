"""Countries and currencies to choose from, named in the reader's language."""

from functools import cache

from babel import Locale
from babel.numbers import get_currency_precision, get_territory_currencies
from flask_babel import get_locale

from fsm.core.types import sort_key

# What CLDR names beside the countries of ISO 3166: unions, test data, parts of other countries.
_NO_COUNTRIES = frozenset(["AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"])
_ENGLISH = Locale("en")

COUNTRIES = frozenset(
    code
    for code in map(str, _ENGLISH.territories)
    if len(code) == 2 and code.isalpha() and code not in _NO_COUNTRIES  # noqa: PLR2004
)
# Amounts are kept in hundredths, so only currencies that have them.
CURRENCIES = frozenset(
    currency
    for country in COUNTRIES
    for currency in get_territory_currencies(country)
    if get_currency_precision(currency) == 2  # noqa: PLR2004
)


def country_name(code: str) -> str:
    """The country's name in the reader's language; the code itself where it is none."""
    return str(_locale().territories.get(code, code))


def country_choices() -> list[tuple[str, str]]:
    """(code, name), sorted by name."""
    return list(_countries(_locale()))


def currency_choices() -> list[tuple[str, str]]:
    """(code, "code – name"), the euro first."""
    return list(_currencies(_locale()))


def _locale() -> Locale:
    return get_locale() or _ENGLISH


@cache
def _countries(locale: Locale) -> tuple[tuple[str, str], ...]:
    named = ((code, str(locale.territories.get(code, code))) for code in COUNTRIES)
    return tuple(sorted(named, key=lambda pair: sort_key(pair[1])))


@cache
def _currencies(locale: Locale) -> tuple[tuple[str, str], ...]:
    codes = sorted(CURRENCIES, key=lambda code: (code != "EUR", code))
    return tuple((code, f"{code} – {locale.currencies.get(code, code)}") for code in codes)
