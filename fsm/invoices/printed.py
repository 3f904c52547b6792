"""The facts printed on an invoice or credit note, made from what posting worked out."""

from decimal import Decimal
from functools import partial

import sqlalchemy as sa

from fsm.catalog.tax_rates import PRINTS_CLAUSE
from fsm.company.models import BankAccount
from fsm.core.db import session
from fsm.documents import payment_reference, printing
from fsm.documents.facts import BuyerFacts, CorrectedFacts, DocumentKind, Facts, LineFacts, SellerFacts
from fsm.documents.services import logo_sha256_of
from fsm.invoices import figures
from fsm.invoices.issuing import Prepared


class Printer:
    """Makes facts of many documents; what they share (seller, bank accounts) is read once."""

    def __init__(self) -> None:
        self._sellers: dict[str, SellerFacts] = {}
        self._accounts = {row.id: row for row in session.scalars(sa.select(BankAccount))}

    def facts(self, prepared: Prepared, number: str, structured_message: str = "") -> Facts:
        """Everything printed; positive for a credit note too."""
        invoice, language = prepared.invoice, prepared.invoice.language
        sign, company = invoice.sign, prepared.company
        country = company.country_code
        taxes = printing.tax_facts(
            figures.signed_taxes(prepared.totals, sign),
            country=country,
            scheme=company.vat_scheme,
            language=language,
            exchange_rate=invoice.exchange_rate,
        )
        return Facts(
            kind=DocumentKind(invoice.kind.value),
            language=language,
            number=number,
            issue_date=prepared.on if number else invoice.invoice_date,
            seller=self._seller(prepared),
            buyer=_buyer(prepared),
            lines=tuple(_line(line, *row, sign) for line, row in zip(prepared.lines, _shown(prepared), strict=True)),
            taxes=taxes,
            totals=printing.totals_facts(figures.signed(prepared.totals, sign)),
            delivery_date=prepared.delivery_date,
            due_date=None if prepared.is_credit_note else prepared.due_date,
            reference=invoice.reference,
            corrects=_corrected(prepared),
            currency=invoice.currency,
            exchange_rate=invoice.exchange_rate,
            tax_included=invoice.tax_included,
            discount_percentage=invoice.discount_percentage,
            cash_discount_percentage=invoice.cash_discount_percentage,
            cash_discount_date_valid=prepared.cash_discount_date_valid,
            cash_discount_mode=invoice.cash_discount_mode.value,
            bank=printing.bank_facts(self._accounts.get(invoice.bank_account_id or 0)),
            structured_message=payment_reference.printed(structured_message) if structured_message else "",
            legal_texts=printing.legal_texts(
                taxes,
                country=country,
                language=language,
                on=prepared.on,
                is_credit_note=prepared.is_credit_note,
                has_dwelling_rate=any(line.rate_reason in PRINTS_CLAUSE for line in prepared.lines),
            ),
            note=invoice.note,
        )

    def _seller(self, prepared: Prepared) -> SellerFacts:
        language = prepared.invoice.language
        if language not in self._sellers:
            logo = logo_sha256_of(prepared.company)
            self._sellers[language] = printing.seller_facts(prepared.company, logo, language)
        return self._sellers[language]


def _buyer(prepared: Prepared) -> BuyerFacts:
    invoice = prepared.invoice
    address = partial(printing.address_facts, language=invoice.language)
    return BuyerFacts(
        name=invoice.client_name,
        billing_address=address(invoice.billing_address),
        attention=invoice.client_attention,
        vat_number=invoice.client_vat_number,
        enterprise_number=prepared.customer.enterprise_number,
        delivery_address=address(invoice.delivery_address),
        site_name=invoice.site_name,
        site_address=address(invoice.site_address),
    )


def _shown(prepared: Prepared) -> list[tuple[Decimal, Decimal]]:
    return [(row.net, row.total) for row in prepared.totals.lines]


def _line(line: figures.Line, net: Decimal, total: Decimal, sign: int) -> LineFacts:
    return LineFacts(
        position=line.position,
        description=line.description,
        quantity=line.quantity,
        amount=line.amount,
        amount_with_tax=line.amount_with_tax,
        tax_rate=line.tax_rate,
        total_without_tax=net * sign,
        total_with_tax=total * sign,
        unit=line.unit,
        special_status=line.special_status,
        section=line.section,
        code=line.stockitem_code,
    )


def _corrected(prepared: Prepared) -> CorrectedFacts | None:
    corrects, invoice = prepared.corrects, prepared.invoice
    if corrects is None and invoice.corrects_number and invoice.corrects_date:
        return CorrectedFacts(invoice.corrects_number, invoice.corrects_date)
    if corrects is None or corrects.number is None or corrects.invoice_date is None:
        return None
    return CorrectedFacts(corrects.number, corrects.invoice_date)
