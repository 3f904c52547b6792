"""Kits and what is in them."""

from decimal import Decimal

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fsm.catalog import kits, queries
from fsm.catalog.blueprint import bp, status
from fsm.catalog.forms import KitForm, KitLineForm, choices
from fsm.catalog.models import Kit
from fsm.catalog.price_list_views import chosen_thing
from fsm.catalog.prices import usual_price
from fsm.core import audit
from fsm.core.errors import NotFoundError
from fsm.core.money import rounded
from fsm.core.paging import page
from fsm.core.transactions import attempt
from fsm.users.history import timeline


@bp.get("/kits")
def kits_index() -> ResponseReturnValue:
    archived = request.args.get("tab") == "archived"
    text = request.args.get("q", "").strip()[:100]
    found = page(kits.listed(archived=archived, text=text), [Kit.sort_key, Kit.id], request.args.get("after"))
    values = {row.id: value_of(row) for row in found.rows}
    return render_template("catalog/kits.html", archived=archived, text=text, page=found, values=values)


def value_of(row: Kit) -> Decimal:
    """What the kit comes to at the usual prices, without VAT."""
    return sum((rounded(line.quantity * usual_price(line.thing)) for line in row.lines), Decimal("0.00"))


@bp.route("/kits/new", methods=["GET", "POST"])
def new_kit() -> ResponseReturnValue:
    form = KitForm()
    if form.validate_on_submit():
        row = attempt(form, lambda: kits.create(form.code.data or "", form.description.data or ""))
        if row is not None:
            flash(_("%(code)s was saved.", code=row.code), "success")
            return redirect(url_for("catalog.kit", kit_id=row.id), 303)
    return render_template("catalog/new_kit.html", form=form), status()


@bp.route("/kits/<id:kit_id>", methods=["GET", "POST"])
def kit(kit_id: int) -> ResponseReturnValue:
    form = KitForm(obj=kits.kit(kit_id))
    if form.validate_on_submit():
        version = form.sent_version()
        saved = attempt(
            form, lambda: kits.edit(kit_id, form.code.data or "", form.description.data or "", version=version)
        )
        if saved is not None:
            flash(_("%(code)s was saved.", code=saved.code), "success")
            return redirect(url_for("catalog.kit", kit_id=kit_id), 303)
    return _page(kit_id, form, KitLineForm(formdata=None)), status()


@bp.post("/kits/<id:kit_id>/lines")
def set_kit_line(kit_id: int) -> ResponseReturnValue:
    row = kits.kit(kit_id)
    line_form = KitLineForm()
    _offer(line_form)
    if line_form.validate_on_submit() and attempt(line_form, lambda: _set(kit_id, line_form)):
        flash(_("The kit was saved."), "success")
        return redirect(url_for("catalog.kit", kit_id=kit_id), 303)
    return _page(kit_id, KitForm(formdata=None, obj=row), line_form), status()


def _set(kit_id: int, form: KitLineForm) -> bool:
    thing = chosen_thing(form.item_code.data or "", form.labor_rate_id.data or "", "item_code")
    kits.set_line(kit_id, thing, form.quantity.data)
    return True


@bp.post("/kits/<id:kit_id>/lines/<id:line_id>/remove")
def remove_kit_line(kit_id: int, line_id: int) -> ResponseReturnValue:
    line = next((line for line in kits.kit(kit_id).lines if line.id == line_id), None)
    if line is None:
        raise NotFoundError(_("There is no such line in this kit."))
    kits.set_line(kit_id, line.thing, Decimal(0))
    flash(_("It was taken out of the kit."), "success")
    return redirect(url_for("catalog.kit", kit_id=kit_id), 303)


@bp.post("/kits/<id:kit_id>/archive")
def archive_kit(kit_id: int) -> ResponseReturnValue:
    row = kits.archive(kit_id, moment=audit.now())
    flash(_("%(code)s was archived.", code=row.code), "success")
    return redirect(url_for("catalog.kits_index"), 303)


@bp.post("/kits/<id:kit_id>/unarchive")
def unarchive_kit(kit_id: int) -> ResponseReturnValue:
    row = kits.archive(kit_id, moment=None)
    flash(_("%(code)s is in use again.", code=row.code), "success")
    return redirect(url_for("catalog.kit", kit_id=kit_id), 303)


def _offer(form: KitLineForm) -> None:
    form.labor_rate_id.choices = choices([("", "–"), *((rate.id, rate.name) for rate in queries.rates())])


def _page(kit_id: int, form: KitForm, line_form: KitLineForm) -> str:
    row = kits.kit(kit_id)
    if line_form.labor_rate_id.choices is None:
        _offer(line_form)
    return render_template(
        "catalog/kit.html",
        kit=row,
        form=form,
        line_form=line_form,
        prices={line.id: usual_price(line.thing) for line in row.lines},
        value=value_of(row),
        entries=timeline("kit", kit_id),
    )
