"""Invoices saved as models: lines and terms to begin an invoice with. No documents: no number, no customer, no dates."""

import datetime as dt
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from fsm.core.db import Base
from fsm.core.types import AMOUNT, ID, Moment, sortable


class InvoiceModel(Base):
    """A model. ``document`` and ``lines`` are what ``reuse`` reads of them, exact numbers as text.

    ``total_without_tax`` is what the lines came to when it was saved: for the list alone.
    """

    __tablename__ = "invoice_model"
    __audited__ = True
    __table_args__ = (sa.UniqueConstraint("sort_key"),)

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(100))
    sort_key: Mapped[str] = mapped_column(sortable(400))
    document: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    lines: Mapped[list[dict[str, Any]]] = mapped_column(sa.JSON)
    line_count: Mapped[int] = mapped_column(sa.Integer)
    currency: Mapped[str] = mapped_column(sa.String(3))
    total_without_tax: Mapped[Decimal] = mapped_column(AMOUNT)
    saved_by_id: Mapped[int] = mapped_column(ID)
    saved_at: Mapped[dt.datetime] = mapped_column(Moment)
    version: Mapped[int] = mapped_column(sa.Integer, default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own way to say it
