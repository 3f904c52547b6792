"""The facts printed on an invoice or credit note, made from what posting worked out."""

from collections.abc import Sequence
from decimal import Decimal

import sqlalchemy as sa

from fsm.catalog.tax_rates import PRINTS_CLAUSE
from fsm.company.models import BankAccount
from fsm.core.db import session
from fsm.documents import payment_reference, printing
from fsm.documents import queries as document_queries
from fsm.documents.facts import CorrectedFacts, DeductedFacts, DocumentKind, Facts, LineFacts, SellerFacts, TimeFacts
from fsm.documents.layouts import Layouts
from fsm.documents.models import CustomField, TimeAnnex
from fsm.documents.services import logo_sha256_of
from fsm.invoices import figures
from fsm.invoices.drafts import BILL_KIND
from fsm.invoices.issuing import Prepared
from fsm.invoices.models import Invoice, InvoiceFollowUp
from fsm.service_orders.billed_hours import billed_hours


class Printer:
    """Makes facts of these documents; what they share (seller, accounts, layouts, hours) is read once."""

    def __init__(self, documents: Sequence[Prepared]) -> None:
        self._sellers: dict[str, SellerFacts] = {}
        self._accounts = {row.id: row for row in session.scalars(sa.select(BankAccount))}
        self._layouts = Layouts()
        self._shows_tax = document_queries.settings().shows_tax
        self._labels = dict(session.execute(sa.select(CustomField.name, CustomField.description)).all())
        with_hours = [
            one.invoice.id
            for one in documents
            if not one.is_credit_note and self._layouts.of(one.invoice.layout_id).time_annex is not TimeAnnex.NONE
        ]
        self._hours = billed_hours(BILL_KIND, with_hours)
        self._deposits = _deposits(documents)
        self._balances = _other_balances(documents)

    def facts(self, prepared: Prepared, number: str, structured_message: str = "") -> Facts:
        """Everything printed; positive for a credit note too."""
        invoice, language = prepared.invoice, prepared.invoice.language
        sign, company = invoice.sign, prepared.company
        country = company.country_code
        layout = self._layouts.of(invoice.layout_id)
        totals = figures.signed(prepared.totals, sign)
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
            issue_date=prepared.on,
            seller=self._seller(prepared),
            buyer=printing.buyer_facts(invoice, prepared.customer.enterprise_number),
            lines=self._lines(prepared, sign),
            taxes=taxes,
            totals=printing.totals_facts(totals, invoice.exchange_rate),
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
            note_html=invoice.note_html,
            layout=layout.design,
            look=layout.look,
            custom=printing.custom_facts(invoice.custom_values, self._labels),
            times=self._times(prepared, layout.time_annex),
            deducted=self._deducted(prepared),
            is_deposit=invoice.is_deposit,
            deposit_percentage=invoice.deposit_percentage or Decimal(0),
            outstanding_balance=self._balances.get(invoice.id, Decimal(0)),
            shows_tax=self._shows_tax or totals.total_tax != 0,
            shows_tax_in_euro=invoice.show_tax_for_exchange_rate,
        )

    def _lines(self, prepared: Prepared, sign: int) -> tuple[LineFacts, ...]:
        return tuple(
            printing.line_facts(line, shown.net * sign, shown.total * sign, self._labels)
            for line, shown in zip(prepared.lines, prepared.totals.lines, strict=True)
        )

    def _times(self, prepared: Prepared, annex: TimeAnnex) -> tuple[TimeFacts, ...]:
        return tuple(
            TimeFacts(
                on=row.worked_on,
                hours=row.hours,
                description=row.description,
                technician=row.technician if annex is TimeAnnex.TECHNICIANS else "",
                order=row.order_number,
            )
            for row in self._hours.get(prepared.invoice.id, ())
        )

    def _deducted(self, prepared: Prepared) -> tuple[DeductedFacts, ...]:
        if prepared.is_credit_note:
            return ()
        ids = dict.fromkeys(line.deducts_invoice_id for line in prepared.lines if line.deducts_invoice_id)
        return tuple(self._deposits[one] for one in ids if one in self._deposits)

    def _seller(self, prepared: Prepared) -> SellerFacts:
        language = prepared.invoice.language
        if language not in self._sellers:
            logo = logo_sha256_of(prepared.company)
            self._sellers[language] = printing.seller_facts(prepared.company, logo, language)
        return self._sellers[language]


def _deposits(documents: Sequence[Prepared]) -> dict[int, DeductedFacts]:
    """The deposit invoices that these deduct."""
    ids = {line.deducts_invoice_id for one in documents for line in one.lines if line.deducts_invoice_id}
    if not ids:
        return {}
    query = sa.select(Invoice.id, Invoice.number, Invoice.invoice_date, Invoice.total_with_tax).where(
        Invoice.id.in_(ids)
    )
    return {
        row_id: DeductedFacts(number, on, total)
        for row_id, number, on, total in session.execute(query)
        if number is not None and on is not None
    }


def _other_balances(documents: Sequence[Prepared]) -> dict[int, Decimal]:
    """What the API said is due besides (S3): printed, in no total."""
    ids = [one.invoice.id for one in documents]
    query = sa.select(InvoiceFollowUp.invoice_id, InvoiceFollowUp.outstanding_balance).where(
        InvoiceFollowUp.invoice_id.in_(ids), InvoiceFollowUp.outstanding_balance != 0
    )
    return dict(session.execute(query).all())


def _corrected(prepared: Prepared) -> CorrectedFacts | None:
    corrects, invoice = prepared.corrects, prepared.invoice
    if corrects is None and invoice.corrects_number and invoice.corrects_date:
        return CorrectedFacts(invoice.corrects_number, invoice.corrects_date)
    if corrects is None or corrects.number is None or corrects.invoice_date is None:
        return None
    return CorrectedFacts(corrects.number, corrects.invoice_date)
