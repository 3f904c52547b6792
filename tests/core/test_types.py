"""Exact columns, moments, sort keys and closed choices, as both engines keep them."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal as D
from enum import StrEnum
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from fsm.core.db import db, total
from fsm.core.money import TooPreciseError
from fsm.core.types import AMOUNT, EXCHANGE_RATE, ID, QUANTITY, UNIT_PRICE, Moment, choice, sort_key, sortable


class Color(StrEnum):
    """A closed set."""

    RED = "red"
    BLUE = "blue"


METADATA = sa.MetaData(naming_convention={"ck": "ck_%(table_name)s_%(constraint_name)s"})
THING = sa.Table(
    "thing_of_test",
    METADATA,
    sa.Column("id", ID, primary_key=True),
    sa.Column("amount", AMOUNT),
    sa.Column("other", AMOUNT),
    sa.Column("price", UNIT_PRICE),
    sa.Column("rate", EXCHANGE_RATE),
    sa.Column("at", Moment),
    sa.Column("name", sortable(40)),
    sa.Column("color", choice(Color, "color")),
)
AMOUNTS = THING.c


@pytest.fixture
def connection(database: Flask) -> Iterator[sa.Connection]:
    """A connection with the table, gone afterwards."""
    with db.engine.execution_options(writes=True).connect() as opened, opened.begin() as transaction:
        METADATA.create_all(opened)
        yield opened
        transaction.rollback()


@pytest.mark.database
@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("amount", "0.01"),
        ("amount", "-0.01"),
        ("amount", "1234567890.12"),
        ("amount", "92233720368547758.07"),
        ("amount", "-92233720368547758.08"),
        ("price", "0.0001"),
        ("rate", "1.0842000001"),
        ("amount", None),
    ],
)
def test_what_is_kept_comes_back_to_the_digit(column: str, text: str | None, connection: sa.Connection) -> None:
    value = None if text is None else D(text)
    connection.execute(sa.insert(THING).values({column: value}))
    found = connection.execute(sa.select(THING.c[column])).scalar_one()
    assert str(found) == str(text)
    assert value is None or isinstance(found, D)


@pytest.mark.database
@pytest.mark.parametrize("text", ["0.001", "1.005", "NaN", "Infinity"])
def test_what_would_be_rounded_is_refused(text: str, connection: sa.Connection) -> None:
    with pytest.raises(sa.exc.StatementError) as caught:
        connection.execute(sa.insert(THING).values(amount=D(text)))
    assert isinstance(caught.value.orig, TooPreciseError)


@pytest.mark.database
def test_sums_and_differences_keep_type_and_digits(connection: sa.Connection) -> None:
    rows = [{"amount": D("0.10"), "other": D("0.30")}, {"amount": D("0.20"), "other": D("0.05")}]
    connection.execute(sa.insert(THING), rows)
    query = sa.select(
        sa.func.sum(AMOUNTS.amount),
        sa.func.sum(AMOUNTS.amount + AMOUNTS.other),
        sa.func.sum(AMOUNTS.amount - AMOUNTS.other),
        sa.func.max(AMOUNTS.amount),
        total(AMOUNTS.amount),
        total(AMOUNTS.amount) - total(AMOUNTS.other),
    )
    found = list(connection.execute(query).one())
    assert [str(value) for value in found] == ["0.30", "0.65", "-0.05", "0.20", "0.30", "-0.05"]
    assert [str(value) for value in connection.execute(sa.select(AMOUNTS.amount + D("0.05"))).scalars()] == [
        "0.15",
        "0.25",
    ]


@pytest.mark.database
def test_the_total_of_nothing_is_zero(connection: sa.Connection) -> None:
    assert connection.execute(sa.select(total(AMOUNTS.amount))).scalar_one() == D(0)


@pytest.mark.database
def test_comparisons_are_in_the_columns_scale(connection: sa.Connection) -> None:
    connection.execute(sa.insert(THING), [{"amount": D(5)}, {"amount": D("5.01")}])
    assert connection.execute(sa.select(AMOUNTS.amount).where(AMOUNTS.amount > D(5))).scalars().all() == [D("5.01")]
    assert connection.execute(sa.select(AMOUNTS.amount).where(AMOUNTS.amount.in_([D("5.00")]))).scalars().all() == [
        D(5)
    ]


@pytest.mark.parametrize(
    "make",
    [
        lambda: AMOUNTS.amount * 2,
        lambda: AMOUNTS.amount * AMOUNTS.price,
        lambda: AMOUNTS.amount / 2,
        lambda: AMOUNTS.amount // 2,
        lambda: AMOUNTS.amount % 2,
        lambda: AMOUNTS.amount + AMOUNTS.price,
        lambda: AMOUNTS.amount - AMOUNTS.rate,
        lambda: total(AMOUNTS.id),
    ],
    ids=["times 2", "times a price", "half", "whole half", "rest", "plus a price", "minus a rate", "total of ids"],
)
def test_arithmetic_that_leaves_the_scale_raises(make: Any) -> None:
    with pytest.raises(TypeError):
        make()


def test_quantities_and_amounts_are_of_one_scale_by_chance() -> None:
    """Both keep two decimals, so SQL cannot tell them apart: adding them is a mistake that only review finds."""
    assert AMOUNT.scale == QUANTITY.scale == 2


@pytest.mark.database
def test_moments_come_back_in_utc(connection: sa.Connection) -> None:
    brussels = dt.timezone(dt.timedelta(hours=2))
    connection.execute(sa.insert(THING).values(at=dt.datetime(2025, 7, 1, 0, 30, tzinfo=brussels)))
    found = connection.execute(sa.select(THING.c.at)).scalar_one()
    assert found == dt.datetime(2025, 6, 30, 22, 30, tzinfo=dt.UTC)
    assert found.tzinfo is dt.UTC


@pytest.mark.database
def test_a_moment_without_zone_is_refused(connection: sa.Connection) -> None:
    with pytest.raises(sa.exc.StatementError, match="needs a time zone"):
        connection.execute(sa.insert(THING).values(at=dt.datetime(2025, 7, 1)))  # noqa: DTZ001 - that is the case


def test_sort_keys() -> None:
    assert [sort_key(name) for name in ("  Élan ", "STRASSE", "Straße", "Ångström", "Zoë")] == [
        "elan",
        "strasse",
        "strasse",
        "angstrom",
        "zoe",
    ]


@pytest.mark.database
def test_sorted_text_has_one_order_on_both_engines(connection: sa.Connection) -> None:
    names = [
        "Zoë",
        "élan",
        "Eland",
        "de Vries",
        "De  Vries",
        "d'Hondt",
        "Özil",
        "ozon",
        "a-b",
        "ab",
        "a b",
        "10",
        "9",
        "_x",
    ]
    connection.execute(sa.insert(THING), [{"name": sort_key(name)} for name in names])
    found = connection.execute(sa.select(THING.c.name).order_by(THING.c.name)).scalars().all()
    assert found == sorted(sort_key(name) for name in names)
    after = connection.execute(sa.select(THING.c.name).where(THING.c.name > "de vries").order_by(THING.c.name))
    assert after.scalars().all() == [name for name in found if name > "de vries"]


@pytest.mark.database
def test_a_choice_is_closed_in_the_database(connection: sa.Connection) -> None:
    connection.execute(sa.insert(THING).values(color=Color.BLUE))
    assert connection.execute(sa.select(THING.c.color)).scalar_one() is Color.BLUE
    assert connection.exec_driver_sql("SELECT color FROM thing_of_test").scalar_one() == "blue"
    with pytest.raises(sa.exc.IntegrityError, match="ck_thing_of_test_color"), connection.begin_nested():
        connection.exec_driver_sql("INSERT INTO thing_of_test (color) VALUES ('green')")
