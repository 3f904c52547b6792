"""The log of deliveries, declared."""

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l

from fsm.core.lists import Asked, Column, Kind, ListSpec
from fsm.core.paging import Page, capped_count, page
from fsm.core.web import MAX_ID
from fsm.webhooks import queries
from fsm.webhooks.kinds import KINDS, TEST
from fsm.webhooks.models import DeliveryState, WebhookDelivery
from fsm.webhooks.queries import Filters

TABS = {"all": _l("All"), "failed": _l("Failed"), "waiting": _l("On the way"), "delivered": _l("Delivered")}

COLUMNS = (
    Column(name="event", label=_l("Event"), value=lambda row: queries.event_label(row.event.name), always=True),
    Column(name="about", label=_l("About"), value=lambda row: row.event.label),
    Column(name="webhook", label=_l("Webhook"), value=lambda row: row.endpoint.name),
    Column(name="status", label=_l("Status"), value=queries.delivery_status, kind=Kind.STATUS),
    Column(name="attempts", label=_l("Tries"), value=lambda row: row.attempts, kind=Kind.COUNT),
    Column(name="answer", label=_l("Last answer"), value=queries.words_of),
    Column(
        name="happened",
        label=_l("Happened"),
        value=lambda row: row.event.happened_at,
        kind=Kind.MOMENT,
        sort="happened",
    ),
    Column(name="event_id", label=_l("Event id"), value=lambda row: row.event.event_id, shown=False),
)


def _filters(arguments: Mapping[str, str], actor: Any) -> Filters:  # noqa: ANN401 - as the declaration has it
    del actor
    text, event = arguments.get("webhook", ""), arguments.get("event", "")
    endpoint_id = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None  # noqa: PLR2004 - below 2^64
    if endpoint_id is not None and not 1 <= endpoint_id <= MAX_ID:
        endpoint_id = None
    return Filters(
        arguments.get("q", "").replace("\0", "").strip()[:100], endpoint_id, event if event in {*KINDS, TEST} else ""
    )


def _page(asked: Asked, cursor: str | None, size: int) -> Page[WebhookDelivery]:
    query = queries.with_all(queries.listed(asked.tab, asked.filters))
    return page(query, [WebhookDelivery.id], cursor, descending=asked.sort.startswith("-"), size=size)


def _tone(row: WebhookDelivery) -> str | None:
    return "error" if row.state is DeliveryState.FAILED else None


DELIVERIES = ListSpec(
    name="webhook_deliveries",
    title=_l("Deliveries"),
    columns=COLUMNS,
    parameters=("q", "webhook", "event"),
    filters=_filters,
    page=_page,
    count=lambda asked: capped_count(queries.listed(asked.tab, asked.filters)),
    sorts=lambda _tab: ("-happened",),
    record=("webhook_deliveries.show", "delivery_id"),
    id_of=lambda row: row.id,
    tabs=TABS,
    opening_tab=lambda _filters, _actor: "all",
    tone=_tone,
)
