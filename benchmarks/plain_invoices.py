"""The list of invoices as one writes it first: entities by the ORM, dumped by marshmallow. The API must beat it."""

import json
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from benchmarks.books import TODAY
from fsm.api.addresses import shown_address
from fsm.api.answers import to_xml
from fsm.api.invoice_fields import INVOICE
from fsm.api.invoice_rows import TAGS, status_of
from fsm.core.audit import TimelineNote
from fsm.core.db import session
from fsm.documents.models import CustomField, Remark
from fsm.invoices.models import Invoice, InvoiceKind, InvoiceState
from fsm.ledger.models import ItemKind, OpenItem
from fsm.mail.models import MailMessage
from fsm.payments.models import Payment, PaymentPart
from fsm.reminders.models import ClaimedCost

NAMES = [
    name
    for name in (known.attribute or key for key, known in INVOICE.dump_fields.items())
    if name in sa.inspect(Invoice).column_attrs
]
SIGNED = {name for name in NAMES if name.endswith(("_tax", "_total", "_deposit"))} - {"tax_included"}
NOT_ON_CREDITS = ("days_due", "due_date", "structured_message", "automatic_reminders")


def page(after: int, size: int, root: str, kind: str) -> str:
    """Posted documents after an id, as JSON or XML."""
    query = sa.select(Invoice).where(Invoice.state == InvoiceState.POSTED, Invoice.id > after)
    query = query.options(selectinload(Invoice.lines), selectinload(Invoice.taxes), joinedload(Invoice.follow_up))
    found = session.scalars(query.order_by(Invoice.id).limit(size)).all()
    shown = INVOICE.dump(_values(found, root), many=True)
    return to_xml("invoices", shown) if kind == "xml" else json.dumps(shown, ensure_ascii=False, separators=(",", ":"))


def _values(found: Sequence[Invoice], root: str) -> list[dict[str, Any]]:
    ids = [invoice.id for invoice in found]
    items = {
        item.source_id: item
        for item in session.scalars(
            sa.select(OpenItem).where(
                OpenItem.source_id.in_(ids), OpenItem.kind.in_([ItemKind.INVOICE, ItemKind.CREDIT_NOTE])
            )
        )
    }
    parts = defaultdict(list)
    paid = sa.select(PaymentPart).join(PaymentPart.payment).where(Payment.undone_at.is_(None))
    paid = paid.where(PaymentPart.open_item_id.in_([item.id for item in items.values()])).order_by(Payment.id)
    for part in session.scalars(paid.options(joinedload(PaymentPart.payment), joinedload(PaymentPart.open_item))):
        parts[part.open_item.source_id].append(part)
    costs = _by(ClaimedCost, ClaimedCost.invoice_id, ids)
    remarks = _by(Remark, Remark.document_id, ids)
    events = _by(MailMessage, MailMessage.about_id, ids)
    notes = _by(TimelineNote, TimelineNote.subject_id, ids)
    labels = {field.name: field.description for field in session.scalars(sa.select(CustomField))}
    if any((costs, remarks, events, notes, labels)):
        raise AssertionError("the books of the benchmark have none of these")
    return [_row(invoice, items[invoice.id], parts[invoice.id], root) for invoice in found]


def _by(model: Any, column: Any, ids: Sequence[int]) -> dict[int, list[Any]]:  # noqa: ANN401 - a mapped class and its column
    found = defaultdict(list)
    for row in session.scalars(sa.select(model).where(column.in_(ids))):
        found[getattr(row, column.key)].append(row)
    return found


def _row(invoice: Invoice, item: OpenItem, parts: Sequence[PaymentPart], root: str) -> dict[str, Any]:
    follow_up: Any = invoice.follow_up
    is_credit = invoice.kind is InvoiceKind.CREDIT_NOTE
    uri = f"{root}/invoices/{invoice.id}"
    values: dict[str, Any] = {name: _signed(getattr(invoice, name), invoice.sign) for name in NAMES if name in SIGNED}
    values |= {name: getattr(invoice, name) for name in NAMES if name not in SIGNED}
    for name in ("billing_address", "delivery_address", "site_address"):
        values[name] = shown_address(getattr(invoice, name), invoice.language)
    taxes = {tax.tax_rate: _signed(tax.tax, invoice.sign) for tax in invoice.taxes}
    values |= {f"total_tax_{place}": taxes.get(values[f"tax_rate_{place}"], Decimal(0)) for place in (1, 2, 3)}
    values |= {"uri": uri, "client_uri": f"{root}/clients/{invoice.customer_id}", "total_paid": item.paid}
    values |= {"status": status_of(invoice.state, item, TODAY), "total_costs": Decimal(0), "custom_values": []}
    values["last_activity"] = invoice.posted_at or invoice.created_at
    values |= {"costs": [], "remarks": [], "events": []}
    values |= {name: getattr(follow_up, name) for name in ("external_invoice_id", "outstanding_balance")}
    values["tags"] = [{"tag_id": tag, "name": name} for tag, name, at in TAGS if getattr(follow_up, at)]
    values["items"] = [_line(line, invoice.sign, uri) for line in invoice.lines]
    values["payments"] = [_payment(part, invoice.id, uri) for part in parts]
    if is_credit:
        for name in NOT_ON_CREDITS:
            values.pop(name, None)
        return values
    del values["corrects_number"], values["corrects_date"]
    values["automatic_reminders"] = follow_up.automatic_reminders
    if values["status"] == "overdue":
        values["days_overdue"] = (TODAY - item.due_on).days
    elif values["status"] == "open":
        values["days_overdue"] = 0
    return values


def _line(line: Any, sign: int, uri: str) -> dict[str, Any]:  # noqa: ANN401 - a line
    names = [
        *("id", "invoice_id", "description", "description_html", "amount", "amount_with_tax", "unit"),
        *("stockitem_code", "tax_rate", "special_status", "account_number"),
    ]
    signed = ("quantity", "total_without_tax", "total_with_tax")
    values = {name: getattr(line, name) for name in names} | {
        name: _signed(getattr(line, name), sign) for name in signed
    }
    return values | {"uri": f"{uri}/items/{line.id}", "custom_values": []}


def _payment(part: PaymentPart, invoice_id: int, uri: str) -> dict[str, Any]:
    payment = part.payment
    values = {name: getattr(payment, name) for name in ("id", "paid_on", "method", "description")}
    return values | {"invoice_id": invoice_id, "amount": part.amount, "uri": f"{uri}/payments/{payment.id}"}


def _signed(value: Decimal, sign: int) -> Decimal:
    return -value if sign < 0 else value  # a product with -1 would make a zero negative
