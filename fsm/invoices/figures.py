"""From invoice rows to totals and back: the one place where stored lines meet ``documents.totals``."""

from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from decimal import Decimal
from typing import Any

from fsm.documents.totals import LineIn, TaxKey, TaxTotals, Terms, Totals, compute
from fsm.invoices.models import Invoice, InvoiceLine, InvoiceTax

_TAX_AMOUNTS = tuple(field.name for field in fields(TaxTotals) if field.type in {Decimal, "Decimal"})


def terms_of(invoice: Invoice) -> Terms:
    """The document's own terms."""
    return Terms(
        tax_calculation=invoice.tax_calculation,
        tax_included=invoice.tax_included,
        discount_percentage=invoice.discount_percentage,
        cash_discount_percentage=invoice.cash_discount_percentage,
        cash_discount_mode=invoice.cash_discount_mode,
    )


def line_in(line: InvoiceLine, sign: int = 1) -> LineIn:
    """A stored line as the totals want it; ``sign`` -1 turns the quantity (a credit note)."""
    return LineIn(
        quantity=line.quantity * sign,
        amount=line.amount,
        amount_with_tax=line.amount_with_tax,
        tax_rate=line.tax_rate,
        special_status=line.special_status,
    )


def totals_of(invoice: Invoice, lines: Sequence[InvoiceLine]) -> Totals:
    """An invoice's totals; a credit note's are made by ``crediting.totals_of_credit``."""
    return compute([line_in(line) for line in lines], terms_of(invoice))


def store(invoice: Invoice, lines: Sequence[InvoiceLine], totals: Totals) -> None:
    """Write the totals into the rows; a credit note's stored figures are positive."""
    sign = invoice.sign
    invoice.total_without_tax = totals.total_without_tax * sign
    invoice.total_tax = totals.total_tax * sign
    invoice.total_with_tax = totals.total_with_tax * sign
    invoice.discount_total_without_tax = totals.discount_total_without_tax * sign
    invoice.discount_total_with_tax = totals.discount_total_with_tax * sign
    invoice.cash_discount_total = totals.cash_discount_total * sign
    invoice.total_refundable_deposit = totals.total_refundable_deposit * sign
    for line, figures in zip(lines, totals.lines, strict=True):
        line.total_without_tax = figures.net * sign
        line.total_with_tax = figures.total * sign
        line.net = figures.net_after_discount * sign


def tax_rows(invoice: Invoice, totals: Totals, grids: dict[TaxKey, str]) -> list[dict[str, Any]]:
    """Rows of ``invoice_tax``, positive for a credit note too."""
    return [
        {
            "invoice_id": invoice.id,
            "tax_rate": row.key.tax_rate,
            "special_status": row.key.special_status,
            "grid": grids[row.key],
            **{name: getattr(row, name) * invoice.sign for name in _TAX_AMOUNTS},
        }
        for row in totals.taxes
    ]


def tax_totals(rows: Iterable[InvoiceTax], sign: int = 1) -> list[TaxTotals]:
    """Stored VAT rows as the totals know them."""
    return [
        TaxTotals(
            key=TaxKey(row.tax_rate, row.special_status),
            **{name: getattr(row, name) * sign for name in _TAX_AMOUNTS},
        )
        for row in rows
    ]


def signed_taxes(totals: Totals, sign: int) -> list[TaxTotals]:
    """The VAT table turned by the sign: positive for a credit note's negative totals."""
    return [replace(row, **{name: getattr(row, name) * sign for name in _TAX_AMOUNTS}) for row in totals.taxes]


def signed(totals: Totals, sign: int) -> Totals:
    """The totals turned by the sign, lines left alone: what is printed on a credit note is positive."""
    amounts = {
        field.name: getattr(totals, field.name) * sign for field in fields(totals) if field.type in {Decimal, "Decimal"}
    }
    return replace(totals, **amounts)
