"""What is printed on a quote or a sales order."""

import datetime as dt
from functools import partial

from fsm.catalog.tax_rates import PRINTS_CLAUSE
from fsm.company import services as company_services
from fsm.customers.models import Customer
from fsm.documents import figures, printing
from fsm.documents.facts import BuyerFacts, DocumentKind, Facts, LineFacts
from fsm.documents.priced import PricedColumns, PricedLineColumns
from fsm.documents.services import logo_sha256_of


def priced_facts(
    kind: DocumentKind,
    document: PricedColumns,
    lines: list[PricedLineColumns],
    customer: Customer,
    *,
    on: dt.date | None,
    expiry_date: dt.date | None = None,
) -> Facts:
    """Everything printed; ``on`` None: not sent yet, so without a date. Such a document asks for no payment."""
    company, language = company_services.the_company(), document.language
    totals = figures.totals_of(document, lines)
    taxes = printing.tax_facts(
        totals.taxes,
        country=company.country_code,
        scheme=company.vat_scheme,
        language=language,
        exchange_rate=document.exchange_rate,
    )
    return Facts(
        kind=kind,
        language=language,
        number=document.number or "",
        issue_date=on,
        seller=printing.seller_facts(company, logo_sha256_of(company), language),
        buyer=_buyer(document, customer),
        lines=tuple(_line(line) for line in lines),
        taxes=taxes,
        totals=printing.totals_facts(totals),
        reference=document.reference,
        currency=document.currency,
        exchange_rate=document.exchange_rate,
        tax_included=document.tax_included,
        discount_percentage=document.discount_percentage,
        cash_discount_percentage=document.cash_discount_percentage,
        cash_discount_mode=document.cash_discount_mode.value,
        legal_texts=printing.legal_texts(
            taxes,
            country=company.country_code,
            language=language,
            on=on or dt.date.max,
            is_credit_note=False,
            has_dwelling_rate=any(line.rate_reason in PRINTS_CLAUSE for line in lines),
        ),
        note=document.note,
        expiry_date=expiry_date,
    )


def _buyer(document: PricedColumns, customer: Customer) -> BuyerFacts:
    address = partial(printing.address_facts, language=document.language)
    return BuyerFacts(
        name=document.client_name,
        billing_address=address(document.billing_address),
        attention=document.client_attention,
        vat_number=document.client_vat_number,
        enterprise_number=customer.enterprise_number,
        delivery_address=address(document.delivery_address),
        site_name=document.site_name,
        site_address=address(document.site_address),
    )


def _line(line: PricedLineColumns) -> LineFacts:
    return LineFacts(
        position=line.position,
        description=line.description,
        quantity=line.quantity,
        amount=line.amount,
        amount_with_tax=line.amount_with_tax,
        tax_rate=line.tax_rate,
        total_without_tax=line.total_without_tax,
        total_with_tax=line.total_with_tax,
        unit=line.unit,
        special_status=line.special_status,
        section=line.section,
        code=line.stockitem_code,
    )
