"""Rows of equipment."""

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from fsm.company.models import Company
from fsm.core.db import session
from fsm.customers import importing
from fsm.customers.forms import NOTES_LENGTH
from fsm.customers.models import Customer, Equipment, Site
from fsm.customers.services import name_key
from fsm.customers.sites import EquipmentValues
from fsm.imports.fields import CUSTOMER_FIELDS, day, text
from fsm.imports.judging import CustomerFinder, Seen, Weigher, stamp_of
from fsm.imports.models import Fate
from fsm.imports.rows import Judged, Problem, Row, RowReader
from fsm.imports.site_rows import sites_by

FIELDS = (
    text(
        "external_id",
        _l("Number in the former program"),
        50,
        "equipmentnumber|equipmentid|assetnumber|assetid|toestelnummer"
        "|installatienummer|numeroequipement|codeequipement|geratenummer|ref|id|code|nummer",
        example="E-7",
        hint=_l(
            "By it a machine is found again when the file is imported a second time; else by site, kind and serial number."
        ),
    ),
    text(
        "site_external_id",
        _l("Site: number in the former program"),
        50,
        "sitenumber|sitecode|siteid|locationcode|locatienummer|werfnummer|codesite|standortnummer",
        example="S-20",
    ),
    *CUSTOMER_FIELDS,
    text(
        "site_name",
        _l("Site: name"),
        100,
        "site|sitename|location|locatie|werf|chantier|nomsite|lieu|standort",
        hint=_l("With the customer, where no number of a site is given."),
    ),
    text(
        "kind",
        _l("Kind"),
        60,
        "type|equipment|soort|toestel|installatie|genre|appareil|equipement|art|gerat|product",
        required=True,
        example="Boiler",
    ),
    text(
        "make",
        _l("Make"),
        60,
        "brand|manufacturer|merk|fabrikant|marque|fabricant|marke|hersteller",
        example="Vaillant",
    ),
    text("model", _l("Model"), 60, "modele|modell|typenummer", example="ecoTEC plus"),
    text(
        "serial",
        _l("Serial number"),
        60,
        "serialnumber|serialno|sn|serienummer|numeroserie|numerodeserie|seriennummer|lot",
        example="VA-1",
    ),
    day(
        "installed_on",
        _l("Installed on"),
        "installed|installationdate|installatiedatum|geplaatstop|datedinstallation|dateinstallation|installiertam",
        example="2021-05-03",
    ),
    day(
        "warranty_until",
        _l("Warranty until"),
        "warranty|warrantydate|warrantyend|garantie|garantietot|findegarantie|garantiejusquau|garantiebis",
        example="2026-05-03",
    ),
    text("notes", _l("Notes"), NOTES_LENGTH, "note|opmerking|opmerkingen|remarque|remarques|bemerkung|bemerkungen"),
)


class EquipmentJudge:
    """A machine is found by its number in the former program, else by site, kind and serial number."""

    def __init__(self, reader: RowReader, company: Company) -> None:
        self.reader = reader
        self.finder = CustomerFinder(reader, company.country_code)
        self.weigher = Weigher(
            EquipmentValues,
            FIELDS,
            reader,
            check=importing.checked_equipment,
            columns_of=importing.equipment_columns,
        )
        self.seen = Seen()

    def stamp(self) -> tuple[Any, ...]:
        """Machines, and the customers and sites that they belong to."""
        return stamp_of(Customer, Site, Equipment)

    def judge(self, rows: Sequence[Row]) -> list[Judged]:
        """Six queries for a lot at most."""
        sites = self._find_sites(rows)
        by_id = {
            machine.external_id: machine
            for machine in _machines(Equipment.external_id, {row.values.get("external_id") for row in rows} - {None})
        }
        by_serial: dict[tuple[int, str, str], Equipment] = {}
        for machine in _machines(Equipment.site_id, set(sites.values()) - {None}):
            by_serial.setdefault((machine.site_id, name_key(machine.kind), machine.serial), machine)
        judged = [self._judge(row, sites[row.number], by_id, by_serial) for row in rows]
        session.expunge_all()
        return judged

    def _find_sites(self, rows: Sequence[Row]) -> dict[int, int | None]:
        by_number = [row for row in rows if "site_external_id" in row.values]
        known = {
            site.external_id: site.id
            for site in sites_by(Site.external_id, {row.values["site_external_id"] for row in by_number})
        }
        others = [row for row in rows if "site_external_id" not in row.values]
        self.finder.load(others)
        customers = {row.number: self.finder.find(row) for row in others}
        of_customer: dict[int, list[Site]] = {}
        for site in sites_by(Site.customer_id, set(customers.values()) - {None}):
            of_customer.setdefault(site.customer_id, []).append(site)
        found: dict[int, int | None] = {}
        for row in by_number:
            found[row.number] = known.get(row.values["site_external_id"])
            if found[row.number] is None:
                self._refuse(row, "site_external_id", _("There is no such site: import the sites first."))
        for row in others:
            found[row.number] = self._site_of(row, of_customer.get(customers[row.number] or 0, []))
        return found

    def _site_of(self, row: Row, sites: Sequence[Site]) -> int | None:
        """By its name at the customer; a customer's only site needs none."""
        name = row.values.get("site_name", "")
        fit = [site for site in sites if not name or site.sort_key == name_key(name)]
        if len(fit) == 1:
            return fit[0].id
        if not row.problems:
            few = _("There is no such site at this customer.")
            self._refuse(row, "site_name", _("Several sites fit: say which one.") if fit else few)
        return None

    def _refuse(self, row: Row, name: str, sentence: str) -> None:
        label = self.weigher.labels.get(name, name)
        row.problems.append(Problem(self.reader.column_of(name, label), row.texts.get(name, ""), sentence))

    def _judge(
        self,
        row: Row,
        site_id: int | None,
        by_id: dict[str | None, Equipment],
        by_serial: dict[tuple[int, str, str], Equipment],
    ) -> Judged:
        external_id = row.values.get("external_id")
        place = (site_id or 0, name_key(row.values.get("kind", "")), row.values.get("serial", ""))
        key: Any = ("id", external_id) if external_id else ("serial", place)
        column = "external_id" if external_id else "serial"
        if site_id and (
            problem := self.seen.problem(key, row, self.reader.column_of(column), row.texts.get(column, ""))
        ):
            row.problems.append(problem)
        machine = by_id.get(external_id) if external_id else None
        if machine is None and (found := by_serial.get(place)) and (found.external_id is None or not external_id):
            machine = found
        if machine is not None and machine.site_id != site_id and site_id:
            self._refuse(row, "external_id", _("This machine stands at another site here."))
        given = {name: value for name, value in row.values.items() if name in self.weigher.names}
        more = {"external_id": external_id or (machine.external_id if machine else None), "site_id": site_id}
        label = " ".join(filter(None, (row.values.get("kind"), row.values.get("make"), row.values.get("serial"))))
        return self.weigher.weigh(row, machine, given, label=label, more=more)

    def write(self, judged: Sequence[Judged], progress: Callable[[int], None]) -> None:
        """By the owner of equipment."""
        new = [one.plan for one in judged if one.fate is Fate.NEW]
        importing.write(Equipment, new, [one.plan for one in judged if one.fate is Fate.CHANGED], progress)


def _machines(column: Any, wanted: set[Any]) -> Sequence[Equipment]:  # noqa: ANN401 - a column and its values
    query = sa.select(Equipment).where(column.in_(wanted)).order_by(Equipment.id)
    return session.scalars(query).all() if wanted else ()
