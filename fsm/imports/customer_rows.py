"""Rows of customers."""

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from fsm.company.countries import CURRENCIES
from fsm.company.models import Company
from fsm.core.db import session
from fsm.customers import importing
from fsm.customers.forms import NOTES_LENGTH
from fsm.customers.models import Customer
from fsm.customers.services import MAX_DAYS_DUE, CustomerValues, name_key
from fsm.imports.fields import country, currency, language, text, whole, yes_no
from fsm.imports.judging import Seen, Weigher, stamp_of
from fsm.imports.models import Fate
from fsm.imports.rows import Judged, Row, RowReader

EXTERNAL_ID = text(
    "external_id",
    _l("Number in the former program"),
    50,
    "customernumber|customercode|customerid|clientnumber|clientcode|clientid|number|code|id|ref"
    "|reference|klantnummer|klantcode|klantnr|relatiecode|relatienummer|debiteurnummer|nummer|codeclient|codetiers"
    "|numeroclient|refclient|numero|kundennummer|kundennr|accountcode|account|internalreference",
    example="K-1001",
    hint=_l("By it a customer is found again when the file is imported a second time."),
)
FIELDS = (
    EXTERNAL_ID,
    text(
        "name",
        _l("Name"),
        100,
        "customer|client|klant|kunde|clientname|customername|company|companyname|bedrijf|bedrijfsnaam|klantnaam|naam|nom"
        "|nomclient|nomdutiers|raisonsociale|societe|tiers|thirdpartyname|firma|firmenname|displayname|accountname|naam1",
        required=True,
        example="Bakkerij Peeters",
    ),
    text(
        "attention",
        _l("For the attention of"),
        100,
        "attention|contact|contactname|contactpersoon|tav|alattentionde"
        "|ansprechpartner|personnedecontact|contactfullname",
        example="An Peeters",
    ),
    yes_no(
        "is_business",
        _l("Business"),
        "business|iscompany|zakelijk|bedrijfjanee|professionnel|estunesociete|geschaftlich",
        example="yes",
        hint=_l("Where it is not given: yes with a VAT or enterprise number, no without."),
    ),
    text(
        "vat_number",
        _l("VAT number"),
        30,
        "vat|vatnumber|vatno|vatid|taxid|taxnumber|btw|btwnummer|btwnr|tva|numerotva"
        "|numtva|ntva|numerodetva|tvaintracommunautaire|ustid|ustidnr|umsatzsteuerid|vatregistrationnumber",
        example="BE0403170701",
    ),
    text(
        "enterprise_number",
        _l("Enterprise number"),
        20,
        "enterprisenumber|idnumber|companynumber|registrationnumber|companyid"
        "|companyregistry|ondernemingsnummer|kbonummer|kbo|numeroentreprise|bce|siren|siret|idprof1|chamberofcommerce"
        "|handelsregister",
    ),
    yes_no(
        "is_subject_to_vat",
        _l("Subject to VAT"),
        "subjecttovat|btwplichtig|assujetti|assujettitva|vatliable|tvaassujetti|umsatzsteuerpflichtig",
        hint=_l("Where it is not given: yes with a VAT number."),
    ),
    yes_no(
        "files_periodic_returns",
        _l("Files periodic VAT returns"),
        "periodicreturns|periodiekeaangiften|declarationsperiodiques",
    ),
    language(
        "language", _l("Language of documents"), "lang|language|languagecode|taal|taalcode|langue|sprache|defaultlang"
    ),
    currency(
        "currency", _l("Currency"), "currency|currencycode|munt|valuta|devise|monnaie|wahrung|currencyid", CURRENCIES
    ),
    whole(
        "days_due",
        _l("Payment term"),
        0,
        MAX_DAYS_DUE,
        "paymentterm|paymentterms|paymentdays|creditdays|betaaltermijn"
        "|betalingstermijn|vervaldagen|delaidepaiement|conditionsdereglement|echeance|zahlungsziel|dagen",
        example="30",
        hint=_l("Days; 0: no term."),
    ),
    yes_no(
        "automatic_reminders",
        _l("Automatic reminders"),
        "sendreminders|reminders|aanmaningen|rappels|relances|mahnungen",
    ),
    yes_no(
        "agreed_to_electronic_documents", _l("Agreed to electronic documents"), "einvoice|efactuur|efacture|sendbyemail"
    ),
    text(
        "email",
        _l("E-mail"),
        200,
        "email|emailaddress|mail|emailadres|adresseemail|courriel|emailadresse|contactemail",
        example="an@peeters.example",
    ),
    text(
        "phone",
        _l("Phone"),
        40,
        "phone|phonenumber|telephone|tel|telefoon|telefoonnummer|gsm|mobile|telefon|clientphone"
        "|contactphone|telephone1",
        example="09 225 01 02",
    ),
    text(
        "notes",
        _l("Notes"),
        NOTES_LENGTH,
        "notes|note|comment|comments|opmerking|opmerkingen|nota|remarque|remarques"
        "|notepublique|notepublic|privatenotes|bemerkung|bemerkungen|memo",
    ),
    text(
        "billing_street",
        _l("Street and number"),
        150,
        "street|address|address1|addressline1|straat|straatennummer|adres"
        "|adres1|rue|adresse|adresse1|strasse|invoiceaddress|clientaddress|billingaddress|billingstreet",
        example="Dorpsstraat 1",
    ),
    text(
        "billing_street2",
        _l("Address, second line"),
        150,
        "street2|address2|addressline2|adres2|adresse2|complement"
        "|complementadresse|adresszusatz|apartment|apt|bus|boite",
    ),
    text(
        "billing_postal_code",
        _l("Postal code"),
        10,
        "zip|zipcode|postalcode|postcode|codepostal|cp|plz|postleitzahl|clientpostalcode",
        example="9000",
    ),
    text(
        "billing_city",
        _l("City"),
        50,
        "city|town|gemeente|plaats|stad|woonplaats|ville|localite|ort|stadt|clientcity",
        example="Gent",
    ),
    country(
        "billing_country_code",
        _l("Country"),
        "country|countrycode|land|landcode|pays|codepays|countryid|clientcountry|staat",
    ),
    text(
        "delivery_street",
        _l("Delivery: street and number"),
        150,
        "shippingaddress|shippingaddress1|shippingstreet|leveradres|adressedelivraison|deliveryaddress|lieferadresse",
    ),
    text("delivery_street2", _l("Delivery: second line"), 150, "shippingaddress2|shippingstreet2|leveradres2"),
    text(
        "delivery_postal_code",
        _l("Delivery: postal code"),
        10,
        "shippingpostalcode|shippingzip|leverpostcode|cplivraison",
    ),
    text("delivery_city", _l("Delivery: city"), 50, "shippingcity|leverplaats|villelivraison"),
    country("delivery_country_code", _l("Delivery: country"), "shippingcountry|leverland|payslivraison"),
)
_DELIVERY = ("delivery_street", "delivery_street2", "delivery_postal_code", "delivery_city")


class CustomerJudge:
    """A customer is found by its number in the former program, else by VAT number, else by name and postal code."""

    def __init__(self, reader: RowReader, company: Company) -> None:
        self.company = company
        self.reader = reader
        self.weigher = Weigher(
            CustomerValues,
            FIELDS,
            reader,
            check=importing.checked_customer,
            columns_of=importing.customer_columns,
            defaults={"billing_country_code": company.country_code, "delivery_country_code": company.country_code},
        )
        self.seen, self.claimed = Seen(), set[int]()
        self.numbers_seen: dict[str, int] = {}

    def stamp(self) -> tuple[Any, ...]:
        """Customers only."""
        return stamp_of(Customer)

    def judge(self, rows: Sequence[Row]) -> list[Judged]:
        """Three queries for a lot."""
        vat_numbers = {row.number: self._vat_number(row) for row in rows}
        found = importing.Known(
            external_ids={row.values["external_id"] for row in rows if "external_id" in row.values},
            vat_numbers=set(vat_numbers.values()) - {""},
            names={name_key(row.values["name"]) for row in rows if "name" in row.values},
        )
        judged = [self._judge(row, vat_numbers[row.number], found) for row in rows]
        session.expunge_all()
        return judged

    def _vat_number(self, row: Row) -> str:
        """As it is stored; empty where it is none, which the check will say."""
        country_code = row.values.get("billing_country_code", self.company.country_code)
        return importing.stored_vat_number(row.values.get("vat_number", ""), country_code)

    def _judge(self, row: Row, vat_number: str, known: importing.Known) -> Judged:
        values = row.values
        warnings: list[str] = []
        existing = self._existing(row, vat_number, known, warnings)
        given = {name: value for name, value in values.items() if name != "external_id"}
        if existing is None:
            has_number = bool(given.get("vat_number"))
            given.setdefault("is_business", has_number or bool(given.get("enterprise_number")))
            given.setdefault("is_subject_to_vat", has_number)
        if any(given.get(name) for name in _DELIVERY):
            given["has_delivery_address"] = True
        external_id = values.get("external_id") or (existing.external_id if existing is not None else None)
        judged = self.weigher.weigh(
            row,
            existing,
            given,
            label=str(values.get("name", row.texts.get("external_id", ""))),
            more={"external_id": external_id},
            warnings=warnings,
        )
        if judged.fate is not Fate.ERROR and vat_number and existing is None:
            self._warn_of_twins(row, vat_number, known, warnings)
        return judged

    def _existing(self, row: Row, vat_number: str, known: importing.Known, warnings: list[str]) -> Customer | None:
        external_id, name = row.values.get("external_id"), name_key(row.values.get("name", ""))
        postal_code = row.values.get("billing_postal_code", "")
        key = ("id", external_id) if external_id else ("vat", vat_number) if vat_number else ("name", name, postal_code)
        column = "external_id" if external_id else "vat_number" if vat_number else "name"
        problem = self.seen.problem(key, row, self.reader.column_of(column), row.texts.get(column, ""))
        if problem:
            row.problems.append(problem)
            return None
        if external_id and (found := known.by_external_id.get(external_id)):
            return found
        same_number = known.by_vat_number.get(vat_number, [])
        same_name = [one for one in known.by_name.get(name, []) if one.billing_postal_code == postal_code]
        if external_id:  # only what came from elsewhere without a number, or was made by hand, may take this one
            same_number = [one for one in same_number if one.external_id is None]
            same_name = [one for one in same_name if one.external_id is None]
        same_name = [one for one in same_name if not vat_number or one.vat_number in {"", vat_number}]
        for found_by, column in ((same_number, "vat_number"), (same_name, "name")):
            free = [one for one in found_by if one.id not in self.claimed]
            if len(free) > 1 and not external_id:
                sentence = _("Several customers here fit: give their numbers in the former program.")
                row.problems.append(self.weigher.problem(row, importing.refusal(sentence, column)))
                return None
            if len(free) == 1:
                self.claimed.add(free[0].id)
                if found_by is same_name:
                    warnings.append(_("Found by name and postal code: customer %(id)s.", id=free[0].id))
                return free[0]
        return None

    def _warn_of_twins(self, row: Row, vat_number: str, known: importing.Known, warnings: list[str]) -> None:
        first = self.numbers_seen.setdefault(vat_number, row.number)
        if first != row.number:
            warnings.append(_("Row %(number)s has the same VAT number.", number=first))
        elif known.by_vat_number.get(vat_number):
            warnings.append(_("Another customer here has the same VAT number."))

    def write(self, judged: Sequence[Judged], progress: Callable[[int], None]) -> None:
        """By the owner of customers."""
        importing.write(
            Customer,
            [one.plan for one in judged if one.fate is Fate.NEW],
            [one.plan for one in judged if one.fate is Fate.CHANGED],
            progress,
        )


def names_of(customer_ids: set[int]) -> dict[int, str]:
    """For labels of rows."""
    query = sa.select(Customer.id, Customer.name).where(Customer.id.in_(customer_ids))
    return dict(session.execute(query).all()) if customer_ids else {}
