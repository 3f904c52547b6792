"""Makes printed facts from rows and totals: parties, VAT table, totals, legal texts."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from fsm.company import clauses
from fsm.company.models import BankAccount, Company, Language, VatScheme
from fsm.company.vat import category_of, status_of
from fsm.core.money import rounded
from fsm.documents.facts import AddressFacts, BankFacts, SellerFacts, TaxFacts, TotalsFacts
from fsm.documents.totals import TaxTotals, Totals
from fsm.documents.words import CODES, Words

CO_CONTRACTOR = "MC"


def address_facts(address: Mapping[str, Any], language: Language) -> AddressFacts:
    """From the dict of a ``customers.models.Address``; an empty dict gives an empty address."""
    parts = {
        name: str(address.get(name) or "") for name in ("street", "street2", "postal_code", "city", "country_code")
    }
    return AddressFacts(
        **parts, country=Words(language).country(parts["country_code"]) if parts["country_code"] else ""
    )


def seller_facts(company: Company, logo_sha256: str, language: Language) -> SellerFacts:
    """The company as it is now; ``services.logo_sha256_of`` knows the logo."""
    address = {name: getattr(company, name) for name in ("street", "street2", "postal_code", "city", "country_code")}
    return SellerFacts(
        name=company.name,
        address=address_facts(address, language),
        legal_form=company.legal_form,
        vat_number=company.vat_number,
        enterprise_number=company.enterprise_number,
        court_register=company.court_register,
        phone=company.phone,
        email=company.email,
        website=company.website,
        logo_sha256=logo_sha256,
    )


def bank_facts(account: BankAccount | None) -> BankFacts | None:
    """Of the account that the document prints."""
    return None if account is None else BankFacts(iban=account.iban, bic=account.bic)


def totals_facts(totals: Totals) -> TotalsFacts:
    """The figures in the sign that they have; a credit note's are turned before."""
    return TotalsFacts(
        total_without_tax=totals.total_without_tax,
        total_tax=totals.total_tax,
        total_with_tax=totals.total_with_tax,
        discount_total_without_tax=totals.discount_total_without_tax,
        discount_total_with_tax=totals.discount_total_with_tax,
        cash_discount_total=totals.cash_discount_total,
        total_refundable_deposit=totals.total_refundable_deposit,
    )


def tax_facts(
    rows: Iterable[TaxTotals],
    *,
    country: str,
    scheme: VatScheme,
    language: Language,
    exchange_rate: Decimal = Decimal(1),
) -> tuple[TaxFacts, ...]:
    """The VAT table by the law of the company's country. LookupError for a special status that it does not know."""
    return tuple(_tax_facts(row, country, scheme, language, exchange_rate) for row in rows)


def _tax_facts(row: TaxTotals, country: str, scheme: VatScheme, language: Language, exchange_rate: Decimal) -> TaxFacts:
    rate, code = row.key.tax_rate, row.key.special_status
    status = None if rate else status_of(code, country, scheme)
    return TaxFacts(
        tax_rate=rate,
        special_status=code,
        category="S" if status is None else category_of(rate, status),
        net=row.net,
        base=row.base,
        tax=row.tax,
        discount=row.discount,
        cash_discount=row.cash_discount,
        tax_in_euro=rounded(row.tax * exchange_rate),
        exemption_code="" if status is None else status.exemption_code,
        text="" if status is None else status.texts.get(CODES[language], ""),
    )


def legal_texts(
    taxes: Sequence[TaxFacts],
    *,
    country: str,
    language: Language,
    on: dt.date,
    is_credit_note: bool,
    has_dwelling_rate: bool = False,
) -> tuple[str, ...]:
    """The clauses that the law asks for (accounting.md 6). ``has_dwelling_rate``: works on a dwelling at 6 %."""
    codes = []
    if any(row.special_status == CO_CONTRACTOR for row in taxes) and not is_credit_note:
        codes.append(clauses.CO_CONTRACTOR)
    if has_dwelling_rate and not is_credit_note:
        codes.append(clauses.DWELLING)
    if is_credit_note and any(row.tax for row in taxes):
        codes.append(clauses.CREDIT_NOTE)
    found = (clauses.clause(country, code, on) for code in codes)
    return tuple(clause.texts[CODES[language]] for clause in found if clause is not None)
