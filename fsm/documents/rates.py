"""The rates of a document's lines, by ``catalog.tax_rates`` and what is known of the works: whose, where, since when."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Protocol

from flask_babel import gettext as _
from flask_babel import ngettext

from fsm.catalog.tax_rates import ProposedRate, RateReason, Taxed, is_co_contracted, proposed_rate, why
from fsm.company.models import Company
from fsm.company.vat import dwelling_rule
from fsm.customers.dwellings import is_old_enough, rule_of
from fsm.customers.models import Customer, Site
from fsm.documents.values import LineValues


class RatedLine(Protocol):
    """A stored line, of which it is known why it bears its rate; ``service_order_id`` None: of no order."""

    @property
    def position(self) -> int: ...
    @property
    def quantity(self) -> Decimal: ...
    @property
    def tax_rate(self) -> Decimal: ...
    @property
    def special_status(self) -> str: ...
    @property
    def rate_reason(self) -> str | None: ...
    @property
    def service_order_id(self) -> int | None: ...


class LineRates:
    """Proposes rates for the lines of one payer's draft; what they share is read once.

    ``site`` is the document's; ``sites`` and ``first_days`` are by service order: where its works were done, and the
    date of the first invoice for them (left out: none yet).
    """

    def __init__(
        self,
        company: Company,
        customer: Customer,
        *,
        on: dt.date,
        site: Site | None = None,
        sites: Mapping[int, Site] | None = None,
        first_days: Mapping[int, dt.date] | None = None,
        without_co_contractor: bool = False,
    ) -> None:
        self._without_co_contractor = without_co_contractor
        self._company, self._customer, self._on, self._site = company, customer, on, site
        self._sites, self._first_days = sites or {}, first_days or {}

    def site_of(self, service_order_id: int | None) -> Site | None:
        """Where the works of a line are done."""
        return self._sites.get(service_order_id or 0, self._site)

    def proposed(self, thing: Taxed, service_order_id: int | None = None) -> ProposedRate:
        """The rate of a line for this thing, of this order."""
        site, on = self.site_of(service_order_id), self._day(service_order_id)
        return proposed_rate(
            self._company,
            self._customer,
            thing,
            site=site,
            on=on,
            without_co_contractor=self._without_co_contractor,
        )

    @property
    def may_be_co_contracted(self) -> bool:
        """Whether the regime is for this customer, switched off for the document or not."""
        return is_co_contracted(self._company, self._customer)

    def switched(self, values: LineValues, thing: Taxed, before: RatedLine | None) -> LineValues:
        """A line after the co-contractor regime was switched off or on for its document.

        What bore the other proposal bears this one; rates that a person chose stay.
        """
        if values.quantity == 0:
            return values
        order_id = before.service_order_id if before else None
        site, on = self.site_of(order_id), self._day(order_id)
        other = proposed_rate(
            self._company,
            self._customer,
            thing,
            site=site,
            on=on,
            without_co_contractor=not self._without_co_contractor,
        )
        if (values.tax_rate, values.special_status) != (other.tax_rate, other.special_status):
            return values
        rate = self.proposed(thing, order_id)
        return replace(values, tax_rate=rate.tax_rate, special_status=rate.special_status)

    def reason(self, values: LineValues, thing: Taxed, before: RatedLine | None) -> str | None:
        """Why a line that is saved bears its rate: the rule that proposes it, or a person's hand."""
        if values.quantity == 0:
            return None
        chosen = (values.tax_rate, values.special_status)
        if before is not None and before.rate_reason and chosen == (before.tax_rate, before.special_status):
            return before.rate_reason
        proposal = self.proposed(thing, before.service_order_id if before else None)
        if chosen == (proposal.tax_rate, proposal.special_status):
            return proposal.reason.value
        is_of_dwelling = self._is_rate_of_old_dwelling(values.tax_rate, before.service_order_id if before else None)
        return (RateReason.DWELLING_BY_HAND if is_of_dwelling else RateReason.BY_HAND).value

    def _is_rate_of_old_dwelling(self, tax_rate: Decimal, service_order_id: int | None) -> bool:
        """Whoever is invoiced: a person may know better who the final consumer is."""
        site, on = self.site_of(service_order_id), self._day(service_order_id)
        rule = rule_of(self._company, site, on)
        return rule is not None and site is not None and tax_rate == rule.tax_rate and is_old_enough(rule, site, on)

    def _day(self, service_order_id: int | None) -> dt.date:
        return min(self._on, self._first_days.get(service_order_id or 0, self._on))

    def why(self, line: RatedLine) -> str:
        """The sentence beside a line."""
        return why(line.rate_reason, line.tax_rate, line.special_status, self.site_of(line.service_order_id))

    def why_typed(self, values: LineValues, thing: Taxed, before: RatedLine | None) -> str:
        """The same of a line that is not saved yet."""
        site = self.site_of(before.service_order_id if before else None)
        return why(self.reason(values, thing, before), values.tax_rate, values.special_status, site)

    def warnings(self, lines: Iterable[RatedLine]) -> list[str]:
        """What to look at before posting: the dwelling's rate where it does not hold, and where it would but is not used."""
        rule = dwelling_rule(self._company.country_code, self._on)
        places: dict[str, list[str]] = {}
        if rule is None:
            return []
        for line in lines:
            proposal = self.proposed(Taxed(tax_rate=rule.normal_rate), line.service_order_id)
            if line.quantity == 0:
                continue
            if line.tax_rate == rule.tax_rate and line.rate_reason != RateReason.OWN:
                if proposal.reason is not RateReason.DWELLING:
                    places.setdefault(_not_lower(proposal.reason), []).append(str(line.position))
            elif line.rate_reason in _MAY_CHANGE and proposal.reason is RateReason.DWELLING:
                places.setdefault(_("By now works here are proposed at the lower rate for dwellings"), []).append(
                    str(line.position)
                )
        return [
            ngettext(
                "%(sentence)s: line %(lines)s.",
                "%(sentence)s: lines %(lines)s.",
                len(of),
                sentence=sentence,
                lines=", ".join(of),
            )
            for sentence, of in places.items()
        ]


_MAY_CHANGE = {RateReason.YOUNG_DWELLING, RateReason.YEAR_UNKNOWN, RateReason.NO_CONSUMER}


def _not_lower(reason: RateReason) -> str:
    match reason:
        case RateReason.NO_CONSUMER:
            return _("At the lower rate for dwellings, but the one invoiced is a business")
        case RateReason.YOUNG_DWELLING:
            return _("At the lower rate for dwellings, but the dwelling is not old enough")
        case RateReason.YEAR_UNKNOWN:
            return _("At the lower rate for dwellings, but the site does not say when the dwelling was first occupied")
    return _("At the lower rate for dwellings, but the site is no private dwelling")
