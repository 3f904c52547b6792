"""S3's field tables of invoices: S3's name, type, limit, default; ``attribute`` is our name where it is another."""

from decimal import Decimal

from fsm.api.addresses import LANGUAGES, AddressPart
from fsm.api.beside import EventSchema, RemarkSchema
from fsm.api.fields import Day, Html, ListOf, OneOf, Text, Time, WireSchema, YesNo
from fsm.api.numbers import Id, Integer, Money, Number, Price
from fsm.documents.models import TaxCalculation
from fsm.invoices.models import InvoiceKind, InvoiceState
from fsm.payments.models import PaymentMethod

QUANTITY = Decimal("999999.99")
ALL = 100
STATUSES = {word: word for word in ("open", "overdue", "closed", "draft", "withdrawn")}
STATES: dict[str, InvoiceState] = {state.value: state for state in InvoiceState}
KINDS = {"invoice": InvoiceKind.INVOICE, "creditnote": InvoiceKind.CREDIT_NOTE}
# S3's words first, for they are shown; live clients write some without the space.
METHODS: dict[str, PaymentMethod] = {method.value.replace(" ", ""): method for method in PaymentMethod} | {
    method.value: method for method in PaymentMethod
}
UNIT = r"[^\W\d_]\S{0,9}"


class CustomValueSchema(WireSchema):
    """A value of one of the company's own fields."""

    name = Text(40, needed=True, example="myreference")
    description = Text(reads=False, example="Our reference")
    value = Text(75, example="123456")


class TagSchema(WireSchema):
    """An action that was done."""

    tag_id = Integer(reads=False, example=3)
    name = Text(reads=False, example="printed")


class ItemSchema(WireSchema):
    """S3's items."""

    item_id = Id(attribute="id", reads=False, example=4004)
    invoice_id = Id(reads=False, example=3003)
    uri = Text(reads=False)
    description = Text(10_000, example="product description", note="Or description_html, or stockitem_id.")
    description_html = Html(10_000, example="<p>product description</p>")
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
    custom_values = ListOf(CustomValueSchema(), 20)


class PaymentSchema(WireSchema):
    """S3's payments; negative on a credit note: refunds."""

    payment_id = Id(attribute="id", reads=False, example=5010)
    invoice_id = Id(reads=False, example=3003)
    uri = Text(reads=False)
    date = Day(attribute="paid_on", note="Default: today.", example="2012-02-15")
    amount = Money(example="25.00", note="Or remaining_amount.")
    method = OneOf(METHODS, example="cash")
    description = Text(255, example="Deposit")
    remaining_amount = OneOf({"yes": True}, shows=False)


class CostSchema(WireSchema):
    """S3's costs: what is claimed for a reminder."""

    cost_id = Id(attribute="id", reads=False, example=5030)
    invoice_id = Id(reads=False, example=3003)
    uri = Text(reads=False)
    amount = Money(needed=True, example="5.00")
    description = Text(30, example="Reminder cost", default="Reminder cost")


class InvoiceSchema(WireSchema):
    """S3's invoices, in the order of its table. ``state`` and the two of a credited invoice are ours."""

    invoice_id = Id(attribute="id", reads=False, example=3003)
    uri = Text(reads=False)
    external_invoice_id = Text(50, example="Invoice-0983984")
    client_id = Id(attribute="customer_id", needed=True, example=1001)
    client_uri = Text(reads=False)
    client_name = Text(100, example="IT Services BVBA")
    client_attention = Text(100)
    type = OneOf(KINDS, attribute="kind", reads=False)
    number = Text(255, example=None, note="Given by the series at posting: refused where it is sent.")
    layout_id = Id()
    reference = Text(250, example="ID123456789")
    date = Day(attribute="invoice_date", note="Default: the day of posting.")
    date_delivery = Day(attribute="delivery_date", note="Default: the day of the work, else date.")
    status = OneOf(STATUSES, reads=False)
    days_due = Integer(0, 999, note="0: no term. Not on credit notes.", example=10)
    days_overdue = Integer(reads=False)
    date_overdue = Day(attribute="due_date", reads=False)
    billing_address = AddressPart()
    delivery_address = AddressPart()
    site_address = AddressPart()
    discount_percentage = Number(2, 0, ALL, default="0", example="5")
    cash_discount_percentage = Number(2, 0, ALL, default="0")
    cash_discount_days_valid = Integer(0, 100, default=0)
    cash_discount_date_valid = Day(reads=False)
    currency = Text(3, pattern="[A-Z]{3}", default="EUR", example="EUR")
    exchange_rate = Number(10, Decimal("0.0000000001"), 1_000_000, note="Needed unless EUR.", example="1")
    show_tax_for_exchange_rate = YesNo(default="yes")
    language = OneOf(LANGUAGES)
    tax_calculation = OneOf({word.value: word for word in TaxCalculation}, default="total")
    tax_included = YesNo(default="no")
    items = ListOf(ItemSchema(), 1000)
    discount_total_without_tax = Money(reads=False)
    total_refundable_deposit = Money(reads=False)
    total_without_tax = Money(reads=False)
    tax_rate_1 = Number(reads=False)
    total_tax_1 = Money(reads=False)
    tax_rate_2 = Number(reads=False)
    total_tax_2 = Money(reads=False)
    tax_rate_3 = Number(reads=False)
    total_tax_3 = Money(reads=False)
    cash_discount_total = Money(reads=False)
    discount_total_with_tax = Money(reads=False)
    total_with_tax = Money(reads=False)
    total_costs = Money(reads=False)
    total_paid = Money(reads=False)
    # In S3's own example, a misprint of total_refundable_deposit: taken like any field of the system.
    total_refundable_discount = Money(reads=False)
    outstanding_balance = Money()
    structured_message = Text(12, pattern="[0-9]{12}", note="Not on credit notes.")
    automatic_reminders = YesNo(note="Not on credit notes.")
    note = Text(2000)
    note_html = Html(2000)
    last_activity = Time(reads=False)
    custom_values = ListOf(CustomValueSchema(), 20)
    tags = ListOf(TagSchema(), reads=False)
    payments = ListOf(PaymentSchema(), 100)
    costs = ListOf(CostSchema(), 100)
    remarks = ListOf(RemarkSchema(), 100)
    events = ListOf(EventSchema(), reads=False)
    state = OneOf(STATES, note="Ours: draft keeps it a draft; read: draft, posted, withdrawn.")
    credited_number = Text(50, attribute="corrects_number", note="Ours: which invoice a credit note corrects.")
    credited_date = Day(attribute="corrects_date", note="Ours: that invoice's date.")


INVOICE, ITEM, PAYMENT, COST = InvoiceSchema(), ItemSchema(), PaymentSchema(), CostSchema()
REMARK, EVENT = RemarkSchema(), EventSchema()
# Our names in refusals of services, by S3's.
NAMES: dict[str, str] = {
    known.attribute or name: name for schema in (INVOICE, ITEM) for name, known in schema.fields.items()
} | {"lines": "items", "amount": "amount", "paid_on": "payments.date", "method": "payments.method"}
