"""Payments and refunds, and which open items they touch. A payment is undone by a reversal, never changed."""

import datetime as dt
from decimal import Decimal
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fsm.company.models import BankAccount
from fsm.core.db import Base
from fsm.core.types import AMOUNT, ID, Moment, choice
from fsm.customers.models import Customer
from fsm.ledger.models import JournalEntry, OpenItem


class PaymentMethod(StrEnum):
    """S3's methods; it may be missing, which counts as a transfer."""

    TRANSFER = "transfer"
    CASH = "cash"
    DEBIT_CARD = "debit card"
    CREDIT_CARD = "credit card"
    DIRECT_COLLECTION = "direct collection"
    ONLINE = "online"
    BANCONTACT = "bancontact"
    IDEAL = "ideal"


class PaymentKind(StrEnum):
    """Money in, money back, or a balance moved from one open item to another."""

    PAYMENT = "payment"
    REFUND = "refund"
    MOVE = "move"


class PaymentSettings(Base):
    """Rules of taking money (one row). ``cash_limit`` 0: no limit."""

    __tablename__ = "payment_settings"
    __audited__ = True
    __table_args__ = (
        sa.CheckConstraint("id = 1", name="single_row"),
        sa.CheckConstraint("cash_limit >= 0", name="cash_limit"),
        sa.CheckConstraint("tolerance >= 0", name="tolerance"),
    )

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    cash_limit: Mapped[Decimal] = mapped_column(AMOUNT, default=Decimal("3000.00"))
    tolerance: Mapped[Decimal] = mapped_column(AMOUNT, default=Decimal("0.05"))
    version: Mapped[int] = mapped_column(sa.Integer, default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own way to say it


class Payment(Base):
    """Money received from (or returned to) a customer; ``amount`` in ``currency``, ``amount_eur`` what the bank shows."""

    __tablename__ = "payment"
    __table_args__ = (
        sa.CheckConstraint("amount > 0", name="amount"),
        sa.Index("ix_payment_customer_id_id", "customer_id", "id"),
        sa.Index("ix_payment_paid_on_id", "paid_on", "id"),
        sa.Index("ix_payment_kind_paid_on_id", "kind", "paid_on", "id"),
    )

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    kind: Mapped[PaymentKind] = mapped_column(choice(PaymentKind, "kind"), default=PaymentKind.PAYMENT)
    customer_id: Mapped[int] = mapped_column(sa.ForeignKey(Customer.id))
    paid_on: Mapped[dt.date] = mapped_column(sa.Date)
    amount: Mapped[Decimal] = mapped_column(AMOUNT)
    currency: Mapped[str] = mapped_column(sa.String(3))
    amount_eur: Mapped[Decimal] = mapped_column(AMOUNT)
    method: Mapped[PaymentMethod | None] = mapped_column(choice(PaymentMethod, "method"))
    description: Mapped[str] = mapped_column(sa.String(255), default="")
    bank_account_id: Mapped[int | None] = mapped_column(sa.ForeignKey(BankAccount.id))
    entry_id: Mapped[int | None] = mapped_column(sa.ForeignKey(JournalEntry.id), unique=True)
    undone_entry_id: Mapped[int | None] = mapped_column(sa.ForeignKey(JournalEntry.id), unique=True)
    undone_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    undone_by_id: Mapped[int | None] = mapped_column(ID)
    registered_by_id: Mapped[int | None] = mapped_column(ID)
    registered_at: Mapped[dt.datetime] = mapped_column(Moment)

    customer: Mapped[Customer] = relationship(viewonly=True)
    parts: Mapped[list["PaymentPart"]] = relationship(order_by="PaymentPart.id", viewonly=True)


class PaymentPart(Base):
    """How much of a payment went to which open item, in the item's currency; insert-only.

    Negative on the item that gives (a move, a refund). ``discount`` is a cash discount taken with it, ``difference`` the
    cents short (positive) or over (negative) that were booked away.
    """

    __tablename__ = "payment_part"
    __table_args__ = (
        sa.Index("ix_payment_part_payment_id", "payment_id"),
        sa.Index("ix_payment_part_open_item_id", "open_item_id"),
    )

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    payment_id: Mapped[int] = mapped_column(sa.ForeignKey(Payment.id))
    open_item_id: Mapped[int] = mapped_column(sa.ForeignKey(OpenItem.id))
    amount: Mapped[Decimal] = mapped_column(AMOUNT)
    discount: Mapped[Decimal] = mapped_column(AMOUNT, default=Decimal(0))
    difference: Mapped[Decimal] = mapped_column(AMOUNT, default=Decimal(0))

    payment: Mapped[Payment] = relationship(viewonly=True)
    open_item: Mapped[OpenItem] = relationship(viewonly=True)


class WriteOff(Base):
    """A debt that is given up, all of it or a part; final but for its undoing, which is the reversal of its entry.

    ``amount`` and the ``tax`` reclaimed in it (0: none) are in the item's currency, ``amount_eur`` and ``tax_eur`` what the
    books show.
    """

    __tablename__ = "write_off"
    __table_args__ = (
        sa.CheckConstraint("amount > 0", name="amount"),
        sa.CheckConstraint("tax >= 0 AND tax <= amount", name="tax"),
        sa.Index("ix_write_off_open_item_id", "open_item_id"),
        sa.Index("ix_write_off_customer_id_id", "customer_id", "id"),
        sa.UniqueConstraint("entry_id"),
        sa.UniqueConstraint("undone_entry_id"),
    )

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    open_item_id: Mapped[int] = mapped_column(sa.ForeignKey(OpenItem.id))
    customer_id: Mapped[int] = mapped_column(sa.ForeignKey(Customer.id))
    written_off_on: Mapped[dt.date] = mapped_column(sa.Date)
    currency: Mapped[str] = mapped_column(sa.String(3))
    amount: Mapped[Decimal] = mapped_column(AMOUNT)
    amount_eur: Mapped[Decimal] = mapped_column(AMOUNT)
    reclaims_tax: Mapped[bool] = mapped_column(sa.Boolean(name="reclaims_tax"))
    tax: Mapped[Decimal] = mapped_column(AMOUNT)
    tax_eur: Mapped[Decimal] = mapped_column(AMOUNT)
    reason: Mapped[str] = mapped_column(sa.String(250))
    entry_id: Mapped[int | None] = mapped_column(sa.ForeignKey(JournalEntry.id))
    undone_entry_id: Mapped[int | None] = mapped_column(sa.ForeignKey(JournalEntry.id))
    undone_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    undone_by_id: Mapped[int | None] = mapped_column(ID)
    registered_by_id: Mapped[int | None] = mapped_column(ID)
    registered_at: Mapped[dt.datetime] = mapped_column(Moment)

    open_item: Mapped[OpenItem] = relationship(viewonly=True)
