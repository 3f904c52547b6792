"""Customers with their contacts, sites and machines."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal

from fsm.company.models import Language
from fsm.customers import services, sites
from fsm.customers.services import ContactValues, CustomerValues
from fsm.customers.sites import EquipmentValues, SiteValues
from fsm.demo.scene import Scene
from fsm.demo.tables import rows

DUTCH, FRENCH, GERMAN = Language.DUTCH, Language.FRENCH, Language.GERMAN
_LANGUAGES = {"nl": DUTCH, "fr": FRENCH, "de": GERMAN}


def load(scene: Scene) -> None:
    """In the order of the tables: a payer stands before the sites that it pays."""
    for row in rows("customers"):
        scene.customers[row["key"]] = services.create(_customer(row)).id
    for row in rows("contacts"):
        services.add_contact(
            scene.customers[row["customer"]],
            ContactValues(
                name=row["name"],
                function=row["function"],
                email=row["email"],
                phone=row["phone"],
                gets_quotes="q" in row["gets"],
                gets_invoices="i" in row["gets"],
                gets_reminders="r" in row["gets"],
                gets_visit_messages="v" in row["gets"],
            ),
        )
    for row in rows("sites"):
        values = _site(row)
        if row["payer"]:
            values = replace(values, payer_id=scene.customers[row["payer"]])
        site = sites.create_site(scene.customers[row["customer"]], values, today=scene.today)
        scene.sites[row["key"]] = site.id
    of_site = {row["key"]: scene.customers[row["customer"]] for row in rows("sites")}
    for row in rows("equipment"):
        machine = sites.add_equipment(of_site[row["site"]], scene.sites[row["site"]], _equipment(row, scene.today))
        scene.equipment[row["key"]] = machine.id


def _customer(row: dict[str, str]) -> CustomerValues:
    kind = row["kind"]
    return CustomerValues(
        name=row["name"],
        is_business=kind != "consumer",
        vat_number=row["vat_number"],
        enterprise_number=row["enterprise_number"],
        is_subject_to_vat=kind in {"taxpayer", "small"},
        files_periodic_returns=kind != "small",
        language=_LANGUAGES[row["language"]],
        days_due=int(row["days_due"]),
        agreed_to_electronic_documents=kind == "consumer" and bool(row["email"]),
        email=row["email"],
        phone=row["phone"],
        notes=row["notes"],
        billing_street=row["street"],
        billing_postal_code=row["postal_code"],
        billing_city=row["city"],
        billing_country_code=row["country"],
    )


def _site(row: dict[str, str]) -> SiteValues:
    return SiteValues(
        name=row["name"],
        street=row["street"],
        postal_code=row["postal_code"],
        city=row["city"],
        phone=row["phone"],
        access_code=row["access_code"],
        hazards=row["hazards"],
        notes=row["notes"],
        is_private_dwelling=bool(row["first_occupied_year"]),
        first_occupied_year=int(row["first_occupied_year"]) if row["first_occupied_year"] else None,
        latitude=Decimal(row["latitude"]),
        longitude=Decimal(row["longitude"]),
    )


def _equipment(row: dict[str, str], today: dt.date) -> EquipmentValues:
    installed_on = today - dt.timedelta(days=int(row["days_old"]))
    warranty_days = int(row["warranty_days"] or 0)
    return EquipmentValues(
        kind=row["kind"],
        make=row["make"],
        model=row["model"],
        serial=row["serial"],
        installed_on=installed_on,
        warranty_until=installed_on + dt.timedelta(days=warranty_days) if warranty_days else None,
        notes=row["notes"],
    )
