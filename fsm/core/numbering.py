"""Numbers without a hole: series, their formats, and counters taken inside the caller's transaction.

A counter belongs to a series and to the period that its numbers show (accounting.md 3). The row is locked from the
moment its number is taken until the transaction ends; a rollback gives the number back.
"""

import datetime as dt
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Mapped, mapped_column

from fsm.core.audit import now
from fsm.core.db import Base, is_sqlite, require_writing, session, table_of
from fsm.core.errors import ConflictError, DomainError
from fsm.core.formats import local
from fsm.core.types import ID, choice

MAX_PREFIX = 10


class NumberFormat(StrEnum):
    """The three formats of S0: FA-160200001, FA-1600001, FA-00001."""

    YEAR_MONTH = "year_month"
    YEAR = "year"
    PLAIN = "plain"


class NumberSeries(Base):
    """A prefix and a format for one kind of document; the active one of a kind gives the next numbers.

    ``first_number`` continues what a former program counted: in ``first_period``, the one that it was set in, and in
    documents dated before. Periods that begin later begin with 1. None: set before that was kept.
    """

    __tablename__ = "number_series"
    __audited__ = True
    __table_args__ = (
        sa.Index(
            "uq_number_series_active_kind",
            "kind",
            unique=True,
            sqlite_where=sa.text("active"),
            postgresql_where=sa.text("active"),
        ),
        sa.UniqueConstraint("kind", "prefix", "format"),
        sa.CheckConstraint("first_number > 0", name="first_number"),
    )

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(20))
    prefix: Mapped[str] = mapped_column(sa.String(MAX_PREFIX))
    format: Mapped[NumberFormat] = mapped_column(choice(NumberFormat, "format"))
    first_number: Mapped[int] = mapped_column(sa.Integer, default=1)
    first_period: Mapped[str | None] = mapped_column(sa.String(10))
    active: Mapped[bool] = mapped_column(sa.Boolean(name="active"), default=True)


class NumberCounter(Base):
    """The last number taken of a counter and the date it bears; also counts journal entries per fiscal year."""

    __tablename__ = "number_counter"
    __table_args__ = (sa.CheckConstraint("last_number >= 0", name="last_number"),)

    series: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    period: Mapped[str] = mapped_column(sa.String(10), primary_key=True)
    last_number: Mapped[int] = mapped_column(sa.Integer)
    last_date: Mapped[dt.date | None] = mapped_column(sa.Date)


@dataclass(frozen=True, slots=True)
class Taken:
    """A number: its counter (series, period), its place in it, and how it reads."""

    series: str
    period: str
    counter: int
    text: str


def period_of(number_format: NumberFormat, on: dt.date) -> str:
    """What the number shows of its date: '1602', '16' or ''."""
    return {NumberFormat.YEAR_MONTH: f"{on:%y%m}", NumberFormat.YEAR: f"{on:%y}", NumberFormat.PLAIN: ""}[number_format]


def written(prefix: str, period: str, counter: int) -> str:
    """How a number reads; the 5-digit counter grows past 99999."""
    return f"{prefix}{period}{counter:05d}"


def active_series(kind: str) -> NumberSeries:
    """The series that gives the next numbers of this kind; DomainError where none is set up."""
    series = session.scalar(sa.select(NumberSeries).where(NumberSeries.kind == kind, NumberSeries.active))
    if series is None:
        raise DomainError(_("No numbering is set up for %(kind)s.", kind=kind.replace("_", " ")))
    return series


def has_series(kind: str) -> bool:
    """Whether a series gives the numbers of this kind."""
    active = sa.exists().where(NumberSeries.kind == kind, NumberSeries.active)
    return bool(session.scalar(sa.select(active)))


def peek(kind: str, on: dt.date) -> str:
    """The number that would be next; another may take it first."""
    return next_of(active_series(kind), on)


def next_of(series: NumberSeries, on: dt.date) -> str:
    """The same of any series, active or not."""
    period = period_of(series.format, on)
    counter = session.get(NumberCounter, (_key(series), period))
    number = first_of(series, period) if counter is None else counter.last_number + 1
    return written(series.prefix, period, number)


def first_of(series: NumberSeries, period: str) -> int:
    """With which number a period begins."""
    if series.first_number == 1:
        return 1
    first_period = series.first_period
    if first_period is None:
        periods = sa.select(sa.func.min(NumberCounter.period)).where(NumberCounter.series == _key(series))
        first_period = session.scalar(periods)
    return series.first_number if first_period is None or period <= first_period else 1


def last_date(kind: str, on: dt.date) -> dt.date | None:
    """The date of the last number in the counter that a document of this date belongs to: none may be earlier."""
    series = active_series(kind)
    return session.scalar(
        sa.select(NumberCounter.last_date).where(
            NumberCounter.series == _key(series), NumberCounter.period == period_of(series.format, on)
        )
    )


def take(kind: str, dates: Sequence[dt.date]) -> list[Taken]:
    """The next numbers of the kind's active series, one for each date in the order given (sort them first).

    ConflictError when a counter's last number bears a later date: dates follow numbers.
    """
    series = active_series(kind)
    key = _key(series)
    taken: list[Taken] = []
    for on, group in itertools.groupby(dates):
        count = len(list(group))
        period = period_of(series.format, on)
        last, date_of_last = _advance(key, period, first_of(series, period), count, on)
        if date_of_last > on:
            raise ConflictError(
                _(
                    "The last number of this series bears the date %(last)s; nothing may be dated before it.",
                    last=date_of_last.isoformat(),
                ),
                "invoice_date",
            )
        taken += [
            Taken(key, period, number, written(series.prefix, period, number))
            for number in range(last - count + 1, last + 1)
        ]
    return taken


def take_plain(series: str, period: str, count: int) -> int:
    """Take ``count`` numbers of a bare counter that starts at 1 (journal entries); gives the last of them."""
    return _advance(series, period, 1, count, None)[0]


def give_back(series: str, period: str, number: int, previous_date: dt.date | None) -> None:
    """Return the last number of a counter (a withdrawn document); ConflictError when it is no longer the last."""
    changed = session.scalar(
        sa.update(NumberCounter)
        .where(NumberCounter.series == series, NumberCounter.period == period, NumberCounter.last_number == number)
        .values(last_number=number - 1, last_date=previous_date)
        .returning(NumberCounter.last_number)
    )
    if changed is None:
        raise ConflictError(_("A later number of this series has been given since."))


def set_up(
    kind: str, prefix: str, number_format: NumberFormat, first_number: int = 1, *, on: dt.date | None = None
) -> NumberSeries:
    """Make this the active series of the kind; an unused one may still change its first number, as of ``on`` (today).

    Used numbers never change: another format or prefix opens a new series.
    """
    period = period_of(number_format, on or local(now()).date())
    for other in session.scalars(sa.select(NumberSeries).where(NumberSeries.kind == kind, NumberSeries.active)):
        other.active = False
    session.flush()  # the index allows one active series of a kind at any moment
    series = session.scalar(
        sa.select(NumberSeries).where(
            NumberSeries.kind == kind, NumberSeries.prefix == prefix, NumberSeries.format == number_format
        )
    )
    if series is None:
        series = NumberSeries(
            kind=kind, prefix=prefix, format=number_format, first_number=first_number, first_period=period
        )
        session.add(series)
    elif session.scalar(sa.select(NumberCounter.series).where(NumberCounter.series == _key(series)).limit(1)):
        if series.first_number != first_number:
            raise DomainError(_("This series has been used; its first number stays."), "first_number")
    elif series.first_number != first_number:
        series.first_number, series.first_period = first_number, period
    series.active = True
    session.flush()
    return series


def _key(series: NumberSeries) -> str:
    return f"{series.kind}:{series.id}"


def _advance(series: str, period: str, first: int, count: int, on: dt.date | None) -> tuple[int, dt.date]:
    """One statement that waits for the twin and never skips; gives the number and the later of both dates."""
    require_writing()
    values = {"series": series, "period": period, "last_number": first + count - 1, "last_date": on, "count": count}
    number, on_last = session.connection().execute(_advancing(sqlite=is_sqlite()), values).one()
    return number, on_last or dt.date.min


@cache
def _advancing(*, sqlite: bool) -> sa.Executable:
    table = table_of(NumberCounter)
    statement = sqlite_insert(table) if sqlite else postgresql_insert(table)
    date, last = statement.excluded.last_date, table.c.last_date
    return (
        statement.values({column.name: sa.bindparam(column.name) for column in table.columns})
        .on_conflict_do_update(
            index_elements=["series", "period"],
            set_={
                "last_number": table.c.last_number + sa.bindparam("count", type_=sa.Integer()),
                "last_date": sa.case((sa.or_(last.is_(None), last < date), date), else_=last),
            },
        )
        .returning(table.c.last_number, table.c.last_date)
    )
