"""What a column may mean: its name on screen, how its cells are read, and the headers by which it is known."""

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any, TypeAlias

from babel import Locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from fsm.company.countries import COUNTRIES
from fsm.company.models import Language
from fsm.core.money import rounded, to_scaled
from fsm.core.types import sort_key
from fsm.imports.notation import DateFormat, NumberFormat, read_date, read_number

LANGUAGES_OF_HEADERS = ("en", "nl", "fr", "de")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_DEGREES = re.compile(r"[-+]?\d{1,3}([.,]\d{1,30})?", re.ASCII)
DEGREES_PLACES = 6
_YES = frozenset({"1", "yes", "y", "true", "x", "ja", "j", "oui", "o", "vrai", "waar", "wahr", "on"})
_NO = frozenset({"0", "no", "n", "false", "nee", "nein", "non", "faux", "onwaar", "falsch", "off"})
_OTHER_COUNTRIES = {"uk": "GB", "greatbritain": "GB", "usa": "US", "holland": "NL", "thenetherlands": "NL", "el": "GR"}
_LANGUAGES = {
    Language.DUTCH: ("nl", "nld", "dut", "dutch", "nederlands", "neerlandais", "niederlandisch", "nlbe", "nlnl"),
    Language.FRENCH: ("fr", "fra", "fre", "french", "frans", "francais", "franzosisch", "frbe", "frfr"),
    Language.ENGLISH: ("en", "eng", "english", "engels", "anglais", "englisch", "enus", "engb"),
    Language.GERMAN: ("de", "deu", "ger", "german", "duits", "allemand", "deutsch", "dede", "debe"),
}


@dataclass(frozen=True, slots=True)
class Notation:
    """How this file writes numbers and dates."""

    number: NumberFormat = NumberFormat.COMMA
    date: DateFormat = DateFormat.ISO


Reader: TypeAlias = Callable[[str, Notation], Any]


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that a row may say. ``limit`` is printed in the documentation; ``aliases`` are headers, by "|"."""

    name: str
    label: Any
    read: Reader
    limit: str
    required: bool = False
    aliases: str = ""
    example: str = ""
    hint: Any = ""
    is_number: bool = False
    is_date: bool = False

    @property
    def known_as(self) -> tuple[str, ...]:
        """The headers that mean this field, plain, the surest first."""
        return tuple(filter(None, map(plain, (self.name, *self.aliases.split("|")))))


@cache
def plain(header: str) -> str:
    """A header as it is compared: no case, no accents, letters and digits only."""
    return "".join(character for character in sort_key(header) if character.isalnum())


def _text(text: str, notation: Notation) -> str:
    del notation
    if _CONTROL.search(text):
        raise ValueError(_("There is a character here that cannot be stored."))
    return text


def text(name: str, label: Any, length: int, aliases: str, **more: Any) -> Field:  # noqa: ANN401 - a lazy text; a field's own
    """Text of at most so many characters."""

    def read(given: str, notation: Notation) -> str:
        found = _text(given, notation)
        if len(found) > length:
            raise ValueError(_("At most %(length)s characters, these are %(count)s.", length=length, count=len(found)))
        return found

    return Field(name, label, read, f"text, at most {length} characters", aliases=aliases, **more)


def number(
    name: str,
    label: Any,  # noqa: ANN401 - a lazy text
    places: int,
    low: Decimal | int,
    high: Decimal | int,
    aliases: str,
    **more: Any,  # noqa: ANN401 - a field's own
) -> Field:
    """A number within bounds, with at most so many decimals."""

    def read(given: str, notation: Notation) -> Decimal:
        found = read_number(given.removesuffix("%"), notation.number)
        try:
            to_scaled(found, places)
        except ValueError:
            raise ValueError(_("At most %(places)s decimals.", places=places)) from None
        if not low <= found <= high:
            raise ValueError(_("Between %(low)s and %(high)s.", low=low, high=high))
        return found

    limit = f"number with at most {places} decimals, {low} to {high}"
    return Field(name, label, read, limit, aliases=aliases, is_number=True, **more)


def whole(name: str, label: Any, low: int, high: int, aliases: str, **more: Any) -> Field:  # noqa: ANN401 - as above
    """A whole number within bounds."""

    def read(given: str, notation: Notation) -> int:
        del notation
        digits = re.sub(r"[.,]0+$", "", given)
        if not re.fullmatch(r"[0-9]{1,9}", digits):
            raise ValueError(_("This is not a whole number."))
        if not low <= int(digits) <= high:
            raise ValueError(_("Between %(low)s and %(high)s.", low=low, high=high))
        return int(digits)

    return Field(name, label, read, f"whole number, {low} to {high}", aliases=aliases, **more)


def degrees(name: str, label: Any, most: int, aliases: str, **more: Any) -> Field:  # noqa: ANN401 - as above
    """An angle of a place on the map. It has no thousands, so that comma and point both come before its decimals.

    What maps write beyond six decimals, a decimetre, is rounded.
    """

    def read(given: str, notation: Notation) -> Decimal:
        del notation
        text = given.removesuffix("°").strip().replace("\u2212", "-")
        if not _DEGREES.fullmatch(text):
            raise ValueError(_("Write degrees with decimals: 51.054300."))
        found = Decimal(text.replace(",", "."))
        if abs(found) > most:
            raise ValueError(_("Between %(low)s and %(high)s.", low=-most, high=most))
        return rounded(found, DEGREES_PLACES)

    return Field(name, label, read, f"degrees with decimals, {-most} to {most}", aliases=aliases, **more)


def yes_no(name: str, label: Any, aliases: str, **more: Any) -> Field:  # noqa: ANN401 - as above
    """Yes or no, in four languages."""

    def read(given: str, notation: Notation) -> bool:
        del notation
        word = plain(given)
        if word in _YES or word in _NO:
            return word in _YES
        raise ValueError(_("Write yes or no."))

    return Field(name, label, read, "yes or no", aliases=aliases, **more)


def day(name: str, label: Any, aliases: str, **more: Any) -> Field:  # noqa: ANN401 - as above
    """A date."""

    def read(given: str, notation: Notation) -> dt.date:
        return read_date(given, notation.date)

    return Field(name, label, read, "date", aliases=aliases, is_date=True, **more)


def country(name: str, label: Any, aliases: str) -> Field:  # noqa: ANN401 - as above
    """A country by its code or its name in four languages."""

    def read(given: str, notation: Notation) -> str:
        del notation
        code = given.strip().upper()
        if code in COUNTRIES:
            return code
        if found := _countries().get(plain(given)):
            return found
        raise ValueError(_("There is no such country."))

    return Field(name, label, read, "two letters, or the name", aliases=aliases, example="BE")


@cache
def _countries() -> Mapping[str, str]:
    names = {
        plain(str(Locale(language).territories.get(code, code))): code
        for language in LANGUAGES_OF_HEADERS
        for code in COUNTRIES
    }
    return names | _OTHER_COUNTRIES


def currency(name: str, label: Any, aliases: str, known: Iterable[str]) -> Field:  # noqa: ANN401 - as above
    """Three capitals of a list."""
    codes = frozenset(known)

    def read(given: str, notation: Notation) -> str:
        del notation
        code = {"€": "EUR", "EURO": "EUR", "$": "USD", "£": "GBP"}.get(given.upper(), given.upper())
        if code in codes:
            return code
        raise ValueError(_("This currency is not supported."))

    return Field(name, label, read, "three letters", aliases=aliases, example="EUR")


def language(name: str, label: Any, aliases: str) -> Field:  # noqa: ANN401 - as above
    """One of the four languages of documents."""
    words = {word: one for one, names in _LANGUAGES.items() for word in names}
    return choice(name, label, words, "nl, fr, en or de, or the name", aliases=aliases, example="nl")


def choice(name: str, label: Any, words: Mapping[str, Any], limit: str, **more: Any) -> Field:  # noqa: ANN401 - as above
    """One of several words; ``words`` are plain."""

    def read(given: str, notation: Notation) -> Any:  # noqa: ANN401 - what the word stands for
        del notation
        try:
            return words[plain(given)]
        except KeyError:
            raise ValueError(_("This is none of the words that are known here: %(limit)s.", limit=limit)) from None

    return Field(name, label, read, limit, **more)


# Which customer a row is about, in the order in which it is looked up.
CUSTOMER_FIELDS = (
    text(
        "customer_external_id",
        _l("Customer: number in the former program"),
        50,
        "customernumber|customercode|customerid|clientnumber|clientcode|clientid|klantnummer|klantcode|klantnr|relatiecode"
        "|debiteurnummer|codeclient|numeroclient|refclient|kundennummer|kundennr|partnerref|accountcode|customerref|debtor",
        example="K-1001",
    ),
    text(
        "customer_vat_number",
        _l("Customer: VAT number"),
        30,
        "customervat|vatnumber|vat|btwnummer|btw|ondernemingsnummer|tva|numerotva|numtva|ntva|ustid|ustidnr|partnervat",
        example="BE0403170701",
    ),
    text(
        "customer_name",
        _l("Customer: name"),
        100,
        "customer|client|klant|kunde|clientname|customername|klantnaam|nomclient|nomduclient|tiers|kundenname|partner"
        "|invoicepartnerdisplayname|partnername|company|thirdpartyname|relatie|naam|name|nom|debiteur",
        example="Bakkerij Peeters",
    ),
)
