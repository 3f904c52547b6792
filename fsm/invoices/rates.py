"""What is known of the works on a draft invoice, for the rates of its lines: where, and first invoiced when."""

import datetime as dt
from collections.abc import Iterable

import sqlalchemy as sa

from fsm.company.models import Company
from fsm.core.audit import now
from fsm.core.db import session
from fsm.core.formats import local
from fsm.customers.models import Customer, Site
from fsm.documents.rates import LineRates
from fsm.invoices.models import Invoice, InvoiceKind, InvoiceServiceOrder, InvoiceState
from fsm.service_orders.models import ServiceOrder


def rates_of(invoice: Invoice, company: Company, customer: Customer, on: dt.date | None = None) -> LineRates:
    """For a stored draft, by its own date or another one: two queries, whatever its number of lines."""
    order_ids = sa.select(InvoiceServiceOrder.service_order_id).where(InvoiceServiceOrder.invoice_id == invoice.id)
    query = sa.select(ServiceOrder.id, Site).join(Site, Site.id == ServiceOrder.site_id)
    sites = {row.id: row.Site for row in session.execute(query.where(ServiceOrder.id.in_(order_ids)))}
    return LineRates(
        company,
        customer,
        on=on or day_of(invoice),
        site=invoice.site,
        sites=sites,
        first_days=first_invoice_days(sites),
        without_co_contractor=invoice.without_co_contractor,
    )


def day_of(invoice: Invoice) -> dt.date:
    """The draft's own date, else the company's day."""
    return invoice.invoice_date or local(now()).date()


def first_invoice_days(order_ids: Iterable[int]) -> dict[int, dt.date]:
    """The date of the first posted invoice for the works of each order that has one."""
    query = (
        sa.select(InvoiceServiceOrder.service_order_id, sa.func.min(Invoice.invoice_date))
        .join(Invoice, Invoice.id == InvoiceServiceOrder.invoice_id)
        .where(
            InvoiceServiceOrder.service_order_id.in_(list(order_ids)),
            Invoice.kind == InvoiceKind.INVOICE,
            Invoice.state == InvoiceState.POSTED,
        )
        .group_by(InvoiceServiceOrder.service_order_id)
    )
    return {order_id: day for order_id, day in session.execute(query) if day is not None}
