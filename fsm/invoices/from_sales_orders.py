"""Billing a sales order: its final invoice, deposit invoices by percentage, and what is left when it is cancelled."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.catalog.tax_rates import PRINTS_CLAUSE
from fsm.company.models import Language
from fsm.core.audit import note, now
from fsm.core.db import session
from fsm.core.errors import ConflictError, DomainError
from fsm.core.formats import percent
from fsm.core.money import to_scaled
from fsm.documents import deposits as shares
from fsm.documents import figures as document_figures
from fsm.documents.lines import costs_of
from fsm.documents.models import TaxCalculation
from fsm.documents.priced import OF_LINE, PARTY, TERMS
from fsm.documents.totals import ZERO, TaxKey, unit_prices
from fsm.documents.values import LineValues
from fsm.documents.words import CODES, Words
from fsm.invoices import deposits, drafts, figures
from fsm.invoices.crediting import draft_credit
from fsm.invoices.drafts import BILL_KIND, lines_of, locked_draft, recompute
from fsm.invoices.models import Invoice, InvoiceFollowUp, InvoiceKind, InvoiceLine, InvoiceState
from fsm.ledger.models import ItemKind, OpenItem, Standing
from fsm.ledger.queries import account_of_role
from fsm.sales_orders import services as sales_orders
from fsm.sales_orders.models import SalesOrder, SalesOrderState

ORDER_KIND = "sales_order"
MAX_DESCRIPTION = 250
_ALL = 100
_LESS_DEPOSIT = {
    "en": "Less deposit invoice {number} of {date}",
    "nl": "Min voorschotfactuur {number} van {date}",
    "fr": "Moins la facture d’acompte {number} du {date}",
    "de": "Abzüglich Anzahlungsrechnung {number} vom {date}",
}


def bill(order_id: int, *, actor_id: int) -> Invoice:
    """The final invoice as a draft with everything on it and the deposits taken off; pressed twice, the same draft.

    ConflictError before the order was sent, and where an invoice bills it already that was not credited in full.
    """
    order = sales_orders.hold(order_id)
    sales_orders.check_may_be_billed(order)
    for invoice in _finals(order_id):
        if invoice.state is InvoiceState.DRAFT:
            return invoice
        if not _is_cancelled(invoice.id):
            raise ConflictError(_("%(order)s is billed by %(number)s.", order=order.number, number=invoice.number))
    invoice = _new(order, actor_id, {})
    costs = costs_of([LineValues(line.description, stock_item_id=line.stock_item_id) for line in order.lines])
    for line in order.lines:
        columns = {name: getattr(line, name) for name in OF_LINE}
        session.add(InvoiceLine(invoice_id=invoice.id, unit_cost=costs.get(line.stock_item_id, ZERO), **columns))
    session.flush()
    _deduct(invoice)
    _tell(order, invoice, _("Draft invoice made from %(number)s", number=order.number))
    return invoice


def deduct_again(invoice_id: int, *, version: int | None = None) -> Invoice:
    """Propose the deduction of the deposits anew: one was posted since, or the lines have changed."""
    invoice = locked_draft(invoice_id, version)
    if invoice.sales_order_id is None or invoice.is_deposit or invoice.kind is not InvoiceKind.INVOICE:
        raise ConflictError(_("This invoice bills no sales order."))
    _deduct(invoice)
    return invoice


def _deduct(invoice: Invoice) -> None:
    for line in lines_of(invoice.id):
        if line.deducts_invoice_id is not None:
            session.delete(line)
    session.flush()
    lines = lines_of(invoice.id)
    totals = figures.totals_of(invoice, lines)
    found = deposits.of_order(invoice.sales_order_id or 0, except_invoice_id=invoice.id)
    base = shares.bases(totals.taxes, tax_included=invoice.tax_included)
    amounts = shares.deductions(base, [one.left for one in found])
    position = max((line.position for line in lines), default=0)
    advances = account_of_role()["advances"]
    for one, own in zip(found, amounts, strict=True):
        date = _date(one.invoice, invoice.language)
        text = _LESS_DEPOSIT[CODES[invoice.language]].format(number=one.invoice.number, date=date)
        for amount in own.items():
            position += 1
            columns = {"quantity": Decimal(-1), "account_number": advances, "deducts_invoice_id": one.invoice.id}
            session.add(_line(invoice, position, text, amount, **columns))
    session.flush()
    recompute(invoice, lines_of(invoice.id))


def _date(deposit: Invoice, language: Language) -> str:
    """As the document that deducts it writes days."""
    if deposit.invoice_date is None:
        return ""
    return Words(language).day(deposit.invoice_date).replace("\N{NO-BREAK SPACE}", " ")


def _line(invoice: Invoice, position: int, text: str, amount: tuple[TaxKey, Decimal], **columns: Any) -> InvoiceLine:  # noqa: ANN401 - columns
    """A line of a deposit: its one unit at a row's amount, net or, of prices with VAT, with it."""
    key, price = amount
    if invoice.tax_included:
        net, total = unit_prices(None, price, key.tax_rate, tax_included=True)
    else:
        net, total = unit_prices(price, None, key.tax_rate, tax_included=False)
    return InvoiceLine(
        **{
            "invoice_id": invoice.id,
            "position": position,
            "description": text,
            "quantity": Decimal(1),
            "amount": net,
            "amount_with_tax": total,
            "tax_rate": key.tax_rate,
            "special_status": key.special_status,
            **columns,
        }
    )


def new_deposit(order_id: int, percentage: Decimal, description: str, *, actor_id: int) -> Invoice:
    """A draft deposit invoice of this percentage of the order, per VAT rate, packaging left out.

    DomainError with the field; ConflictError before the order was sent, and once it is billed.
    """
    order = sales_orders.hold(order_id)
    sales_orders.check_may_be_billed(order)
    if any(not _is_cancelled(invoice.id) for invoice in _finals(order_id)):
        raise ConflictError(_("%(number)s has its final invoice already.", number=order.number))
    _check(percentage, description)
    totals = document_figures.totals_of(order, order.lines)
    base = shares.bases(totals.taxes, tax_included=order.tax_included)
    earlier = deposits.of_order(order_id)
    left = {key: whole - sum((_kept(one, key) for one in earlier), ZERO) for key, whole in base.items()}
    amounts = shares.deposit(base, percentage, left)
    if not amounts:
        raise DomainError(_("Deposits come to the whole order already."), "percentage")
    if sum(amounts.values(), ZERO) < sum(shares.deposit(base, percentage, base).values(), ZERO) - _cents(base):
        most = sum(left.values(), ZERO) * _ALL / sum(base.values(), ZERO)
        raise DomainError(_("At most %(most)s %% of the order is left.", most=f"{most:.2f}"), "percentage")
    invoice = _new(order, actor_id, {"is_deposit": True, "deposit_percentage": percentage})
    advances = account_of_role()["advances"]
    for position, amount in enumerate(amounts.items(), start=1):
        columns = {"account_number": advances, "rate_reason": _clause_reason(order, amount[0])}
        session.add(_line(invoice, position, description.strip(), amount, **columns))
    session.flush()
    recompute(invoice, lines_of(invoice.id))
    _tell(order, invoice, _("Draft deposit invoice made from %(number)s", number=order.number))
    return invoice


def deposit_text(order_id: int, percentage: Decimal) -> str:
    """What a deposit invoice says where nothing else is typed."""
    number = session.scalar(sa.select(SalesOrder.number).where(SalesOrder.id == order_id))
    return _("Deposit of %(percent)s on order %(number)s", percent=percent(percentage), number=number)


def _check(percentage: Decimal, description: str) -> None:
    to_scaled(percentage, 2)
    if not 0 < percentage <= _ALL:
        raise DomainError(_("Between 0 and 100 %%, more than 0."), "percentage")
    if not description.strip():
        raise DomainError(_("The description is missing."), "description")
    if len(description) > MAX_DESCRIPTION:
        raise DomainError(_("At most %(most)s characters.", most=MAX_DESCRIPTION), "description")


def _cents(base: Mapping[TaxKey, Decimal]) -> Decimal:
    """What rounding may leave out: the last of several deposits takes what is left to the cent."""
    return Decimal("0.01") * (len(base) + 1)


def _kept(deposit: deposits.Deposit, key: TaxKey) -> Decimal:
    """What a deposit asked for and did not give back, deducted since or not."""
    return deposit.issued.get(key, ZERO) - deposit.credited.get(key, ZERO)


def _clause_reason(order: SalesOrder, key: TaxKey) -> str | None:
    """Why the deposit's line bears its rate, where that asks for a printed clause."""
    reasons = (
        line.rate_reason
        for line in order.lines
        if (line.tax_rate, line.special_status) == (key.tax_rate, key.special_status)
    )
    return next((reason for reason in reasons if reason in PRINTS_CLAUSE), None)


def _new(order: SalesOrder, actor_id: int, more: Mapping[str, object]) -> Invoice:
    """A draft with whom and terms of the order; a deposit bears no discount of its own, it is counted in its amounts."""
    defaults, customer = drafts.Defaults(), drafts.customer_of(order.customer_id)
    columns = {name: getattr(order, name) for name in (*PARTY, *TERMS)} | dict(more)
    if columns.get("is_deposit"):
        columns |= {
            "discount_percentage": Decimal(0),
            "cash_discount_percentage": Decimal(0),
            "cash_discount_days_valid": 0,
        }
    invoice = Invoice(
        kind=InvoiceKind.INVOICE,
        state=InvoiceState.DRAFT,
        sales_order_id=order.id,
        bank_account_id=defaults.account_of(order.layout_id),
        late_interest_rate_id=defaults.late_interest_rate_of(customer),
        created_by_id=actor_id,
        created_at=now(),
        **columns,
    )
    if invoice.tax_included:
        invoice.tax_calculation = TaxCalculation.ITEM
    session.add(invoice)
    session.flush()
    session.add(InvoiceFollowUp(invoice_id=invoice.id, automatic_reminders=defaults.reminds(customer)))
    session.flush()
    return invoice


def _finals(order_id: int) -> list[Invoice]:
    query = sa.select(Invoice).where(
        Invoice.sales_order_id == order_id,
        Invoice.kind == InvoiceKind.INVOICE,
        ~Invoice.is_deposit,
        Invoice.state != InvoiceState.WITHDRAWN,
    )
    return list(session.scalars(query.order_by(Invoice.id)))


def _is_cancelled(invoice_id: int) -> bool:
    """Whether credit notes took all of it back."""
    standing = sa.select(OpenItem.standing).where(OpenItem.kind == ItemKind.INVOICE, OpenItem.source_id == invoice_id)
    return session.scalar(standing) is Standing.CANCELLED


def cancel(order_id: int, reason: str, *, actor_id: int) -> list[Invoice]:
    """Cancel an order: its drafts go, and for each deposit that is left a draft credit note is made, and given.

    ConflictError where its final invoice is posted and stands: that one is credited first.
    """
    order = sales_orders.hold(order_id)
    for invoice in _finals(order_id):
        if invoice.state is InvoiceState.POSTED and not _is_cancelled(invoice.id):
            raise ConflictError(_("%(order)s is billed by %(number)s.", order=order.number, number=invoice.number))
    sales_orders.cancel(order_id, reason)
    unposted = [*_finals(order_id), *(found.invoice for found in deposits.of_order(order_id))]
    for invoice in unposted:
        if invoice.state is InvoiceState.DRAFT:
            drafts.delete_draft(invoice.id)
    return [
        draft_credit(one.invoice.id, None, releases_work=False, actor_id=actor_id)
        for one in deposits.of_order(order_id)
        if one.left
    ]


def follow(invoice_ids: Iterable[int]) -> None:
    """Tell the orders of these documents whether their final invoice stands; called when one is posted or withdrawn."""
    query = sa.select(Invoice.sales_order_id).where(
        Invoice.id.in_(list(invoice_ids)), Invoice.sales_order_id.is_not(None), ~Invoice.is_deposit
    )
    order_ids = {order_id for order_id in session.scalars(query) if order_id}
    if order_ids:
        sales_orders.set_billed({order_id: _is_billed(order_id) for order_id in order_ids})


def _is_billed(order_id: int) -> bool:
    return any(one.state is InvoiceState.POSTED and not _is_cancelled(one.id) for one in _finals(order_id))


def bills_of(order_id: int) -> Sequence[Invoice]:
    """Every document about an order, as they were made: deposits, final invoice, their credit notes."""
    query = sa.select(Invoice).where(Invoice.sales_order_id == order_id).order_by(Invoice.id)
    return session.scalars(query).all()


def may_be_billed(order: SalesOrder) -> bool:
    """Whether the buttons are there (S0): sent, and its final invoice not posted."""
    return order.state is SalesOrderState.SENT


def _tell(order: SalesOrder, invoice: Invoice, sentence: str) -> None:
    note([(BILL_KIND, invoice.id), (ORDER_KIND, order.id), ("customer", order.customer_id)], sentence)
