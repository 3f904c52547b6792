"""Login, logout, one's own profile, administration of users."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import (
    current_app,
    flash,
    g,
    redirect,
    render_template,
    request,
    url_for,
)
from flask import session as browser_session
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug import Response

from fsm.core.db import session
from fsm.core.errors import DomainError, NotFoundError
from fsm.core.transactions import attempt, needs_no_key, prepares
from fsm.users import list_pages, list_views, login, passwords, queries, services, sessions  # noqa: F401 - list_views registers its pages
from fsm.users.actor import Actor
from fsm.users.blueprint import bp
from fsm.users.forms import (
    ROLE_LABELS,
    LoginForm,
    NewUserForm,
    PasswordForm,
    ProfileForm,
    SetPasswordForm,
    UserForm,
)
from fsm.users.history import timeline
from fsm.users.listing import USERS
from fsm.users.models import User

__all__ = ["bp"]


@dataclass(frozen=True, slots=True)
class Login:
    """A login form with what came of its password; None where it was not filled in."""

    form: LoginForm
    attempt: login.Attempt | None


def _prepare_login() -> Login:
    form = LoginForm()
    if not form.validate():
        return Login(form, None)
    return Login(form, login.check(form.email.data or "", form.password.data or "", address=request.remote_addr or ""))


@bp.route("/login", methods=["GET", "POST"])
@needs_no_key
@prepares(_prepare_login)
def log_in() -> ResponseReturnValue:
    if request.method == "GET":
        form = LoginForm(next=request.args.get("next", ""))
        return redirect(_local(form.next.data)) if isinstance(g.actor, Actor) else _login_page(form)
    prepared: Login = g.prepared
    form = prepared.form
    if prepared.attempt is None:
        form.form_errors = [_("Fill in the e-mail address and the password.")]
        return _login_page(form), 422
    try:
        opened = login.log_in(prepared.attempt, device=sessions.device_name(request.user_agent.string))
    except DomainError as error:
        form.form_errors = [str(error)]
        headers = {"Retry-After": str(error.seconds)} if isinstance(error, login.TooManyFailuresError) else {}
        return _login_page(form), error.status, headers
    if isinstance(g.actor, Actor):
        sessions.end(g.actor.id, g.actor.session_id)
    browser_session.clear()  # a CSRF token from before the login is worth nothing after it
    answer = redirect(_local(form.next.data), 303)
    sessions.set_cookie(answer, opened.token, roles=opened.roles, secure=_is_secure())
    return answer


def _login_page(form: LoginForm) -> str:
    demo = queries.demo_logins() if g.company and g.company.is_demo else []
    return render_template(
        "users/log_in.html", form=form, demo_logins=demo, demo_password=queries.DEMO_PASSWORD, role_labels=ROLE_LABELS
    )


def _local(target: str | None) -> str:
    """Where to go after the login: a path of this program, never another site."""
    target = target or ""
    is_path = target.startswith("/") and not target.startswith(("//", "/\\")) and target.isprintable()
    if not is_path or urlsplit(target).path in {url_for("users.log_in"), url_for("users.log_out")}:
        return url_for("home.show")
    return target


@bp.post("/logout")
@needs_no_key
def log_out() -> ResponseReturnValue:
    sessions.end(g.actor.id, g.actor.session_id)
    return _logged_out(_("You are logged out."))


def _logged_out(sentence: str) -> Response:
    browser_session.clear()
    flash(sentence, "success")
    response = redirect(url_for("users.log_in"), 303)
    sessions.delete_cookie(response, secure=_is_secure())
    return response


def _is_secure() -> bool:
    return bool(current_app.config["SESSION_COOKIE_SECURE"]) or request.is_secure


@bp.route("/profile", methods=["GET", "POST"])
def profile() -> ResponseReturnValue:
    user = queries.get(g.actor.id)
    form = ProfileForm(obj=user)
    if form.validate_on_submit():
        saved = attempt(form, lambda: services.update_profile(user.id, **form.values()))
        if saved is not None:
            flash(_("Your profile was saved."), "success")
            return redirect(url_for("users.profile"), 303)
    return _profile_page(user, form, PasswordForm(formdata=None)), _status()


def _profile_page(user: User, form: ProfileForm, password_form: PasswordForm) -> str:
    return render_template(
        "users/profile.html",
        user=user,
        form=form,
        password_form=password_form,
        sessions=sessions.of_user(user),
        role_labels=ROLE_LABELS,
    )


def _status() -> int:
    return int(g.get("refused_status", 422)) if request.method == "POST" else 200


@dataclass(frozen=True, slots=True)
class PasswordChange:
    """A password form, the check of the present password and the new one's hash; None where the form is refused."""

    form: PasswordForm
    attempt: login.Attempt | None
    password_hash: str


def _prepare_password_change() -> PasswordChange:
    form = PasswordForm(email=g.actor.email)
    if not form.validate():
        return PasswordChange(form, None, "")
    checked = login.check(g.actor.email, form.current_password.data or "", address=request.remote_addr or "")
    new = passwords.new_hash(form.password.data or "", g.actor.email) if checked.user_id else ""
    return PasswordChange(form, checked, new)


@bp.post("/profile/password")
@prepares(_prepare_password_change)
def change_password() -> ResponseReturnValue:
    form, checked, new_hash = g.prepared.form, g.prepared.attempt, g.prepared.password_hash
    if checked is not None and attempt(form, lambda: _change_password(checked, new_hash)) is not None:
        flash(_("Your password was changed. You were logged out on all other devices."), "success")
        return redirect(url_for("users.profile"), 303)
    user = queries.get(g.actor.id)
    return _profile_page(user, ProfileForm(formdata=None, obj=user), form), _status()


def _change_password(checked: login.Attempt, password_hash: str) -> User:
    try:
        login.confirm(checked)
    except login.WrongPasswordError:
        raise DomainError(_("This is not your present password."), "current_password") from None
    return services.set_password(g.actor.id, password_hash=password_hash, keep_session_id=g.actor.session_id)


@bp.post("/profile/sessions/<id:session_id>/end")
def end_session(session_id: int) -> ResponseReturnValue:
    if not sessions.end(g.actor.id, session_id):
        raise NotFoundError(_("This session has ended already."))
    if session_id == g.actor.session_id:
        return _logged_out(_("You are logged out."))
    flash(_("The session was ended."), "success")
    return redirect(url_for("users.profile"), 303)


@bp.post("/profile/sessions/end-others")
def end_other_sessions() -> ResponseReturnValue:
    services.end_sessions(g.actor.id, keep_session_id=g.actor.session_id)
    flash(_("You are logged out on all other devices."), "success")
    return redirect(url_for("users.profile"), 303)


list_pages.declare(bp, USERS, "/users")


@bp.get("/users")
def index() -> ResponseReturnValue:
    """Who logs in, and who has left."""
    return list_pages.show(USERS, "users/index.html")


@dataclass(frozen=True, slots=True)
class NewUser:
    """A form and the hash of its password; empty where the form is refused."""

    form: NewUserForm
    password_hash: str


def _prepare_new() -> NewUser:
    form = NewUserForm()
    return NewUser(form, passwords.new_hash(form.password.data or "", form.email.data or "") if form.validate() else "")


@bp.route("/users/new", methods=["GET", "POST"])
@prepares(_prepare_new)
def new() -> ResponseReturnValue:
    if request.method == "GET":
        return render_template("users/new.html", form=NewUserForm(locale=g.actor.locale))
    prepared: NewUser = g.prepared
    form = prepared.form
    if prepared.password_hash:
        made = attempt(form, lambda: services.create_user(**form.values(), password_hash=prepared.password_hash))
        if made is not None:
            flash(_("%(name)s can log in now.", name=made.name), "success")
            return redirect(url_for("users.index"), 303)
    return render_template("users/new.html", form=form), _status()


@bp.route("/users/<id:user_id>/edit", methods=["GET", "POST"])
def edit(user_id: int) -> ResponseReturnValue:
    user = queries.get(user_id)
    form = UserForm(obj=user)
    if form.validate_on_submit():
        saved = attempt(form, lambda: services.update_user(user_id, **form.values(), version=form.sent_version()))
        if saved is not None:
            flash(_("%(name)s was saved.", name=saved.name), "success")
            return redirect(url_for("users.edit", user_id=user_id), 303)
    page_of_user = render_template(
        "users/edit.html",
        user=user,
        form=form,
        sessions=sessions.of_user(user),
        entries=timeline("user", user_id),
    )
    return page_of_user, _status()


@bp.post("/users/<id:user_id>/deactivate")
def deactivate(user_id: int) -> ResponseReturnValue:
    user = services.deactivate(user_id, actor_id=g.actor.id)
    flash(_("%(name)s cannot log in any more.", name=user.name), "success")
    return redirect(url_for("users.edit", user_id=user_id), 303)


@bp.post("/users/<id:user_id>/activate")
def activate(user_id: int) -> ResponseReturnValue:
    user = services.activate(user_id)
    flash(_("%(name)s can log in again.", name=user.name), "success")
    return redirect(url_for("users.edit", user_id=user_id), 303)


@dataclass(frozen=True, slots=True)
class NewPassword:
    """A form and the hash of its password; empty where the form is refused."""

    form: SetPasswordForm
    password_hash: str


def _prepare_set_password() -> NewPassword:
    user = queries.get((request.view_args or {})["user_id"])
    form = SetPasswordForm(email=user.email)
    email = user.email
    session.rollback()  # no reading transaction is held while the hash is computed
    return NewPassword(form, passwords.new_hash(form.password.data or "", email) if form.validate() else "")


@bp.route("/users/<id:user_id>/set-password", methods=["GET", "POST"])
@prepares(_prepare_set_password)
def set_password(user_id: int) -> ResponseReturnValue:
    user = queries.get(user_id)
    if request.method == "GET":
        return render_template("users/set_password.html", user=user, form=SetPasswordForm())
    prepared: NewPassword = g.prepared
    if not prepared.password_hash:
        return render_template("users/set_password.html", user=user, form=prepared.form), 422
    services.set_password(user_id, password_hash=prepared.password_hash, keep_session_id=g.actor.session_id)
    flash(_("The password of %(name)s was changed. Pass it on safely.", name=user.name), "success")
    return redirect(url_for("users.edit", user_id=user_id), 303)


@bp.post("/users/<id:user_id>/end-sessions")
def end_sessions(user_id: int) -> ResponseReturnValue:
    count = services.end_sessions(user_id, keep_session_id=g.actor.session_id)
    flash(_("Sessions ended: %(count)s.", count=count), "success")
    return redirect(url_for("users.edit", user_id=user_id), 303)
