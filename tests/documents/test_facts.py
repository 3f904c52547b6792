"""Printed facts: one text for equal facts, and the same facts back from it."""

import datetime as dt
import json
from dataclasses import replace
from decimal import Decimal as D

import pytest

from fsm.company.models import Language, VatScheme
from fsm.documents.canonical import canonical, from_json, sha256
from fsm.documents.facts import CorrectedFacts, DocumentKind
from fsm.documents.printing import legal_texts, tax_facts
from fsm.documents.totals import LineIn, Terms, compute
from fsm.documents.words import CODES, Words
from tests.documents.samples import ISSUED, LINES, facts

CO_CONTRACTOR_LINES = (*LINES, ("Kabelwerken", "10", "100", "0"))


def test_facts_come_back_as_they_went() -> None:
    invoice = facts(CO_CONTRACTOR_LINES, Terms(discount_percentage=D(5)), special_status="MC")
    assert from_json(canonical(invoice)) == invoice
    credit_note = facts(
        kind=DocumentKind.CREDIT_NOTE, due_date=None, bank=None, corrects=CorrectedFacts("FA-2600001", ISSUED)
    )
    assert from_json(canonical(credit_note)) == credit_note


def test_trailing_zeros_do_not_change_the_text() -> None:
    one, other = facts(discount_percentage=D("5.00")), facts(discount_percentage=D("5"))
    assert canonical(one) == canonical(other)
    assert canonical(facts(discount_percentage=D("-0.00"))) == canonical(facts(discount_percentage=D(0)))
    assert json.loads(canonical(facts(exchange_rate=D("100"))))["exchange_rate"] == "100"


def test_the_hash_is_that_of_the_stored_text_and_feels_every_fact() -> None:
    text = canonical(facts())
    assert text == canonical(from_json(text))
    # printf '{}' | sha256sum
    assert sha256("{}") == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    changed = [
        facts(note="x"),
        facts(due_date=None),
        facts(currency="USD"),
        facts((*LINES[:-1], ("Verplaatsing", "1", "45.01", "21"))),
        replace(facts(), seller=replace(facts().seller, court_register="RPR Gent")),
    ]
    assert len({sha256(text), *(sha256(canonical(other)) for other in changed)}) == 1 + len(changed)


def test_no_number_is_a_float_in_the_text() -> None:
    text = canonical(facts())
    assert "548.35" in text
    assert json.loads(text, parse_float=pytest.fail)["totals"]["total_with_tax"] == "663.5"


@pytest.mark.parametrize(
    "change",
    [
        lambda values: values.pop("number"),
        lambda values: values.update(surprise=1),
        lambda values: values.update(number=5),
        lambda values: values["lines"][0].pop("quantity"),
        lambda values: values.update(seller=None),
        lambda values: values.update(kind="receipt"),
    ],
)
def test_a_text_that_is_no_document_is_refused(change) -> None:  # noqa: ANN001 - one of the lambdas above
    values = json.loads(canonical(facts()))
    change(values)
    with pytest.raises(ValueError, match=r"."):
        from_json(json.dumps(values))


def test_facts_of_an_older_version_lack_what_is_new() -> None:
    values = json.loads(canonical(facts()))
    del values["legal_texts"], values["buyer"]["attention"]
    read = from_json(json.dumps(values))
    assert (read.legal_texts, read.buyer.attention) == ((), "")


def test_vat_in_euro_is_converted_rate_by_rate() -> None:
    totals = compute([LineIn(D(1), D("100.10"), tax_rate=D(21)), LineIn(D(1), D("50.10"), tax_rate=D(6))], Terms())
    rows = tax_facts(
        totals.taxes, country="BE", scheme=VatScheme.NORMAL, language=Language.ENGLISH, exchange_rate=D("0.92")
    )
    # 21.02 x 0.92 = 19.3384, 3.01 x 0.92 = 2.7692
    assert [row.tax_in_euro for row in rows] == [D("19.34"), D("2.77")]


def test_legal_texts_follow_the_vat_table() -> None:
    invoice = facts(CO_CONTRACTOR_LINES, special_status="MC")
    row = invoice.taxes[-1]
    assert (row.category, row.exemption_code, row.text) == ("AE", "VATEX-EU-AE", "Verlegging van heffing")
    assert [text[:22] for text in invoice.legal_texts] == ["Verlegging van heffing"]
    assert facts().legal_texts == ()
    credited = facts(kind=DocumentKind.CREDIT_NOTE)
    assert credited.legal_texts == (
        "BTW terug te storten aan de Staat in de mate waarin ze oorspronkelijk in aftrek werd gebracht",
    )
    dwelling = legal_texts(
        facts().taxes,
        country="BE",
        language=Language.FRENCH,
        on=ISSUED,
        is_credit_note=False,
        has_dwelling_rate=True,
    )
    assert [text[:11] for text in dwelling] == ["Taux de TVA"]


def test_the_small_business_scheme_prints_its_sentence() -> None:
    totals = compute([LineIn(D(1), D(100))], Terms())
    (row,) = tax_facts(totals.taxes, country="BE", scheme=VatScheme.SMALL_BUSINESS, language=Language.FRENCH)
    assert (row.category, row.text) == ("E", "Régime particulier de franchise des petites entreprises")


@pytest.mark.parametrize(
    ("language", "money", "total", "day"),
    [
        (Language.ENGLISH, "1,210.50", "€1,210.50", "1 Mar 2026"),
        (Language.DUTCH, "1.210,50", "€\u00a01.210,50", "1 mrt 2026"),
        (Language.FRENCH, "1\u00a0210,50", "1\u00a0210,50\u00a0€", "1 mars 2026"),
        (Language.GERMAN, "1.210,50", "1.210,50\u00a0€", "1. März 2026"),
    ],
)
def test_figures_and_days_read_as_the_language_writes_them(
    language: Language, money: str, total: str, day: str
) -> None:
    words = Words(language)
    assert words.money(D("1210.5")) == money
    assert words.with_currency(D("1210.5"), "EUR") == total
    assert words.day(dt.date(2026, 3, 1)) == day
    assert words.money(D("-0.5")).startswith("\N{MINUS SIGN}0")


def test_every_word_exists_in_every_language_and_is_not_left_in_english() -> None:
    assert set(CODES) == set(Language)
    titles = {language: (Words(language).invoice, Words(language).credit_note) for language in Language}
    assert titles[Language.DUTCH] == ("Factuur", "Creditnota")
    assert titles[Language.FRENCH] == ("Facture", "Note de crédit")
    assert titles[Language.GERMAN] == ("Rechnung", "Gutschrift")
    with pytest.raises(AttributeError):
        Words(Language.DUTCH).surprise  # noqa: B018 - it is the question that raises
