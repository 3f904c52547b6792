"""The order in which a line's rate is proposed (accounting.md 6), and what it says beside the line."""

import datetime as dt
from decimal import Decimal as D
from typing import Any

import pytest

from fsm.catalog.tax_rates import ProposedRate, RateReason, Taxed, proposed_rate, why
from fsm.company.models import Company, VatScheme
from fsm.customers.models import Customer, Site

DAY = dt.date(2026, 3, 20)
CONSUMER = {"is_business": False, "is_subject_to_vat": False}
BUSINESS = {
    "is_business": True,
    "is_subject_to_vat": True,
    "vat_number": "BE0403170701",
    "files_periodic_returns": True,
}
DWELLING = {"is_private_dwelling": True, "first_occupied_year": 1998}
BOILER = Taxed(has_normal_rate_in_dwellings=True)
FRENCH = {
    "country_code": "FR",
    "tax_rate_1": D(20),
    "tax_rate_2": D(10),
    "tax_rate_3": D("5.5"),
    "default_tax_rate": D(20),
}


def proposed(
    customer: dict[str, Any], site: dict[str, Any] | None, thing: Taxed, on: dt.date, company: dict[str, Any]
) -> ProposedRate:
    belgian = {
        "country_code": "BE",
        "tax_rate_1": D(21),
        "tax_rate_2": D(12),
        "tax_rate_3": D(6),
        "default_tax_rate": D(21),
        "vat_scheme": VatScheme.NORMAL,
        "is_co_contractor": True,
    }
    return proposed_rate(
        Company(**belgian | company),
        Customer(**{"vat_number": ""} | customer),
        thing,
        site=None if site is None else Site(**{"country_code": "BE"} | site),
        on=on,
    )


@pytest.mark.parametrize(
    ("customer", "site", "thing", "on", "company", "expected"),
    [
        # co-contractor, before the dwelling and before the item's own rate
        (BUSINESS, DWELLING, Taxed(), DAY, {}, (0, "MC", "co_contractor")),
        (BUSINESS, None, Taxed(D(12)), DAY, {}, (0, "MC", "co_contractor")),
        (BUSINESS | {"files_periodic_returns": False}, None, Taxed(), DAY, {}, (21, "", "default")),
        # the dwelling's rate, before the item's own 21 and before the default
        (CONSUMER, DWELLING, Taxed(), DAY, {}, (6, "", "dwelling")),
        (CONSUMER, DWELLING, Taxed(D(21)), DAY, {}, (6, "", "dwelling")),
        # only for what is else at 21 %
        (CONSUMER, DWELLING, Taxed(D(12)), DAY, {}, (12, "", "own")),
        (CONSUMER, DWELLING, Taxed(D(6)), DAY, {}, (6, "", "own")),
        (CONSUMER, DWELLING, Taxed(D(0), "DR"), DAY, {}, (0, "DR", "own")),
        (CONSUMER, DWELLING, Taxed(), DAY, {"default_tax_rate": D(0)}, (0, "", "default")),
        # ten calendar years: occupied in 2016, the last day of 2025 and the first of 2026
        (
            CONSUMER,
            DWELLING | {"first_occupied_year": 2016},
            Taxed(),
            dt.date(2025, 12, 31),
            {},
            (21, "", "young_dwelling"),
        ),
        (CONSUMER, DWELLING | {"first_occupied_year": 2016}, Taxed(), dt.date(2026, 1, 1), {}, (6, "", "dwelling")),
        (CONSUMER, DWELLING | {"first_occupied_year": None}, Taxed(), DAY, {}, (21, "", "year_unknown")),
        (CONSUMER, {"is_private_dwelling": False, "first_occupied_year": 1998}, Taxed(), DAY, {}, (21, "", "default")),
        (CONSUMER, None, Taxed(), DAY, {}, (21, "", "default")),
        # the one invoiced is a business: a landlord's company, with and without a VAT number
        (BUSINESS, DWELLING, Taxed(), DAY, {"is_co_contractor": False}, (21, "", "no_consumer")),
        ({"is_business": True, "is_subject_to_vat": False}, DWELLING, Taxed(), DAY, {}, (21, "", "no_consumer")),
        # parts marked, since the day of the law
        (CONSUMER, DWELLING, BOILER, dt.date(2025, 7, 28), {}, (6, "", "dwelling")),
        (CONSUMER, DWELLING, BOILER, dt.date(2025, 7, 29), {}, (21, "", "not_in_dwellings")),
        (CONSUMER, None, BOILER, DAY, {}, (21, "", "default")),
        # other laws, other countries, rates that the company does not have
        (CONSUMER, DWELLING, Taxed(), DAY, {"vat_scheme": VatScheme.SMALL_BUSINESS}, (0, "", "small_business")),
        (CONSUMER, DWELLING | {"country_code": "FR"}, Taxed(), DAY, FRENCH, (20, "", "default")),
        (CONSUMER, DWELLING | {"country_code": "NL"}, Taxed(), DAY, {}, (21, "", "default")),
        (CONSUMER, DWELLING, Taxed(), DAY, {"tax_rate_3": D(9)}, (21, "", "default")),
    ],
)
def test_the_first_rule_that_fits_gives_the_rate(
    customer: dict[str, Any],
    site: dict[str, Any] | None,
    thing: Taxed,
    on: dt.date,
    company: dict[str, Any],
    expected: tuple[int, str, str],
) -> None:
    rate = proposed(customer, site, thing, on, company)
    assert (rate.tax_rate, rate.special_status, rate.reason.value) == expected


def test_a_sentence_says_why() -> None:
    site = Site(**DWELLING)
    assert why("dwelling", D(6), "", site) == "6\u00a0%: private dwelling first occupied in 1998, works for a consumer"
    assert why("by_hand", D(12), "", None) == "12\u00a0%: changed by hand"
    assert why("co_contractor", D(0), "MC", None).startswith("0\u00a0% MC: co-contractor")
    assert why(None, D(21), "", site) == ""
    for reason in RateReason:
        assert "%(" not in why(reason.value, D(21), "", site) + why(reason.value, D(21), "", None)
