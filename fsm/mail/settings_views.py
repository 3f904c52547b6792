"""Settings of mail: the server, a test, the texts."""

from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from fsm.company.forms import newer_values
from fsm.company.models import Company
from fsm.core.sealed import unseal
from fsm.core.transactions import attempt, computes_only
from fsm.mail import queries, services, settings
from fsm.mail.addresses import parsed
from fsm.mail.blueprint import bp
from fsm.mail.filling import fill, fill_line, unknown
from fsm.mail.forms import FOLDER, SERVER, SettingsForm, TemplateForm, TryForm
from fsm.mail.kinds import KINDS, PLACEHOLDERS, Text, samples
from fsm.mail.models import MailMessage, MailSettings, RecipientState

STORED = (
    "host",
    "port",
    "user_name",
    "sender_name",
    "sender_email",
    "reply_to",
    "bcc",
    "public_url",
    "accountant_email",
)
LANGUAGE_NAMES = {"dutch": _l("Dutch"), "french": _l("French"), "english": _l("English"), "german": _l("German")}


@bp.route("/settings/mail", methods=["GET", "POST"], endpoint="settings")
def edit_settings() -> ResponseReturnValue:
    """How mail leaves. Nothing typed is lost; a stored password is never shown."""
    form = _settings_form(services.current_settings())
    if form.validate_on_submit() and attempt(
        form, lambda: settings.change_settings(form.values(), version=form.sent_version())
    ):
        flash(_("The settings were saved."), "success")
        return redirect(url_for("mail.settings"), 303)
    status = int(g.get("refused_status", 422)) if request.method == "POST" else 200
    row = services.current_settings()
    newer = newer_values(form, _settings_form(row, fresh=True)) if status == 409 else []  # noqa: PLR2004 - HTTP's
    return _settings_page(form, newer=newer), status


def _settings_form(row: MailSettings, *, fresh: bool = False) -> SettingsForm:
    company: Company = g.company
    first = {} if row.version else {"sender_name": company.name, "sender_email": company.email}
    values = {"way": SERVER if row.uses_server else FOLDER, "security": row.security.value} | first
    stored = {name: getattr(row, name) for name in STORED if name not in values}
    data = values | stored
    return SettingsForm(formdata=None, data=data) if fresh else SettingsForm(data=data)


def _settings_page(form: SettingsForm, try_form: TryForm | None = None, **more: Any) -> str:  # noqa: ANN401 - for the template
    row = services.current_settings()
    if try_form is None:
        try_form = TryForm(formdata=None, data={"to": g.company.email})
    return render_template(
        "mail/settings.html",
        form=form,
        row=row,
        try_form=try_form,
        has_password=bool(row.password),
        is_unreadable=bool(row.password) and unseal(row.password) is None,
        **_test_facts(),
        **{"newer": [], **more},
    )


def _test_facts() -> dict[str, Any]:
    test: MailMessage | None = queries.newest_test()
    rows = test.addressed if test else []
    return {
        "test": test,
        "test_rows": [(row, queries.recipient_status(row)) for row in rows],
        "test_is_on_the_way": any(row.state is RecipientState.SENDING and not row.attempts for row in rows),
    }


@bp.post("/settings/mail/test")
def send_test() -> ResponseReturnValue:
    """By the settings as they are saved; what came of it appears on their page."""
    form = TryForm()
    if form.validate_on_submit() and attempt(form, lambda: _enqueue_test(form.to.data or "")):
        flash(_("The test message is on its way. What comes of it is said below."), "info")
        return redirect(url_for("mail.settings", _anchor="test"), 303)
    return _settings_page(_settings_form(services.current_settings(), fresh=True), form), 422


def _enqueue_test(to: str) -> MailMessage:
    language = g.company.language.value
    text = settings.text_of("test", language)
    facts = {"company": g.company.name}
    draft = services.Draft(
        kind="test",
        language=language,
        subject=fill_line(text.subject, facts),
        body=fill(text.body, facts),
        recipients=parsed(to, "to"),
    )
    return services.enqueue_message(draft, actor_id=g.actor_id)


@bp.get("/settings/mail/test")
def test_result() -> ResponseReturnValue:
    """What came of the newest test message; asked for while it is on its way."""
    return render_template("mail/_test.html", **_test_facts())


# --- texts
@bp.get("/settings/mail/texts")
def templates() -> ResponseReturnValue:
    """All kinds in all languages, and which are the company's own."""
    return render_template(
        "mail/templates.html",
        kinds=[kind for kind in KINDS.values() if kind.name != "test"],
        languages=LANGUAGE_NAMES,
        own=settings.own_texts(),
    )


@bp.route("/settings/mail/texts/<string:kind>/<string:language>", methods=["GET", "POST"])
def template(kind: str, language: str) -> ResponseReturnValue:
    """One text, with what each placeholder means and how it will read."""
    row = settings.template(kind, language)
    form = TemplateForm(obj=settings.text_of(kind, language))
    if form.validate_on_submit():
        text = Text(form.subject.data or "", form.body.data or "")
        if attempt(form, lambda: settings.save_template(kind, language, text, version=form.sent_version())):
            flash(_("The text was saved."), "success")
            return redirect(url_for("mail.template", kind=kind, language=language), 303)
        row = settings.template(kind, language)
    status = int(g.get("refused_status", 422)) if request.method == "POST" else 200
    page = render_template(
        "mail/template.html",
        form=form,
        kind=KINDS[kind],
        text_language=language,
        languages=LANGUAGE_NAMES,
        row=row,
        placeholders=[(name, *PLACEHOLDERS[name]) for name in KINDS[kind].placeholders],
        **_preview(kind, form.subject.data or "", form.body.data or ""),
    )
    return page, status


def _preview(kind: str, subject: str, body: str) -> dict[str, Any]:
    facts = samples(kind)
    return {
        "preview_subject": fill_line(subject, facts),
        "preview_body": fill(body, facts),
        "wrong": unknown(f"{subject}\n{body}", KINDS[kind].placeholders),
    }


@bp.post("/settings/mail/texts/<string:kind>/<string:language>/preview")
@computes_only
def preview_template(kind: str, language: str) -> ResponseReturnValue:
    """How the text reads with invented facts, while it is typed."""
    settings.template(kind, language)  # 404 where there is none
    subject, body = request.form.get("subject", "")[:500], request.form.get("body", "")[:20_000]
    return render_template("mail/_preview.html", **_preview(kind, subject, body))


@bp.post("/settings/mail/texts/<string:kind>/<string:language>/reset")
def reset_template(kind: str, language: str) -> ResponseReturnValue:
    """Back to the text that came with the program."""
    settings.reset_template(kind, language)
    flash(_("It is the text that came with the program again."), "success")
    return redirect(url_for("mail.template", kind=kind, language=language), 303)
