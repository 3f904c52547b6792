"""Working hours, absences, skills, and the board's rules: the verbs. Moving visits is in moves.py."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.core.db import lock, only_row, session
from fsm.core.errors import DomainError, NotFoundError
from fsm.core.state import check_version
from fsm.core.types import sort_key
from fsm.schedule import hours
from fsm.schedule.hours import Week
from fsm.schedule.models import Absence, ScheduleSettings, Skill, TechnicianSkill, TechnicianWeek
from fsm.users.models import Role, User

LONGEST_ABSENCE = dt.timedelta(days=366)
MOST_SKILLS = 200


@dataclass(frozen=True, slots=True)
class SettingsValues:
    """The board's rules."""

    week: Week
    speed_kmh: int
    visit_minutes: int


@dataclass(frozen=True, slots=True)
class AbsenceValues:
    """Who is away, from when until when, and why."""

    technician_id: int
    start_at: dt.datetime
    end_at: dt.datetime
    reason: str = ""


def settings() -> ScheduleSettings:
    """The company's rules; those a company starts with where none were saved."""
    return only_row(ScheduleSettings) or ScheduleSettings(
        id=1, week=hours.stored(hours.DEFAULT_WEEK), speed_kmh=40, visit_minutes=60, version=1
    )


def save_settings(values: SettingsValues, *, version: int | None) -> ScheduleSettings:
    """The rules from now on."""
    row = only_row(ScheduleSettings)
    if row is None:
        row = ScheduleSettings(id=1)
        session.add(row)
    else:
        check_version(row.version, version)
    row.week = hours.stored(hours.check(values.week))
    row.speed_kmh, row.visit_minutes = values.speed_kmh, values.visit_minutes
    session.flush()
    return row


def technician(technician_id: int) -> User:
    """NotFoundError for somebody who is none, or no more."""
    user = session.get(User, technician_id)
    if user is None or not user.is_active or Role.TECHNICIAN not in user.roles:
        raise NotFoundError(_("There is no such technician."))
    return user


def set_week(technician_id: int, week: Week | None, *, version: int | None) -> None:
    """The technician's own working hours; None: those of the company."""
    technician(technician_id)
    row = session.scalar(sa.select(TechnicianWeek).where(TechnicianWeek.technician_id == technician_id))
    check_version(row.version if row else 0, version)
    if week is None:
        if row is not None:
            session.delete(row)
    elif row is None:
        session.add(TechnicianWeek(technician_id=technician_id, week=hours.stored(hours.check(week))))
    else:
        row.week = hours.stored(hours.check(week))
    session.flush()


def set_skills(technician_id: int, skill_ids: Collection[int]) -> None:
    """What the technician can and may do: these, no others. Unknown ids are refused."""
    technician(technician_id)
    known = set(session.scalars(sa.select(Skill.id).where(Skill.id.in_(list(skill_ids)))))
    if known != set(skill_ids):
        raise DomainError(_("One of these skills is no longer in the list."), "skill_ids")
    has = {
        row.skill_id: row
        for row in session.scalars(sa.select(TechnicianSkill).where(TechnicianSkill.technician_id == technician_id))
    }
    for skill_id in sorted(has.keys() - known):
        session.delete(has[skill_id])
    for skill_id in sorted(known - has.keys()):
        session.add(TechnicianSkill(technician_id=technician_id, skill_id=skill_id))
    session.flush()


def add_absence(values: AbsenceValues) -> Absence:
    """Visits in that time stay where they are; the board warns of them."""
    technician(values.technician_id)
    _check(values)
    row = Absence(
        technician_id=values.technician_id, start_at=values.start_at, end_at=values.end_at, reason=values.reason
    )
    session.add(row)
    session.flush()
    return row


def edit_absence(absence_id: int, values: AbsenceValues, *, version: int | None) -> Absence:
    """Other days, another reason, another technician."""
    row = _absence(absence_id)
    check_version(row.version, version)
    if values.technician_id != row.technician_id:
        technician(values.technician_id)
    _check(values)
    row.technician_id, row.start_at, row.end_at = values.technician_id, values.start_at, values.end_at
    row.reason = values.reason
    session.flush()
    return row


def delete_absence(absence_id: int) -> Absence:
    """The technician is there after all."""
    row = _absence(absence_id)
    session.delete(row)
    session.flush()
    return row


def _absence(absence_id: int) -> Absence:
    row: Absence | None = lock(Absence, [absence_id]).get(absence_id)
    if row is None:
        raise NotFoundError(_("There is no such absence."))
    return row


def _check(values: AbsenceValues) -> None:
    if values.end_at <= values.start_at:
        raise DomainError(_("The end comes before the start."), "to_date")
    if values.end_at - values.start_at > LONGEST_ABSENCE:
        raise DomainError(_("An absence lasts at most a year."), "to_date")


def add_skill(name: str, kinds_of_work: str = "") -> Skill:
    """A new skill. DomainError where there is one of that name."""
    _refuse_known(name, None)
    if (session.scalar(sa.select(sa.func.count()).select_from(Skill)) or 0) >= MOST_SKILLS:
        raise DomainError(_("There are at most %(count)s skills.", count=MOST_SKILLS), "name")
    row = Skill(name=name, sort_key=sort_key(name), kinds_of_work=kinds_of_work)
    session.add(row)
    session.flush()
    return row


def edit_skill(skill_id: int, name: str, kinds_of_work: str, *, version: int | None) -> Skill:
    """Orders that name it by its former name keep that name."""
    row = _skill(skill_id)
    check_version(row.version, version)
    _refuse_known(name, row.id)
    row.name, row.sort_key, row.kinds_of_work = name, sort_key(name), kinds_of_work
    session.flush()
    return row


def delete_skill(skill_id: int) -> Skill:
    """Nobody has it and no kind of work needs it any more; orders that name it still do."""
    row = _skill(skill_id)
    for has in session.scalars(sa.select(TechnicianSkill).where(TechnicianSkill.skill_id == skill_id)):
        session.delete(has)
    session.flush()
    session.delete(row)
    session.flush()
    return row


def _skill(skill_id: int) -> Skill:
    row: Skill | None = lock(Skill, [skill_id]).get(skill_id)
    if row is None:
        raise NotFoundError(_("There is no such skill."))
    return row


def _refuse_known(name: str, skill_id: int | None) -> None:
    if "," in name:
        raise DomainError(_("A comma separates skills: leave it out of the name."), "name")
    found = session.scalar(sa.select(Skill.id).where(Skill.sort_key == sort_key(name)))
    if found is not None and found != skill_id:
        raise DomainError(_("There is a skill of this name."), "name")
