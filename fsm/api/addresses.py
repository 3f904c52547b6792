"""S3's address, and the country's name that goes with its code."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from babel import Locale

from fsm.api.fields import Part, Text, WireSchema
from fsm.company.countries import COUNTRIES
from fsm.company.models import Language

_LOCALES = {Language.DUTCH: "nl", Language.FRENCH: "fr", Language.ENGLISH: "en", Language.GERMAN: "de"}
LANGUAGES: dict[str, Language] = {language.value: language for language in Language}
PARTS = ("street", "street2", "postal_code", "city", "country_code")


class AddressSchema(WireSchema):
    """S3: all but the country's code may be missing; the country is derived."""

    street = Text(150, example="Langestraat 189")
    street2 = Text(150)
    postal_code = Text(10, example="2000")
    city = Text(50, example="Antwerp")
    country_code = Text(2, needed=True, pattern="[A-Z]{2}", example="BE")
    country = Text(reads=False, example="Belgium", note="The country's name, in the document's language.")


class AddressPart(Part):
    """An address within something."""

    def __init__(self, **known: Any) -> None:  # noqa: ANN401 - those of a field
        super().__init__(AddressSchema(), **known)
        self.allow_none = True  # none: taken away


@cache
def country_of(code: str, language: Language | None) -> str:
    """The country's name in a document's language, English where it has none."""
    return str(Locale(_LOCALES.get(language or Language.ENGLISH, "en")).territories.get(code, code))


def shown_address(address: Mapping[str, Any], language: Language | None) -> dict[str, Any]:
    """A stored address with its country."""
    return {**address, "country": country_of(str(address.get("country_code", "")), language)}


def is_country(code: str) -> bool:
    """Whether there is such a country."""
    return code in COUNTRIES
