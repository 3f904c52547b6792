"""Items, rates, prices per customer; the searches of the line editor and of the tablet."""

from typing import Any

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fsm.catalog import (
    kit_views,  # noqa: F401 - the other pages of the blueprint register themselves
    list_views,  # noqa: F401 - the same
    price_list_views,
    price_lists,
    queries,
    services,
)
from fsm.catalog.blueprint import bp
from fsm.catalog.blueprint import status as _status
from fsm.catalog.forms import CustomerPriceForm, ItemForm, RateForm, choices
from fsm.catalog.models import CustomerPrice, StockItem
from fsm.catalog.prices import list_of
from fsm.company.services import the_company
from fsm.core import audit
from fsm.core.db import session
from fsm.core.errors import NotFoundError
from fsm.core.formats import plain
from fsm.core.transactions import attempt
from fsm.customers.models import Customer
from fsm.users.history import timeline

__all__ = ["bp"]


@bp.route("/items/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    form = ItemForm()
    form.offer(the_company())
    if form.validate_on_submit():
        item = attempt(form, lambda: services.create_item(form.values(), company=the_company()))
        if item is not None:
            flash(_("%(code)s was saved.", code=item.code), "success")
            return redirect(url_for("catalog.index", q=item.code), 303)
    return render_template("catalog/new.html", form=form), _status()


@bp.route("/items/<id:item_id>/edit", methods=["GET", "POST"])
def edit(item_id: int) -> ResponseReturnValue:
    item = services.item(item_id)
    form = ItemForm(obj=item)
    form.offer(the_company(), item.tax_rate)
    if request.method == "GET":
        form.fill(item)
    if form.validate_on_submit():
        saved = attempt(
            form,
            lambda: services.edit_item(item_id, form.values(), company=the_company(), version=form.sent_version()),
        )
        if saved is not None:
            flash(_("%(code)s was saved.", code=saved.code), "success")
            return redirect(url_for("catalog.index", q=saved.code), 303)
        item = services.item(item_id)
    entries = timeline("stock_item", item_id)
    return render_template("catalog/edit.html", form=form, item=item, entries=entries), _status()


@bp.post("/items/<id:item_id>/archive")
def archive(item_id: int) -> ResponseReturnValue:
    item = services.archive_item(item_id, moment=audit.now())
    flash(_("%(code)s was archived.", code=item.code), "success")
    return redirect(url_for("catalog.index"), 303)


@bp.post("/items/<id:item_id>/unarchive")
def unarchive(item_id: int) -> ResponseReturnValue:
    item = services.archive_item(item_id, moment=None)
    flash(_("%(code)s is in use again.", code=item.code), "success")
    return redirect(url_for("catalog.index", q=item.code), 303)


@bp.route("/rates/new", methods=["GET", "POST"])
def new_rate() -> ResponseReturnValue:
    form = RateForm()
    form.offer(the_company())
    if form.validate_on_submit():
        rate = attempt(form, lambda: services.create_rate(form.values(), company=the_company()))
        if rate is not None:
            flash(_("%(name)s was saved.", name=rate.name), "success")
            return redirect(url_for("catalog.index", tab="rates"), 303)
    return render_template("catalog/new_rate.html", form=form), _status()


@bp.route("/rates/<id:rate_id>/edit", methods=["GET", "POST"])
def edit_rate(rate_id: int) -> ResponseReturnValue:
    rate = services.rate(rate_id)
    form = RateForm(obj=rate)
    form.offer(the_company(), rate.tax_rate)
    if request.method == "GET":
        form.fill(rate)
    if form.validate_on_submit():
        saved = attempt(
            form,
            lambda: services.edit_rate(rate_id, form.values(), company=the_company(), version=form.sent_version()),
        )
        if saved is not None:
            flash(_("%(name)s was saved.", name=saved.name), "success")
            return redirect(url_for("catalog.index", tab="rates"), 303)
        rate = services.rate(rate_id)
    return render_template(
        "catalog/edit_rate.html", form=form, rate=rate, entries=timeline("labor_rate", rate_id)
    ), _status()


@bp.post("/rates/<id:rate_id>/archive")
def archive_rate(rate_id: int) -> ResponseReturnValue:
    rate = services.archive_rate(rate_id, moment=audit.now())
    flash(_("%(name)s was archived.", name=rate.name), "success")
    return redirect(url_for("catalog.index", tab="rates"), 303)


@bp.post("/rates/<id:rate_id>/unarchive")
def unarchive_rate(rate_id: int) -> ResponseReturnValue:
    rate = services.archive_rate(rate_id, moment=None)
    flash(_("%(name)s is in use again.", name=rate.name), "success")
    return redirect(url_for("catalog.index", tab="rates"), 303)


@bp.route("/customers/<id:customer_id>/prices", methods=["GET", "POST"])
def customer_prices(customer_id: int) -> ResponseReturnValue:
    customer = session.get(Customer, customer_id)
    if customer is None:
        raise NotFoundError(_("There is no such customer."))
    form = CustomerPriceForm()
    form.labor_rate_id.choices = choices([("", "–"), *((rate.id, rate.name) for rate in queries.rates())])
    if form.validate_on_submit() and attempt(form, lambda: _set_price(customer_id, form)):
        flash(_("The price was saved."), "success")
        return redirect(url_for("catalog.customer_prices", customer_id=customer_id), 303)
    return (
        render_template(
            "catalog/customer_prices.html",
            form=form,
            customer=customer,
            prices=queries.customer_prices(customer_id),
            price_list=(price_list := list_of(customer_id)),
            price_lists=price_lists.lists(keep=price_list.id if price_list else None),
        ),
        _status(),
    )


def _set_price(customer_id: int, form: CustomerPriceForm) -> bool:
    thing = price_list_views.chosen_thing(form.code.data or "", form.labor_rate_id.data or "")
    services.set_customer_price(customer_id, thing, form.price.data)
    return True


@bp.post("/customers/<id:customer_id>/prices/<id:price_id>/remove")
def remove_customer_price(customer_id: int, price_id: int) -> ResponseReturnValue:
    price = session.get(CustomerPrice, price_id)
    if price is None or price.customer_id != customer_id:
        raise NotFoundError(_("There is no such price."))
    thing = services.item(price.stock_item_id) if price.stock_item_id else services.rate(price.labor_rate_id or 0)
    services.set_customer_price(customer_id, thing, None)
    flash(_("The list price holds again."), "success")
    return redirect(url_for("catalog.customer_prices", customer_id=customer_id), 303)


@bp.get("/suggest")
def suggest() -> ResponseReturnValue:
    """Items for the line editor, with list prices as the user types numbers."""
    default = the_company().default_tax_rate
    return jsonify(
        [
            _suggestion(item)
            | {
                "amount": plain(item.sale_price),
                "tax_rate": plain(default if item.tax_rate is None else item.tax_rate),
                "account": item.account_number,
            }
            for item in queries.found_items(request.args.get("q", "")[:100])
        ]
    )


@bp.get("/suggest-parts")
def suggest_parts() -> ResponseReturnValue:
    """Items for technicians: what it is, and nothing of money."""
    return jsonify([_suggestion(item) for item in queries.found_items(request.args.get("q", "")[:100])])


def _suggestion(item: StockItem) -> dict[str, Any]:
    return {"id": item.id, "code": item.code, "description": item.description, "unit": item.unit}
