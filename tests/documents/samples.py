"""Printed facts for tests, as an invoice would make them."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal as D
from typing import Any

from fsm.company.models import Language, VatScheme
from fsm.documents.facts import (
    AddressFacts,
    BankFacts,
    BuyerFacts,
    DocumentKind,
    Facts,
    LineFacts,
    SellerFacts,
)
from fsm.documents.printing import legal_texts, tax_facts, totals_facts
from fsm.documents.totals import LineIn, Terms, compute

ISSUED = dt.date(2026, 3, 20)
GENT = AddressFacts("Kouter 12", "", "9000", "Gent", "BE", "België")
SELLER = SellerFacts(
    name="Dépannage & Fils",
    legal_form="BV",
    address=AddressFacts("Nieuwstraat 44", "bus 3", "1000", "Brussel", "BE", "België"),
    vat_number="BE0403170701",
    enterprise_number="0403170701",
    court_register="RPR Brussel",
    phone="+32 2 555 12 12",
    email="info@depannage.example",
    website="depannage.example",
)
BUYER = BuyerFacts(
    name="Crèche Zoë & Łukasz Dvořák",
    attention="Mevr. Hélène Őry",
    vat_number="BE0428759497",
    billing_address=GENT,
    site_name="Stookplaats B",
    site_address=AddressFacts("Zeedijk 101", "", "8400", "Oostende", "BE", "België"),
)
Line = tuple[str, str, str, str]  # description, quantity, price, rate
LINES: tuple[Line, ...] = (
    ("Vervangen circulatiepomp\nGrundfos Alpha2 25-60", "1", "348.35", "21"),
    ("Werkuren technicus", "2.50", "62", "21"),
    ("Verplaatsing", "1", "45", "21"),
)


def facts(lines: tuple[Line, ...] = LINES, terms: Terms | None = None, **changes: Any) -> Facts:
    """An invoice of these lines; ``special_status`` gives that to lines at 0 %, any other word changes the facts."""
    terms = terms or Terms()
    status = changes.pop("special_status", "")
    section = changes.pop("section", "")
    language = changes.get("language", Language.DUTCH)
    kind = changes.get("kind", DocumentKind.INVOICE)
    inputs = [
        LineIn(D(quantity), D(price), D(price), D(rate), special_status="" if D(rate) else status)
        for _text, quantity, price, rate in lines
    ]
    totals = compute(inputs, terms)
    taxes = tax_facts(
        totals.taxes,
        country="BE",
        scheme=VatScheme.NORMAL,
        language=language,
        exchange_rate=changes.get("exchange_rate", D(1)),
    )
    made = Facts(
        kind=kind,
        language=language,
        number="FA-2600017",
        issue_date=ISSUED,
        due_date=ISSUED + dt.timedelta(days=30),
        reference="PO 4711",
        seller=SELLER,
        buyer=BUYER,
        lines=tuple(
            LineFacts(
                position=at,
                description=text,
                quantity=line.quantity,
                unit="u" if line.quantity != 1 else "",
                amount=line.amount or D(0),
                amount_with_tax=line.amount_with_tax or D(0),
                tax_rate=line.tax_rate,
                special_status=line.special_status,
                section=section,
                total_without_tax=shown.net,
                total_with_tax=shown.total,
            )
            for at, ((text, *_rest), line, shown) in enumerate(zip(lines, inputs, totals.lines, strict=True), 1)
        ),
        taxes=taxes,
        totals=totals_facts(totals),
        tax_included=terms.tax_included,
        discount_percentage=terms.discount_percentage,
        cash_discount_percentage=terms.cash_discount_percentage,
        cash_discount_date_valid=ISSUED + dt.timedelta(days=8) if terms.cash_discount_percentage else None,
        cash_discount_mode=terms.cash_discount_mode.value,
        bank=BankFacts("BE68539007547034", "GKCCBEBB"),
        structured_message="+++278/7810/35591+++",
        legal_texts=legal_texts(
            taxes, country="BE", language=language, on=ISSUED, is_credit_note=kind is DocumentKind.CREDIT_NOTE
        ),
        note="Bedankt voor uw vertrouwen.",
    )
    return replace(made, **changes)
