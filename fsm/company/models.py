"""The company (one row) and its bank accounts."""

import datetime as dt
from decimal import Decimal
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from fsm.core.db import Base
from fsm.core.types import ID, PERCENTAGE, Moment, choice
from fsm.files.models import StoredFile


class VatScheme(StrEnum):
    """Normal, or the small-business scheme under which no VAT is charged."""

    NORMAL = "normal"
    SMALL_BUSINESS = "small_business"


class Language(StrEnum):
    """Languages of documents, in S3's words."""

    DUTCH = "dutch"
    FRENCH = "french"
    ENGLISH = "english"
    GERMAN = "german"


class Company(Base):
    """One installation serves one company: the row with id 1."""

    __tablename__ = "company"
    __audited__ = True
    __table_args__ = (
        sa.CheckConstraint("id = 1", name="single_row"),
        sa.CheckConstraint("fiscal_year_first_month BETWEEN 1 AND 12", name="fiscal_year_first_month"),
    )

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(100))
    legal_form: Mapped[str] = mapped_column(sa.String(40), default="")
    street: Mapped[str] = mapped_column(sa.String(150), default="")
    street2: Mapped[str] = mapped_column(sa.String(150), default="")
    postal_code: Mapped[str] = mapped_column(sa.String(10), default="")
    city: Mapped[str] = mapped_column(sa.String(50), default="")
    country_code: Mapped[str] = mapped_column(sa.String(2), default="BE")
    chart: Mapped[str] = mapped_column(sa.String(20), default="be_pcmn")
    enterprise_number: Mapped[str] = mapped_column(sa.String(20), default="")
    court_register: Mapped[str] = mapped_column(sa.String(60), default="")
    vat_number: Mapped[str] = mapped_column(sa.String(20), default="")
    vat_scheme: Mapped[VatScheme] = mapped_column(choice(VatScheme, "vat_scheme"), default=VatScheme.NORMAL)
    is_co_contractor: Mapped[bool] = mapped_column(sa.Boolean(name="is_co_contractor"), default=False)
    time_zone: Mapped[str] = mapped_column(sa.String(40), default="Europe/Brussels")
    language: Mapped[Language] = mapped_column(choice(Language, "language"), default=Language.ENGLISH)
    fiscal_year_first_month: Mapped[int] = mapped_column(sa.Integer, default=1)
    email: Mapped[str] = mapped_column(sa.String(200), default="")
    phone: Mapped[str] = mapped_column(sa.String(40), default="")
    website: Mapped[str] = mapped_column(sa.String(200), default="")
    logo_file_id: Mapped[int | None] = mapped_column(sa.ForeignKey(StoredFile.id))
    tax_rate_1: Mapped[Decimal] = mapped_column(PERCENTAGE)
    tax_rate_2: Mapped[Decimal] = mapped_column(PERCENTAGE)
    tax_rate_3: Mapped[Decimal] = mapped_column(PERCENTAGE)
    default_tax_rate: Mapped[Decimal] = mapped_column(PERCENTAGE)
    is_demo: Mapped[bool] = mapped_column(sa.Boolean(name="is_demo"), default=False)
    created_at: Mapped[dt.datetime] = mapped_column(Moment)
    version: Mapped[int] = mapped_column(sa.Integer, default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own way to say it

    @property
    def tax_rates(self) -> tuple[Decimal, Decimal, Decimal]:
        """The three rates that are copied onto each new document."""
        return (self.tax_rate_1, self.tax_rate_2, self.tax_rate_3)


class BankAccount(Base):
    """A bank account of the company and the ledger account that mirrors it."""

    __tablename__ = "bank_account"
    __audited__ = True

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(60))
    iban: Mapped[str] = mapped_column(sa.String(34), unique=True)
    bic: Mapped[str] = mapped_column(sa.String(11), default="")
    account_number: Mapped[str] = mapped_column(sa.String(8))
    is_default: Mapped[bool] = mapped_column(sa.Boolean(name="is_default"), default=False)
    archived_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    version: Mapped[int] = mapped_column(sa.Integer, default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own way to say it
