"""Makes printed facts from rows and totals: parties, VAT table, totals, legal texts."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from types import MappingProxyType
from typing import Any

from fsm.company import clauses
from fsm.company.models import BankAccount, Company, Language, VatScheme
from fsm.company.vat import category_of, status_of
from fsm.core.money import rounded
from fsm.documents.facts import (
    AddressFacts,
    BankFacts,
    BuyerFacts,
    CustomFacts,
    LineFacts,
    SellerFacts,
    TaxFacts,
    TotalsFacts,
)
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


def buyer_facts(document: Any, enterprise_number: str) -> BuyerFacts:  # noqa: ANN401 - any priced document's columns
    """The customer as the document itself names him: it may say something else than his record."""
    address = partial(address_facts, language=document.language)
    return BuyerFacts(
        name=document.client_name,
        billing_address=address(document.billing_address),
        attention=document.client_attention,
        vat_number=document.client_vat_number,
        enterprise_number=enterprise_number,
        delivery_address=address(document.delivery_address),
        site_name=document.site_name,
        site_address=address(document.site_address),
    )


def line_facts(
    line: Any,  # noqa: ANN401 - any priced document's line
    net: Decimal,
    total: Decimal,
    labels: Mapping[str, str] = MappingProxyType({}),
) -> LineFacts:
    """A line with what it comes to; ``labels`` are those of the company's own fields."""
    return LineFacts(
        position=line.position,
        description=line.description,
        quantity=line.quantity,
        amount=line.amount,
        amount_with_tax=line.amount_with_tax,
        tax_rate=line.tax_rate,
        total_without_tax=net,
        total_with_tax=total,
        unit=line.unit,
        special_status=line.special_status,
        section=line.section,
        code=line.stockitem_code,
        description_html=line.description_html,
        custom=custom_facts(line.custom_values, labels),
    )


def custom_facts(values: Mapping[str, str] | None, labels: Mapping[str, str]) -> tuple[CustomFacts, ...]:
    """What the company's own fields say, those that say something, under the words that people read."""
    return tuple(CustomFacts(labels.get(name) or name, text) for name, text in (values or {}).items() if text)


def bank_facts(account: BankAccount | None) -> BankFacts | None:
    """Of the account that the document prints."""
    return None if account is None else BankFacts(iban=account.iban, bic=account.bic)


def totals_facts(totals: Totals, exchange_rate: Decimal = Decimal(1)) -> TotalsFacts:
    """The figures in the sign that they have; a credit note's are turned before. In EUR as the books have them."""
    return TotalsFacts(
        total_without_tax=totals.total_without_tax,
        total_tax=totals.total_tax,
        total_with_tax=totals.total_with_tax,
        discount_total_without_tax=totals.discount_total_without_tax,
        discount_total_with_tax=totals.discount_total_with_tax,
        cash_discount_total=totals.cash_discount_total,
        total_refundable_deposit=totals.total_refundable_deposit,
        total_with_tax_in_euro=rounded(totals.total_with_tax * exchange_rate),
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
