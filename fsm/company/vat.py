"""VAT as the law has it, by country and date (accounting.md 6). The settings copy from here; figures stay with documents.

Categories and exemption codes are those of EN 16931 (UNCL5305 and the VATEX list); grids are boxes of the VAT return.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from fsm.company.models import VatScheme

STATUS_LENGTH = 20


@dataclass(frozen=True, slots=True)
class DefaultRates:
    """The rates that a company of the country starts with, the usual one first."""

    country: str
    since_date: dt.date
    rates: tuple[Decimal, Decimal, Decimal]


@dataclass(frozen=True, slots=True)
class DwellingRule:
    """A lower rate for works on private dwellings of a certain age, for the final consumer.

    From ``excluded_since_date`` on, what is marked so (fossil heating) bears the normal rate there too.
    """

    country: str
    since_date: dt.date
    tax_rate: Decimal
    normal_rate: Decimal
    years: int
    """Calendar years from the first occupation on; the rule holds in the whole last one."""
    excluded_since_date: dt.date


@dataclass(frozen=True, slots=True)
class SpecialStatus:
    """Why a line bears 0 %: an empty code is the line without a status."""

    code: str
    category: str
    exemption_code: str
    grid: str
    texts: Mapping[str, str]
    """What is printed, by language (en, nl, fr, de); empty where nothing needs to be."""


_DEFAULT_RATES = (
    DefaultRates("BE", dt.date(1996, 1, 1), (Decimal(21), Decimal(12), Decimal(6))),
    DefaultRates("FR", dt.date(2014, 1, 1), (Decimal(20), Decimal(10), Decimal("5.5"))),
)

# Ten years since the royal decree of 26 January 2016; fossil heating excluded by the programme law of 18 July 2025.
_DWELLING_RULES = (
    DwellingRule(
        "BE", dt.date(2016, 2, 12), Decimal(6), Decimal(21), years=10, excluded_since_date=dt.date(2025, 7, 29)
    ),
)

_REVERSE_CHARGE = {
    "en": "Reverse charge",
    "nl": "Verlegging van heffing",
    "fr": "Autoliquidation",
    "de": "Steuerschuldnerschaft des Leistungsempfängers",
}
_REVERSE_CHARGE_EU = {
    "en": "Reverse charge, article 196 of Directive 2006/112/EC",
    "nl": "Btw verlegd, artikel 196 van Richtlijn 2006/112/EG",
    "fr": "Autoliquidation, article 196 de la directive 2006/112/CE",
    "de": "Steuerschuldnerschaft des Leistungsempfängers, Artikel 196 der Richtlinie 2006/112/EG",
}
_INTRA_COMMUNITY_GOODS = {
    "en": "Exempt intra-Community supply, article 138 of Directive 2006/112/EC",
    "nl": "Vrijgestelde intracommunautaire levering, artikel 138 van Richtlijn 2006/112/EG",
    "fr": "Livraison intracommunautaire exonérée, article 138 de la directive 2006/112/CE",
    "de": "Steuerfreie innergemeinschaftliche Lieferung, Artikel 138 der Richtlinie 2006/112/EG",
}
_EXPORT = {
    "en": "Exempt export, article 146 of Directive 2006/112/EC",
    "nl": "Vrijgestelde uitvoer, artikel 146 van Richtlijn 2006/112/EG",
    "fr": "Exportation exonérée, article 146 de la directive 2006/112/CE",
    "de": "Steuerfreie Ausfuhr, Artikel 146 der Richtlinie 2006/112/EG",
}
_PACKAGING = {
    "en": "Refundable packaging, no VAT",
    "nl": "Terugneembare verpakking, zonder btw",
    "fr": "Emballages consignés, hors TVA",
    "de": "Pfandverpackung, ohne MwSt.",
}
_EXEMPT_BE = {
    "en": "Exempt from VAT, article 44 of the Belgian VAT Code",
    "nl": "Vrijgesteld van btw, artikel 44 van het Btw-Wetboek",
    "fr": "Exempté de TVA, article 44 du Code de la TVA",
    "de": "Von der MwSt. befreit, Artikel 44 des belgischen Mehrwertsteuergesetzbuches",
}
_EXEMPT_FR = {
    "en": "Exempt from VAT, article 261 of the French tax code",
    "nl": "Vrijgesteld van btw, artikel 261 van het Franse belastingwetboek (CGI)",
    "fr": "Exonération de TVA, article 261 du CGI",
    "de": "Von der MwSt. befreit, Artikel 261 des französischen Steuergesetzbuches (CGI)",
}

# Grids: Belgian return; CA3 (form 3310): E1 exports, E2 other operations without VAT, F2 intra-Community supplies.
_STATUSES = {
    "BE": (
        SpecialStatus("", "Z", "", "00", {}),
        SpecialStatus("MC", "AE", "VATEX-EU-AE", "45", _REVERSE_CHARGE),
        SpecialStatus("ICL", "K", "VATEX-EU-IC", "46", _INTRA_COMMUNITY_GOODS),
        SpecialStatus("ICD", "AE", "VATEX-EU-AE", "44", _REVERSE_CHARGE_EU),
        SpecialStatus("EX", "G", "VATEX-EU-G", "47", _EXPORT),
        SpecialStatus("VRIJ", "E", "", "00", _EXEMPT_BE),
        SpecialStatus("DR", "E", "", "", _PACKAGING),
    ),
    "FR": (
        SpecialStatus("", "Z", "", "", {}),
        SpecialStatus("MC", "AE", "VATEX-EU-AE", "E2", _REVERSE_CHARGE),
        SpecialStatus("ICL", "K", "VATEX-EU-IC", "F2", _INTRA_COMMUNITY_GOODS),
        SpecialStatus("ICD", "AE", "VATEX-EU-AE", "E2", _REVERSE_CHARGE_EU),
        SpecialStatus("EX", "G", "VATEX-EU-G", "E1", _EXPORT),
        SpecialStatus("VRIJ", "E", "", "", _EXEMPT_FR),
        SpecialStatus("DR", "E", "", "", _PACKAGING),
    ),
}

_SMALL_BUSINESS = {
    "BE": SpecialStatus(
        "",
        "E",
        "",
        "",
        {
            "en": "Special exemption scheme for small businesses",
            "nl": "Bijzondere vrijstellingsregeling kleine ondernemingen",
            "fr": "Régime particulier de franchise des petites entreprises",
            "de": "Sonderregelung der Steuerbefreiung für Kleinunternehmen",
        },
    ),
    "FR": SpecialStatus(
        "",
        "E",
        "VATEX-FR-FRANCHISE",
        "",
        {
            "en": "VAT not applicable, article 293 B of the French tax code",
            "nl": "Btw niet van toepassing, artikel 293 B van het Franse belastingwetboek (CGI)",
            "fr": "TVA non applicable, art. 293 B du CGI",
            "de": "MwSt. nicht anwendbar, Artikel 293 B des französischen Steuergesetzbuches (CGI)",
        },
    ),
}

_RATE_GRIDS = {
    "BE": {Decimal(6): "01", Decimal(12): "02", Decimal(21): "03"},
    "FR": {Decimal(20): "08", Decimal(10): "9B", Decimal("5.5"): "09"},
}
_BE_INTRA_COMMUNITY_GRIDS = {"44", "46"}


def default_rates(country: str, on: dt.date) -> tuple[Decimal, Decimal, Decimal]:
    """The three rates in force. Raises LookupError for a country or a day that is not known."""
    known = [row for row in _DEFAULT_RATES if row.country == country and row.since_date <= on]
    if not known:
        raise LookupError(f"no VAT rates are known for {country} on {on}")
    return max(known, key=lambda row: row.since_date).rates


def dwelling_rule(country: str, on: dt.date) -> DwellingRule | None:
    """The rule for works on dwellings in force on that day; None where the country's law has none."""
    known = [row for row in _DWELLING_RULES if row.country == country and row.since_date <= on]
    return max(known, key=lambda row: row.since_date, default=None)


def default_statuses(country: str) -> tuple[SpecialStatus, ...]:
    """The special statuses that a company of the country starts with. Raises KeyError for a country not known."""
    return _STATUSES[country]


def status_of(
    special_status: str, country: str, scheme: VatScheme = VatScheme.NORMAL, own: Iterable[SpecialStatus] | None = None
) -> SpecialStatus:
    """What stands for a line at 0 %; `own` are the company's statuses instead of its country's.

    In the small-business scheme every line is exempt, but packaging stays packaging. Raises LookupError for a status
    that is not in the table.
    """
    if scheme == VatScheme.SMALL_BUSINESS and special_status != "DR":
        return _SMALL_BUSINESS[country]
    for status in _STATUSES[country] if own is None else own:
        if status.code == special_status:
            return status
    raise LookupError(f"no special status {special_status}")


def category_of(tax_rate: Decimal, status: SpecialStatus) -> str:
    """The category of EN 16931: S above 0 %, else that of the status."""
    return "S" if tax_rate else status.category


def grid_of(
    tax_rate: Decimal,
    special_status: str,
    country: str,
    *,
    is_credit_note: bool,
    scheme: VatScheme = VatScheme.NORMAL,
    own: Iterable[SpecialStatus] | None = None,
) -> str:
    """The box that a base goes to; empty where it goes to none, or where the return has no box for the rate.

    French credit notes have none: CA3 lets them lower the box of the sale or stand on line 21, by the firm's choice.
    """
    if scheme == VatScheme.SMALL_BUSINESS:
        return ""
    status_grid = status_of(special_status, country, scheme, own).grid
    grid = _RATE_GRIDS[country].get(tax_rate, "") if tax_rate else status_grid
    if not is_credit_note or not grid:
        return grid
    if country != "BE":
        return ""
    return "48" if grid in _BE_INTRA_COMMUNITY_GRIDS else "49"


def tax_grid_of(country: str, *, is_credit_note: bool) -> str:
    """The box for the VAT itself: 54 due, 64 to be recovered on credit notes. CA3 has it on the line of the base."""
    if country != "BE":
        return ""
    return "64" if is_credit_note else "54"


BAD_DEBT_TAX_GRID = {"BE": "62", "FR": ""}
"""The box for VAT recovered on lost debts."""
