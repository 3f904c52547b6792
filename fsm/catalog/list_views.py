"""The list of items, and what is done with many of them."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import ngettext

from fsm.catalog import many, queries
from fsm.catalog.blueprint import bp
from fsm.catalog.forms import RATE_KINDS, PriceChangeForm
from fsm.catalog.listing import ITEMS
from fsm.catalog.services import item as find_item
from fsm.core import audit
from fsm.core.transactions import computes_only
from fsm.users import list_pages
from fsm.users.history import timeline

list_pages.declare(bp, ITEMS)


@bp.get("")
def index() -> ResponseReturnValue:
    """Items, or the few rates, which need no pages."""
    tab = request.args.get("tab")
    rates = queries.rates() if tab == "rates" else queries.archived_rates() if tab == "archived" else []
    words = {"rates": rates, "rate_kinds": dict(RATE_KINDS)}
    if tab == "rates":
        return render_template("catalog/rates.html", **words)
    return list_pages.show(ITEMS, "catalog/index.html", **words)


@bp.get("/items/<id:item_id>/panel")
def panel(item_id: int) -> ResponseReturnValue:
    """The summary beside the list; opened by itself it is the page."""
    if "HX-Request" not in request.headers:
        return redirect(url_for("catalog.edit", item_id=item_id))
    entries = timeline("stock_item", item_id, 5)
    return render_template("catalog/_panel.html", item=find_item(item_id), entries=entries)


@bp.post("/archive-many")
def archive_many() -> ResponseReturnValue:
    return list_pages.act(
        ITEMS,
        lambda ids: many.archive(ids, moment=audit.now()),
        lambda done: ngettext("%(num)s item was archived.", "%(num)s items were archived.", done),
    )


@bp.post("/unarchive-many")
def unarchive_many() -> ResponseReturnValue:
    return list_pages.act(
        ITEMS,
        lambda ids: many.archive(ids, moment=None),
        lambda done: ngettext("%(num)s item is in use again.", "%(num)s items are in use again.", done),
    )


@bp.post("/preview-prices")
@computes_only
def preview_prices() -> ResponseReturnValue:
    """By how much, and what each price would become; nothing is changed here."""
    ids = list_pages.chosen_ids(ITEMS)
    form = PriceChangeForm()
    items = many.items_of(ids)
    is_asked = "percentage" in request.form
    prices = many.new_prices(items, *form.change()) if is_asked and form.validate() else []
    page = render_template(
        "catalog/change_prices.html",
        form=form,
        items=items,
        prices=prices,
        query=request.form.get("list", ""),
        back_url=list_pages.list_url(ITEMS),
    )
    return page, 422 if form.errors else 200


@bp.post("/change-prices")
def change_prices() -> ResponseReturnValue:
    """What the preview showed; orders and documents keep the prices they have."""
    ids, form = list_pages.chosen_ids(ITEMS), PriceChangeForm()
    if not form.validate():
        return preview_prices()
    percentage, step = form.change()
    outcome = many.change_prices(ids, percentage=percentage, step=step)
    done = ngettext("%(num)s price was changed.", "%(num)s prices were changed.", outcome.done)
    return list_pages.acted(ITEMS, outcome, done)
