"""One box for everything: what the words find within what the user may see, shown with the words in their place."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import url_for
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import joinedload, selectinload

from fsm.catalog.models import StockItem
from fsm.core.db import session
from fsm.core.formats import day, money
from fsm.customers.models import Customer, Equipment, Site
from fsm.home import search_lookup as lookup
from fsm.invoices.models import Invoice, InvoiceState
from fsm.invoices.taken_over_models import TakenOver
from fsm.payments.models import Payment
from fsm.quotes.models import Quote, QuoteState
from fsm.sales_orders.models import SalesOrder, SalesOrderState
from fsm.service_orders.models import ServiceOrder
from fsm.service_orders.visibility import is_desk, visible_to
from fsm.users.actor import Actor
from fsm.users.models import Role

LONGEST = 100
PAGE = 50


@dataclass(frozen=True, slots=True)
class Hit:
    """A record: how it is named, what stands beside it, and the other texts in which the words may be."""

    kind: str
    url: str
    title: str
    hint: str = ""
    amount: str = ""
    facts: tuple[str, ...] = ()
    is_quiet: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of record: its name, its icon, what one must be allowed to open it, how its rows are read."""

    name: str
    label: Any
    icon: str
    endpoint: str
    load: Callable[[Sequence[int]], list[Hit]]


@dataclass(frozen=True, slots=True)
class Group:
    """What was found of a kind; ``count`` is capped at ``lookup.MOST``."""

    kind: Kind
    count: int
    hits: list[Hit]


@dataclass(frozen=True, slots=True)
class Found:
    """``exact``: records that bear the very number; ``jump``: the one that is meant, where only one can be."""

    groups: list[Group]
    exact: list[Hit]
    jump: str | None = None


def search(text: str, actor: Actor, *, each: int, only: str = "", page: int = 1, most: int = lookup.MOST) -> Found:
    """What the words find, ``each`` so many of a kind; of one kind, ``only``, a whole page. ``most`` are counted."""
    words = " ".join(text.replace("\0", " ").split())[:LONGEST]
    kinds = {kind.name: kind for kind in KINDS if actor.can(kind.endpoint)}
    if not words or not kinds:
        return Found([], [])
    exact, jump = _exact(words, kinds, actor)
    ids = _find(words, kinds, actor, most)
    groups = []
    for name, of_kind in ids.items():
        if only and name != only:
            groups.append(Group(kinds[name], len(of_kind), []))
            continue
        start = (page - 1) * PAGE if only else 0
        shown = of_kind[start : start + (PAGE if only else each)]
        groups.append(Group(kinds[name], len(of_kind), kinds[name].load(shown)))
    return Found(groups, exact, jump)


def _find(words: str, kinds: Mapping[str, Kind], actor: Actor, most: int) -> dict[str, list[int]]:
    if is_desk(actor):
        return lookup.find(words, kinds, limit=most)
    found = lookup.find(words, [name for name in kinds if name != ORDER], limit=most)
    own = lookup.find_own_orders(words, actor, limit=most) if ORDER in kinds and actor.has(Role.TECHNICIAN) else []
    return ({ORDER: own} if own else {}) | found


def _exact(words: str, kinds: Mapping[str, Kind], actor: Actor) -> tuple[list[Hit], str | None]:
    """The documents of this number. Of a withdrawn one and the one that took its number the posted one is meant."""
    ids: dict[str, list[int]] = {}
    for name, id_ in lookup.of_number(words, [name for name in NUMBERED if name in kinds]):
        ids.setdefault(name, []).append(id_)
    if ORDER in ids and not is_desk(actor):
        query = sa.select(ServiceOrder.id).where(ServiceOrder.id.in_(ids[ORDER]), visible_to(actor))
        ids[ORDER] = list(session.scalars(query))
    hits = [hit for name in ids for hit in kinds[name].load(ids[name])]
    meant = [hit for hit in hits if not hit.is_quiet] or hits
    return meant, meant[0].url if len(meant) == 1 else None


def _in_order(ids: Sequence[int], rows: Collection[Any]) -> list[Any]:
    by_id = {row.id: row for row in rows}
    return [by_id[id_] for id_ in ids if id_ in by_id]


def _rows(ids: Sequence[int], model: type[Any], *options: Any) -> list[Any]:  # noqa: ANN401 - loader options
    query = sa.select(model).where(model.id.in_(ids)).options(*options)
    return _in_order(ids, session.scalars(query).all()) if ids else []


def _texts(*texts: str | None) -> tuple[str, ...]:
    return tuple(text for text in texts if text)


def _customers(ids: Sequence[int]) -> list[Hit]:
    hits = [
        Hit(
            "customer",
            url_for("customers.show", customer_id=row.id),
            row.name,
            row.billing_city,
            facts=_texts(
                row.vat_number,
                row.enterprise_number if row.enterprise_number not in row.vat_number else "",
                row.attention,
                row.phone,
                row.email,
                ", ".join(_texts(row.billing_street, f"{row.billing_postal_code} {row.billing_city}".strip())),
                *(" · ".join(_texts(one.name, one.phone, one.email)) for one in row.contacts),
            ),
            is_quiet=row.archived_at is not None,
        )
        for row in _rows(ids, Customer, selectinload(Customer.contacts))
    ]
    return sorted(hits, key=lambda hit: hit.is_quiet)


def _sites(ids: Sequence[int]) -> list[Hit]:
    hits = [
        Hit(
            "site",
            url_for("customers.show_site", customer_id=row.customer_id, site_id=row.id),
            row.name,
            row.customer.name,
            facts=_texts(", ".join(_texts(row.street, f"{row.postal_code} {row.city}".strip())), row.phone),
            is_quiet=row.archived_at is not None,
        )
        for row in _rows(ids, Site, joinedload(Site.customer))
    ]
    return sorted(hits, key=lambda hit: hit.is_quiet)


def _equipment(ids: Sequence[int]) -> list[Hit]:
    hits = [
        Hit(
            "equipment",
            url_for("customers.show_site", customer_id=row.site.customer_id, site_id=row.site_id),
            " ".join(_texts(row.make, row.model)) or row.kind,
            row.site.name,
            facts=_texts(row.serial, row.kind),
            is_quiet=row.archived_at is not None,
        )
        for row in _rows(ids, Equipment, joinedload(Equipment.site))
    ]
    return sorted(hits, key=lambda hit: hit.is_quiet)


def _orders(ids: Sequence[int]) -> list[Hit]:
    return [
        Hit(
            ORDER,
            url_for("service_orders.show", order_id=row.id),
            row.number,
            row.customer.name,
            facts=_texts(row.description, row.reference, row.kind_of_work, row.site.name, row.site.city),
        )
        for row in _rows(ids, ServiceOrder, joinedload(ServiceOrder.customer), joinedload(ServiceOrder.site))
    ]


def _invoices(ids: Sequence[int]) -> list[Hit]:
    return [
        Hit(
            "invoice",
            url_for("invoices.show", invoice_id=row.id),
            row.number or str(_l("Draft")),
            row.client_name,
            money(row.total_with_tax * row.sign, row.currency if row.currency != "EUR" else None),
            _texts(row.reference, row.structured_message, day(row.invoice_date) if row.invoice_date else ""),
            is_quiet=row.state is InvoiceState.WITHDRAWN,
        )
        for row in _rows(ids, Invoice)
    ]


def _quotes(ids: Sequence[int]) -> list[Hit]:
    return [
        Hit(
            "quote",
            url_for("quotes.show", quote_id=row.id),
            row.number or str(_l("Quote")),
            row.client_name,
            money(row.total_with_tax, row.currency if row.currency != "EUR" else None),
            _texts(row.reference, day(row.quote_date) if row.quote_date else ""),
            is_quiet=row.state is QuoteState.DECLINED,
        )
        for row in _rows(ids, Quote)
    ]


def _sales_orders(ids: Sequence[int]) -> list[Hit]:
    return [
        Hit(
            "sales_order",
            url_for("sales_orders.show", order_id=row.id),
            row.number or "",
            row.client_name,
            money(row.total_with_tax, row.currency if row.currency != "EUR" else None),
            _texts(row.reference, row.quote_number, day(row.order_date)),
            is_quiet=row.state is SalesOrderState.CANCELLED,
        )
        for row in _rows(ids, SalesOrder)
    ]


def _taken_over(ids: Sequence[int]) -> list[Hit]:
    return [
        Hit(
            "taken_over",
            url_for("invoices.show_taken_over", taken_over_id=row.id),
            row.number,
            row.customer.name,
            money(row.total, row.currency if row.currency != "EUR" else None),
            _texts(row.reference, row.structured_message, day(row.document_date)),
            is_quiet=row.undone_entry_id is not None,
        )
        for row in _rows(ids, TakenOver, joinedload(TakenOver.customer))
    ]


def _payments(ids: Sequence[int]) -> list[Hit]:
    return [
        Hit(
            "payment",
            url_for("payments.show", payment_id=row.id),
            day(row.paid_on),
            row.customer.name,
            money(row.amount, row.currency if row.currency != "EUR" else None),
            facts=_texts(row.description),
            is_quiet=row.undone_at is not None,
        )
        for row in _rows(ids, Payment, joinedload(Payment.customer))
    ]


def _items(ids: Sequence[int]) -> list[Hit]:
    return [
        Hit(
            "stock_item",
            url_for("catalog.edit", item_id=row.id),
            row.code,
            row.description,
            money(row.sale_price),
            facts=_texts(row.barcode),
            is_quiet=row.archived_at is not None,
        )
        for row in _rows(ids, StockItem)
    ]


ORDER = "service_order"
NUMBERED = ("invoice", "taken_over", "quote", "sales_order", ORDER)
KINDS = (
    Kind("customer", _l("Customers"), "customers", "customers.show", _customers),
    Kind("site", _l("Sites"), "site", "customers.show_site", _sites),
    Kind(ORDER, _l("Service orders"), "clipboard", "service_orders.show", _orders),
    Kind("quote", _l("Quotes"), "quote", "quotes.show", _quotes),
    Kind("sales_order", _l("Sales orders"), "order", "sales_orders.show", _sales_orders),
    Kind("invoice", _l("Invoices and credit notes"), "invoice", "invoices.show", _invoices),
    Kind("taken_over", _l("Invoices taken over"), "invoice", "invoices.show_taken_over", _taken_over),
    Kind("payment", _l("Payments"), "payment", "payments.show", _payments),
    Kind("equipment", _l("Equipment"), "equipment", "customers.show_site", _equipment),
    Kind("stock_item", _l("Items"), "box", "catalog.edit", _items),
)
