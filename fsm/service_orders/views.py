"""Service orders: lists, My work, done and not invoiced, a new one, editing, settings."""

import datetime as dt

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fsm.core import audit
from fsm.core.db import session
from fsm.core.errors import NotFoundError
from fsm.core.transactions import attempt
from fsm.customers.models import Site
from fsm.service_orders import (  # noqa: F401 - the other pages of the blueprint register themselves
    list_views,
    queries,
    report_views,
    services,
    show_views,
    site_search,
    state_views,
    tasks,
    work_views,
)
from fsm.service_orders.blueprint import bp
from fsm.service_orders.forms import PRIORITIES, STATES, OrderForm, SettingsForm
from fsm.service_orders.models import OrderState, Priority, ServiceOrder
from fsm.service_orders.services import OrderValues
from fsm.service_orders.show_views import status, url_if_there
from fsm.service_orders.visibility import find, is_desk
from fsm.service_orders.visibility import settings as current_settings

__all__ = ["bp"]


def _id(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None  # noqa: PLR2004 - 2^63


def _day(text: str | None) -> dt.date | None:
    try:
        found = dt.date.fromisoformat(text or "")
    except ValueError:
        return None
    return found if 2000 <= found.year <= 2100 else None  # noqa: PLR2004 - as in every date field


@bp.get("/mine")
def mine() -> ResponseReturnValue:
    days = queries.my_days(g.actor, today=g.today)
    return render_template("service_orders/mine.html", mine=days, states=STATES, priorities=PRIORITIES)


@bp.get("/done-not-invoiced")
def done_not_invoiced() -> ResponseReturnValue:
    done_from, done_before = _day(request.args.get("from")), _day(request.args.get("before"))
    return render_template(
        "service_orders/done_not_invoiced.html",
        page=queries.done_not_invoiced(request.args.get("after"), done_from=done_from, done_before=done_before),
        summary=queries.to_invoice_summary(today=g.today, done_from=done_from, done_before=done_before),
        days={name: day for name, day in (("from", done_from), ("before", done_before)) if day},
        month_end_url=url_if_there("invoices.month_end"),
    )


@bp.route("/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    site_id, customer_id = _id(request.values.get("site_id")), _id(request.args.get("customer_id"))
    site = session.get(Site, site_id) if site_id else None
    if site is None and request.method == "POST":
        raise NotFoundError(_("There is no such site."))
    if site is None:
        text = request.args.get("q", "").strip()[:100]
        sites = site_search.sites_of(customer_id) if customer_id else site_search.found_sites(text) if text else []
        return render_template("service_orders/choose_site.html", sites=sites, text=text, customer_id=customer_id)
    form = OrderForm()
    if request.method == "GET":
        form.fill(site)
        if not is_desk(g.actor):
            form.priority.data = Priority.EMERGENCY.value
    form.offer(site)
    if form.validate_on_submit():
        order = attempt(form, lambda: _create(form))
        if order is not None:
            flash(_("%(number)s was created.", number=order.number), "success")
            return redirect(url_for("service_orders.show", order_id=order.id), 303)
    return render_template("service_orders/new.html", form=form, site=site), status()


@bp.route("/<id:order_id>/edit", methods=["GET", "POST"])
def edit(order_id: int) -> ResponseReturnValue:
    order = find(order_id, g.actor)
    form = OrderForm(obj=order)
    if request.method == "GET":
        form.fill(order.site, order)
    form.offer(order.site, order)
    if form.validate_on_submit():
        values, version = form.values(), form.sent_version()
        saved = attempt(form, lambda: _edit(order_id, form, values, version))
        if saved is not None:
            flash(_("%(number)s was saved.", number=saved.number), "success")
            return redirect(url_for("service_orders.show", order_id=order_id), 303)
        order = find(order_id, g.actor)
    if order.state is OrderState.CANCELLED:
        raise NotFoundError(_("A cancelled order does not change."))
    return render_template("service_orders/edit.html", form=form, order=order), status()


def _create(form: OrderForm) -> ServiceOrder:
    order = services.create(form.values(), actor=g.actor, today=g.today, moment=audit.now())
    return tasks.set_tasks(order.id, form.task_lines(), actor=g.actor)


def _edit(order_id: int, form: OrderForm, values: OrderValues, version: int | None) -> ServiceOrder:
    order = services.edit(order_id, values, actor=g.actor, version=version)
    return tasks.set_tasks(order.id, form.task_lines(), actor=g.actor)


@bp.route("/settings/service", methods=["GET", "POST"])
def settings() -> ResponseReturnValue:
    row = current_settings()
    form = SettingsForm(obj=row)
    if form.validate_on_submit():
        saved = attempt(form, lambda: services.save_settings(form.values(), version=form.sent_version()))
        if saved is not None:
            flash(_("The settings were saved."), "success")
            return redirect(url_for("service_orders.settings"), 303)
        row = current_settings()
    return render_template("service_orders/settings.html", form=form, row=row), status()
