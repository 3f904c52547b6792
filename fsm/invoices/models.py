"""Invoices and credit notes, their lines and VAT; final once posted (the database sees to it)."""

import datetime as dt
from decimal import Decimal
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fsm.company.models import BankAccount, Language
from fsm.core.db import Base
from fsm.core.types import AMOUNT, EXCHANGE_RATE, ID, PERCENTAGE, QUANTITY, UNIT_PRICE, Moment, choice
from fsm.customers.models import Customer, Site
from fsm.documents.models import CashDiscountMode, TaxCalculation
from fsm.invoices.taken_over_models import TakenOver
from fsm.ledger.models import JournalEntry
from fsm.service_orders.models import ServiceOrder


class InvoiceKind(StrEnum):
    """S3's ``type``."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"


class InvoiceState(StrEnum):
    """The one stored state; everything else is derived (product.md 7)."""

    DRAFT = "draft"
    POSTED = "posted"
    WITHDRAWN = "withdrawn"


TRANSITIONS: dict[InvoiceState, frozenset[InvoiceState]] = {
    InvoiceState.DRAFT: frozenset({InvoiceState.POSTED}),
    InvoiceState.POSTED: frozenset({InvoiceState.WITHDRAWN}),
    InvoiceState.WITHDRAWN: frozenset(),
}


class InvoiceSettings(Base):
    """Choices about invoices (one row). ``dashboard_counts_posted``: else only sent ones count (S0)."""

    __tablename__ = "invoice_settings"
    __audited__ = True
    __table_args__ = (sa.CheckConstraint("id = 1", name="single_row"),)

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    dashboard_counts_posted: Mapped[bool] = mapped_column(sa.Boolean(name="dashboard_counts_posted"), default=False)
    version: Mapped[int] = mapped_column(sa.Integer, default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own way to say it


class Invoice(Base):
    """An invoice, or a credit note (whose lines and totals are positive here; ``sign`` turns them in what S3 shows).

    ``invoice_date`` None on a draft: the day of posting. Addresses are dicts of ``customers.models.Address``.
    A credit note corrects an invoice by ``corrects_id``, or one of a former program by ``corrects_number`` and
    ``corrects_date`` (and ``corrects_taken_over_id`` where that one was taken over). ``custom_values`` are texts by the
    name of their ``documents.models.CustomField``. ``without_co_contractor`` switches that regime off for this document.
    """

    __tablename__ = "invoice"
    __audited__ = True
    __table_args__ = (
        sa.Index(
            "uq_invoice_number",
            "number_series",
            "number_period",
            "number_counter",
            unique=True,
            sqlite_where=sa.text("state = 'posted'"),
            postgresql_where=sa.text("state = 'posted'"),
        ),
        sa.Index("ix_invoice_number", "number"),
        sa.Index("ix_invoice_kind_state_id", "kind", "state", "id"),
        sa.Index("ix_invoice_customer_id_id", "customer_id", "id"),
        sa.Index("ix_invoice_corrects_id", "corrects_id"),
        sa.Index("ix_invoice_corrects_taken_over_id", "corrects_taken_over_id"),
        sa.Index("ix_invoice_total_with_tax", "total_with_tax"),
        sa.Index("ix_invoice_sales_order_id", "sales_order_id"),
        sa.CheckConstraint("days_due BETWEEN 0 AND 999", name="days_due"),
        sa.CheckConstraint("discount_percentage BETWEEN 0 AND 1000000", name="discount_percentage"),
        sa.CheckConstraint("cash_discount_percentage BETWEEN 0 AND 1000000", name="cash_discount_percentage"),
        sa.CheckConstraint("cash_discount_days_valid BETWEEN 0 AND 100", name="cash_discount_days_valid"),
        sa.CheckConstraint("exchange_rate > 0", name="exchange_rate"),
        sa.CheckConstraint("state = 'draft' OR (number IS NOT NULL AND entry_id IS NOT NULL)", name="posted_is_whole"),
        sa.CheckConstraint("state <> 'draft' OR number IS NULL", name="draft_has_no_number"),
        sa.CheckConstraint("state = 'draft' OR total_with_tax >= 0", name="total_with_tax"),
    )

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    kind: Mapped[InvoiceKind] = mapped_column(choice(InvoiceKind, "kind"), default=InvoiceKind.INVOICE)
    state: Mapped[InvoiceState] = mapped_column(choice(InvoiceState, "state"), default=InvoiceState.DRAFT)
    customer_id: Mapped[int] = mapped_column(sa.ForeignKey(Customer.id))
    site_id: Mapped[int | None] = mapped_column(sa.ForeignKey(Site.id))
    corrects_id: Mapped[int | None] = mapped_column(sa.ForeignKey("invoice.id"))
    corrects_taken_over_id: Mapped[int | None] = mapped_column(sa.ForeignKey("taken_over.id"))
    corrects_number: Mapped[str | None] = mapped_column(sa.String(50))
    corrects_date: Mapped[dt.date | None] = mapped_column(sa.Date)
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
    invoice_date: Mapped[dt.date | None] = mapped_column(sa.Date)
    delivery_date: Mapped[dt.date | None] = mapped_column(sa.Date)
    days_due: Mapped[int] = mapped_column(sa.Integer, default=0)
    due_date: Mapped[dt.date | None] = mapped_column(sa.Date)
    discount_percentage: Mapped[Decimal] = mapped_column(PERCENTAGE, default=Decimal(0))
    cash_discount_percentage: Mapped[Decimal] = mapped_column(PERCENTAGE, default=Decimal(0))
    cash_discount_days_valid: Mapped[int] = mapped_column(sa.Integer, default=0)
    cash_discount_date_valid: Mapped[dt.date | None] = mapped_column(sa.Date)
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
    show_tax_for_exchange_rate: Mapped[bool] = mapped_column(
        sa.Boolean(name="show_tax_for_exchange_rate"), default=True, server_default="1"
    )
    custom_values: Mapped[dict[str, str]] = mapped_column(sa.JSON, server_default="{}")
    layout_id: Mapped[int | None] = mapped_column(ID)
    late_interest_rate_id: Mapped[int | None] = mapped_column(ID)
    without_co_contractor: Mapped[bool] = mapped_column(
        sa.Boolean(name="without_co_contractor"), default=False, server_default="0"
    )
    structured_message: Mapped[str] = mapped_column(sa.String(12), default="")
    bank_account_id: Mapped[int | None] = mapped_column(sa.ForeignKey(BankAccount.id))
    total_without_tax: Mapped[Decimal] = mapped_column(AMOUNT, default=Decimal(0))
    total_tax: Mapped[Decimal] = mapped_column(AMOUNT, default=Decimal(0))
    total_with_tax: Mapped[Decimal] = mapped_column(AMOUNT, default=Decimal(0))
    discount_total_without_tax: Mapped[Decimal] = mapped_column(AMOUNT, default=Decimal(0))
    discount_total_with_tax: Mapped[Decimal] = mapped_column(AMOUNT, default=Decimal(0))
    cash_discount_total: Mapped[Decimal] = mapped_column(AMOUNT, default=Decimal(0))
    total_refundable_deposit: Mapped[Decimal] = mapped_column(AMOUNT, default=Decimal(0))
    releases_work: Mapped[bool] = mapped_column(sa.Boolean(name="releases_work"), default=False)
    sales_order_id: Mapped[int | None] = mapped_column(ID)
    is_deposit: Mapped[bool] = mapped_column(sa.Boolean(name="is_deposit"), default=False, server_default="0")
    deposit_percentage: Mapped[Decimal | None] = mapped_column(PERCENTAGE)
    entry_id: Mapped[int | None] = mapped_column(sa.ForeignKey(JournalEntry.id), unique=True)
    posted_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    posted_by_id: Mapped[int | None] = mapped_column(ID)
    created_by_id: Mapped[int] = mapped_column(ID)
    created_at: Mapped[dt.datetime] = mapped_column(Moment)
    version: Mapped[int] = mapped_column(sa.Integer, default=1)

    customer: Mapped[Customer] = relationship(viewonly=True)
    site: Mapped[Site | None] = relationship(viewonly=True)
    corrects: Mapped["Invoice | None"] = relationship(remote_side="Invoice.id", viewonly=True)
    corrects_taken_over: Mapped[TakenOver | None] = relationship(viewonly=True)
    lines: Mapped[list["InvoiceLine"]] = relationship(order_by="InvoiceLine.position", viewonly=True)
    taxes: Mapped[list["InvoiceTax"]] = relationship(order_by="InvoiceTax.id", viewonly=True)
    entry: Mapped[JournalEntry | None] = relationship(viewonly=True)
    follow_up: Mapped["InvoiceFollowUp | None"] = relationship(viewonly=True)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own way to say it

    @property
    def sign(self) -> int:
        """-1 for a credit note."""
        return -1 if self.kind is InvoiceKind.CREDIT_NOTE else 1

    @property
    def is_blank_credit(self) -> bool:
        """A credit note with lines of its own: on an invoice of a former program (product.md 7)."""
        return self.kind is InvoiceKind.CREDIT_NOTE and self.corrects_id is None


class InvoiceLine(Base):
    """A line. ``amount`` is without VAT per unit, ``amount_with_tax`` with; ``tax_included`` says which one is fixed.

    ``total_without_tax`` and ``total_with_tax`` are the line's own, before document discounts; ``net`` is what is left of
    it after them, what a ledger line bears. ``credits_line_id`` names the invoice's line that a credit note's takes back.
    ``deducts_invoice_id`` names the deposit invoice that a line of the final one takes off.
    ``rate_reason`` is a ``catalog.tax_rates.RateReason``; None on a line of text and on those older than the column.
    """

    __tablename__ = "invoice_line"
    __table_args__ = (
        sa.UniqueConstraint("invoice_id", "position"),
        sa.Index("ix_invoice_line_credits_line_id", "credits_line_id"),
        sa.Index("ix_invoice_line_deducts_invoice_id", "deducts_invoice_id"),
        sa.CheckConstraint("tax_rate BETWEEN 0 AND 1000000", name="tax_rate"),
        sa.CheckConstraint("special_status = '' OR tax_rate = 0", name="special_status"),
    )

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    invoice_id: Mapped[int] = mapped_column(sa.ForeignKey(Invoice.id))
    position: Mapped[int] = mapped_column(sa.Integer)
    description: Mapped[str] = mapped_column(sa.Text)
    description_html: Mapped[str] = mapped_column(sa.Text, default="", server_default=sa.text("''"))
    custom_values: Mapped[dict[str, str]] = mapped_column(sa.JSON, server_default="{}")
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
    unit_cost: Mapped[Decimal] = mapped_column(UNIT_PRICE, default=Decimal(0))
    section: Mapped[str] = mapped_column(sa.String(250), default="")
    service_order_id: Mapped[int | None] = mapped_column(sa.ForeignKey(ServiceOrder.id))
    credits_line_id: Mapped[int | None] = mapped_column(sa.ForeignKey("invoice_line.id"))
    deducts_invoice_id: Mapped[int | None] = mapped_column(ID)
    total_without_tax: Mapped[Decimal] = mapped_column(AMOUNT, default=Decimal(0))
    total_with_tax: Mapped[Decimal] = mapped_column(AMOUNT, default=Decimal(0))
    net: Mapped[Decimal] = mapped_column(AMOUNT, default=Decimal(0))


class InvoiceTax(Base):
    """Base and VAT of one rate and special status, with the grids of the VAT return; written at posting."""

    __tablename__ = "invoice_tax"
    __table_args__ = (sa.UniqueConstraint("invoice_id", "tax_rate", "special_status"),)

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    invoice_id: Mapped[int] = mapped_column(sa.ForeignKey(Invoice.id))
    tax_rate: Mapped[Decimal] = mapped_column(PERCENTAGE)
    special_status: Mapped[str] = mapped_column(sa.String(20), default="")
    net: Mapped[Decimal] = mapped_column(AMOUNT)
    total: Mapped[Decimal] = mapped_column(AMOUNT)
    discount: Mapped[Decimal] = mapped_column(AMOUNT)
    net_after_discount: Mapped[Decimal] = mapped_column(AMOUNT)
    cash_discount: Mapped[Decimal] = mapped_column(AMOUNT)
    cash_discount_tax: Mapped[Decimal] = mapped_column(AMOUNT)
    base: Mapped[Decimal] = mapped_column(AMOUNT)
    tax: Mapped[Decimal] = mapped_column(AMOUNT)
    grid: Mapped[str] = mapped_column(sa.String(4), default="")


class InvoiceFollowUp(Base):
    """What is learned after posting; may change, never part of the document. Made with the draft."""

    __tablename__ = "invoice_follow_up"
    __audited__ = True
    __table_args__ = (sa.Index("ix_invoice_follow_up_sent_at", "sent_at"),)

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    invoice_id: Mapped[int] = mapped_column(sa.ForeignKey(Invoice.id), unique=True)
    sent_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    sent_how: Mapped[str] = mapped_column(sa.String(40), default="")
    printed_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    accountant_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    automatic_reminders: Mapped[bool] = mapped_column(sa.Boolean(name="automatic_reminders"), default=False)
    external_invoice_id: Mapped[str] = mapped_column(sa.String(50), default="")
    outstanding_balance: Mapped[Decimal] = mapped_column(AMOUNT, default=Decimal(0), server_default="0")
    version: Mapped[int] = mapped_column(sa.Integer, default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own way to say it


class InvoiceServiceOrder(Base):
    """Which service orders a document bills (or credits); both ways."""

    __tablename__ = "invoice_service_order"
    __table_args__ = (sa.Index("ix_invoice_service_order_service_order_id", "service_order_id"),)

    invoice_id: Mapped[int] = mapped_column(sa.ForeignKey(Invoice.id), primary_key=True)
    service_order_id: Mapped[int] = mapped_column(sa.ForeignKey(ServiceOrder.id), primary_key=True)
