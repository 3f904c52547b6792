"""``/clients``: customers, with their contacts and sites, in S3's style."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

import sqlalchemy as sa

from fsm.api.addresses import LANGUAGES, PARTS, AddressPart, country_of, shown_address
from fsm.api.fields import OneOf, Text, WireSchema, YesNo
from fsm.api.numbers import Id, Integer, Number
from fsm.api.query import Column, found_by_words
from fsm.api.resource import Asker, Part, Resource, Shown, Values, Verbs
from fsm.core.db import session
from fsm.customers import services, sites
from fsm.customers.models import Contact, Customer, Site
from fsm.customers.services import ContactValues, CustomerValues
from fsm.customers.sites import SiteValues
from fsm.users.actor import Actor

STATES = {"active": True, "archived": False}


class ClientSchema(WireSchema):
    """A customer; ``attribute`` is our name for the field."""

    client_id = Id(attribute="id", reads=False, example=1001)
    uri = Text(reads=False)
    external_client_id = Text(50, attribute="other_id", note="The same as number.")
    number = Text(50, attribute="external_id", note="Its number in your own program; unique.", example="C-17")
    name = Text(100, needed=True, example="IT Services BVBA")
    attention = Text(100, example="Administration Department")
    is_business = YesNo(default="yes")
    tax_code = Text(20, attribute="vat_number", note="VAT number; checked.", example="BE0403170701")
    enterprise_number = Text(20)
    is_subject_to_tax = YesNo(attribute="is_subject_to_vat", default="no")
    street = Text(150, attribute="billing_street", example="Olifantstraat 200")
    street2 = Text(150, attribute="billing_street2")
    postal_code = Text(10, attribute="billing_postal_code", example="9000")
    city = Text(50, attribute="billing_city", example="Gent")
    country_code = Text(2, attribute="billing_country_code", pattern="[A-Z]{2}", default="BE", example="BE")
    country = Text(reads=False)
    delivery_address = AddressPart(note="Where it is another one than the billing address.")
    language = OneOf(LANGUAGES, note="Empty: the company's.")
    currency = Text(3, pattern="[A-Z]{3}", default="EUR")
    days_due = Integer(0, 999, note="Empty: the company's payment term; 0: no term.")
    automatic_reminders = YesNo(note="Empty: as the settings say.")
    agreed_to_electronic_documents = YesNo(default="no")
    email_address = Text(200, attribute="email", example="office@it-services.example")
    phone_number = Text(40, attribute="phone")
    remarks = Text(10_000, attribute="notes")
    state = OneOf(STATES, attribute="is_active", default="active")


class ContactSchema(WireSchema):
    """Somebody at a customer."""

    contact_id = Id(attribute="id", reads=False)
    name = Text(100, needed=True, example="Bart Decouster")
    function = Text(60)
    email_address = Text(200, attribute="email")
    phone_number = Text(40, attribute="phone")
    gets_quotes = YesNo(default="no")
    gets_invoices = YesNo(default="no")
    gets_reminders = YesNo(default="no")
    gets_visit_messages = YesNo(default="no")


class SiteSchema(WireSchema):
    """Where work is done."""

    site_id = Id(attribute="id", reads=False)
    name = Text(100, needed=True, example="Bakery Gent")
    street = Text(150)
    street2 = Text(150)
    postal_code = Text(10)
    city = Text(50)
    country_code = Text(2, pattern="[A-Z]{2}", default="BE")
    payer_id = Id(note="Another customer, who gets the invoices of this site.")
    phone_number = Text(40, attribute="phone")
    hazards = Text(500)
    remarks = Text(10_000, attribute="notes")
    is_private_dwelling = YesNo(default="no")
    first_occupied_year = Integer(1000, 2999)
    latitude = Number(6, -90, 90, note="In degrees, with the longitude or not at all.", example="51.0543")
    longitude = Number(6, -180, 180, example="3.7174")


CLIENT, CONTACT, SITE = ClientSchema(), ContactSchema(), SiteSchema()
NAMES = {known.attribute or name: name for name, known in CLIENT.fields.items()} | {
    f"delivery_{part}": f"delivery_address.{part}" for part in PARTS
}


def _values(data: Values, base: CustomerValues | None) -> CustomerValues:
    """What is given over what there was; ``base`` None: over the defaults."""
    names = {field.name for field in fields(CustomerValues)}
    values = asdict(base) if base else {}
    values |= {name: value for name, value in data.items() if name in names}
    if "delivery_address" in data:
        address = data["delivery_address"] or {}
        values["has_delivery_address"] = bool(address)
        values |= {f"delivery_{part}": address.get(part, "") for part in PARTS if address}
    return CustomerValues(**values)


def _present(customer: Customer) -> CustomerValues:
    return CustomerValues(**{field.name: getattr(customer, field.name) for field in fields(CustomerValues)})


def create(data: Values, who: Asker) -> int:
    customer = services.create(_values(data, None))
    sites.create_first_site(customer, today=who.today)  # as the page does: work needs a place
    _more(customer.id, data, who)
    return customer.id


def change(client_id: int, data: Values, who: Asker) -> None:
    customer = services.locked(client_id)
    services.edit(client_id, _values(data, _present(customer)), version=None)
    _more(client_id, data, who)


def replace(client_id: int, data: Values, who: Asker) -> None:
    services.edit(client_id, _values(data, None), version=None)
    _more(client_id, {"external_id": "", "is_active": True} | data, who)


def _more(client_id: int, data: Values, _who: Asker) -> None:
    """What is no plain value of a customer."""
    number = data.get("external_id") or data.get("other_id")
    if number or "external_id" in data:
        services.set_external_id(client_id, number or "")
    if "is_active" in data:
        (services.unarchive if data["is_active"] else services.archive)(client_id)


def delete(client_id: int, _who: Asker) -> None:
    """A customer has history: it is archived, never deleted."""
    services.archive(client_id)


def rows(found: Sequence[Customer], view: Shown, _actor: Actor) -> list[Values]:
    return [_row(customer, view) for customer in found]


def _row(customer: Customer, view: Shown) -> Values:
    row = {field.name: getattr(customer, field.name) for field in fields(CustomerValues)}
    return row | {
        "id": customer.id,
        "uri": f"{view.root}/clients/{customer.id}",
        "external_id": customer.external_id or "",
        "other_id": customer.external_id or "",
        "country": country_of(customer.billing_country_code, customer.language),
        "delivery_address": shown_address(customer.own_delivery_address.as_dict(), customer.language)
        if customer.has_delivery_address
        else None,
        "is_active": customer.archived_at is None,
    }


def _contacts(ids: Sequence[int], _view: Shown, _actor: Actor) -> Mapping[int, Sequence[Values]]:
    return _of_parent(Contact, Contact.customer_id, ids, CONTACT)


def _sites(ids: Sequence[int], _view: Shown, _actor: Actor) -> Mapping[int, Sequence[Values]]:
    return _of_parent(Site, Site.customer_id, ids, SITE)


def _of_parent(model: Any, parent: Any, ids: Sequence[int], schema: WireSchema) -> Mapping[int, Sequence[Values]]:  # noqa: ANN401 - a mapped class and its column
    found: dict[int, list[Values]] = {}
    names = [(name, known.attribute or name) for name, known in schema.fields.items()]
    for row in session.scalars(sa.select(model).where(parent.in_(ids)).order_by(model.id)):
        values = {attribute: getattr(row, attribute) for _name, attribute in names}
        found.setdefault(getattr(row, parent.key), []).append(values)
    return found


def _partial(kind: type[Any], row: Any, data: Values) -> Any:  # noqa: ANN401 - a dataclass and the row that has its fields
    known = {field.name for field in fields(kind)}
    values = {name: getattr(row, name) for name in known} if row is not None else {}
    return kind(**(values | {name: value for name, value in data.items() if name in known}))


def _create_contact(client_id: int, data: Values, _who: Asker) -> int:
    return services.add_contact(client_id, ContactValues(**data)).id


def _change_contact(client_id: int, contact_id: int, data: Values, _who: Asker) -> None:
    row = session.get_one(Contact, contact_id)
    services.edit_contact(client_id, contact_id, _partial(ContactValues, row, data), version=None)


def _replace_contact(client_id: int, contact_id: int, data: Values, _who: Asker) -> None:
    services.edit_contact(client_id, contact_id, ContactValues(**data), version=None)


def _delete_contact(client_id: int, contact_id: int, _who: Asker) -> None:
    services.remove_contact(client_id, contact_id)


def _create_site(client_id: int, data: Values, who: Asker) -> int:
    return sites.create_site(client_id, SiteValues(**data), today=who.today).id


def _change_site(client_id: int, site_id: int, data: Values, who: Asker) -> None:
    row = session.get_one(Site, site_id)
    sites.edit_site(client_id, site_id, _partial(SiteValues, row, data), version=None, today=who.today)


def _archive_site(client_id: int, site_id: int, _who: Asker) -> None:
    sites.archive_site(client_id, site_id)


COLUMNS: dict[str, Column] = {
    "client_id": Column(Customer.id, Id(), sorts=True),
    "number": Column(Customer.external_id, Text(50), sorts=False),
    "external_client_id": Column(Customer.external_id, Text(50)),
    "name": Column(Customer.name, Text(100)),
    "sort_name": Column(Customer.sort_key, Text(100), sorts=True),
    "tax_code": Column(Customer.vat_number, Text(20)),
    "enterprise_number": Column(Customer.enterprise_number, Text(20)),
    "email_address": Column(Customer.email, Text(200)),
    "phone_number": Column(Customer.phone, Text(40)),
    "postal_code": Column(Customer.billing_postal_code, Text(10)),
    "city": Column(Customer.billing_city, Text(50)),
    "country_code": Column(Customer.billing_country_code, Text(2)),
    "is_business": Column(Customer.is_business, YesNo()),
    "state": Column(
        None,
        OneOf(STATES),
        condition=lambda operator, active: (
            Customer.archived_at.is_(None) if active == (operator == "eq") else Customer.archived_at.is_not(None)
        ),
    ),
}

CLIENTS = Resource(
    name="clients",
    item="client",
    id_name="client_id",
    label="client",
    schema=CLIENT,
    columns=COLUMNS,
    key=Customer.id,
    select=lambda _actor: sa.select(Customer),
    rows=rows,
    search=lambda words: found_by_words("customer", words, Customer.id),
    lock=services.locked,
    verbs=Verbs(create=create, change=change, replace=replace, delete=delete),
    always={"state": lambda: Customer.archived_at.is_(None)},
    names=NAMES,
    parts=(
        Part(
            name="contacts",
            item="contact",
            id_name="contact_id",
            schema=CONTACT,
            read=_contacts,
            verbs=Verbs(
                create=_create_contact, change=_change_contact, replace=_replace_contact, delete=_delete_contact
            ),
        ),
        Part(
            name="sites",
            item="site",
            id_name="site_id",
            schema=SITE,
            read=_sites,
            verbs=Verbs(create=_create_site, change=_change_site, delete=_archive_site),
        ),
    ),
)
