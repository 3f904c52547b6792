"""Customers and their contacts: the verbs. Sites and equipment are in ``sites``."""

from dataclasses import asdict, dataclass, replace
from functools import cache
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.company.countries import COUNTRIES, CURRENCIES
from fsm.company.identifiers import checked_enterprise_number, checked_vat_number
from fsm.company.models import Language
from fsm.company.services import enterprise_number_of
from fsm.core import audit
from fsm.core.db import Base, lock, session
from fsm.core.errors import DomainError, NotFoundError
from fsm.core.state import check_version
from fsm.core.types import sort_key
from fsm.customers.models import Contact, Customer

MAX_DAYS_DUE = 999
NAME_LENGTH = 100
EXTERNAL_ID_LENGTH = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerValues:
    """What is known of a customer; names and lengths are those of the columns."""

    name: str
    attention: str = ""
    is_business: bool = True
    vat_number: str = ""
    enterprise_number: str = ""
    is_subject_to_vat: bool = False
    files_periodic_returns: bool = True
    language: Language | None = None
    currency: str = "EUR"
    days_due: int | None = None
    automatic_reminders: bool | None = None
    agreed_to_electronic_documents: bool = False
    gets_visit_messages: bool = True
    email: str = ""
    phone: str = ""
    notes: str = ""
    billing_street: str = ""
    billing_street2: str = ""
    billing_postal_code: str = ""
    billing_city: str = ""
    billing_country_code: str = "BE"
    has_delivery_address: bool = False
    delivery_street: str = ""
    delivery_street2: str = ""
    delivery_postal_code: str = ""
    delivery_city: str = ""
    delivery_country_code: str = "BE"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactValues:
    """A person at a customer, and the mails they get."""

    name: str
    function: str = ""
    email: str = ""
    phone: str = ""
    gets_quotes: bool = False
    gets_invoices: bool = False
    gets_reminders: bool = False
    gets_visit_messages: bool = False


def create(values: CustomerValues) -> Customer:
    """A new customer. DomainError at the field that is wrong."""
    values = checked(values)
    customer = Customer(**asdict(values), sort_key=name_key(values.name), created_at=audit.now())
    session.add(customer)
    session.flush()
    audit.note([("customer", customer.id)], _("%(name)s was added.", name=customer.name))
    return customer


def edit(customer_id: int, values: CustomerValues, *, version: int | None) -> Customer:
    """Issued documents keep the data that they were issued with."""
    customer = locked(customer_id)
    check_version(customer.version, version)
    values = checked(values)
    apply(customer, asdict(values) | {"sort_key": name_key(values.name)})
    if session.is_modified(customer):
        session.flush()
        audit.note([("customer", customer.id)], _("The customer's data was changed."))
    return customer


def set_external_id(customer_id: int, external_id: str) -> None:
    """Its number in another program, empty for none. DomainError where another customer has it."""
    customer = locked(customer_id)
    wanted = external_id.strip() or None
    if wanted == customer.external_id:
        return
    if wanted and len(wanted) > EXTERNAL_ID_LENGTH:
        raise DomainError(_("At most %(length)s characters.", length=EXTERNAL_ID_LENGTH), "external_id")
    if wanted and session.scalar(sa.select(Customer.id).where(Customer.external_id == wanted)):
        raise DomainError(_("Another customer has this number."), "external_id")
    customer.external_id = wanted
    session.flush()


def archive(customer_id: int) -> Customer:
    """Offered no more for new work; never deleted, for its documents name it."""
    customer = locked(customer_id)
    if customer.archived_at is None:
        customer.archived_at = audit.now()
        session.flush()
        audit.note([("customer", customer.id)], _("The customer was archived."))
    return customer


def unarchive(customer_id: int) -> Customer:
    """Offered again."""
    customer = locked(customer_id)
    if customer.archived_at is not None:
        customer.archived_at = None
        session.flush()
        audit.note([("customer", customer.id)], _("The customer is active again."))
    return customer


def add_contact(customer_id: int, values: ContactValues) -> Contact:
    """Somebody at the customer; who gets mails needs an e-mail address."""
    customer = locked(customer_id)
    _check_contact(values)
    contact = Contact(customer_id=customer.id, **asdict(values))
    session.add(contact)
    session.flush()
    audit.note([("customer", customer.id)], _("Contact %(name)s was added.", name=contact.name))
    return contact


def edit_contact(customer_id: int, contact_id: int, values: ContactValues, *, version: int | None) -> Contact:
    """NotFoundError for a contact of another customer."""
    contact = _locked_contact(customer_id, contact_id)
    check_version(contact.version, version)
    _check_contact(values)
    apply(contact, asdict(values))
    if session.is_modified(contact):
        session.flush()
        audit.note([("customer", customer_id)], _("Contact %(name)s was changed.", name=contact.name))
    return contact


def remove_contact(customer_id: int, contact_id: int) -> str:
    """No document names a contact, so this one row may go; gives the name."""
    contact = _locked_contact(customer_id, contact_id)
    name = contact.name
    session.delete(contact)
    session.flush()
    audit.note([("customer", customer_id)], _("Contact %(name)s was removed.", name=name))
    return name


def locked(customer_id: int) -> Customer:
    """The customer, fresh and held until the transaction ends; NotFoundError where there is none."""
    customer: Customer | None = lock(Customer, [customer_id]).get(customer_id)
    if customer is None:
        raise NotFoundError(_("There is no such customer."))
    return customer


def _locked_contact(customer_id: int, contact_id: int) -> Contact:
    contact: Contact | None = lock(Contact, [contact_id]).get(contact_id)
    if contact is None or contact.customer_id != customer_id:
        raise NotFoundError(_("There is no such contact at this customer."))
    return contact


def name_key(name: str) -> str:
    """The sort key, cut to its column: taking letters apart may make a name longer than it was typed."""
    return sort_key(name)[:NAME_LENGTH]


def apply(row: Base, values: dict[str, Any]) -> None:
    """Set only what differs, so that an untouched save changes no version."""
    for name, value in values.items():
        if getattr(row, name) != value:
            setattr(row, name, value)


def checked(values: CustomerValues) -> CustomerValues:
    """The values as they are stored. DomainError at the field that is wrong."""
    check_lengths(Customer, values)
    for prefix in ("billing_", "delivery_"):
        check_country(getattr(values, f"{prefix}country_code"), f"{prefix}country_code")
    if values.currency not in CURRENCIES:
        raise DomainError(_("There is no such currency."), "currency")
    if values.days_due is not None and not 0 <= values.days_due <= MAX_DAYS_DUE:
        raise DomainError(_("The payment term is between 0 and 999 days."), "days_due")
    return _with_numbers(values)


def _with_numbers(values: CustomerValues) -> CustomerValues:
    country = values.billing_country_code
    vat_number, number = values.vat_number.strip(), values.enterprise_number.strip()
    if vat_number:
        vat_number = checked_vat_number(vat_number, country, "vat_number")
    if number:
        number = checked_enterprise_number(number, country, "enterprise_number")
    elif vat_number.startswith("BE"):
        number = enterprise_number_of(vat_number)
    return replace(values, vat_number=vat_number, enterprise_number=number)


def check_country(code: str, field: str) -> None:
    """DomainError where it is no country's code."""
    if code not in COUNTRIES:
        raise DomainError(_("There is no such country."), field)


@cache
def _lengths(model: type[Base]) -> dict[str, int]:
    """The longest text of each column that has a limit."""
    return {
        column.name: column.type.length
        for column in model.__table__.columns
        if type(column.type) is sa.String and column.type.length and column.name != "sort_key"
    }


def check_lengths(model: type[Base], values: Any) -> None:  # noqa: ANN401 - one of this slice's dataclasses
    """DomainError for a name that is empty or a text longer than its column (SQLite would keep it)."""
    for name, length in _lengths(model).items():
        if len(getattr(values, name, "")) > length:
            raise DomainError(_("At most %(length)s characters.", length=length), name)
    if "name" in model.__table__.columns and not values.name.strip():
        raise DomainError(_("A name is needed."), "name")


def _check_contact(values: ContactValues) -> None:
    check_lengths(Contact, values)
    gets_mail = values.gets_quotes or values.gets_invoices or values.gets_reminders or values.gets_visit_messages
    if gets_mail and not values.email:
        raise DomainError(_("Who gets mails needs an e-mail address."), "email")
