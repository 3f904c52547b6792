"""Sites and the equipment at them: the verbs."""

import datetime as dt
from dataclasses import asdict, dataclass
from decimal import Decimal

from flask_babel import gettext as _

from fsm.core import audit
from fsm.core.db import lock, session
from fsm.core.errors import DomainError, NotFoundError
from fsm.core.state import check_version
from fsm.customers.models import Customer, Equipment, Site
from fsm.customers.services import NAME_LENGTH, apply, check_country, check_lengths, locked, name_key

OLDEST_YEAR = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteValues:
    """Where work is done. ``first_occupied_year`` decides on the reduced VAT rate of dwellings (accounting.md 6)."""

    name: str
    street: str = ""
    street2: str = ""
    postal_code: str = ""
    city: str = ""
    country_code: str = "BE"
    payer_id: int | None = None
    phone: str = ""
    access_code: str = ""
    hazards: str = ""
    notes: str = ""
    is_private_dwelling: bool = False
    first_occupied_year: int | None = None
    latitude: Decimal | None = None
    longitude: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EquipmentValues:
    """A machine at a site."""

    kind: str
    make: str = ""
    model: str = ""
    serial: str = ""
    installed_on: dt.date | None = None
    warranty_until: dt.date | None = None
    notes: str = ""


def create_site(customer_id: int, values: SiteValues, *, today: dt.date) -> Site:
    """A new site of a customer. DomainError at the field that is wrong."""
    customer = locked(customer_id)
    check_site(values, customer.id, None, today)
    site = Site(customer_id=customer.id, **asdict(values), sort_key=name_key(values.name))
    session.add(site)
    session.flush()
    audit.note([("site", site.id), ("customer", customer.id)], _("Site %(name)s was added.", name=site.name))
    return site


def create_first_site(customer: Customer, *, today: dt.date) -> Site:
    """A site at the new customer's billing address, named after its street."""
    address = customer.billing_address
    values = SiteValues(
        name=address.street[:NAME_LENGTH] or customer.name,
        street=address.street,
        street2=address.street2,
        postal_code=address.postal_code,
        city=address.city,
        country_code=address.country_code,
        phone=customer.phone,
    )
    return create_site(customer.id, values, today=today)


def edit_site(customer_id: int, site_id: int, values: SiteValues, *, version: int | None, today: dt.date) -> Site:
    """NotFoundError for a site of another customer."""
    site = _locked_site(customer_id, site_id)
    check_version(site.version, version)
    check_site(values, customer_id, site.payer_id, today)
    apply(site, asdict(values) | {"sort_key": name_key(values.name)})
    if session.is_modified(site):
        session.flush()
        audit.note([("site", site.id), ("customer", customer_id)], _("Site %(name)s was changed.", name=site.name))
    return site


def archive_site(customer_id: int, site_id: int) -> Site:
    """Offered no more for new orders."""
    site = _locked_site(customer_id, site_id)
    if site.archived_at is None:
        site.archived_at = audit.now()
        session.flush()
        audit.note([("site", site.id), ("customer", customer_id)], _("Site %(name)s was archived.", name=site.name))
    return site


def unarchive_site(customer_id: int, site_id: int) -> Site:
    """Offered again."""
    site = _locked_site(customer_id, site_id)
    if site.archived_at is not None:
        site.archived_at = None
        session.flush()
        audit.note([("site", site.id), ("customer", customer_id)], _("Site %(name)s is active again.", name=site.name))
    return site


def add_equipment(customer_id: int, site_id: int, values: EquipmentValues) -> Equipment:
    """A machine at a site of this customer."""
    site = _locked_site(customer_id, site_id)
    check_equipment(values)
    equipment = Equipment(site_id=site.id, **asdict(values))
    session.add(equipment)
    session.flush()
    audit.note(_subjects(equipment), _("%(equipment)s was added.", equipment=equipment.kind))
    return equipment


def edit_equipment(customer_id: int, equipment_id: int, values: EquipmentValues, *, version: int | None) -> Equipment:
    """NotFoundError for a machine at another customer's site."""
    equipment = _locked_equipment(customer_id, equipment_id)
    check_version(equipment.version, version)
    check_equipment(values)
    apply(equipment, asdict(values))
    if session.is_modified(equipment):
        session.flush()
        audit.note(_subjects(equipment), _("%(equipment)s was changed.", equipment=equipment.kind))
    return equipment


def archive_equipment(customer_id: int, equipment_id: int) -> Equipment:
    """Gone from the site, or out of use; its history stays."""
    equipment = _locked_equipment(customer_id, equipment_id)
    if equipment.archived_at is None:
        equipment.archived_at = audit.now()
        session.flush()
        audit.note(_subjects(equipment), _("%(equipment)s was archived.", equipment=equipment.kind))
    return equipment


def unarchive_equipment(customer_id: int, equipment_id: int) -> Equipment:
    """In use again."""
    equipment = _locked_equipment(customer_id, equipment_id)
    if equipment.archived_at is not None:
        equipment.archived_at = None
        session.flush()
        audit.note(_subjects(equipment), _("%(equipment)s is in use again.", equipment=equipment.kind))
    return equipment


def _subjects(equipment: Equipment) -> list[tuple[str, int]]:
    return [("equipment", equipment.id), ("site", equipment.site_id)]


def _locked_site(customer_id: int, site_id: int) -> Site:
    site: Site | None = lock(Site, [site_id]).get(site_id)
    if site is None or site.customer_id != customer_id:
        raise NotFoundError(_("There is no such site of this customer."))
    return site


def _locked_equipment(customer_id: int, equipment_id: int) -> Equipment:
    equipment: Equipment | None = lock(Equipment, [equipment_id]).get(equipment_id)
    if equipment is None or equipment.site.customer_id != customer_id:
        raise NotFoundError(_("There is no such equipment at this customer."))
    return equipment


def check_site(values: SiteValues, customer_id: int, old_payer_id: int | None, today: dt.date) -> None:
    """DomainError at the field that is wrong; a payer that was there before stays."""
    check_lengths(Site, values)
    check_country(values.country_code, "country_code")
    year = values.first_occupied_year
    if year is not None and not OLDEST_YEAR <= year <= today.year:
        raise DomainError(
            _("The year lies between %(low)s and %(high)s.", low=OLDEST_YEAR, high=today.year), "first_occupied_year"
        )
    _check_place(values)
    if values.payer_id is not None and values.payer_id != old_payer_id:
        _check_payer(values.payer_id, customer_id)


def _check_place(values: SiteValues) -> None:
    for name, degrees, most in (("latitude", values.latitude, 90), ("longitude", values.longitude, 180)):
        if degrees is not None and abs(degrees) > most:
            raise DomainError(_("Between %(low)s and %(high)s.", low=-most, high=most), name)
    if (values.latitude is None) != (values.longitude is None):
        missing = "latitude" if values.latitude is None else "longitude"
        raise DomainError(_("A place on the map has a latitude and a longitude."), missing)


def _check_payer(payer_id: int, customer_id: int) -> None:
    if payer_id == customer_id:
        raise DomainError(_("The customer pays anyway: leave this empty."), "payer_id")
    payer = session.get(Customer, payer_id)
    if payer is None:
        raise DomainError(_("There is no such customer."), "payer_id")
    if payer.archived_at is not None:
        raise DomainError(_("%(name)s is archived.", name=payer.name), "payer_id")


def check_equipment(values: EquipmentValues) -> None:
    """DomainError at the field that is wrong."""
    check_lengths(Equipment, values)
    if not values.kind.strip():
        raise DomainError(_("Say what kind of equipment it is."), "kind")
    if values.installed_on and values.warranty_until and values.warranty_until < values.installed_on:
        raise DomainError(_("The warranty cannot end before the equipment was installed."), "warranty_until")
