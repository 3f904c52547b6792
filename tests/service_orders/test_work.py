"""Parts, what is not to be billed, claims, and the flag of Done-not-invoiced against a recomputation."""

import datetime as dt
import random
from collections.abc import Callable
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from fsm.catalog import services as catalog
from fsm.core.db import session, writing
from fsm.core.errors import ConflictError, DomainError, ForbiddenError
from fsm.service_orders import claims, marks, parts, queries, time_entries, visits
from fsm.service_orders.models import OrderState, PartUsed, ServiceOrder, TimeEntry, WorkClaim
from fsm.service_orders.parts import PartValues
from fsm.service_orders.time_entries import TimeValues
from tests import factories
from tests.service_orders.conftest import EVENING, MORNING, Field

pytestmark = pytest.mark.database


@pytest.fixture
def order_id(field: Field) -> int:
    return make_order(field)


def make_order(field: Field) -> int:
    with writing():
        site = session.get(factories.Site, field.site_id)
        assert site is not None
        order = factories.make_order(site)
        visits.schedule(
            order.id, technician_id=field.technician.id, start_at=MORNING, end_at=EVENING, actor=field.office
        )
        return order.id


def add(field: Field, order_id: int, quantity: str = "1", **values: object) -> PartUsed:
    with writing():
        return parts.add_part(
            order_id,
            PartValues(Decimal(quantity), **({"stock_item_id": field.item_id} | values)),
            actor=field.technician,
            moment=EVENING,
        )


def is_flagged(order_id: int) -> bool:
    session.expire_all()
    order = session.get(ServiceOrder, order_id)
    assert order is not None
    return order.has_work_to_bill


def test_a_part_is_priced_when_it_is_received(field: Field, order_id: int) -> None:
    listed = add(field, order_id, "2.5")
    with writing():
        catalog.set_customer_price(field.customer_id, catalog.item(field.item_id), Decimal("11.9999"))
    agreed = add(field, order_id)
    assert (listed.unit_price, listed.unit_cost, listed.unit) == (Decimal("12.50"), Decimal("7.80"), "piece")
    assert agreed.unit_price == Decimal("11.9999")
    assert listed.unit_price == Decimal("12.50")


def test_kilometres_and_free_text(field: Field, order_id: int) -> None:
    trip = add(field, order_id, "34", stock_item_id=None, labor_rate_id=field.distance_id)
    assert (trip.description, trip.unit, trip.unit_price) == ("Kilometres", "km", Decimal("0.52"))
    with pytest.raises(DomainError, match="log hours"):
        add(field, order_id, stock_item_id=None, labor_rate_id=field.rate_id)
    with pytest.raises(ForbiddenError):
        add(field, order_id, stock_item_id=None, description="Skip hire", unit_price=Decimal(90))
    with writing():
        free = parts.add_part(
            order_id,
            PartValues(Decimal(1), description="Skip hire", unit_price=Decimal(90)),
            actor=field.office,
            moment=EVENING,
        )
    assert free.unit_price == Decimal(90)


@pytest.mark.parametrize("quantity", ["0", "-1", "1000000"])
def test_impossible_quantities(quantity: str, field: Field, order_id: int) -> None:
    with pytest.raises(DomainError) as refused:
        add(field, order_id, quantity)
    assert refused.value.field == "quantity"


def test_a_technician_corrects_the_quantity_and_nothing_else(field: Field, order_id: int) -> None:
    part = add(field, order_id)
    with writing():
        parts.correct_part(
            order_id,
            part.id,
            PartValues(Decimal(3), description="Gold", unit_price=Decimal(1), unit_cost=Decimal(1)),
            actor=field.technician,
        )
    session.expire_all()
    stored = session.get(PartUsed, part.id)
    assert stored is not None
    assert (stored.quantity, stored.description, stored.unit_price, stored.unit_cost) == (
        Decimal(3),
        "Filter",
        Decimal("12.50"),
        Decimal("7.80"),
    )


def test_billable_work_as_lines_want_it(field: Field, order_id: int) -> None:
    with writing():
        time_entries.log_time(
            order_id,
            TimeValues(MORNING, MORNING + dt.timedelta(minutes=50), description="Pump"),
            actor=field.technician,
            moment=EVENING,
        )
    add(field, order_id, "2")
    time, part = claims.billable_work([order_id])
    assert (time.kind, time.description, time.quantity, time.unit) == ("time", "Labor: Pump", Decimal("0.83"), "h")
    assert time.value == Decimal("53.95")  # 0.83 x 65
    assert time.worked_on == dt.date(2026, 3, 20)
    assert (part.kind, part.stockitem_code, part.is_goods, part.value) == ("part", "FLT-1", True, Decimal("25.00"))
    assert (part.unit_cost, part.tax_rate, part.account_number) == (Decimal("7.80"), None, "")


def test_billable_work_of_many_orders_takes_two_queries(field: Field, count_queries: Callable[..., object]) -> None:
    ids = [make_order(field) for _ in range(6)]
    for order_id in ids:
        add(field, order_id)
    session.remove()
    with count_queries() as statements:  # type: ignore[attr-defined]
        assert len(claims.billable_work(ids)) == 6
    assert len([text for text in statements if text.startswith("SELECT")]) == 2


def test_an_hour_is_on_one_live_bill(field: Field, order_id: int) -> None:
    part = add(field, order_id)
    with writing():
        claims.claim("invoice", 1, [(10, "part", part.id)])
    with pytest.raises(ConflictError, match=r"SO-26\d+ is already on another invoice"), writing():
        claims.claim("invoice", 2, [(20, "part", part.id)])
    row = {"service_order_id": order_id, "part_used_id": part.id, "bill_kind": "invoice", "bill_line_id": 20}
    with pytest.raises(IntegrityError), writing():  # nor behind the program's back
        session.execute(sa.insert(WorkClaim).values(**row, bill_id=2, is_final=False))
    with writing():
        claims.make_final("invoice", [1])
        claims.release_posted("invoice", [10], EVENING)
        claims.claim("invoice", 2, [(20, "part", part.id)])
    assert [claim.bill_id for claim in claims.live_claims([order_id])] == [2]


def test_a_draft_gives_back_what_it_claimed_by_line_or_whole(field: Field, order_id: int) -> None:
    first, second = add(field, order_id), add(field, order_id)
    with writing():
        claims.claim("invoice", 1, [(10, "part", first.id), (11, "part", second.id)])
    assert not is_flagged(order_id)
    with writing():
        claims.release_draft("invoice", 1, [11])
    assert is_flagged(order_id)
    assert [work.work_id for work in claims.billable_work([order_id])] == [second.id]
    with writing():
        claims.make_final("invoice", [1])
        claims.release_draft("invoice", 1)  # what is posted stays
    assert [claim.bill_line_id for claim in claims.live_claims([order_id])] == [10]


def test_work_not_to_bill_is_claimed_by_nobody(field: Field, order_id: int) -> None:
    part = add(field, order_id)
    with writing():
        marks.mark_not_to_bill(order_id, "part", part.id, "Warranty", actor=field.office)
    assert not is_flagged(order_id)
    with pytest.raises(ConflictError, match="not to be billed"), writing():
        claims.claim("invoice", 1, [(10, "part", part.id)])
    with writing():
        marks.bill_again(order_id, "part", part.id, actor=field.office)
        claims.claim("invoice", 1, [(10, "part", part.id)])
    with pytest.raises(ConflictError), writing():
        marks.mark_not_to_bill(order_id, "part", part.id, "Goodwill", actor=field.office)


def test_what_was_billed_stays_on_record(field: Field, order_id: int) -> None:
    part = add(field, order_id)
    with writing():
        claims.claim("invoice", 1, [(10, "part", part.id)])
        claims.make_final("invoice", [1])
        claims.release_posted("invoice", [10], EVENING)
    with pytest.raises(ConflictError, match="not to bill"), writing():
        parts.remove_part(order_id, part.id, actor=field.office)


def test_nothing_to_bill_marks_all_of_it(field: Field, order_id: int) -> None:
    part = add(field, order_id)
    with pytest.raises(ConflictError), writing():
        marks.set_nothing_to_bill(order_id, "Friend", actor=field.technician)
    with writing():
        marks.set_nothing_to_bill(order_id, "Contract", actor=field.office)
    assert not is_flagged(order_id)
    stored = session.get(PartUsed, part.id)
    assert stored is not None
    assert stored.not_to_bill_reason == "Contract"


def test_done_not_invoiced_counts_and_values(field: Field) -> None:
    old, new, open_, warranty = (make_order(field) for _ in range(4))
    for order_id in (old, new, open_, warranty):
        add(field, order_id, "3")
    with writing():
        for order_id, done_at in ((old, MORNING - dt.timedelta(days=30)), (new, MORNING), (warranty, MORNING)):
            order = session.get(ServiceOrder, order_id)
            assert order is not None
            order.state, order.done_at = OrderState.DONE, done_at
        marks.set_nothing_to_bill(warranty, "Warranty", actor=field.office)
        time_entries.log_time(
            new,
            TimeValues(MORNING, MORNING + dt.timedelta(minutes=50), technician_id=field.technician.id),
            actor=field.office,
            moment=EVENING,
        )
    summary = queries.to_invoice_summary(today=factories.TODAY)
    assert (summary.count, summary.from_before_this_month_count) == (2, 1)
    assert summary.value == Decimal("128.95")  # 2 x 3 x 12.50 + 0.83 x 65
    rows = queries.done_not_invoiced().rows
    assert [(row.order.id, row.value) for row in rows] == [(old, Decimal("37.50")), (new, Decimal("91.45"))]


@pytest.mark.parametrize("seed", range(2))
def test_the_flag_equals_its_recomputation_after_any_sequence(seed: int, field: Field) -> None:
    chance = random.Random(seed)
    ids = [make_order(field) for _ in range(2)]
    clock = MORNING - dt.timedelta(days=20)
    for step in range(40):
        order_id = chance.choice(ids)
        clock += dt.timedelta(hours=1)
        try:
            with writing():
                one_step(chance, field, order_id, clock, step)
        except DomainError:
            pass
        assert queries.orders_with_wrong_to_bill() == []
    computed = {order_id: bool(claims.billable_work([order_id])) for order_id in ids}
    assert {order_id: is_flagged(order_id) for order_id in ids} == computed


def one_step(chance: random.Random, field: Field, order_id: int, clock: dt.datetime, step: int) -> None:
    """Anything that may alter what is to bill; what is refused changes nothing."""
    entry_id = session.scalar(sa.select(TimeEntry.id).order_by(sa.func.random()).limit(1)) or 0
    part_id = session.scalar(sa.select(PartUsed.id).order_by(sa.func.random()).limit(1)) or 0
    kind, work_id = chance.choice([("time", entry_id), ("part", part_id)])
    values = TimeValues(clock, clock + dt.timedelta(minutes=30), billable_minutes=chance.choice([0, 30, None]))
    match chance.randrange(10):
        case 0:
            values = TimeValues(values.start_at, values.end_at, technician_id=field.technician.id)
            time_entries.log_time(order_id, values, actor=field.office, moment=EVENING)
        case 1:
            time_entries.correct_time(order_id, entry_id, values, actor=field.office, moment=EVENING)
        case 2:
            time_entries.remove_time(order_id, entry_id, actor=field.office)
        case 3:
            part = PartValues(Decimal(1), stock_item_id=field.item_id)
            parts.add_part(order_id, part, actor=field.technician, moment=EVENING)
        case 4:
            parts.remove_part(order_id, part_id, actor=field.office)
        case 5:
            marks.mark_not_to_bill(order_id, kind, work_id, "Warranty", actor=field.office)
        case 6:
            marks.bill_again(order_id, kind, work_id, actor=field.office)
        case 7:
            claims.claim("invoice", step, [(step, kind, work_id)])
        case 8:
            claims.release_draft("invoice", chance.randrange(step + 1))
        case _:
            claims.make_final("invoice", [chance.randrange(step + 1)])
            claims.release_posted("invoice", [chance.randrange(step + 1)], EVENING)
