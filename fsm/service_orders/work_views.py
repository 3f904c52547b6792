"""Time and parts on an order: timer, typed hours, parts by search, and what is not to be billed."""

from typing import Any, cast

from flask import flash, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from fsm.catalog import kits
from fsm.catalog.queries import found_items, rates
from fsm.core import audit
from fsm.core.errors import NotFoundError
from fsm.core.transactions import attempt
from fsm.service_orders import marks, parts, queries, tasks, time_entries
from fsm.service_orders.billable import WorkKind
from fsm.service_orders.blueprint import bp
from fsm.service_orders.forms import PartForm, ReasonForm, TimeForm, TimerForm
from fsm.service_orders.models import PartUsed, TimeEntry
from fsm.service_orders.show_views import status
from fsm.service_orders.state_views import to_order, verb_page
from fsm.service_orders.visibility import find, is_desk, sees_sale_prices, settings
from fsm.users.queries import technicians

_TIME = ("labor_rate_id", "start_at", "end_at", "description")
_TIME_BY_DESK = ("technician_id", *_TIME, "billable_minutes")


@bp.post("/<id:order_id>/start-timer")
def start_timer(order_id: int) -> ResponseReturnValue:
    rate_id = TimerForm().labor_rate_id.number
    time_entries.start_timer(order_id, actor=g.actor, moment=audit.now(), labor_rate_id=rate_id)
    return to_order(order_id, "time")


@bp.post("/<id:order_id>/time/<id:entry_id>/stop")
def stop_timer(order_id: int, entry_id: int) -> ResponseReturnValue:
    time_entries.stop_timer(order_id, entry_id, actor=g.actor, moment=audit.now())
    return to_order(order_id, "time")


@bp.route("/<id:order_id>/log-time", methods=["GET", "POST"])
def log_time(order_id: int) -> ResponseReturnValue:
    find(order_id, g.actor)
    form = TimeForm()
    form.offer(rates(*time_entries.TIME_KINDS), technicians(), is_desk=is_desk(g.actor))
    if form.validate_on_submit():
        entry = attempt(form, lambda: time_entries.log_time(order_id, form.values(), actor=g.actor, moment=audit.now()))
        if entry is not None:
            flash(_("%(minutes)s minutes were logged.", minutes=entry.minutes), "success")
            return to_order(order_id, "time")
    names = _TIME_BY_DESK if is_desk(g.actor) else _TIME
    return verb_page(order_id, form, title=_("Log time"), button=_("Log time"), names=names)


@bp.route("/<id:order_id>/time/<id:entry_id>/correct", methods=["GET", "POST"])
def correct_time(order_id: int, entry_id: int) -> ResponseReturnValue:
    entry = _entry(order_id, entry_id)
    form = TimeForm(obj=entry)
    kept = rates(*time_entries.TIME_KINDS, keep=entry.labor_rate_id)
    form.offer(kept, technicians(keep=[entry.technician_id]), is_desk=is_desk(g.actor))
    if request.method == "GET":
        rules = settings()
        form.fill(
            entry,
            time_entries.billable_minutes(
                entry.minutes, minimum_minutes=rules.minimum_minutes, rounding_minutes=rules.rounding_minutes
            ),
        )
    form.technician_id.validate_choice = False  # whose time it is does not change
    if form.validate_on_submit():
        saved = attempt(
            form,
            lambda: time_entries.correct_time(
                order_id,
                entry_id,
                form.values(),
                actor=g.actor,
                moment=audit.now(),
                version=form.sent_version(),
            ),
        )
        if saved is not None:
            flash(_("The time was corrected."), "success")
            return to_order(order_id, "time")
        entry = _entry(order_id, entry_id)
    names = (*_TIME, "billable_minutes", "unit_price") if is_desk(g.actor) else _TIME
    return verb_page(order_id, form, title=_("Correct time"), button=_("Save time"), names=names, version=entry.version)


@bp.post("/<id:order_id>/time/<id:entry_id>/remove")
def remove_time(order_id: int, entry_id: int) -> ResponseReturnValue:
    time_entries.remove_time(order_id, entry_id, actor=g.actor)
    flash(_("The time was removed."), "success")
    return to_order(order_id, "time")


@bp.route("/<id:order_id>/add-part", methods=["GET", "POST"])
def add_part(order_id: int) -> ResponseReturnValue:
    order = find(order_id, g.actor)
    form = PartForm()
    if form.validate_on_submit():
        part = attempt(form, lambda: parts.add_part(order_id, form.values(), actor=g.actor, moment=audit.now()))
        if part is not None:
            flash(_("%(what)s was added.", what=part.description), "success")
            return to_order(order_id, "parts")
        order = find(order_id, g.actor)
    text = request.values.get("q", "").strip()[:100]
    values: dict[str, Any] = {
        "order": order,
        "form": form,
        "text": text,
        "items": found_items(text),
        "kits": kits.found(text),
        "part_rates": rates(*parts.PART_KINDS),
        "sees_prices": sees_sale_prices(g.actor),
        "is_desk": is_desk(g.actor),
    }
    template = "service_orders/_found_parts.html" if _is_fragment() else "service_orders/add_part.html"
    return render_template(template, **values), status()


@bp.post("/<id:order_id>/kits/<id:kit_id>/add")
def add_kit(order_id: int, kit_id: int) -> ResponseReturnValue:
    added = parts.add_kit(order_id, kit_id, actor=g.actor, moment=audit.now())
    flash(ngettext("%(num)s part was added.", "%(num)s parts were added.", len(added)), "success")
    return to_order(order_id, "parts")


def _is_fragment() -> bool:
    return request.method == "GET" and request.headers.get("HX-Request") == "true"


@bp.route("/<id:order_id>/parts/<id:part_id>/correct", methods=["GET", "POST"])
def correct_part(order_id: int, part_id: int) -> ResponseReturnValue:
    part = _part(order_id, part_id)
    form = PartForm(obj=part)
    if form.validate_on_submit():
        version = form.sent_version()
        saved = attempt(
            form, lambda: parts.correct_part(order_id, part_id, form.values(), actor=g.actor, version=version)
        )
        if saved is not None:
            flash(_("%(what)s was corrected.", what=saved.description), "success")
            return to_order(order_id, "parts")
        part = _part(order_id, part_id)
    names = ("quantity", "unit", "description", "unit_price") if is_desk(g.actor) else ("quantity",)
    return verb_page(
        order_id,
        form,
        title=_("Correct part"),
        button=_("Save part"),
        text=part.description,
        names=names,
        version=part.version,
    )


@bp.post("/<id:order_id>/parts/<id:part_id>/remove")
def remove_part(order_id: int, part_id: int) -> ResponseReturnValue:
    parts.remove_part(order_id, part_id, actor=g.actor)
    flash(_("The part was removed."), "success")
    return to_order(order_id, "parts")


@bp.route("/<id:order_id>/<any(time,part):kind>/<id:work_id>/not-to-bill", methods=["GET", "POST"])
def mark_not_to_bill(order_id: int, kind: str, work_id: int) -> ResponseReturnValue:
    work = _entry(order_id, work_id) if kind == "time" else _part(order_id, work_id)
    form = ReasonForm()
    if form.validate_on_submit():
        reason = form.reason.data or ""
        marked = attempt(
            form,
            lambda: marks.mark_not_to_bill(order_id, cast("WorkKind", kind), work_id, reason, actor=g.actor),
        )
        if marked is not None:
            flash(_("It is not to be billed."), "success")
            return to_order(order_id, kind if kind == "time" else "parts")
    text = work.description or _("Warranty, goodwill, contract: it stays on the order and on no invoice.")
    return verb_page(order_id, form, title=_("Not to bill"), button=_("Do not bill"), text=text)


@bp.post("/<id:order_id>/<any(time,part):kind>/<id:work_id>/bill-again")
def bill_again(order_id: int, kind: str, work_id: int) -> ResponseReturnValue:
    marks.bill_again(order_id, cast("WorkKind", kind), work_id, actor=g.actor)
    flash(_("It is to be billed."), "success")
    return to_order(order_id, kind if kind == "time" else "parts")


def _entry(order_id: int, entry_id: int) -> TimeEntry:
    find(order_id, g.actor)
    for entry in queries.times_of(order_id, g.actor):
        if entry.id == entry_id:
            return entry
    raise NotFoundError(_("There is no such time entry."))


def _part(order_id: int, part_id: int) -> PartUsed:
    find(order_id, g.actor)
    for part in queries.parts_of(order_id):
        if part.id == part_id and (is_desk(g.actor) or part.technician_id == g.actor.id):
            return part
    raise NotFoundError(_("There is no such part on this order."))


@bp.post("/<id:order_id>/tasks/<id:task_id>/tick")
def tick_task(order_id: int, task_id: int) -> ResponseReturnValue:
    is_done = request.form.get("is_done") == "1"
    tasks.tick_task(order_id, task_id, is_done=is_done, actor=g.actor, moment=audit.now())
    return to_order(order_id, "tasks")
