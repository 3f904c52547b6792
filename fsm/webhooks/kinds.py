"""The events that other programs may ask for: which fact of a lower slice they come from, and what they tell.

``data`` of an event is what the API shows of the thing, without the lists that have an address of their own.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from fsm.api.invoices import INVOICES
from fsm.api.resource import Resource, Shown, Values
from fsm.api.service_orders import SERVICE_ORDERS
from fsm.api.shown import shown
from fsm.core.db import session
from fsm.ledger.models import ItemKind, OpenItem
from fsm.users.actor import Actor
from fsm.users.models import Role

TEST = "webhook.test"
# Who sets up a webhook may see all; what the desk sees is what is told.
_DESK = Actor(0, "Webhooks", "", frozenset({Role.OFFICE}), "en", 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventKind:
    """``fact`` is told by a lower slice with ids, which ``records`` turns into those of ``resource``."""

    label: Any
    hint: Any
    fact: str
    subject_kind: str
    page: str
    argument: str
    resource: Resource
    records: Callable[[Sequence[int]], Sequence[int]]


def _invoices_of(item_ids: Sequence[int]) -> Sequence[int]:
    """The invoices among settled open items; payments on account and credit notes are settled too."""
    query = sa.select(OpenItem.source_id).where(OpenItem.id.in_(item_ids), OpenItem.kind == ItemKind.INVOICE)
    return session.scalars(query.order_by(OpenItem.id)).all()


KINDS: dict[str, EventKind] = {
    "invoice.posted": EventKind(
        label=_l("Invoice posted"),
        hint=_l("An invoice or a credit note became final."),
        fact="invoice.posted",
        subject_kind="invoice",
        page="invoices.show",
        argument="invoice_id",
        resource=INVOICES,
        records=lambda ids: ids,
    ),
    "invoice.paid": EventKind(
        label=_l("Invoice paid"),
        hint=_l("Nothing is due on an invoice any more: paid or set off, neither cancelled nor written off."),
        fact="open_item.settled",
        subject_kind="invoice",
        page="invoices.show",
        argument="invoice_id",
        resource=INVOICES,
        records=_invoices_of,
    ),
    "service_order.done": EventKind(
        label=_l("Service order done"),
        hint=_l("The work is done; the office has not validated it yet."),
        fact="service_order.done",
        subject_kind="service_order",
        page="service_orders.show",
        argument="order_id",
        resource=SERVICE_ORDERS,
        records=lambda ids: ids,
    ),
}


def contents(kind: EventKind, ids: Sequence[int], *, root: str, today: dt.date) -> list[Values]:
    """What the API shows of these records now, in the order of their ids; one that is gone is left out."""
    resource = kind.resource
    fields = frozenset(resource.schema.dump_fields) - {part.name for part in resource.parts}
    query = resource.select(_DESK).where(resource.key.in_(ids)).order_by(resource.key)
    found = [row[0] if len(row) == 1 else row for row in session.execute(query)]
    return shown(resource.schema, resource.rows(found, Shown(fields, root, today), _DESK), fields)
