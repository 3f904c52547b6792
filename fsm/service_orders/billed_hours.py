"""The hours that bills claim, for the annex behind an invoice: one query for many bills."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa

from fsm.catalog.models import LaborRate
from fsm.core.db import session
from fsm.core.formats import local
from fsm.service_orders.billable import hours_of
from fsm.service_orders.models import ServiceOrder, TimeEntry, WorkClaim
from fsm.users.models import User


@dataclass(frozen=True, slots=True)
class BilledHours:
    """One time entry on a bill: its billable hours."""

    worked_on: dt.date
    order_number: str
    technician: str
    description: str
    hours: Decimal


def billed_hours(bill_kind: str, bill_ids: Collection[int]) -> Mapping[int, Sequence[BilledHours]]:
    """By bill, in the order they were worked; bills without hours are not in it."""
    found: dict[int, list[BilledHours]] = defaultdict(list)
    if not bill_ids:
        return found
    query = (
        sa.select(
            WorkClaim.bill_id,
            TimeEntry.start_at,
            ServiceOrder.number,
            User.name,
            TimeEntry.description,
            LaborRate.name,
            TimeEntry.billable_minutes,
        )
        .join(TimeEntry, TimeEntry.id == WorkClaim.time_entry_id)
        .join(ServiceOrder, ServiceOrder.id == TimeEntry.service_order_id)
        .join(User, User.id == TimeEntry.technician_id)
        .join(LaborRate, LaborRate.id == TimeEntry.labor_rate_id)
        .where(WorkClaim.bill_kind == bill_kind, WorkClaim.bill_id.in_(bill_ids), WorkClaim.released_at.is_(None))
        .order_by(TimeEntry.start_at, TimeEntry.id)
    )
    for bill_id, start_at, order, technician, description, rate, minutes in session.execute(query):
        row = BilledHours(local(start_at).date(), order, technician, description or rate, hours_of(minutes))
        found[bill_id].append(row)
    return found
