"""Users, their roles, their sessions, and failed logins."""

import datetime as dt
from decimal import Decimal
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fsm.core.db import Base
from fsm.core.types import ID, UNIT_PRICE, Moment, choice, sortable


class Role(StrEnum):
    """What somebody is here; a user may have several."""

    TECHNICIAN = "technician"
    OFFICE = "office"
    MANAGER = "manager"
    ADMINISTRATOR = "administrator"
    ACCOUNTANT = "accountant"


class User(Base):
    """Somebody who logs in. ``hourly_cost`` is what an hour costs the company, for margins; never shown to technicians.

    ``has_single_keys``: keys of one letter act while nobody types (to be switched off: WCAG 2.1.4).
    ``is_program``: behind a key of the API; never active, so nobody logs in as it, and in no list of people.
    """

    __tablename__ = "app_user"  # "user" is a reserved word in PostgreSQL
    __audited__ = True
    __audit_hidden__ = frozenset({"password_hash"})

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    email: Mapped[str] = mapped_column(sa.String(200), unique=True)
    name: Mapped[str] = mapped_column(sa.String(100))
    sort_key: Mapped[str] = mapped_column(sortable(100))
    password_hash: Mapped[str] = mapped_column(sa.String(200))
    phone: Mapped[str] = mapped_column(sa.String(40), default="")
    locale: Mapped[str] = mapped_column(sa.String(5), default="en")
    hourly_cost: Mapped[Decimal] = mapped_column(UNIT_PRICE, default=Decimal(0))
    is_active: Mapped[bool] = mapped_column(sa.Boolean(name="is_active"), default=True)
    has_single_keys: Mapped[bool] = mapped_column(sa.Boolean(name="has_single_keys"), default=True, server_default="1")
    is_program: Mapped[bool] = mapped_column(sa.Boolean(name="is_program"), default=False, server_default="0")
    created_at: Mapped[dt.datetime] = mapped_column(Moment)
    version: Mapped[int] = mapped_column(sa.Integer, default=1)
    role_rows: Mapped[list["UserRole"]] = relationship(cascade="all, delete-orphan", lazy="selectin")

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own way to say it

    @property
    def roles(self) -> frozenset[Role]:
        """The roles as a set."""
        return frozenset(row.role for row in self.role_rows)


class UserRole(Base):
    """One role of one user."""

    __tablename__ = "user_role"

    user_id: Mapped[int] = mapped_column(sa.ForeignKey(User.id), primary_key=True)
    role: Mapped[Role] = mapped_column(choice(Role, "role"), primary_key=True)


class UserSession(Base):
    """A login on one device; the cookie holds a random 256-bit token, here is only its SHA-256."""

    __tablename__ = "user_session"

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey(User.id), index=True)
    device: Mapped[str] = mapped_column(sa.String(200))
    created_at: Mapped[dt.datetime] = mapped_column(Moment)
    last_seen_at: Mapped[dt.datetime] = mapped_column(Moment)
    expires_at: Mapped[dt.datetime] = mapped_column(Moment)
    revoked_at: Mapped[dt.datetime | None] = mapped_column(Moment)


class LoginFailure(Base):
    """A failed login; counts towards throttling by e-mail and by address."""

    __tablename__ = "login_failure"
    __table_args__ = (
        sa.Index("ix_login_failure_email_at", "email", "at"),
        sa.Index("ix_login_failure_address_at", "address", "at"),
    )

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    email: Mapped[str] = mapped_column(sa.String(200))
    address: Mapped[str] = mapped_column(sa.String(60))
    at: Mapped[dt.datetime] = mapped_column(Moment)


class SavedFilter(Base):
    """A view of a list that a user gave a name: what narrows and sorts it, as its address says it.

    ``list_name`` is the slice's ("invoices"); the default is what the list opens with.
    """

    __tablename__ = "saved_filter"
    __table_args__ = (sa.UniqueConstraint("user_id", "list_name", "name"),)

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey(User.id))
    list_name: Mapped[str] = mapped_column(sa.String(40))
    name: Mapped[str] = mapped_column(sa.String(60))
    query: Mapped[str] = mapped_column(sa.String(1000))
    is_default: Mapped[bool] = mapped_column(sa.Boolean(name="is_default"), default=False)


class ChosenColumns(Base):
    """The columns of a list that a user wants, in their order, separated by spaces; no row: as the list is declared."""

    __tablename__ = "chosen_columns"

    user_id: Mapped[int] = mapped_column(sa.ForeignKey(User.id), primary_key=True)
    list_name: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    names: Mapped[str] = mapped_column(sa.String(1000))
