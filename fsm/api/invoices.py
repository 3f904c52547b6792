"""``/invoices``: S3's first domain, with all that stands below an invoice."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from flask import g

from fsm.api import beside, invoice_sending
from fsm.api import invoice_fields as known
from fsm.api import invoice_parts as parts
from fsm.api import invoice_rows as rows
from fsm.api import invoice_verbs as verbs
from fsm.api.document_files import files_part
from fsm.api.fields import Day, OneOf, Text, WireSchema
from fsm.api.numbers import Id, Integer, Money
from fsm.api.query import Column, found_by_words
from fsm.api.resource import Action, Asker, Part, Resource, Shown, Values, Verbs
from fsm.core.db import lock
from fsm.documents.services import pdf_of, withdrawn_pdf_of
from fsm.invoices import crediting
from fsm.invoices.draft_print import draft_pdf
from fsm.invoices.models import Invoice, InvoiceKind, InvoiceState
from fsm.invoices.queries import document
from fsm.ledger.models import ItemKind, Standing
from fsm.users.actor import Actor

TABLE, FOLLOW_UP, ITEM = rows.INVOICE_TABLE, rows.FOLLOW_UP, rows.ITEM


def _lock(invoice_id: int) -> Invoice:
    row: Invoice = lock(Invoice, [invoice_id])[invoice_id]
    return row


def _status(operator: str, word: str) -> sa.ColumnElement[bool]:
    """S3's status as a condition on the state and the open item."""
    if word in {"draft", "withdrawn"}:
        found: sa.ColumnElement[bool] = TABLE.c.state == InvoiceState(word)
    else:
        is_open = sa.and_(ITEM.c.standing == Standing.OPEN, ITEM.c.balance != 0)
        is_late = sa.and_(is_open, ITEM.c.kind == ItemKind.INVOICE, ITEM.c.due_on < g.today)
        of_word = {"overdue": is_late, "open": sa.and_(is_open, ~is_late), "closed": ~is_open}[word]
        items = sa.select(ITEM.c.source_id).where(ITEM.c.kind.in_(list(rows.FOUND_KINDS.values())), of_word)
        found = sa.and_(TABLE.c.state == InvoiceState.POSTED, TABLE.c.id.in_(items))
    return found if operator == "eq" else ~found


def _external(operator: str, text: str) -> sa.ColumnElement[bool]:
    items = sa.select(FOLLOW_UP.c.invoice_id).where(FOLLOW_UP.c.external_invoice_id == text)
    return TABLE.c.id.in_(items) if operator == "eq" else TABLE.c.id.not_in(items)


def _signed(name: str) -> Callable[[str, Any], sa.ColumnElement[bool]]:
    column = TABLE.c[name]

    def condition(operator: str, value: Any) -> sa.ColumnElement[bool]:  # noqa: ANN401 - an amount
        is_credit = TABLE.c.kind == InvoiceKind.CREDIT_NOTE
        turned = {"lt": "gt", "gt": "lt", "le": "ge", "ge": "le"}.get(operator, operator)
        return sa.or_(
            sa.and_(~is_credit, _compare(column, operator, value)), sa.and_(is_credit, _compare(column, turned, -value))
        )

    return condition


def _compare(column: Any, operator: str, value: Any) -> sa.ColumnElement[bool]:  # noqa: ANN401 - a column and its value
    compared: Mapping[str, Callable[[], Any]] = {
        "eq": lambda: column == value,
        "ne": lambda: column != value,
        "lt": lambda: column < value,
        "gt": lambda: column > value,
        "le": lambda: column <= value,
        "ge": lambda: column >= value,
    }
    found: sa.ColumnElement[bool] = compared[operator]()
    return found


COLUMNS: dict[str, Column] = {
    "invoice_id": Column(TABLE.c.id, Id(), sorts=True),
    "number": Column(TABLE.c.number, Text(255)),
    "client_id": Column(TABLE.c.customer_id, Id()),
    "client_name": Column(TABLE.c.client_name, Text(100)),
    "external_invoice_id": Column(None, Text(50), condition=_external),
    "type": Column(TABLE.c.kind, OneOf(known.KINDS)),
    "reference": Column(TABLE.c.reference, Text(250)),
    "date": Column(TABLE.c.invoice_date, Day()),
    "date_delivery": Column(TABLE.c.delivery_date, Day()),
    "date_overdue": Column(TABLE.c.due_date, Day()),
    "days_due": Column(TABLE.c.days_due, Integer(0, 999)),
    "status": Column(None, OneOf(known.STATUSES), condition=_status),
    "state": Column(TABLE.c.state, OneOf(known.STATES)),
    "currency": Column(TABLE.c.currency, Text(3)),
    "total_with_tax": Column(TABLE.c.total_with_tax, Money(), condition=_signed("total_with_tax")),
    "total_without_tax": Column(TABLE.c.total_without_tax, Money(), condition=_signed("total_without_tax")),
    "structured_message": Column(TABLE.c.structured_message, Text(12)),
}


def _pdf(invoice_id: int) -> bytes:
    invoice = document(invoice_id)
    if invoice.state is InvoiceState.DRAFT:
        return draft_pdf(invoice, today=g.today)
    return (pdf_of if invoice.state is InvoiceState.POSTED else withdrawn_pdf_of)("invoice", invoice_id)


def _post(invoice_id: int, _data: Values, who: Asker) -> Values:
    verbs.post(invoice_id, who)
    return {}


def _credit(invoice_id: int, _data: Values, who: Asker) -> Values:
    """A draft that takes back all that is left; post it as any draft."""
    credit = crediting.draft_credit(invoice_id, None, releases_work=False, actor_id=who.actor.id)
    return {"creditnote_id": credit.id}


def _part(name: str, item: str, schema: WireSchema, read: Callable[[Sequence[int], Shown], Any], these: Verbs) -> Part:
    def reading(ids: Sequence[int], view: Shown, actor: Actor) -> Mapping[int, Sequence[Values]]:
        del actor
        found: Mapping[int, Sequence[Values]] = read(ids, view)
        return found

    return Part(name=name, item=item, id_name=f"{item}_id", schema=schema, read=reading, verbs=these)


INVOICES = Resource(
    name="invoices",
    item="invoice",
    id_name="invoice_id",
    label="invoice",
    schema=known.INVOICE,
    columns=COLUMNS,
    key=TABLE.c.id,
    select=rows.select,
    rows=rows.rows,
    search=lambda words: found_by_words("invoice", words, TABLE.c.id),
    lock=_lock,
    verbs=Verbs(create=verbs.create, change=verbs.change, replace=verbs.replace, delete=verbs.delete),
    always={"state status": lambda: TABLE.c.state == InvoiceState.POSTED},
    names=known.NAMES,
    pdf=_pdf,
    parts=(
        _part(
            "items",
            "item",
            known.ITEM,
            rows.read_items,
            Verbs(
                create=verbs.create_item,
                change=verbs.change_item,
                replace=verbs.replace_item,
                delete=verbs.delete_item,
            ),
        ),
        beside.remarks_part(rows.PLACE, known.REMARK),
        _part(
            "payments",
            "payment",
            known.PAYMENT,
            rows.read_payments,
            Verbs(
                create=parts.create_payment,
                change=parts.change_payment,
                replace=parts.replace_payment,
                delete=parts.delete_payment,
            ),
        ),
        _part(
            "costs",
            "cost",
            known.COST,
            rows.read_costs,
            Verbs(
                create=parts.create_cost,
                change=parts.change_cost,
                replace=parts.replace_cost,
                delete=parts.delete_cost,
            ),
        ),
        beside.events_part(rows.PLACE, known.EVENT),
        files_part(rows.PLACE),
    ),
    actions=(
        Action(name="post", done="invoice posted", work=_post),
        Action(name="credit", done="creditnote created", work=_credit),
        *invoice_sending.ACTIONS,
    ),
)
