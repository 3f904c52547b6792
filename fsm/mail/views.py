"""Messages: the list, one of them with what became of each recipient, and what people decide about it."""

from typing import Any

from flask import (
    Response,
    abort,
    current_app,
    flash,
    g,
    make_response,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fsm.core.errors import NotFoundError
from fsm.files import services as files
from fsm.mail import queries, services, settings_views  # noqa: F401 - its pages register themselves
from fsm.mail.blueprint import bp
from fsm.mail.filling import LINK, fill
from fsm.mail.folder import eml_of
from fsm.mail.kinds import KINDS
from fsm.mail.listing import MESSAGES
from fsm.mail.mime import message_id_of
from fsm.mail.models import MailMessage, RecipientState
from fsm.mail.sources import source_of
from fsm.users import list_pages
from fsm.users.queries import names

__all__ = ["bp"]

list_pages.declare(bp, MESSAGES, "/mail")


@bp.get("/mail")
def index() -> ResponseReturnValue:
    """Everything that was mailed, and what waits."""
    return list_pages.show(MESSAGES, "mail/index.html", settings=services.current_settings())


@bp.get("/mail/<id:message_id>")
def show(message_id: int) -> ResponseReturnValue:
    """What it says, who got it, what the server said."""
    message = queries.message(message_id)
    return render_template(
        "mail/show.html",
        kind=KINDS[message.kind].label,
        text=fill(message.sent_body or message.body, {LINK: _("(each recipient's own link)")}),
        about_url=about_url(message),
        names=names([message.created_by_id] if message.created_by_id else []),
        sizes={row.id: files.get(row.file_id).size for row in message.attachments if row.file_id},
        **_progress(message),
    )


def about_url(message: MailMessage) -> str | None:
    """The page of the record that it is about, where this user may open it."""
    source = source_of(message.about_kind)
    if source is None or message.about_id is None:
        return None
    endpoint, argument = source.page
    if endpoint not in current_app.view_functions or not g.actor.can(endpoint):
        return None
    values: dict[str, Any] = {argument: message.about_id}
    return url_for(endpoint, **values)


def _progress(message: MailMessage) -> dict[str, Any]:
    return {
        "message": message,
        "status": queries.status_of(message),
        "recipient_status": queries.recipient_status,
        "is_on_the_way": any(row.state is RecipientState.SENDING and not row.attempts for row in message.recipients),
        "has_failed": any(row.state is RecipientState.FAILED for row in message.recipients),
        "in_folder": {row.id for row in message.recipients if row.sent_at and eml_of(message_id_of(message, row))},
    }


@bp.get("/mail/<id:message_id>/progress")
def progress(message_id: int) -> ResponseReturnValue:
    """What became of each recipient: asked for every other second while it is on its way."""
    return render_template("mail/_recipients.html", **_progress(queries.message(message_id)))


@bp.get("/mail/about/<string:kind>/<id:about_id>")
def about(kind: str, about_id: int) -> ResponseReturnValue:
    """The messages about one record, within its page, which is loaded anew once none is on its way any more."""
    facts = about_facts(kind, about_id)
    response = make_response(render_template("mail/_about.html", **facts))
    if "watch" in request.args and not facts["mail_is_on_the_way"]:
        response.headers["HX-Refresh"] = "true"
    return response


def about_facts(kind: str, about_id: int) -> dict[str, Any]:
    """What ``mail/_about.html`` shows; for pages of other slices."""
    found = queries.messages_about(kind, about_id)
    return {
        "mail_kind": kind,
        "mail_about_id": about_id,
        "messages": [(row, queries.status_of(row)) for row in found],
        "recipient_status": queries.recipient_status,
        "mail_is_on_the_way": any(
            one.state is RecipientState.SENDING and not one.attempts for row in found for one in row.recipients
        ),
    }


@bp.get("/mail/<id:message_id>/attachments/<id:attachment_id>")
def attachment(message_id: int, attachment_id: int) -> Response:
    """The file as it went along."""
    row = next((row for row in queries.message(message_id).attachments if row.id == attachment_id), None)
    if row is None or row.file_id is None:
        raise NotFoundError(_("There is no such file."))
    return files.response(files.get(row.file_id), row.name)


@bp.get("/mail/<id:message_id>/recipients/<id:recipient_id>/eml")
def download(message_id: int, recipient_id: int) -> Response:
    """A copy as it lies in the mail folder; mail programs open it."""
    message = queries.message(message_id)
    row = next((row for row in message.recipients if row.id == recipient_id), None)
    path = eml_of(message_id_of(message, row)) if row else None
    if path is None:
        abort(404)
    return send_file(path, "message/rfc822", as_attachment=True, download_name=f"message-{message_id}.eml")


# --- what people decide
@bp.post("/mail/<id:message_id>/try-again")
def try_again(message_id: int) -> ResponseReturnValue:
    """To all whom it failed for."""
    services.try_again(message_id)
    return _back(message_id, _("It is tried again."))


@bp.post("/mail/<id:message_id>/recipients/<id:recipient_id>/try-again")
def try_recipient_again(message_id: int, recipient_id: int) -> ResponseReturnValue:
    """To one; where it may have arrived, somebody has decided that twice is better than not at all."""
    services.try_again(message_id, recipient_id=recipient_id)
    return _back(message_id, _("It is tried again."))


@bp.post("/mail/<id:message_id>/recipients/<id:recipient_id>/it-arrived")
def it_arrived(message_id: int, recipient_id: int) -> ResponseReturnValue:
    services.it_arrived(message_id, recipient_id=recipient_id)
    return _back(message_id, _("It counts as sent."))


@bp.post("/mail/<id:message_id>/set-aside")
def set_aside(message_id: int) -> ResponseReturnValue:
    services.set_aside(message_id)
    return _back(message_id, _("It is no longer counted as a problem."))


def _back(message_id: int, sentence: str) -> ResponseReturnValue:
    flash(sentence, "success")
    return redirect(url_for("mail.show", message_id=message_id), 303)
