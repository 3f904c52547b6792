"""Stock items, labor rates, prices per customer, price lists, kits."""

import datetime as dt
from decimal import Decimal
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fsm.core.db import Base
from fsm.core.types import ID, PERCENTAGE, QUANTITY, UNIT_PRICE, Moment, choice, sortable
from fsm.customers.models import Customer


class RateKind(StrEnum):
    """What a labor rate prices: an hour of work, an hour of travel, a kilometre, a call-out."""

    LABOR = "labor"
    TRAVEL_TIME = "travel_time"
    DISTANCE = "distance"
    CALL_OUT = "call_out"


UNITS_OF_RATES = {RateKind.LABOR: "h", RateKind.TRAVEL_TIME: "h", RateKind.DISTANCE: "km", RateKind.CALL_OUT: ""}


class StockItem(Base):
    """A part or a ready-made service with its price. ``tax_rate`` None: the company's default rate.

    ``has_normal_rate_in_dwellings``: 21 % also where works on dwellings are at 6 % (fossil heating).
    """

    __tablename__ = "stock_item"
    __audited__ = True
    __table_args__ = (
        sa.CheckConstraint("tax_rate BETWEEN 0 AND 1000000", name="tax_rate"),
        sa.CheckConstraint("sale_price >= 0 AND purchase_price >= 0", name="prices"),
        sa.Index("ix_stock_item_sort_key_id", "sort_key", "id"),
    )

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(20), unique=True)
    description: Mapped[str] = mapped_column(sa.String(500))
    sort_key: Mapped[str] = mapped_column(sortable(530))
    barcode: Mapped[str] = mapped_column(sa.String(40), default="", index=True)
    unit: Mapped[str] = mapped_column(sa.String(10), default="")
    sale_price: Mapped[Decimal] = mapped_column(UNIT_PRICE)
    purchase_price: Mapped[Decimal] = mapped_column(UNIT_PRICE, default=Decimal(0))
    tax_rate: Mapped[Decimal | None] = mapped_column(PERCENTAGE)
    special_status: Mapped[str] = mapped_column(sa.String(20), default="")
    account_number: Mapped[str] = mapped_column(sa.String(8), default="")
    has_normal_rate_in_dwellings: Mapped[bool] = mapped_column(
        sa.Boolean(name="has_normal_rate_in_dwellings"), default=False, server_default=sa.text("false")
    )
    is_stock_tracked: Mapped[bool] = mapped_column(sa.Boolean(name="is_stock_tracked"), default=True)
    archived_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    version: Mapped[int] = mapped_column(sa.Integer, default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own way to say it


class LaborRate(Base):
    """A price per hour, kilometre or call-out for a kind of work."""

    __tablename__ = "labor_rate"
    __audited__ = True
    __table_args__ = (
        sa.CheckConstraint("tax_rate BETWEEN 0 AND 1000000", name="tax_rate"),
        sa.CheckConstraint("price >= 0", name="price"),
    )

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(80), unique=True)
    kind: Mapped[RateKind] = mapped_column(choice(RateKind, "kind"))
    price: Mapped[Decimal] = mapped_column(UNIT_PRICE)
    tax_rate: Mapped[Decimal | None] = mapped_column(PERCENTAGE)
    account_number: Mapped[str] = mapped_column(sa.String(8), default="")
    has_normal_rate_in_dwellings: Mapped[bool] = mapped_column(
        sa.Boolean(name="has_normal_rate_in_dwellings"), default=False, server_default=sa.text("false")
    )
    is_default: Mapped[bool] = mapped_column(sa.Boolean(name="is_default"), default=False)
    archived_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    version: Mapped[int] = mapped_column(sa.Integer, default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own way to say it


class CustomerPrice(Base):
    """What one customer pays instead of the list price, for an item or for a rate."""

    __tablename__ = "customer_price"
    __audited__ = True
    __table_args__ = (
        sa.UniqueConstraint("customer_id", "stock_item_id"),
        sa.UniqueConstraint("customer_id", "labor_rate_id"),
        sa.CheckConstraint("(stock_item_id IS NULL) <> (labor_rate_id IS NULL)", name="one_thing"),
        sa.CheckConstraint("price >= 0", name="price"),
    )

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    customer_id: Mapped[int] = mapped_column(sa.ForeignKey(Customer.id))
    stock_item_id: Mapped[int | None] = mapped_column(sa.ForeignKey(StockItem.id))
    labor_rate_id: Mapped[int | None] = mapped_column(sa.ForeignKey(LaborRate.id))
    price: Mapped[Decimal] = mapped_column(UNIT_PRICE)
    version: Mapped[int] = mapped_column(sa.Integer, default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own way to say it


class PriceList(Base):
    """Prices that some customers get instead of the usual ones. ``percentage_off``: of whatever it does not name.

    ``from_date``: from that day on, None: already; before it the usual prices hold.
    """

    __tablename__ = "price_list"
    __audited__ = True
    __table_args__ = (sa.CheckConstraint("percentage_off BETWEEN 0 AND 1000000", name="percentage_off"),)

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(80), unique=True)
    from_date: Mapped[dt.date | None] = mapped_column(sa.Date)
    percentage_off: Mapped[Decimal] = mapped_column(PERCENTAGE, default=Decimal(0))
    archived_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    version: Mapped[int] = mapped_column(sa.Integer, default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own way to say it


class ListedPrice(Base):
    """What an item or a rate costs on a price list: a price of its own, or a percentage off the usual one."""

    __tablename__ = "listed_price"
    __audited__ = True
    __table_args__ = (
        sa.UniqueConstraint("price_list_id", "stock_item_id"),
        sa.UniqueConstraint("price_list_id", "labor_rate_id"),
        sa.CheckConstraint("(stock_item_id IS NULL) <> (labor_rate_id IS NULL)", name="one_thing"),
        sa.CheckConstraint("(price IS NULL) <> (percentage_off IS NULL)", name="one_way"),
        sa.CheckConstraint("price >= 0", name="price"),
        sa.CheckConstraint("percentage_off BETWEEN 0 AND 1000000", name="percentage_off"),
    )

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    price_list_id: Mapped[int] = mapped_column(sa.ForeignKey(PriceList.id))
    stock_item_id: Mapped[int | None] = mapped_column(sa.ForeignKey(StockItem.id))
    labor_rate_id: Mapped[int | None] = mapped_column(sa.ForeignKey(LaborRate.id))
    price: Mapped[Decimal | None] = mapped_column(UNIT_PRICE)
    percentage_off: Mapped[Decimal | None] = mapped_column(PERCENTAGE)
    version: Mapped[int] = mapped_column(sa.Integer, default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own way to say it


class CustomerPriceList(Base):
    """The one price list of a customer; the customer's own prices come before it."""

    __tablename__ = "customer_price_list"
    __audited__ = True
    __table_args__ = (sa.Index("ix_customer_price_list_price_list_id", "price_list_id"),)

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    customer_id: Mapped[int] = mapped_column(sa.ForeignKey(Customer.id), unique=True)
    price_list_id: Mapped[int] = mapped_column(sa.ForeignKey(PriceList.id))
    version: Mapped[int] = mapped_column(sa.Integer, default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own way to say it


class Kit(Base):
    """Items and labor that go together: chosen once, several lines."""

    __tablename__ = "kit"
    __audited__ = True
    __table_args__ = (sa.Index("ix_kit_sort_key_id", "sort_key", "id"),)

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(20), unique=True)
    description: Mapped[str] = mapped_column(sa.String(500))
    sort_key: Mapped[str] = mapped_column(sortable(530))
    archived_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    version: Mapped[int] = mapped_column(sa.Integer, default=1)

    lines: Mapped[list["KitLine"]] = relationship(order_by="KitLine.id", viewonly=True)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own way to say it


class KitLine(Base):
    """An item or a rate of a kit; ``quantity`` is hours for labor."""

    __tablename__ = "kit_line"
    __audited__ = True
    __table_args__ = (
        sa.UniqueConstraint("kit_id", "stock_item_id"),
        sa.UniqueConstraint("kit_id", "labor_rate_id"),
        sa.CheckConstraint("(stock_item_id IS NULL) <> (labor_rate_id IS NULL)", name="one_thing"),
        sa.CheckConstraint("quantity > 0", name="quantity"),
    )

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    kit_id: Mapped[int] = mapped_column(sa.ForeignKey(Kit.id))
    stock_item_id: Mapped[int | None] = mapped_column(sa.ForeignKey(StockItem.id))
    labor_rate_id: Mapped[int | None] = mapped_column(sa.ForeignKey(LaborRate.id))
    quantity: Mapped[Decimal] = mapped_column(QUANTITY)
    version: Mapped[int] = mapped_column(sa.Integer, default=1)

    stock_item: Mapped[StockItem | None] = relationship(viewonly=True)
    labor_rate: Mapped[LaborRate | None] = relationship(viewonly=True)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own way to say it

    @property
    def thing(self) -> StockItem | LaborRate:
        """What it is."""
        thing = self.stock_item or self.labor_rate
        if thing is None:
            raise LookupError("a line of a kit without item and rate")
        return thing
