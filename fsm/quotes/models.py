"""Quotes, their lines, their signatures, and the links by which customers sign them."""

import datetime as dt
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fsm.core.db import Base
from fsm.core.types import ID, Moment, choice
from fsm.customers.models import Customer
from fsm.documents.priced import PricedColumns, PricedLineColumns
from fsm.files.models import StoredFile
from fsm.sales_orders.models import SalesOrder
from fsm.service_orders.models import ServiceOrder


class QuoteState(StrEnum):
    """The stored state; expired is derived from ``valid_until`` of one that was sent."""

    CREATED = "created"
    SENT = "sent"
    SIGNED = "signed"
    DECLINED = "declined"


TRANSITIONS: dict[QuoteState, frozenset[QuoteState]] = {
    QuoteState.CREATED: frozenset({QuoteState.SENT}),
    QuoteState.SENT: frozenset({QuoteState.CREATED, QuoteState.SIGNED, QuoteState.DECLINED}),
    QuoteState.SIGNED: frozenset(),
    QuoteState.DECLINED: frozenset({QuoteState.CREATED}),
}


class Quote(PricedColumns, Base):
    """An offer; final once signed (the database sees to it).

    It gets its number when it is first sent, and keeps it when it is changed and sent again. ``quote_date`` None: the
    day of sending. ``service_order_id``: the visit from which a technician made it.
    """

    __tablename__ = "quote"
    __audited__ = True
    __table_args__ = (
        sa.UniqueConstraint("number_series", "number_period", "number_counter"),
        sa.Index("ix_quote_state_id", "state", "id"),
        sa.Index("ix_quote_state_valid_until_id", "state", "valid_until", "id"),
        sa.Index("ix_quote_customer_id_id", "customer_id", "id"),
        sa.Index("ix_quote_service_order_id", "service_order_id"),
        sa.CheckConstraint("state = 'created' OR number IS NOT NULL", name="number"),
        sa.CheckConstraint(
            "state <> 'signed' OR (signed_on IS NOT NULL AND sales_order_id IS NOT NULL)", name="signed"
        ),
    )

    state: Mapped[QuoteState] = mapped_column(choice(QuoteState, "state"), default=QuoteState.CREATED)
    quote_date: Mapped[dt.date | None] = mapped_column(sa.Date)
    valid_until: Mapped[dt.date | None] = mapped_column(sa.Date)
    service_order_id: Mapped[int | None] = mapped_column(sa.ForeignKey(ServiceOrder.id))
    signed_on: Mapped[dt.date | None] = mapped_column(sa.Date)
    declined_on: Mapped[dt.date | None] = mapped_column(sa.Date)
    declined_reason: Mapped[str] = mapped_column(sa.String(250), default="")
    sales_order_id: Mapped[int | None] = mapped_column(sa.ForeignKey(SalesOrder.id), unique=True)

    customer: Mapped[Customer] = relationship(viewonly=True)
    lines: Mapped[list["QuoteLine"]] = relationship(order_by="QuoteLine.position", viewonly=True)
    sales_order: Mapped[SalesOrder | None] = relationship(viewonly=True)
    service_order: Mapped[ServiceOrder | None] = relationship(viewonly=True)
    signature: Mapped["QuoteSignature | None"] = relationship(viewonly=True)

    __mapper_args__ = {"version_id_col": PricedColumns.version}  # noqa: RUF012 - SQLAlchemy's own way to say it

    def is_expired(self, today: dt.date) -> bool:
        """Sent, not answered, and its last day is over."""
        return self.state is QuoteState.SENT and self.valid_until is not None and self.valid_until < today


class QuoteLine(PricedLineColumns, Base):
    """A line of a quote."""

    __tablename__ = "quote_line"
    __table_args__ = (sa.UniqueConstraint("quote_id", "position"),)

    quote_id: Mapped[int] = mapped_column(sa.ForeignKey(Quote.id))


class QuoteSignature(Base):
    """Who signed, when and from where; insert-only. ``link_id`` None: the office wrote down a signature on paper.

    ``ip_address`` and ``device`` are as the customer's browser gave them.
    """

    __tablename__ = "quote_signature"

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    quote_id: Mapped[int] = mapped_column(sa.ForeignKey(Quote.id), unique=True)
    signer_name: Mapped[str] = mapped_column(sa.String(100), default="")
    signed_at: Mapped[dt.datetime] = mapped_column(Moment)
    file_id: Mapped[int | None] = mapped_column(sa.ForeignKey(StoredFile.id))
    link_id: Mapped[int | None] = mapped_column(sa.ForeignKey("signing_link.id"), unique=True)
    ip_address: Mapped[str] = mapped_column(sa.String(45), default="")
    device: Mapped[str] = mapped_column(sa.String(250), default="")
    written_by_id: Mapped[int | None] = mapped_column(ID)


class SigningLink(Base):
    """A link by which the customer signs; one of a quote is live at a time, and it is used once.

    The address bears the id and ``expires_at``, signed with the installation's key; the row says what became of it.
    """

    __tablename__ = "signing_link"
    __table_args__ = (
        sa.Index(
            "uq_signing_link_live",
            "quote_id",
            unique=True,
            sqlite_where=sa.text("used_at IS NULL AND revoked_at IS NULL"),
            postgresql_where=sa.text("used_at IS NULL AND revoked_at IS NULL"),
        ),
        sa.CheckConstraint("used_at IS NULL OR revoked_at IS NULL", name="used_or_revoked"),
    )

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    quote_id: Mapped[int] = mapped_column(sa.ForeignKey(Quote.id))
    made_at: Mapped[dt.datetime] = mapped_column(Moment)
    made_by_id: Mapped[int] = mapped_column(ID)
    expires_at: Mapped[dt.datetime] = mapped_column(Moment)
    used_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    revoked_at: Mapped[dt.datetime | None] = mapped_column(Moment)
