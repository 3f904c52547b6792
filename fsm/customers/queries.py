"""Lists of customers, sites and equipment; what others offer to choose from."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload

from fsm.core.db import session
from fsm.core.errors import NotFoundError
from fsm.core.types import sort_key
from fsm.customers.models import Contact, Customer, Equipment, Site
from fsm.customers.services import name_key

SUGGESTIONS = 20
_DIGITS_OF_A_PHONE = 4


@dataclass(frozen=True, slots=True)
class Filters:
    """What narrows the list: words, and "business" or "consumer"."""

    text: str = ""
    kind: str = ""


def customers(*, archived: bool = False, q: str = "", kind: str = "") -> sa.Select[Customer]:
    """A tab of the list: those whose name (any of its words), VAT number, phone or e-mail begins with ``q``.

    ``kind``: "business", "consumer" or all.
    """
    query = sa.select(Customer).where(Customer.archived_at.isnot(None) if archived else Customer.archived_at.is_(None))
    if kind in {"business", "consumer"}:
        query = query.where(Customer.is_business.is_(kind == "business"))
    return query.where(_matches(q)) if q.strip() else query


def customer_named(text: str) -> sa.ColumnElement[bool]:
    """Customers whose name, or a word of it, begins so."""
    name = sort_key(text[:100])
    begins = Customer.sort_key.startswith(name, autoescape=True)
    return sa.or_(begins, Customer.sort_key.contains(f" {name}", autoescape=True))


def _matches(q: str) -> sa.ColumnElement[bool]:
    q = q.strip()[:100]
    compact = re.sub(r"[^0-9A-Za-z]", "", q).upper()
    found = [
        customer_named(q),
        sa.func.lower(Customer.email).startswith(q.casefold(), autoescape=True),
    ]
    if compact:
        found.append(Customer.vat_number.startswith(compact, autoescape=True))
    if compact.isdigit():
        found.append(Customer.enterprise_number.startswith(compact, autoescape=True))
        # 0475 12 34 56 and +32 475/12.34.56 are one number: compare without signs and without the leading zeros.
        if len(digits := compact.lstrip("0")) >= _DIGITS_OF_A_PHONE:
            found.append(_bare_phone().contains(digits, autoescape=True))
    return sa.or_(*found)


def _bare_phone() -> sa.Function[str]:
    bare: Any = Customer.phone
    for sign in " /.-()":
        bare = sa.func.replace(bare, sign, "")
    return bare  # type: ignore[no-any-return]  # reason: the loop hides the type


def search(q: str, limit: int = SUGGESTIONS) -> Sequence[Customer]:
    """Active customers to choose from while typing, by name."""
    query = customers(q=q).order_by(Customer.sort_key, Customer.id).limit(min(limit, SUGGESTIONS))
    return session.scalars(query).all()


def customer(customer_id: int) -> Customer:
    """NotFoundError where there is none."""
    row = session.get(Customer, customer_id)
    if row is None:
        raise NotFoundError(_("There is no such customer."))
    return row


def names(customer_ids: Iterable[int | None]) -> dict[int, str]:
    """Names by id."""
    wanted = {customer_id for customer_id in customer_ids if customer_id}
    if not wanted:
        return {}
    rows = session.execute(sa.select(Customer.id, Customer.name).where(Customer.id.in_(wanted)))
    return {row.id: row.name for row in rows}


def possible_duplicates(name: str, vat_number: str, *, but: int | None = None) -> Sequence[Customer]:
    """Customers of the same VAT number or the same name, archived ones too; a warning, no refusal."""
    same: list[sa.ColumnElement[bool]] = [Customer.sort_key == name_key(name)]
    compact = re.sub(r"[^0-9A-Z]", "", vat_number.upper())
    if compact:
        same.append(Customer.vat_number.in_([compact, f"BE{compact}", f"BE0{compact}"]))
    query = sa.select(Customer).where(sa.or_(*same), Customer.id != (but or 0))
    return session.scalars(query.order_by(Customer.sort_key, Customer.id).limit(5)).all()


def contact(customer_id: int, contact_id: int) -> Contact:
    """NotFoundError where there is none, or where it is another customer's."""
    row = session.get(Contact, contact_id)
    if row is None or row.customer_id != customer_id:
        raise NotFoundError(_("There is no such contact at this customer."))
    return row


def sites(customer_id: int, *, archived: bool | None = None) -> Sequence[Site]:
    """A customer's sites with their payers, archived ones last; ``archived`` None: all of them."""
    query = (
        sa.select(Site)
        .where(Site.customer_id == customer_id)
        .options(joinedload(Site.payer))
        .order_by(Site.archived_at.isnot(None), Site.sort_key, Site.id)
    )
    if archived is not None:
        query = query.where(Site.archived_at.isnot(None) if archived else Site.archived_at.is_(None))
    return session.scalars(query).all()


def site(customer_id: int, site_id: int) -> Site:
    """NotFoundError where there is none, or where it is another customer's."""
    row = session.scalar(
        sa.select(Site).where(Site.id == site_id, Site.customer_id == customer_id).options(joinedload(Site.payer))
    )
    if row is None:
        raise NotFoundError(_("There is no such site of this customer."))
    return row


def equipment_of_customer(customer_id: int) -> Sequence[Equipment]:
    """Machines in use at all sites of a customer, with their sites."""
    query = (
        sa.select(Equipment)
        .join(Equipment.site)
        .where(Site.customer_id == customer_id, Equipment.archived_at.is_(None))
        .options(joinedload(Equipment.site))
        .order_by(Site.sort_key, Equipment.kind, Equipment.id)
    )
    return session.scalars(query).all()


def equipment_of_site(site_id: int) -> Sequence[Equipment]:
    """Machines at a site, archived ones last."""
    query = sa.select(Equipment).where(Equipment.site_id == site_id)
    return session.scalars(query.order_by(Equipment.archived_at.isnot(None), Equipment.kind, Equipment.id)).all()


def equipment(customer_id: int, equipment_id: int) -> Equipment:
    """NotFoundError where there is none, or where it is at another customer's site."""
    row = session.scalar(
        sa.select(Equipment)
        .join(Equipment.site)
        .where(Equipment.id == equipment_id, Site.customer_id == customer_id)
        .options(joinedload(Equipment.site))
    )
    if row is None:
        raise NotFoundError(_("There is no such equipment at this customer."))
    return row


def by_name(name: str) -> Sequence[Customer]:
    """Active customers of exactly this name, two at most: enough to know whether it is one."""
    query = customers().where(Customer.sort_key == name_key(name)).order_by(Customer.id).limit(2)
    return session.scalars(query).all()
