"""A draft quote from a technician's visit: words and parts, no prices typed and none shown."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, fields
from decimal import Decimal

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.catalog.models import StockItem
from fsm.catalog.prices import Prices
from fsm.catalog.tax_rates import Taxed
from fsm.core import audit
from fsm.core.db import session
from fsm.core.errors import DomainError
from fsm.documents import priced_lines
from fsm.documents.values import LineValues
from fsm.quotes.models import Quote, QuoteLine
from fsm.quotes.services import QuoteValues, create, rates_of
from fsm.service_orders.visibility import find
from fsm.users.actor import Actor

MAX_PARTS = 20


@dataclass(frozen=True, slots=True)
class WantedPart:
    """An item by its code, and how many."""

    code: str
    quantity: Decimal


def create_from_visit(order_id: int, text: str, parts: Sequence[WantedPart], *, actor: Actor, today: dt.date) -> Quote:
    """What a technician found on site that the customer may want; the office completes and sends it.

    Prices, units, VAT and accounts are the catalog's for this customer. DomainError with the field; NotFoundError for an
    order that is not the actor's.
    """
    order = find(order_id, actor)
    if not text.strip():
        raise DomainError(_("Say what the customer wants."), "text")
    items = _items(parts)
    payer_id = order.payer_id or order.site.payer_id or order.customer_id
    quote = create(payer_id, actor_id=actor.id, today=today, site_id=order.site_id)
    quote.service_order_id = order.id
    rates, prices = rates_of(quote), Prices(payer_id, list(items.values()), today)
    lines = [LineValues(description=text.strip(), quantity=Decimal(0), amount=Decimal(0))]
    for part in parts:
        item = items[part.code.casefold()]
        rate = rates.proposed(Taxed.of(item))
        lines.append(
            LineValues(
                description=item.description,
                quantity=part.quantity,
                amount=prices.of(item),
                tax_rate=rate.tax_rate,
                special_status=rate.special_status,
                unit=item.unit,
                account_number=item.account_number,
                stockitem_code=item.code,
                stock_item_id=item.id,
            )
        )
    values = QuoteValues(**{field.name: getattr(quote, field.name) for field in fields(QuoteValues)})
    priced_lines.save(quote, values, lines, QuoteLine, rates)
    audit.note([("service_order", order.id)], _("%(name)s made a draft quote", name=actor.name))
    return quote


def _items(parts: Sequence[WantedPart]) -> dict[str, StockItem]:
    codes = [part.code for part in parts]
    query = sa.select(StockItem).where(sa.func.lower(StockItem.code).in_([code.lower() for code in codes]))
    items = {item.code.casefold(): item for item in session.scalars(query.where(StockItem.archived_at.is_(None)))}
    for place, code in enumerate(codes):
        if code.casefold() not in items:
            raise DomainError(_("There is no item with this code."), f"parts-{place}-code")
    return items
