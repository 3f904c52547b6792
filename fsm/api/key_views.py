"""Settings: keys of other programs, made, shown once, revoked."""

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask import session as browser_session
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms.validators import DataRequired, InputRequired, NumberRange

from fsm.api import keys
from fsm.api.errors import PREFIX
from fsm.api.models import REQUESTS_PER_MINUTE
from fsm.api.openapi import operations
from fsm.core.fields import CountField, Form, TextField
from fsm.core.transactions import attempt
from fsm.users.forms import ROLE_LABELS, MultiCheckboxField, role_choices
from fsm.users.models import Role

bp = Blueprint("api_keys", __name__, url_prefix="/api-keys")
SHOWN_ONCE = "new_api_key"


class KeyForm(Form):
    """What a new key is called and may do."""

    name = TextField(_l("Name"), [DataRequired(_l("Give the key a name."))], length=keys.NAME_LENGTH)
    roles = MultiCheckboxField(
        _l("May do what these roles may"), [DataRequired(_l("Choose at least one role."))], choices=role_choices
    )
    requests_per_minute = CountField(
        _l("Requests a minute"),
        [InputRequired(_l("How many?")), NumberRange(1, keys.MOST_PER_MINUTE)],
        default=REQUESTS_PER_MINUTE,
    )


@bp.get("")
def index() -> ResponseReturnValue:
    # The one who made it sees it once; it goes by the browser's own cookie and is kept nowhere here.
    return render_template(
        "api/keys.html",
        keys=keys.listed(),
        token=browser_session.pop(SHOWN_ONCE, None),
        role_labels=ROLE_LABELS,
        address=f"{request.url_root.rstrip('/')}{PREFIX}",
    )


@bp.get("/try")
def documentation() -> ResponseReturnValue:
    """Each operation with its fields, to be tried out by the rights of who looks."""
    return render_template("api/try.html", operations=operations(), address=PREFIX)


@bp.route("/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    form = KeyForm()
    if form.validate_on_submit():
        made = attempt(
            form,
            lambda: keys.create(
                form.name.data or "",
                [Role(role) for role in form.roles.data or ()],
                actor_id=g.actor_id,
                requests_per_minute=form.requests_per_minute.data or REQUESTS_PER_MINUTE,
            ),
        )
        if made is not None:
            browser_session[SHOWN_ONCE] = made.token
            return redirect(url_for("api_keys.index"), 303)
    return render_template("api/new_key.html", form=form), 422 if request.method == "POST" else 200


@bp.post("/<id:key_id>/revoke")
def revoke(key_id: int) -> ResponseReturnValue:
    row = keys.revoke(key_id)
    flash(_("The key %(name)s lets nobody in any more.", name=row.name), "success")
    return redirect(url_for("api_keys.index"), 303)
