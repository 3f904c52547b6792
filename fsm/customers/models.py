"""Customers, contacts, sites, equipment. What has history is archived, never deleted."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, composite, mapped_column, relationship

from fsm.company.models import Language
from fsm.core.db import Base
from fsm.core.types import DEGREES, ID, Moment, choice, sortable


@dataclass(frozen=True, slots=True)
class Address:
    """S3's address; ``country_code`` is two capitals, all else may be empty."""

    street: str
    street2: str
    postal_code: str
    city: str
    country_code: str

    def as_dict(self) -> dict[str, str]:
        """For the JSON columns of documents, which keep their own copy."""
        return {
            "street": self.street,
            "street2": self.street2,
            "postal_code": self.postal_code,
            "city": self.city,
            "country_code": self.country_code,
        }


class Customer(Base):
    """Who is served and invoiced. ``days_due`` None: the company's default; 0: no term, never overdue.

    ``external_id``: its number in the program it came from; so for sites and equipment.
    """

    __tablename__ = "customer"
    __audited__ = True
    __table_args__ = (
        sa.CheckConstraint("days_due BETWEEN 0 AND 999", name="days_due"),
        sa.Index("ix_customer_sort_key_id", "sort_key", "id"),
        sa.Index("uq_customer_external_id", "external_id", unique=True),
    )

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(100))
    sort_key: Mapped[str] = mapped_column(sortable(100))
    attention: Mapped[str] = mapped_column(sa.String(100), default="")
    is_business: Mapped[bool] = mapped_column(sa.Boolean(name="is_business"), default=True)
    vat_number: Mapped[str] = mapped_column(sa.String(20), default="", index=True)
    enterprise_number: Mapped[str] = mapped_column(sa.String(20), default="")
    is_subject_to_vat: Mapped[bool] = mapped_column(sa.Boolean(name="is_subject_to_vat"), default=False)
    files_periodic_returns: Mapped[bool] = mapped_column(sa.Boolean(name="files_periodic_returns"), default=True)
    language: Mapped[Language | None] = mapped_column(choice(Language, "language"))
    currency: Mapped[str] = mapped_column(sa.String(3), default="EUR")
    days_due: Mapped[int | None] = mapped_column(sa.Integer)
    automatic_reminders: Mapped[bool | None] = mapped_column(sa.Boolean(name="automatic_reminders"))
    agreed_to_electronic_documents: Mapped[bool] = mapped_column(
        sa.Boolean(name="agreed_to_electronic_documents"), default=False
    )
    gets_visit_messages: Mapped[bool] = mapped_column(
        sa.Boolean(name="gets_visit_messages"), default=True, server_default="1"
    )
    email: Mapped[str] = mapped_column(sa.String(200), default="")
    phone: Mapped[str] = mapped_column(sa.String(40), default="")
    notes: Mapped[str] = mapped_column(sa.Text, default="")
    billing_street: Mapped[str] = mapped_column(sa.String(150), default="")
    billing_street2: Mapped[str] = mapped_column(sa.String(150), default="")
    billing_postal_code: Mapped[str] = mapped_column(sa.String(10), default="")
    billing_city: Mapped[str] = mapped_column(sa.String(50), default="")
    billing_country_code: Mapped[str] = mapped_column(sa.String(2), default="BE")
    has_delivery_address: Mapped[bool] = mapped_column(sa.Boolean(name="has_delivery_address"), default=False)
    delivery_street: Mapped[str] = mapped_column(sa.String(150), default="")
    delivery_street2: Mapped[str] = mapped_column(sa.String(150), default="")
    delivery_postal_code: Mapped[str] = mapped_column(sa.String(10), default="")
    delivery_city: Mapped[str] = mapped_column(sa.String(50), default="")
    delivery_country_code: Mapped[str] = mapped_column(sa.String(2), default="BE")
    archived_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    external_id: Mapped[str | None] = mapped_column(sa.String(50))
    created_at: Mapped[dt.datetime] = mapped_column(Moment)
    version: Mapped[int] = mapped_column(sa.Integer, default=1)

    billing_address: Mapped[Address] = composite(
        "billing_street", "billing_street2", "billing_postal_code", "billing_city", "billing_country_code"
    )
    own_delivery_address: Mapped[Address] = composite(
        "delivery_street", "delivery_street2", "delivery_postal_code", "delivery_city", "delivery_country_code"
    )
    contacts: Mapped[list["Contact"]] = relationship(back_populates="customer", order_by="Contact.id")

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own way to say it

    @property
    def delivery_address(self) -> Address:
        """The delivery address, which is the billing address where none is given."""
        return self.own_delivery_address if self.has_delivery_address else self.billing_address


class Contact(Base):
    """A person at a customer, and which mails they get."""

    __tablename__ = "contact"
    __audited__ = True

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    customer_id: Mapped[int] = mapped_column(sa.ForeignKey(Customer.id), index=True)
    name: Mapped[str] = mapped_column(sa.String(100))
    function: Mapped[str] = mapped_column(sa.String(60), default="")
    email: Mapped[str] = mapped_column(sa.String(200), default="")
    phone: Mapped[str] = mapped_column(sa.String(40), default="")
    gets_quotes: Mapped[bool] = mapped_column(sa.Boolean(name="gets_quotes"), default=False)
    gets_invoices: Mapped[bool] = mapped_column(sa.Boolean(name="gets_invoices"), default=False)
    gets_reminders: Mapped[bool] = mapped_column(sa.Boolean(name="gets_reminders"), default=False)
    gets_visit_messages: Mapped[bool] = mapped_column(sa.Boolean(name="gets_visit_messages"), default=False)
    version: Mapped[int] = mapped_column(sa.Integer, default=1)

    customer: Mapped[Customer] = relationship(back_populates="contacts")

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own way to say it


class Site(Base):
    """Where work is done. ``payer_id`` names another customer who gets the invoices of this site."""

    __tablename__ = "site"
    __audited__ = True
    __table_args__ = (
        sa.CheckConstraint("first_occupied_year BETWEEN 1000 AND 2999", name="first_occupied_year"),
        sa.Index("ix_site_sort_key_id", "sort_key", "id"),
        sa.Index("uq_site_external_id", "external_id", unique=True),
    )

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    customer_id: Mapped[int] = mapped_column(sa.ForeignKey(Customer.id), index=True)
    payer_id: Mapped[int | None] = mapped_column(sa.ForeignKey(Customer.id))
    name: Mapped[str] = mapped_column(sa.String(100))
    sort_key: Mapped[str] = mapped_column(sortable(100))
    street: Mapped[str] = mapped_column(sa.String(150), default="")
    street2: Mapped[str] = mapped_column(sa.String(150), default="")
    postal_code: Mapped[str] = mapped_column(sa.String(10), default="")
    city: Mapped[str] = mapped_column(sa.String(50), default="")
    country_code: Mapped[str] = mapped_column(sa.String(2), default="BE")
    phone: Mapped[str] = mapped_column(sa.String(40), default="")
    access_code: Mapped[str] = mapped_column(sa.String(100), default="")
    hazards: Mapped[str] = mapped_column(sa.String(500), default="")
    notes: Mapped[str] = mapped_column(sa.Text, default="")
    is_private_dwelling: Mapped[bool] = mapped_column(sa.Boolean(name="is_private_dwelling"), default=False)
    first_occupied_year: Mapped[int | None] = mapped_column(sa.Integer)
    latitude: Mapped[Decimal | None] = mapped_column(DEGREES)
    longitude: Mapped[Decimal | None] = mapped_column(DEGREES)
    external_id: Mapped[str | None] = mapped_column(sa.String(50))
    archived_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    version: Mapped[int] = mapped_column(sa.Integer, default=1)

    address: Mapped[Address] = composite("street", "street2", "postal_code", "city", "country_code")
    customer: Mapped[Customer] = relationship(foreign_keys=[customer_id])
    payer: Mapped[Customer | None] = relationship(foreign_keys=[payer_id])

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own way to say it


class Equipment(Base):
    """A machine at a site."""

    __tablename__ = "equipment"
    __audited__ = True
    __table_args__ = (sa.Index("uq_equipment_external_id", "external_id", unique=True),)

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    site_id: Mapped[int] = mapped_column(sa.ForeignKey(Site.id), index=True)
    kind: Mapped[str] = mapped_column(sa.String(60))
    make: Mapped[str] = mapped_column(sa.String(60), default="")
    model: Mapped[str] = mapped_column(sa.String(60), default="")
    serial: Mapped[str] = mapped_column(sa.String(60), default="")
    installed_on: Mapped[dt.date | None] = mapped_column(sa.Date)
    warranty_until: Mapped[dt.date | None] = mapped_column(sa.Date)
    notes: Mapped[str] = mapped_column(sa.Text, default="")
    external_id: Mapped[str | None] = mapped_column(sa.String(50))
    archived_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    version: Mapped[int] = mapped_column(sa.Integer, default=1)

    site: Mapped[Site] = relationship()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own way to say it
