"""Quotes and sales orders as the API shows them: a page of them in a handful of queries."""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from fsm.api import beside
from fsm.api.addresses import shown_address
from fsm.api.resource import Part, Shown, Values, Verbs
from fsm.core.audit import TimelineNote
from fsm.core.db import session
from fsm.documents import figures
from fsm.documents.priced import PARTY, TERMS, TOTALS, PricedLineColumns
from fsm.documents.priced_lines import parent_of
from fsm.documents.totals import ZERO
from fsm.users.actor import Actor

_ADDRESSES = ("billing_address", "delivery_address", "site_address")
_SAME = (*PARTY, *TERMS, *TOTALS, "id", "number", "sent_at")
_OF_LINE = (
    *("id", "description", "amount", "amount_with_tax", "quantity", "unit", "stockitem_code", "tax_rate"),
    *("special_status", "account_number", "total_without_tax", "total_with_tax"),
)
_OF_RATES = tuple(f"total_tax_{place}" for place in (1, 2, 3))


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of priced document; ``own`` gives what only it has."""

    place: beside.Place
    word: str
    line: type[PricedLineColumns]
    own: Callable[[Any, Shown], Values]


def rows(kind: Kind, found: Sequence[Any], view: Shown) -> list[Values]:
    """What the schema shows of these documents."""
    ids = [document.id for document in found]
    lines = _lines(kind, ids) if view.wants("items", *_OF_RATES) else {}
    remarks = beside.read_remarks(kind.place, ids, view) if view.wants("remarks") else {}
    events = beside.read_events(kind.place, ids, view) if view.wants("events") else {}
    activity = _last_activity(kind, ids) if view.wants("last_activity") else {}
    made = []
    for document in found:
        own = lines.get(document.id, ())
        values = _row(kind, document, view) | _taxes(document, own)
        values["last_activity"] = activity.get(document.id, document.created_at)
        values["items"] = [_item(kind, document.id, line, view) for line in own]
        values["remarks"], values["events"] = remarks.get(document.id, ()), events.get(document.id, ())
        made.append(values)
    return made


def _row(kind: Kind, document: Any, view: Shown) -> Values:  # noqa: ANN401 - a quote or an order
    values: Values = {name: getattr(document, name) for name in _SAME}
    values |= {name: shown_address(getattr(document, name), document.language) for name in _ADDRESSES}
    values["uri"] = f"{view.root}/{kind.place.name}/{document.id}"
    values["client_uri"] = f"{view.root}/clients/{document.customer_id}"
    values["type"] = kind.word
    return values | kind.own(document, view)


def _taxes(document: Any, lines: Sequence[Any]) -> Values:  # noqa: ANN401 - as above
    sums: dict[Decimal, Decimal] = defaultdict(lambda: ZERO)
    for row in figures.totals_of(document, lines).taxes if lines else ():
        sums[row.key.tax_rate] += row.tax
    rates = (document.tax_rate_1, document.tax_rate_2, document.tax_rate_3)
    return {name: sums[rate] for name, rate in zip(_OF_RATES, rates, strict=True)}


def _lines(kind: Kind, ids: Sequence[int]) -> Mapping[int, Sequence[Any]]:
    parent, found = parent_of(kind.line), defaultdict(list)
    query = sa.select(kind.line).where(parent.in_(ids)).order_by(parent, kind.line.position)
    for line in session.scalars(query.execution_options(populate_existing=True)):
        found[getattr(line, parent.key)].append(line)
    return found


def _item(kind: Kind, document_id: int, line: Any, view: Shown) -> Values:  # noqa: ANN401 - a line of either
    uri = kind.place.uri(view, document_id, "items", line.id)
    return {"document_id": document_id, "uri": uri} | {name: getattr(line, name) for name in _OF_LINE}


def _last_activity(kind: Kind, ids: Sequence[int]) -> dict[int, dt.datetime]:
    query = sa.select(TimelineNote.subject_id, sa.func.max(TimelineNote.at)).where(
        TimelineNote.subject_kind == kind.place.kind, TimelineNote.subject_id.in_(ids)
    )
    return dict(session.execute(query.group_by(TimelineNote.subject_id)).all()) if ids else {}


def items_part(kind: Kind, schema: Any, verbs: Verbs) -> Part:  # noqa: ANN401 - a schema
    """``/items`` under each document."""

    def reading(ids: Sequence[int], view: Shown, _actor: Actor) -> Mapping[int, Sequence[Values]]:
        found = _lines(kind, ids)
        return {one: [_item(kind, one, line, view) for line in lines] for one, lines in found.items()}

    return Part(name="items", item="item", id_name="item_id", schema=schema, read=reading, verbs=verbs)
