"""Sales orders by mail."""

import datetime as dt

from flask_babel import gettext as _

from fsm.documents import priced_mail
from fsm.documents.priced import PricedColumns
from fsm.documents.priced_mail import Mailed
from fsm.documents.services import pdf_of, render
from fsm.sales_orders import queries, services
from fsm.sales_orders.models import SalesOrder, SalesOrderState


def _dates(order: PricedColumns) -> tuple[dt.date | None, dt.date | None]:
    return (order.order_date, None) if isinstance(order, SalesOrder) else (None, None)


def _pdf(order_id: int) -> bytes:
    order = queries.sales_order(order_id)
    return pdf_of(services.KIND, order_id) if order.sent_at else render(services.facts_of(order))


def _accepted(order_id: int) -> None:
    """A server has it; one that the office marked as sent meanwhile stays as it is."""
    if queries.sales_order(order_id).state is SalesOrderState.CREATED:
        services.mark_sent(order_id, how=_("By e-mail"))


def _why_not(order_id: int) -> str | None:
    is_cancelled = queries.sales_order(order_id).state is SalesOrderState.CANCELLED
    return _("The order is cancelled.") if is_cancelled else None


MAILED = Mailed(
    kind=services.KIND,
    page=("sales_orders.show", "order_id"),
    found=queries.sales_order,
    pdf=_pdf,
    accepted=_accepted,
    why_not=_why_not,
    dates=_dates,
)
SOURCE = priced_mail.source(MAILED)
