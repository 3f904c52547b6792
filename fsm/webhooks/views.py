"""Settings: the webhooks of other programs, made, changed, paused and revoked; and the log of what was delivered."""

from typing import Any

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for
from flask import session as browser_session
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fsm.company.forms import newer_values
from fsm.core.transactions import attempt
from fsm.users import list_pages
from fsm.users.history import timeline
from fsm.webhooks import queries, services
from fsm.webhooks.forms import EndpointForm
from fsm.webhooks.kinds import KINDS
from fsm.webhooks.listing import DELIVERIES
from fsm.webhooks.models import WebhookDelivery, WebhookEndpoint
from fsm.webhooks.services import NewEndpoint

bp = Blueprint("webhooks", __name__, url_prefix="/webhooks")
log = Blueprint("webhook_deliveries", __name__, url_prefix="/webhooks/deliveries")
list_pages.declare(log, DELIVERIES)
SHOWN_ONCE = "new_webhook_secret"
STALE = 409


@bp.get("")
def index() -> ResponseReturnValue:
    """Who is told, of what, and whether it arrives."""
    return render_template(
        "webhooks/index.html",
        endpoints=queries.endpoints(),
        failed=queries.failed_counts(),
        kinds=KINDS,
        status_of=queries.endpoint_status,
        event_label=queries.event_label,
    )


@bp.route("/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    form = EndpointForm(data={"events": list(KINDS)})
    if form.validate_on_submit():
        made: NewEndpoint | None = attempt(form, lambda: services.create(form.values(), actor_id=g.actor_id))
        if made is not None:
            return _show_secret(made)
    return render_template("webhooks/new.html", form=form, kinds=KINDS), _status()


def _status() -> int:
    return int(g.get("refused_status", 422)) if request.method == "POST" else 200


def _show_secret(made: NewEndpoint) -> ResponseReturnValue:
    """Once, to the browser of the one who made it; it goes by that browser's own cookie."""
    browser_session[SHOWN_ONCE] = [made.row.id, made.secret]
    return redirect(url_for("webhooks.show", endpoint_id=made.row.id), 303)


@bp.get("/<id:endpoint_id>")
def show(endpoint_id: int) -> ResponseReturnValue:
    """One of them, with what was delivered last."""
    row = queries.endpoint(endpoint_id)
    of_id, secret = browser_session.pop(SHOWN_ONCE, None) or (0, "")
    newest = queries.newest_of(endpoint_id)
    return render_template(
        "webhooks/show.html",
        endpoint=row,
        status=queries.endpoint_status(row),
        secret=secret if of_id == endpoint_id else "",
        entries=timeline("webhook", endpoint_id),
        former_signs=services.FORMER_SIGNS,
        **_newest(newest),
    )


@bp.get("/<id:endpoint_id>/newest")
def newest(endpoint_id: int) -> ResponseReturnValue:
    """The last deliveries: asked for every other second while one is on its way."""
    row = queries.endpoint(endpoint_id)
    return render_template("webhooks/_newest.html", endpoint=row, **_newest(queries.newest_of(endpoint_id)))


def _newest(rows: Any) -> dict[str, Any]:  # noqa: ANN401 - deliveries
    return {
        "deliveries": rows,
        "delivery_status": queries.delivery_status,
        "event_label": queries.event_label,
        "words_of": queries.words_of,
        "is_on_its_way": any(queries.is_on_its_way(row) for row in rows),
    }


@bp.route("/<id:endpoint_id>/edit", methods=["GET", "POST"])
def edit(endpoint_id: int) -> ResponseReturnValue:
    row = queries.endpoint(endpoint_id)
    form = _form_of(row)
    if form.validate_on_submit() and attempt(
        form, lambda: services.edit(endpoint_id, form.values(), version=form.sent_version())
    ):
        flash(_("The webhook was saved."), "success")
        return redirect(url_for("webhooks.show", endpoint_id=endpoint_id), 303)
    status = _status()
    row = queries.endpoint(endpoint_id)
    newer = newer_values(form, _form_of(row, fresh=True)) if status == STALE else []
    return render_template("webhooks/edit.html", form=form, endpoint=row, kinds=KINDS, newer=newer), status


def _form_of(row: WebhookEndpoint, *, fresh: bool = False) -> EndpointForm:
    data = {"name": row.name, "url": row.url, "events": row.events}
    return EndpointForm(formdata=None, data=data) if fresh else EndpointForm(data=data)


# --- what people decide
@bp.post("/<id:endpoint_id>/test")
def send_test(endpoint_id: int) -> ResponseReturnValue:
    services.send_test(endpoint_id)
    return _back(endpoint_id, _("A test is on its way."))


@bp.post("/<id:endpoint_id>/pause")
def pause(endpoint_id: int) -> ResponseReturnValue:
    services.pause(endpoint_id)
    return _back(endpoint_id, _("Nothing is sent for now. What happens meanwhile is kept."))


@bp.post("/<id:endpoint_id>/resume")
def resume(endpoint_id: int) -> ResponseReturnValue:
    services.resume(endpoint_id)
    return _back(endpoint_id, _("It is sent again, what was kept first."))


@bp.post("/<id:endpoint_id>/renew-secret")
def renew_secret(endpoint_id: int) -> ResponseReturnValue:
    return _show_secret(services.renew_secret(endpoint_id))


@bp.post("/<id:endpoint_id>/revoke")
def revoke(endpoint_id: int) -> ResponseReturnValue:
    row = services.revoke(endpoint_id)
    flash(_("The webhook %(name)s is told nothing any more.", name=row.name), "success")
    return redirect(url_for("webhooks.index"), 303)


def _back(endpoint_id: int, sentence: str) -> ResponseReturnValue:
    flash(sentence, "success")
    return redirect(url_for("webhooks.show", endpoint_id=endpoint_id), 303)


# --- the log
@log.get("", endpoint="index")
def deliveries() -> ResponseReturnValue:
    """What became of each delivery of the last thirty days."""
    arguments = request.args.get("webhook", "")
    asked = DELIVERIES.ask(request.args, g.actor, g.today).filters if arguments else None
    return list_pages.show(
        DELIVERIES,
        "webhooks/deliveries.html",
        endpoints=queries.endpoints(),
        chosen=asked.endpoint_id if asked else None,
        kinds=KINDS,
        event_label=queries.event_label,
    )


@log.get("/<id:delivery_id>", endpoint="show")
def show_delivery(delivery_id: int) -> ResponseReturnValue:
    """What was sent, and each try with its answer."""
    return render_template("webhooks/delivery.html", **_delivery(delivery_id))


@log.get("/<id:delivery_id>/progress")
def progress(delivery_id: int) -> ResponseReturnValue:
    """The tries: asked for every other second while it is on its way."""
    return render_template("webhooks/_attempts.html", **_delivery(delivery_id))


def _delivery(delivery_id: int) -> dict[str, Any]:
    row = queries.delivery(delivery_id)
    return {
        "delivery": row,
        "status": queries.delivery_status(row),
        "label": queries.event_label(row.event.name),
        "about_url": _about_url(row),
        "attempts": queries.attempts_of(delivery_id),
        "is_on_its_way": queries.is_on_its_way(row),
    }


def _about_url(row: WebhookDelivery) -> str | None:
    """The page of the record, where this user may open it."""
    kind = KINDS.get(row.event.name)
    if kind is None or kind.page not in current_app.view_functions or not g.actor.can(kind.page):
        return None
    values: dict[str, Any] = {kind.argument: row.event.subject_id}
    return url_for(kind.page, **values)


@log.post("/<id:delivery_id>/send-again")
def send_again(delivery_id: int) -> ResponseReturnValue:
    services.send_again(delivery_id)
    flash(_("It is sent again."), "success")
    return redirect(url_for("webhook_deliveries.show", delivery_id=delivery_id), 303)
