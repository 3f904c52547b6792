"""Sales orders for screens."""

from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload, selectinload

from fsm.core import paging
from fsm.core.db import session
from fsm.core.errors import NotFoundError
from fsm.documents.priced_lists import Filters, narrowed
from fsm.sales_orders.models import SalesOrder, SalesOrderServiceOrder, SalesOrderState

TABS = ("created", "sent", "billed", "cancelled")


def listed(tab: str, filters: Filters) -> sa.Select[Any]:
    """The rows of a tab, unsorted."""
    query = sa.select(SalesOrder).where(SalesOrder.state == SalesOrderState(tab))
    return narrowed(query, SalesOrder, SalesOrder.order_date, filters)


def page(
    tab: str, filters: Filters, *, sort: str, cursor: str | None, size: int = paging.PAGE_SIZE
) -> paging.Page[SalesOrder]:
    """One page of a tab, by the order in which they were made."""
    return paging.page(listed(tab, filters), [SalesOrder.id], cursor, descending=sort.startswith("-"), size=size)


def sales_order(order_id: int) -> SalesOrder:
    """With all that its page shows, as it is now; NotFoundError."""
    query = (
        sa.select(SalesOrder)
        .where(SalesOrder.id == order_id)
        .options(
            selectinload(SalesOrder.lines),
            joinedload(SalesOrder.customer),
            selectinload(SalesOrder.service_orders),
        )
        .execution_options(populate_existing=True)
    )
    found = session.scalar(query)
    if found is None:
        raise NotFoundError(_("There is no such sales order."))
    return found


def of_service_order(service_order_id: int) -> list[SalesOrder]:
    """The sales orders that it carries out."""
    query = (
        sa.select(SalesOrder)
        .join(SalesOrderServiceOrder, SalesOrderServiceOrder.sales_order_id == SalesOrder.id)
        .where(SalesOrderServiceOrder.service_order_id == service_order_id)
    )
    return list(session.scalars(query.order_by(SalesOrder.id)))
