"""Where a new order is for, and who pays: searches that the forms of an order need."""

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from fsm.core.db import session
from fsm.core.types import sort_key
from fsm.customers.models import Customer, Equipment, Site


def found_sites(text: str, limit: int = 30) -> list[Site]:
    """Sites by words of their name, street, city or customer: where a new order is for."""
    query = (
        sa.select(Site)
        .join(Customer, Customer.id == Site.customer_id)
        .where(Site.archived_at.is_(None), Customer.archived_at.is_(None))
        .options(joinedload(Site.customer))
    )
    for word in sort_key(text).split()[:6]:
        query = query.where(
            sa.or_(
                Site.sort_key.contains(word, autoescape=True),
                Customer.sort_key.contains(word, autoescape=True),
                Site.city.icontains(word, autoescape=True),
                Site.street.icontains(word, autoescape=True),
                Site.postal_code == word,
            )
        )
    return list(session.scalars(query.order_by(Customer.sort_key, Site.sort_key, Site.id).limit(limit)))


def sites_of(customer_id: int) -> list[Site]:
    """A customer's sites in use."""
    query = sa.select(Site).where(Site.customer_id == customer_id, Site.archived_at.is_(None))
    return list(session.scalars(query.order_by(Site.sort_key, Site.id).limit(500)))


def equipment_at(site_id: int, keep: int | None = None) -> list[Equipment]:
    """The machines at a site that are in use."""
    query = sa.select(Equipment).where(
        Equipment.site_id == site_id, sa.or_(Equipment.archived_at.is_(None), Equipment.id == keep)
    )
    return list(session.scalars(query.order_by(Equipment.kind, Equipment.id).limit(500)))


def payers_named(name: str) -> list[Customer]:
    """Customers of exactly this name, accents and capitals aside, or of this VAT number; at most two."""
    vat_number = name.upper().replace(" ", "").replace(".", "")
    named = sa.or_(Customer.sort_key == sort_key(name), Customer.vat_number == vat_number)
    query = sa.select(Customer).where(named, Customer.archived_at.is_(None))
    return list(session.scalars(query.order_by(Customer.id).limit(2)))
