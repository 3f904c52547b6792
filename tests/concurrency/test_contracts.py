"""Orders of contracts: several that run at once, and one that is killed, make each date once."""

import datetime as dt
import random

import pytest
import sqlalchemy as sa
from flask import Flask

from fsm.contracts import checks, making, services
from fsm.contracts.models import ContractDate, IntervalUnit
from fsm.contracts.services import ContractValues
from fsm.core.db import session, writing
from fsm.service_orders.checks import order_numbers_without_hole
from fsm.service_orders.models import ServiceOrder
from tests import factories
from tests.concurrency import contract_worker
from tests.concurrency.conftest import in_threads, start_process

pytestmark = [pytest.mark.concurrency, pytest.mark.database]
TODAY = dt.date(2026, 6, 30)
MOMENT = dt.datetime(2026, 6, 30, 4, tzinfo=dt.UTC)
CONTRACTS, DATES = 6, 6


def contracts() -> None:
    """Six contracts, each with six dates that are due."""
    with writing(bulk=True):
        site = factories.make_site(factories.make_customer())
        for number in range(CONTRACTS):
            values = ContractValues(
                name=f"Contract {number}",
                first_date=dt.date(2026, 1, 31),
                interval_count=1,
                interval_unit=IntervalUnit.MONTHS,
                planned_minutes=60,
            )
            services.create(site.id, values, [], actor_id=2, today=dt.date(2026, 1, 1), moment=MOMENT)


def assert_each_once() -> None:
    session.rollback()
    found = session.execute(sa.select(ContractDate.contract_id, sa.func.count()).group_by(ContractDate.contract_id))
    assert [row[1] for row in found] == [DATES] * CONTRACTS
    assert session.scalar(sa.select(sa.func.count()).select_from(ServiceOrder)) == CONTRACTS * DATES
    assert [*checks.next_dates_right(), *order_numbers_without_hole()] == []


def test_four_at_once(own_app: Flask) -> None:
    contracts()

    def work(place: int) -> None:
        ids = list(making.due_ids(TODAY))
        random.Random(place).shuffle(ids)
        for contract_id in ids:
            with writing():
                making.make_due(contract_id, today=TODAY, moment=MOMENT)

    assert in_threads(own_app, 4, work) == []
    assert_each_once()


def test_killed_and_run_again(own_app: Flask) -> None:
    """Each run dies in the middle of a transaction, the last one comes to its end."""
    contracts()
    process = start_process(own_app, contract_worker.main, TODAY.isoformat(), "2", "5", "9", "0")
    status, printed = process.end()
    ended = [line for line in printed.splitlines() if line.removeprefix("-").isdigit()]
    assert (status, ended) == (0, ["-9", "-9", "-9", "0"]), printed
    assert_each_once()
