"""Pages of maintenance contracts: the list, one of them, its steps."""

import datetime as dt

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from fsm.company.forms import newer_values
from fsm.contracts import making, queries, services
from fsm.contracts.forms import AGAIN, BackOutForm, ContractForm, EndForm, ReasonForm, chosen_day, no_such_day
from fsm.contracts.listing import CONTRACTS, day_or_none
from fsm.contracts.models import Contract, DateState
from fsm.contracts.words import rhythm_words, status_of
from fsm.core import audit
from fsm.core.db import session
from fsm.core.errors import NotFoundError
from fsm.core.transactions import attempt
from fsm.core.web import MAX_ID
from fsm.customers.models import Customer, Site
from fsm.service_orders import site_search
from fsm.service_orders.listing import status_of as order_status
from fsm.service_orders.models import OrderState
from fsm.users import list_pages
from fsm.users.history import timeline

bp = Blueprint("contracts", __name__, url_prefix="/contracts")
list_pages.declare(bp, CONTRACTS)
COMING_SHOWN = 6
MOST_CONTRACTS_AT_ONCE = 50
STALE = 409


def _status() -> int:
    return int(g.get("refused_status", 422)) if request.method == "POST" else 200


def _id(text: str | None) -> int | None:
    is_id = text and text.isascii() and text.isdigit() and len(text) < 20  # noqa: PLR2004 - below 2^64
    return min(int(text), MAX_ID) if text and is_id else None


@bp.get("")
def index() -> ResponseReturnValue:
    """Which contracts there are and when somebody goes next."""
    customer_id = CONTRACTS.filters(request.args, g.actor).customer_id
    return list_pages.show(
        CONTRACTS,
        "contracts/index.html",
        customer=session.get(Customer, customer_id) if customer_id else None,
        due_count=queries.count_due(g.today),
    )


@bp.route("/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """First the site, then what was agreed."""
    site_id, customer_id = _id(request.values.get("site_id")), _id(request.args.get("customer_id"))
    site = session.get(Site, site_id) if site_id else None
    if site is None and request.method == "POST":
        raise NotFoundError(_("There is no such site."))
    if site is None:
        text = request.args.get("q", "").strip()[:100]
        sites = site_search.sites_of(customer_id) if customer_id else site_search.found_sites(text) if text else []
        return render_template("contracts/choose_site.html", sites=sites, text=text, customer_id=customer_id)
    form = ContractForm()
    form.offer(site.id)
    if request.method == "GET":
        form.first_date.data = g.today
    if form.validate_on_submit():
        contract = attempt(form, lambda: _create(form, site.id))
        if contract is not None:
            flash(_("“%(name)s” was saved.", name=contract.name), "success")
            return redirect(url_for("contracts.show", contract_id=contract.id), 303)
    return render_template("contracts/new.html", form=form, site=site), _status()


def _create(form: ContractForm, site_id: int) -> Contract:
    return services.create(
        site_id,
        form.values(),
        form.machine_ids.data or [],
        actor_id=g.actor.id,
        today=g.today,
        moment=audit.now(),
    )


@bp.get("/<id:contract_id>")
def show(contract_id: int) -> ResponseReturnValue:
    """What was agreed, the coming dates, what became of those before."""
    contract = queries.contract(contract_id)
    return render_template(
        "contracts/show.html",
        contract=contract,
        status=status_of(contract),
        rhythm=rhythm_words(contract.interval_count, contract.interval_unit),
        machines=[making.machine_name(row.equipment) for row in contract.machines],
        coming=[_window(contract, day) for day in services.coming(contract, COMING_SHOWN)],
        makes_on=day_or_none(contract.makes_on),
        is_due=contract.makes_on <= g.today,
        dates=queries.dates(contract_id),
        order_status=order_status,
        may_back_out=_may_back_out,
        entries=timeline(services.ABOUT, contract_id),
    )


def _window(contract: Contract, day: dt.date) -> tuple[dt.date, dt.date, dt.date, dt.date]:
    """The date, its window, and when its order is made."""
    first = day - dt.timedelta(days=contract.days_before)
    return day, first, day + dt.timedelta(days=contract.days_after), first - dt.timedelta(days=contract.lead_days)


def _may_back_out(state: DateState, order_state: OrderState) -> bool:
    return state is DateState.MADE and order_state in {OrderState.DRAFT, OrderState.SCHEDULED}


@bp.route("/<id:contract_id>/edit", methods=["GET", "POST"])
def edit(contract_id: int) -> ResponseReturnValue:
    """Orders that were made stay as they are."""
    contract = queries.contract(contract_id)
    form = _form(contract)
    if form.validate_on_submit():
        version = form.sent_version()
        saved = attempt(form, lambda: _edit(form, contract_id, version))
        if saved is not None:
            flash(
                _("“%(name)s” was saved. Orders that were made already stay as they are.", name=saved.name), "success"
            )
            return redirect(url_for("contracts.show", contract_id=contract_id), 303)
        contract = queries.contract(contract_id)
    newer = newer_values(form, _form(contract, fresh=True)) if g.get("refused_status") == STALE else []
    return render_template("contracts/edit.html", form=form, contract=contract, newer=newer), _status()


def _form(contract: Contract, *, fresh: bool = False) -> ContractForm:
    form = ContractForm(formdata=None, obj=contract) if fresh else ContractForm(obj=contract)
    form.offer(contract.site_id, contract)
    if fresh or request.method == "GET":
        form.fill(contract)
    return form


def _edit(form: ContractForm, contract_id: int, version: int | None) -> Contract:
    return services.edit(contract_id, form.values(), form.machine_ids.data or [], version=version, today=g.today)


# --- its orders
@bp.post("/make-due")
def make_due() -> ResponseReturnValue:
    """What the daily run would make: at most 50 contracts in one go."""
    moment, made, problems = audit.now(), 0, 0
    for contract_id in making.due_ids(g.today, MOST_CONTRACTS_AT_ONCE):
        made += len(making.make_due(contract_id, today=g.today, moment=moment, actor=g.actor))
        problems += bool(services.held(contract_id).problem)
    _tell_made(made)
    if problems:
        flash(
            ngettext("%(num)s contract needs a look.", "%(num)s contracts need a look.", problems),
            "warning",
        )
    return redirect(url_for("contracts.index"), 303)


@bp.post("/<id:contract_id>/make-due")
def make_due_of(contract_id: int) -> ResponseReturnValue:
    made = making.make_due(contract_id, today=g.today, moment=audit.now(), actor=g.actor)
    _tell_made(len(made))
    return _to(contract_id)


def _tell_made(count: int) -> None:
    if count:
        flash(ngettext("%(num)s order was made.", "%(num)s orders were made.", count), "success")
    else:
        flash(_("No order is to be made yet."), "info")


@bp.post("/<id:contract_id>/make-now")
def make_now(contract_id: int) -> ResponseReturnValue:
    """The order of one coming date, before its time."""
    order = making.make_now(contract_id, _sent_day(), actor=g.actor, today=g.today, moment=audit.now())
    flash(_("%(number)s was made.", number=order.number), "success")
    return _to(contract_id)


def _sent_day() -> dt.date:
    day = chosen_day(request.values.get("due", "")[:10])
    if day is None:
        raise NotFoundError(no_such_day())
    return day


@bp.route("/<id:contract_id>/skip", methods=["GET", "POST"])
def skip(contract_id: int) -> ResponseReturnValue:
    """Nobody goes for one of the coming dates."""
    contract, day, form = queries.contract(contract_id), _sent_day(), ReasonForm()
    if form.validate_on_submit() and attempt(
        form, lambda: services.skip(contract_id, day, form.reason.data or "", moment=audit.now())
    ):
        flash(_("The date is skipped."), "success")
        return _to(contract_id)
    text = _("No order is made for this date. It can be offered again later.")
    return _verb(contract, form, _("Skip a date"), _("Skip it"), text, day=day)


@bp.post("/<id:contract_id>/dates/<id:date_id>/offer-again")
def offer_again(contract_id: int, date_id: int) -> ResponseReturnValue:
    services.offer_again(contract_id, date_id)
    flash(_("The date is offered again."), "success")
    return _to(contract_id)


@bp.route("/<id:contract_id>/dates/<id:date_id>/back-out", methods=["GET", "POST"])
def back_out(contract_id: int, date_id: int) -> ResponseReturnValue:
    """Cancel an order that was made, and say what becomes of its date."""
    contract, row, form = queries.contract(contract_id), queries.date_of(contract_id, date_id), BackOutForm()
    if form.validate_on_submit() and attempt(form, lambda: _back_out(form, contract_id, date_id)):
        flash(_("The order is cancelled."), "success")
        return _to(contract_id)
    number = row.service_order.number if row.service_order else ""
    text = _("%(number)s is cancelled; it keeps its number. Nothing was done on it yet.", number=number)
    return _verb(contract, form, _("Back out an order"), _("Cancel the order"), text, day=row.due_date)


def _back_out(form: BackOutForm, contract_id: int, date_id: int) -> object:
    is_again = form.then.data == AGAIN
    return making.back_out(contract_id, date_id, form.reason.data or "", offers_again=is_again, actor=g.actor)


# --- its life
@bp.route("/<id:contract_id>/pause", methods=["GET", "POST"])
def pause(contract_id: int) -> ResponseReturnValue:
    contract, form = queries.contract(contract_id), ReasonForm()
    if form.validate_on_submit() and attempt(form, lambda: services.pause(contract_id, form.reason.data or "")):
        flash(_("“%(name)s” is paused.", name=contract.name), "success")
        return _to(contract_id)
    text = _(
        "No order is made until it goes on; dates that pass meanwhile are not made later. Orders made already stay."
    )
    return _verb(contract, form, _("Pause the contract"), _("Pause"), text)


@bp.post("/<id:contract_id>/resume")
def resume(contract_id: int) -> ResponseReturnValue:
    contract = services.resume(contract_id, today=g.today)
    flash(_("“%(name)s” goes on.", name=contract.name), "success")
    return _to(contract_id)


@bp.route("/<id:contract_id>/end", methods=["GET", "POST"])
def end(contract_id: int) -> ResponseReturnValue:
    contract, form = queries.contract(contract_id), EndForm()
    if form.validate_on_submit() and attempt(form, lambda: _end(form, contract_id)):
        flash(_("“%(name)s” is ended.", name=contract.name), "success")
        return _to(contract_id)
    count = len(making.open_dates(contract_id))
    text = _("No order is made any more. Orders made already stay, unless they are cancelled with it.")
    if count:
        text += " " + ngettext(
            "%(num)s order waits for somebody to be planned.", "%(num)s orders wait for somebody to be planned.", count
        )
    return _verb(contract, form, _("End the contract"), _("End it"), text, has_orders=bool(count))


def _end(form: EndForm, contract_id: int) -> object:
    return making.end_with_orders(
        contract_id, form.reason.data or "", cancels_orders=form.cancels_orders.data, actor=g.actor
    )


@bp.get("/of-service-order/<id:service_order_id>")
def of_service_order(service_order_id: int) -> ResponseReturnValue:
    """The contract that an order was made by, within the order's page; nothing for others."""
    found = queries.of_order(service_order_id)
    return render_template("contracts/_of_service_order.html", found=found)


def _to(contract_id: int) -> ResponseReturnValue:
    return redirect(url_for("contracts.show", contract_id=contract_id), 303)


def _verb(
    contract: Contract,
    form: ReasonForm,
    title: str,
    button: str,
    text: str,
    *,
    day: dt.date | None = None,
    has_orders: bool = False,
) -> ResponseReturnValue:
    """The page of a step that needs its reason."""
    page = render_template(
        "contracts/verb.html",
        contract=contract,
        form=form,
        title=title,
        button=button,
        text=text,
        due=day,
        has_orders=has_orders,
    )
    return page, _status()
