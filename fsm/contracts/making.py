"""Orders of contracts: made ahead, once for each date, and backed out."""

import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.contracts.models import Contract, ContractDate, ContractState, DateState
from fsm.contracts.services import ABOUT, coming_date, dated, end, held, plan, task_lines
from fsm.core import audit
from fsm.core.db import session
from fsm.core.errors import ConflictError, DomainError
from fsm.core.formats import day as written_day
from fsm.core.formats import zone
from fsm.customers.models import Equipment
from fsm.service_orders import services as service_orders
from fsm.service_orders import tasks
from fsm.service_orders.models import OrderState, ServiceOrder
from fsm.service_orders.services import OrderValues
from fsm.service_orders.tasks import LONGEST_TASK
from fsm.users.actor import Actor
from fsm.users.models import Role, User

MOST_AT_ONCE = 20  # of one contract in one transaction
DAY_BEGINS, DAY_ENDS = dt.time(8), dt.time(18)  # of a promised window
_NOT_BEGUN = frozenset({OrderState.DRAFT, OrderState.SCHEDULED})


def due_ids(today: dt.date, limit: int = 10_000) -> Sequence[int]:
    """Contracts that have an order to make by this day, the oldest date first."""
    due = sa.select(Contract.id).where(Contract.state == ContractState.ACTIVE, Contract.makes_on <= today)
    return session.scalars(due.order_by(Contract.makes_on, Contract.id).limit(limit)).all()


def make_due(
    contract_id: int, *, today: dt.date, moment: dt.datetime, actor: Actor | None = None
) -> list[ServiceOrder]:
    """Make what is due by this day, at most 20 orders; ``actor`` None: the clock, for who made the contract.

    What cannot be made is remembered on the contract as its problem.
    """
    contract = held(contract_id)
    made: list[ServiceOrder] = []
    while contract.makes_on <= today and len(made) < MOST_AT_ONCE:
        order = _made(contract, contract.next_date, actor, today, moment)
        if order is None:
            break
        made.append(order)
    return made


def note_problem(contract_id: int, sentence: str) -> None:
    """Remember why the next order could not be made, for the office to see."""
    held(contract_id).problem = sentence[:250]
    session.flush()


def make_now(contract_id: int, due_date: dt.date, *, actor: Actor, today: dt.date, moment: dt.datetime) -> ServiceOrder:
    """Make the order of a coming date before its time; DomainError where it cannot be made."""
    contract = held(contract_id)
    if contract.state is not ContractState.ACTIVE:
        raise ConflictError(_("The contract is not active."))
    order = _made(contract, due_date, actor, today, moment)
    if order is None:
        raise DomainError(contract.problem)
    return order


def _made(
    contract: Contract, due_date: dt.date, actor: Actor | None, today: dt.date, moment: dt.datetime
) -> ServiceOrder | None:
    contract.problem = _why_not(contract)
    if contract.problem:
        session.flush()
        return None
    row = coming_date(contract, due_date, moment)
    machines = _machines(contract)
    worker = actor or _who_agreed(contract)
    order = service_orders.create(
        _values(contract, due_date, machines),
        actor=worker,
        today=today,
        moment=moment,
        work_not_to_bill_reason=contract.not_to_bill_reason,
    )
    tasks.set_tasks(order.id, order_tasks(contract.tasks, machines), actor=worker)
    row.state, row.service_order_id, row.reason = DateState.MADE, order.id, ""
    plan(contract)
    sentence = _("Made for %(day)s by contract “%(name)s”.", day=written_day(due_date), name=contract.name)
    audit.note([(ABOUT, contract.id), ("service_order", order.id)], sentence)
    return order


def _why_not(contract: Contract) -> str:
    if contract.customer.archived_at:
        return _("The customer is archived.")
    return _("The site is archived.") if contract.site.archived_at else ""


def _who_agreed(contract: Contract) -> Actor:
    user = session.get_one(User, contract.created_by_id)
    return Actor(user.id, user.name, user.email, frozenset({Role.OFFICE}), user.locale, 0)


def _machines(contract: Contract) -> list[Equipment]:
    return [row.equipment for row in contract.machines if row.equipment.archived_at is None]


def machine_name(machine: Equipment) -> str:
    """Kind, make, model and serial number, as far as they are known."""
    return " ".join(filter(None, (machine.kind, machine.make, machine.model, machine.serial)))


def order_tasks(text: str, machines: Sequence[Equipment]) -> list[str]:
    """The tasks of an order: with several machines each task once for each, else the machines themselves."""
    lines = task_lines(text)
    if len(machines) < 2:  # noqa: PLR2004 - one machine needs no name
        return lines
    names = [machine_name(machine) for machine in machines]
    found = [f"{name}: {line}" for name in names for line in lines] or names
    return [task[:LONGEST_TASK] for task in found]


def _values(contract: Contract, due_date: dt.date, machines: Sequence[Equipment]) -> OrderValues:
    first = due_date - dt.timedelta(days=contract.days_before)
    last = due_date + dt.timedelta(days=contract.days_after)
    return OrderValues(
        site_id=contract.site_id,
        description=contract.description or contract.name,
        equipment_id=machines[0].id if len(machines) == 1 else None,
        reference=contract.reference,
        kind_of_work=contract.kind_of_work,
        planned_minutes=contract.planned_minutes,
        window_start_at=dt.datetime.combine(first, DAY_BEGINS, zone()).astimezone(dt.UTC),
        window_end_at=dt.datetime.combine(last, DAY_ENDS, zone()).astimezone(dt.UTC),
    )


def back_out(contract_id: int, date_id: int, reason: str, *, offers_again: bool, actor: Actor) -> ContractDate:
    """Cancel an order that was made and not begun; its date is offered again or skipped, with the reason."""
    contract = held(contract_id)
    row = dated(contract, date_id)
    if not reason:
        raise DomainError(_("Say why."), "reason")
    order = row.service_order
    if row.state is not DateState.MADE or order is None:
        raise ConflictError(_("This date has no order."))
    if order.state not in {*_NOT_BEGUN, OrderState.CANCELLED}:
        raise ConflictError(_("%(number)s has begun: it stays.", number=order.number))
    if order.state in _NOT_BEGUN:
        service_orders.cancel(order.id, reason, actor=actor)
    row.service_order_id = None
    row.state, row.reason = (DateState.OFFERED, "") if offers_again else (DateState.SKIPPED, reason)
    plan(contract)
    words = _("%(number)s was backed out: %(reason)s", number=order.number, reason=reason)
    audit.note([(ABOUT, contract.id)], words)
    return row


def end_with_orders(contract_id: int, reason: str, *, cancels_orders: bool, actor: Actor) -> tuple[Contract, int]:
    """End a contract and, if wanted, cancel its orders for which nobody is planned; gives how many."""
    contract = end(contract_id, reason)
    if not cancels_orders:
        return contract, 0
    rows = open_dates(contract.id)
    for row in rows:
        back_out(contract.id, row.id, reason, offers_again=False, actor=actor)
    return contract, len(rows)


def open_dates(contract_id: int) -> list[ContractDate]:
    """Dates whose orders wait for somebody to be planned."""
    query = (
        sa.select(ContractDate)
        .join(ServiceOrder, ServiceOrder.id == ContractDate.service_order_id)
        .where(ContractDate.contract_id == contract_id, ServiceOrder.state == OrderState.DRAFT)
    )
    return list(session.scalars(query.order_by(ContractDate.due_date).limit(200)))
