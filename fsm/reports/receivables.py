"""Who owes what and since when: open items by age, from the items themselves; as it is now."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.core.db import session, total
from fsm.core.paging import PAGE_SIZE, Page, page
from fsm.customers.queries import names
from fsm.ledger.models import ItemKind, OpenItem, Standing

ZERO = Decimal("0.00")
# Days after the due date, both counted; credits are what customers have to their good.
BUCKETS = ("not_due", "1-30", "31-60", "61-90", "90+", "credits")
OVERDUE = BUCKETS[1:5]
_LIMITS = (("1-30", 30), ("31-60", 60), ("61-90", 90))
SORTS = ("owed", *BUCKETS)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which open items; None and empty: all. ``bucket`` may be "overdue", all that are late."""

    bucket: str = ""
    customer_id: int | None = None
    kind: ItemKind | None = None


@dataclass(frozen=True, slots=True)
class Sum:
    """How many items, and what they come to in EUR."""

    count: int
    value: Decimal


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """What a customer owes by age, and in all."""

    customer_id: int
    name: str
    buckets: Mapping[str, Decimal]
    owed: Decimal


@dataclass(frozen=True, slots=True)
class ItemRow:
    """An open item, its customer's name, the days it is late (0: it is not)."""

    item: OpenItem
    customer: str
    days_overdue: int


def bucket_labels() -> dict[str, str]:
    """The ages of open items in words."""
    return {
        "not_due": _("Not due"),
        "1-30": _("1-30 days"),
        "31-60": _("31-60 days"),
        "61-90": _("61-90 days"),
        "90+": _("Over 90 days"),
        "credits": _("Credits"),
        "overdue": _("Overdue"),
    }


def _bucket(today: dt.date) -> Any:  # noqa: ANN401 - a column of text
    late: list[Any] = [(OpenItem.due_on >= today - dt.timedelta(days=limit), name) for name, limit in _LIMITS]
    return sa.case((OpenItem.balance_eur < 0, "credits"), (OpenItem.due_on >= today, "not_due"), *late, else_="90+")


def _open(wanted: Wanted, today: dt.date) -> list[sa.ColumnElement[bool]]:
    kinds = [wanted.kind] if wanted.kind else list(ItemKind)
    conditions = [OpenItem.kind.in_(kinds), OpenItem.standing == Standing.OPEN]
    if wanted.customer_id:
        conditions.append(OpenItem.customer_id == wanted.customer_id)
    if wanted.bucket == "overdue":
        conditions += [OpenItem.due_on < today, OpenItem.balance_eur >= 0]
    elif wanted.bucket:
        conditions.append(_bucket(today) == wanted.bucket)
    return conditions


def aged(today: dt.date) -> dict[str, Sum]:
    """All open items by age, in the order of ``BUCKETS``; one query."""
    bucket = _bucket(today).label("bucket")
    query = sa.select(bucket, sa.func.count(), total(OpenItem.balance_eur)).where(*_open(Wanted(), today))
    found = {name: Sum(count, value) for name, count, value in session.execute(query.group_by("bucket"))}
    return {name: found.get(name, Sum(0, ZERO)) for name in BUCKETS}


def by_customer(
    today: dt.date, *, sort: str = "owed", cursor: str | None = None, size: int = PAGE_SIZE
) -> Page[CustomerRow]:
    """Customers with open items, by what they owe in all or in one bucket, the most first."""
    bucket = _bucket(today)
    columns = [
        total(sa.case((bucket == name, OpenItem.balance_eur), else_=None)).label(f"bucket_{place}")
        for place, name in enumerate(BUCKETS)
    ]
    sums = (
        sa.select(OpenItem.customer_id, total(OpenItem.balance_eur).label("owed"), *columns)
        .where(*_open(Wanted(), today))
        .group_by(OpenItem.customer_id)
        .subquery()
    )
    key = sums.c.owed if sort == "owed" else sums.c[f"bucket_{BUCKETS.index(sort)}"]
    found = page(sa.select(sums), [key, sums.c.customer_id], cursor, descending=True, size=size)
    called = names(row.customer_id for row in found.rows)
    rows = [
        CustomerRow(
            row.customer_id,
            called.get(row.customer_id, ""),
            {name: getattr(row, f"bucket_{place}") for place, name in enumerate(BUCKETS)},
            row.owed,
        )
        for row in found.rows
    ]
    return Page(rows, found.previous, found.next)


def items_sum(wanted: Wanted, today: dt.date) -> Sum:
    """What the wanted items come to, over all pages."""
    query = sa.select(sa.func.count(), total(OpenItem.balance_eur)).where(*_open(wanted, today))
    return Sum(*session.execute(query).one())


def items(wanted: Wanted, today: dt.date, cursor: str | None = None, size: int = PAGE_SIZE) -> Page[ItemRow]:
    """Open items, the first due first."""
    query = sa.select(OpenItem).where(*_open(wanted, today))
    found = page(query, [OpenItem.due_on, OpenItem.id], cursor, size=size)
    called = names(item.customer_id for item in found.rows)
    rows = [
        ItemRow(
            item,
            called.get(item.customer_id, ""),
            max((today - item.due_on).days, 0) if item.balance_eur >= 0 else 0,
        )
        for item in found.rows
    ]
    return Page(rows, found.previous, found.next)
