"""A contract is agreed, changed, paused, ended; its dates are skipped or offered again. Orders: ``making.py``."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import islice

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.contracts.intervals import Interval
from fsm.contracts.models import (
    NEVER,
    TRANSITIONS,
    Contract,
    ContractDate,
    ContractMachine,
    ContractState,
    DateState,
    IntervalUnit,
)
from fsm.core import audit
from fsm.core.db import lock, session
from fsm.core.errors import ConflictError, DomainError, NotFoundError
from fsm.core.formats import day as written_day
from fsm.core.state import advance, check_version
from fsm.customers.models import Equipment, Site
from fsm.service_orders.models import OrderState
from fsm.service_orders.tasks import LONGEST_TASK, MOST_TASKS

ABOUT = "maintenance_contract"
MOST_MACHINES = 50
_SCHEDULE = ("first_date", "end_date", "interval_count", "interval_unit")


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractValues:
    """What was agreed. ``tasks``: one a line; ``not_to_bill_reason`` counts where it is not to bill."""

    name: str
    first_date: dt.date
    interval_count: int
    interval_unit: IntervalUnit
    planned_minutes: int
    end_date: dt.date | None = None
    kind_of_work: str = ""
    reference: str = ""
    description: str = ""
    tasks: str = ""
    days_before: int = 0
    days_after: int = 0
    lead_days: int = 0
    is_to_bill: bool = True
    not_to_bill_reason: str = ""


def create(
    site_id: int,
    values: ContractValues,
    machine_ids: Sequence[int],
    *,
    actor_id: int,
    today: dt.date,
    moment: dt.datetime,
) -> Contract:
    """A contract from today on: dates before are not made. DomainError at the field that is wrong."""
    site = session.get(Site, site_id)
    if site is None:
        raise NotFoundError(_("There is no such site."))
    if site.archived_at or site.customer.archived_at:
        raise DomainError(_("This site is archived."))
    _check(values, machine_ids, site_id)
    contract = Contract(
        customer_id=site.customer_id,
        site_id=site_id,
        state=ContractState.ACTIVE,
        runs_from=today,
        created_by_id=actor_id,
        created_at=moment,
        **_columns(values),
    )
    session.add(contract)
    session.flush()
    _set_machines(contract, machine_ids)
    plan(contract)
    sentence = _("Maintenance contract “%(name)s” was made.", name=contract.name)
    audit.note([(ABOUT, contract.id), ("customer", contract.customer_id)], sentence)
    return contract


def edit(
    contract_id: int, values: ContractValues, machine_ids: Sequence[int], *, version: int | None, today: dt.date
) -> Contract:
    """What comes from now on; orders that were made stay as they are. Another rhythm makes no date of the past."""
    contract = held(contract_id)
    check_version(contract.version, version)
    _check(values, machine_ids, contract.site_id)
    columns = _columns(values)
    if any(getattr(contract, name) != columns[name] for name in _SCHEDULE):
        contract.runs_from = max(contract.runs_from, today)
    for name, value in columns.items():
        setattr(contract, name, value)
    contract.problem = ""
    _set_machines(contract, machine_ids)
    plan(contract)
    return contract


def _columns(values: ContractValues) -> dict[str, object]:
    return asdict(values) | {"not_to_bill_reason": "" if values.is_to_bill else values.not_to_bill_reason}


def pause(contract_id: int, reason: str) -> Contract:
    """No order is made until it goes on; those that were made stay."""
    contract = held(contract_id)
    _require(reason)
    contract.state, contract.state_reason = advance(TRANSITIONS, contract.state, ContractState.PAUSED), reason
    plan(contract)
    audit.note([(ABOUT, contract.id)], _("Paused: %(reason)s", reason=reason))
    return contract


def resume(contract_id: int, *, today: dt.date) -> Contract:
    """It goes on from today; dates that passed meanwhile are not made. ConflictError where its end has passed."""
    contract = held(contract_id)
    if contract.end_date is not None and contract.end_date < today:
        raise ConflictError(_("Its last day has passed: give it another one first."))
    contract.state, contract.state_reason = advance(TRANSITIONS, contract.state, ContractState.ACTIVE), ""
    contract.runs_from = max(contract.runs_from, today)
    contract.problem = ""
    plan(contract)
    audit.note([(ABOUT, contract.id)], _("It goes on."))
    return contract


def end(contract_id: int, reason: str) -> Contract:
    """No order is made any more; those that were made stay unless they are backed out (``making.py``)."""
    contract = held(contract_id)
    _require(reason)
    contract.state, contract.state_reason = advance(TRANSITIONS, contract.state, ContractState.ENDED), reason
    plan(contract)
    audit.note([(ABOUT, contract.id), ("customer", contract.customer_id)], _ended(contract, reason))
    return contract


def _ended(contract: Contract, reason: str) -> str:
    return _("Maintenance contract “%(name)s” was ended: %(reason)s", name=contract.name, reason=reason)


def skip(contract_id: int, due_date: dt.date, reason: str, *, moment: dt.datetime) -> ContractDate:
    """Nobody goes for this date; it can be offered again. ConflictError for one that has an order."""
    contract = held(contract_id)
    _require(reason)
    row = coming_date(contract, due_date, moment)
    row.state, row.reason = DateState.SKIPPED, reason
    plan(contract)
    sentence = _("%(day)s is skipped: %(reason)s", day=written_day(due_date), reason=reason)
    audit.note([(ABOUT, contract.id)], sentence)
    return row


def offer_again(contract_id: int, date_id: int) -> ContractDate:
    """A date that was skipped, or whose order was cancelled, is to be made after all."""
    contract = held(contract_id)
    row = dated(contract, date_id)
    if (
        row.state is DateState.MADE
        and row.service_order is not None
        and row.service_order.state is not OrderState.CANCELLED
    ):
        raise ConflictError(_("This date has its order: %(number)s.", number=row.service_order.number))
    row.state, row.reason, row.service_order_id = DateState.OFFERED, "", None
    plan(contract)
    audit.note([(ABOUT, contract.id)], _("%(day)s is to be made after all.", day=written_day(row.due_date)))
    return row


def held(contract_id: int) -> Contract:
    """The contract locked: two that make its orders follow each other. NotFoundError."""
    contract: Contract | None = lock(Contract, [contract_id]).get(contract_id)
    if contract is None:
        raise NotFoundError(_("There is no such maintenance contract."))
    return contract


def dated(contract: Contract, date_id: int) -> ContractDate:
    """A date of this contract of which something became; NotFoundError."""
    row = session.get(ContractDate, date_id, populate_existing=True)
    if row is None or row.contract_id != contract.id:
        raise NotFoundError(_("There is no such date."))
    return row


def coming_date(contract: Contract, due_date: dt.date, moment: dt.datetime) -> ContractDate:
    """The row of a date that has no order yet, made where there is none; NotFoundError for a day that is no date of it."""
    query = sa.select(ContractDate).where(ContractDate.contract_id == contract.id, ContractDate.due_date == due_date)
    row = session.scalar(query)
    if row is not None:
        if row.state is DateState.MADE:
            raise ConflictError(_("There is an order for %(day)s already.", day=written_day(due_date)))
        return row
    if next(rhythm(contract).dates(due_date), None) != due_date:
        raise NotFoundError(_("This is no date of the contract."))
    row = ContractDate(contract_id=contract.id, due_date=due_date, state=DateState.OFFERED, created_at=moment)
    session.add(row)
    return row


def rhythm(contract: Contract) -> Interval:
    """Its dates, whatever became of them."""
    return Interval(contract.first_date, contract.interval_count, contract.interval_unit, contract.end_date)


def plan(contract: Contract) -> None:
    """Write down which date is made next, and when: after every change of the contract or of its dates."""
    session.flush()
    dates = coming(contract, 1)
    contract.next_date = dates[0] if dates else NEVER
    ahead = dt.timedelta(days=contract.days_before + contract.lead_days)
    contract.makes_on = contract.next_date - ahead if dates else NEVER
    session.flush()


def coming(contract: Contract, count: int) -> list[dt.date]:
    """The next dates without an order, those offered again among them; none of a contract that is not active."""
    if contract.state is not ContractState.ACTIVE:
        return []
    query = sa.select(ContractDate.due_date, ContractDate.state).where(ContractDate.contract_id == contract.id)
    known = {due: state for due, state in session.execute(query).all()}  # noqa: C416 - typed rows
    offered = [due for due, state in known.items() if state is DateState.OFFERED]
    scheduled = islice((due for due in rhythm(contract).dates(contract.runs_from) if due not in known), count)
    return sorted([*offered, *scheduled])[:count]


def _set_machines(contract: Contract, machine_ids: Sequence[int]) -> None:
    rows = session.scalars(sa.select(ContractMachine).where(ContractMachine.contract_id == contract.id)).all()
    for row in rows:
        if row.equipment_id not in machine_ids:
            session.delete(row)
    there = {row.equipment_id for row in rows}
    session.add_all(
        ContractMachine(contract_id=contract.id, equipment_id=machine_id)
        for machine_id in dict.fromkeys(machine_ids)
        if machine_id not in there
    )
    session.flush()
    session.expire(contract, ["machines"])


def _check(values: ContractValues, machine_ids: Sequence[int], site_id: int) -> None:
    if values.end_date is not None and values.end_date < values.first_date:
        raise DomainError(_("The end comes before the first date."), "end_date")
    if not values.is_to_bill and not values.not_to_bill_reason:
        raise DomainError(_("Say why: it stands beside the hours and parts."), "not_to_bill_reason")
    if len(machine_ids) > MOST_MACHINES:
        raise DomainError(_("At most %(count)s machines.", count=MOST_MACHINES), "machine_ids")
    _check_machines(machine_ids, site_id)
    lines = task_lines(values.tasks)
    if any(len(line) > LONGEST_TASK for line in lines):
        raise DomainError(_("A task has at most %(count)s characters.", count=LONGEST_TASK), "tasks")
    if len(lines) * max(1, len(set(machine_ids))) > MOST_TASKS:
        sentence = _("Each task is done on each machine: that is more than %(count)s tasks.", count=MOST_TASKS)
        raise DomainError(sentence, "tasks")


def _check_machines(machine_ids: Sequence[int], site_id: int) -> None:
    if not machine_ids:
        return
    at_site = sa.select(Equipment.id).where(Equipment.id.in_(machine_ids), Equipment.site_id == site_id)
    if set(session.scalars(at_site)) != set(machine_ids):
        raise DomainError(_("This equipment is not at this site."), "machine_ids")


def task_lines(tasks: str) -> list[str]:
    """One task a line."""
    return [line.strip() for line in tasks.splitlines() if line.strip()]


def _require(reason: str) -> None:
    if not reason:
        raise DomainError(_("Say why."), "reason")
