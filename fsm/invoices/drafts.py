"""Drafts: a blank one, one from service orders, saving, deleting. A draft has no number and may change freely."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from decimal import Decimal

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.catalog.models import StockItem
from fsm.company import services as company_services
from fsm.company.queries import default_bank_account
from fsm.core.audit import note, now
from fsm.core.db import lock, session
from fsm.core.errors import ConflictError, NotFoundError
from fsm.core.state import check_version
from fsm.customers.models import Customer, Site
from fsm.documents.models import DocumentSettings, TaxCalculation
from fsm.documents.totals import ZERO, unit_prices
from fsm.invoices import figures
from fsm.invoices.limits import check_document, check_lines
from fsm.invoices.models import (
    Invoice,
    InvoiceFollowUp,
    InvoiceKind,
    InvoiceLine,
    InvoiceServiceOrder,
    InvoiceState,
)
from fsm.invoices.rates import proposed_rate
from fsm.invoices.values import DraftValues, LineValues
from fsm.ledger.queries import account_of_role
from fsm.service_orders import claims
from fsm.service_orders.billable import BillableWork, billable_work
from fsm.service_orders.models import OrderState, ServiceOrder, WorkClaim

BILL_KIND = "invoice"


def create_blank(customer_id: int, *, actor_id: int, site_id: int | None = None) -> Invoice:
    """An empty draft for a customer, with all that is known of the customer and the settings filled in."""
    customer = _customer(customer_id)
    site = session.get(Site, site_id) if site_id else None
    invoice = _new_draft(customer, site, actor_id)
    note([("invoice", invoice.id), ("customer", customer.id)], _("Draft invoice made"))
    return invoice


def draft_from_orders(order_ids: Sequence[int], *, actor_id: int) -> Invoice:
    """One draft of all that is to bill on these Done orders of one payer; asked again, the same draft.

    ConflictError for an order that is not Done or not validated, or has nothing to bill.
    """
    orders = list(lock(ServiceOrder, set(order_ids)).values())
    if len(orders) != len(set(order_ids)):
        raise NotFoundError(_("There is no such service order."))
    if existing := _draft_of(orders):
        return existing
    for order in orders:
        if order.state is not OrderState.DONE:
            raise ConflictError(_("Service order %(number)s is not Done.", number=order.number))
        if order.validated_at is None:
            raise ConflictError(
                _("The report, hours and parts of %(number)s have not been validated yet.", number=order.number)
            )
    work = billable_work([order.id for order in orders])
    if not work:
        raise ConflictError(_("Nothing is left to bill on %(numbers)s.", numbers=", ".join(o.number for o in orders)))
    payers = {order.payer_id or order.site.payer_id or order.customer_id for order in orders}
    if len(payers) > 1:
        raise ConflictError(_("These orders are paid by different customers."))
    site = orders[0].site if len({order.site_id for order in orders}) == 1 else None
    invoice = _new_draft(_customer(payers.pop()), site, actor_id)
    invoice.delivery_date = max(item.worked_on for item in work)
    invoice.reference = ", ".join(dict.fromkeys(order.reference for order in orders if order.reference))[:250]
    lines = _lines_of_work(invoice, work, with_sections=len(orders) > 1)
    _recompute(invoice, lines)
    claims.claim(
        BILL_KIND, invoice.id, [(line.id, item.kind, item.work_id) for line, item in zip(lines, work, strict=True)]
    )
    session.add_all(InvoiceServiceOrder(invoice_id=invoice.id, service_order_id=order.id) for order in orders)
    session.flush()
    for order in orders:
        note([("service_order", order.id)], _("Draft invoice made"))
    note([("invoice", invoice.id)], _("Draft made from %(numbers)s", numbers=", ".join(o.number for o in orders)))
    return invoice


def _draft_of(orders: Sequence[ServiceOrder]) -> Invoice | None:
    """The draft that already claims work of these orders; its number of orders may be larger."""
    query = (
        sa.select(Invoice)
        .join(WorkClaim, sa.and_(WorkClaim.bill_kind == BILL_KIND, WorkClaim.bill_id == Invoice.id))
        .where(
            WorkClaim.service_order_id.in_([order.id for order in orders]),
            WorkClaim.released_at.is_(None),
            WorkClaim.is_final.is_(False),
            Invoice.state == InvoiceState.DRAFT,
        )
        .order_by(Invoice.id)
        .limit(1)
    )
    return session.scalar(query)


def _customer(customer_id: int) -> Customer:
    customer = session.get(Customer, customer_id)
    if customer is None:
        raise NotFoundError(_("There is no such customer."), "customer_id")
    return customer


def _new_draft(customer: Customer, site: Site | None, actor_id: int) -> Invoice:
    company, defaults = company_services.the_company(), session.get_one(DocumentSettings, 1)
    account = default_bank_account()
    days_due = defaults.days_due if customer.days_due is None else customer.days_due
    invoice = Invoice(
        kind=InvoiceKind.INVOICE,
        state=InvoiceState.DRAFT,
        customer_id=customer.id,
        client_name=customer.name,
        client_attention=customer.attention,
        client_vat_number=customer.vat_number,
        billing_address=customer.billing_address.as_dict(),
        delivery_address=customer.delivery_address.as_dict(),
        site_address=site.address.as_dict() if site else customer.delivery_address.as_dict(),
        site_id=site.id if site else None,
        site_name=site.name if site else "",
        days_due=days_due,
        cash_discount_mode=defaults.cash_discount_mode,
        currency=customer.currency,
        language=customer.language or company.language,
        tax_calculation=TaxCalculation.ITEM if defaults.tax_included else defaults.tax_calculation,
        tax_included=defaults.tax_included,
        tax_rate_1=company.tax_rate_1,
        tax_rate_2=company.tax_rate_2,
        tax_rate_3=company.tax_rate_3,
        note=defaults.note,
        bank_account_id=account.id if account else None,
        created_by_id=actor_id,
        created_at=now(),
    )
    session.add(invoice)
    session.flush()
    session.add(InvoiceFollowUp(invoice_id=invoice.id, automatic_reminders=bool(customer.automatic_reminders)))
    session.flush()
    return invoice


def _lines_of_work(invoice: Invoice, work: Sequence[BillableWork], *, with_sections: bool) -> list[InvoiceLine]:
    company, customer = company_services.the_company(), _customer(invoice.customer_id)
    roles = account_of_role()
    lines = []
    for position, item in enumerate(work, start=1):
        rate, status = proposed_rate(company, customer, item.tax_rate, item.special_status)
        amount, amount_with_tax = unit_prices(item.unit_price, None, rate, tax_included=invoice.tax_included)
        lines.append(
            InvoiceLine(
                invoice_id=invoice.id,
                position=position,
                description=item.description,
                quantity=item.quantity,
                unit=item.unit,
                amount=amount,
                amount_with_tax=amount_with_tax,
                tax_rate=rate,
                special_status=status,
                account_number=item.account_number or roles["goods" if item.is_goods else "services"],
                stockitem_code=item.stockitem_code,
                stock_item_id=item.stock_item_id,
                unit_cost=item.unit_cost,
                section=item.order_number if with_sections else "",
                service_order_id=item.service_order_id,
            )
        )
    session.add_all(lines)
    session.flush()
    return lines


def _recompute(invoice: Invoice, lines: Sequence[InvoiceLine]) -> None:
    figures.store(invoice, lines, figures.totals_of(invoice, lines))
    session.flush()


def locked_draft(invoice_id: int, version: int | None = None) -> Invoice:
    """The draft, held until the transaction ends; ConflictError when it is posted or was changed meanwhile."""
    invoice: Invoice | None = lock(Invoice, [invoice_id]).get(invoice_id)
    if invoice is None:
        raise NotFoundError(_("There is no such invoice."))
    if invoice.state is not InvoiceState.DRAFT:
        raise ConflictError(_("This invoice is posted: it is final. Withdraw it or credit it."))
    check_version(invoice.version, version)
    return invoice


def lines_of(invoice_id: int) -> list[InvoiceLine]:
    """The lines in their order, fresh."""
    query = sa.select(InvoiceLine).where(InvoiceLine.invoice_id == invoice_id).order_by(InvoiceLine.position)
    return list(session.scalars(query.execution_options(populate_existing=True)))


def save(invoice_id: int, values: DraftValues, lines: Sequence[LineValues], *, version: int | None) -> Invoice:
    """Save a draft invoice and its lines; lines that are gone release the work that they claimed.

    DomainError with the field, for a line as ``lines-<place>-<field>``; ConflictError for a stale version.
    """
    invoice = locked_draft(invoice_id, version)
    if invoice.kind is InvoiceKind.CREDIT_NOTE:
        raise ConflictError(_("A credit note is changed by its own page."))
    company = company_services.the_company()
    check_document(values)
    check_lines(lines, company, (invoice.tax_rate_1, invoice.tax_rate_2, invoice.tax_rate_3))
    for field in fields(values):
        setattr(invoice, field.name, getattr(values, field.name))
    if invoice.tax_included:
        invoice.tax_calculation = TaxCalculation.ITEM
    stored = _replace_lines(invoice, lines)
    _recompute(invoice, stored)
    return invoice


def _replace_lines(invoice: Invoice, wanted: Sequence[LineValues]) -> list[InvoiceLine]:
    before = {line.id: line for line in lines_of(invoice.id)}
    kept = {values.line_id for values in wanted if values.line_id in before}
    gone = [line for line_id, line in before.items() if line_id not in kept]
    if gone:
        claims.release_draft(BILL_KIND, invoice.id, [line.id for line in gone])
        for line in gone:
            session.delete(line)
    for line in before.values():
        line.position = -line.position  # positions are unique: step aside before taking new places
    session.flush()
    roles, costs = account_of_role(), _costs(wanted)
    stored = []
    for position, values in enumerate(wanted, start=1):
        line = before.get(values.line_id or 0) or InvoiceLine(invoice_id=invoice.id, unit_cost=ZERO)
        _fill(line, values, position, invoice, roles)
        if line.stock_item_id in costs and not line.unit_cost:
            line.unit_cost = costs[line.stock_item_id]
        session.add(line)
        stored.append(line)
    session.flush()
    return stored


def _costs(wanted: Sequence[LineValues]) -> dict[int | None, Decimal]:
    ids = {values.stock_item_id for values in wanted if values.stock_item_id}
    if not ids:
        return {}
    query = sa.select(StockItem.id, StockItem.purchase_price).where(StockItem.id.in_(ids))
    return dict(session.execute(query).all())


def _fill(
    line: InvoiceLine,
    values: LineValues,
    position: int,
    invoice: Invoice,
    roles: Mapping[str, str],
) -> None:
    amount, amount_with_tax = unit_prices(
        values.amount, values.amount_with_tax, values.tax_rate, tax_included=invoice.tax_included
    )
    line.position = position
    line.description = values.description
    line.quantity = values.quantity
    line.unit = values.unit
    line.amount, line.amount_with_tax = amount, amount_with_tax
    line.tax_rate, line.special_status = values.tax_rate, values.special_status
    line.account_number = values.account_number or roles["goods" if values.stock_item_id else "services"]
    line.stockitem_code, line.stock_item_id = values.stockitem_code, values.stock_item_id
    line.section = values.section


def delete_draft(invoice_id: int, *, version: int | None = None) -> None:
    """Delete a draft; the hours and parts that it claimed are to bill again. It never had a number."""
    invoice = locked_draft(invoice_id, version)
    order_ids = list(
        session.scalars(
            sa.select(InvoiceServiceOrder.service_order_id).where(InvoiceServiceOrder.invoice_id == invoice.id)
        )
    )
    claims.release_draft(BILL_KIND, invoice.id)
    for model in (InvoiceServiceOrder, InvoiceFollowUp, InvoiceLine):
        session.execute(sa.delete(model).where(model.invoice_id == invoice.id))
    note([("service_order", order_id) for order_id in order_ids], _("Draft invoice deleted"))
    note([("customer", invoice.customer_id)], _("Draft invoice deleted"))
    session.delete(invoice)
    session.flush()
