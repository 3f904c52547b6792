"""What the lists of quotes and sales orders share: filters, and the search for a number or a customer."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import sqlalchemy as sa

from fsm.core.lists import Column, Kind
from fsm.core.web import id_of
from fsm.customers.models import Customer
from fsm.customers.queries import customer_named
from fsm.documents.priced import PricedColumns

MAX_TEXT = 100
PARAMETERS = ("q", "customer_id", "from_date", "to_date")


@dataclass(frozen=True, slots=True)
class Filters:
    """What narrows a list; days are those of the documents."""

    text: str = ""
    customer_id: int | None = None
    from_date: dt.date | None = None
    to_date: dt.date | None = None

    def __bool__(self) -> bool:
        return bool(self.text or self.customer_id or self.from_date or self.to_date)


def filters(arguments: Mapping[str, str], actor: Any) -> Filters:  # noqa: ANN401 - as the declarations have it
    """Read an address; what is not understood is passed over."""
    del actor
    return Filters(
        text=arguments.get("q", "").strip()[:MAX_TEXT],
        customer_id=id_of(arguments.get("customer_id", "")),
        from_date=_day(arguments.get("from_date", "")),
        to_date=_day(arguments.get("to_date", "")),
    )


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def narrowed(query: sa.Select[Any], model: type[PricedColumns], day: Any, wanted: Filters) -> sa.Select[Any]:  # noqa: ANN401 - a column
    """The rows of a list under its filters; ``day`` is the document's date."""
    if wanted.customer_id:
        query = query.where(model.customer_id == wanted.customer_id)
    if wanted.text:
        found = sa.select(Customer.id).where(customer_named(wanted.text))
        number = model.number.istartswith(wanted.text, autoescape=True)
        query = query.where(sa.or_(model.customer_id.in_(found), number))
    if wanted.from_date:
        query = query.where(day >= wanted.from_date)
    if wanted.to_date:
        query = query.where(day <= wanted.to_date)
    return query


def amounts(labels: tuple[Any, Any, Any]) -> tuple[Column, ...]:
    """The columns of net, VAT and total, named by their labels in this order."""
    names = ("total_without_tax", "total_tax", "total_with_tax")
    return tuple(
        Column(
            name=name.removeprefix("total_"),
            label=label,
            value=attrgetter(name),
            kind=Kind.AMOUNT,
            currency=attrgetter("currency"),
            shown=name != "total_tax",
        )
        for name, label in zip(names, labels, strict=True)
    )
