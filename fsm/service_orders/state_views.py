"""Steps of a service order: start, finish, cancel, reopen; and its visits."""

import datetime as dt
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fsm.catalog.forms import choices
from fsm.core import audit
from fsm.core.errors import DomainError, NotFoundError
from fsm.core.transactions import attempt, prepares
from fsm.files import images
from fsm.files import services as files
from fsm.service_orders import marks, messages, queries, report, services, tasks, visits
from fsm.service_orders.blueprint import bp
from fsm.service_orders.forms import FinishForm, ReasonForm, VisitForm
from fsm.service_orders.models import ServiceOrder, StampKind, Visit
from fsm.service_orders.show_views import status, url_if_there
from fsm.service_orders.visibility import find, settings
from fsm.users.queries import technicians


def to_order(order_id: int, anchor: str | None = None) -> ResponseReturnValue:
    """Back to the order's screen, where the change is."""
    return redirect(url_for("service_orders.show", order_id=order_id, _anchor=anchor), 303)


@bp.post("/<id:order_id>/start")
def start(order_id: int) -> ResponseReturnValue:
    services.start(order_id, actor=g.actor, moment=audit.now())
    return to_order(order_id)


@bp.post("/<id:order_id>/on-my-way")
def on_my_way(order_id: int) -> ResponseReturnValue:
    """The technician sets out; the customer hears of it where the company tells it."""
    tasks.stamp(order_id, StampKind.ON_MY_WAY, actor=g.actor, moment=audit.now())
    flash(_("Noted: you are on the way."), "success")
    return to_order(order_id)


@bp.post("/<id:order_id>/messages/<id:row_id>/keep-back")
def keep_back_message(order_id: int, row_id: int) -> ResponseReturnValue:
    messages.keep_back(order_id, row_id, actor=g.actor)
    flash(_("The message does not leave."), "success")
    return to_order(order_id, "messages")


def decoded_signature() -> images.Picture | DomainError | None:
    """Read before the write begins; a refusal waits for the form."""
    data_url = request.form.get("signature", "")
    if not data_url:
        return None
    try:
        picture = images.signature(data_url, "signature")
        files.write_bytes(picture.data)
    except DomainError as error:
        return error
    return picture


@bp.route("/<id:order_id>/finish", methods=["GET", "POST"])
@prepares(decoded_signature)
def finish(order_id: int) -> ResponseReturnValue:
    order = find(order_id, g.actor)
    form = FinishForm()
    if request.method == "GET":
        form.report.data = form.before.data = order.report
        form.signed_by.data = order.signed_by
        form.no_signature_reason.data = order.no_signature_reason
    if form.validate_on_submit() and attempt(form, lambda: _finish(order_id, form)):
        return _now_or_later(order_id)
    order = find(order_id, g.actor)
    return (
        render_template(
            "service_orders/finish.html",
            form=form,
            order=order,
            has_work=services.has_work(order_id),
            may_invoice=bool(url_if_there("invoices.draft_from_order", order_id=order_id)),
            is_signature_required=settings().is_signature_required,
            running=[entry for entry in queries.times_of(order_id, g.actor) if entry.end_at is None],
        ),
        status(),
    )


def _now_or_later(order_id: int) -> ResponseReturnValue:
    """What comes after Done: the office's look and the invoice, or the list of what waits to be invoiced."""
    order = find(order_id, g.actor)
    if not order.has_work_to_bill or not g.actor.can("service_orders.done_not_invoiced"):
        flash(_("%(number)s is done.", number=order.number), "success")
        return to_order(order_id)
    if request.form.get("then") == "invoice":
        flash(
            _("%(number)s is done. Look at report, hours and parts, then invoice it.", number=order.number), "success"
        )
        return redirect(url_for("service_orders.validate", order_id=order_id), 303)
    flash(_("%(number)s is done and waits here to be invoiced.", number=order.number), "success")
    return redirect(url_for("service_orders.done_not_invoiced"), 303)


def _finish(order_id: int, form: FinishForm) -> ServiceOrder:
    moment = audit.now()
    order = report.write_report(order_id, form.report.data or "", actor=g.actor, before=form.before.data)
    if form.nothing_to_bill_reason.data:
        marks.set_nothing_to_bill(order_id, form.nothing_to_bill_reason.data, actor=g.actor)
    if g.prepared is not None:
        store_signature(order_id, form.signed_by.data or "", moment)
    elif form.no_signature_reason.data:
        report.explain_no_signature(order_id, form.no_signature_reason.data, actor=g.actor)
    for name, sentence in services.missing_to_finish(order)[1:]:  # the first is what finish() raises
        form[name].errors = [sentence]
    return services.finish(order_id, actor=g.actor, moment=moment)


def store_signature(order_id: int, name: str, moment: dt.datetime) -> ServiceOrder:
    """Keep the prepared signature; DomainError where it could not be read."""
    if isinstance(g.prepared, DomainError):
        raise g.prepared
    picture: images.Picture = g.prepared
    file = files.put(picture.data, picture.media_type)
    return report.sign(order_id, name, file.id, actor=g.actor, moment=moment)


@bp.route("/<id:order_id>/cancel", methods=["GET", "POST"])
def cancel(order_id: int) -> ResponseReturnValue:
    order = find(order_id, g.actor)
    form = ReasonForm()
    if form.validate_on_submit() and attempt(
        form, lambda: services.cancel(order_id, form.reason.data or "", actor=g.actor)
    ):
        flash(_("%(number)s is cancelled.", number=order.number), "success")
        return to_order(order_id)
    text = _("Nobody goes there any more. It keeps its number, and can be found under Cancelled.")
    return verb_page(order_id, form, title=_("Cancel the order"), button=_("Cancel the order"), text=text)


@bp.route("/<id:order_id>/reopen", methods=["GET", "POST"])
def reopen(order_id: int) -> ResponseReturnValue:
    order = find(order_id, g.actor)
    form = ReasonForm()
    if form.validate_on_submit() and attempt(
        form, lambda: services.reopen(order_id, form.reason.data or "", actor=g.actor)
    ):
        flash(_("%(number)s is in progress again.", number=order.number), "success")
        return to_order(order_id)
    text = _("It goes back to In progress and must be finished and validated again.")
    return verb_page(order_id, form, title=_("Reopen the order"), button=_("Reopen"), text=text)


@bp.route("/<id:order_id>/schedule", methods=["GET", "POST"])
def schedule(order_id: int) -> ResponseReturnValue:
    order = find(order_id, g.actor)
    form = VisitForm()
    form.technician_id.choices = choices(technicians())
    if request.method == "GET" and order.window_start_at:
        form.start_at.data, form.end_at.data = order.window_start_at, _end_of_first(order)
    if form.validate_on_submit():
        visit = attempt(form, lambda: visits.schedule(order_id, **_visit_values(form), actor=g.actor))
        if visit is not None:
            flash(_("The visit was planned."), "success")
            return to_order(order_id, "visits")
    return verb_page(order_id, form, title=_("Plan a visit"), button=_("Plan visit"), names=_VISIT)


def _end_of_first(order: ServiceOrder) -> dt.datetime | None:
    """The end of the promised window, or of what is expected where that is known: a window may last for days."""
    if order.window_start_at is None or order.planned_minutes is None:
        return order.window_end_at
    return order.window_start_at + dt.timedelta(minutes=order.planned_minutes)


@bp.route("/<id:order_id>/visits/<id:visit_id>/move", methods=["GET", "POST"])
def move_visit(order_id: int, visit_id: int) -> ResponseReturnValue:
    visit = _visit(order_id, visit_id)
    form = VisitForm(obj=visit)
    form.technician_id.choices = choices(technicians(keep=[visit.technician_id]))
    if form.validate_on_submit():
        moved = attempt(
            form,
            lambda: visits.move_visit(
                order_id, visit_id, **_visit_values(form), actor=g.actor, version=form.sent_version()
            ),
        )
        if moved is not None:
            flash(_("The visit was moved."), "success")
            return to_order(order_id, "visits")
        visit = _visit(order_id, visit_id)
    return verb_page(
        order_id, form, title=_("Move the visit"), button=_("Save visit"), names=_VISIT, version=visit.version
    )


@bp.post("/<id:order_id>/visits/<id:visit_id>/remove")
def remove_visit(order_id: int, visit_id: int) -> ResponseReturnValue:
    visits.remove_visit(order_id, visit_id, actor=g.actor)
    flash(_("The visit was removed."), "success")
    return to_order(order_id, "visits")


_VISIT = ("technician_id", "start_at", "end_at")


def _visit_values(form: VisitForm) -> dict[str, Any]:
    return {name: form[name].data for name in _VISIT}


def _visit(order_id: int, visit_id: int) -> Visit:
    for visit in find(order_id, g.actor).visits:
        if visit.id == visit_id:
            return visit
    raise NotFoundError(_("There is no such visit."))


def verb_page(
    order_id: int,
    form: object,
    *,
    title: str,
    button: str,
    text: str = "",
    names: tuple[str, ...] = ("reason",),
    version: int | None = None,
    multipart: bool = False,
) -> ResponseReturnValue:
    """The page of a step that needs a few fields."""
    order = find(order_id, g.actor)
    page = render_template(
        "service_orders/verb.html",
        order=order,
        form=form,
        title=title,
        button=button,
        text=text,
        names=names,
        version=version,
        multipart=multipart,
    )
    return page, status()
