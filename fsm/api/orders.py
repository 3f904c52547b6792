"""``/orders``: sales orders in S3's style. They are made by signing a quote and are final; what is left is to bill them."""

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.api import beside, mailing, priced_fields, priced_rows, uploads
from fsm.api.document_files import files_part
from fsm.api.errors import BadRequestError
from fsm.api.fields import Day, OneOf, Text, WireSchema
from fsm.api.invoice_fields import ALL
from fsm.api.numbers import Id, Money, Number
from fsm.api.query import Column, found_by_words
from fsm.api.resource import Action, Asker, Resource, Shown, Values, Verbs
from fsm.core.errors import ConflictError
from fsm.documents import priced_mail
from fsm.documents.queries import settings as document_settings
from fsm.invoices import from_sales_orders
from fsm.sales_orders import queries, services
from fsm.sales_orders.models import SalesOrder, SalesOrderLine, SalesOrderState
from fsm.sales_orders.sending import MAILED
from fsm.service_orders.services import OrderValues

PLACE = beside.Place(services.KIND, "orders")


class DepositSchema(WireSchema):
    """How much of the order, and what the deposit invoice says of it (S0)."""

    percentage = Number(2, 0, ALL, note="Default: the setting.", example="30")
    description = Text(from_sales_orders.MAX_DESCRIPTION, note="Default: the percentage and the order's number.")


class CancelledSchema(WireSchema):
    """Why the customer does not go on."""

    reason = Text(services.MAX_REASON, needed=True, example="The customer has moved")


class WorkSchema(WireSchema):
    """The work that was sold, at one of the customer's sites."""

    site_id = Id(note="Default: the order's.")
    description = Text(10_000, note="Default: what was sold.")


def _own(order: SalesOrder, view: Shown) -> Values:
    return {
        "order_date": order.order_date,
        "status": order.state.value,
        "quote_id": order.quote_id,
        "quote_uri": f"{view.root}/quotes/{order.quote_id}" if order.quote_id else None,
        "quote_number": order.quote_number,
        "cancelled_reason": order.cancelled_reason,
    }


KIND = priced_rows.Kind(place=PLACE, word="order", line=SalesOrderLine, own=_own)


def _refuse(_order_id: int, _data: Values, _who: Asker) -> None:
    """Its address takes ``?send_mail`` as those of the others do; its content is what was signed."""
    raise ConflictError(_("A sales order is what was signed: it is final. Cancel it, and have another quote signed."))


def _mail(order_id: int, data: Values, who: Asker) -> Values:
    """It counts as sent, and may be billed, once a server has taken the message."""
    order = services.hold(order_id)
    to = mailing.recipients(data, priced_mail.recipients_of(order.customer_id), order.customer_id, who)
    files = uploads.for_mail(data.get("attachments", ()), who)
    text = mailing.text(data, priced_mail.beginning(MAILED, order))
    return {
        "event_id": priced_mail.send(MAILED, order, text, to, actor_id=who.actor.id, attaches_pdf=True, files=files)
    }


def _mark_sent(order_id: int, _data: Values, _who: Asker) -> Values:
    services.mark_sent(order_id, how="API")
    return {}


def _invoice(order_id: int, _data: Values, who: Asker) -> Values:
    """A draft with everything on it and the deposits taken off; asked again, the same draft."""
    return {"invoice_id": from_sales_orders.bill(order_id, actor_id=who.actor.id).id}


def _deposit(order_id: int, data: Values, who: Asker) -> Values:
    """A draft deposit invoice."""
    percentage = data.get("percentage", document_settings().deposit_percentage)
    description = data.get("description") or from_sales_orders.deposit_text(order_id, percentage)
    return {"invoice_id": from_sales_orders.new_deposit(order_id, percentage, description, actor_id=who.actor.id).id}


def _cancel(order_id: int, data: Values, who: Asker) -> Values:
    """Its drafts go; what is left of its deposits is on draft credit notes then."""
    made = from_sales_orders.cancel(order_id, data["reason"], actor_id=who.actor.id)
    return {"creditnotes": [{"creditnote_id": credit.id} for credit in made]}


def _service_order(order_id: int, data: Values, who: Asker) -> Values:
    order = queries.sales_order(order_id)
    site_id = data.get("site_id") or order.site_id
    if site_id is None:
        raise BadRequestError(_("It is required: the order names no site."), "site_id")
    values = OrderValues(
        site_id=site_id,
        description=data.get("description") or services.work_of(order),
        reference=order.reference,
    )
    made = services.create_service_order(order_id, values, actor=who.actor, today=who.today)
    return {"serviceorder_id": made.id}


ORDERS = Resource(
    name="orders",
    item="order",
    id_name="order_id",
    label="order",
    schema=priced_fields.ORDER,
    columns={
        "order_id": Column(SalesOrder.id, Id(), sorts=True),
        "number": Column(SalesOrder.number, Text(255)),
        "client_id": Column(SalesOrder.customer_id, Id()),
        "client_name": Column(SalesOrder.client_name, Text(100)),
        "reference": Column(SalesOrder.reference, Text(250)),
        "date": Column(SalesOrder.order_date, Day()),
        "status": Column(SalesOrder.state, OneOf({state.value: state for state in SalesOrderState})),
        "currency": Column(SalesOrder.currency, Text(3)),
        "total_without_tax": Column(SalesOrder.total_without_tax, Money()),
        "total_with_tax": Column(SalesOrder.total_with_tax, Money()),
        "quote_id": Column(SalesOrder.quote_id, Id()),
    },
    key=SalesOrder.id,
    select=lambda _actor: sa.select(SalesOrder),
    rows=lambda found, view, _actor: priced_rows.rows(KIND, found, view),
    search=lambda words: found_by_words(services.KIND, words, SalesOrder.id),
    lock=services.hold,
    verbs=Verbs(change=_refuse),
    names=priced_fields.NAMES | {"site_id": "site_id"},
    pdf=MAILED.pdf,
    parts=(
        priced_rows.items_part(KIND, priced_fields.OrderItemSchema(), Verbs()),
        beside.remarks_part(PLACE, priced_fields.OrderRemarkSchema()),
        beside.events_part(PLACE, priced_fields.OrderEventSchema()),
        files_part(PLACE),
    ),
    actions=(
        Action(
            name="sendemail",
            done="order sent",
            work=_mail,
            schema=mailing.MailSchema(),
            spellings=("send_mail", "sendemail"),
        ),
        Action(name="send", done="order sent", work=_mail, schema=mailing.MailSchema()),
        Action(name="mark_sent", done="order marked as sent", work=_mark_sent),
        Action(name="invoice", done="invoice created", work=_invoice),
        Action(name="deposit", done="deposit invoice created", work=_deposit, schema=DepositSchema()),
        Action(name="cancel", done="order cancelled", work=_cancel, schema=CancelledSchema()),
        Action(name="serviceorder", done="serviceorder created", work=_service_order, schema=WorkSchema()),
    ),
)
