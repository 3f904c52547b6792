"""From stored rows to totals and back: the one place where stored lines meet ``documents.totals``."""

from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, Protocol, TypeAlias

from fsm.documents.models import CashDiscountMode, TaxCalculation
from fsm.documents.totals import LineIn, LineTotals, TaxKey, TaxTotals, Terms, Totals, compute


class PricedDocument(Protocol):
    """What every document has that bears prices; an invoice, a quote, a sales order."""

    @property
    def tax_calculation(self) -> TaxCalculation: ...
    @property
    def tax_included(self) -> bool: ...
    @property
    def tax_rate_1(self) -> Decimal: ...
    @property
    def tax_rate_2(self) -> Decimal: ...
    @property
    def tax_rate_3(self) -> Decimal: ...
    @property
    def discount_percentage(self) -> Decimal: ...
    @property
    def cash_discount_percentage(self) -> Decimal: ...
    @property
    def cash_discount_mode(self) -> CashDiscountMode: ...
    @property
    def currency(self) -> str: ...
    @property
    def layout_id(self) -> int | None: ...
    @property
    def sign(self) -> int: ...


class PricedLine(Protocol):
    """A line of one."""

    @property
    def id(self) -> int: ...
    @property
    def quantity(self) -> Decimal: ...
    @property
    def amount(self) -> Decimal: ...
    @property
    def amount_with_tax(self) -> Decimal: ...
    @property
    def tax_rate(self) -> Decimal: ...
    @property
    def special_status(self) -> str: ...


class TaxRow(Protocol):
    """A stored row of a VAT table; its amounts are named as those of ``TaxTotals``."""

    @property
    def tax_rate(self) -> Decimal: ...
    @property
    def special_status(self) -> str: ...


# Mapped rows, or plain values where many are made or posted: mapped ones would cost more than all else there.
Document: TypeAlias = PricedDocument | SimpleNamespace
Line: TypeAlias = PricedLine | SimpleNamespace
_TOTALS = tuple(field.name for field in fields(Totals) if field.type in {Decimal, "Decimal"})
_TAX_AMOUNTS = tuple(field.name for field in fields(TaxTotals) if field.type in {Decimal, "Decimal"})


def terms_of(invoice: Document) -> Terms:
    """The document's own terms."""
    return Terms(
        tax_calculation=invoice.tax_calculation,
        tax_included=invoice.tax_included,
        discount_percentage=invoice.discount_percentage,
        cash_discount_percentage=invoice.cash_discount_percentage,
        cash_discount_mode=invoice.cash_discount_mode,
    )


def line_in(line: Line, sign: int = 1) -> LineIn:
    """A stored line as the totals want it; ``sign`` -1 turns the quantity (a credit note)."""
    return LineIn(
        quantity=line.quantity * sign,
        amount=line.amount,
        amount_with_tax=line.amount_with_tax,
        tax_rate=line.tax_rate,
        special_status=line.special_status,
        is_deduction=getattr(line, "deducts_invoice_id", None) is not None,  # only invoices have such lines
    )


def totals_of(invoice: Document, lines: Sequence[Line]) -> Totals:
    """An invoice's totals, or those of a blank credit note, negative; others by ``crediting.totals_of_credit``."""
    return compute([line_in(line, invoice.sign) for line in lines], terms_of(invoice))


def totals_columns(invoice: Document, totals: Totals) -> dict[str, Any]:
    """The totals as columns of the invoice; a credit note's stored figures are positive."""
    return {name: getattr(totals, name) * invoice.sign for name in _TOTALS}


def line_columns(figure: LineTotals, sign: int) -> dict[str, Decimal]:
    """A line's totals as its columns."""
    return {
        "total_without_tax": figure.net * sign,
        "total_with_tax": figure.total * sign,
        "net": figure.net_after_discount * sign,
    }


def changed_lines(invoice: Document, lines: Sequence[Line], totals: Totals) -> list[dict[str, Any]]:
    """Id and new columns of the lines whose stored totals are not these."""
    rows = [(line, line_columns(figure, invoice.sign)) for line, figure in zip(lines, totals.lines, strict=True)]
    return [
        {"id": line.id, **columns}
        for line, columns in rows
        if any(getattr(line, name) != value for name, value in columns.items())
    ]


def store(invoice: Document, lines: Sequence[Line], totals: Totals) -> None:
    """Write the totals into the rows."""
    for name, value in totals_columns(invoice, totals).items():
        setattr(invoice, name, value)
    for line, figure in zip(lines, totals.lines, strict=True):
        for name, value in line_columns(figure, invoice.sign).items():
            setattr(line, name, value)


def tax_columns(row: TaxTotals, sign: int) -> dict[str, Any]:
    """The amounts of a row of the VAT table, turned by the sign."""
    return {name: getattr(row, name) * sign for name in _TAX_AMOUNTS}


def tax_totals(rows: Iterable[TaxRow], sign: int = 1) -> list[TaxTotals]:
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
    if sign == 1:
        return list(totals.taxes)
    return [replace(row, **tax_columns(row, sign)) for row in totals.taxes]


def signed(totals: Totals, sign: int) -> Totals:
    """The totals turned by the sign, lines left alone: what is printed on a credit note is positive."""
    if sign == 1:
        return totals
    amounts: dict[str, Any] = {name: getattr(totals, name) * sign for name in _TOTALS}
    return replace(totals, **amounts)
