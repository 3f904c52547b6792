"""Settings of the company: identity and VAT, bank accounts, numbering."""

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fsm.company import charts, numbering_outlook, queries, services
from fsm.company.countries import country_name
from fsm.company.forms import (
    SERIES_NAMES,
    BankAccountForm,
    CompanyForm,
    NumberingForm,
    newer_values,
)
from fsm.company.logo import is_sound, sent_logo
from fsm.company.models import Company
from fsm.core.errors import NotFoundError
from fsm.core.numbering import MAX_PREFIX
from fsm.core.transactions import attempt, prepares
from fsm.files import services as files
from fsm.users.history import timeline

bp = Blueprint("company", __name__, url_prefix="/settings")


@bp.route("/company", methods=["GET", "POST"])
@prepares(sent_logo)
def edit() -> ResponseReturnValue:
    """Identity, VAT, zone, language, rates, logo."""
    form = CompanyForm(obj=g.company)
    if form.validate_on_submit() and is_sound(form, g.prepared) and attempt(form, lambda: _save(form)):
        flash(_("The settings were saved."), "success")
        return redirect(url_for("company.edit"), 303)
    company = services.the_company()
    newer = newer_values(form, CompanyForm(formdata=None, obj=company)) if _is_stale() else []
    country = country_name(company.country_code)
    page = render_template(
        "company/edit.html", form=form, company=company, country=country, newer=newer, history=timeline("company", 1)
    )
    return page, _status()


def _save(form: CompanyForm) -> Company:
    company = services.edit(form.values(), version=form.sent_version())
    file_id = g.prepared.file_id()
    if file_id is not None or form.removes_logo.data:
        services.change_logo(file_id)
    return company


@bp.get("/company/logo")
def logo() -> ResponseReturnValue:
    """The picture itself."""
    file_id = services.the_company().logo_file_id
    if file_id is None:
        raise NotFoundError(_("The company has no logo."))
    return files.response(files.get(file_id))


@bp.get("/bank-accounts")
def bank_accounts() -> ResponseReturnValue:
    """All of them, archived ones last."""
    return render_template(
        "company/bank_accounts.html",
        accounts=queries.bank_accounts(),
        archived_accounts=queries.bank_accounts(archived=True),
    )


@bp.route("/bank-accounts/new", methods=["GET", "POST"])
def new_bank_account() -> ResponseReturnValue:
    """Proposes the chart's account for the bank."""
    account_number = charts.load(services.the_company().chart).roles[charts.Role.BANK]
    form = BankAccountForm(data={"account_number": account_number})
    if form.validate_on_submit():
        account = attempt(form, lambda: services.add_bank_account(form.values()))
        if account is not None:
            flash(_("%(name)s was saved.", name=account.name), "success")
            return redirect(url_for("company.bank_accounts"), 303)
    return render_template("company/new_bank_account.html", form=form), _status()


@bp.route("/bank-accounts/<id:bank_account_id>/edit", methods=["GET", "POST"])
def edit_bank_account(bank_account_id: int) -> ResponseReturnValue:
    """Documents that are posted keep what they printed."""
    form = BankAccountForm(obj=queries.bank_account(bank_account_id))
    if form.validate_on_submit():
        version = form.sent_version()
        account = attempt(form, lambda: services.edit_bank_account(bank_account_id, form.values(), version=version))
        if account is not None:
            flash(_("%(name)s was saved.", name=account.name), "success")
            return redirect(url_for("company.bank_accounts"), 303)
    account = queries.bank_account(bank_account_id)
    newer = newer_values(form, BankAccountForm.of(account)) if _is_stale() else []
    return render_template("company/edit_bank_account.html", form=form, account=account, newer=newer), _status()


@bp.post("/bank-accounts/<id:bank_account_id>/default")
def make_default_bank_account(bank_account_id: int) -> ResponseReturnValue:
    """The account that new documents print."""
    account = services.make_default_bank_account(bank_account_id)
    flash(_("%(name)s is the default bank account now.", name=account.name), "success")
    return redirect(url_for("company.bank_accounts"), 303)


@bp.post("/bank-accounts/<id:bank_account_id>/archive")
def archive_bank_account(bank_account_id: int) -> ResponseReturnValue:
    """Offered no more."""
    account = services.archive_bank_account(bank_account_id)
    flash(_("%(name)s was archived.", name=account.name), "success")
    return redirect(url_for("company.bank_accounts"), 303)


@bp.post("/bank-accounts/<id:bank_account_id>/unarchive")
def unarchive_bank_account(bank_account_id: int) -> ResponseReturnValue:
    """Offered again."""
    account = services.unarchive_bank_account(bank_account_id)
    flash(_("%(name)s is in use again.", name=account.name), "success")
    return redirect(url_for("company.bank_accounts"), 303)


@bp.route("/numbering", methods=["GET", "POST"])
def numbering() -> ResponseReturnValue:
    """Prefix, format and first number by kind of document."""
    form = NumberingForm.of(queries.numbering_state(g.today))
    if form.validate_on_submit():
        series = form.series()
        if attempt(form, lambda: services.set_numbering(series)):
            flash(_("The numbering was saved."), "success")
            return redirect(url_for("company.numbering"), 303)
    states = queries.numbering_state(g.today)
    return render_template(
        "company/numbering.html", form=form, states=states, names=SERIES_NAMES, outlooks=_outlooks(form, states)
    ), _status()


@bp.get("/numbering/example")
def numbering_example() -> ResponseReturnValue:
    """How the first number of a series would read, while it is typed: ``kind`` says whose fields were sent."""
    kind, sent = request.args.get("kind", ""), request.args
    outlook = numbering_outlook.typed(
        kind,
        sent.get(f"{kind}_prefix", "").strip()[: MAX_PREFIX + 1],
        sent.get(f"{kind}_format", ""),
        sent.get(f"{kind}_first_number", "").strip(),
        g.today,
    )
    return render_template("company/_number.html", outlook=outlook)


def _outlooks(form: NumberingForm, states: list[queries.SeriesState]) -> dict[str, numbering_outlook.Outlook]:
    """What each kind's fields say now; of a field that is wrong its own error speaks."""
    return {
        state.kind: numbering_outlook.outlook(state.kind, form.series()[state.kind], g.today)
        if not any(form[f"{state.kind}_{part}"].errors for part in ("prefix", "format", "first_number"))
        else numbering_outlook.Outlook()
        for state in states
    }


def _is_stale() -> bool:
    return bool(g.get("refused_status") == 409)  # noqa: PLR2004 - the law's own number


def _status() -> int:
    status: int = g.get("refused_status", 422) if request.method == "POST" else 200
    return status
