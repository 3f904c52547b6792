"""How figures, days and moments read on screen; Jinja filters of the same names."""

import datetime as dt
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_skeleton
from babel.numbers import format_decimal
from flask import Flask, g, has_app_context
from flask_babel import get_locale
from flask_babel import gettext as _

BRITISH = Locale("en", "GB")
MINUS = "\N{MINUS SIGN}"


def zone() -> ZoneInfo:
    """The company's time zone; Brussels before the first start."""
    name = g.get("time_zone", "Europe/Brussels") if has_app_context() else "Europe/Brussels"
    return ZoneInfo(name)


def _number(value: Decimal | int, pattern: str) -> str:
    text: str = format_decimal(value, format=pattern, locale=get_locale() or "en")
    return text.replace("-", MINUS)


def money(amount: Decimal | None, currency: str | None = None) -> str:
    """Grouped, two decimals, the currency's code before it where one is given."""
    if amount is None:
        return ""
    text = _number(amount, "#,##0.00")
    return f"{currency}\N{NO-BREAK SPACE}{text}" if currency else text


def unit_price(amount: Decimal | None) -> str:
    """Two to four decimals."""
    return "" if amount is None else _number(amount, "#,##0.00##")


def quantity(value: Decimal | None) -> str:
    """Up to two decimals."""
    return "" if value is None else _number(value, "#,##0.##")


def percent(value: Decimal | None) -> str:
    """Up to four decimals and the sign."""
    return "" if value is None else _number(value, "#,##0.####") + "\N{NO-BREAK SPACE}%"


def plain(value: Decimal | None) -> str:
    """As the user would type it into a field: no grouping, the locale's decimal mark, no needless zeros."""
    return "" if value is None else format_decimal(value, format="0.####", locale=get_locale() or "en")


def hours(minutes: int | None) -> str:
    """'2 h 30' from 150 minutes."""
    if minutes is None:
        return ""
    whole, rest = divmod(minutes, 60)
    if not whole:
        return _("%(minutes)s min", minutes=rest)
    return _("%(hours)s h %(minutes)s", hours=whole, minutes=f"{rest:02d}") if rest else _("%(hours)s h", hours=whole)


def _dates() -> Locale:
    """The locale for days: English here is that of Europe, the day before the month and 24 hours."""
    locale = get_locale() or BRITISH
    return BRITISH if locale.language == "en" else locale


def day(value: dt.date | None) -> str:
    """The locale's medium date."""
    return "" if value is None else format_date(value, "medium", locale=_dates())


def weekday(value: dt.date) -> str:
    """The name of a day: 'Monday'."""
    return format_date(value, "EEEE", locale=_dates())


def weekday_short(value: dt.date) -> str:
    """A day of a plan: 'Mon 23 Nov'."""
    return format_date(value, "EEE d MMM", locale=_dates())


def month_name(value: dt.date) -> str:
    """The month and its year: 'March 2026'."""
    return format_skeleton("yMMMM", value, locale=_dates())


def month_short(value: dt.date) -> str:
    """The month alone, as short as it is written: 'Mar'."""
    return format_date(value, "LLL", locale=_dates())


def local(value: dt.datetime) -> dt.datetime:
    """A moment in the company's zone."""
    return value.astimezone(zone())


def local_day(value: dt.datetime | None) -> dt.date | None:
    """The day of a moment in the company's zone."""
    return None if value is None else local(value).date()


def moment(value: dt.datetime | None) -> str:
    """Date and time in the company's zone."""
    return "" if value is None else f"{day(local(value).date())}, {clock(value)}"


def moment_short(value: dt.datetime | None) -> str:
    """Weekday, day and time: for plans."""
    return "" if value is None else format_datetime(local(value), "EEE d MMM HH:mm", locale=_dates())


def clock(value: dt.datetime | None) -> str:
    """The time of day."""
    return "" if value is None else f"{local(value):%H:%M}"


def span(length: dt.timedelta) -> str:
    """How long something takes: '8 s', '2 min 05 s', '1 h 04 min'."""
    seconds = max(0, round(length.total_seconds()))
    if seconds < 60:  # noqa: PLR2004 - a minute
        return _("%(seconds)s s", seconds=seconds)
    minutes, seconds = divmod(seconds, 60)
    if minutes < 60:  # noqa: PLR2004 - an hour
        return _("%(minutes)s min %(seconds)s s", minutes=minutes, seconds=f"{seconds:02d}")
    whole, minutes = divmod(minutes, 60)
    return _("%(hours)s h %(minutes)s min", hours=whole, minutes=f"{minutes:02d}")


def init_app(app: Flask) -> None:
    """Register the filters."""
    filters = (money, unit_price, quantity, percent, plain, hours, day, weekday, weekday_short, month_name, month_short)
    for filter_ in (*filters, local_day, moment, moment_short, clock, span):
        app.jinja_env.filters[filter_.__name__] = filter_
