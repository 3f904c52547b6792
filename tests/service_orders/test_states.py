"""The life of a service order, step by step."""

import datetime as dt

import pytest

from fsm.core.db import session, writing
from fsm.core.errors import ConflictError, DomainError, NotFoundError
from fsm.service_orders import claims, marks, report, services, time_entries, visits
from fsm.service_orders.models import OrderState, ServiceOrder, ServiceSettings
from fsm.service_orders.services import OrderValues
from fsm.service_orders.time_entries import TimeValues
from fsm.service_orders.visibility import find
from tests import factories
from tests.service_orders.conftest import EVENING, MORNING, Field

pytestmark = pytest.mark.database
HOUR = dt.timedelta(hours=1)


def new_order(field: Field) -> int:
    with writing():
        order = services.create(
            OrderValues(site_id=field.site_id, description="No heat"),
            actor=field.office,
            today=factories.TODAY,
            moment=MORNING,
        )
        return order.id


def state_of(order_id: int) -> OrderState:
    session.expire_all()
    order = session.get(ServiceOrder, order_id)
    assert order is not None
    return order.state


def plan(field: Field, order_id: int) -> int:
    with writing():
        return visits.schedule(
            order_id, technician_id=field.technician.id, start_at=MORNING, end_at=MORNING + HOUR, actor=field.office
        ).id


def finish(field: Field, order_id: int) -> None:
    """Start, an hour, a report, done."""
    with writing():
        services.start(order_id, actor=field.office, moment=MORNING)
        time_entries.log_time(
            order_id,
            TimeValues(MORNING, MORNING + HOUR, technician_id=field.technician.id),
            actor=field.office,
            moment=EVENING,
        )
        report.write_report(order_id, "Pump replaced.", actor=field.office)
        services.finish(order_id, actor=field.office, moment=EVENING)


def test_the_number_is_taken_from_the_series(field: Field) -> None:
    first, second = new_order(field), new_order(field)
    numbers = [find(order_id, field.office).number for order_id in (first, second)]
    assert numbers == ["SO-2600001", "SO-2600002"]
    order = find(second, field.office)
    assert (order.state, order.number_period, order.number_counter) == (OrderState.DRAFT, "26", 2)


def test_the_payer_of_the_site_pays_unless_another_is_named(field: Field) -> None:
    with writing():
        landlord, insurer = factories.make_customer(name="Landlord"), factories.make_customer(name="Insurer")
        site = factories.make_site(factories.make_customer(name="Tenant"), payer_id=landlord.id)
        common = {"actor": field.office, "today": factories.TODAY, "moment": MORNING}
        by_site = services.create(OrderValues(site_id=site.id), **common)
        by_name = services.create(OrderValues(site_id=site.id, payer_id=insurer.id), **common)
    assert (by_site.payer_id, by_name.payer_id) == (landlord.id, insurer.id)


def test_the_first_visit_schedules_and_removing_the_last_makes_a_draft(field: Field) -> None:
    order_id = new_order(field)
    first, second = plan(field, order_id), plan(field, order_id)
    assert state_of(order_id) is OrderState.SCHEDULED
    with writing():
        visits.remove_visit(order_id, first, actor=field.office)
    assert state_of(order_id) is OrderState.SCHEDULED
    with writing():
        visits.remove_visit(order_id, second, actor=field.office)
    assert state_of(order_id) is OrderState.DRAFT


def test_a_visit_ends_after_it_starts_and_belongs_to_a_technician(field: Field) -> None:
    order_id = new_order(field)
    with pytest.raises(DomainError) as backwards, writing():
        visits.schedule(
            order_id, technician_id=field.technician.id, start_at=MORNING, end_at=MORNING, actor=field.office
        )
    assert backwards.value.field == "end_at"
    with pytest.raises(DomainError) as nobody, writing():
        visits.schedule(
            order_id, technician_id=field.office.id, start_at=MORNING, end_at=MORNING + HOUR, actor=field.office
        )
    assert nobody.value.field == "technician_id"


# What is possible from each state; all else is refused with a 409.
POSSIBLE = {
    OrderState.DRAFT: {"start", "cancel"},
    OrderState.SCHEDULED: {"start", "cancel"},
    OrderState.IN_PROGRESS: {"finish", "cancel"},
    OrderState.DONE: {"reopen", "validate"},
    OrderState.CANCELLED: set(),
}


@pytest.mark.parametrize("state", POSSIBLE)
@pytest.mark.parametrize("verb", ["start", "finish", "cancel", "reopen", "validate"])
def test_the_table_of_steps(state: OrderState, verb: str, field: Field) -> None:
    order_id = new_order(field)
    if state is OrderState.SCHEDULED:
        plan(field, order_id)
    elif state is OrderState.DONE:
        finish(field, order_id)
    elif state is not OrderState.DRAFT:
        with writing():
            services.start(order_id, actor=field.office, moment=MORNING)
            report.write_report(order_id, "Nothing found.", actor=field.office)
            marks.set_nothing_to_bill(order_id, "Warranty", actor=field.office)
            if state is OrderState.CANCELLED:
                services.cancel(order_id, "Sold", actor=field.office)
    assert state_of(order_id) is state
    steps = {
        "start": lambda: services.start(order_id, actor=field.office, moment=EVENING),
        "finish": lambda: services.finish(order_id, actor=field.office, moment=EVENING),
        "cancel": lambda: services.cancel(order_id, "Sold", actor=field.office),
        "reopen": lambda: services.reopen(order_id, "Leaks again", actor=field.office),
        "validate": lambda: services.validate(order_id, actor=field.office, moment=EVENING),
    }
    if verb in POSSIBLE[state]:
        with writing():
            steps[verb]()
        after = {"start": OrderState.IN_PROGRESS, "finish": OrderState.DONE, "cancel": OrderState.CANCELLED}
        after |= {"reopen": OrderState.IN_PROGRESS, "validate": OrderState.DONE}
        assert state_of(order_id) is after[verb]
    else:
        with pytest.raises(ConflictError), writing():
            steps[verb]()
        assert state_of(order_id) is state


def test_done_names_everything_that_is_missing(field: Field) -> None:
    order_id = new_order(field)
    with writing():
        rules = session.get(ServiceSettings, 1)
        assert rules is not None
        rules.is_signature_required = True
        order = services.start(order_id, actor=field.office, moment=MORNING)
    missing = [name for name, _sentence in services.missing_to_finish(order)]
    assert missing == ["report", "nothing_to_bill_reason", "no_signature_reason"]
    with writing():
        report.write_report(order_id, "Looked at it.", actor=field.office)
        marks.set_nothing_to_bill(order_id, "Goodwill", actor=field.office)
        report.explain_no_signature(order_id, "Nobody there", actor=field.office)
        services.finish(order_id, actor=field.office, moment=EVENING)
    assert state_of(order_id) is OrderState.DONE


def test_done_waits_for_the_running_timer(field: Field) -> None:
    order_id = new_order(field)
    with writing():
        services.start(order_id, actor=field.office, moment=MORNING)
        report.write_report(order_id, "Working.", actor=field.office)
    plan(field, order_id)
    with writing():
        time_entries.start_timer(order_id, actor=field.technician, moment=MORNING)
    for step in (
        lambda: services.finish(order_id, actor=field.office, moment=EVENING),
        lambda: services.cancel(order_id, "Sold", actor=field.office),
    ):
        with pytest.raises(DomainError, match="timer"), writing():
            step()


def test_cancelling_and_reopening_need_a_reason(field: Field) -> None:
    order_id = new_order(field)
    with pytest.raises(DomainError) as refused, writing():
        services.cancel(order_id, "", actor=field.office)
    assert refused.value.field == "reason"


def test_reopening_drops_the_validation(field: Field) -> None:
    order_id = new_order(field)
    finish(field, order_id)
    with writing():
        assert services.validate(order_id, actor=field.office, moment=EVENING).validated_by_id == field.office.id
        order = services.reopen(order_id, "Leaks again", actor=field.office)
    assert (order.validated_at, order.validated_by_id, order.done_at) == (None, None, None)


def test_a_posted_invoice_keeps_the_order_done_until_it_is_credited(field: Field) -> None:
    order_id = new_order(field)
    finish(field, order_id)
    [work] = claims.billable_work([order_id])
    with writing():
        claims.claim("invoice", 7, [(70, work.kind, work.work_id)])
        services.reopen(order_id, "A draft does not hold it", actor=field.office)
        services.finish(order_id, actor=field.office, moment=EVENING)
        claims.make_final("invoice", [7])
    with pytest.raises(ConflictError, match="posted invoice"), writing():
        services.reopen(order_id, "Leaks again", actor=field.office)
    with writing():
        claims.release_posted("invoice", [70], EVENING)
        services.reopen(order_id, "Leaks again", actor=field.office)
    assert state_of(order_id) is OrderState.IN_PROGRESS


def test_work_on_a_draft_keeps_the_order_from_being_cancelled_and_moved(field: Field) -> None:
    order_id = new_order(field)
    finish(field, order_id)
    [work] = claims.billable_work([order_id])
    with writing():
        services.reopen(order_id, "More to do", actor=field.office)
        claims.claim("invoice", 7, [(70, work.kind, work.work_id)])
        insurer = factories.make_customer(name="Insurer")
    with pytest.raises(ConflictError), writing():
        services.cancel(order_id, "Sold", actor=field.office)
    values = OrderValues(site_id=field.site_id, payer_id=insurer.id, reference="PO 12")
    with pytest.raises(ConflictError), writing():
        services.edit(order_id, values, actor=field.office, version=None)
    with writing():
        saved = services.edit(
            order_id, OrderValues(site_id=field.site_id, reference="PO 12"), actor=field.office, version=None
        )
    assert saved.reference == "PO 12"


def test_a_stale_edit_is_refused(field: Field) -> None:
    order_id = new_order(field)
    with writing():
        services.edit(order_id, OrderValues(site_id=field.site_id, reference="first"), actor=field.office, version=1)
    with pytest.raises(ConflictError), writing():
        services.edit(order_id, OrderValues(site_id=field.site_id, reference="second"), actor=field.office, version=1)


def test_a_technician_sees_own_orders_only(field: Field) -> None:
    order_id = new_order(field)
    with pytest.raises(NotFoundError):
        find(order_id, field.technician)
    plan(field, order_id)
    assert find(order_id, field.technician).id == order_id
    with pytest.raises(NotFoundError):
        find(order_id, field.other)
    with writing():
        emergency = services.create(
            OrderValues(site_id=field.site_id), actor=field.other, today=factories.TODAY, moment=MORNING
        )
    assert find(emergency.id, field.other).id == emergency.id


def test_two_who_write_the_report_lose_no_word(field: Field) -> None:
    order_id = new_order(field)
    with writing():
        services.start(order_id, actor=field.office, moment=MORNING)
        report.write_report(order_id, "Pump replaced.", actor=field.office, before="")
    with pytest.raises(ConflictError), writing():
        report.write_report(order_id, "Valve replaced.", actor=field.office, before="")
    with writing():
        order = report.write_report(order_id, "Pump and valve replaced.", actor=field.office, before="Pump replaced.")
    assert order.report == "Pump and valve replaced."
