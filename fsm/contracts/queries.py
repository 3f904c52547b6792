"""Maintenance contracts for screens."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload, selectinload

from fsm.contracts.models import Contract, ContractDate, ContractMachine, ContractState
from fsm.core.db import session
from fsm.core.errors import NotFoundError
from fsm.core.paging import Page, page
from fsm.core.types import sort_key
from fsm.customers.models import Customer
from fsm.service_orders.models import ServiceOrder, Visit

MOST_DATES = 60
_SHOWN = (
    joinedload(Contract.customer),
    joinedload(Contract.site),
    selectinload(Contract.machines).joinedload(ContractMachine.equipment),
)


@dataclass(frozen=True, slots=True)
class Filters:
    """What narrows the list: words, one customer, the next date within days."""

    text: str = ""
    customer_id: int | None = None
    from_date: dt.date | None = None
    to_date: dt.date | None = None


def contract(contract_id: int) -> Contract:
    """One contract as its page shows it; NotFoundError."""
    query = sa.select(Contract).where(Contract.id == contract_id).options(*_SHOWN)
    found = session.scalar(query.execution_options(populate_existing=True))
    if found is None:
        raise NotFoundError(_("There is no such maintenance contract."))
    return found


def dates(contract_id: int) -> Sequence[ContractDate]:
    """What became of its dates, the newest first, with the orders and who is planned for them."""
    query = (
        sa.select(ContractDate)
        .where(ContractDate.contract_id == contract_id)
        .options(
            joinedload(ContractDate.service_order).selectinload(ServiceOrder.visits).joinedload(Visit.technician),
        )
    )
    return session.scalars(query.order_by(ContractDate.due_date.desc()).limit(MOST_DATES)).all()


def date_of(contract_id: int, date_id: int) -> ContractDate:
    """A date of this contract with its order; NotFoundError."""
    query = sa.select(ContractDate).where(ContractDate.id == date_id, ContractDate.contract_id == contract_id)
    found = session.scalar(query.options(joinedload(ContractDate.service_order)))
    if found is None:
        raise NotFoundError(_("There is no such date."))
    return found


def of_order(order_id: int) -> tuple[Contract, dt.date] | None:
    """The contract that an order was made by, and its date."""
    query = (
        sa.select(Contract, ContractDate.due_date)
        .join(ContractDate, ContractDate.contract_id == Contract.id)
        .where(ContractDate.service_order_id == order_id)
    )
    row = session.execute(query).first()
    return (row[0], row[1]) if row else None


def listed(tab: str, filters: Filters) -> sa.Select[Any]:
    """The contracts of a tab, unsorted."""
    query = sa.select(Contract).where(Contract.state == ContractState(tab))
    if filters.customer_id is not None:
        query = query.where(Contract.customer_id == filters.customer_id)
    if filters.from_date is not None:
        query = query.where(Contract.next_date >= filters.from_date)
    if filters.to_date is not None:
        query = query.where(Contract.next_date <= filters.to_date)
    if filters.text:
        query = query.join(Customer, Customer.id == Contract.customer_id)
        for word in sort_key(filters.text).split()[:6]:
            query = query.where(
                sa.or_(
                    Contract.name.icontains(word, autoescape=True),
                    Contract.kind_of_work.icontains(word, autoescape=True),
                    Contract.reference.icontains(word, autoescape=True),
                    Customer.sort_key.contains(word, autoescape=True),
                )
            )
    return query


def list_page(tab: str, filters: Filters, *, sort: str, cursor: str | None, size: int) -> Page[Contract]:
    """One page of a tab: by next date, or the newest first."""
    keys = [Contract.next_date, Contract.id] if sort.endswith("next") else [Contract.id]
    query = listed(tab, filters).options(*_SHOWN)
    return page(query, keys, cursor, descending=sort.startswith("-"), size=size)


def count_due(today: dt.date) -> int:
    """How many contracts have an order to make by this day."""
    query = sa.select(sa.func.count()).where(Contract.state == ContractState.ACTIVE, Contract.makes_on <= today)
    return session.scalar(query) or 0
