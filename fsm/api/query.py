"""What the address of a list asks: search, filter, fields, sort, skip and take."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import request
from flask_babel import gettext as _
from marshmallow import ValidationError

from fsm.api.errors import BadRequestError
from fsm.api.fields import OneOf, Text, Wire, YesNo
from fsm.core.paging import Page, page
from fsm.core.search import SearchWord
from fsm.core.search_words import AFTER, words

DEFAULT_TAKE, MOST_TAKE, MOST_SKIPPED = 50, 100, 10_000
MOST_FILTERS, MOST_WORDS = 20, 8
MOST_SEARCHED, LONGEST = 100, 4000  # letters
OPERATORS = {"=": "eq", "!=": "ne", "<": "lt", ">": "gt", "<=": "le", ">=": "ge", "=~": "like"}
_FILTER = re.compile(r"\s*(\w+?)\s*(?:__(eq|ne|lt|gt|le|ge|like)__|(=~|!=|<=|>=|=|<|>))(.*)", re.DOTALL)
_COMMA = re.compile(r',(?=(?:[^"]*"[^"]*")*[^"]*$)')


@dataclass(frozen=True, slots=True)
class Column:
    """A field that a list can be narrowed by. ``sorts``: it has an index, or few rows.

    ``condition`` gives the condition of an operator and a value where the field is no column.
    """

    expression: Any
    field: Wire
    sorts: bool = False
    condition: Callable[[str, Any], sa.ColumnElement[bool]] | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address asks, checked. ``filtered`` are the fields that are named in filters."""

    conditions: Sequence[sa.ColumnElement[bool]]
    filtered: frozenset[str]
    words: str
    fields: frozenset[str] | None
    sort: str
    is_descending: bool
    skip: int
    take: int
    after: str | None


def ask(columns: Mapping[str, Column], known: Collection[str], id_name: str) -> Asked:
    """Read the address of this request. BadRequestError naming what is wrong."""
    conditions, filtered = filters_of(request.args.getlist("filter"), columns)
    sort = _one("sort").strip() or id_name
    is_descending = sort.startswith("-")
    name = sort.removeprefix("-")
    if name not in columns or not columns[name].sorts:
        sorts = ", ".join(sorted(name for name, column in columns.items() if column.sorts))
        raise BadRequestError(_("must be one of %(names)s, “-” before it for the last first", names=sorts), "sort")
    skip = _count("skip", 0, MOST_SKIPPED, 0, id_name)
    return Asked(
        conditions,
        filtered,
        _text("search", MOST_SEARCHED).replace("\0", " "),
        fields_of(known),
        name,
        is_descending,
        skip,
        _count("take", 1, MOST_TAKE, DEFAULT_TAKE, id_name),
        _one("after") or None,
    )


def _one(name: str) -> str:
    """What the address says of it, empty where it says nothing; BadRequestError where it says several things."""
    given = request.args.getlist(name)
    if len(given) > 1:
        raise BadRequestError(_("is given more than once"), name)
    return given[0] if given else ""


def fields_of(known: Collection[str]) -> frozenset[str] | None:
    """The fields that are wanted; None for all."""
    text = _text("fields", LONGEST)
    if not text:
        return None
    wanted = frozenset(name.strip() for name in text.split(",") if name.strip())
    if unknown := sorted(wanted - set(known)):
        raise BadRequestError(_("%(name)s is not a field", name=unknown[0][:60]), "fields")
    return wanted


def _text(name: str, most: int) -> str:
    text = _one(name)
    if len(text) > most:
        raise BadRequestError(_("may have at most %(most)s characters", most=most), name)
    return text.strip()


def filters_of(
    texts: Sequence[str], columns: Mapping[str, Column]
) -> tuple[list[sa.ColumnElement[bool]], frozenset[str]]:
    """Conditions of ``a=1,b__ge__2``; a value with a comma stands in double quotes."""
    if any(len(text) > LONGEST for text in texts):
        raise BadRequestError(_("may have at most %(most)s characters", most=LONGEST), "filter")
    parts = [part for text in texts for part in _COMMA.split(text) if part.strip()]
    if len(parts) > MOST_FILTERS:
        raise BadRequestError(_("At most %(most)s conditions.", most=MOST_FILTERS), "filter")
    read = [_condition(part, columns) for part in parts]
    return [condition for _name, condition in read], frozenset(name for name, _condition in read)


def _condition(part: str, columns: Mapping[str, Column]) -> tuple[str, sa.ColumnElement[bool]]:
    match = _FILTER.fullmatch(part)
    if match is None:
        raise BadRequestError(_("“%(part)s” is no condition", part=part.strip()[:60]), "filter")
    name, word, sign, text = match.groups()
    operator = word or OPERATORS[sign]
    column = columns.get(name)
    if column is None:
        raise BadRequestError(_("%(name)s cannot be filtered by", name=name[:60]), "filter")
    text = text.strip()
    if len(text) > 1 and text.startswith('"') and text.endswith('"'):
        text = text[1:-1]
    if "\0" in text:
        raise BadRequestError(_("“%(part)s” is no condition", part=name), "filter")
    return name, _compared(name, column, operator, text)


def _compared(name: str, column: Column, operator: str, text: str) -> sa.ColumnElement[bool]:
    if operator == "like":
        if not isinstance(column.field, Text) or column.condition:
            raise BadRequestError(_("%(name)s takes no =~", name=name), "filter")
        return column.expression.icontains(text[:200], autoescape=True)  # type: ignore[no-any-return]  # reason: any expression
    try:
        value = column.field.deserialize(text, name)
    except ValidationError as error:
        raise BadRequestError(f"{name} {'; '.join(map(str, error.messages))}", "filter") from None
    if isinstance(column.field, OneOf | YesNo) and operator not in {"eq", "ne"}:
        raise BadRequestError(_("%(name)s takes only = and !=", name=name), "filter")
    if column.condition is not None:
        return column.condition(operator, value)
    expression = column.expression
    compared: dict[str, Callable[[], Any]] = {
        "eq": lambda: expression == value,
        "ne": lambda: sa.or_(expression != value, expression.is_(None)),
        "lt": lambda: expression < value,
        "gt": lambda: expression > value,
        "le": lambda: expression <= value,
        "ge": lambda: expression >= value,
    }
    return compared[operator]()  # type: ignore[no-any-return]  # reason: a condition


def _count(name: str, low: int, high: int, default: int, id_name: str) -> int:
    text = _one(name).strip()
    if not text:
        return default
    if not re.fullmatch(r"\d{1,9}", text, re.ASCII) or not low <= int(text) <= high:
        if name == "skip":
            raise BadRequestError(
                _(
                    "must be between 0 and %(high)s; beyond it use filter=%(id)s__gt__… or the next link",
                    high=high,
                    id=id_name,
                ),
                name,
            )
        raise BadRequestError(_("must be between %(low)s and %(high)s", low=low, high=high), name)
    return int(text)


def paged(query: sa.Select[Any], asked: Asked, columns: Mapping[str, Column], key: Any) -> Page[Any]:  # noqa: ANN401 - a column
    """One page of a list, by key; ``key`` is the column of the ids."""
    if asked.conditions:
        query = query.where(*asked.conditions)
    sort = columns[asked.sort].expression
    keys = [key] if sort is key else [sort, key]
    if asked.skip and not asked.after:
        query = query.offset(asked.skip)
    return page(query, keys, asked.after, descending=asked.is_descending, size=asked.take)


def found_by_words(kind: str, text: str, key: Any) -> sa.ColumnElement[bool]:  # noqa: ANN401 - the column of the ids
    """Records of this kind in which every word of the text begins a word."""
    found = words(text)[:MOST_WORDS]
    if not found:
        return sa.false()
    return sa.and_(*(_begins(kind, word, key) for word in found))


def _begins(kind: str, word: str, key: Any) -> sa.ColumnElement[bool]:  # noqa: ANN401 - the column of the ids
    subjects = sa.select(-SearchWord.newest_first).where(
        SearchWord.kind == kind,
        sa.or_(
            sa.and_(SearchWord.word >= word, SearchWord.word < word + AFTER),
            sa.and_(SearchWord.word >= f"#{word}", SearchWord.word < f"#{word}{AFTER}"),
        ),
    )
    return key.in_(subjects)  # type: ignore[no-any-return]  # reason: any expression
