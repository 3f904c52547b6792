"""Working hours, skills and absences of technicians; the list of skills; the board's settings."""

import datetime as dt
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fsm.catalog.forms import choices
from fsm.core import audit
from fsm.core.db import session
from fsm.core.errors import NotFoundError
from fsm.core.formats import day, local, moment
from fsm.core.transactions import attempt
from fsm.schedule import hours, queries, services
from fsm.schedule.blueprint import bp
from fsm.schedule.forms import AbsenceForm, SettingsForm, SkillForm, TechnicianForm
from fsm.schedule.models import Absence, Skill
from fsm.users.queries import technicians


def status() -> int:
    """200, or that of the refusal."""
    return int(g.get("refused_status", 422)) if request.method == "POST" else 200


def tabs(current: str) -> list[dict[str, Any]]:
    """Between the pages of who works when."""
    return [
        {"label": label, "url": url_for(f"schedule.{name}"), "is_current": name == current}
        for label, name in (
            (_("Working hours"), "technicians_index"),
            (_("Absences"), "absences"),
            (_("Skills"), "skills"),
        )
    ]


@bp.get("/technicians")
def technicians_index() -> ResponseReturnValue:
    """Everybody with hours, skills and the absence that comes next."""
    rows, now = technicians(), audit.now()
    workers = queries.workers(rows, now, now)
    names = {skill.sort_key: skill.name for skill in queries.skills()}
    return render_template(
        "schedule/technicians.html",
        workers=workers,
        own=queries.own_weeks(),
        skill_names=lambda worker: ", ".join(sorted(names[key] for key in worker.skills if key in names)),
        minutes=hours.minutes_a_week,
        absences=queries.next_absences([user_id for user_id, _name in rows], now),
        tabs=tabs("technicians_index"),
    )


@bp.route("/technicians/<id:technician_id>", methods=["GET", "POST"])
def edit_technician(technician_id: int) -> ResponseReturnValue:
    """Own hours or the company's, and skills."""
    person = services.technician(technician_id)
    name = person.name
    row = queries.week_row(technician_id)
    form = TechnicianForm()
    form.skill_ids.choices = choices((skill.id, skill.name) for skill in queries.skills())
    if request.method == "GET":
        form.has_own_hours.data = row is not None
        form.fill_week(hours.read(row.week if row else services.settings().week))
        form.skill_ids.data = queries.skills_of(technician_id)

    def work() -> bool:
        week = form.week() if form.has_own_hours.data else None
        services.set_week(technician_id, week, version=form.sent_version())
        services.set_skills(technician_id, form.skill_ids.data or [])
        return True

    if form.validate_on_submit() and attempt(form, work):
        flash(_("Hours and skills of %(name)s were saved.", name=name), "success")
        return redirect(url_for("schedule.technicians_index"), 303)
    row = queries.week_row(technician_id)
    page = render_template(
        "schedule/edit_technician.html",
        form=form,
        technician_id=technician_id,
        name=name,
        version=row.version if row else 0,
        has_skills=bool(form.skill_ids.choices),
    )
    return page, status()


@bp.get("/absences")
def absences() -> ResponseReturnValue:
    """Those that last or come, or those that are over."""
    past = request.args.get("tab") == "past"
    found = queries.absences(request.args.get("after"), now=audit.now(), past=past)
    return render_template(
        "schedule/absences.html",
        rows=found.rows,
        is_past=past,
        from_said=from_said,
        until_said=until_said,
        previous_url=_absences_url(found.previous, past=past),
        next_url=_absences_url(found.next, past=past),
        tabs=tabs("absences"),
    )


def from_said(row: Absence) -> str:
    """The first day, with its time where only part of it counts."""
    return day(local(row.start_at).date()) if _is_midnight(row.start_at) else moment(row.start_at)


def until_said(row: Absence) -> str:
    """The last day, whole or until a time."""
    if _is_midnight(row.end_at):
        return day(local(row.end_at).date() - dt.timedelta(days=1))
    return moment(row.end_at)


def _is_midnight(at: dt.datetime) -> bool:
    return local(at).time() == dt.time()


def _absences_url(cursor: str | None, *, past: bool) -> str | None:
    return url_for("schedule.absences", tab="past" if past else None, after=cursor) if cursor else None


@bp.route("/absences/new", methods=["GET", "POST"])
def new_absence() -> ResponseReturnValue:
    form = AbsenceForm()
    form.technician_id.choices = choices(technicians())
    if request.method == "GET":
        text = request.args.get("technician_id", "")
        form.technician_id.data = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None  # noqa: PLR2004
    if form.validate_on_submit() and attempt(form, lambda: services.add_absence(form.values())):
        flash(_("The absence was saved."), "success")
        return redirect(url_for("schedule.absences"), 303)
    return render_template("schedule/absence.html", form=form, row=None), status()


@bp.route("/absences/<id:absence_id>", methods=["GET", "POST"])
def edit_absence(absence_id: int) -> ResponseReturnValue:
    row = _absence(absence_id)
    form = AbsenceForm()
    form.technician_id.choices = choices(technicians(keep=[row.technician_id]))
    if request.method == "GET":
        form.fill(row)
    if form.validate_on_submit() and attempt(
        form, lambda: services.edit_absence(absence_id, form.values(), version=form.sent_version())
    ):
        flash(_("The absence was saved."), "success")
        return redirect(url_for("schedule.absences"), 303)
    return render_template("schedule/absence.html", form=form, row=_absence(absence_id)), status()


@bp.post("/absences/<id:absence_id>/delete")
def delete_absence(absence_id: int) -> ResponseReturnValue:
    services.delete_absence(absence_id)
    flash(_("The absence was deleted."), "success")
    return redirect(url_for("schedule.absences"), 303)


def _absence(absence_id: int) -> Absence:
    row = session.get(Absence, absence_id)
    if row is None:
        raise NotFoundError(_("There is no such absence."))
    return row


@bp.get("/skills")
def skills() -> ResponseReturnValue:
    """The list, who has each, and names that orders use and nobody can have."""
    holders, names = queries.skill_holders(), dict(technicians())
    return render_template(
        "schedule/skills.html",
        rows=queries.skills(),
        holders=lambda skill_id: ", ".join(names[one] for one in holders.get(skill_id, []) if one in names),
        unlisted=queries.unlisted_skills(),
        tabs=tabs("skills"),
    )


@bp.route("/skills/new", methods=["GET", "POST"])
def new_skill() -> ResponseReturnValue:
    form = SkillForm()
    if request.method == "GET":
        form.name.data = request.args.get("name", "")[:60]
    if form.validate_on_submit() and attempt(
        form, lambda: services.add_skill(form.name.data or "", _kinds(form.kinds_of_work.data))
    ):
        flash(_("The skill was saved."), "success")
        return redirect(url_for("schedule.skills"), 303)
    return render_template("schedule/skill.html", form=form, row=None), status()


@bp.route("/skills/<id:skill_id>", methods=["GET", "POST"])
def edit_skill(skill_id: int) -> ResponseReturnValue:
    row = _skill(skill_id)
    form = SkillForm(obj=row)
    if form.validate_on_submit() and attempt(
        form,
        lambda: services.edit_skill(
            skill_id, form.name.data or "", _kinds(form.kinds_of_work.data), version=form.sent_version()
        ),
    ):
        flash(_("The skill was saved."), "success")
        return redirect(url_for("schedule.skills"), 303)
    return render_template("schedule/skill.html", form=form, row=_skill(skill_id)), status()


@bp.post("/skills/<id:skill_id>/delete")
def delete_skill(skill_id: int) -> ResponseReturnValue:
    services.delete_skill(skill_id)
    flash(_("The skill was deleted."), "success")
    return redirect(url_for("schedule.skills"), 303)


def _skill(skill_id: int) -> Skill:
    row = session.get(Skill, skill_id)
    if row is None:
        raise NotFoundError(_("There is no such skill."))
    return row


def _kinds(text: str | None) -> str:
    """One a line, without empty ones."""
    return "\n".join(line.strip() for line in (text or "").splitlines() if line.strip())


@bp.route("/settings", methods=["GET", "POST"])
def settings() -> ResponseReturnValue:
    """The company's hours, the speed between sites, how long a visit lasts."""
    row = services.settings()
    form = SettingsForm()
    if request.method == "GET":
        form.fill_week(hours.read(row.week))
        form.speed_kmh.data, form.visit_minutes.data = row.speed_kmh, row.visit_minutes
    if form.validate_on_submit() and attempt(
        form, lambda: services.save_settings(form.values(), version=form.sent_version())
    ):
        flash(_("The settings were saved."), "success")
        return redirect(url_for("schedule.settings"), 303)
    return render_template("schedule/settings.html", form=form, row=services.settings()), status()
