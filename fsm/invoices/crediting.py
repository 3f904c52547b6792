"""Credit notes: what is left of an invoice, a draft that takes some or all of it back, and its totals."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.core.audit import note, now
from fsm.core.db import lock, session
from fsm.core.errors import ConflictError, DomainError, NotFoundError
from fsm.documents.credit_totals import compute_credit, credit_line, left_to_credit
from fsm.documents.totals import ZERO, TaxKey, TaxTotals, Totals, unit_prices
from fsm.invoices import deposits, figures
from fsm.invoices.copying import SAME, SAME_LINE
from fsm.invoices.drafts import lines_of, locked_draft
from fsm.invoices.models import (
    Invoice,
    InvoiceFollowUp,
    InvoiceKind,
    InvoiceLine,
    InvoiceServiceOrder,
    InvoiceState,
    InvoiceTax,
)


@dataclass(frozen=True, slots=True)
class CreditableLine:
    """A line of a posted invoice and what earlier credit notes left of it.

    ``left_figure`` is its net, or its total of prices with VAT. ``is_by_amount``: a deposit's, of which what was not
    deducted is credited, whatever part of it that is.
    """

    line: InvoiceLine
    left_quantity: Decimal
    left_figure: Decimal
    is_by_amount: bool = False


@dataclass(frozen=True, slots=True)
class Left:
    """What is left of an invoice: by line id, and by row of its VAT table."""

    lines: Mapping[int, CreditableLine]
    taxes: Mapping[TaxKey, TaxTotals]


def left_of(invoices: Iterable[Invoice]) -> dict[int, Left]:
    """What posted credit notes left of each invoice, in four queries whatever their number."""
    by_id = {invoice.id: invoice for invoice in invoices}
    if not by_id:
        return {}
    credit_ids = sa.select(Invoice.id).where(Invoice.corrects_id.in_(by_id), Invoice.state == InvoiceState.POSTED)
    own, taken = _lines(InvoiceLine.invoice_id.in_(by_id)), _lines(InvoiceLine.invoice_id.in_(credit_ids))
    sums: dict[int | None, list[InvoiceLine]] = defaultdict(list)
    for line in taken:
        sums[line.credits_line_id].append(line)
    own_taxes, taken_taxes = _taxes(by_id, credit_ids)
    found = {}
    for invoice in by_id.values():
        lines = {line.id: _creditable(line, sums[line.id], invoice) for line in own if line.invoice_id == invoice.id}
        found[invoice.id] = Left(lines, left_to_credit(own_taxes[invoice.id], taken_taxes[invoice.id]))
    return found


def _lines(condition: sa.ColumnElement[bool]) -> Sequence[InvoiceLine]:
    return session.scalars(sa.select(InvoiceLine).where(condition).order_by(InvoiceLine.position)).all()


def _creditable(line: InvoiceLine, taken: Sequence[InvoiceLine], invoice: Invoice) -> CreditableLine:
    def figure(of: InvoiceLine) -> Decimal:
        return of.total_with_tax if invoice.tax_included else of.total_without_tax

    left = figure(line) - sum((figure(other) for other in taken), ZERO)
    if invoice.is_deposit:  # credited by amount, and as often as something of it is left
        return CreditableLine(line, line.quantity if left else Decimal(0), left, is_by_amount=True)
    return CreditableLine(line, line.quantity - sum((other.quantity for other in taken), Decimal(0)), left)


def _taxes(
    by_id: Mapping[int, Invoice], credit_ids: sa.Select[int]
) -> tuple[dict[int, list[TaxTotals]], dict[int, list[TaxTotals]]]:
    own: dict[int, list[TaxTotals]] = defaultdict(list)
    taken: dict[int, list[TaxTotals]] = defaultdict(list)
    for row in session.scalars(sa.select(InvoiceTax).where(InvoiceTax.invoice_id.in_(by_id))):
        own[row.invoice_id] += figures.tax_totals([row])
    query = (
        sa.select(InvoiceTax, Invoice.corrects_id)
        .join(Invoice, Invoice.id == InvoiceTax.invoice_id)
        .where(InvoiceTax.invoice_id.in_(credit_ids))
    )
    for row, corrects_id in session.execute(query):
        taken[corrects_id or 0] += figures.tax_totals([row], -1)
    return own, taken


def creditable(invoice_id: int) -> list[CreditableLine]:
    """The lines of a posted invoice with what is left of each; ConflictError where it is none."""
    invoice = _posted_invoice(session.get(Invoice, invoice_id))
    return list(left_of([invoice])[invoice.id].lines.values())


def amount_left(invoice: Invoice) -> Decimal:
    """What posted credit notes left of the total of a posted invoice; ConflictError where it is none."""
    return total_left(left_of([_posted_invoice(invoice)])[invoice.id])


def total_left(left: Left) -> Decimal:
    """The total with VAT that is left."""
    return sum((row.net_after_discount + row.tax for row in left.taxes.values()), ZERO)


def _posted_invoice(invoice: Invoice | None) -> Invoice:
    if invoice is None:
        raise NotFoundError(_("There is no such invoice."))
    if invoice.kind is not InvoiceKind.INVOICE or invoice.state is not InvoiceState.POSTED:
        raise ConflictError(_("Only a posted invoice can be credited."))
    return invoice


def draft_credit(
    invoice_id: int, quantities: Mapping[int, Decimal] | None, *, releases_work: bool, actor_id: int
) -> Invoice:
    """A draft credit note of these quantities by line id; of all that is left where None.

    DomainError with the field ``quantity-<line id>`` where more is asked than is left.
    """
    invoice = _posted_invoice(lock(Invoice, [invoice_id]).get(invoice_id))
    left = left_of([invoice])[invoice.id]
    chosen = _chosen(left, quantities)
    credit = Invoice(
        kind=InvoiceKind.CREDIT_NOTE,
        state=InvoiceState.DRAFT,
        corrects_id=invoice.id,
        days_due=0,
        releases_work=releases_work,
        created_by_id=actor_id,
        created_at=now(),
        **{name: getattr(invoice, name) for name in SAME},
    )
    session.add(credit)
    session.flush()
    session.add(InvoiceFollowUp(invoice_id=credit.id))
    query = sa.select(InvoiceServiceOrder.service_order_id).where(InvoiceServiceOrder.invoice_id == invoice.id)
    session.add_all(
        InvoiceServiceOrder(invoice_id=credit.id, service_order_id=order_id) for order_id in session.scalars(query)
    )
    _store(credit, _new_lines(credit, left, chosen), left)
    note([("invoice", credit.id), ("invoice", invoice.id)], _("Draft credit note made"))
    return credit


def _chosen(left: Left, quantities: Mapping[int, Decimal] | None) -> dict[int, Decimal]:
    if quantities is None:
        quantities = {line_id: entry.left_quantity for line_id, entry in left.lines.items()}
    chosen = {}
    for line_id, quantity in quantities.items():
        entry = left.lines.get(line_id)
        if entry is None:
            raise DomainError(_("This line is not on the invoice."), f"quantity-{line_id}")
        if (
            quantity
            and not 0 < quantity * (sign := 1 if entry.left_quantity >= 0 else -1) <= entry.left_quantity * sign
        ):
            raise DomainError(
                _("At most %(left)s can be credited.", left=f"{entry.left_quantity.normalize():f}"),
                f"quantity-{line_id}",
            )
        if quantity:
            chosen[line_id] = quantity
    if not chosen:
        raise DomainError(_("Nothing is left to credit, or nothing was chosen."))
    return chosen


def _new_lines(credit: Invoice, left: Left, chosen: Mapping[int, Decimal]) -> list[InvoiceLine]:
    lines = [
        InvoiceLine(
            invoice_id=credit.id,
            position=position,
            quantity=quantity,
            credits_line_id=line_id,
            **{name: getattr(left.lines[line_id].line, name) for name in SAME_LINE},
        )
        for position, (line_id, quantity) in enumerate(chosen.items(), start=1)
    ]
    _take_what_is_left(credit, [line for line in lines if left.lines[line.credits_line_id or 0].is_by_amount], left)
    session.add_all(lines)
    return lines


def _take_what_is_left(credit: Invoice, lines: Sequence[InvoiceLine], left: Left) -> None:
    """Lines of a deposit come to what no invoice has deducted."""
    if not lines:
        return
    (deposit,) = deposits.with_amounts([session.get_one(Invoice, credit.corrects_id)])
    most = {key: deposit.left_of(key) for key in deposit.issued}
    if not any(most.values()):
        raise DomainError(_("Nothing of this deposit is left to credit: credit the invoice that deducts it."))
    for line in lines:
        key, entry = TaxKey(line.tax_rate, line.special_status), left.lines[line.credits_line_id or 0]
        amount = min(entry.left_figure, most[key])
        most[key] -= amount
        prices = {False: (amount, None), True: (None, amount)}[credit.tax_included]
        line.amount, line.amount_with_tax = unit_prices(
            prices[0], prices[1], line.tax_rate, tax_included=credit.tax_included
        )


def _store(credit: Invoice, lines: Sequence[InvoiceLine], left: Left) -> None:
    figures.store(credit, lines, totals_of_credit(credit, lines, left))
    session.flush()


def totals_of_credit(credit: figures.Document, lines: Sequence[figures.Line], left: Left) -> Totals:
    """Totals of a credit note (negative) on the invoice of which this is left.

    DomainError where its lines take more than is left, also when another credit note was posted meanwhile.
    """
    ins = []
    for line in lines:
        entry = left.lines.get(line.credits_line_id or 0)
        if entry is None or abs(line.quantity) > abs(entry.left_quantity):
            raise DomainError(
                _(
                    "Of “%(line)s” only %(left)s is left to credit.",
                    line=line.description[:60],
                    left=f"{entry.left_quantity.normalize():f}" if entry else "0",
                ),
                "lines",
            )
        if entry.is_by_amount:
            ins.append(figures.line_in(line, -1))
            continue
        ins.append(
            credit_line(
                figures.line_in(line, -1), entry.left_quantity, entry.left_figure, tax_included=credit.tax_included
            )
        )
    totals = compute_credit(ins, figures.terms_of(credit), left.taxes)
    left_total = total_left(left)
    if not 0 <= -totals.total_with_tax <= left_total:
        # A negative line of the invoice lets the others come to more than the whole.
        raise DomainError(
            _("A credit note takes back between 0 and %(left)s here: credit negative lines along.", left=left_total),
            "lines",
        )
    return totals


def change_credit(
    credit_id: int, quantities: Mapping[int, Decimal], *, releases_work: bool, version: int | None
) -> Invoice:
    """Other quantities (by the invoice's line id) on a draft credit note."""
    credit = locked_draft(credit_id, version)
    if credit.corrects_id is None:
        raise ConflictError(_("This is no credit note."))
    invoice = session.get_one(Invoice, credit.corrects_id)
    left = left_of([invoice])[invoice.id]
    chosen = _chosen(left, quantities)
    for line in lines_of(credit.id):
        session.delete(line)
    session.flush()
    credit.releases_work = releases_work
    _store(credit, _new_lines(credit, left, chosen), left)
    return credit
