"""Quotes and sales orders in the style of S3's invoices; an ``attribute`` is our name where it is another one."""

from decimal import Decimal
from typing import cast

from fsm.api.addresses import LANGUAGES, AddressPart
from fsm.api.beside import EventSchema, RemarkSchema
from fsm.api.fields import Day, Html, ListOf, OneOf, Text, Time, Wire, WireSchema, YesNo
from fsm.api.invoice_fields import ALL, QUANTITY, UNIT
from fsm.api.numbers import Id, Integer, Money, Number, Price
from fsm.documents.models import TaxCalculation

QUOTE_STATUSES = {word: word for word in ("created", "sent", "expired", "signed", "declined")}
ORDER_STATUSES = {word: word for word in ("created", "sent", "billed", "cancelled")}


class QuoteItemSchema(WireSchema):
    """A line of a quote, as that of an invoice; its HTML is taken for its text."""

    item_id = Id(attribute="id", reads=False, example=5004)
    quote_id = Id(attribute="document_id", reads=False, example=4004)
    uri = Text(reads=False)
    description = Text(10_000, example="Heat pump, installed", note="Or description_html, or stockitem_id.")
    description_html = Html(10_000, shows=False, note="Its text is kept.")
    amount = Price(example="100.00")
    amount_with_tax = Price(example="121.00")
    quantity = Number(2, -QUANTITY, QUANTITY, default="1", example="2")
    unit = Text(10, pattern=UNIT, example="piece")
    quantity_with_unit = Text(30, shows=False, example="2 piece")
    stockitem_code = Text(20, example="A0000001")
    stockitem_id = Id(attribute="stock_item_id", shows=False, example=2002)
    total_without_tax = Money(reads=False, example="200.00")
    tax_rate = Number(4, 0, ALL, default="0", example="21")
    tax_rate_special_status = Text(20, attribute="special_status", example="")
    total_with_tax = Money(reads=False, example="242.00")
    general_ledger_account = Text(8, attribute="account_number", pattern="[0-9]{6,8}", example="700000")


class OrderItemSchema(WireSchema):
    """A line of a sales order; final, as what was signed."""

    item_id = Id(attribute="id", reads=False, example=5004)
    order_id = Id(attribute="document_id", reads=False, example=4004)
    uri = Text(reads=False)
    description = Text(reads=False, example="Heat pump, installed")
    amount = Price(reads=False, example="100.00")
    amount_with_tax = Price(reads=False, example="121.00")
    quantity = Number(2, -QUANTITY, QUANTITY, reads=False, example="2")
    unit = Text(reads=False, example="piece")
    stockitem_code = Text(reads=False, example="A0000001")
    total_without_tax = Money(reads=False, example="200.00")
    tax_rate = Number(4, 0, ALL, reads=False, example="21")
    tax_rate_special_status = Text(attribute="special_status", reads=False)
    total_with_tax = Money(reads=False, example="242.00")
    general_ledger_account = Text(attribute="account_number", reads=False, example="700000")


class QuoteRemarkSchema(RemarkSchema):
    """A remark on a quote."""

    class Meta(RemarkSchema.Meta):
        """It names its quote."""

        exclude = ("invoice_id",)

    quote_id = Id(attribute="document_id", reads=False, example=4004)


class OrderRemarkSchema(RemarkSchema):
    """A remark on a sales order."""

    class Meta(RemarkSchema.Meta):
        """It names its order."""

        exclude = ("invoice_id",)

    order_id = Id(attribute="document_id", reads=False, example=4004)


class QuoteEventSchema(EventSchema):
    """A mail about a quote."""

    class Meta(EventSchema.Meta):
        """It names its quote."""

        exclude = ("invoice_id",)

    quote_id = Id(attribute="document_id", reads=False, example=4004)


class OrderEventSchema(EventSchema):
    """A mail about a sales order."""

    class Meta(EventSchema.Meta):
        """It names its order."""

        exclude = ("invoice_id",)

    order_id = Id(attribute="document_id", reads=False, example=4004)


def _party() -> dict[str, Wire]:
    """Whom it is for; the addresses are the customer's and the site's."""
    return {
        "billing_address": AddressPart(reads=False),
        "delivery_address": AddressPart(reads=False),
        "site_address": AddressPart(reads=False),
        "site_name": Text(reads=False),
    }


def _terms(*, reads: bool) -> dict[str, Wire]:
    return {
        "days_due": Integer(0, 999, reads=reads, note="0: no term.", example=30),
        "discount_percentage": Number(2, 0, ALL, reads=reads, default="0"),
        "cash_discount_percentage": Number(2, 0, ALL, reads=reads, default="0"),
        "cash_discount_days_valid": Integer(0, 100, reads=reads, default=0),
        "currency": Text(3, pattern="[A-Z]{3}", reads=reads, default="EUR", example="EUR"),
        "exchange_rate": Number(
            10, Decimal("0.0000000001"), 1_000_000, reads=reads, note="Needed unless EUR.", example="1"
        ),
        "language": OneOf(LANGUAGES, reads=reads),
        "tax_calculation": OneOf({word.value: word for word in TaxCalculation}, reads=reads, default="total"),
        "tax_included": YesNo(reads=reads, default="no"),
    }


def _totals() -> dict[str, Wire]:
    of_rates: dict[str, Wire] = {}
    for place in (1, 2, 3):
        of_rates |= {f"tax_rate_{place}": Number(reads=False), f"total_tax_{place}": Money(reads=False)}
    return {
        "discount_total_without_tax": Money(reads=False),
        "total_refundable_deposit": Money(reads=False),
        "total_without_tax": Money(reads=False),
        **of_rates,
        "cash_discount_total": Money(reads=False),
        "discount_total_with_tax": Money(reads=False),
        "total_with_tax": Money(reads=False),
    }


def _made(name: str, fields: dict[str, Wire]) -> WireSchema:
    return cast("type[WireSchema]", WireSchema.from_dict(dict(fields), name=name))()


QUOTE = _made(
    "QuoteSchema",
    {
        "quote_id": Id(attribute="id", reads=False, example=4004),
        "uri": Text(reads=False),
        "client_id": Id(attribute="customer_id", needed=True, example=1001),
        "client_uri": Text(reads=False),
        "client_name": Text(100, example="IT Services BVBA"),
        "client_attention": Text(100),
        "type": Text(reads=False, example="quote"),
        "number": Text(255, note="Given by the series when it is first sent: refused where it is sent."),
        "reference": Text(250, example="ID123456789"),
        "date": Day(attribute="quote_date", note="Default: the day of sending.", example="2026-02-15"),
        "date_valid_until": Day(attribute="valid_until", note="Its last day; default by the settings."),
        "status": OneOf(QUOTE_STATUSES, reads=False),
        "site_id": Id(note="Where the work would be done; only when it is created."),
        **_party(),
        **_terms(reads=True),
        "items": ListOf(QuoteItemSchema(), 1000),
        **_totals(),
        "note": Text(2000),
        "date_signed": Day(attribute="signed_on", reads=False),
        "signed_by": Text(reads=False),
        "date_declined": Day(attribute="declined_on", reads=False),
        "declined_reason": Text(reads=False),
        "order_id": Id(attribute="sales_order_id", reads=False, note="The sales order that it became."),
        "order_uri": Text(reads=False),
        "serviceorder_id": Id(attribute="service_order_id", reads=False, note="The visit that it came from."),
        "sent": Time(attribute="sent_at", reads=False),
        "last_activity": Time(reads=False),
        "remarks": ListOf(QuoteRemarkSchema(), 100),
        "events": ListOf(QuoteEventSchema(), reads=False),
    },
)
ORDER = _made(
    "OrderSchema",
    {
        "order_id": Id(attribute="id", reads=False, example=4004),
        "uri": Text(reads=False),
        "client_id": Id(attribute="customer_id", reads=False, example=1001),
        "client_uri": Text(reads=False),
        "client_name": Text(reads=False, example="IT Services BVBA"),
        "client_attention": Text(reads=False),
        "type": Text(reads=False, example="order"),
        "number": Text(reads=False, example="OR-2600001"),
        "reference": Text(reads=False),
        "date": Day(attribute="order_date", reads=False, example="2026-02-15"),
        "status": OneOf(ORDER_STATUSES, reads=False),
        "site_id": Id(reads=False),
        **_party(),
        **_terms(reads=False),
        "items": ListOf(OrderItemSchema(), 1000, reads=False),
        **_totals(),
        "note": Text(reads=False),
        "quote_id": Id(reads=False),
        "quote_uri": Text(reads=False),
        "quote_number": Text(reads=False),
        "cancelled_reason": Text(reads=False),
        "sent": Time(attribute="sent_at", reads=False),
        "last_activity": Time(reads=False),
        "remarks": ListOf(OrderRemarkSchema(), 100, reads=False),
        "events": ListOf(OrderEventSchema(), reads=False),
    },
)
NAMES: dict[str, str] = {
    known.attribute or name: name for schema in (QUOTE, QuoteItemSchema()) for name, known in schema.fields.items()
} | {"lines": "items"}
