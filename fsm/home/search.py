"""One box for everything: an exact number jumps there, else what begins with the words, within what the user may see."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from fsm.core.db import session
from fsm.core.fields import parse_number
from fsm.core.money import TooPreciseError, to_scaled
from fsm.core.numbering import NumberSeries
from fsm.core.types import sort_key
from fsm.customers.models import Customer
from fsm.invoices.models import Invoice, InvoiceState
from fsm.service_orders.models import ServiceOrder
from fsm.service_orders.visibility import visible_to
from fsm.users.actor import Actor

MOST = 20
MOST_DIGITS = 12
LONGEST = 100
# Where a number would be looked up in an index that sorts by some language's rules, its prefix is a range up to this.
AFTER_DIGITS = "zzzz"


@dataclass(frozen=True, slots=True)
class Found:
    """What the words found; ``exact`` is the (endpoint, arguments) of the one thing that bears this very number."""

    exact: tuple[str, dict[str, Any]] | None = None
    customers: Sequence[Customer] = ()
    service_orders: Sequence[ServiceOrder] = ()
    invoices: Sequence[Invoice] = ()
    amounts: Sequence[Invoice] = field(default_factory=tuple)

    def __bool__(self) -> bool:
        return bool(self.customers or self.service_orders or self.invoices or self.amounts)


def search(text: str, actor: Actor) -> Found:
    """Customers by name or VAT number, service orders and invoices by number, invoices by their exact total."""
    words = " ".join(text.split())[:LONGEST]
    if not words:
        return Found()
    numbers = _numbers(words)
    orders = _orders(numbers, actor) if actor.can("service_orders.show") else []
    invoices = _invoices(numbers) if actor.can("invoices.show") else []
    return Found(
        exact=_exact(numbers, orders, invoices),
        customers=_customers(words) if actor.can("customers.show") else [],
        service_orders=orders,
        invoices=invoices,
        amounts=_of_amount(words) if actor.can("invoices.show") else [],
    )


def _numbers(words: str) -> list[str]:
    """The words as numbers begin: as typed, in capitals, and bare digits behind the prefix of every series."""
    numbers = {words, words.upper()}
    if words.isascii() and words.isdigit():
        numbers |= {f"{prefix}{words}" for prefix in session.scalars(sa.select(NumberSeries.prefix).distinct())}
    return sorted(numbers)


def _begins(column: Any, numbers: Sequence[str]) -> sa.ColumnElement[bool]:  # noqa: ANN401 - a text column
    """A range for the index and a LIKE for the truth: the engines' collations differ."""
    return sa.or_(
        *(
            sa.and_(column >= number, column <= number + AFTER_DIGITS, column.startswith(number, autoescape=True))
            for number in numbers
        )
    )


def _exact(
    numbers: Sequence[str], orders: Sequence[ServiceOrder], invoices: Sequence[Invoice]
) -> tuple[str, dict[str, Any]] | None:
    """Of a withdrawn document and the one that took its number the posted one counts."""
    posted = [row for row in invoices if row.number in numbers and row.state is InvoiceState.POSTED]
    same_invoices = posted or [row for row in invoices if row.number in numbers]
    same = [("invoices.show", {"invoice_id": row.id}) for row in same_invoices]
    same += [("service_orders.show", {"order_id": row.id}) for row in orders if row.number in numbers]
    return same[0] if len(same) == 1 else None


def _customers(words: str) -> Sequence[Customer]:
    name = sort_key(words)
    compact = words.upper().replace(" ", "").replace(".", "")
    begins = sa.and_(Customer.sort_key >= name, Customer.sort_key < name + "\U0010ffff")
    query = sa.select(Customer).where(sa.or_(begins, Customer.vat_number.in_({compact, f"BE{compact}"})))
    return session.scalars(query.order_by(Customer.sort_key, Customer.id).limit(MOST)).all()


def _orders(numbers: Sequence[str], actor: Actor) -> Sequence[ServiceOrder]:
    query = sa.select(ServiceOrder).where(_begins(ServiceOrder.number, numbers), visible_to(actor))
    query = query.options(joinedload(ServiceOrder.customer))
    return session.scalars(query.order_by(ServiceOrder.number, ServiceOrder.id).limit(MOST)).all()


def _invoices(numbers: Sequence[str]) -> Sequence[Invoice]:
    query = sa.select(Invoice).where(_begins(Invoice.number, numbers))
    return session.scalars(query.order_by(Invoice.number, Invoice.id).limit(MOST)).all()


def _of_amount(words: str) -> Sequence[Invoice]:
    amount = _amount(words)
    if amount is None:
        return []
    query = sa.select(Invoice).where(Invoice.total_with_tax == amount, Invoice.state == InvoiceState.POSTED)
    return session.scalars(query.order_by(Invoice.id.desc()).limit(MOST)).all()


def _amount(words: str) -> Decimal | None:
    """What can be a total; a bare whole number of many digits is rather a document's."""
    try:
        amount = parse_number(words)
        to_scaled(amount, 2)
    except (ValueError, TooPreciseError):
        return None
    return abs(amount) if 0 < abs(amount) < 10**MOST_DIGITS else None
