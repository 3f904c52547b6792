"""Time: the billing rule by hand, overlaps, the timer, who may change what."""

import datetime as dt
from decimal import Decimal

import pytest

from fsm.catalog import services as catalog
from fsm.catalog.services import set_customer_price
from fsm.core.db import session, writing
from fsm.core.errors import ConflictError, DomainError, ForbiddenError, NotFoundError
from fsm.service_orders import claims, time_entries, visits
from fsm.service_orders.billable import hours_of
from fsm.service_orders.models import OrderState, ServiceSettings, TimeEntry
from fsm.service_orders.time_entries import TimeValues, billable_minutes
from tests import factories
from tests.service_orders.conftest import EVENING, MORNING, Field


def at(hour: int, minute: int = 0) -> dt.datetime:
    return MORNING.replace(hour=hour, minute=minute)


# real minutes, minimum, step -> billable, reckoned by hand
@pytest.mark.parametrize(
    ("real", "minimum", "step", "billable"),
    [
        (0, 30, 15, 0),
        (1, 0, 1, 1),
        (1, 0, 15, 15),
        (15, 0, 15, 15),
        (16, 0, 15, 30),
        (10, 30, 15, 30),
        (50, 30, 15, 60),
        (31, 30, 30, 60),
        (10, 20, 15, 30),
        (61, 60, 60, 120),
        (1440, 0, 7, 1440),
        (1439, 0, 15, 1440),
    ],
)
def test_the_billing_rule(real: int, minimum: int, step: int, billable: int) -> None:
    assert billable_minutes(real, minimum_minutes=minimum, rounding_minutes=step) == billable


@pytest.mark.parametrize(("minutes", "hours"), [(50, "0.83"), (20, "0.33"), (45, "0.75"), (1, "0.02"), (90, "1.50")])
def test_hours_are_rounded_once(minutes: int, hours: str) -> None:
    assert hours_of(minutes) == Decimal(hours)


@pytest.fixture
def order_id(field: Field) -> int:
    with writing():
        order = factories.make_order(factories.session.get(factories.Site, field.site_id))
        for technician in (field.technician, field.other):
            visits.schedule(order.id, technician_id=technician.id, start_at=MORNING, end_at=EVENING, actor=field.office)
        made = order.id
    session.remove()
    return made


def log(field: Field, order_id: int, start: dt.datetime, end: dt.datetime, **values: object) -> TimeEntry:
    with writing():
        return time_entries.log_time(order_id, TimeValues(start, end, **values), actor=field.technician, moment=EVENING)


@pytest.mark.database
def test_real_and_billable_time_are_kept_apart(field: Field, order_id: int) -> None:
    with writing():
        rules = session.get(ServiceSettings, 1)
        assert rules is not None
        rules.minimum_minutes, rules.rounding_minutes = 30, 15
    entry = log(field, order_id, at(9), at(9, 50))
    assert (entry.minutes, entry.billable_minutes) == (50, 60)
    assert entry.unit_price == Decimal(65)
    assert entry.hourly_cost == Decimal(38)


@pytest.mark.database
@pytest.mark.parametrize(
    ("start", "end", "is_refused"),
    [
        (at(9), at(10), False),  # touches the start
        (at(12), at(13), False),  # touches the end
        (at(9), at(10, 1), True),
        (at(11, 59), at(13), True),
        (at(10, 30), at(11), True),  # inside
        (at(9), at(13), True),  # around
        (at(10), at(12), True),  # the same
    ],
)
def test_touching_is_fine_and_overlapping_names_the_other(
    start: dt.datetime, end: dt.datetime, is_refused: object, field: Field, order_id: int
) -> None:
    log(field, order_id, at(10), at(12))
    if not is_refused:
        assert log(field, order_id, start, end).end_at == end
        return
    with pytest.raises(DomainError, match="SO-26") as refused:
        log(field, order_id, start, end)
    assert refused.value.field == "start_at"
    assert "11:00 to 13:00" in str(refused.value)  # Brussels, an hour ahead of UTC in March


@pytest.mark.database
def test_another_technician_may_work_at_the_same_time(field: Field, order_id: int) -> None:
    log(field, order_id, at(10), at(12))
    with writing():
        entry = time_entries.log_time(order_id, TimeValues(at(10), at(12)), actor=field.other, moment=EVENING)
    assert entry.technician_id == field.other.id


@pytest.mark.database
@pytest.mark.parametrize(
    ("start", "end"),
    [
        (at(10), at(10)),
        (at(10), at(9)),
        (at(19), at(21)),  # the evening is now
        (at(10) - dt.timedelta(days=1, minutes=1), at(10)),  # more than 24 h
    ],
)
def test_impossible_times(start: dt.datetime, end: dt.datetime, field: Field, order_id: int) -> None:
    with pytest.raises(DomainError) as refused:
        log(field, order_id, start, end)
    assert refused.value.field == "end_at"


@pytest.mark.database
def test_24_hours_across_midnight_are_fine(field: Field, order_id: int) -> None:
    entry = log(field, order_id, at(10) - dt.timedelta(days=1), at(10))
    assert (entry.minutes, entry.billable_minutes) == (1440, 1440)


@pytest.mark.database
def test_the_timer(field: Field, order_id: int) -> None:
    with writing():
        entry = time_entries.start_timer(order_id, actor=field.technician, moment=at(9, 15).replace(second=40))
        second = factories.make_order(factories.session.get(factories.Site, field.site_id))
        visits.schedule(
            second.id, technician_id=field.technician.id, start_at=MORNING, end_at=EVENING, actor=field.office
        )
        second_id, number = second.id, claims_number(order_id)
    assert (entry.start_at, entry.end_at) == (at(9, 15), None)
    with pytest.raises(ConflictError, match=number), writing():
        time_entries.start_timer(second_id, actor=field.technician, moment=at(9, 30))
    with pytest.raises(DomainError, match="now"):  # typed hours that the running timer covers
        log(field, second_id, at(9), at(10))
    with writing():
        stopped = time_entries.stop_timer(order_id, entry.id, actor=field.technician, moment=at(10, 5))
    assert (stopped.minutes, stopped.billable_minutes) == (50, 50)
    with pytest.raises(ConflictError, match="stopped already"), writing():
        time_entries.stop_timer(order_id, entry.id, actor=field.technician, moment=at(11))


def claims_number(order_id: int) -> str:
    order = session.get(factories.ServiceOrder, order_id)
    assert order is not None
    return str(order.number)


@pytest.mark.database
def test_a_timer_of_seconds_counts_a_minute_and_the_next_one_starts_after_it(field: Field, order_id: int) -> None:
    with writing():
        first = time_entries.start_timer(order_id, actor=field.technician, moment=at(9).replace(second=5))
        time_entries.stop_timer(order_id, first.id, actor=field.technician, moment=at(9).replace(second=20))
        second = time_entries.start_timer(order_id, actor=field.technician, moment=at(9).replace(second=30))
    assert first.minutes == 1
    assert second.start_at == at(9, 1)


@pytest.mark.database
def test_a_timer_forgotten_for_a_day_is_corrected_not_stopped(field: Field, order_id: int) -> None:
    with writing():
        entry = time_entries.start_timer(order_id, actor=field.technician, moment=at(9))
    tomorrow = at(9, 1) + dt.timedelta(days=1)
    with pytest.raises(ConflictError, match="24 hours"), writing():
        time_entries.stop_timer(order_id, entry.id, actor=field.technician, moment=tomorrow)
    with writing():
        corrected = time_entries.correct_time(
            order_id, entry.id, TimeValues(at(9), at(17)), actor=field.technician, moment=tomorrow
        )
    assert corrected.minutes == 480


@pytest.mark.database
def test_a_technician_changes_neither_price_nor_billed_minutes(field: Field, order_id: int) -> None:
    entry = log(field, order_id, at(10), at(11), unit_price=Decimal(1), billable_minutes=5)
    assert (entry.unit_price, entry.billable_minutes) == (Decimal(65), 60)
    values = TimeValues(at(10), at(11), unit_price=Decimal(50), billable_minutes=30)
    with writing():
        by_office = time_entries.correct_time(order_id, entry.id, values, actor=field.office, moment=EVENING)
    assert (by_office.unit_price, by_office.billable_minutes) == (Decimal(50), 30)
    with pytest.raises(DomainError), writing():
        time_entries.correct_time(
            order_id, entry.id, TimeValues(at(10), at(11), billable_minutes=1441), actor=field.office, moment=EVENING
        )


@pytest.mark.database
def test_whose_time_it_is(field: Field, order_id: int) -> None:
    entry = log(field, order_id, at(10), at(11))
    values = TimeValues(at(10), at(12))
    with pytest.raises(NotFoundError), writing():
        time_entries.correct_time(order_id, entry.id, values, actor=field.other, moment=EVENING)
    with pytest.raises(ForbiddenError), writing():
        time_entries.log_time(
            order_id, TimeValues(at(13), at(14), technician_id=field.technician.id), actor=field.other, moment=EVENING
        )


@pytest.mark.database
def test_the_customers_own_price_comes_first_and_another_rate_brings_its_price(field: Field, order_id: int) -> None:
    with writing():
        set_customer_price(field.customer_id, catalog.rate(field.rate_id), Decimal("58.50"))
    entry = log(field, order_id, at(10), at(11))
    assert entry.unit_price == Decimal("58.50")
    with writing():
        time_entries.correct_time(
            order_id,
            entry.id,
            TimeValues(at(10), at(11), labor_rate_id=field.travel_id),
            actor=field.technician,
            moment=EVENING,
        )
    assert entry.unit_price == Decimal(40)
    with pytest.raises(DomainError) as refused:
        log(field, order_id, at(12), at(13), labor_rate_id=field.distance_id)
    assert refused.value.field == "labor_rate_id"


@pytest.mark.database
def test_only_the_office_corrects_a_done_order_and_nobody_billed_time(field: Field, order_id: int) -> None:
    entry = log(field, order_id, at(10), at(11))
    values = TimeValues(at(10), at(12))
    with writing():
        order = session.get(factories.ServiceOrder, order_id)
        assert order is not None
        order.state, order.done_at = OrderState.DONE, EVENING
    with pytest.raises(ConflictError, match="only the office"), writing():
        time_entries.correct_time(order_id, entry.id, values, actor=field.technician, moment=EVENING)
    with writing():
        time_entries.correct_time(order_id, entry.id, values, actor=field.office, moment=EVENING)
        claims.claim("invoice", 7, [(70, "time", entry.id)])
    with writing():  # on a draft the office still may
        time_entries.correct_time(order_id, entry.id, TimeValues(at(10), at(13)), actor=field.office, moment=EVENING)
    [changed] = claims.work_of_claims("invoice", 7)
    assert (changed.bill_line_id, changed.quantity, changed.value) == (70, Decimal("3.00"), Decimal("195.00"))
    with writing():
        claims.make_final("invoice", [7])
    for step in (
        lambda: time_entries.correct_time(order_id, entry.id, values, actor=field.office, moment=EVENING),
        lambda: time_entries.remove_time(order_id, entry.id, actor=field.office),
    ):
        with pytest.raises(ConflictError), writing():
            step()


@pytest.mark.database
def test_logging_time_on_a_scheduled_order_starts_it(field: Field, order_id: int) -> None:
    with writing():
        order = session.get(factories.ServiceOrder, order_id)
        assert order is not None
        order.state = OrderState.SCHEDULED
    log(field, order_id, at(10), at(11))
    session.expire_all()
    order = session.get(factories.ServiceOrder, order_id)
    assert order is not None
    assert (order.state, order.started_at) == (OrderState.IN_PROGRESS, at(10))
