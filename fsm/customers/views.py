"""Pages of customers and their contacts. Those of sites and equipment are in ``site_views``."""

from typing import Any

from flask import Blueprint, current_app, flash, g, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from fsm.company.countries import country_name
from fsm.company.forms import newer_values
from fsm.core.transactions import attempt
from fsm.customers import queries, services, sites
from fsm.customers.forms import ContactForm, CustomerForm, NewCustomerForm, reference
from fsm.customers.models import Customer
from fsm.users.history import timeline

bp = Blueprint("customers", __name__, url_prefix="/customers")

# Pages above this slice that begin with a customer: (label, endpoint), shown where they exist and are allowed.
RELATED = (
    (_l("Service orders"), "service_orders.index"),
    (_l("Maintenance contracts"), "contracts.index"),
    (_l("Invoices"), "invoices.index"),
    (_l("Payments"), "payments.index"),
    (_l("Statement"), "reports.customer_statement"),
)


@bp.get("/suggest")
def suggest() -> ResponseReturnValue:
    """JSON for type-ahead: at most 20 active customers."""
    found = queries.search(request.args.get("q", ""))
    return jsonify(
        [{"id": row.id, "name": row.name, "city": row.billing_city, "vat_number": row.vat_number} for row in found]
    )


@bp.get("/options")
def options() -> ResponseReturnValue:
    """The options of a ``CustomerField``; ``field`` says under which name the text is sent."""
    text = request.args.get(request.args.get("field", ""), "")
    found = queries.search(text) if text.strip() else []
    return render_template("customers/_options.html", references=[reference(row) for row in found])


@bp.get("/<id:customer_id>/sites")
def sites_of(customer_id: int) -> ResponseReturnValue:
    """JSON: the active sites of a customer."""
    queries.customer(customer_id)
    rows = queries.sites(customer_id, archived=False)
    return jsonify(
        [
            {"id": row.id, "name": row.name, "street": row.street, "city": row.city, "payer_id": row.payer_id}
            for row in rows
        ]
    )


@bp.route("/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """A customer and, if ticked, its first site; warns of a likely duplicate before it saves."""
    form = NewCustomerForm(billing_country_code=g.company.country_code, delivery_country_code=g.company.country_code)
    duplicates: list[Customer] = []
    if form.validate_on_submit():
        duplicates = _duplicates(form)
        customer = None if duplicates else attempt(form, lambda: _create(form))
        if customer is not None:
            flash(_("%(name)s was saved.", name=customer.name), "success")
            return redirect(url_for("customers.show", customer_id=customer.id), 303)
    return render_template("customers/new.html", form=form, duplicates=duplicates), form_status()


def _create(form: NewCustomerForm) -> Customer:
    customer = services.create(form.values())
    if form.makes_site.data:
        sites.create_first_site(customer, today=g.today)
    return customer


def _duplicates(form: CustomerForm, but: Customer | None = None) -> list[Customer]:
    """Who this customer might be already, unless the user has said that it is another one or nothing has changed."""
    if form.saves_all_the_same.data:
        return []
    name, vat_number = form.name.data or "", form.vat_number.data or ""
    if but is not None and (but.name, but.vat_number) == (name, vat_number):
        return []
    return list(queries.possible_duplicates(name, vat_number, but=but.id if but else None))


@bp.get("/<id:customer_id>")
def show(customer_id: int) -> ResponseReturnValue:
    """Facts, contacts, sites, equipment, links to what slices above have of this customer."""
    return render_template(
        "customers/show.html",
        customer=queries.customer(customer_id),
        sites=queries.sites(customer_id),
        equipment=queries.equipment_of_customer(customer_id),
        related=related(customer_id=customer_id),
        history=timeline("customer", customer_id),
        country_name=country_name,
    )


def related(**arguments: Any) -> list[tuple[str, str]]:  # noqa: ANN401 - parts of the address
    """(label, url) of the pages above that exist and that this user may see."""
    return [
        (str(label), url_for(endpoint, **arguments))
        for label, endpoint in RELATED
        if endpoint in current_app.view_functions and g.actor.can(endpoint)
    ]


@bp.route("/<id:customer_id>/edit", methods=["GET", "POST"])
def edit(customer_id: int) -> ResponseReturnValue:
    """Documents that are issued keep what they were issued with."""
    customer = queries.customer(customer_id)
    form = CustomerForm(obj=customer)
    duplicates: list[Customer] = []
    if form.validate_on_submit():
        duplicates = _duplicates(form, customer)
        version = form.sent_version()
        saved = (
            None if duplicates else attempt(form, lambda: services.edit(customer_id, form.values(), version=version))
        )
        if saved is not None:
            flash(_("%(name)s was saved.", name=saved.name), "success")
            return redirect(url_for("customers.show", customer_id=customer_id), 303)
    customer = queries.customer(customer_id)
    newer = newer_values(form, CustomerForm(formdata=None, obj=customer)) if is_stale() else []
    return (
        render_template("customers/edit.html", form=form, customer=customer, duplicates=duplicates, newer=newer),
        form_status(),
    )


@bp.post("/<id:customer_id>/archive")
def archive(customer_id: int) -> ResponseReturnValue:
    """Never deleted."""
    customer = services.archive(customer_id)
    flash(_("%(name)s was archived.", name=customer.name), "success")
    return redirect(url_for("customers.show", customer_id=customer_id), 303)


@bp.post("/<id:customer_id>/unarchive")
def unarchive(customer_id: int) -> ResponseReturnValue:
    """Active again."""
    customer = services.unarchive(customer_id)
    flash(_("%(name)s is active again.", name=customer.name), "success")
    return redirect(url_for("customers.show", customer_id=customer_id), 303)


@bp.route("/<id:customer_id>/contacts/new", methods=["GET", "POST"])
def new_contact(customer_id: int) -> ResponseReturnValue:
    """A person at the customer."""
    customer = queries.customer(customer_id)
    form = ContactForm()
    if form.validate_on_submit():
        contact = attempt(form, lambda: services.add_contact(customer_id, form.values()))
        if contact is not None:
            flash(_("%(name)s was saved.", name=contact.name), "success")
            return redirect(url_for("customers.show", customer_id=customer_id), 303)
    return render_template("customers/new_contact.html", form=form, customer=customer), form_status()


@bp.route("/<id:customer_id>/contact/<id:contact_id>/edit", methods=["GET", "POST"])
def edit_contact(customer_id: int, contact_id: int) -> ResponseReturnValue:
    """The person and the mails they get."""
    form = ContactForm(obj=queries.contact(customer_id, contact_id))
    if form.validate_on_submit():
        version = form.sent_version()
        saved = attempt(form, lambda: services.edit_contact(customer_id, contact_id, form.values(), version=version))
        if saved is not None:
            flash(_("%(name)s was saved.", name=saved.name), "success")
            return redirect(url_for("customers.show", customer_id=customer_id), 303)
    contact = queries.contact(customer_id, contact_id)
    newer = newer_values(form, ContactForm(formdata=None, obj=contact)) if is_stale() else []
    customer = queries.customer(customer_id)
    return (
        render_template("customers/edit_contact.html", form=form, contact=contact, customer=customer, newer=newer),
        form_status(),
    )


@bp.post("/<id:customer_id>/contact/<id:contact_id>/remove")
def remove_contact(customer_id: int, contact_id: int) -> ResponseReturnValue:
    """The one thing here that is deleted: no document names it."""
    name = services.remove_contact(customer_id, contact_id)
    flash(_("%(name)s was removed.", name=name), "success")
    return redirect(url_for("customers.show", customer_id=customer_id), 303)


def is_stale() -> bool:
    """Whether the form was refused because somebody else has saved meanwhile."""
    return bool(g.get("refused_status") == 409)  # noqa: PLR2004 - the law's own number


def form_status() -> int:
    """422 for a form that was refused, 409 for a stale one, 200 for a fresh one."""
    status: int = g.get("refused_status", 422) if request.method == "POST" else 200
    return status
