"""The first start: one page that sets up the company, or one click that loads the demo."""

import datetime as dt
from dataclasses import dataclass, fields

from babel.dates import get_month_names
from flask import current_app, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.exceptions import NotFound
from wtforms import PasswordField, SelectField
from wtforms.validators import DataRequired, EqualTo

from fsm.company.charts import CHART_OF_COUNTRY
from fsm.company.countries import country_name
from fsm.company.forms import SERIES_NAMES, EmailField, IdentityForm, SeriesFields
from fsm.company.logo import SentLogo, is_sound, sent_logo
from fsm.company.services import CompanyValues
from fsm.core.errors import ConflictError, DomainError
from fsm.core.fields import DayField, TextField
from fsm.core.transactions import attempt, prepares, writes_by_itself
from fsm.home.blueprint import bp
from fsm.home.set_up import SetUp, company_values, set_up_company
from fsm.users import passwords, sessions
from fsm.users.models import User

__all__ = ["bp"]  # the pages of `views` stand on the same blueprint

DEMO_HANDLER = "fsm_load_demo"  # the roof puts it into app.extensions


def _countries() -> list[tuple[str, str]]:
    return [(code, country_name(code)) for code in CHART_OF_COUNTRY]


def _months() -> list[tuple[int, str]]:
    return list(get_month_names("wide", context="stand-alone", locale=get_locale() or "en").items())


class FirstStartForm(SeriesFields, IdentityForm):
    """All that a company starts with."""

    country_code = SelectField(_l("Country"), choices=_countries, default="BE")
    first_month = SelectField(_l("First month of the fiscal year"), choices=_months, coerce=int, default=1)
    first_day = DayField(_l("First day of the first fiscal year"), [DataRequired()])
    iban = TextField(_l("IBAN"), length=42)
    bic = TextField(_l("BIC"), length=14)
    bank_name = TextField(_l("Name of the account"), length=60)
    administrator_name = TextField(_l("Name"), [DataRequired()], length=100)
    administrator_email = EmailField(_l("E-mail"), [DataRequired()])
    password = PasswordField(_l("Password"), [DataRequired()])
    password_again = PasswordField(
        _l("Password again"), [DataRequired(), EqualTo("password", _l("The two passwords differ."))]
    )

    def values(self, password_hash: str, logo_file_id: int | None) -> SetUp:
        """For the service."""
        country_code: str = self.country_code.data
        identity = {name.name: self[name.name].data for name in fields(CompanyValues) if name.name in self}
        return SetUp(
            company=company_values(country_code=country_code, on=g.today, **identity),
            country_code=country_code,
            first_month=self.first_month.data,
            first_day=self.first_day.data or g.today,
            series=self.series(),
            iban=self.iban.data or "",
            bic=self.bic.data or "",
            bank_name=self.bank_name.data or "",
            logo_file_id=logo_file_id,
            administrator_name=self.administrator_name.data or "",
            administrator_email=self.administrator_email.data or "",
            password_hash=password_hash,
            administrator_locale=str(get_locale() or "en"),
        )


@dataclass(frozen=True, slots=True)
class Prepared:
    """What is slow: the password's hash (empty where the form is wrong) and the logo."""

    form: FirstStartForm
    password_hash: str
    logo: SentLogo


def _prepare() -> Prepared:
    form = FirstStartForm()
    if g.company is not None or not form.validate():
        return Prepared(form, "", SentLogo())
    try:
        password_hash = passwords.new_hash(form.password.data or "", form.administrator_email.data or "")
    except DomainError as error:
        form.password.errors = [str(error)]
        password_hash = ""
    return Prepared(form, password_hash, sent_logo())


@bp.route("/first-start", methods=["GET", "POST"])
@prepares(_prepare)
def first_start() -> ResponseReturnValue:
    """Only while there is no company."""
    if request.method == "GET":
        if g.company is not None:
            return redirect(url_for("users.log_in"))
        return _page(FirstStartForm(first_day=dt.date(g.today.year, 1, 1)))
    _check_nothing_there()
    prepared: Prepared = g.prepared
    form = prepared.form
    if not is_sound(form, prepared.logo) or not prepared.password_hash:
        return _page(form), 422
    user: User | None = attempt(form, lambda: _set_up(prepared))
    if user is None:
        return _page(form), g.get("refused_status", 422)
    token = sessions.start(user.id, roles=user.roles, device=sessions.device_name(request.user_agent.string))
    flash(_("The company is set up. Welcome!"), "success")
    answer = redirect("/", 303)
    is_secure = bool(current_app.config["SESSION_COOKIE_SECURE"]) or request.is_secure
    sessions.set_cookie(answer, token, roles=user.roles, secure=is_secure)
    return answer


def _set_up(prepared: Prepared) -> User:
    values = prepared.form.values(prepared.password_hash, prepared.logo.file_id())
    return set_up_company(values, today=g.today)


@bp.post("/first-start/demo")
@writes_by_itself
def first_start_demo() -> ResponseReturnValue:
    """One click: a company to look around in. The login page then names its people."""
    _check_nothing_there()
    load_demo = current_app.extensions.get(DEMO_HANDLER)
    if load_demo is None:
        raise NotFound
    load_demo()
    flash(_("The demo company is ready. Choose who you are."), "success")
    return redirect(url_for("users.log_in"), 303)


def _check_nothing_there() -> None:
    if g.company is not None:
        raise ConflictError(_("The company has been set up already."))


def _page(form: FirstStartForm) -> str:
    has_demo = DEMO_HANDLER in current_app.extensions
    return render_template("home/first_start.html", form=form, names=SERIES_NAMES, has_demo=has_demo)
