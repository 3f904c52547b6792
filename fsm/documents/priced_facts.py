"""What is printed on a quote or a sales order."""

import datetime as dt

import sqlalchemy as sa

from fsm.catalog.tax_rates import PRINTS_CLAUSE
from fsm.company import services as company_services
from fsm.core.db import session
from fsm.customers.models import Customer
from fsm.documents import figures, printing
from fsm.documents import queries as document_queries
from fsm.documents.facts import DocumentKind, Facts
from fsm.documents.layouts import Layouts
from fsm.documents.models import CustomField
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
    layout = Layouts().of(document.layout_id)
    labels = dict(session.execute(sa.select(CustomField.name, CustomField.description)).all())
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
        buyer=printing.buyer_facts(document, customer.enterprise_number),
        lines=tuple(printing.line_facts(line, line.total_without_tax, line.total_with_tax, labels) for line in lines),
        taxes=taxes,
        totals=printing.totals_facts(totals, document.exchange_rate),
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
        note_html=document.note_html,
        custom=printing.custom_facts(document.custom_values, labels),
        expiry_date=expiry_date,
        layout=layout.design,
        look=layout.look,
        shows_tax=document_queries.settings().shows_tax or totals.total_tax != 0,
    )
