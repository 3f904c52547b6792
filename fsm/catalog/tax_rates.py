"""Which VAT rate a proposed line bears, and why: the first rule of accounting.md 6 that fits."""

import datetime as dt
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from flask_babel import lazy_gettext as _l

from fsm.catalog.models import LaborRate, StockItem
from fsm.company.models import Company, VatScheme
from fsm.company.vat import DwellingRule
from fsm.core.formats import percent
from fsm.customers.dwellings import is_final_consumer, is_old_enough, rule_of
from fsm.customers.models import Customer, Site

CO_CONTRACTOR = "MC"
ZERO = Decimal(0)


class RateReason(StrEnum):
    """Why a line bears its rate; kept with the line."""

    SMALL_BUSINESS = "small_business"
    CO_CONTRACTOR = "co_contractor"
    DWELLING = "dwelling"
    NOT_IN_DWELLINGS = "not_in_dwellings"
    YEAR_UNKNOWN = "year_unknown"
    YOUNG_DWELLING = "young_dwelling"
    NO_CONSUMER = "no_consumer"
    OWN = "own"
    DEFAULT = "default"
    BY_HAND = "by_hand"
    DWELLING_BY_HAND = "dwelling_by_hand"


PRINTS_CLAUSE = frozenset({RateReason.DWELLING, RateReason.DWELLING_BY_HAND})
"""The reasons that the invoice's clause about dwellings is for."""


@dataclass(frozen=True, slots=True)
class Taxed:
    """What the catalog says of a thing's VAT. ``tax_rate`` None: the company's default."""

    tax_rate: Decimal | None = None
    special_status: str = ""
    has_normal_rate_in_dwellings: bool = False

    @classmethod
    def of(cls, thing: StockItem | LaborRate | None) -> "Taxed":
        """Of an item or a rate; of free text where None."""
        if thing is None:
            return cls()
        status = thing.special_status if isinstance(thing, StockItem) else ""
        return cls(thing.tax_rate, status, thing.has_normal_rate_in_dwellings)


@dataclass(frozen=True, slots=True)
class ProposedRate:
    """The rate of a line, its special status (only at 0 %), and the rule that gave it."""

    tax_rate: Decimal
    special_status: str
    reason: RateReason


def is_co_contracted(company: Company, customer: Customer) -> bool:
    """Belgian reverse charge: the company applies it, and the customer is a Belgian taxpayer who files returns."""
    return (
        company.is_co_contractor
        and customer.is_subject_to_vat
        and customer.vat_number.startswith("BE")
        and customer.files_periodic_returns
    )


def proposed_rate(
    company: Company,
    customer: Customer,
    thing: Taxed,
    *,
    site: Site | None,
    on: dt.date,
    without_co_contractor: bool = False,
) -> ProposedRate:
    """Small business and co-contractor before the dwelling's rate, before the thing's own, before the default.

    ``customer`` is the one invoiced; ``site`` where the works are done (None: no works); ``on`` the date of the first
    invoice for these works. ``without_co_contractor``: that regime is switched off for the document.
    """
    if company.vat_scheme is VatScheme.SMALL_BUSINESS:
        return ProposedRate(ZERO, "", RateReason.SMALL_BUSINESS)
    if thing.tax_rate is not None and thing.special_status:
        return ProposedRate(thing.tax_rate, thing.special_status, RateReason.OWN)
    if is_co_contracted(company, customer) and not without_co_contractor:
        return ProposedRate(ZERO, CO_CONTRACTOR, RateReason.CO_CONTRACTOR)
    if thing.tax_rate is None:
        usual = ProposedRate(company.default_tax_rate, "", RateReason.DEFAULT)
    else:
        usual = ProposedRate(thing.tax_rate, "", RateReason.OWN)
    rule = rule_of(company, site, on)
    if rule is None or site is None or usual.tax_rate != rule.normal_rate:
        return usual
    obstacle = obstacle_to(rule, customer, site, on)
    if obstacle is None and thing.has_normal_rate_in_dwellings and on >= rule.excluded_since_date:
        obstacle = RateReason.NOT_IN_DWELLINGS
    return replace(usual, reason=obstacle) if obstacle else ProposedRate(rule.tax_rate, "", RateReason.DWELLING)


def obstacle_to(rule: DwellingRule, customer: Customer, site: Site, on: dt.date) -> RateReason | None:
    """What keeps works on this dwelling from the lower rate; None where nothing does."""
    if not is_final_consumer(customer):
        return RateReason.NO_CONSUMER
    if site.first_occupied_year is None:
        return RateReason.YEAR_UNKNOWN
    return None if is_old_enough(rule, site, on) else RateReason.YOUNG_DWELLING


_SENTENCES = {
    RateReason.SMALL_BUSINESS: _l("small-business scheme"),
    RateReason.CO_CONTRACTOR: _l("co-contractor, the customer accounts for the VAT"),
    RateReason.DWELLING: _l("private dwelling first occupied in %(year)s, works for a consumer"),
    RateReason.NOT_IN_DWELLINGS: _l("marked as never at the lower rate in dwellings"),
    RateReason.YEAR_UNKNOWN: _l("private dwelling whose first year of occupation is not known"),
    RateReason.YOUNG_DWELLING: _l("private dwelling first occupied in %(year)s, not old enough for the lower rate"),
    RateReason.NO_CONSUMER: _l("private dwelling, but the one invoiced is a business"),
    RateReason.OWN: _l("of the item or rate itself"),
    RateReason.DEFAULT: _l("the company's usual rate"),
    RateReason.BY_HAND: _l("changed by hand"),
    RateReason.DWELLING_BY_HAND: _l("changed by hand, private dwelling first occupied in %(year)s"),
}
_WITHOUT_YEAR = {
    RateReason.DWELLING: _l("private dwelling, works for a consumer"),
    RateReason.YOUNG_DWELLING: _l("private dwelling, not old enough for the lower rate"),
    RateReason.DWELLING_BY_HAND: _l("changed by hand, private dwelling"),
}


def why(reason: str | None, tax_rate: Decimal, special_status: str, site: Site | None) -> str:
    """One plain sentence for a line's ``rate_reason``, with what the site says now; empty for none."""
    if not reason:
        return ""
    year, code = (site.first_occupied_year if site else None), RateReason(reason)
    sentence = str(_SENTENCES[code] if year else _WITHOUT_YEAR.get(code, _SENTENCES[code])) % {"year": year}
    return f"{percent(tax_rate)}{f' {special_status}' if special_status else ''}: {sentence}"
