"""Price lists, what they say of items and rates, and which one a customer has."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fsm.catalog import price_lists, queries, services
from fsm.catalog.blueprint import bp, status
from fsm.catalog.forms import ListedPriceForm, PriceListForm, choices
from fsm.catalog.models import LaborRate, ListedPrice, StockItem
from fsm.catalog.prices import less, usual_price
from fsm.core import audit
from fsm.core.db import session
from fsm.core.errors import DomainError, NotFoundError
from fsm.core.paging import page
from fsm.core.transactions import attempt
from fsm.core.web import id_of
from fsm.users.history import timeline


@bp.get("/price-lists")
def price_lists_index() -> ResponseReturnValue:
    archived = request.args.get("tab") == "archived"
    lists = price_lists.lists(archived=archived)
    return render_template(
        "catalog/price_lists.html",
        archived=archived,
        price_lists=lists,
        counts=price_lists.customer_counts(row.id for row in lists),
    )


@bp.route("/price-lists/new", methods=["GET", "POST"])
def new_price_list() -> ResponseReturnValue:
    form = PriceListForm()
    if form.validate_on_submit():
        row = attempt(form, lambda: price_lists.create(form.values()))
        if row is not None:
            flash(_("%(name)s was saved.", name=row.name), "success")
            return redirect(url_for("catalog.price_list", list_id=row.id), 303)
    return render_template("catalog/new_price_list.html", form=form), status()


@bp.route("/price-lists/<id:list_id>", methods=["GET", "POST"])
def price_list(list_id: int) -> ResponseReturnValue:
    form = PriceListForm(obj=price_lists.price_list(list_id))
    if form.validate_on_submit():
        version = form.sent_version()
        saved = attempt(form, lambda: price_lists.edit(list_id, form.values(), version=version))
        if saved is not None:
            flash(_("%(name)s was saved.", name=saved.name), "success")
            return redirect(url_for("catalog.price_list", list_id=list_id), 303)
    return _page(list_id, form, ListedPriceForm(formdata=None)), status()


@bp.post("/price-lists/<id:list_id>/prices")
def set_listed_price(list_id: int) -> ResponseReturnValue:
    row = price_lists.price_list(list_id)
    price_form = ListedPriceForm()
    _offer(price_form)
    if price_form.validate_on_submit() and attempt(price_form, lambda: _set(list_id, price_form)):
        flash(_("The price was saved."), "success")
        return redirect(url_for("catalog.price_list", list_id=list_id), 303)
    return _page(list_id, PriceListForm(formdata=None, obj=row), price_form), status()


def _set(list_id: int, form: ListedPriceForm) -> bool:
    if (form.price.data is None) == (form.off.data is None):
        raise DomainError(_("Give a price or a percentage, not both."), "price")
    thing = chosen_thing(form.code.data or "", form.labor_rate_id.data or "")
    price_lists.set_price(list_id, thing, price=form.price.data, percentage_off=form.off.data)
    return True


def chosen_thing(code: str, rate_id: str, field: str = "code") -> StockItem | LaborRate:
    """The item of this code or the rate chosen; DomainError where it is neither or both."""
    if bool(code) == bool(rate_id):
        raise DomainError(_("Name an item or a rate, not both."), field)
    if rate_id:
        return services.rate(int(rate_id))
    item = services.item_of_code(code)
    if item is None:
        raise DomainError(_("No item has this code."), field)
    return item


@bp.post("/price-lists/<id:list_id>/prices/<id:price_id>/remove")
def remove_listed_price(list_id: int, price_id: int) -> ResponseReturnValue:
    listed = session.get(ListedPrice, price_id)
    if listed is None or listed.price_list_id != list_id:
        raise NotFoundError(_("There is no such price."))
    price_lists.set_price(list_id, price_lists.things_of([listed])[price_id])
    flash(_("It was taken off the list."), "success")
    return redirect(url_for("catalog.price_list", list_id=list_id), 303)


@bp.post("/price-lists/<id:list_id>/archive")
def archive_price_list(list_id: int) -> ResponseReturnValue:
    row = price_lists.archive(list_id, moment=audit.now())
    flash(_("%(name)s was archived.", name=row.name), "success")
    return redirect(url_for("catalog.price_lists_index"), 303)


@bp.post("/price-lists/<id:list_id>/unarchive")
def unarchive_price_list(list_id: int) -> ResponseReturnValue:
    row = price_lists.archive(list_id, moment=None)
    flash(_("%(name)s is in use again.", name=row.name), "success")
    return redirect(url_for("catalog.price_list", list_id=list_id), 303)


@bp.post("/customers/<id:customer_id>/price-list")
def choose_price_list(customer_id: int) -> ResponseReturnValue:
    sent = request.form.get("price_list_id", "")
    list_id = id_of(sent)
    if sent and list_id is None:
        raise NotFoundError(_("There is no such price list."))
    price_lists.give_to_customer(customer_id, list_id)
    flash(_("The price list was saved."), "success")
    return redirect(url_for("catalog.customer_prices", customer_id=customer_id), 303)


def _offer(form: ListedPriceForm) -> None:
    form.labor_rate_id.choices = choices([("", "–"), *((rate.id, rate.name) for rate in queries.rates())])


def _page(list_id: int, form: PriceListForm, price_form: ListedPriceForm) -> str:
    row = price_lists.price_list(list_id)
    if price_form.labor_rate_id.choices is None:
        _offer(price_form)
    query = price_lists.listed().where(ListedPrice.price_list_id == list_id)
    prices = page(query, [ListedPrice.id], request.args.get("after"))
    things = price_lists.things_of(prices.rows)
    return render_template(
        "catalog/price_list.html",
        price_list=row,
        form=form,
        price_form=price_form,
        prices=prices,
        things=things,
        usual={price.id: usual_price(things[price.id]) for price in prices.rows},
        less=less,
        customers=price_lists.customers_of(list_id),
        customer_count=price_lists.customer_counts([list_id]).get(list_id, 0),
        entries=timeline("price_list", list_id),
    )
