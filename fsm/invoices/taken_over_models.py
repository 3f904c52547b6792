"""Documents of a former program that were open when the books began here."""

import datetime as dt
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fsm.core.db import Base
from fsm.core.types import AMOUNT, EXCHANGE_RATE, ID, Moment
from fsm.customers.models import Customer
from fsm.ledger.models import JournalEntry


class TakenOver(Base):
    """An open invoice of a former program (accounting.md 5); ``total`` and ``due`` are negative for its credit notes.

    Its number is text, outside our series. Final once ``entry_id`` is set; ``import_id`` names the run that brought it.
    ``taken_over_on`` is the day of its entry: what was paid before that day was paid in the former program.
    """

    __tablename__ = "taken_over"
    __table_args__ = (
        sa.Index(
            "uq_taken_over_customer_id_number",
            "customer_id",
            "number",
            unique=True,
            sqlite_where=sa.text("undone_entry_id IS NULL"),
            postgresql_where=sa.text("undone_entry_id IS NULL"),
        ),
        sa.Index("ix_taken_over_import_id_id", "import_id", "id"),
        sa.Index("ix_taken_over_number", "number"),
        sa.UniqueConstraint("entry_id"),
        sa.UniqueConstraint("undone_entry_id"),
        sa.CheckConstraint("total <> 0 AND due <> 0", name="amounts"),
        sa.CheckConstraint("exchange_rate > 0", name="exchange_rate"),
    )

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    import_id: Mapped[int | None] = mapped_column(ID)
    customer_id: Mapped[int] = mapped_column(sa.ForeignKey(Customer.id))
    number: Mapped[str] = mapped_column(sa.String(50))
    document_date: Mapped[dt.date] = mapped_column(sa.Date)
    due_date: Mapped[dt.date | None] = mapped_column(sa.Date)
    taken_over_on: Mapped[dt.date] = mapped_column(sa.Date)
    currency: Mapped[str] = mapped_column(sa.String(3), default="EUR")
    exchange_rate: Mapped[Decimal] = mapped_column(EXCHANGE_RATE, default=Decimal(1))
    total: Mapped[Decimal] = mapped_column(AMOUNT)
    due: Mapped[Decimal] = mapped_column(AMOUNT)
    reference: Mapped[str] = mapped_column(sa.String(250), default="")
    structured_message: Mapped[str] = mapped_column(sa.String(12), default="")
    entry_id: Mapped[int | None] = mapped_column(sa.ForeignKey(JournalEntry.id))
    created_by_id: Mapped[int | None] = mapped_column(ID)
    created_at: Mapped[dt.datetime] = mapped_column(Moment)
    undone_entry_id: Mapped[int | None] = mapped_column(sa.ForeignKey(JournalEntry.id))
    undone_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    undone_by_id: Mapped[int | None] = mapped_column(ID)

    customer: Mapped[Customer] = relationship(viewonly=True)
