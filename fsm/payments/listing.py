"""The list of payments, declared: tabs by kind."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from fsm.core.lists import Asked, Column, Kind, ListSpec, Status
from fsm.core.paging import Page, capped_count
from fsm.core.web import MAX_ID
from fsm.payments import queries
from fsm.payments.forms import METHODS
from fsm.payments.models import Payment, PaymentKind, PaymentMethod
from fsm.payments.queries import Filters

TABS = {"all": _l("All"), "payment": _l("Payments"), "refund": _l("Refunds"), "move": _l("Moves")}


def status_of(payment: Payment) -> Status | None:
    """What is not plain money in."""
    if payment.undone_at:
        return Status("cancelled", _("Undone"))
    if payment.kind is PaymentKind.REFUND:
        return Status("credit", _("Refund"))
    return Status("neutral", _("Move")) if payment.kind is PaymentKind.MOVE else None


def _amount(payment: Payment) -> Decimal:
    return -payment.amount if payment.kind is PaymentKind.REFUND else payment.amount


def _documents(payment: Payment) -> str:
    return ", ".join(part.open_item.source_number for part in payment.parts)


COLUMNS = (
    Column(name="date", label=_l("Date"), value=lambda row: row.paid_on, kind=Kind.DATE, always=True, sort="date"),
    Column(
        name="customer",
        label=_l("Customer"),
        value=lambda row: row.customer.name,
        under=Column(name="description", label=_l("Description"), value=lambda row: row.description),
    ),
    Column(name="documents", label=_l("For"), value=_documents),
    Column(name="method", label=_l("Method"), value=lambda row: dict(METHODS)[row.method.value] if row.method else ""),
    Column(name="amount", label=_l("Amount"), value=_amount, kind=Kind.AMOUNT, currency=lambda row: row.currency),
    Column(name="status", label=_l("Status"), value=status_of, kind=Kind.STATUS),
    Column(
        name="amount_eur", label=_l("Amount in EUR"), value=lambda row: row.amount_eur, kind=Kind.AMOUNT, shown=False
    ),
    Column(
        name="registered", label=_l("Registered"), value=lambda row: row.registered_at, kind=Kind.MOMENT, shown=False
    ),
)


def _filters(arguments: Mapping[str, str], actor: Any) -> Filters:  # noqa: ANN401 - as the declaration has it
    del actor
    customer_id, method = arguments.get("customer_id", ""), arguments.get("method", "")
    is_id = customer_id.isascii() and customer_id.isdigit() and len(customer_id) < 20  # noqa: PLR2004 - below 2^64
    return Filters(
        text=arguments.get("q", "").strip()[:100],
        customer_id=int(customer_id) if is_id and 1 <= int(customer_id) <= MAX_ID else None,
        method=PaymentMethod(method) if method in set(PaymentMethod) else None,
        first_day=_day(arguments.get("from", "")),
        last_day=_day(arguments.get("to", "")),
        money_only=arguments.get("money") == "yes",
    )


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def _kind(asked: Asked) -> PaymentKind | None:
    return None if asked.tab == "all" else PaymentKind(asked.tab)


def _page(asked: Asked, cursor: str | None, size: int) -> Page[Payment]:
    descending = asked.sort.startswith("-")
    return queries.page(asked.filters, cursor, kind=_kind(asked), descending=descending, size=size)


PAYMENTS = ListSpec(
    name="payments",
    title=_l("Payments"),
    columns=COLUMNS,
    parameters=("q", "customer_id", "method", "from", "to", "money"),
    filters=_filters,
    page=_page,
    count=lambda asked: capped_count(queries.listed(asked.filters, _kind(asked)).with_only_columns(Payment.id)),
    sorts=lambda _tab: ("-date",),
    record=("payments.show", "payment_id"),
    id_of=lambda row: row.id,
    tabs=TABS,
    opening_tab=lambda _filters, _actor: "all",
    tone=lambda row: "quiet" if row.undone_at else None,
)
