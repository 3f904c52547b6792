"""The columns of a priced document that is no invoice, and of its lines: quotes and sales orders are made of them."""

import datetime as dt
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from fsm.company.models import Language
from fsm.core.types import AMOUNT, EXCHANGE_RATE, ID, PERCENTAGE, QUANTITY, UNIT_PRICE, Moment, choice
from fsm.customers.models import Customer, Site
from fsm.documents.models import CashDiscountMode, TaxCalculation


class PricedColumns:
    """Whom a document is for, its terms and its totals; named as those of an invoice, so that one becomes the other."""

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    customer_id: Mapped[int] = mapped_column(sa.ForeignKey(Customer.id))
    site_id: Mapped[int | None] = mapped_column(sa.ForeignKey(Site.id))
    client_name: Mapped[str] = mapped_column(sa.String(100))
    client_attention: Mapped[str] = mapped_column(sa.String(100), default="")
    client_vat_number: Mapped[str] = mapped_column(sa.String(20), default="")
    billing_address: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    delivery_address: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    site_address: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    site_name: Mapped[str] = mapped_column(sa.String(100), default="")
    number: Mapped[str | None] = mapped_column(sa.String(255))
    number_series: Mapped[str | None] = mapped_column(sa.String(40))
    number_period: Mapped[str | None] = mapped_column(sa.String(10))
    number_counter: Mapped[int | None] = mapped_column(sa.Integer)
    reference: Mapped[str] = mapped_column(sa.String(250), default="")
    days_due: Mapped[int] = mapped_column(sa.Integer, default=0)
    discount_percentage: Mapped[Decimal] = mapped_column(PERCENTAGE, default=Decimal(0))
    cash_discount_percentage: Mapped[Decimal] = mapped_column(PERCENTAGE, default=Decimal(0))
    cash_discount_days_valid: Mapped[int] = mapped_column(sa.Integer, default=0)
    cash_discount_mode: Mapped[CashDiscountMode] = mapped_column(choice(CashDiscountMode, "cash_discount_mode"))
    currency: Mapped[str] = mapped_column(sa.String(3), default="EUR")
    exchange_rate: Mapped[Decimal] = mapped_column(EXCHANGE_RATE, default=Decimal(1))
    language: Mapped[Language] = mapped_column(choice(Language, "language"))
    tax_calculation: Mapped[TaxCalculation] = mapped_column(choice(TaxCalculation, "tax_calculation"))
    tax_included: Mapped[bool] = mapped_column(sa.Boolean(name="tax_included"), default=False)
    tax_rate_1: Mapped[Decimal] = mapped_column(PERCENTAGE)
    tax_rate_2: Mapped[Decimal] = mapped_column(PERCENTAGE)
    tax_rate_3: Mapped[Decimal] = mapped_column(PERCENTAGE)
    note: Mapped[str] = mapped_column(sa.String(2000), default="")
    note_html: Mapped[str] = mapped_column(sa.String(2000), default="", server_default=sa.text("''"))
    custom_values: Mapped[dict[str, str]] = mapped_column(sa.JSON, default=dict, server_default="{}")
    layout_id: Mapped[int | None] = mapped_column(ID)
    total_without_tax: Mapped[Decimal] = mapped_column(AMOUNT, default=Decimal(0))
    total_tax: Mapped[Decimal] = mapped_column(AMOUNT, default=Decimal(0))
    total_with_tax: Mapped[Decimal] = mapped_column(AMOUNT, default=Decimal(0))
    discount_total_without_tax: Mapped[Decimal] = mapped_column(AMOUNT, default=Decimal(0))
    discount_total_with_tax: Mapped[Decimal] = mapped_column(AMOUNT, default=Decimal(0))
    cash_discount_total: Mapped[Decimal] = mapped_column(AMOUNT, default=Decimal(0))
    total_refundable_deposit: Mapped[Decimal] = mapped_column(AMOUNT, default=Decimal(0))
    sent_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    sent_how: Mapped[str] = mapped_column(sa.String(40), default="")
    created_by_id: Mapped[int] = mapped_column(ID)
    created_at: Mapped[dt.datetime] = mapped_column(Moment)
    version: Mapped[int] = mapped_column(sa.Integer, default=1)

    @property
    def sign(self) -> int:
        """These documents never take back."""
        return 1


class PricedLineColumns:
    """A line, named as an invoice's; ``net`` is what is left of it after the document's discount."""

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    position: Mapped[int] = mapped_column(sa.Integer)
    description: Mapped[str] = mapped_column(sa.Text)
    description_html: Mapped[str] = mapped_column(sa.Text, default="", server_default=sa.text("''"))
    custom_values: Mapped[dict[str, str]] = mapped_column(sa.JSON, default=dict, server_default="{}")
    quantity: Mapped[Decimal] = mapped_column(QUANTITY)
    unit: Mapped[str] = mapped_column(sa.String(10), default="")
    amount: Mapped[Decimal] = mapped_column(UNIT_PRICE)
    amount_with_tax: Mapped[Decimal] = mapped_column(UNIT_PRICE)
    tax_rate: Mapped[Decimal] = mapped_column(PERCENTAGE)
    special_status: Mapped[str] = mapped_column(sa.String(20), default="")
    rate_reason: Mapped[str | None] = mapped_column(sa.String(20))
    account_number: Mapped[str] = mapped_column(sa.String(8))
    stockitem_code: Mapped[str] = mapped_column(sa.String(20), default="")
    stock_item_id: Mapped[int | None] = mapped_column(ID)
    section: Mapped[str] = mapped_column(sa.String(250), default="")
    total_without_tax: Mapped[Decimal] = mapped_column(AMOUNT, default=Decimal(0))
    total_with_tax: Mapped[Decimal] = mapped_column(AMOUNT, default=Decimal(0))
    net: Mapped[Decimal] = mapped_column(AMOUNT, default=Decimal(0))

    @property
    def service_order_id(self) -> int | None:
        """Of no service order; the rates of lines ask."""
        return None


PARTY = (
    "customer_id",
    "site_id",
    "client_name",
    "client_attention",
    "client_vat_number",
    "billing_address",
    "delivery_address",
    "site_address",
    "site_name",
)
TERMS = (
    "reference",
    "days_due",
    "discount_percentage",
    "cash_discount_percentage",
    "cash_discount_days_valid",
    "cash_discount_mode",
    "currency",
    "exchange_rate",
    "language",
    "tax_calculation",
    "tax_included",
    "tax_rate_1",
    "tax_rate_2",
    "tax_rate_3",
    "note",
    "note_html",
    "custom_values",
    "layout_id",
)
TOTALS = (
    "total_without_tax",
    "total_tax",
    "total_with_tax",
    "discount_total_without_tax",
    "discount_total_with_tax",
    "cash_discount_total",
    "total_refundable_deposit",
)
OF_LINE = (
    "position",
    "description",
    "description_html",
    "custom_values",
    "quantity",
    "unit",
    "amount",
    "amount_with_tax",
    "tax_rate",
    "special_status",
    "rate_reason",
    "account_number",
    "stockitem_code",
    "stock_item_id",
    "section",
    "total_without_tax",
    "total_with_tax",
    "net",
)
"""What one document takes over from another as it is."""
