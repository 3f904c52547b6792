"""The sites of all customers, with what is open and what stands there: queries for the list."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import contains_eager, joinedload

from fsm.core.db import session
from fsm.core.errors import NotFoundError
from fsm.core.paging import Page, capped_count, page
from fsm.core.search import SearchWord
from fsm.core.search_words import AFTER, words
from fsm.customers.models import Customer, Equipment, Site
from fsm.customers.queries import customer_named
from fsm.service_orders.models import OPEN_STATES, ServiceOrder

MOST_WORDS = 6
MOST_ORDERS = 5  # shown by number


@dataclass(frozen=True, slots=True)
class Filters:
    """What narrows the list: words, a customer, whether work is open there."""

    text: str = ""
    customer_id: int | None = None
    has_open_orders: bool = False


@dataclass(frozen=True, slots=True)
class SiteRow:
    """A site with its customer and payer; how many orders are open there, how many machines are in use."""

    site: Site
    open_orders: int
    equipment: int


def _listed(tab: str, filters: Filters) -> sa.Select[Site]:
    query = sa.select(Site).join(Customer, Customer.id == Site.customer_id)
    is_active = sa.and_(Site.archived_at.is_(None), Customer.archived_at.is_(None))
    query = query.where(sa.not_(is_active) if tab == "archived" else is_active)
    if filters.customer_id is not None:
        query = query.where(Site.customer_id == filters.customer_id)
    if filters.has_open_orders:
        query = query.where(sa.exists().where(ServiceOrder.site_id == Site.id, ServiceOrder.state.in_(OPEN_STATES)))
    return query.where(*_matching(filters.text))


def _matching(text: str) -> Iterable[sa.ColumnElement[bool]]:
    """Each word begins one of the site's own (name and address, as the search keeps them) or of the customer's name."""
    found = words(text)[:MOST_WORDS]
    if text and not found:
        yield sa.false()
    for word in found:
        own = sa.select(-SearchWord.newest_first).where(
            SearchWord.kind == "site", SearchWord.word >= word, SearchWord.word < word + AFTER
        )
        yield sa.or_(Site.id.in_(own), customer_named(word))


def page_of(tab: str, filters: Filters, cursor: str | None, *, sort: str, size: int) -> Page[SiteRow]:
    """One page of a tab by name; three queries whatever its length."""
    query = _listed(tab, filters).options(contains_eager(Site.customer), joinedload(Site.payer))
    found = page(query, [Site.sort_key, Site.id], cursor, descending=sort.startswith("-"), size=size)
    ids = [site.id for site in found.rows]
    orders = _counts(ServiceOrder.site_id, ids, ServiceOrder.state.in_(OPEN_STATES))
    machines = _counts(Equipment.site_id, ids, Equipment.archived_at.is_(None))
    rows = [SiteRow(site, orders.get(site.id, 0), machines.get(site.id, 0)) for site in found.rows]
    return Page(rows, found.previous, found.next)


def _counts(site_id: Any, ids: Sequence[int], wanted: sa.ColumnElement[bool]) -> dict[int, int]:  # noqa: ANN401 - a column
    query = sa.select(site_id, sa.func.count()).where(site_id.in_(ids), wanted).group_by(site_id)
    return dict(session.execute(query).all())


def count(tab: str, filters: Filters) -> int:
    """How many rows a tab has, exact to 999."""
    return capped_count(_listed(tab, filters).with_only_columns(Site.id))


def site(site_id: int) -> Site:
    """With customer and payer; NotFoundError where there is none."""
    query = sa.select(Site).where(Site.id == site_id)
    row = session.scalar(query.options(joinedload(Site.customer), joinedload(Site.payer)))
    if row is None:
        raise NotFoundError(_("There is no such site."))
    return row


def open_orders(site_id: int) -> tuple[list[ServiceOrder], int]:
    """The newest open orders of a site, and how many there are in all."""
    query = sa.select(ServiceOrder).where(ServiceOrder.site_id == site_id, ServiceOrder.state.in_(OPEN_STATES))
    newest = session.scalars(query.order_by(ServiceOrder.id.desc()).limit(MOST_ORDERS))
    return list(newest), capped_count(query.with_only_columns(ServiceOrder.id))
