"""Rows of sites."""

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from fsm.company.models import Company
from fsm.core.db import session
from fsm.customers import importing
from fsm.customers.forms import NOTES_LENGTH
from fsm.customers.models import Customer, Site
from fsm.customers.services import name_key
from fsm.customers.sites import OLDEST_YEAR, SiteValues
from fsm.imports.fields import CUSTOMER_FIELDS, country, degrees, text, whole, yes_no
from fsm.imports.judging import CustomerFinder, Seen, Weigher, stamp_of
from fsm.imports.models import Fate
from fsm.imports.rows import Judged, Problem, Row, RowReader

_SITE_ADDRESS = (
    text(
        "street",
        _l("Street and number"),
        150,
        "address|address1|straat|adres|rue|adresse|strasse|siteaddress",
        example="Kaai 3",
    ),
    text("street2", _l("Address, second line"), 150, "address2|adres2|adresse2|complement|adresszusatz"),
    text("postal_code", _l("Postal code"), 10, "zip|zipcode|postcode|codepostal|cp|plz", example="9000"),
    text("city", _l("City"), 50, "town|gemeente|plaats|ville|localite|ort|stadt", example="Gent"),
    country("country_code", _l("Country"), "country|land|landcode|pays|codepays|staat"),
)
FIELDS = (
    text(
        "external_id",
        _l("Number in the former program"),
        50,
        "sitenumber|sitecode|siteid|locationcode|locatienummer"
        "|werfnummer|numerosite|codesite|standortnummer|ref|id|code|nummer",
        example="S-20",
        hint=_l("By it a site is found again when the file is imported a second time; else by customer and name."),
    ),
    *CUSTOMER_FIELDS,
    text(
        "name",
        _l("Name of the site"),
        100,
        "site|sitename|location|locatie|werf|werfnaam|chantier|nomsite|lieu|standort|objekt",
        required=True,
        example="Technical room",
    ),
    *_SITE_ADDRESS,
    text("phone", _l("Phone on site"), 40, "tel|telephone|telefoon|telefon|gsm|sitephone"),
    text("access_code", _l("Access code"), 100, "toegangscode|codeacces|codedacces|zugangscode|doorcode"),
    text("hazards", _l("Hazards"), 500, "hazard|gevaren|risicos|dangers|risques|gefahren"),
    text("notes", _l("Notes"), NOTES_LENGTH, "note|opmerking|opmerkingen|remarque|remarques|bemerkung|bemerkungen"),
    yes_no(
        "is_private_dwelling", _l("Private dwelling"), "dwelling|privewoning|woning|habitation|habitationprivee|wohnung"
    ),
    whole(
        "first_occupied_year",
        _l("Year of first occupation"),
        OLDEST_YEAR,
        2999,
        "yearbuilt|bouwjaar|jaareersteingebruikneming|anneedeconstruction|baujahr",
        example="1998",
    ),
    degrees(
        "latitude",
        _l("Latitude"),
        90,
        "lat|breedtegraad|breitengrad|gpslatitude|gpslat|partnerlatitude|geolatitude",
        example="51.054300",
        hint=_l("With the longitude: the board reckons the travel from site to site by them."),
    ),
    degrees(
        "longitude",
        _l("Longitude"),
        180,
        "lon|lng|long|lengtegraad|langengrad|laengengrad|gpslongitude|gpslon|gpslng|partnerlongitude|geolongitude",
        example="3.717400",
    ),
)
_OF_CUSTOMER = frozenset(one.name for one in CUSTOMER_FIELDS)


class SiteJudge:
    """A site is found by its number in the former program, else by its name at the customer."""

    def __init__(self, reader: RowReader, company: Company, today: dt.date) -> None:
        self.reader, self.today = reader, today
        self.finder = CustomerFinder(reader, company.country_code)
        self.defaults = {"country_code": company.country_code}
        self.seen = Seen()

    def stamp(self) -> tuple[Any, ...]:
        """Sites, and the customers that they belong to."""
        return stamp_of(Customer, Site)

    def judge(self, rows: Sequence[Row]) -> list[Judged]:
        """Five queries for a lot at most."""
        self.finder.load(rows)
        customers = {row.number: self.finder.find(row) for row in rows}
        by_id = sites_by(Site.external_id, {row.values.get("external_id") for row in rows} - {None})
        of_customers = sites_by(Site.customer_id, set(customers.values()) - {None})
        by_name: dict[tuple[int, str], list[Site]] = {}
        for site in of_customers:
            by_name.setdefault((site.customer_id, site.sort_key), []).append(site)
        known = {site.external_id: site for site in by_id}
        judged = [self._judge(row, customers[row.number], known, by_name) for row in rows]
        session.expunge_all()
        return judged

    def _judge(
        self,
        row: Row,
        customer_id: int | None,
        known: dict[str | None, Site],
        by_name: dict[tuple[int, str], list[Site]],
    ) -> Judged:
        external_id, name = row.values.get("external_id"), name_key(row.values.get("name", ""))
        site = known.get(external_id) if external_id else None
        key = ("id", external_id) if external_id else ("name", customer_id, name)
        column = "external_id" if external_id else "name"
        if problem := self.seen.problem(key, row, self.reader.column_of(column), row.texts.get(column, "")):
            row.problems.append(problem)
        if site is None and customer_id is not None:
            same = by_name.get((customer_id, name), [])
            same = [one for one in same if one.external_id is None or not external_id]
            if len(same) > 1:
                sentence = _("Several sites of this customer are called so.")
                row.problems.append(Problem(self.reader.column_of("name"), row.texts.get("name", ""), sentence))
            site = same[0] if same else None
        elif site is not None and customer_id is not None and site.customer_id != customer_id:
            sentence = _("This site belongs to another customer here.")
            row.problems.append(Problem(self.reader.column_of("external_id"), external_id or "", sentence))
        weigher = Weigher(
            SiteValues,
            FIELDS,
            self.reader,
            check=lambda values: importing.checked_site(
                values, customer_id or 0, site.payer_id if site else None, self.today
            ),
            columns_of=importing.site_columns,
            defaults=self.defaults,
        )
        more = {"external_id": external_id or (site.external_id if site else None), "customer_id": customer_id}
        given = {name: value for name, value in row.values.items() if name not in _OF_CUSTOMER | {"external_id"}}
        return weigher.weigh(row, site, given, label=str(row.values.get("name", "")), more=more)

    def write(self, judged: Sequence[Judged], progress: Callable[[int], None]) -> None:
        """By the owner of sites."""
        new = [one.plan for one in judged if one.fate is Fate.NEW]
        importing.write(Site, new, [one.plan for one in judged if one.fate is Fate.CHANGED], progress)


def sites_by(column: Any, wanted: set[Any]) -> Sequence[Site]:  # noqa: ANN401 - a column and its values
    """Sites with one of these values in the column."""
    query = sa.select(Site).where(column.in_(wanted)).order_by(Site.id)
    return session.scalars(query).all() if wanted else ()
