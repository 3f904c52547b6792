"""Working hours, absences, skills; proposals for the tray; the rules of the board. Visits belong to service orders."""

import datetime as dt
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fsm.core.db import Base
from fsm.core.types import ID, Moment, choice, sortable
from fsm.users.models import User


class ScheduleSettings(Base):
    """What the board goes by where nothing else is said (one row).

    ``week``: as in ``TechnicianWeek``. ``speed_kmh`` is along the straight line from site to site.
    """

    __tablename__ = "schedule_settings"
    __audited__ = True
    __table_args__ = (
        sa.CheckConstraint("id = 1", name="single_row"),
        sa.CheckConstraint("speed_kmh BETWEEN 5 AND 130", name="speed_kmh"),
        sa.CheckConstraint("visit_minutes BETWEEN 15 AND 480", name="visit_minutes"),
    )

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    week: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    speed_kmh: Mapped[int] = mapped_column(sa.Integer, default=40)
    visit_minutes: Mapped[int] = mapped_column(sa.Integer, default=60)
    version: Mapped[int] = mapped_column(sa.Integer, default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own way to say it


class TechnicianWeek(Base):
    """The working hours of a technician who does not keep the company's.

    ``week``: spans of minutes from midnight by ISO weekday, ``{"1": [[480, 720], [780, 1020]]}``; a day without is free.
    """

    __tablename__ = "technician_week"
    __audited__ = True

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    technician_id: Mapped[int] = mapped_column(sa.ForeignKey(User.id), unique=True)
    week: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    version: Mapped[int] = mapped_column(sa.Integer, default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own way to say it


class Absence(Base):
    """A technician is not there: holidays, illness, training; whole days or hours of one."""

    __tablename__ = "absence"
    __audited__ = True
    __table_args__ = (
        sa.CheckConstraint("start_at < end_at", name="start_before_end"),
        sa.Index("ix_absence_technician_id_end_at", "technician_id", "end_at"),
        sa.Index("ix_absence_end_at_id", "end_at", "id"),
        sa.Index("ix_absence_start_at_id", "start_at", "id"),
    )

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    technician_id: Mapped[int] = mapped_column(sa.ForeignKey(User.id))
    start_at: Mapped[dt.datetime] = mapped_column(Moment)
    end_at: Mapped[dt.datetime] = mapped_column(Moment)
    reason: Mapped[str] = mapped_column(sa.String(100), default="")
    version: Mapped[int] = mapped_column(sa.Integer, default=1)

    technician: Mapped[User] = relationship()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own way to say it


class Skill(Base):
    """Something not everybody can or may do. ``kinds_of_work``: those that need it, one a line.

    Orders name skills in their own words (``ServiceOrder.skills``): the same name, whatever its case or accents.
    """

    __tablename__ = "skill"
    __audited__ = True

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(60))
    sort_key: Mapped[str] = mapped_column(sortable(60), unique=True)
    kinds_of_work: Mapped[str] = mapped_column(sa.Text, default="")
    version: Mapped[int] = mapped_column(sa.Integer, default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own way to say it


class TechnicianSkill(Base):
    """A technician has a skill."""

    __tablename__ = "technician_skill"
    __audited__ = True
    __table_args__ = (
        sa.UniqueConstraint("technician_id", "skill_id"),
        sa.Index("ix_technician_skill_skill_id", "skill_id"),
    )

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    technician_id: Mapped[int] = mapped_column(sa.ForeignKey(User.id))
    skill_id: Mapped[int] = mapped_column(sa.ForeignKey(Skill.id))


class ProposalState(StrEnum):
    """Being made by the worker, waiting for a decision, decided, or not made."""

    WAITING = "waiting"
    READY = "ready"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    FAILED = "failed"


class Proposal(Base):
    """Visits proposed for the tray in the free hours of some days.

    ``rows``: ``{"order_id", "technician_id", "start", "end", "travel_minutes"}``, moments in ISO format, and, once
    decided on, ``"outcome"``. ``figures``: what was asked and what it costs.
    """

    __tablename__ = "proposal"
    __table_args__ = (sa.Index("ix_proposal_created_by_id", "created_by_id"),)

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    state: Mapped[ProposalState] = mapped_column(choice(ProposalState, "state"), default=ProposalState.WAITING)
    from_date: Mapped[dt.date] = mapped_column(sa.Date)
    to_date: Mapped[dt.date] = mapped_column(sa.Date)
    rows: Mapped[list[dict[str, Any]]] = mapped_column(sa.JSON, default=list)
    figures: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)
    created_by_id: Mapped[int] = mapped_column(sa.ForeignKey(User.id))
    created_at: Mapped[dt.datetime] = mapped_column(Moment)
    version: Mapped[int] = mapped_column(sa.Integer, default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own way to say it
