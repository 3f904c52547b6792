"""Rates, grids and statuses of accounting.md 6."""

import datetime as dt
from decimal import Decimal as D

import pytest

from fsm.company import clauses, vat
from fsm.company.models import VatScheme

TODAY = dt.date(2026, 11, 1)


@pytest.mark.parametrize(("country", "rates"), [("BE", [21, 12, 6]), ("FR", [20, 10, D("5.5")])])
def test_default_rates(country: str, rates: list[D]) -> None:
    assert list(vat.default_rates(country, TODAY)) == rates


@pytest.mark.parametrize(("country", "on"), [("XX", TODAY), ("FR", dt.date(2013, 12, 31))])
def test_rates_that_are_not_known_are_not_guessed(country: str, on: dt.date) -> None:
    with pytest.raises(LookupError):
        vat.default_rates(country, on)


BELGIAN_GRIDS = [
    ("6", "", "01", "49"),
    ("12", "", "02", "49"),
    ("21", "", "03", "49"),
    ("0", "", "00", "49"),
    ("0", "MC", "45", "49"),
    ("0", "ICL", "46", "48"),
    ("0", "ICD", "44", "48"),
    ("0", "EX", "47", "49"),
    ("0", "VRIJ", "00", "49"),
    ("0", "DR", "", ""),
]


@pytest.mark.parametrize(("rate", "status", "invoice", "credit_note"), BELGIAN_GRIDS)
def test_belgian_grids(rate: str, status: str, invoice: str, credit_note: str) -> None:
    assert vat.grid_of(D(rate), status, "BE", is_credit_note=False) == invoice
    assert vat.grid_of(D(rate), status, "BE", is_credit_note=True) == credit_note


def test_rate_is_found_whatever_its_decimals() -> None:
    assert vat.grid_of(D("21.00"), "", "BE", is_credit_note=False) == "03"
    assert vat.grid_of(D("5.5000"), "", "FR", is_credit_note=False) == "09"


def test_grids_of_the_vat_itself() -> None:
    assert vat.tax_grid_of("BE", is_credit_note=False) == "54"
    assert vat.tax_grid_of("BE", is_credit_note=True) == "64"
    assert vat.BAD_DEBT_TAX_GRID["BE"] == "62"


def test_small_business_has_no_grid_and_its_own_text() -> None:
    scheme = VatScheme.SMALL_BUSINESS
    status = vat.status_of("", "BE", scheme)
    assert vat.grid_of(D(0), "", "BE", is_credit_note=False, scheme=scheme) == ""
    assert vat.category_of(D(0), status) == "E"
    assert status.texts["fr"] == "Régime particulier de franchise des petites entreprises"
    assert status.texts["nl"] == "Bijzondere vrijstellingsregeling kleine ondernemingen"


CATEGORIES = [("", "Z"), ("MC", "AE"), ("ICL", "K"), ("ICD", "AE"), ("EX", "G"), ("VRIJ", "E"), ("DR", "E")]


@pytest.mark.parametrize("country", ["BE", "FR"])
@pytest.mark.parametrize(("status", "category"), CATEGORIES)
def test_categories_of_the_european_standard(country: str, status: str, category: str) -> None:
    assert vat.category_of(D(0), vat.status_of(status, country)) == category
    assert vat.category_of(D(21), vat.status_of("", country)) == "S"


@pytest.mark.parametrize("country", ["BE", "FR"])
def test_every_exemption_has_its_text_in_every_language(country: str) -> None:
    for status in vat.default_statuses(country):
        expected = {"en", "nl", "fr", "de"} if status.code else set()
        assert set(status.texts) == expected
        assert len(status.code) <= vat.STATUS_LENGTH


def test_unknown_status_is_refused() -> None:
    with pytest.raises(LookupError):
        vat.grid_of(D(0), "XYZ", "BE", is_credit_note=False)


def test_statuses_of_the_company_stand_for_those_of_its_country() -> None:
    own = [vat.SpecialStatus("KLM", "E", "", "47", {})]
    assert vat.grid_of(D(0), "KLM", "BE", is_credit_note=False, own=own) == "47"
    with pytest.raises(LookupError):
        vat.grid_of(D(0), "MC", "BE", is_credit_note=False, own=own)


@pytest.mark.parametrize(
    ("code", "language", "beginning", "end"),
    [
        (clauses.CO_CONTRACTOR, "nl", "Verlegging van heffing. Bij gebrek aan", "interesten en geldboeten."),
        (clauses.CO_CONTRACTOR, "fr", "Autoliquidation : En l'absence de", "des intérêts et des amendes dus."),
        (clauses.DWELLING, "nl", "Btw-tarief: Bij gebrek aan", "interesten en geldboeten."),
        (clauses.DWELLING, "fr", "Taux de TVA : En l'absence de", "des intérêts et des amendes dus."),
        (clauses.CREDIT_NOTE, "nl", "BTW terug te storten aan de Staat in de mate", "in aftrek werd gebracht"),
        (clauses.CREDIT_NOTE, "fr", "TVA à reverser à l'État dans la mesure", "initialement déduite"),
    ],
)
def test_clauses_of_belgian_law(code: str, language: str, beginning: str, end: str) -> None:
    clause = clauses.clause("BE", code, TODAY)
    assert clause is not None
    text = clause.texts[language]
    assert text.startswith(beginning)
    assert text.endswith(end)
    assert "  " not in text
    assert set(clause.texts) == {"en", "nl", "fr", "de"}


def test_no_clause_before_its_day_or_in_another_country() -> None:
    assert clauses.clause("BE", clauses.CO_CONTRACTOR, dt.date(2022, 12, 31)) is None
    assert clauses.clause("FR", clauses.DWELLING, TODAY) is None
