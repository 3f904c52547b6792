"""The roof: create_app and all that registers."""

import contextlib
import datetime as dt
import functools
import os
import secrets
import tempfile
from pathlib import Path
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from flask import (
    Blueprint,
    Flask,
    Request,
    Response,
    g,
    has_request_context,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import Babel, get_locale
from flask_babel import gettext as _
from flask_login import LoginManager, current_user
from flask_migrate import Migrate
from flask_wtf import CSRFProtect
from werkzeug.exceptions import HTTPException, InternalServerError
from werkzeug.middleware.proxy_fix import ProxyFix

from fsm import demo
from fsm.api import auth as api_auth
from fsm.api import errors as api_errors
from fsm.api import views as api_views
from fsm.api.errors import is_api
from fsm.backups import views as backup_views
from fsm.catalog import views as catalog_views
from fsm.company import services as company_services
from fsm.company import views as company_views
from fsm.contracts import views as contract_views
from fsm.core import db as database
from fsm.core import formats, search, web
from fsm.core.db import db, session
from fsm.core.errors import DomainError, ForbiddenError
from fsm.core.idempotency import OtherBodyError
from fsm.core.jobs import Handler, when_given_up
from fsm.core.transactions import TransactionalFlask
from fsm.customers import site_views as customer_views
from fsm.documents import jobs as document_jobs
from fsm.documents import layout_views
from fsm.documents import views as document_views
from fsm.home import findable
from fsm.home import views as home_views
from fsm.home.navigation import navigation
from fsm.imports import jobs as import_jobs
from fsm.imports import views as import_views
from fsm.invoices import jobs as invoice_jobs
from fsm.invoices import views as invoice_views
from fsm.invoices.sending import SOURCE as INVOICE_MAIL
from fsm.ledger import views as ledger_views
from fsm.mail import jobs as mail_jobs
from fsm.mail import sources as mail_sources
from fsm.mail import views as mail_views
from fsm.payments import views as payment_views
from fsm.portal import signing_views
from fsm.portal import views as portal_views
from fsm.quotes import views as quote_views
from fsm.quotes.sending import SOURCE as QUOTE_MAIL
from fsm.reminders import jobs as reminder_jobs
from fsm.reminders import views as reminder_views
from fsm.reports import views as report_views
from fsm.sales_orders import views as sales_order_views
from fsm.sales_orders.sending import SOURCE as SALES_ORDER_MAIL
from fsm.schedule import jobs as schedule_jobs
from fsm.schedule import views as schedule_views
from fsm.service_orders import site_views
from fsm.service_orders import views as service_order_views
from fsm.service_orders.message_source import SOURCE as SERVICE_ORDER_MAIL
from fsm.tablet import sync_views as tablet_sync
from fsm.tablet import views as tablet_views
from fsm.users import services as user_services
from fsm.users import views as user_views
from fsm.users.actor import Actor, Nobody
from fsm.users.permissions import PUBLIC
from fsm.webhooks import addresses as webhook_addresses
from fsm.webhooks import jobs as webhook_jobs
from fsm.webhooks import views as webhook_views

ROOT = Path(__file__).resolve().parent.parent
STATIC = f"{ROOT}/static/"
LOCALES = ("en", "nl", "fr", "de")
BLUEPRINTS: tuple[Blueprint, ...] = (
    user_views.bp,
    company_views.bp,
    customer_views.bp,
    catalog_views.bp,
    service_order_views.bp,
    site_views.bp,
    tablet_views.bp,
    schedule_views.bp,
    contract_views.bp,
    sales_order_views.bp,
    quote_views.bp,
    invoice_views.bp,
    signing_views.bp,
    payment_views.bp,
    reminder_views.bp,
    mail_views.bp,
    portal_views.bp,
    document_views.bp,
    document_views.beside,
    layout_views.bp,
    home_views.bp,
    ledger_views.bp,
    report_views.bp,
    backup_views.bp,
    import_views.bp,
    *api_views.BLUEPRINTS,
    webhook_views.bp,
    webhook_views.log,
)
# Who does which kind of job (core/jobs.py); its name is text, so that a lower slice may ask for it.
JOB_HANDLERS: dict[str, Handler] = {
    document_jobs.RENDER_PDF: document_jobs.render_pdf,
    import_jobs.CHECK_JOB: import_jobs.check,
    import_jobs.IMPORT_JOB: import_jobs.import_all,
    invoice_jobs.MONTH_END: invoice_jobs.work_off_run,
    mail_jobs.SEND: mail_jobs.send,
    reminder_jobs.WAIVE_COSTS: reminder_jobs.waive_costs,
    schedule_jobs.PROPOSE: schedule_jobs.propose,
    webhook_jobs.DELIVER: webhook_jobs.deliver,
    webhook_jobs.TELL: webhook_jobs.tell,
}
# What mail asks of the slices whose records messages are about (mail/sources.py), by kind of record.
MAIL_SOURCES: dict[str, mail_sources.Source] = {
    "invoice": INVOICE_MAIL,
    "quote": QUOTE_MAIL,
    "sales_order": SALES_ORDER_MAIL,
    "service_order": SERVICE_ORDER_MAIL,
}


def create_app(**config: Any) -> Flask:  # noqa: ANN401 - Flask's configuration is free-form
    """The program; ``DATABASE_URL`` and ``FSM_DATA`` say where its rows and files live."""
    app = TransactionalFlask("fsm", template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "static"))
    data = Path(config.get("DATA_FOLDER") or os.environ.get("FSM_DATA") or ROOT / "data")
    app.config.update(
        DATA_FOLDER=data,
        SQLALCHEMY_DATABASE_URI=os.environ.get("DATABASE_URL") or f"sqlite:///{data / 'fsm.sqlite3'}",
        MAX_CONTENT_LENGTH=64 * 1024 * 1024,
        MAX_FORM_PARTS=20_000,
        MAX_FORM_MEMORY_SIZE=16 * 1024 * 1024,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=os.environ.get("FSM_HTTPS") == "1",
        WTF_CSRF_TIME_LIMIT=None,
        TEMPLATES_AUTO_RELOAD=False,
    )
    app.config.update(config)
    data.mkdir(parents=True, exist_ok=True)
    app.config.setdefault("SECRET_KEY", None)
    app.config["SECRET_KEY"] = app.config["SECRET_KEY"] or os.environ.get("SECRET_KEY") or _secret_key(data)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    web.init_app(app)
    database.init_app(app)
    Migrate(app, db, directory=str(ROOT / "migrations"), render_as_batch=True)
    _init_people(app)
    csrf = CSRFProtect(app)
    csrf.exempt(api_views.bp)  # which asks for a token itself where a cookie lets in
    Babel(app, locale_selector=_locale, default_locale="en", default_translation_directories=str(ROOT / "translations"))
    formats.init_app(app)
    search.use(findable.SOURCES)
    mail_sources.use(MAIL_SOURCES)
    webhook_addresses.init_app(app)
    app.extensions["job_handlers"] = dict(JOB_HANDLERS)
    when_given_up({mail_jobs.SEND: mail_jobs.give_up})
    app.extensions["fsm_load_demo"] = _load_demo
    if proxies := int(os.environ.get("FSM_PROXIES", "0")):  # so that throttling sees who really asks
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies)  # type: ignore[method-assign]  # reason: Flask's documented way
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    for view in tablet_sync.WITHOUT_TOKEN:
        csrf.exempt(view)
    app.add_url_rule("/healthz", "healthz", _healthz)
    _init_answers(app)
    return app


def _secret_key(data: Path) -> str:
    """Made once per installation; the first process to create the file wins."""
    path = data / "secret_key"
    if not path.exists():
        with tempfile.NamedTemporaryFile("w", dir=data, prefix="secret_key.") as file:  # mode 0600
            file.write(secrets.token_urlsafe(48))
            file.flush()
            with contextlib.suppress(FileExistsError):
                os.link(file.name, path)  # whole or not at all
    return path.read_text()


def _init_people(app: Flask) -> None:
    manager = LoginManager(app)
    manager.session_protection = None  # sessions are server-side rows; nothing of them is in Flask's cookie
    manager.anonymous_user = Nobody
    manager.request_loader(_who_asks)
    app.before_request(_gate)


def _who_asks(request: Request) -> Actor | None:
    """A key or a password counts in the API alone, a session everywhere."""
    if is_api(request.path):
        return api_auth.actor_of_request(request)
    return user_services.actor_of_request(request)


def _gate() -> Any:  # noqa: ANN401 - None or an answer
    """First who, then may: closed by default (architecture.md, law 8)."""
    endpoint = request.endpoint or ""
    if endpoint in {"static", "healthz"} or request.routing_exception:
        return None
    company = company_services.current()
    g.company, g.time_zone = company, company.time_zone if company else "Europe/Brussels"
    g.today = _today()
    if company is None and is_api(request.path):
        raise api_errors.NotSetUpError
    if company is None and not endpoint.startswith("home.first_start"):
        return redirect(url_for("home.first_start"))
    actor = current_user._get_current_object()  # noqa: SLF001 - the proxy's documented way to its object
    g.actor = actor
    g.actor_id = actor.id or None
    if endpoint in PUBLIC:
        return None
    if not isinstance(actor, Actor):
        return _log_in_first()
    if not actor.can(endpoint):
        raise ForbiddenError(_("Your roles do not allow this."))
    return None


def _log_in_first() -> Any:  # noqa: ANN401 - an answer
    """A script is told so, people are led to the login and from there to where they wanted to be."""
    if is_api(request.path):
        raise api_errors.UnauthorizedError
    if tablet_sync.HEADER in request.headers:
        return jsonify(error=_("Log in to go on.")), 401
    if request.method in {"GET", "HEAD"}:
        return redirect(url_for("users.log_in", next=request.full_path.rstrip("?")))
    return redirect(url_for("users.log_in"))


def _today() -> dt.date:
    """The company's day."""
    return dt.datetime.now(formats.zone()).date()


def _locale() -> str:
    actor = g.get("actor")
    if actor is not None and actor.locale in LOCALES:
        return str(actor.locale)
    return (request.accept_languages.best_match(LOCALES) if has_request_context() else None) or "en"


def _load_demo() -> None:
    demo.load(dt.datetime.now(formats.zone()).date(), progress=lambda: None)


def _healthz() -> Response:
    session.execute(sa.text("SELECT 1"))
    return Response("ok\n", mimetype="text/plain")


def _init_answers(app: Flask) -> None:
    app.register_error_handler(DomainError, _domain_error)
    app.register_error_handler(OtherBodyError, _other_body)
    app.register_error_handler(HTTPException, _http_error)
    app.after_request(_run_afterwards)
    app.context_processor(_page_globals)
    app.jinja_env.globals.update(asset=_asset, form_key=lambda: uuid4().hex, can=_can)


def _can(action: str) -> bool:
    actor = g.get("actor")
    return bool(actor and actor.can(action))


def _asset(path: str) -> str:
    try:
        stamp = int(os.stat(f"{STATIC}{path}").st_mtime)  # noqa: PTH116 - a page asks thirty times: a Path costs more
    except FileNotFoundError:
        stamp = 0
    return _static_url(path, stamp, request.script_root)


@functools.lru_cache(maxsize=1024)
def _static_url(path: str, stamp: int, script_root: str) -> str:
    """Built once: its request gives no more to it than the prefix below which the program is mounted."""
    del script_root
    return url_for("static", filename=path, v=stamp)


def _page_globals() -> dict[str, Any]:
    locale = get_locale()
    return {
        "company": g.get("company"),
        "today": g.get("today"),
        "navigation": navigation(),
        "language": str(locale.language) if locale else "en",
    }


def _error_page(status: int, title: str, text: str, link: str | None = None) -> tuple[str | Response, int]:
    session.rollback()
    if has_request_context() and tablet_sync.HEADER in request.headers:
        return jsonify(error=text), status
    body = render_template(
        [f"errors/{status}.html", "errors/error.html"],
        status=status,
        title=title,
        text=text,
        link=link,
        reference=g.get("request_id"),
    )
    return body, status


def _domain_error(error: DomainError) -> tuple[str | Response, int]:
    return _error_page(error.status, _("Not possible"), str(error), request.referrer)


def _other_body(error: OtherBodyError) -> tuple[str | Response, int]:
    text = _("This form has already been sent, with other content. What it made is kept; look at it before you go on.")
    return _error_page(422, _("Already sent"), text, error.location)


def _http_error(error: HTTPException) -> Any:  # noqa: ANN401 - a page or werkzeug's own answer
    if is_api(request.path):
        return api_errors.http_error(error)
    if error.code is not None and error.code < 400:  # noqa: PLR2004 - redirects are answers, not errors
        return error
    if error.code is None or isinstance(error, InternalServerError):
        return _error_page(500, error.name, _("Something went wrong here. Nothing was changed."))
    return _error_page(error.code, error.name, error.description or "")


def _run_afterwards(response: Response) -> Response:
    database.run_afterwards()
    return response
