"""The list of sales orders, declared: tabs by state."""

from typing import Any

from flask_babel import lazy_gettext as _l

from fsm.core.lists import Asked, Column, Kind, ListSpec, Status
from fsm.core.paging import Page, capped_count
from fsm.documents.priced_lists import PARAMETERS, Filters, amounts, filters
from fsm.sales_orders import queries
from fsm.sales_orders.models import SalesOrder, SalesOrderState

TABS: dict[str, Any] = {
    "created": _l("To send"),
    "sent": _l("To bill"),
    "billed": _l("Billed"),
    "cancelled": _l("Cancelled"),
}
_STATUSES = {
    SalesOrderState.CREATED: ("draft", _l("Created")),
    SalesOrderState.SENT: ("open", _l("Sent")),
    SalesOrderState.BILLED: ("done", _l("Billed")),
    SalesOrderState.CANCELLED: ("cancelled", _l("Cancelled")),
}


def status_of(order: SalesOrder) -> Status:
    """The state in words."""
    kind, label = _STATUSES[order.state]
    return Status(kind, str(label))


def _page(asked: Asked, cursor: str | None, size: int) -> Page[SalesOrder]:
    return queries.page(asked.tab, asked.filters, sort=asked.sort, cursor=cursor, size=size)


def _opening_tab(asked: Filters, actor: Any) -> str:  # noqa: ANN401 - as the declaration has it
    del asked, actor
    return "sent"


COLUMNS = (
    Column(name="number", label=_l("Number"), value=lambda order: order.number, always=True, sort="number"),
    Column(
        name="customer",
        label=_l("Customer"),
        value=lambda order: order.client_name,
        under=Column(name="site", label=_l("Site"), value=lambda order: order.site_name),
    ),
    Column(name="date", label=_l("Date"), value=lambda order: order.order_date, kind=Kind.DATE),
    Column(name="status", label=_l("Status"), value=status_of, kind=Kind.STATUS),
    *amounts((_l("Without VAT"), _l("VAT"), _l("Total"))),
    Column(name="quote", label=_l("Quote"), value=lambda order: order.quote_number),
    Column(name="reference", label=_l("Reference"), value=lambda order: order.reference, shown=False),
    Column(
        name="reason",
        label=_l("Reason"),
        value=lambda order: order.cancelled_reason,
        hidden_in=frozenset(TABS) - {"cancelled"},
    ),
)
SALES_ORDERS = ListSpec(
    name="sales_orders",
    title=_l("Sales orders"),
    columns=COLUMNS,
    parameters=PARAMETERS,
    filters=filters,
    page=_page,
    count=lambda asked: capped_count(queries.listed(asked.tab, asked.filters)),
    sorts=lambda tab: ("-number",),  # noqa: ARG005 - the same in all tabs
    record=("sales_orders.show", "order_id"),
    id_of=lambda order: order.id,
    tabs=TABS,
    opening_tab=_opening_tab,
    tone=lambda order: "quiet" if order.state is SalesOrderState.CANCELLED else None,
)
