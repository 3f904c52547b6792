"""A thing of the API, declared: its fields, how its rows are found and shown, and the verbs that it takes.

The routes, their rights and the OpenAPI document are made from the declaration.
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import sqlalchemy as sa

from fsm.api.fields import WireSchema
from fsm.api.query import Column
from fsm.users.actor import Actor

Values: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, on which day of the company, at which moment."""

    actor: Actor
    today: dt.date
    moment: dt.datetime


@dataclass(frozen=True, slots=True)
class Shown:
    """How rows are shown: which fields (None: all), and the address that the API has for this client."""

    fields: frozenset[str] | None
    root: str
    today: dt.date

    def wants(self, *names: str) -> bool:
        """Whether one of these fields is wanted."""
        return self.fields is None or not self.fields.isdisjoint(names)


@dataclass(frozen=True, kw_only=True, slots=True)
class Verbs:
    """What can be done with a thing; None where it cannot. The first argument below a parent is the parent's id.

    ``create`` gives the new id, ``change`` takes what is given, ``replace`` sets all else to its default.
    """

    create: Callable[..., int] | None = None
    change: Callable[..., Any] | None = None
    replace: Callable[..., Any] | None = None
    delete: Callable[..., Any] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """Things under a thing, such as the payments of an invoice: all of them are read at once.

    ``read`` gives the rows of these parents by parent id, ready for ``schema``.
    """

    name: str
    item: str
    id_name: str
    schema: WireSchema
    read: Callable[[Sequence[int], Shown, Actor], Mapping[int, Sequence[Values]]]
    verbs: Verbs


@dataclass(frozen=True, kw_only=True, slots=True)
class Action:
    """A verb of its own on a thing: ``POST /invoices/3003/post``; ``spellings``: also ``?send_mail``.

    ``work`` takes the id, the values and who asks, and gives what the answer tells beside its sentence.
    """

    name: str
    done: str
    work: Callable[[int, Values, Asker], Values]
    schema: WireSchema = field(default_factory=WireSchema)
    spellings: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Resource:
    """A thing with an address of its own.

    ``select`` gives the rows that this actor may see, ``rows`` what ``schema`` shows of them. ``always`` narrows a list
    unless one of its fields is filtered by (drafts are not listed unless asked for). ``search`` gives
    the condition of words, ``names`` the API's names for our fields in refusals.
    """

    name: str
    item: str
    id_name: str
    label: str
    schema: WireSchema
    columns: Mapping[str, Column]
    key: Any
    select: Callable[[Actor], sa.Select[Any]]
    rows: Callable[[Sequence[Any], Shown, Actor], list[Values]]
    search: Callable[[str], sa.ColumnElement[bool]]
    lock: Callable[[int], Any]
    verbs: Verbs
    always: Mapping[str, Callable[[], sa.ColumnElement[bool]]] = field(default_factory=dict)
    parts: tuple[Part, ...] = ()
    actions: tuple[Action, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    pdf: Callable[[int], bytes] | None = None
