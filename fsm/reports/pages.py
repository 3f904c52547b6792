"""What the pages of reports share: the chooser of the period, the addresses of the neighbours of a page."""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from flask import request, url_for
from flask_babel import gettext as _

from fsm.core.formats import day
from fsm.core.paging import FILE_PAGE, Page, all_rows
from fsm.core.web import MAX_ID
from fsm.reports import spans
from fsm.reports.spans import Span

T = TypeVar("T")
FORMATS = ("xlsx", "csv")


def address(**changes: object) -> str:
    """This page under the same choices, some of them changed; None takes one away."""
    kept: dict[str, Any] = request.args.to_dict() | {"after": None, "format": None} | changes
    own = {name: value for name, value in kept.items() if value and not name.startswith("_")}
    return url_for(request.endpoint or "", **(request.view_args or {}), **own)


def choices(span: Span) -> list[dict[str, Any]]:
    """The named periods as ``lists.tabs`` wants them."""
    return [
        {"label": label, "url": address(**{"period": name, "from": None, "to": None}), "is_current": name == span.name}
        for name, label in spans.labels().items()
    ]


def around(page: Page[Any]) -> dict[str, str | None]:
    """The addresses of the page before and the page after."""
    return {
        "previous_url": address(after=page.previous) if page.previous else None,
        "next_url": address(after=page.next) if page.next else None,
    }


def id_of(name: str) -> int | None:
    """An id in the address; None for what is none."""
    text = request.args.get(name, "")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0  # noqa: PLR2004 - digits of 2^63
    return number if 1 <= number <= MAX_ID else None


def wants_file() -> bool:
    """Whether the page is asked for as a file."""
    return request.args.get("format") in FORMATS


def files() -> dict[str, str]:
    """The addresses of this page as files, under the same choices."""
    return {name: address(format=name) for name in FORMATS}


def every_row(page_of: Callable[[str | None, int], Page[T]]) -> Iterator[T]:
    """The rows of all pages of a report; ``page_of`` gives one by cursor and size."""
    return all_rows(lambda cursor: page_of(cursor, FILE_PAGE))


def title_of(span: Span) -> str:
    """The period in words, such as "this month"; the days where it has no name."""
    return spans.labels().get(span.name) or days_of(span.first_day, span.last_day)


def days_of(first_day: dt.date, last_day: dt.date) -> str:
    """From one day to another."""
    return _("%(first)s to %(last)s", first=day(first_day), last=day(last_day))
