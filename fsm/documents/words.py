"""The words of a document in its own language, which need not be the reader's; and how figures and days read in it."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal

from fsm.company.models import Language
from fsm.documents.facts import DocumentKind, Facts
from fsm.documents.vocabulary import ORDER, TABLE

CODES: Mapping[Language, str] = MappingProxyType(
    {Language.ENGLISH: "en", Language.DUTCH: "nl", Language.FRENCH: "fr", Language.GERMAN: "de"}
)
"""The two letters under which laws and statuses keep their texts."""

_LOCALES = {
    code: Locale.parse(name) for code, name in (("en", "en_GB"), ("nl", "nl_BE"), ("fr", "fr_BE"), ("de", "de_BE"))
}
_NARROW_SPACE, _SPACE, _MINUS = "\N{NARROW NO-BREAK SPACE}", "\N{NO-BREAK SPACE}", "\N{MINUS SIGN}"


class Words:
    """What a layout asks of a language: ``words.due_date``, ``words.money(x)``."""

    def __init__(self, language: Language) -> None:
        self.code = CODES[language]
        self._at = ORDER.index(self.code)
        self._locale = _LOCALES[self.code]

    def __getattr__(self, name: str) -> str:
        try:
            return TABLE[name][self._at]
        except KeyError:
            raise AttributeError(name) from None

    def title(self, facts: Facts) -> str:
        """What the document calls itself: a word for each kind, and one for a deposit invoice."""
        if facts.is_deposit and facts.kind is DocumentKind.INVOICE:
            return self.deposit_invoice
        return str(getattr(self, facts.kind.value))

    def money(self, amount: Decimal) -> str:
        """Grouped, two decimals."""
        return self._number(amount, "#,##0.00")

    def with_currency(self, amount: Decimal, currency: str) -> str:
        """With the currency's sign, where the language puts it."""
        return _spaced(format_currency(amount, currency, locale=self._locale))

    def unit_price(self, amount: Decimal) -> str:
        """Two to four decimals."""
        return self._number(amount, "#,##0.00##")

    def number(self, value: Decimal) -> str:
        """No needless decimals; at most ten, those of an exchange rate."""
        return self._number(value, "#,##0.##########")

    def percent(self, value: Decimal) -> str:
        """With its sign."""
        return f"{self._number(value, '#,##0.####')}{_SPACE}%"

    def day(self, value: dt.date) -> str:
        """The month in letters, so that no reader takes it for the day."""
        return _spaced(format_date(value, "d MMM y" if self.code != "de" else "d. MMM y", locale=self._locale))

    def country(self, code: str) -> str:
        """The country's name; the code itself where it is none."""
        return str(self._locale.territories.get(code, code))

    def _number(self, value: Decimal, pattern: str) -> str:
        return _spaced(format_decimal(value, format=pattern, locale=self._locale, decimal_quantization=False))


def _spaced(text: str) -> str:
    # Few typefaces have the narrow space by which CLDR groups French digits.
    return text.replace(_NARROW_SPACE, _SPACE).replace("-", _MINUS)
