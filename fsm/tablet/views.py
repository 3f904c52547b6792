"""The tablet's page, its manifest and worker; and the office's page of work that came too late."""

import json

from flask import Response, flash, g, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fsm.core import audit
from fsm.core.errors import NotFoundError
from fsm.service_orders.models import ServiceOrder
from fsm.tablet import assets, queries, services, sync_views  # noqa: F401 - the sync interface registers itself
from fsm.tablet.blueprint import bp
from fsm.tablet.models import KeptState, KeptWork
from fsm.tablet.showing import described
from fsm.tablet.texts import texts
from fsm.users.actor import Actor
from fsm.users.models import Role
from fsm.users.queries import get as get_user

__all__ = ["bp"]
MOST_AT_ONCE = 200


@bp.get("")
def show() -> ResponseReturnValue:
    """The same for every user of a language: whose work it shows is asked for by the page."""
    answer = Response(render_template("tablet/show.html", texts=texts(), version=assets.version()))
    answer.headers["X-Fsm-Tablet-Version"] = assets.version()
    return answer


@bp.get("/worker.js")
def worker() -> ResponseReturnValue:
    known = {
        "version": assets.version(),
        "page": url_for("tablet.show"),
        "files": [url_for("static", filename=name) for name in assets.files()],
    }
    script = url_for("static", filename="js/tablet/worker.js")
    answer = Response(f'import {{ serve }} from "{script}";\nserve({json.dumps(known)});\n', mimetype="text/javascript")
    answer.headers["Service-Worker-Allowed"] = url_for("tablet.show")
    answer.headers["Cache-Control"] = "no-cache"
    return answer


@bp.get("/manifest.webmanifest")
def manifest() -> ResponseReturnValue:
    name = g.company.name if g.company else _("Field service")
    icons = [
        {"src": url_for("static", filename=f"icons/tablet-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png"}
        for size in (192, 512)
    ]
    masked = {
        "src": url_for("static", filename="icons/tablet-maskable-512.png"),
        "sizes": "512x512",
        "type": "image/png",
        "purpose": "maskable",
    }
    answer = jsonify(
        id=url_for("tablet.show"),
        name=_("%(company)s: my work", company=name),
        short_name=_("My work"),
        start_url=url_for("tablet.show"),
        scope=url_for("tablet.show"),
        display="standalone",
        background_color="#f6f7f9",
        theme_color="#3454c8",
        icons=[*icons, masked],
    )
    answer.mimetype = "application/manifest+json"
    return answer


@bp.get("/kept")
def kept() -> ResponseReturnValue:
    """Work on orders that were cancelled, given away or finished meanwhile, by order and technician."""
    tab = "decided" if request.args.get("tab") == "decided" else "open"
    return render_template(
        "tablet/kept.html",
        tab=tab,
        groups=grouped(queries.kept_rows(KeptState.OPEN) if tab == "open" else queries.decided_rows()),
        reasons=services.reason_in_words,
        described=described,
    )


def grouped(rows: list[KeptWork]) -> list[list[KeptWork]]:
    """Rows of one order and technician together, in the order in which they were captured."""
    groups: dict[tuple[int, int], list[KeptWork]] = {}
    for row in rows:
        groups.setdefault((row.service_order_id, row.user_id), []).append(row)
    return list(groups.values())


@bp.post("/kept/take-over")
def take_over() -> ResponseReturnValue:
    ids, technician_id = _chosen()
    user = get_user(technician_id)
    technician = Actor(user.id, user.name, user.email, frozenset({Role.TECHNICIAN}), user.locale, 0)
    order: ServiceOrder = services.take_over(ids, technician, actor=g.actor, moment=audit.now())
    flash(_("The work stands on %(number)s now.", number=order.number), "success")
    return redirect(url_for("service_orders.show", order_id=order.id), 303)


@bp.post("/kept/dismiss")
def dismiss() -> ResponseReturnValue:
    ids, technician_id = _chosen()
    reason = request.form.get("reason", "").strip()[:250]
    count = services.dismiss(ids, technician_id, reason, actor=g.actor, moment=audit.now())
    flash(_("%(count)s pieces of work were dismissed; the technician reads why.", count=count), "success")
    return redirect(url_for("tablet.kept"), 303)


def _chosen() -> tuple[list[int], int]:
    texts_of_ids = request.form.getlist("ids")[:MOST_AT_ONCE]
    ids = [int(text) for text in texts_of_ids if text.isascii() and text.isdigit() and len(text) < 19]  # noqa: PLR2004 - 2^63
    user_id = request.form.get("user_id", "")
    is_id = user_id.isascii() and user_id.isdigit() and len(user_id) < 19  # noqa: PLR2004 - 2^63
    if not ids or not is_id:
        raise NotFoundError(_("There is no such kept work."))
    return ids, int(user_id)
