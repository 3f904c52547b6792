"""By which words customers, their sites and their machines are found."""

from collections import defaultdict
from collections.abc import Sequence

from fsm.core.search import Reads, Source, Words, rows_of
from fsm.core.search_words import compact, kept, of_code, of_telephone, words
from fsm.customers.models import Contact, Customer, Equipment, Site

_CUSTOMER = (
    "name",
    "attention",
    "vat_number",
    "enterprise_number",
    "email",
    "phone",
    "billing_street",
    "billing_postal_code",
    "billing_city",
)
_CONTACT = ("name", "email", "phone")
_SITE = ("name", "street", "postal_code", "city", "phone")
_EQUIPMENT = ("kind", "make", "model", "serial")


def _customer_words(ids: Sequence[int]) -> Words:
    contacts: dict[int, list[list[str]]] = defaultdict(list)
    for row in rows_of(Contact, _CONTACT, ids, subject="customer_id"):
        contacts[row.customer_id] += [words(row.name), of_telephone(row.phone), words(row.email)]
    return {
        row.id: kept(
            words(row.name, row.attention),
            of_code(row.vat_number),
            of_code(row.enterprise_number),
            of_telephone(row.phone),
            words(row.billing_city, row.billing_postal_code, row.billing_street),
            words(row.email),
            *contacts[row.id],
        )
        for row in rows_of(Customer, _CUSTOMER, ids)
    }


def _site_words(ids: Sequence[int]) -> Words:
    return {
        row.id: kept(words(row.name, row.street, row.postal_code, row.city), of_telephone(row.phone))
        for row in rows_of(Site, _SITE, ids)
    }


def _equipment_words(ids: Sequence[int]) -> Words:
    return {
        row.id: kept(
            words(row.serial, row.make, row.model, row.kind), filter(None, (compact(row.serial), compact(row.model)))
        )
        for row in rows_of(Equipment, _EQUIPMENT, ids)
    }


SOURCES = (
    Source(
        "customer",
        (
            Reads(Customer, "id", frozenset(_CUSTOMER)),
            Reads(Contact, "customer_id", frozenset(_CONTACT)),
        ),
        _customer_words,
    ),
    Source("site", (Reads(Site, "id", frozenset(_SITE)),), _site_words),
    Source("equipment", (Reads(Equipment, "id", frozenset(_EQUIPMENT)),), _equipment_words),
)
