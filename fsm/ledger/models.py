"""Accounts, fiscal years and periods, journal entries and lines, open items, monthly totals (accounting.md 4)."""

import datetime as dt
from decimal import Decimal
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fsm.core.db import Base
from fsm.core.types import AMOUNT, ID, Moment, choice
from fsm.customers.models import Customer

NO_TERM = dt.date(9999, 12, 31)  # "no due date" as a date: the engines sort NULL differently


class AccountKind(StrEnum):
    """Balance-sheet kinds add up from the beginning, income and expense from the first day of the fiscal year."""

    ASSET = "asset"
    LIABILITY = "liability"
    EQUITY = "equity"
    INCOME = "income"
    EXPENSE = "expense"


class Journal(StrEnum):
    """Where an entry stands; numbered without a hole per journal and fiscal year."""

    SALES = "sales"
    BANK = "bank"
    CASH = "cash"
    MISCELLANEOUS = "miscellaneous"


class MovementRole(StrEnum):
    """What a movement does to its open item."""

    INVOICED = "invoiced"
    PAID = "paid"
    CREDITED = "credited"
    DISCOUNT = "discount"
    DIFFERENCE = "difference"
    WRITTEN_OFF = "written_off"
    CLAIMED = "claimed"


class ItemKind(StrEnum):
    """What an open item is about."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    ON_ACCOUNT = "on_account"
    TAKEN_OVER = "taken_over"


class Standing(StrEnum):
    """The ledger's part of the table of statuses (product.md 7)."""

    OPEN = "open"
    SETTLED = "settled"
    WRITTEN_OFF = "written_off"
    CANCELLED = "cancelled"


class Account(Base):
    """An account of the chart."""

    __tablename__ = "account"
    __audited__ = True

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    number: Mapped[str] = mapped_column(sa.String(8), unique=True)
    name: Mapped[str] = mapped_column(sa.String(120))
    kind: Mapped[AccountKind] = mapped_column(choice(AccountKind, "kind"))


class AccountRole(Base):
    """Which account plays which part in the posting rules (accounting.md 5): ``receivables`` -> 400000."""

    __tablename__ = "account_role"
    __audited__ = True

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    role: Mapped[str] = mapped_column(sa.String(40), unique=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey(Account.id))


class FiscalYear(Base):
    """A fiscal year; the first one may be longer or shorter than twelve months."""

    __tablename__ = "fiscal_year"
    __audited__ = True
    __table_args__ = (sa.CheckConstraint("first_day < last_day", name="days"),)

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(20), unique=True)
    first_day: Mapped[dt.date] = mapped_column(sa.Date, unique=True)
    last_day: Mapped[dt.date] = mapped_column(sa.Date, unique=True)


class Period(Base):
    """A month of a fiscal year; a closed one takes no posting."""

    __tablename__ = "period"
    __audited__ = True

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    fiscal_year_id: Mapped[int] = mapped_column(sa.ForeignKey(FiscalYear.id))
    first_day: Mapped[dt.date] = mapped_column(sa.Date, unique=True)
    last_day: Mapped[dt.date] = mapped_column(sa.Date, unique=True)
    closed_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    closed_by_id: Mapped[int | None] = mapped_column(ID)


class OpenItem(Base):
    """What one document, payment on account or taken-over item still owes (or is owed, when negative).

    All amounts but ``balance_eur`` are in the item's currency; written by ``ledger.services`` alone, proven by a check.
    ``credited`` counts what credit notes took back wherever it was booked: also the part that stands on their own items.
    """

    __tablename__ = "open_item"
    __table_args__ = (
        sa.UniqueConstraint("kind", "source_id"),
        sa.Index("ix_open_item_kind_standing_due_on", "kind", "standing", "due_on", "id"),
        sa.Index("ix_open_item_customer_id_standing", "customer_id", "standing", "due_on", "id"),
        sa.CheckConstraint("kind <> 'invoice' OR balance >= 0", name="invoice_balance"),
        sa.CheckConstraint("kind NOT IN ('credit_note', 'on_account') OR balance <= 0", name="credit_balance"),
    )

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    kind: Mapped[ItemKind] = mapped_column(choice(ItemKind, "kind"))
    source_id: Mapped[int] = mapped_column(ID)
    source_number: Mapped[str] = mapped_column(sa.String(255))
    customer_id: Mapped[int] = mapped_column(sa.ForeignKey(Customer.id))
    credits_item_id: Mapped[int | None] = mapped_column(sa.ForeignKey("open_item.id"), index=True)
    opened_on: Mapped[dt.date] = mapped_column(sa.Date)
    due_on: Mapped[dt.date] = mapped_column(sa.Date)
    currency: Mapped[str] = mapped_column(sa.String(3))
    invoiced: Mapped[Decimal] = mapped_column(AMOUNT, default=Decimal(0))
    paid: Mapped[Decimal] = mapped_column(AMOUNT, default=Decimal(0))
    credited: Mapped[Decimal] = mapped_column(AMOUNT, default=Decimal(0))
    written_off: Mapped[Decimal] = mapped_column(AMOUNT, default=Decimal(0))
    claimed: Mapped[Decimal] = mapped_column(AMOUNT, default=Decimal(0))
    balance: Mapped[Decimal] = mapped_column(AMOUNT, default=Decimal(0))
    balance_eur: Mapped[Decimal] = mapped_column(AMOUNT, default=Decimal(0))
    standing: Mapped[Standing] = mapped_column(choice(Standing, "standing"), default=Standing.OPEN)


class JournalEntry(Base):
    """One fact in the books; final once ``posted_at`` is set (the database sees to it)."""

    __tablename__ = "journal_entry"
    __table_args__ = (
        sa.UniqueConstraint("journal", "fiscal_year_id", "number"),
        sa.UniqueConstraint("reverses_id"),
        sa.Index("ix_journal_entry_source_kind_source_id", "source_kind", "source_id"),
        sa.Index("ix_journal_entry_source_number", "source_number"),
        sa.Index("ix_journal_entry_entry_date_id", "entry_date", "id"),
        sa.Index("ix_journal_entry_journal_id", "journal", "id"),
        sa.Index("ix_journal_entry_customer_id_id", "customer_id", "id"),
    )

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    journal: Mapped[Journal] = mapped_column(choice(Journal, "journal"))
    fiscal_year_id: Mapped[int] = mapped_column(sa.ForeignKey(FiscalYear.id))
    number: Mapped[int | None] = mapped_column(sa.Integer)
    entry_date: Mapped[dt.date] = mapped_column(sa.Date)
    narration: Mapped[str] = mapped_column(sa.String(250))
    source_kind: Mapped[str] = mapped_column(sa.String(30))
    source_id: Mapped[int] = mapped_column(ID)
    source_number: Mapped[str] = mapped_column(sa.String(255))
    customer_id: Mapped[int | None] = mapped_column(sa.ForeignKey(Customer.id))
    currency: Mapped[str] = mapped_column(sa.String(3))
    issues_document: Mapped[bool] = mapped_column(sa.Boolean(name="issues_document"), default=False)
    facts_hash: Mapped[str] = mapped_column(sa.String(64), default="")
    reverses_id: Mapped[int | None] = mapped_column(sa.ForeignKey("journal_entry.id"))
    previous_hash: Mapped[str] = mapped_column(sa.String(64), default="")
    hash: Mapped[str] = mapped_column(sa.String(64), default="")
    posted_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    posted_by_id: Mapped[int | None] = mapped_column(ID)

    lines: Mapped[list["JournalLine"]] = relationship(order_by="JournalLine.position", viewonly=True)
    fiscal_year: Mapped[FiscalYear] = relationship(viewonly=True)


class ReviewState(StrEnum):
    """What a manager made of an entry."""

    REVIEWED = "reviewed"
    QUESTIONED = "questioned"


class EntryReview(Base):
    """A manager's mark on a posted entry; the entry itself never changes. None yet: it waits in the review queue."""

    __tablename__ = "entry_review"
    __audited__ = True
    __table_args__ = (sa.Index("ix_entry_review_state_entry_id", "state", "entry_id"),)

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    entry_id: Mapped[int] = mapped_column(sa.ForeignKey(JournalEntry.id), unique=True)
    state: Mapped[ReviewState] = mapped_column(choice(ReviewState, "state"))
    note: Mapped[str] = mapped_column(sa.String(500), default="")
    by_id: Mapped[int] = mapped_column(ID)
    at: Mapped[dt.datetime] = mapped_column(Moment)
    version: Mapped[int] = mapped_column(sa.Integer, default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own way to say it


class JournalLine(Base):
    """Either a debit or a credit, in EUR and in the entry's currency (exchange lines bear 0 of it)."""

    __tablename__ = "journal_line"
    __table_args__ = (
        sa.UniqueConstraint("entry_id", "position"),
        sa.CheckConstraint("debit >= 0 AND credit >= 0 AND (debit = 0 OR credit = 0)", name="one_side"),
        sa.CheckConstraint(
            "currency_debit >= 0 AND currency_credit >= 0 AND (currency_debit = 0 OR currency_credit = 0)",
            name="one_currency_side",
        ),
        sa.Index("ix_journal_line_account_id_entry_id", "account_id", "entry_id"),
        sa.Index("ix_journal_line_open_item_id", "open_item_id"),
    )

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    entry_id: Mapped[int] = mapped_column(sa.ForeignKey(JournalEntry.id))
    position: Mapped[int] = mapped_column(sa.Integer)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey(Account.id))
    open_item_id: Mapped[int | None] = mapped_column(sa.ForeignKey(OpenItem.id))
    grid: Mapped[str] = mapped_column(sa.String(4), default="")
    debit: Mapped[Decimal] = mapped_column(AMOUNT)
    credit: Mapped[Decimal] = mapped_column(AMOUNT)
    currency_debit: Mapped[Decimal] = mapped_column(AMOUNT)
    currency_credit: Mapped[Decimal] = mapped_column(AMOUNT)

    account: Mapped[Account] = relationship(viewonly=True)
    entry: Mapped[JournalEntry] = relationship(viewonly=True)


class ItemMovement(Base):
    """What an entry did to an open item, in the item's currency and in EUR; positive is owed more.

    Lines are netted per open item (accounting.md 4), so what was paid, what discount and what difference is kept here.
    """

    __tablename__ = "item_movement"
    __table_args__ = (
        sa.Index("ix_item_movement_open_item_id", "open_item_id"),
        sa.Index("ix_item_movement_entry_id", "entry_id"),
    )

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    entry_id: Mapped[int] = mapped_column(sa.ForeignKey(JournalEntry.id))
    open_item_id: Mapped[int] = mapped_column(sa.ForeignKey(OpenItem.id))
    role: Mapped[MovementRole] = mapped_column(choice(MovementRole, "role"))
    amount: Mapped[Decimal] = mapped_column(AMOUNT)
    amount_eur: Mapped[Decimal] = mapped_column(AMOUNT)

    entry: Mapped[JournalEntry] = relationship(viewonly=True)


class JournalHead(Base):
    """The newest posted entry of a journal and its hash; the lock under which entries are chained."""

    __tablename__ = "journal_head"

    journal: Mapped[Journal] = mapped_column(choice(Journal, "journal"), primary_key=True)
    entry_id: Mapped[int | None] = mapped_column(sa.ForeignKey(JournalEntry.id))
    hash: Mapped[str] = mapped_column(sa.String(64), default="")


class AccountMonth(Base):
    """Debit and credit of an account in a month, so that a trial balance need not read every line."""

    __tablename__ = "account_month"

    account_id: Mapped[int] = mapped_column(sa.ForeignKey(Account.id), primary_key=True)
    month: Mapped[dt.date] = mapped_column(sa.Date, primary_key=True)
    debit: Mapped[Decimal] = mapped_column(AMOUNT)
    credit: Mapped[Decimal] = mapped_column(AMOUNT)
