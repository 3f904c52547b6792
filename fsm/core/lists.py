"""A list declared once: its page, its files, its choice of columns and its selection are made from the declaration.

The declarations stand in the slices' ``listing.py``; what shows them is ``fsm.users.list_pages``.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

from fsm.core.paging import FILE_PAGE, Page, all_rows

MOST_CHOSEN = 1000
MOST_SORTS = 4


class Kind(StrEnum):
    """How a value is printed and aligned, and which type it has in a spreadsheet."""

    TEXT = "text"
    STATUS = "status"
    AMOUNT = "amount"
    PRICE = "price"
    PERCENT = "percent"
    COUNT = "count"
    DATE = "date"
    MOMENT = "moment"


class Status(NamedTuple):
    """A kind of ``record.status`` and the word beside it."""

    kind: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column. ``under`` is printed small below the value, and is a column of its own in files.

    ``always`` names the row and cannot be left out. ``needs`` is an action of the permission table: to who lacks it the
    column does not exist. ``hidden_in`` names tabs where it would say nothing.
    """

    name: str
    label: Any
    value: Callable[[Any], Any]
    kind: Kind = Kind.TEXT
    under: "Column | None" = None
    always: bool = False
    shown: bool = True
    sort: str = ""
    currency: Callable[[Any], str] | None = None
    needs: str = ""
    hidden_in: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """A verb for the rows that are chosen; its endpoint and permission is ``<list>.<name>``.

    ``confirm`` is the sentence before it is done; ``tabs`` are those that offer it, empty for all.
    """

    name: str
    label: Any
    tabs: frozenset[str] = frozenset()
    kind: str = "plain"
    icon: str = ""
    confirm: Any = ""
    most: int = MOST_CHOSEN
    is_download: bool = False


class Who(Protocol):
    """The part of an actor that a list asks."""

    @property
    def id(self) -> int:
        """Whose list it is."""

    def can(self, action: str) -> bool:
        """Whether the permission table allows it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What one address asks of a list, checked."""

    tab: str
    sort: str
    filters: Any
    actor: Any
    today: dt.date


@dataclass(frozen=True, slots=True, kw_only=True)
class ListSpec:
    """The declaration.

    ``name`` is the slice's; page, export and actions are ``<name>.index``, ``.export``, ``.<action>``. ``parameters``
    are the names in the address that narrow the list, read by ``filters``; ``tab_name`` is the tab's. ``sorts`` gives
    a tab's sorts, its own first, each with an index; ``page`` gives one page of rows by key, ``count`` how many a tab
    has, exact to 999. ``record`` is the endpoint of a row's page and the name of its id there.
    """

    name: str
    title: Any
    columns: tuple[Column, ...]
    parameters: tuple[str, ...]
    filters: Callable[[Mapping[str, str], Any], Any]
    page: Callable[[Asked, str | None, int], Page[Any]]
    count: Callable[[Asked], int]
    sorts: Callable[[str], tuple[str, ...]]
    record: tuple[str, str]
    id_of: Callable[[Any], int]
    tab_name: str = "tab"
    tabs: Mapping[str, Any] = field(default_factory=dict)
    more_tabs: Mapping[str, Any] = field(default_factory=dict)
    opening_tab: Callable[[Any, Any], str] = lambda filters, actor: ""  # noqa: ARG005 - a list without tabs
    tone: Callable[[Any], str | None] = lambda row: None  # noqa: ARG005 - most rows are alike
    actions: tuple[Action, ...] = ()

    @property
    def endpoint(self) -> str:
        """The page of the list."""
        return f"{self.name}.index"

    def ask(self, arguments: Mapping[str, str], actor: Who, today: dt.date) -> Asked:
        """Read an address; what it says that is not understood is passed over."""
        filters = self.filters(arguments, actor)
        tab = arguments.get(self.tab_name, "")
        if tab not in self.tabs and tab not in self.more_tabs:
            tab = self.opening_tab(filters, actor)
        return Asked(tab, self.sort_of(tab, arguments.get("sort", "")), filters, actor, today)

    def sort_of(self, tab: str, wanted: str) -> str:
        """The wanted sort where the tab has it ("-" before it: the last first), else the tab's own."""
        sorts = self.sorts(tab)
        return wanted if wanted.removeprefix("-") in {sort.removeprefix("-") for sort in sorts} else sorts[0]

    def allowed(self, tab: str, actor: Who) -> list[Column]:
        """The columns that this user may have in this tab, in the declared order."""
        return [
            column
            for column in self.columns
            if tab not in column.hidden_in and (not column.needs or actor.can(column.needs))
        ]

    def chosen(self, tab: str, actor: Who, names: Sequence[str] | None) -> list[Column]:
        """The columns in the user's order; None: the declared ones. The one that names the row is never missing."""
        columns = {column.name: column for column in self.allowed(tab, actor)}
        if names is None:
            return [column for column in columns.values() if column.shown]
        wanted = [columns[name] for name in dict.fromkeys(names) if name in columns]
        return [column for column in columns.values() if column.always and column not in wanted] + wanted

    def offered(self, tab: str, actor: Who) -> list[Action]:
        """The actions of a tab that this user may do."""
        return [
            action
            for action in self.actions
            if (not action.tabs or tab in action.tabs) and actor.can(f"{self.name}.{action.name}")
        ]

    def rows(self, asked: Asked) -> Iterator[Any]:
        """All rows of a tab under its filters, read page after page by key."""
        return all_rows(lambda cursor: self.page(asked, cursor, FILE_PAGE))

    def ids(self, asked: Asked, limit: int = MOST_CHOSEN) -> list[int]:
        """The ids of the first rows of a tab under its filters."""
        return [self.id_of(row) for row in self.page(asked, None, limit).rows]


@dataclass(slots=True)
class Outcome:
    """What came of an action on many rows: how many it was done for, and (name of the row, sentence) of the others."""

    done: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)

    def refuse(self, name: str, sentence: str) -> None:
        """Remember a row that was left as it was, with the reason."""
        self.refused.append((name, sentence))
