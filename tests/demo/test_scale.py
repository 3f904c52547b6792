"""``fsm demo --scale``: as many invoices as were asked for, in order, and books that hold."""

import datetime as dt
import random
from pathlib import Path

import pytest
import sqlalchemy as sa
from stdnum.be import vat

from fsm import demo
from fsm.core.db import db, session
from fsm.demo import scale
from fsm.demo.scene import Scene
from fsm.home import checks
from fsm.invoices.models import Invoice, InvoiceKind
from tests.demo.test_demo import new_sqlite


@pytest.mark.parametrize("count", [1, 9, 10, 999, 6_001, 100_000, 123_457])
def test_lots_come_to_the_number(count: int) -> None:
    lots = scale.lots(count)
    assert sum(lots) == count
    assert max(lots) <= 200
    assert sum(scale.customer_lots(count)) == max(40, count // 20)


@pytest.mark.parametrize("today", [dt.date(2026, 1, 5), dt.date(2026, 4, 12), dt.date(2026, 11, 20)])
def test_days_are_in_order_and_before_the_demos_own(today: dt.date) -> None:
    scene = Scene(today, scale.YEARS)
    days = list(scale._days(scene, 600))
    assert days == sorted(days)
    assert (days[0], days[-1]) == (scene.first_day, scene.day(-62))
    assert (days[-1] - days[0]).days > 2.9 * 365
    assert list(scale._days(scene, 1)) == [scene.first_day]


def test_vat_numbers_are_right_and_differ() -> None:
    numbers = [scale._customer(number, random.Random(1)).vat_number for number in range(1, 900, 3)]
    assert len(set(numbers)) == len(numbers)
    assert all(vat.is_valid(number) for number in numbers)


@pytest.mark.soak
@pytest.mark.database
def test_books_that_hold(tmp_path: Path) -> None:
    app = new_sqlite(tmp_path / "one")
    app.config["WRITE_LIMIT_SECONDS"] = None
    told: list[int] = []
    with app.app_context():
        demo.load(dt.date(2026, 11, 20), lambda: None, scaled=2_000, told=told.append)
        assert sum(told) == 2_000
        invoices = sa.select(sa.func.count()).where(Invoice.kind == InvoiceKind.INVOICE)
        assert (session.scalar(invoices) or 0) > 2_020
        assert checks.run() == []
        session.remove()
        db.engine.dispose()
