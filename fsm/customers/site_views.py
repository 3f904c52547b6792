"""Pages of sites and equipment, on the blueprint of ``views``."""

from flask import flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fsm.company.countries import country_name
from fsm.company.forms import newer_values
from fsm.core.transactions import attempt
from fsm.customers import dwellings, list_views, queries, sites  # noqa: F401 - list_views registers its pages
from fsm.customers.forms import EquipmentForm, SiteForm
from fsm.customers.models import Site
from fsm.customers.views import bp, form_status, is_stale, related
from fsm.users.history import timeline

__all__ = ["bp"]  # the roof registers it from here, so that these pages are on it


@bp.route("/<id:customer_id>/sites/new", methods=["GET", "POST"])
def new_site(customer_id: int) -> ResponseReturnValue:
    """Proposes the billing address."""
    customer = queries.customer(customer_id)
    address = customer.billing_address.as_dict()
    form = SiteForm(data=address | {"name": address["street"]})
    if form.validate_on_submit():
        site = attempt(form, lambda: sites.create_site(customer_id, form.values(), today=g.today))
        if site is not None:
            flash(_("%(name)s was saved.", name=site.name), "success")
            return redirect(url_for("customers.show_site", customer_id=customer_id, site_id=site.id), 303)
    return render_template("customers/new_site.html", form=form, customer=customer), form_status()


@bp.get("/<id:customer_id>/site/<id:site_id>")
def show_site(customer_id: int, site_id: int) -> ResponseReturnValue:
    """Address, access, hazards, equipment."""
    site = queries.site(customer_id, site_id)
    return render_template(
        "customers/show_site.html",
        customer=queries.customer(customer_id),
        site=site,
        consequence=_consequence(site),
        equipment=queries.equipment_of_site(site_id),
        related=related(customer_id=customer_id, site_id=site_id),
        history=timeline("site", site_id),
        country_name=country_name,
    )


def _consequence(site: Site) -> str:
    """What VAT works here are proposed at, if not the usual one."""
    return dwellings.consequence(g.company, site, site.payer or site.customer, g.today)


@bp.route("/<id:customer_id>/site/<id:site_id>/edit", methods=["GET", "POST"])
def edit_site(customer_id: int, site_id: int) -> ResponseReturnValue:
    """Also who pays for what is done here."""
    form = SiteForm(obj=queries.site(customer_id, site_id))
    if form.validate_on_submit():
        version = form.sent_version()
        saved = attempt(
            form, lambda: sites.edit_site(customer_id, site_id, form.values(), version=version, today=g.today)
        )
        if saved is not None:
            flash(f"{_('%(name)s was saved.', name=saved.name)} {_consequence(saved)}".strip(), "success")
            return redirect(url_for("customers.show_site", customer_id=customer_id, site_id=site_id), 303)
    site = queries.site(customer_id, site_id)
    newer = newer_values(form, SiteForm(formdata=None, obj=site)) if is_stale() else []
    return (
        render_template(
            "customers/edit_site.html",
            form=form,
            customer=queries.customer(customer_id),
            site=site,
            newer=newer,
            consequence=_consequence(site),
        ),
        form_status(),
    )


@bp.post("/<id:customer_id>/site/<id:site_id>/archive")
def archive_site(customer_id: int, site_id: int) -> ResponseReturnValue:
    """Offered no more for new orders."""
    site = sites.archive_site(customer_id, site_id)
    flash(_("%(name)s was archived.", name=site.name), "success")
    return redirect(url_for("customers.show_site", customer_id=customer_id, site_id=site_id), 303)


@bp.post("/<id:customer_id>/site/<id:site_id>/unarchive")
def unarchive_site(customer_id: int, site_id: int) -> ResponseReturnValue:
    """Offered again."""
    site = sites.unarchive_site(customer_id, site_id)
    flash(_("%(name)s is active again.", name=site.name), "success")
    return redirect(url_for("customers.show_site", customer_id=customer_id, site_id=site_id), 303)


@bp.route("/<id:customer_id>/site/<id:site_id>/equipment/new", methods=["GET", "POST"])
def new_equipment(customer_id: int, site_id: int) -> ResponseReturnValue:
    """A machine at the site."""
    site = queries.site(customer_id, site_id)
    form = EquipmentForm()
    if form.validate_on_submit():
        equipment = attempt(form, lambda: sites.add_equipment(customer_id, site_id, form.values()))
        if equipment is not None:
            flash(_("%(name)s was saved.", name=equipment.kind), "success")
            return redirect(url_for("customers.show_site", customer_id=customer_id, site_id=site_id), 303)
    return render_template("customers/new_equipment.html", form=form, site=site), form_status()


@bp.route("/<id:customer_id>/equipment/<id:equipment_id>/edit", methods=["GET", "POST"])
def edit_equipment(customer_id: int, equipment_id: int) -> ResponseReturnValue:
    """What kind, make, model and serial number, and its warranty."""
    form = EquipmentForm(obj=queries.equipment(customer_id, equipment_id))
    if form.validate_on_submit():
        version = form.sent_version()
        saved = attempt(form, lambda: sites.edit_equipment(customer_id, equipment_id, form.values(), version=version))
        if saved is not None:
            flash(_("%(name)s was saved.", name=saved.kind), "success")
            return redirect(url_for("customers.show_site", customer_id=customer_id, site_id=saved.site_id), 303)
    equipment = queries.equipment(customer_id, equipment_id)
    newer = newer_values(form, EquipmentForm(formdata=None, obj=equipment)) if is_stale() else []
    return (
        render_template(
            "customers/edit_equipment.html",
            form=form,
            equipment=equipment,
            site=equipment.site,
            newer=newer,
            history=timeline("equipment", equipment_id),
        ),
        form_status(),
    )


@bp.post("/<id:customer_id>/equipment/<id:equipment_id>/archive")
def archive_equipment(customer_id: int, equipment_id: int) -> ResponseReturnValue:
    """Out of use; its history stays."""
    equipment = sites.archive_equipment(customer_id, equipment_id)
    flash(_("%(name)s was archived.", name=equipment.kind), "success")
    return redirect(url_for("customers.show_site", customer_id=customer_id, site_id=equipment.site_id), 303)


@bp.post("/<id:customer_id>/equipment/<id:equipment_id>/unarchive")
def unarchive_equipment(customer_id: int, equipment_id: int) -> ResponseReturnValue:
    """In use again."""
    equipment = sites.unarchive_equipment(customer_id, equipment_id)
    flash(_("%(name)s is in use again.", name=equipment.kind), "success")
    return redirect(url_for("customers.show_site", customer_id=customer_id, site_id=equipment.site_id), 303)
