"""Invoices as S3 shows them: a page of them in a handful of queries, by statements and not by the unit of work."""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

import sqlalchemy as sa

from fsm.api import beside
from fsm.api.addresses import shown_address
from fsm.api.resource import Shown, Values
from fsm.core.audit import TimelineNote
from fsm.core.db import session, table_of
from fsm.documents.models import CustomField, FieldPlace
from fsm.documents.totals import ZERO
from fsm.invoices import figures
from fsm.invoices.models import Invoice, InvoiceFollowUp, InvoiceKind, InvoiceLine, InvoiceState, InvoiceTax
from fsm.ledger.models import ItemKind, OpenItem, Standing
from fsm.payments.models import Payment, PaymentPart
from fsm.reminders.models import ClaimedCost
from fsm.users.actor import Actor

PLACE = beside.Place("invoice", "invoices")
INVOICE_TABLE, LINE, TAX = table_of(Invoice), table_of(InvoiceLine), table_of(InvoiceTax)
FOLLOW_UP, ITEM = table_of(InvoiceFollowUp), table_of(OpenItem)
_COLUMNS = tuple(column.name for column in INVOICE_TABLE.c)
_ON_CREDITS = ("corrects_number", "corrects_date")
_NOT_ON_CREDITS = ("days_due", "due_date", "structured_message")
_SIGNED = (
    *("discount_total_without_tax", "total_refundable_deposit", "total_without_tax", "cash_discount_total"),
    *("discount_total_with_tax", "total_with_tax"),
)
_OF_LINE = (
    *("id", "invoice_id", "description", "description_html", "amount", "amount_with_tax", "unit", "stockitem_code"),
    *("tax_rate", "special_status", "account_number"),
)
_LINE_NAMES = (*_OF_LINE, "quantity", "total_without_tax", "total_with_tax", "custom_values")
TAGS = ((3, "printed", "printed_at"), (6, "sent", "sent_at"), (9, "accountant", "accountant_at"))
FOUND_KINDS = {InvoiceKind.INVOICE: ItemKind.INVOICE, InvoiceKind.CREDIT_NOTE: ItemKind.CREDIT_NOTE}
# Composed once: to compose them for each list takes longer than the database takes to run them.
_IDS: sa.BindParameter[int] = sa.bindparam("ids", expanding=True)
_KINDS = list(FOUND_KINDS.values())
_ALL = sa.select(*INVOICE_TABLE.c)
_FOLLOW_UPS = sa.select(
    *(FOLLOW_UP.c.invoice_id, FOLLOW_UP.c.external_invoice_id, FOLLOW_UP.c.outstanding_balance),
    *(FOLLOW_UP.c.automatic_reminders, *(FOLLOW_UP.c[at] for _tag, _name, at in TAGS)),
).where(FOLLOW_UP.c.invoice_id.in_(_IDS))
_ITEMS = sa.select(*(ITEM.c.source_id, ITEM.c.kind, ITEM.c.standing, ITEM.c.balance, ITEM.c.paid, ITEM.c.due_on)).where(
    ITEM.c.kind.in_(_KINDS), ITEM.c.source_id.in_(_IDS)
)
_TAXES = sa.select(TAX.c.invoice_id, TAX.c.tax_rate, TAX.c.tax).where(TAX.c.invoice_id.in_(_IDS))
_LINES = (
    sa.select(*(LINE.c[name] for name in _LINE_NAMES), INVOICE_TABLE.c.kind)
    .join(INVOICE_TABLE, INVOICE_TABLE.c.id == LINE.c.invoice_id)
    .where(LINE.c.invoice_id.in_(_IDS))
    .order_by(LINE.c.position)
)
_PAYMENTS = (
    sa.select(
        *(OpenItem.source_id.label("invoice_id"), Payment.id, Payment.paid_on, Payment.method),
        *(Payment.description, PaymentPart.amount),
    )
    .join(PaymentPart, PaymentPart.open_item_id == OpenItem.id)
    .join(Payment, Payment.id == PaymentPart.payment_id)
    .where(OpenItem.kind.in_(_KINDS), OpenItem.source_id.in_(_IDS), Payment.undone_at.is_(None))
    .order_by(Payment.id)
)
_COSTS = (
    sa.select(ClaimedCost.id, ClaimedCost.invoice_id, ClaimedCost.amount, ClaimedCost.description)
    .where(ClaimedCost.invoice_id.in_(_IDS), ClaimedCost.undone_at.is_(None))
    .order_by(ClaimedCost.id)
)
_ACTIVITY = (
    sa.select(TimelineNote.subject_id, sa.func.max(TimelineNote.at))
    .where(TimelineNote.subject_kind == "invoice", TimelineNote.subject_id.in_(_IDS))
    .group_by(TimelineNote.subject_id)
)
_LABELS = (
    sa.select(CustomField.name, CustomField.description)
    .where(CustomField.place == sa.bindparam("place"))
    .order_by(CustomField.position)
)


def select(_actor: Actor) -> sa.Select[Any]:
    """All of them: who may read invoices at all reads each."""
    return _ALL


def rows(found: Sequence[Any], view: Shown, actor: Actor) -> list[Values]:
    """What the schema shows of these rows."""
    del actor
    ids = [row.id for row in found]
    follow_ups = {row.invoice_id: row for row in session.execute(_FOLLOW_UPS, {"ids": ids})}
    items = _open_items(ids)
    parts: dict[str, Mapping[int, Sequence[Values]]] = {
        name: read(ids, view) for name, read in READERS.items() if view.wants(name)
    }
    taxes = _taxes(found) if view.wants("total_tax_1", "total_tax_2", "total_tax_3") else {}
    costs = _sums(parts["costs"] if "costs" in parts else read_costs(ids, view) if view.wants("total_costs") else {})
    activity = _last_activity(ids) if view.wants("last_activity") else {}
    wanted = found if view.wants("custom_values") else ()
    labels = _labels(FieldPlace.DOCUMENT, (row.custom_values for row in wanted))
    made = []
    for row in found:
        values = _row(row, follow_ups.get(row.id), items.get(row.id), view)
        values["total_costs"] = costs.get(row.id, ZERO)
        values["last_activity"] = max(filter(None, (activity.get(row.id), row.posted_at, row.created_at)))
        values["custom_values"] = _custom(row.custom_values, labels)
        sums = taxes.get(row.id, {})
        for place in (1, 2, 3):
            values[f"total_tax_{place}"] = sums.get(values[f"tax_rate_{place}"], ZERO)
        values |= {name: of_invoice.get(row.id, ()) for name, of_invoice in parts.items()}
        made.append(values)
    return made


def _row(row: Any, follow_up: Any, item: Any, view: Shown) -> Values:  # noqa: ANN401 - rows of the tables
    is_credit = row.kind is InvoiceKind.CREDIT_NOTE
    values: Values = dict(zip(_COLUMNS, row, strict=True))
    for name in _NOT_ON_CREDITS if is_credit else _ON_CREDITS:
        del values[name]
    if is_credit:
        for name in _SIGNED:
            values[name] = -values[name]
    for name in ("billing_address", "delivery_address", "site_address"):
        values[name] = shown_address(values[name], row.language)
    values["uri"] = f"{view.root}/invoices/{row.id}"
    values["client_uri"] = f"{view.root}/clients/{row.customer_id}"
    values["status"] = status_of(row.state, item, view.today)
    values["total_paid"] = item.paid if item else ZERO
    if follow_up is not None:
        values["external_invoice_id"] = follow_up.external_invoice_id
        values["outstanding_balance"] = follow_up.outstanding_balance
        values["tags"] = [{"tag_id": tag, "name": name} for tag, name, at in TAGS if getattr(follow_up, at)]
    if is_credit:
        return values
    if follow_up is not None:
        values["automatic_reminders"] = follow_up.automatic_reminders
    if values["status"] == "overdue":
        values["days_overdue"] = (view.today - item.due_on).days
    elif values["status"] == "open":
        values["days_overdue"] = 0
    return values


def status_of(state: InvoiceState, item: Any, today: dt.date) -> str:  # noqa: ANN401 - a row of open items
    """S3's word, the first row of product.md 7 that fits."""
    if state is not InvoiceState.POSTED or item is None:
        return state.value
    if item.standing is not Standing.OPEN or not item.balance:
        return "closed"
    return "overdue" if item.kind is ItemKind.INVOICE and item.due_on < today else "open"


def _of(table: Any, parent: Any, ids: Sequence[int]) -> Iterable[Any]:  # noqa: ANN401 - a table and its column
    return session.execute(sa.select(*table.c).where(parent.in_(ids))) if ids else ()


def _open_items(ids: Sequence[int]) -> dict[int, Any]:
    return {row.source_id: row for row in session.execute(_ITEMS, {"ids": ids})}


def _taxes(found: Sequence[Any]) -> dict[int, dict[Decimal, Decimal]]:
    """VAT by rate: as it was posted; of a draft as it would be."""
    sums: dict[int, dict[Decimal, Decimal]] = defaultdict(lambda: defaultdict(lambda: ZERO))
    signs = {row.id: -1 if row.kind is InvoiceKind.CREDIT_NOTE else 1 for row in found}
    for row in session.execute(_TAXES, {"ids": list(signs)}):
        sums[row.invoice_id][row.tax_rate] += row.tax * signs[row.invoice_id]
    for row in found:
        if row.state is InvoiceState.DRAFT and row.corrects_id is None:
            lines = list(_of(LINE, LINE.c.invoice_id, [row.id]))
            for tax in figures.totals_of(figures.plain_document(row), lines).taxes if lines else ():
                sums[row.id][tax.key.tax_rate] += tax.tax
    return sums


def read_items(ids: Sequence[int], view: Shown) -> Mapping[int, Sequence[Values]]:
    """The lines in their order; a credit note's have negative quantities and totals."""
    found: dict[int, list[Values]] = defaultdict(list)
    lines = session.execute(_LINES, {"ids": ids}).all()
    labels = _labels(FieldPlace.LINE, (row.custom_values for row in lines))
    for *stored, kind in lines:
        values: Values = dict(zip(_LINE_NAMES, stored, strict=True))
        invoice_id = values["invoice_id"]
        values["uri"] = f"{view.root}/invoices/{invoice_id}/items/{values['id']}"
        if kind is InvoiceKind.CREDIT_NOTE:
            for name in ("quantity", "total_without_tax", "total_with_tax"):
                values[name] = -values[name]
        values["custom_values"] = _custom(values["custom_values"], labels)
        found[invoice_id].append(values)
    return found


def read_payments(ids: Sequence[int], view: Shown) -> Mapping[int, Sequence[Values]]:
    """What stands of each document's payments; what was undone is gone."""
    found: dict[int, list[Values]] = defaultdict(list)
    for row in session.execute(_PAYMENTS, {"ids": ids}):
        uri = f"{view.root}/invoices/{row.invoice_id}/payments/{row.id}"
        found[row.invoice_id].append({**row._asdict(), "uri": uri})
    return found


def read_costs(ids: Sequence[int], view: Shown) -> Mapping[int, Sequence[Values]]:
    """What is claimed and was not waived."""
    found: dict[int, list[Values]] = defaultdict(list)
    for row in session.execute(_COSTS, {"ids": ids}):
        uri = f"{view.root}/invoices/{row.invoice_id}/costs/{row.id}"
        found[row.invoice_id].append({**row._asdict(), "uri": uri})
    return found


def _sums(costs: Mapping[int, Sequence[Values]]) -> dict[int, Decimal]:
    return {invoice_id: sum((cost["amount"] for cost in of_it), ZERO) for invoice_id, of_it in costs.items()}


def _last_activity(ids: Sequence[int]) -> dict[int, dt.datetime]:
    return dict(session.execute(_ACTIVITY, {"ids": ids}).all())


def _labels(place: FieldPlace, used: Iterable[Any]) -> dict[str, str]:
    return dict(session.execute(_LABELS, {"place": place}).all()) if any(used) else {}


def _custom(values: Mapping[str, str] | None, labels: Mapping[str, str]) -> list[Values]:
    return [
        {"name": name, "description": labels.get(name, name), "value": value} for name, value in (values or {}).items()
    ]


READERS: Mapping[str, Callable[[Sequence[int], Shown], Mapping[int, Sequence[Values]]]] = {
    "items": read_items,
    "payments": read_payments,
    "costs": read_costs,
    "remarks": partial(beside.read_remarks, PLACE),
    "events": partial(beside.read_events, PLACE),
}
