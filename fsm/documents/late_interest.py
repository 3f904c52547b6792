"""Named rates of interest on late payment, each a table of percentages by date (S0, accounting.md 7)."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import selectinload

from fsm.core import audit
from fsm.core.db import lock, session
from fsm.core.errors import ConflictError, DomainError, NotFoundError
from fsm.core.money import to_scaled
from fsm.core.state import check_version
from fsm.documents import queries as document_queries
from fsm.documents.models import LateInterestPercentage, LateInterestRate

MAX_NAME = 40
MOST = 20
MOST_PERCENTAGES = 60
Percentages = Sequence[tuple[dt.date, Decimal]]


def rates(*, archived: bool | None = False) -> list[LateInterestRate]:
    """Rates by name with their percentages; ``archived`` None: all."""
    query = sa.select(LateInterestRate).options(selectinload(LateInterestRate.percentages))
    if archived is not None:
        is_archived = LateInterestRate.archived_at.is_not(None)
        query = query.where(is_archived if archived else sa.not_(is_archived))
    return list(session.scalars(query.order_by(LateInterestRate.name)))


def rate(rate_id: int) -> LateInterestRate:
    """The rate; NotFoundError where there is none."""
    found = session.get(LateInterestRate, rate_id)
    if found is None:
        raise NotFoundError(_("There is no such interest rate."), "late_interest_rate_id")
    return found


def percentage_on(found: LateInterestRate, on: dt.date) -> Decimal:
    """A year's percentage in force on a day; 0 before the first row."""
    past = [row for row in found.percentages if row.valid_from <= on]
    return past[-1].percentage if past else Decimal(0)


def check_usable(rate_id: int | None, kept: int | None) -> None:
    """DomainError unless the rate may be put on a document: it exists, and is not archived since."""
    if rate_id is None or rate_id == kept:
        return
    found = session.get(LateInterestRate, rate_id)
    if found is None or found.archived_at is not None:
        raise DomainError(_("Choose one of the rates of the settings."), "late_interest_rate_id")


def add(name: str, percentages: Percentages) -> LateInterestRate:
    """A new named rate; DomainError at ``name`` or ``percentages``."""
    name, rows = _name(name), _checked(percentages)
    if len(rates(archived=None)) >= MOST:
        raise DomainError(_("At most %(most)s rates.", most=MOST), "name")
    _refuse_taken(name, None)
    found = LateInterestRate(name=name)
    session.add(found)
    session.flush()
    _add_rows(found, rows)
    _note(_("Interest rate %(name)s was added.", name=name))
    return found


def change(rate_id: int, name: str, percentages: Percentages, *, version: int | None) -> LateInterestRate:
    """Name and table; documents name the rate, so that what they bear follows it."""
    found = _held(rate_id)
    check_version(found.version, version)
    name, rows = _name(name), _checked(percentages)
    _refuse_taken(name, rate_id)
    before = {row.valid_from: row for row in found.percentages}
    wanted = dict(rows)
    for day, row in before.items():
        if day not in wanted:
            session.delete(row)
        else:
            row.percentage = wanted.pop(day)
    session.flush()
    _add_rows(found, list(wanted.items()))
    found.name = name
    sa.orm.attributes.flag_modified(found, "name")  # its table is part of it: the version moves in any case
    session.flush()
    _note(_("Interest rate %(name)s was changed.", name=name))
    return found


def archive(rate_id: int) -> LateInterestRate:
    """Offered no more; documents that name it keep it. ConflictError for the default of new documents."""
    found = _held(rate_id)
    settings = document_queries.settings()
    if rate_id in {settings.business_late_interest_rate_id, settings.consumer_late_interest_rate_id}:
        raise ConflictError(_("New documents bear this rate: choose another default first."))
    if found.archived_at is None:
        found.archived_at = audit.now()
        session.flush()
        _note(_("Interest rate %(name)s was archived.", name=found.name))
    return found


def unarchive(rate_id: int) -> LateInterestRate:
    """Offered again."""
    found = _held(rate_id)
    if found.archived_at is not None:
        found.archived_at = None
        session.flush()
        _note(_("Interest rate %(name)s is in use again.", name=found.name))
    return found


def _name(text: str) -> str:
    text = text.strip()
    if not text:
        raise DomainError(_("The name is missing."), "name")
    if len(text) > MAX_NAME:
        raise DomainError(_("At most %(most)s characters.", most=MAX_NAME), "name")
    return text


def _checked(percentages: Percentages) -> list[tuple[dt.date, Decimal]]:
    rows = sorted(percentages)
    if len(rows) > MOST_PERCENTAGES:
        raise DomainError(_("At most %(most)s rows.", most=MOST_PERCENTAGES), "percentages")
    if len({day for day, _percentage in rows}) < len(rows):
        raise DomainError(_("Two rows start on the same day."), "percentages")
    for _day, percentage in rows:
        try:
            to_scaled(percentage, 2)
        except ValueError:
            raise DomainError(_("At most %(places)s decimals.", places=2), "percentages") from None
        if not 0 <= percentage <= 100:  # noqa: PLR2004 - per cent
            raise DomainError(_("Between %(low)s and %(high)s.", low=0, high=100), "percentages")
    if not rows:
        raise DomainError(_("A rate needs at least one percentage and the day from which it counts."), "percentages")
    return rows


def _refuse_taken(name: str, rate_id: int | None) -> None:
    taken = session.scalar(sa.select(LateInterestRate.id).where(LateInterestRate.name == name))
    if taken is not None and taken != rate_id:
        raise DomainError(_("There is such a rate already, maybe among the archived ones."), "name")


def _add_rows(found: LateInterestRate, rows: Percentages) -> None:
    session.add_all(
        LateInterestPercentage(late_interest_rate_id=found.id, valid_from=day, percentage=percentage)
        for day, percentage in rows
    )
    session.flush()
    session.expire(found, ["percentages"])


def _held(rate_id: int) -> LateInterestRate:
    found: LateInterestRate | None = lock(LateInterestRate, [rate_id]).get(rate_id)
    if found is None:
        raise NotFoundError(_("There is no such interest rate."))
    return found


def _note(sentence: str) -> None:
    audit.note([("company", 1)], sentence)
