"""A document that shows a layout: the company's own name, logo and account, work that never was."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType

from fsm.company.models import BankAccount, Company, Language, VatScheme
from fsm.company.vat import default_rates
from fsm.documents import payment_reference, printing
from fsm.documents.facts import AddressFacts, BuyerFacts, DocumentKind, Facts, LineFacts, TimeFacts
from fsm.documents.layouts import LayoutValues
from fsm.documents.models import TimeAnnex
from fsm.documents.services import logo_sha256_of
from fsm.documents.totals import LineIn, Terms, compute

_TEXTS: Mapping[Language, tuple[str, str, str, str]] = MappingProxyType(
    {
        Language.ENGLISH: (
            "Sample customer",
            "Circulation pump replaced",
            "Technician's hours",
            "Thank you for your trust.",
        ),
        Language.DUTCH: (
            "Voorbeeldklant",
            "Circulatiepomp vervangen",
            "Werkuren technicus",
            "Bedankt voor uw vertrouwen.",
        ),
        Language.FRENCH: (
            "Client d’exemple",
            "Remplacement du circulateur",
            "Heures de technicien",
            "Merci pour votre confiance.",
        ),
        Language.GERMAN: ("Musterkunde", "Umwälzpumpe ersetzt", "Technikerstunden", "Vielen Dank für Ihr Vertrauen."),
    }
)
_TERM_DAYS = 30


def sample(
    values: LayoutValues, *, company: Company, account: BankAccount | None, language: Language, today: dt.date
) -> Facts:
    """An invoice of today in that layout."""
    customer, goods, work, thanks = _TEXTS[language]
    is_small = company.vat_scheme is VatScheme.SMALL_BUSINESS
    rate = Decimal(0) if is_small else default_rates(company.country_code, today)[0]
    inputs = [LineIn(Decimal(1), Decimal("348.35"), tax_rate=rate), LineIn(Decimal("2.5"), Decimal(62), tax_rate=rate)]
    totals = compute(inputs, Terms())
    taxes = printing.tax_facts(totals.taxes, country=company.country_code, scheme=company.vat_scheme, language=language)
    named = values.time_annex is TimeAnnex.TECHNICIANS
    hours = (TimeFacts(today, Decimal("2.5"), work, "Ann Peeters" if named else "", "SO-2600042"),)
    return Facts(
        kind=DocumentKind.INVOICE,
        language=language,
        number="FA-2600042",
        issue_date=today,
        due_date=today + dt.timedelta(days=_TERM_DAYS),
        seller=printing.seller_facts(company, logo_sha256_of(company), language),
        buyer=BuyerFacts(customer, AddressFacts("Kerkstraat 1", "", "1000", "Brussel", company.country_code)),
        lines=tuple(
            LineFacts(
                position=at,
                description=text,
                quantity=line.quantity,
                unit=unit,
                amount=line.amount or Decimal(0),
                amount_with_tax=Decimal(0),
                tax_rate=rate,
                total_without_tax=shown.net,
                total_with_tax=shown.total,
            )
            for at, (text, unit, line, shown) in enumerate(
                zip((goods, work), ("", "h"), inputs, totals.lines, strict=True), 1
            )
        ),
        taxes=taxes,
        totals=printing.totals_facts(totals),
        bank=printing.bank_facts(account),
        structured_message=payment_reference.printed(payment_reference.make(42)),
        note=thanks,
        layout=values.design,
        look=values.look,
        times=() if values.time_annex is TimeAnnex.NONE else hours,
    )
