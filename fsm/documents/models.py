"""What every priced document shares: defaults, and the facts printed on posted ones."""

import datetime as dt
from decimal import Decimal
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fsm.company.models import BankAccount
from fsm.core.db import Base
from fsm.core.types import ID, PERCENTAGE, Moment, choice
from fsm.files.models import StoredFile


class TaxCalculation(StrEnum):
    """VAT on the document's base per rate, or per line (S3)."""

    TOTAL = "total"
    ITEM = "item"


class CashDiscountMode(StrEnum):
    """How a cash discount touches VAT (accounting.md 2)."""

    ON_INVOICE = "on_invoice"
    ON_PAYMENT = "on_payment"
    NEVER = "never"


class FieldPlace(StrEnum):
    """Where a custom field stands."""

    DOCUMENT = "document"
    LINE = "line"


class DocumentSettings(Base):
    """Defaults of new documents (one row).

    ``shows_tax`` off hides every VAT column and total; the two rates name what is claimed for late payment of a
    business and of a consumer, None: nothing.
    """

    __tablename__ = "document_settings"
    __audited__ = True
    __table_args__ = (
        sa.CheckConstraint("id = 1", name="single_row"),
        sa.CheckConstraint("days_due BETWEEN 0 AND 999", name="days_due"),
    )

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    days_due: Mapped[int] = mapped_column(sa.Integer, default=30)
    tax_calculation: Mapped[TaxCalculation] = mapped_column(
        choice(TaxCalculation, "tax_calculation"), default=TaxCalculation.TOTAL
    )
    tax_included: Mapped[bool] = mapped_column(sa.Boolean(name="tax_included"), default=False)
    cash_discount_mode: Mapped[CashDiscountMode] = mapped_column(
        choice(CashDiscountMode, "cash_discount_mode"), default=CashDiscountMode.ON_INVOICE
    )
    makes_structured_message: Mapped[bool] = mapped_column(sa.Boolean(name="makes_structured_message"), default=True)
    note: Mapped[str] = mapped_column(sa.String(2000), default="")
    note_html: Mapped[str] = mapped_column(sa.String(2000), default="", server_default=sa.text("''"))
    automatic_reminders: Mapped[bool] = mapped_column(
        sa.Boolean(name="automatic_reminders"), default=False, server_default="0"
    )
    shows_tax: Mapped[bool] = mapped_column(sa.Boolean(name="shows_tax"), default=True, server_default="1")
    deposit_percentage: Mapped[Decimal] = mapped_column(PERCENTAGE, default=Decimal(30), server_default="300000")
    quote_days_valid: Mapped[int] = mapped_column(sa.Integer, default=30, server_default="30")
    business_late_interest_rate_id: Mapped[int | None] = mapped_column(ID)
    consumer_late_interest_rate_id: Mapped[int | None] = mapped_column(ID)
    version: Mapped[int] = mapped_column(sa.Integer, default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own way to say it


class LateInterestRate(Base):
    """A named rate of interest on late payment (S0): "legal, business", "contract"; its percentages are by date."""

    __tablename__ = "late_interest_rate"
    __audited__ = True

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(40), unique=True)
    archived_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    version: Mapped[int] = mapped_column(sa.Integer, default=1)

    percentages: Mapped[list["LateInterestPercentage"]] = relationship(
        order_by="LateInterestPercentage.valid_from", viewonly=True
    )

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own way to say it


class LateInterestPercentage(Base):
    """A year's interest from a day on, until the next row of its rate."""

    __tablename__ = "late_interest_percentage"
    __audited__ = True
    __table_args__ = (
        sa.UniqueConstraint("late_interest_rate_id", "valid_from"),
        sa.CheckConstraint("percentage BETWEEN 0 AND 1000000", name="percentage"),
    )

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    late_interest_rate_id: Mapped[int] = mapped_column(sa.ForeignKey(LateInterestRate.id))
    valid_from: Mapped[dt.date] = mapped_column(sa.Date)
    percentage: Mapped[Decimal] = mapped_column(PERCENTAGE)


class CustomField(Base):
    """A field that the company adds to its documents or their lines (S3's standard fields).

    Values are kept by ``name`` on the document, in a JSON column ``custom_values``; ``description`` is what people read.
    """

    __tablename__ = "custom_field"
    __audited__ = True
    __table_args__ = (sa.UniqueConstraint("place", "name"),)

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(40))
    description: Mapped[str] = mapped_column(sa.String(75))
    place: Mapped[FieldPlace] = mapped_column(choice(FieldPlace, "place"))
    position: Mapped[int] = mapped_column(sa.Integer)
    archived_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    version: Mapped[int] = mapped_column(sa.Integer, default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own way to say it


class TimeAnnex(StrEnum):
    """Whether the hours that a document bills are listed behind it."""

    NONE = "none"
    HOURS = "hours"
    TECHNICIANS = "technicians"


class Layout(Base):
    """How a document looks: ``design`` names one of the program's, ``accent`` is a colour as ``#rrggbb``.

    Archived, never deleted. What a posted document looks like is in its printed facts, and stays.
    """

    __tablename__ = "layout"
    __audited__ = True

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(60), unique=True)
    design: Mapped[str] = mapped_column(sa.String(20))
    accent: Mapped[str] = mapped_column(sa.String(7), default="")
    footer: Mapped[str] = mapped_column(sa.String(500), default="")
    logo_size: Mapped[str] = mapped_column(sa.String(10), default="medium")
    time_annex: Mapped[TimeAnnex] = mapped_column(choice(TimeAnnex, "time_annex"), default=TimeAnnex.NONE)
    bank_account_id: Mapped[int | None] = mapped_column(sa.ForeignKey(BankAccount.id))
    is_default: Mapped[bool] = mapped_column(sa.Boolean(name="is_default"), default=False)
    archived_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    version: Mapped[int] = mapped_column(sa.Integer, default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own way to say it


class Attachment(Base):
    """A file that goes with a document ("invoice", "quote", "sales_order"), before and after posting."""

    __tablename__ = "attachment"
    __audited__ = True
    __table_args__ = (sa.Index("ix_attachment_document_kind_document_id", "document_kind", "document_id", "id"),)

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    document_kind: Mapped[str] = mapped_column(sa.String(20))
    document_id: Mapped[int] = mapped_column(ID)
    file_id: Mapped[int] = mapped_column(sa.ForeignKey(StoredFile.id))
    name: Mapped[str] = mapped_column(sa.String(150))
    goes_with_mail: Mapped[bool] = mapped_column(sa.Boolean(name="goes_with_mail"), default=True)
    created_by_id: Mapped[int | None] = mapped_column(ID)
    created_at: Mapped[dt.datetime] = mapped_column(Moment)
    version: Mapped[int] = mapped_column(sa.Integer, default=1)

    file: Mapped[StoredFile] = relationship(viewonly=True)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own way to say it


class Remark(Base):
    """An internal, dated note on a document (S3's ``remarks``); never printed."""

    __tablename__ = "remark"
    __audited__ = True
    __table_args__ = (
        sa.Index("ix_remark_document_kind_document_id", "document_kind", "document_id", "remark_date", "id"),
    )

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    document_kind: Mapped[str] = mapped_column(sa.String(20))
    document_id: Mapped[int] = mapped_column(ID)
    remark_date: Mapped[dt.date] = mapped_column(sa.Date)
    description: Mapped[str] = mapped_column(sa.Text)
    description_html: Mapped[str] = mapped_column(sa.Text, default="")
    created_by_id: Mapped[int | None] = mapped_column(ID)
    created_at: Mapped[dt.datetime] = mapped_column(Moment)
    changed_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    version: Mapped[int] = mapped_column(sa.Integer, default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own way to say it


class PrintedFacts(Base):
    """Everything that was printed on a posted document, as canonical JSON; insert-only.

    PDF, e-invoice, mail and API are made from it, and the journal's hash chain covers ``sha256``.
    """

    __tablename__ = "printed_facts"
    __table_args__ = (sa.UniqueConstraint("document_kind", "document_id"),)

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    document_kind: Mapped[str] = mapped_column(sa.String(20))
    document_id: Mapped[int] = mapped_column(ID)
    facts: Mapped[str] = mapped_column(sa.Text)
    sha256: Mapped[str] = mapped_column(sa.String(64))


class FrozenPdf(Base):
    """The PDF made from printed facts, once; insert-only."""

    __tablename__ = "frozen_pdf"

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    printed_facts_id: Mapped[int] = mapped_column(sa.ForeignKey(PrintedFacts.id), unique=True)
    file_id: Mapped[int] = mapped_column(sa.ForeignKey(StoredFile.id))
    made_at: Mapped[dt.datetime] = mapped_column(Moment)
