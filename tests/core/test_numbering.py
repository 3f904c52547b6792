"""Numbers without a hole: formats, periods, dates, rollback, and many takers at once."""

import datetime as dt
import threading

import pytest
import sqlalchemy as sa
from flask import Flask

from fsm.core import numbering
from fsm.core.db import session, writing
from fsm.core.errors import ConflictError, DomainError
from fsm.core.numbering import NumberFormat

pytestmark = pytest.mark.database
KIND = "test_kind"
FEBRUARY, MARCH, NEXT_YEAR = dt.date(2016, 2, 10), dt.date(2016, 3, 1), dt.date(2017, 1, 1)


def taken(*dates: dt.date) -> list[str]:
    with writing():
        return [number.text for number in numbering.take(KIND, dates)]


def set_up(prefix: str, number_format: NumberFormat, first_number: int = 1, on: dt.date = FEBRUARY) -> None:
    with writing():
        numbering.set_up(KIND, prefix, number_format, first_number, on=on)


@pytest.mark.parametrize(
    ("number_format", "texts"),
    [
        # The three formats of S0; each restarts with the period that the number shows.
        (NumberFormat.YEAR_MONTH, ["FA-160200001", "FA-160200002", "FA-160300001", "FA-170100001"]),
        (NumberFormat.YEAR, ["FA-1600001", "FA-1600002", "FA-1600003", "FA-1700001"]),
        (NumberFormat.PLAIN, ["FA-00001", "FA-00002", "FA-00003", "FA-00004"]),
    ],
)
def test_formats_and_periods(number_format: NumberFormat, texts: list[str], database: Flask) -> None:
    set_up("FA-", number_format)
    assert taken(FEBRUARY, FEBRUARY, MARCH, NEXT_YEAR) == texts


def test_the_counter_grows_past_five_digits() -> None:
    assert numbering.written("FA-", "16", 99999) == "FA-1699999"
    assert numbering.written("FA-", "16", 100000) == "FA-16100000"


@pytest.mark.parametrize(
    ("number_format", "on", "texts"),
    [
        # What a former program counted goes on in the period in which that was said; the next begin with 1.
        (NumberFormat.YEAR, FEBRUARY, ["FA-1600148", "FA-1600149", "FA-1700001"]),
        (NumberFormat.YEAR_MONTH, FEBRUARY, ["FA-160200148", "FA-160300001", "FA-170100001"]),
        (NumberFormat.PLAIN, FEBRUARY, ["FA-00148", "FA-00149", "FA-00150"]),
        (NumberFormat.YEAR_MONTH, MARCH, ["FA-160200148", "FA-160300148", "FA-170100001"]),  # dated before it was said
        (
            NumberFormat.YEAR,
            dt.date(2015, 12, 31),
            ["FA-1600001", "FA-1600002", "FA-1700001"],
        ),  # first used a year later
    ],
)
def test_the_first_number_counts_in_the_period_in_which_it_was_set(
    number_format: NumberFormat, on: dt.date, texts: list[str], database: Flask
) -> None:
    set_up("FA-", number_format, 148, on)
    with writing():
        assert numbering.peek(KIND, FEBRUARY) == texts[0]
    assert taken(FEBRUARY, MARCH, NEXT_YEAR) == texts


def test_a_first_number_of_old_counts_in_the_first_period_used(database: Flask) -> None:
    set_up("FA-", NumberFormat.YEAR, 148)
    with writing():
        session.execute(sa.update(numbering.NumberSeries).values(first_period=None))
    assert taken(FEBRUARY, NEXT_YEAR) == ["FA-1600148", "FA-1700001"]


def test_the_first_number_stays_once_used(database: Flask) -> None:
    set_up("FA-", NumberFormat.YEAR, 10)
    set_up("FA-", NumberFormat.YEAR, 20)
    assert taken(FEBRUARY) == ["FA-1600020"]
    with pytest.raises(DomainError, match="first number stays") as caught:
        set_up("FA-", NumberFormat.YEAR, 30)
    assert caught.value.field == "first_number"
    assert taken(FEBRUARY) == ["FA-1600021"]


def test_another_prefix_opens_a_series_and_the_old_one_goes_on_when_it_comes_back(database: Flask) -> None:
    set_up("FA-", NumberFormat.YEAR)
    taken(FEBRUARY, FEBRUARY)
    set_up("INV", NumberFormat.YEAR)
    assert taken(FEBRUARY) == ["INV1600001"]
    set_up("FA-", NumberFormat.YEAR)
    assert taken(FEBRUARY) == ["FA-1600003"]
    active = sa.select(numbering.NumberSeries.prefix).where(
        numbering.NumberSeries.kind == KIND, numbering.NumberSeries.active
    )
    assert session.scalars(active).all() == ["FA-"]


def test_nothing_is_dated_before_the_last_number(database: Flask) -> None:
    set_up("FA-", NumberFormat.YEAR)
    taken(MARCH)
    with pytest.raises(ConflictError, match="2016-03-01") as caught:
        taken(FEBRUARY)
    assert caught.value.field == "invoice_date"
    assert taken(MARCH, MARCH, dt.date(2016, 3, 2)) == ["FA-1600002", "FA-1600003", "FA-1600004"]
    with writing():
        assert numbering.last_date(KIND, MARCH) == dt.date(2016, 3, 2)


def test_an_earlier_month_has_its_own_counter(database: Flask) -> None:
    set_up("FA-", NumberFormat.YEAR_MONTH)
    assert taken(MARCH) == ["FA-160300001"]
    assert taken(FEBRUARY) == ["FA-160200001"]


def test_dates_out_of_order_are_refused_within_one_call(database: Flask) -> None:
    set_up("FA-", NumberFormat.YEAR)
    with pytest.raises(ConflictError):
        taken(MARCH, FEBRUARY)
    assert taken(FEBRUARY) == ["FA-1600001"]


def test_a_rollback_gives_the_numbers_back(database: Flask) -> None:
    set_up("FA-", NumberFormat.YEAR)
    with pytest.raises(ZeroDivisionError), writing():  # noqa: PT012 - the numbers and what undoes them
        numbering.take(KIND, [FEBRUARY] * 3)
        raise ZeroDivisionError
    assert taken(FEBRUARY) == ["FA-1600001"]


def test_peeking_takes_nothing(database: Flask) -> None:
    set_up("FA-", NumberFormat.YEAR, 5)
    assert [numbering.peek(KIND, FEBRUARY), numbering.peek(KIND, FEBRUARY)] == ["FA-1600005"] * 2
    session.rollback()
    taken(FEBRUARY)
    assert numbering.peek(KIND, FEBRUARY) == "FA-1600006"


def test_only_the_last_number_is_given_back(database: Flask) -> None:
    set_up("FA-", NumberFormat.YEAR)
    with writing():
        first, last = numbering.take(KIND, [FEBRUARY, MARCH])
    with pytest.raises(ConflictError), writing():
        numbering.give_back(first.series, first.period, first.counter, None)
    with writing():
        numbering.give_back(last.series, last.period, last.counter, FEBRUARY)
    assert taken(dt.date(2016, 2, 20)) == ["FA-1600002"]


def test_without_a_series_there_is_a_sentence(database: Flask) -> None:
    with pytest.raises(DomainError, match="No numbering is set up for test kind"):
        taken(FEBRUARY)


def test_plain_counters_start_at_one(database: Flask) -> None:
    with writing():
        assert numbering.take_plain("journal:test", "1", 3) == 3
        assert numbering.take_plain("journal:test", "1", 2) == 5
        assert numbering.take_plain("journal:test", "2", 1) == 1


@pytest.mark.concurrency
def test_eight_at_once_leave_no_hole_and_no_double(database: Flask) -> None:
    set_up("FA-", NumberFormat.YEAR)
    together = threading.Barrier(8)
    found: list[str] = []

    def take(turn: int) -> None:
        together.wait()
        with database.app_context():
            for attempt in range(10):
                try:
                    with writing():
                        (number,) = numbering.take(KIND, [FEBRUARY])
                        if (attempt + turn) % 3 == 0:
                            raise ZeroDivisionError  # noqa: TRY301 - its number goes back
                    found.append(number.text)
                except ZeroDivisionError:
                    pass
            session.remove()

    threads = [threading.Thread(target=take, args=(turn,)) for turn in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(found) == [f"FA-16{number:05d}" for number in range(1, len(found) + 1)]
    assert len(found) == 8 * 10 - sum((attempt + turn) % 3 == 0 for turn in range(8) for attempt in range(10))
