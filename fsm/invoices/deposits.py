"""Deposit invoices of a sales order: what is left of each, and what may not be deducted or credited (accounting.md 5)."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.core.db import session
from fsm.core.formats import money, percent
from fsm.documents.totals import ZERO, TaxKey, Totals
from fsm.invoices import figures
from fsm.invoices.models import Invoice, InvoiceKind, InvoiceLine, InvoiceState

Amounts = Mapping[TaxKey, Decimal]
_IS_CREDIT = Invoice.kind == InvoiceKind.CREDIT_NOTE


@dataclass(frozen=True, slots=True)
class Deposit:
    """A deposit invoice with its amounts per row of the VAT table: nets or, of prices with VAT, totals."""

    invoice: Invoice
    issued: Amounts
    credited: Amounts
    deducted: Amounts

    @property
    def left(self) -> dict[TaxKey, Decimal]:
        """Neither deducted nor credited; empty for a draft."""
        if self.invoice.state is not InvoiceState.POSTED:
            return {}
        return {key: own for key in self.issued if (own := self.left_of(key))}

    def left_of(self, key: TaxKey) -> Decimal:
        """Of one row."""
        taken = self.credited.get(key, ZERO) + self.deducted.get(key, ZERO)
        return self.issued.get(key, ZERO) - taken


def of_order(sales_order_id: int, *, except_invoice_id: int | None = None) -> list[Deposit]:
    """The deposits of an order, drafts too, the first one first; what ``except_invoice_id`` deducts is not counted."""
    query = sa.select(Invoice).where(
        Invoice.sales_order_id == sales_order_id,
        Invoice.kind == InvoiceKind.INVOICE,
        Invoice.is_deposit,
        Invoice.state != InvoiceState.WITHDRAWN,
    )
    return with_amounts(list(session.scalars(query.order_by(Invoice.id))), except_invoice_id=except_invoice_id)


def with_amounts(
    deposits: Sequence[Invoice], *, except_invoice_id: int | None = None, drafts_count: bool = True
) -> list[Deposit]:
    """What became of these; three queries whatever their number. Deductions on drafts count unless told otherwise."""
    ids = [deposit.id for deposit in deposits]
    if not ids:
        return []
    issued = _sums(sa.select(InvoiceLine, Invoice, Invoice.id.label("of")).where(Invoice.id.in_(ids)))
    credit = sa.select(InvoiceLine, Invoice, Invoice.corrects_id.label("of"))
    credited = _sums(credit.where(Invoice.corrects_id.in_(ids), Invoice.state == InvoiceState.POSTED))
    taking = sa.select(InvoiceLine, Invoice, InvoiceLine.deducts_invoice_id.label("of")).where(
        InvoiceLine.deducts_invoice_id.in_(ids)
    )
    live = sa.or_(
        Invoice.state == InvoiceState.POSTED,
        sa.and_(Invoice.state == InvoiceState.DRAFT, ~_IS_CREDIT) if drafts_count else sa.false(),
    )
    deducted = _sums(taking.where(live, Invoice.id != (except_invoice_id or 0)), gives_back=True)
    return [Deposit(one, issued[one.id], credited[one.id], deducted[one.id]) for one in deposits]


def _sums(query: Any, *, gives_back: bool = False) -> dict[int, dict[TaxKey, Decimal]]:  # noqa: ANN401 - a SELECT
    """Per deposit and row of the VAT table. ``gives_back``: lines that take off are negative, credited ones give back."""
    found: dict[int, dict[TaxKey, Decimal]] = defaultdict(lambda: defaultdict(lambda: ZERO))
    for line, invoice, of in session.execute(query.join(Invoice, Invoice.id == InvoiceLine.invoice_id)):
        amount = line.total_with_tax if invoice.tax_included else line.total_without_tax
        if gives_back:
            amount = amount if invoice.kind is InvoiceKind.CREDIT_NOTE else -amount
        found[of][TaxKey(line.tax_rate, line.special_status)] += amount
    return found


def taken_by(invoice_ids: Collection[int]) -> set[int]:
    """The deposits that these drafts deduct: held while they are posted, so that no two take the same."""
    query = sa.select(InvoiceLine.deducts_invoice_id).where(
        InvoiceLine.invoice_id.in_(invoice_ids), InvoiceLine.deducts_invoice_id.is_not(None)
    )
    return {deposit_id for deposit_id in session.scalars(query) if deposit_id}


def problems(
    invoice: figures.Document, lines: Sequence[figures.Line], totals: Totals, corrects: Invoice | None
) -> Iterator[tuple[str, str]]:
    """(field, sentence) of what a final invoice, or the credit note of a deposit, may not take."""
    if corrects is not None and corrects.is_deposit:
        yield from _credited_too_much(lines, corrects, totals)
    taking = [line for line in lines if line.deducts_invoice_id is not None]
    if taking and invoice.kind is InvoiceKind.INVOICE:
        yield from _deducted_too_much(invoice, taking, totals)


def _credited_too_much(lines: Sequence[figures.Line], deposit: Invoice, totals: Totals) -> Iterator[tuple[str, str]]:
    (one,) = with_amounts([deposit], drafts_count=False)
    asked: dict[TaxKey, Decimal] = defaultdict(lambda: ZERO)
    for line, figure in zip(lines, totals.lines, strict=True):
        asked[TaxKey(line.tax_rate, line.special_status)] -= figure.total if deposit.tax_included else figure.net
    for key, amount in asked.items():
        if amount > one.left_of(key):
            yield (
                "lines",
                _(
                    "Of %(number)s only %(left)s is not deducted at %(rate)s: no more can be credited.",
                    number=deposit.number,
                    left=money(one.left_of(key)),
                    rate=percent(key.tax_rate),
                ),
            )


def _deducted_too_much(
    invoice: figures.Document, lines: Sequence[figures.Line], totals: Totals
) -> Iterator[tuple[str, str]]:
    query = sa.select(Invoice).where(Invoice.id.in_({line.deducts_invoice_id for line in lines}))
    found = with_amounts(list(session.scalars(query)), except_invoice_id=invoice.id, drafts_count=False)
    by_id = {one.invoice.id: one for one in found}
    taken: dict[tuple[int, TaxKey], Decimal] = defaultdict(lambda: ZERO)
    for line in lines:
        price = line.amount_with_tax if invoice.tax_included else line.amount
        taken[line.deducts_invoice_id or 0, TaxKey(line.tax_rate, line.special_status)] -= line.quantity * price
    for (deposit_id, key), amount in taken.items():
        one = by_id.get(deposit_id)
        if one is None or one.invoice.state is not InvoiceState.POSTED:
            yield "lines", _("A deposit that is deducted here is not posted.")
        elif not _same_terms(invoice, one.invoice):
            yield (
                "lines",
                _(
                    "%(number)s has another currency, rate of exchange or kind of prices: it cannot be deducted here.",
                    number=one.invoice.number,
                ),
            )
        elif not 0 <= amount <= one.left_of(key):
            yield (
                "lines",
                _(
                    "Of %(number)s at most %(left)s can be deducted at %(rate)s.",
                    number=one.invoice.number,
                    left=money(one.left_of(key)),
                    rate=percent(key.tax_rate),
                ),
            )
    for row in totals.taxes:
        if row.net_after_discount < 0:
            sentence = _("At %(rate)s more is deducted than is invoiced.", rate=percent(row.key.tax_rate))
            yield "lines", sentence


def _same_terms(invoice: figures.Document, deposit: Invoice) -> bool:
    names = ("currency", "exchange_rate", "tax_included")
    return all(getattr(invoice, name) == getattr(deposit, name) for name in names)


def deducting(deposit_id: int) -> list[Invoice]:
    """The drafts and posted documents that take this deposit off."""
    query = (
        sa.select(Invoice)
        .where(
            Invoice.id.in_(sa.select(InvoiceLine.invoice_id).where(InvoiceLine.deducts_invoice_id == deposit_id)),
            Invoice.state != InvoiceState.WITHDRAWN,
        )
        .order_by(Invoice.id)
    )
    return list(session.scalars(query))
