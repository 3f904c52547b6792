"""What is claimed of a customer who pays late, on the invoice's open item."""

import datetime as dt
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fsm.core.db import Base
from fsm.core.types import AMOUNT, ID, Moment
from fsm.invoices.models import Invoice
from fsm.ledger.models import JournalEntry

DESCRIPTION_CHARACTERS = 30


class ClaimedCost(Base):
    """A reminder cost on a posted invoice (S3's ``costs``), in its currency, without VAT.

    Final once ``entry_id`` is set (the database sees to it); waived by the reversal of that entry, never changed.
    ``again_of_id``: the waived one that this claims again, once.
    """

    __tablename__ = "claimed_cost"
    __table_args__ = (
        sa.Index("ix_claimed_cost_invoice_id_id", "invoice_id", "id"),
        sa.CheckConstraint("amount > 0", name="amount"),
    )

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    invoice_id: Mapped[int] = mapped_column(sa.ForeignKey(Invoice.id))
    amount: Mapped[Decimal] = mapped_column(AMOUNT)
    description: Mapped[str] = mapped_column(sa.String(DESCRIPTION_CHARACTERS))
    claimed_on: Mapped[dt.date] = mapped_column(sa.Date)
    entry_id: Mapped[int | None] = mapped_column(sa.ForeignKey(JournalEntry.id), unique=True)
    undone_entry_id: Mapped[int | None] = mapped_column(sa.ForeignKey(JournalEntry.id), unique=True)
    undone_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    undone_by_id: Mapped[int | None] = mapped_column(ID)
    again_of_id: Mapped[int | None] = mapped_column(ID, unique=True)
    claimed_by_id: Mapped[int | None] = mapped_column(ID)
    claimed_at: Mapped[dt.datetime] = mapped_column(Moment)

    invoice: Mapped[Invoice] = relationship(viewonly=True)
