"""Draft invoices from Done service orders: each line claims its hour or part.

A list of groups becomes a list of drafts by a few statements whatever its length; one order is a list of one. What a
draft would be is worked out by ``plan``, which writes nothing: a preview shows the very figures that come.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace
from typing import Any, TypeAlias

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.company.models import Language
from fsm.core import bulk
from fsm.core.audit import notes, now
from fsm.core.db import session
from fsm.core.errors import ConflictError, DomainError, NotFoundError
from fsm.core.formats import local
from fsm.customers.models import Customer, Site
from fsm.documents.limits import MAX_LINES
from fsm.documents.rates import LineRates
from fsm.documents.totals import Totals, unit_prices
from fsm.documents.words import Words
from fsm.invoices import figures
from fsm.invoices.drafts import BILL_KIND, Defaults
from fsm.invoices.models import Invoice, InvoiceFollowUp, InvoiceLine, InvoiceServiceOrder, InvoiceState
from fsm.invoices.rates import first_invoice_days
from fsm.ledger.queries import account_of_role
from fsm.service_orders import claims
from fsm.service_orders.billable import BillableWork, WorkKind, billable_work
from fsm.service_orders.models import OrderState, ServiceOrder, WorkClaim

MAX_SECTION = 250
MAX_REFERENCE = 250
OrderRow: TypeAlias = Any  # the columns of ``_orders``


class NothingLeftError(ConflictError):
    """All of it is on an invoice already."""


@dataclass(frozen=True, slots=True)
class Group:
    """Orders of one payer that come onto one invoice; ``work`` None: all that is to bill on them, else only this."""

    order_ids: tuple[int, ...]
    work: frozenset[tuple[WorkKind, int]] | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """The draft that a group becomes, or why it becomes none; ``invoice`` and ``lines`` are rows not yet written."""

    group: Group
    numbers: tuple[str, ...]
    customer: Customer | None = None
    work: Sequence[BillableWork] = ()
    invoice: SimpleNamespace | None = None
    lines: Sequence[SimpleNamespace] = ()
    totals: Totals | None = None
    refusal: DomainError | None = None


def draft_from_orders(order_ids: Sequence[int], *, actor_id: int) -> Invoice:
    """One draft of all that is to bill on these Done orders of one payer; asked again, the same draft.

    ConflictError for an order that is not Done or not validated, or has nothing to bill.
    """
    (planned,) = plan([Group(tuple(sorted(set(order_ids))))], locks=True)
    if planned.refusal is not None:
        if existing := _draft_of(planned.group.order_ids):
            return existing
        raise planned.refusal
    (invoice_id,) = write([planned], actor_id=actor_id)
    return session.get_one(Invoice, invoice_id)


def draft_groups(groups: Sequence[Group], *, actor_id: int) -> list[int]:
    """A draft of each group; gives their ids in this order. All or none: the first refusal of a group is raised."""
    planned = plan(groups, locks=True)
    for one in planned:
        if one.refusal is not None:
            raise one.refusal
    return write(planned, actor_id=actor_id)


def plan(
    groups: Sequence[Group], *, locks: bool = False, work: Mapping[int, Sequence[BillableWork]] | None = None
) -> list[Planned]:
    """What the groups become, in a few queries; ``locks`` holds the orders until the transaction ends.

    ``work`` is ``work_by_order`` where the caller has read it already.
    """
    ids = {order_id for group in groups for order_id in group.order_ids}
    orders = _orders(ids, locks=locks)
    planner = _Planner(orders, work_by_order(ids) if work is None else work)
    return [planner.plan(group) for group in groups]


def work_by_order(order_ids: Iterable[int]) -> dict[int, list[BillableWork]]:
    """What is to bill on each of these orders."""
    work: dict[int, list[BillableWork]] = defaultdict(list)
    for item in billable_work(order_ids):
        work[item.service_order_id].append(item)
    return work


def payer() -> sa.ColumnElement[int]:
    """Who pays an order: its own payer, its site's, else the customer. For queries that join the site."""
    return sa.func.coalesce(ServiceOrder.payer_id, Site.payer_id, ServiceOrder.customer_id)


def _orders(ids: Iterable[int], *, locks: bool) -> dict[int, OrderRow]:
    query = (
        sa.select(
            ServiceOrder.id,
            ServiceOrder.number,
            ServiceOrder.state,
            ServiceOrder.validated_at,
            ServiceOrder.reference,
            ServiceOrder.site_id,
            payer().label("payer_id"),
        )
        .join(Site, Site.id == ServiceOrder.site_id)
        .where(ServiceOrder.id.in_(sorted(ids)))
        .order_by(ServiceOrder.id)
    )
    if locks:
        query = query.with_for_update(of=ServiceOrder)
    return {row.id: row for row in session.execute(query)}


class _Planner:
    """Works groups out one by one; what they share is read once."""

    def __init__(self, orders: Mapping[int, OrderRow], work: Mapping[int, Sequence[BillableWork]]) -> None:
        self._orders, self._work = orders, work
        self._used: set[tuple[str, int]] = set()
        self._defaults, self._roles = Defaults(), account_of_role()
        self._today = local(now()).date()
        payers, sites = {row.payer_id for row in orders.values()}, {row.site_id for row in orders.values()}
        self._customers = {row.id: row for row in session.scalars(sa.select(Customer).where(Customer.id.in_(payers)))}
        self._sites = {row.id: row for row in session.scalars(sa.select(Site).where(Site.id.in_(sites)))}
        self._first_days = first_invoice_days(orders)

    def plan(self, group: Group) -> Planned:
        """The draft of a group, or its refusal."""
        orders = [self._orders[order_id] for order_id in group.order_ids if order_id in self._orders]
        numbers = tuple(row.number for row in orders)
        try:
            customer = self._customer(group, orders)
            work = self._work_of(group, orders)
            invoice = self._invoice(customer, orders, work)
            lines = self._lines(invoice, customer, orders, work)
            totals = figures.totals_of(invoice, lines)
        except DomainError as refusal:
            return Planned(group, numbers, refusal=refusal)
        figures.store(invoice, lines, totals)
        self._used |= {(item.kind, item.work_id) for item in work}
        return Planned(group, numbers, customer, work, invoice, lines, totals)

    def _customer(self, group: Group, orders: Sequence[OrderRow]) -> Customer:
        if not orders or len(orders) != len(set(group.order_ids)):
            raise NotFoundError(_("There is no such service order."))
        for row in orders:
            if row.state is not OrderState.DONE:
                raise ConflictError(_("Service order %(number)s is not Done.", number=row.number))
            if row.validated_at is None:
                raise ConflictError(
                    _("The report, hours and parts of %(number)s have not been validated yet.", number=row.number)
                )
        payers = {row.payer_id for row in orders}
        if len(payers) > 1:
            raise ConflictError(_("These orders are paid by different customers."))
        customer = self._customers[payers.pop()]
        if customer.archived_at is not None:
            raise ConflictError(_("%(name)s is archived.", name=customer.name))
        return customer

    def _work_of(self, group: Group, orders: Sequence[OrderRow]) -> list[BillableWork]:
        found = [
            item
            for row in orders
            for item in self._work.get(row.id, ())
            if (item.kind, item.work_id) not in self._used
            and (group.work is None or (item.kind, item.work_id) in group.work)
        ]
        if group.work is not None and len(found) != len(group.work):
            raise ConflictError(_("Some of this work is already on another invoice, or not to bill any more."))
        if not found:
            raise NothingLeftError(
                _("Nothing is left to bill on %(numbers)s.", numbers=", ".join(row.number for row in orders))
            )
        if len(found) > MAX_LINES:
            raise ConflictError(_("A document has at most %(most)s lines.", most=MAX_LINES))
        return found

    def _invoice(self, customer: Customer, orders: Sequence[OrderRow], work: Sequence[BillableWork]) -> SimpleNamespace:
        """Plain values, not a mapped row: the unit of work would cost more than everything else here."""
        sites = {row.site_id for row in orders}
        values = self._defaults.of(customer, self._sites[sites.pop()] if len(sites) == 1 else None)
        values["delivery_date"] = max(item.worked_on for item in work)
        values["reference"] = ", ".join(dict.fromkeys(row.reference for row in orders if row.reference))[:MAX_REFERENCE]
        return SimpleNamespace(**values, sign=1)

    def _lines(
        self,
        invoice: SimpleNamespace,
        customer: Customer,
        orders: Sequence[OrderRow],
        work: Sequence[BillableWork],
    ) -> list[SimpleNamespace]:
        days: dict[int, dt.date] = {}
        for item in work:
            days[item.service_order_id] = max(item.worked_on, days.get(item.service_order_id, item.worked_on))
        sections = (
            {row.id: self._heading(row, days[row.id], invoice.language) for row in orders if row.id in days}
            if len(orders) > 1
            else {}
        )
        rates = LineRates(
            self._defaults.company,
            customer,
            on=self._today,
            sites={row.id: self._sites[row.site_id] for row in orders},
            first_days=self._first_days,
        )
        return [
            self._line(invoice, rates, item, position, sections.get(item.service_order_id, ""))
            for position, item in enumerate(work, start=1)
        ]

    def _line(
        self, invoice: SimpleNamespace, rates: LineRates, item: BillableWork, position: int, section: str
    ) -> SimpleNamespace:
        rate = rates.proposed(item.taxed, item.service_order_id)
        amount, amount_with_tax = unit_prices(item.unit_price, None, rate.tax_rate, tax_included=invoice.tax_included)
        return SimpleNamespace(
            position=position,
            description=item.description,
            quantity=item.quantity,
            unit=item.unit,
            amount=amount,
            amount_with_tax=amount_with_tax,
            tax_rate=rate.tax_rate,
            special_status=rate.special_status,
            rate_reason=rate.reason.value,
            account_number=item.account_number or self._roles["goods" if item.is_goods else "services"],
            stockitem_code=item.stockitem_code,
            stock_item_id=item.stock_item_id,
            unit_cost=item.unit_cost,
            section=section,
            service_order_id=item.service_order_id,
        )

    def _heading(self, row: OrderRow, day: dt.date, language: Language) -> str:
        """What an order's lines stand under: number, day, site, the customer's reference; in the invoice's language."""
        parts = (row.number, _day(language, day), self._sites[row.site_id].name, row.reference)
        return " · ".join(part for part in parts if part)[:MAX_SECTION]


@cache
def _words(language: Language) -> Words:
    return Words(language)


@cache
def _day(language: Language, day: dt.date) -> str:
    return _words(language).day(day)


def write(planned: Sequence[Planned], *, actor_id: int) -> list[int]:
    """Write what was planned under locks in this transaction; gives the invoices' ids in this order."""
    moment = now()
    ids = bulk.insert(
        Invoice,
        [
            {name: value for name, value in vars(one.invoice).items() if name != "sign"}
            | {"created_by_id": actor_id, "created_at": moment}
            for one in planned
        ],
    )
    pairs = list(zip(ids, planned, strict=True))
    line_ids = bulk.insert(
        InvoiceLine, [vars(line) | {"invoice_id": invoice_id} for invoice_id, one in pairs for line in one.lines]
    )
    bulk.insert(
        InvoiceFollowUp,
        [
            {"invoice_id": invoice_id, "automatic_reminders": bool(one.customer and one.customer.automatic_reminders)}
            for invoice_id, one in pairs
        ],
    )
    bulk.add(
        InvoiceServiceOrder,
        [
            {"invoice_id": invoice_id, "service_order_id": order_id}
            for invoice_id, one in pairs
            for order_id in _billed(one)
        ],
    )
    work = [(invoice_id, item) for invoice_id, one in pairs for item in one.work]
    claims.claim_read(
        BILL_KIND, [(invoice_id, line_id, item) for line_id, (invoice_id, item) in zip(line_ids, work, strict=True)]
    )
    _tell(pairs)
    return ids


def _billed(one: Planned) -> list[int]:
    """The orders of which something is on the draft."""
    return sorted({item.service_order_id for item in one.work})


def _tell(pairs: Iterable[tuple[int, Planned]]) -> None:
    told: list[tuple[list[tuple[str, int]], str]] = []
    on_order, on_invoice = _("Draft invoice made"), _("Draft made from %(numbers)s")
    for invoice_id, one in pairs:
        told.append(([("service_order", order_id) for order_id in _billed(one)], on_order))
        told.append(([(BILL_KIND, invoice_id)], on_invoice % {"numbers": ", ".join(one.numbers)}))
    notes(told)


def _draft_of(order_ids: Sequence[int]) -> Invoice | None:
    """The newest draft that claims work of these orders (asked again, the same); its number of orders may be larger."""
    query = (
        sa.select(Invoice)
        .join(WorkClaim, sa.and_(WorkClaim.bill_kind == BILL_KIND, WorkClaim.bill_id == Invoice.id))
        .where(
            WorkClaim.service_order_id.in_(order_ids),
            WorkClaim.released_at.is_(None),
            WorkClaim.is_final.is_(False),
            Invoice.state == InvoiceState.DRAFT,
        )
        .order_by(Invoice.id.desc())
        .limit(1)
    )
    return session.scalar(query)
