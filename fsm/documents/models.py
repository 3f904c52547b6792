"""What every priced document shares: defaults, and the facts printed on posted ones."""

import datetime as dt
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from fsm.core.db import Base
from fsm.core.types import ID, Moment, choice
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


class DocumentSettings(Base):
    """Defaults of new documents (one row)."""

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
