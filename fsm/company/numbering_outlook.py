"""How numbers would read, and what a change of them does: shown while one types, before anything is saved."""

import datetime as dt
from dataclasses import dataclass, replace

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.company import services
from fsm.company.services import HIGHEST_FIRST_NUMBER, SeriesValues
from fsm.core import numbering
from fsm.core.db import session
from fsm.core.errors import DomainError
from fsm.core.numbering import NumberFormat, NumberSeries


@dataclass(frozen=True, slots=True)
class Outlook:
    """``sentences`` say what comes, ``refusal`` why this cannot be saved."""

    sentences: tuple[str, ...] = ()
    refusal: str = ""


def typed(kind: str, prefix: str, number_format: str, first_number: str, on: dt.date) -> Outlook:
    """For what stands in the fields of a kind; an unknown kind has no outlook."""
    if kind not in services.DEFAULT_SERIES or number_format not in set(NumberFormat):
        return Outlook()
    if not (first_number.isascii() and first_number.isdigit() and len(first_number) <= len(str(HIGHEST_FIRST_NUMBER))):
        return Outlook(refusal=_("The first number is between 1 and 999999."))
    values = SeriesValues(prefix, NumberFormat(number_format), int(first_number))
    try:
        services.check_series({kind: values})
    except DomainError as refusal:
        return Outlook(refusal=refusal.sentence)
    return outlook(kind, values, on)


def outlook(kind: str, values: SeriesValues, on: dt.date) -> Outlook:
    """The next number, when the count begins again, and what becomes of the numbers given so far."""
    known = session.scalar(
        sa.select(NumberSeries).where(
            NumberSeries.kind == kind, NumberSeries.prefix == values.prefix, NumberSeries.format == values.number_format
        )
    )
    is_used = known is not None and services.is_used(known)
    if is_used and known is not None and known.first_number != values.first_number:
        return Outlook(refusal=_("This series has been used; its first number stays."))
    if is_used and known is not None:
        sentences = [_("Next number: %(number)s.", number=numbering.next_of(known, on))]
    else:
        sentences = [_("Begins with %(number)s.", number=_first(values, on))]
    sentences += _when_it_begins_again(values, on)
    sentences += _what_stays(kind, values, on)
    return Outlook(tuple(sentences))


def _first(values: SeriesValues, on: dt.date) -> str:
    return numbering.written(values.prefix, numbering.period_of(values.number_format, on), values.first_number)


def _when_it_begins_again(values: SeriesValues, on: dt.date) -> list[str]:
    following = on.replace(year=on.year + 1, month=1, day=1)
    again = replace(values, first_number=1)
    if values.number_format is NumberFormat.YEAR:
        return [
            _("Each year begins anew: %(number)s in %(year)s.", number=_first(again, following), year=following.year)
        ]
    if values.number_format is NumberFormat.YEAR_MONTH:
        following = (on.replace(day=1) + dt.timedelta(days=32)).replace(day=1)
        return [_("Each month begins anew: %(number)s next month.", number=_first(again, following))]
    return [_("Counts on for ever, whatever the year.")]


def _what_stays(kind: str, values: SeriesValues, on: dt.date) -> list[str]:
    if not numbering.has_series(kind):
        return []
    active = numbering.active_series(kind)
    if (active.prefix, active.format) == (values.prefix, values.number_format) or not services.is_used(active):
        return []
    return [
        _(
            "A new series: numbers given so far stay as they are; going back to the present one later goes on with %(number)s.",
            number=numbering.next_of(active, on),
        )
    ]
