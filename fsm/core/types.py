"""Column types: exact amounts as scaled integers, UTC moments, ids, sort keys, closed choices."""

import datetime as dt
import operator
import unicodedata
from collections.abc import Callable
from decimal import Decimal
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator

from fsm.core.money import from_scaled, to_scaled

# Arithmetic that would leave the scale; SQL must not do it (architecture.md, exact columns).
_INEXACT = frozenset({operator.mul, operator.truediv, operator.floordiv, operator.mod, operator.pow})


class Exact(TypeDecorator[Decimal]):
    """A Decimal kept as an integer of ``10 ** -scale``; refuses a value it would have to round.

    SUM, + and - of one scale keep the type; any other arithmetic in SQL raises TypeError. ``measures`` says of what it is
    a figure, for whoever prints a column that he does not know.
    """

    impl = sa.BigInteger
    cache_ok = True

    class Comparator(TypeDecorator.Comparator[Decimal]):
        """Refuses in SQL what would change the scale."""

        def operate(self, op: Any, *other: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - SQLAlchemy's own signature
            """Let comparisons, + and - of the same scale through."""
            if op in _INEXACT:
                msg = f"{op.__name__} on an exact column belongs in Python, not in SQL"
                raise TypeError(msg)
            if op in {operator.add, operator.sub}:
                _same_scale(self.type, other[0])
            return super().operate(op, *other, **kwargs)

    comparator_factory = Comparator

    def __init__(self, scale: int, measures: str = "") -> None:
        super().__init__()
        self.scale, self.measures = scale, measures

    def bind_processor(self, dialect: sa.Dialect) -> Callable[[Decimal | int | None], int | None]:
        """As ``process_bind_param``, without the two calls around it: rows to post hold a hundred such values."""
        del dialect
        scale = self.scale
        return lambda value: None if value is None else to_scaled(Decimal(value), scale)

    def result_processor(self, dialect: sa.Dialect, coltype: object) -> Callable[[Any], Decimal | None]:
        """As ``process_result_value``, the same way: a list of invoices holds thousands."""
        del dialect, coltype
        scale = self.scale
        return lambda value: None if value is None else from_scaled(int(value), scale)

    def process_bind_param(self, value: Decimal | int | None, dialect: sa.Dialect) -> int | None:
        """Scale up; TooPreciseError where digits would be lost."""
        del dialect
        return None if value is None else to_scaled(Decimal(value), self.scale)

    def process_result_value(self, value: Any | None, dialect: sa.Dialect) -> Decimal | None:  # noqa: ANN401 - driver's
        """Scale down; PostgreSQL gives SUM of bigint as numeric, hence int()."""
        del dialect
        return None if value is None else from_scaled(int(value), self.scale)

    def coerce_compared_value(self, op: Any, value: Any) -> Any:  # noqa: ANN401 - SQLAlchemy's own signature
        """Bind the other side of a comparison with this very type."""
        del op, value
        return self


def _same_scale(mine: Any, other: Any) -> None:  # noqa: ANN401 - a column, an expression or a value
    theirs = getattr(other, "type", None)
    if isinstance(theirs, Exact) and theirs.scale != mine.scale:
        msg = f"scales {mine.scale} and {theirs.scale} do not add"
        raise TypeError(msg)


class Moment(TypeDecorator[dt.datetime]):
    """A moment in UTC; refuses naive datetimes."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: sa.Dialect) -> dt.datetime | None:
        """To UTC; SQLite stores it without zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            msg = "a moment needs a time zone"
            raise ValueError(msg)
        value = value.astimezone(dt.UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: dt.datetime | None, dialect: sa.Dialect) -> dt.datetime | None:
        """Back with its zone."""
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if dialect.name == "sqlite" else value.astimezone(dt.UTC)


AMOUNT = Exact(2, "amount")
UNIT_PRICE = Exact(4, "unit price")
QUANTITY = Exact(2, "quantity")
PERCENTAGE = Exact(4, "percentage")
EXCHANGE_RATE = Exact(10)
DEGREES = Exact(6)
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def sortable(length: int) -> sa.String:
    """A text column that both engines sort alike, by code points; fill it with ``sort_key``."""
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def sort_key(text: str) -> str:
    """Casefolded, without accents: the engines' own collations differ."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in plain if not unicodedata.combining(letter)).strip()


def choice(enum: type[StrEnum], name: str) -> sa.Enum:
    """A closed set of words with its CHECK, named by the convention ``ck_<table>_<name>``."""
    return sa.Enum(
        enum,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=20,
        values_callable=lambda members: [member.value for member in members],
    )
