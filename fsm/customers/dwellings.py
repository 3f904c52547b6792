"""Which sites are dwellings whose works bear a lower VAT rate, for whom, and from when on (accounting.md 6)."""

import datetime as dt

from flask_babel import gettext as _

from fsm.company.models import Company
from fsm.company.vat import DwellingRule, dwelling_rule
from fsm.core.formats import percent
from fsm.customers.models import Customer, Site


def rule_of(company: Company, site: Site | None, on: dt.date) -> DwellingRule | None:
    """The rule where it could apply to this site: a private dwelling in the country of the rule."""
    rule = dwelling_rule(company.country_code, on)
    if rule is None or site is None or not site.is_private_dwelling or site.country_code != rule.country:
        return None
    return rule if rule.tax_rate in company.tax_rates else None


def is_final_consumer(customer: Customer) -> bool:
    """No business, and not subject to VAT."""
    return not (customer.is_business or customer.is_subject_to_vat)


def is_old_enough(rule: DwellingRule, site: Site, on: dt.date) -> bool:
    """Whether the calendar years since the first occupation have passed; a year not known is not old enough."""
    return site.first_occupied_year is not None and on.year - site.first_occupied_year >= rule.years


def consequence(company: Company, site: Site, payer: Customer, on: dt.date) -> str:
    """What the site's answers come to, in one sentence; empty where it is no dwelling that any rule is about."""
    rule = rule_of(company, site, on)
    if rule is None:
        return ""
    rate = percent(rule.tax_rate)
    if not is_final_consumer(payer):
        return _(
            "Works here are proposed at the usual rate: %(name)s, who is invoiced, is a business.", name=payer.name
        )
    if site.first_occupied_year is None:
        return _("Works here are proposed at the usual rate until the year of first occupation is known.")
    if not is_old_enough(rule, site, on):
        year = site.first_occupied_year + rule.years
        return _("Works here are proposed at %(rate)s from %(year)s on.", rate=rate, year=year)
    return _("Works here are proposed at %(rate)s.", rate=rate)
