"""PDFs: the same bytes everywhere, every printed fact to be found in them, nothing left out in silence."""

import hashlib
import io
import os
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal as D
from pathlib import Path

import pytest
from PIL import Image
from pypdf import PdfReader

from fsm.company.models import Language
from fsm.documents import pictures, typeface
from fsm.documents.canonical import canonical
from fsm.documents.facts import (
    AddressFacts,
    BuyerFacts,
    CorrectedFacts,
    CustomFacts,
    DocumentKind,
    LookFacts,
    SellerFacts,
    TimeFacts,
)
from fsm.documents.pdf import Mark, PdfError, render
from fsm.documents.totals import Terms
from fsm.documents.words import Words
from tests.documents.samples import BUYER, ISSUED, LINES, facts

ELSEWHERE = """
import hashlib, sys
from fsm.documents.canonical import from_json
from fsm.documents.pdf import render
print(hashlib.sha256(render(from_json(sys.stdin.read()))).hexdigest())
"""


def read(data: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(data))


def text_of(data: bytes) -> str:
    """The words of all pages, one space between them."""
    return " ".join(" ".join(page.extract_text() for page in read(data).pages).split())


def pages_of(data: bytes) -> list[str]:
    return [" ".join(page.extract_text().split()) for page in read(data).pages]


def test_the_same_facts_give_the_same_bytes_here_and_in_another_process(tmp_path: Path) -> None:
    invoice = facts()
    once = render(invoice)
    render(facts(currency="USD", language=Language.FRENCH))  # what was made between must leave no trace
    assert render(invoice) == once
    elsewhere = subprocess.run(
        [sys.executable, "-c", ELSEWHERE],
        input=canonical(invoice).encode(),
        capture_output=True,
        check=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"},
    )
    assert elsewhere.stdout.decode().strip() == hashlib.sha256(once).hexdigest()


def test_an_invoice_says_all_that_the_law_and_the_payer_ask() -> None:
    text = text_of(render(facts()))
    for words in (
        "Factuur FA-2600017",
        "20 mrt 2026",
        "19 apr 2026",
        "PO 4711",
        "Dépannage & Fils BV",
        "BE 0403.170.701",
        "RPR Brussel",
        "Crèche Zoë & Łukasz Dvořák",
        "Hélène Őry",
        "BE 0428.759.497",
        "Zeedijk 101",
        "Grundfos Alpha2 25-60",
        "348,35",
        "115,15",
        "€ 663,50",
        "BE68 5390 0754 7034",
        "GKCCBEBB",
        "+++278/7810/35591+++",
        "Pagina 1 van 1",
    ):
        assert words in text


@pytest.mark.parametrize("language", list(Language))
def test_totals_are_those_of_the_facts_in_each_language(language: Language) -> None:
    invoice = facts(LINES, Terms(discount_percentage=D(5), cash_discount_percentage=D(2)), language=language)
    words, text = Words(language), text_of(render(invoice))
    totals = invoice.totals
    for figure in (totals.total_without_tax, totals.total_tax, -totals.discount_total_without_tax):
        assert words.money(figure) in text.replace(" ", "\u00a0") or words.money(figure) in text
    for amount in (totals.total_with_tax, totals.amount_if_paid_in_time):
        assert words.with_currency(amount, "EUR").replace("\u00a0", " ") in text.replace("\u00a0", " ")
    assert words.invoice in text


def test_a_credit_note_names_its_invoice_and_asks_for_no_payment() -> None:
    data = render(
        facts(
            kind=DocumentKind.CREDIT_NOTE,
            number="NC-2600003",
            due_date=None,
            language=Language.FRENCH,
            corrects=CorrectedFacts("FA-2600001", ISSUED),
            structured_message="",
        )
    )
    text = text_of(data)
    assert "Note de crédit NC-2600003" in text
    assert "FA-2600001 du 20 mars 2026" in text
    assert "TVA à reverser à l'État dans la mesure où elle a été initialement déduite" in text
    assert "IBAN" not in text
    assert not read(data).pages[0].images


def test_a_foreign_currency_prints_its_rate_and_the_vat_in_euro_but_no_code_to_pay() -> None:
    data = render(facts(currency="USD", exchange_rate=D("0.92"), language=Language.ENGLISH))
    text = text_of(data)
    assert "US$663.50" in text
    assert "1 USD = 0.92 EUR" in text
    assert "VAT in EUR 105.94" in text  # 115.15 x 0.92 = 105.938
    assert not read(data).pages[0].images


def test_the_payment_code_holds_account_amount_and_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, object]] = []
    make = pictures.helpers.make_epc_qr
    monkeypatch.setattr(pictures.helpers, "make_epc_qr", lambda **words: asked.append(words) or make(**words))
    data = render(facts(structured_message="+++090/9337/55493+++"))
    assert len(read(data).pages[0].images) == 1
    (words,) = asked
    assert (words["iban"], words["bic"], words["amount"]) == ("BE68539007547034", "GKCCBEBB", D("663.50"))
    assert words["text"] == "+++090/9337/55493+++"
    render(facts((("Garantie", "1", "0", "21"),)))
    assert len(asked) == 1  # nothing to pay, no code


def test_long_documents_repeat_the_head_and_keep_every_line() -> None:
    lines = tuple((f"Onderdeel nr. {at:03d}", "1", "12.50", "21") for at in range(200))
    invoice = facts(lines)
    pages = pages_of(render(invoice))
    assert len(pages) >= 5
    body = " ".join(pages)
    assert all(f"nr. {at:03d}" in body for at in range(200))
    assert all("Omschrijving" in page for page in pages[:-1])
    assert all(f"Pagina {at} van {len(pages)}" in page for at, page in enumerate(pages, 1))
    # 200 x 12.50 = 2500.00, VAT 525.00
    assert "€ 3.025,00" in body.replace("\u00a0", " ")


def test_the_longest_description_goes_over_pages() -> None:
    words = " ".join(f"woord{at:04d}" for at in range(990))
    pages = pages_of(render(facts(((words, "1", "5", "21"), ("regel\n" * 300, "1", "5", "21")))))
    body = " ".join(pages)
    assert "woord0000" in body
    assert "woord0989" in body
    assert body.count("regel") == 300


def test_marks_stand_on_what_is_no_issued_document() -> None:
    assert "ONTWERP" in text_of(render(facts(number=""), mark=Mark.DRAFT))
    assert "RETIRÉ" in text_of(render(facts(language=Language.FRENCH), mark=Mark.WITHDRAWN))
    assert "ONTWERP" not in text_of(render(facts()))


def test_a_draft_without_anything_yet_can_be_seen() -> None:
    bare = facts((), number="", structured_message="", issue_date=None, due_date=None, reference="", bank=None)
    nowhere = AddressFacts(country_code="BE", country="België")
    bare = replace(bare, seller=SellerFacts("Testwerk", nowhere), buyer=BuyerFacts("X", AddressFacts()))
    assert "ONTWERP – geen factuur" in text_of(render(bare, mark=Mark.DRAFT))


def test_more_than_a_transfer_can_carry_has_no_code_but_is_printed() -> None:
    data = render(facts((("Zeer groot", "999999.99", "9999999.9999", "0"),)))
    assert "9.999.999.899.900,00" in text_of(data)  # 9,999,999,899,900.000001, rounded to the cent
    assert not read(data).pages[0].images


def test_the_longest_names_and_references_stay_on_the_page() -> None:
    data = render(facts(reference="9" * 250, buyer=replace(BUYER, name="Ö" * 100)))
    text = text_of(data)
    assert text.count("9") >= 250
    assert text.count("Ö") == 100


def test_letters_outside_the_typeface_become_their_nearest_relatives() -> None:
    text = text_of(render(facts((("株 ₂ a‑b → Ωмир ½\t🙂 <b>&amp;</b>", "1", "5", "21"),))))
    assert "a-b" in text
    assert "Ωмир ½" in text
    assert "<b>&amp;</b>" in text


def test_a_logo_stands_in_place_of_the_name() -> None:
    file = io.BytesIO()
    Image.new("RGB", (900, 100), "navy").save(file, "PNG")
    data = render(facts(bank=None), logo=file.getvalue())
    assert len(read(data).pages[0].images) == 1


def test_section_delivery_and_foreign_country_are_printed() -> None:
    abroad = AddressFacts("Rue du Port 7", "Bât. B", "59000", "Lille", "FR", "Frankrijk")
    invoice = facts(section="SO-2600012", buyer=replace(BUYER, delivery_address=abroad))
    text = text_of(render(invoice))
    assert text.count("SO-2600012") == 1
    assert "Lille Frankrijk" in text
    assert "België" not in text


def test_a_font_that_is_missing_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typeface, "FILES", {**typeface.FILES, typeface.BOLD: "Gone.ttf"})
    with pytest.raises(PdfError, match=r"Gone\.ttf"):
        render(facts())


def test_no_text_is_set_in_a_font_that_is_not_embedded() -> None:
    fonts: set[str] = set()

    def visit(text: str, _cm: object, _tm: object, font: dict[str, object] | None, _size: object) -> None:
        if text.strip() and font:
            fonts.add(str(font["/BaseFont"]))

    read(render(facts())).pages[0].extract_text(visitor_text=visit)
    assert fonts == {"/AAAAAA+OpenSans-Regular", "/AAAAAA+OpenSans-SemiBold"}


def test_html_own_fields_sections_and_the_annex_are_printed() -> None:
    invoice = facts(LINES)
    first, second, third = invoice.lines
    lines = (
        replace(first, section="SO-1", custom=(CustomFacts("Serial", "X-4711"),)),
        replace(second, section="SO-1", description_html="<p>Hours <b>of work</b></p><ul><li>down</li></ul>"),
        replace(third, section="SO-2"),
    )
    hours = TimeFacts(ISSUED, D("2.5"), "Pump fitted", "Hélène Őry", "SO-1")
    full = replace(
        invoice,
        lines=lines,
        note_html='<p>See <a href="https://x.example/t">terms</a></p><script>alert(1)</script>',
        note="never both",
        custom=(CustomFacts("Lot", "3"),),
        times=(hours, replace(hours, hours=D("1.25"))),
        look=LookFacts(footer="Open from 8 to 17 h", accent="#7c2d12"),
        layout="modern",
    )
    data = render(full)
    text = text_of(data)
    for words in (
        "Serial: X-4711",
        "Hours of work",
        "• down",
        "See terms (x.example/t)",
        "Lot 3",
        "Open from 8 to 17 h",
    ):
        assert words in text, words
    assert "alert" not in text
    assert "never both" not in text
    assert "Subtotaal 503,35" in text  # 348.35 + 155.00
    assert "Subtotaal 45,00" in text
    annex = pages_of(data)[-1]
    assert "Gewerkte uren Bijlage bij Factuur FA-2600017" in annex
    assert "Hélène Őry" in annex
    assert "Totaal 3,75" in annex


def test_a_document_without_vat_says_no_word_of_it_but_what_the_law_asks() -> None:
    text = text_of(render(facts((("Werk", "1", "100", "0"),), shows_tax=False, special_status="VRIJ")))
    for word in ("Btw %", "Maatstaf", "zonder btw", "met btw"):
        assert word not in text
    assert "Vrijgesteld van btw, artikel 44" in text
    assert "Totaal € 100,00" in text.replace("\u00a0", " ")


def test_a_quote_asks_for_a_signature_and_no_money() -> None:
    text = text_of(render(facts(kind=DocumentKind.QUOTE, number="OF-2600001", expiry_date=ISSUED, due_date=None)))
    assert "Offerte OF-2600001" in text
    assert "Geldig tot" in text
    assert "Naam, datum en handtekening" in text
    assert "IBAN" not in text
