"""A draft invoice from Done service orders: each line claims its hour or part."""

from collections.abc import Sequence

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.company import services as company_services
from fsm.core.audit import note
from fsm.core.db import lock, session
from fsm.core.errors import ConflictError, NotFoundError
from fsm.documents.totals import unit_prices
from fsm.invoices.drafts import BILL_KIND, customer_of, new_draft, recompute
from fsm.invoices.models import Invoice, InvoiceLine, InvoiceServiceOrder, InvoiceState
from fsm.invoices.rates import LineRates, day_of, first_invoice_days
from fsm.ledger.queries import account_of_role
from fsm.service_orders import claims
from fsm.service_orders.billable import BillableWork, billable_work
from fsm.service_orders.models import OrderState, ServiceOrder, WorkClaim


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
    invoice = new_draft(customer_of(payers.pop()), site, actor_id)
    invoice.delivery_date = max(item.worked_on for item in work)
    invoice.reference = ", ".join(dict.fromkeys(order.reference for order in orders if order.reference))[:250]
    rates = LineRates(
        company_services.the_company(),
        customer_of(invoice.customer_id),
        on=day_of(invoice),
        sites={order.id: order.site for order in orders},
        first_days=first_invoice_days(order.id for order in orders),
    )
    lines = _lines_of_work(invoice, work, rates, with_sections=len(orders) > 1)
    recompute(invoice, lines)
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


def _lines_of_work(
    invoice: Invoice, work: Sequence[BillableWork], rates: LineRates, *, with_sections: bool
) -> list[InvoiceLine]:
    roles = account_of_role()
    lines = []
    for position, item in enumerate(work, start=1):
        rate = rates.proposed(item.taxed, item.service_order_id)
        amount, amount_with_tax = unit_prices(item.unit_price, None, rate.tax_rate, tax_included=invoice.tax_included)
        lines.append(
            InvoiceLine(
                invoice_id=invoice.id,
                position=position,
                description=item.description,
                quantity=item.quantity,
                unit=item.unit,
                amount=amount,
                amount_with_tax=amount_with_tax,
                tax_rate=rate.tax_rate,
                special_status=rate.special_status,
                rate_reason=rate.reason.value,
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
