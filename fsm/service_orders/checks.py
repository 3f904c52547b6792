"""What must always be true of service orders; each function yields a sentence per violation (accounting.md 8)."""

import functools
from collections.abc import Iterator

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.ledger.checks import AnySelect, holes, streamed
from fsm.service_orders.billable import has_work_to_bill
from fsm.service_orders.models import PartUsed, ServiceOrder, TimeEntry, WorkClaim


def no_work_billed_twice() -> Iterator[str]:
    """An hour or a part is on one live bill at most."""
    for name, sentence in (
        ("time_entry_id", _("Time entry %(id)s is on %(count)s live invoices.")),
        ("part_used_id", _("Part %(id)s is on %(count)s live invoices.")),
    ):
        for work_id, count in streamed(_billed_twice(name)):
            yield sentence % {"id": work_id, "count": count}


@functools.cache
def _billed_twice(name: str) -> AnySelect:
    column = getattr(WorkClaim, name)
    return (
        sa.select(column, sa.func.count())
        .where(WorkClaim.released_at.is_(None), column.is_not(None))
        .group_by(column)
        .having(sa.func.count() > 1)
        .order_by(column)
    )


def to_bill_flags_right() -> Iterator[str]:
    """Done-not-invoiced reads a stored flag; it says what the work says."""
    for (number,) in streamed(_wrong_flags()):
        yield _("Service order %(number)s: its mark of having work to bill is wrong.", number=number)


@functools.cache
def _wrong_flags() -> AnySelect:
    query = sa.select(ServiceOrder.number).where(ServiceOrder.has_work_to_bill != has_work_to_bill())
    return query.order_by(ServiceOrder.id)


def order_numbers_without_hole() -> Iterator[str]:
    """Orders are cancelled, never deleted: their numbers run without a hole."""
    yield from holes(_numbers(), "service_order")


@functools.cache
def _numbers() -> AnySelect:
    return sa.select(
        ServiceOrder.number_series.label("series"),
        ServiceOrder.number_period.label("period"),
        ServiceOrder.number_counter.label("number"),
    )


def claims_name_their_order() -> Iterator[str]:
    """A claim's order is that of the hour or part it claims."""
    for (claim_id,) in streamed(_claims_of_others()):
        yield _("Claim %(id)s names another service order than its work.", id=claim_id)


@functools.cache
def _claims_of_others() -> AnySelect:
    order_id = sa.func.coalesce(TimeEntry.service_order_id, PartUsed.service_order_id, 0)
    return (
        sa.select(WorkClaim.id)
        .outerjoin(TimeEntry, TimeEntry.id == WorkClaim.time_entry_id)
        .outerjoin(PartUsed, PartUsed.id == WorkClaim.part_used_id)
        .where(WorkClaim.service_order_id != order_id)
        .order_by(WorkClaim.id)
    )
