"""Quotes for screens."""

import datetime as dt
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload, selectinload

from fsm.core import paging
from fsm.core.db import session
from fsm.core.errors import NotFoundError
from fsm.documents.priced_lists import Filters, narrowed
from fsm.quotes.models import Quote, QuoteState

TABS = ("created", "sent", "expired", "signed", "declined")


def listed(tab: str, filters: Filters, today: dt.date) -> sa.Select[Any]:
    """The rows of a tab, unsorted."""
    state = QuoteState.SENT if tab == "expired" else QuoteState(tab)
    query = sa.select(Quote).where(Quote.state == state)
    if tab == "expired":
        query = query.where(Quote.valid_until < today)
    if tab == "sent":
        query = query.where(sa.or_(Quote.valid_until.is_(None), Quote.valid_until >= today))
    return narrowed(query, Quote, Quote.quote_date, filters)


def page(
    tab: str, filters: Filters, *, sort: str, cursor: str | None, today: dt.date, size: int = paging.PAGE_SIZE
) -> paging.Page[Quote]:
    """One page of a tab, by the order in which they were made."""
    query = listed(tab, filters, today).options(joinedload(Quote.signature))
    return paging.page(query, [Quote.id], cursor, descending=sort.startswith("-"), size=size)


def quote(quote_id: int) -> Quote:
    """With all that its page shows, as it is now; NotFoundError."""
    query = (
        sa.select(Quote)
        .where(Quote.id == quote_id)
        .options(
            selectinload(Quote.lines),
            joinedload(Quote.customer),
            joinedload(Quote.sales_order),
            joinedload(Quote.service_order),
            joinedload(Quote.signature),
        )
        .execution_options(populate_existing=True)
    )
    found = session.scalar(query)
    if found is None:
        raise NotFoundError(_("There is no such quote."))
    return found


def of_service_order(service_order_id: int) -> list[Quote]:
    """The quotes that came from its visits."""
    return list(session.scalars(sa.select(Quote).where(Quote.service_order_id == service_order_id).order_by(Quote.id)))
