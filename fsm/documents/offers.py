"""What the line editor offers: the accounts, items, rates and kits that a line may name."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa

from fsm.catalog import kits
from fsm.catalog.models import Kit, LaborRate, StockItem
from fsm.catalog.prices import Prices
from fsm.catalog.queries import found_items
from fsm.catalog.queries import rates as catalog_rates
from fsm.core.db import session
from fsm.core.types import sort_key
from fsm.ledger.models import Account, AccountKind


def revenue_accounts() -> list[tuple[str, str]]:
    """(number, name) of the accounts that a line is usually booked on."""
    query = sa.select(Account.number, Account.name).where(Account.kind == AccountKind.INCOME).order_by(Account.number)
    return list(session.execute(query))


@dataclass(frozen=True, slots=True)
class Offer:
    """An item or a labor rate that a line may become, at the customer's own price."""

    thing: StockItem | LaborRate
    price: Decimal
    quantity: Decimal | None = None


@dataclass(frozen=True, slots=True)
class KitOffer:
    """A kit, and the lines that it becomes."""

    kit: Kit
    offers: tuple[Offer, ...]


def offers(text: str, customer_id: int, on: dt.date) -> tuple[list[KitOffer], list[Offer]]:
    """What a search in the line editor means: kits, then items, then rates by name; a few queries."""
    wanted, found = sort_key(text), kits.found(text)
    things: list[StockItem | LaborRate] = list(found_items(text))
    things += [rate for rate in catalog_rates() if wanted and wanted in sort_key(rate.name)]
    in_kits = [line.thing for kit in found for line in kits.lines_in_use(kit)]
    prices = Prices(customer_id, [*things, *in_kits], on)
    of_kits = [
        KitOffer(kit, tuple(Offer(line.thing, prices.of(line.thing), line.quantity) for line in kits.lines_in_use(kit)))
        for kit in found
    ]
    return of_kits, [Offer(thing, prices.of(thing)) for thing in things]
