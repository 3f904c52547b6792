"""The list of service orders, declared: tabs by state, no price in any column."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from fsm.core.formats import moment_short
from fsm.core.lists import Action, Asked, Column, Kind, ListSpec, Status
from fsm.core.paging import Page, capped_count
from fsm.core.web import MAX_ID
from fsm.service_orders import queries
from fsm.service_orders.forms import PRIORITIES, STATES
from fsm.service_orders.models import OrderState, Priority, ServiceOrder
from fsm.service_orders.queries import Filters
from fsm.service_orders.visibility import is_desk

TABS = {tab: STATES[state] for tab, state in queries.TABS.items()}
SHOWN_WORK = 80
KINDS = {OrderState.DRAFT: "draft", OrderState.IN_PROGRESS: "progress"}


def status_of(order: ServiceOrder) -> Status:
    """The state in words."""
    return Status(KINDS.get(order.state, order.state.value), str(STATES[order.state]))


def _visits(order: ServiceOrder) -> str:
    return ", ".join(f"{moment_short(visit.start_at)} · {visit.technician.name}" for visit in order.visits[-2:])


def _work(order: ServiceOrder) -> str:
    text = " ".join(order.description.split())
    return text if len(text) <= SHOWN_WORK else f"{text[: SHOWN_WORK - 1]}…"


def _priority(order: ServiceOrder) -> Status | None:
    if order.priority not in {Priority.HIGH, Priority.EMERGENCY}:
        return None
    kind = "overdue" if order.priority is Priority.EMERGENCY else "warning"
    return Status(kind, str(PRIORITIES[order.priority]))


def _validated(order: ServiceOrder) -> Status | None:
    if order.state is not OrderState.DONE:
        return None
    return Status("done", _("Validated")) if order.validated_at else Status("open", _("To validate"))


COLUMNS = (
    Column(name="number", label=_l("Number"), value=lambda order: order.number, always=True, sort="number"),
    Column(
        name="customer",
        label=_l("Customer"),
        value=lambda order: order.customer.name,
        under=Column(name="reference", label=_l("Reference"), value=lambda order: order.reference),
    ),
    Column(
        name="site",
        label=_l("Site"),
        value=lambda order: order.site.name,
        under=Column(name="city", label=_l("City"), value=lambda order: order.site.city),
    ),
    Column(
        name="work",
        label=_l("Work"),
        value=_work,
        under=Column(name="kind", label=_l("Kind of work"), value=lambda order: order.kind_of_work),
    ),
    Column(name="visits", label=_l("Visits"), value=_visits, hidden_in=frozenset({"unscheduled"})),
    Column(
        name="state",
        label=_l("State"),
        value=status_of,
        kind=Kind.STATUS,
        under=Column(name="priority", label=_l("Priority"), value=_priority, kind=Kind.STATUS),
    ),
    Column(
        name="done",
        label=_l("Done"),
        value=lambda order: order.done_at,
        kind=Kind.MOMENT,
        sort="done",
        hidden_in=frozenset(TABS) - {"done"},
    ),
    Column(
        name="validated",
        label=_l("Validated"),
        value=_validated,
        kind=Kind.STATUS,
        hidden_in=frozenset(TABS) - {"done"},
        needs="service_orders.validate",
    ),
    Column(name="created", label=_l("Created"), value=lambda order: order.created_at, kind=Kind.MOMENT, shown=False),
    Column(name="skills", label=_l("Skills needed"), value=lambda order: order.skills, shown=False),
)


def _filters(arguments: Mapping[str, str], actor: Any) -> Filters:  # noqa: ANN401 - as the declaration has it
    validated = arguments.get("validated", "")
    return Filters(
        text=arguments.get("q", "").strip()[:100],
        technician_id=_id(arguments.get("technician")) if is_desk(actor) else None,
        customer_id=_id(arguments.get("customer_id")),
        from_date=_day(arguments.get("from")),
        to_date=_day(arguments.get("to")),
        validated=validated if validated in {"yes", "no"} else "",
    )


def _id(text: str | None) -> int | None:
    is_id = text and text.isascii() and text.isdigit() and len(text) < 20  # noqa: PLR2004 - below 2^64
    return int(text) if text and is_id and 1 <= int(text) <= MAX_ID else None


def _day(text: str | None) -> dt.date | None:
    try:
        found = dt.date.fromisoformat(text or "")
    except ValueError:
        return None
    return found if 2000 <= found.year <= 2100 else None  # noqa: PLR2004 - as in every date field


def _page(asked: Asked, cursor: str | None, size: int) -> Page[ServiceOrder]:
    return queries.page_of(asked.tab, asked.filters, asked.actor, cursor, sort=asked.sort, size=size)


SERVICE_ORDERS = ListSpec(
    name="service_orders",
    title=_l("Service orders"),
    columns=COLUMNS,
    parameters=("q", "technician", "customer_id", "from", "to", "validated"),
    filters=_filters,
    page=_page,
    count=lambda asked: capped_count(queries.listed(asked.tab, asked.filters, asked.actor)),
    sorts=lambda tab: ("-number", "done") if tab == "done" else ("-number",),
    record=("service_orders.show", "order_id"),
    id_of=lambda order: order.id,
    tabs=TABS,
    opening_tab=lambda _filters, actor: "unscheduled" if is_desk(actor) else "in_progress",
    actions=(Action(name="validate_many", label=_l("Validate"), tabs=frozenset({"done"}), icon="check"),),
)
