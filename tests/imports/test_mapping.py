"""Columns by the headers of well-known programs, in four languages; and what the documentation says of them."""

import re

import pytest

from fsm.app import ROOT
from fsm.imports.fields import Notation
from fsm.imports.kinds import KINDS
from fsm.imports.mapping import Choices, proposed, signature
from fsm.imports.models import ImportKind

CUSTOMERS = {
    "Odoo": (
        ["Reference", "Name", "Tax ID", "Email", "Phone", "Street", "Street2", "Zip", "City", "Country", "Language"],
        {
            "external_id": "Reference",
            "name": "Name",
            "vat_number": "Tax ID",
            "billing_postal_code": "Zip",
            "billing_street2": "Street2",
            "language": "Language",
            "billing_country_code": "Country",
        },
    ),
    "Dolibarr": (
        [
            "Nom",
            "Code client",
            "Adresse",
            "Code postal",
            "Ville",
            "Pays",
            "Téléphone",
            "Email",
            "N° TVA",
            "Id. prof. 1",
        ],
        {
            "external_id": "Code client",
            "name": "Nom",
            "billing_city": "Ville",
            "vat_number": "N° TVA",
            "phone": "Téléphone",
            "enterprise_number": "Id. prof. 1",
        },
    ),
    "Invoice Ninja": (
        [
            "Name",
            "Number",
            "ID Number",
            "VAT Number",
            "Phone",
            "Address1",
            "Address2",
            "City",
            "Postal Code",
            "Currency",
        ],
        {
            "external_id": "Number",
            "vat_number": "VAT Number",
            "billing_street": "Address1",
            "billing_postal_code": "Postal Code",
            "currency": "Currency",
        },
    ),
    "Exact": (
        ["Code", "Naam", "Adres", "Postcode", "Plaats", "Land", "Btw-nummer", "E-mailadres", "Betaaltermijn"],
        {
            "external_id": "Code",
            "name": "Naam",
            "billing_city": "Plaats",
            "vat_number": "Btw-nummer",
            "email": "E-mailadres",
            "days_due": "Betaaltermijn",
        },
    ),
    "German": (
        ["Kundennummer", "Firma", "Straße", "PLZ", "Ort", "Land", "USt-IdNr.", "Telefon"],
        {
            "external_id": "Kundennummer",
            "name": "Firma",
            "billing_street": "Straße",
            "billing_postal_code": "PLZ",
            "vat_number": "USt-IdNr.",
        },
    ),
}
INVOICES = {
    "Odoo": (
        [
            "Number",
            "Invoice Partner Display Name",
            "Invoice/Bill Date",
            "Due Date",
            "Total",
            "Amount Due",
            "Payment Reference",
        ],
        {
            "number": "Number",
            "customer_name": "Invoice Partner Display Name",
            "due_date": "Due Date",
            "total": "Total",
            "due": "Amount Due",
            "structured_message": "Payment Reference",
        },
    ),
    "Dolibarr": (
        ["Réf. facture", "Code client", "Date facture", "Date échéance", "Montant TTC", "Reste à payer"],
        {
            "number": "Réf. facture",
            "customer_external_id": "Code client",
            "document_date": "Date facture",
            "due_date": "Date échéance",
            "total": "Montant TTC",
            "due": "Reste à payer",
        },
    ),
    "Invoice Ninja": (
        ["Client Name", "Invoice Number", "Date", "Due Date", "Amount", "Paid to Date", "Balance", "PO Number"],
        {
            "customer_name": "Client Name",
            "number": "Invoice Number",
            "document_date": "Date",
            "due_date": "Due Date",
            "total": "Amount",
            "paid": "Paid to Date",
            "due": "Balance",
            "reference": "PO Number",
        },
    ),
    "Exact": (
        ["Debiteurnummer", "Factuurnummer", "Factuurdatum", "Vervaldatum", "Bedrag", "Openstaand bedrag", "Valuta"],
        {
            "customer_external_id": "Debiteurnummer",
            "number": "Factuurnummer",
            "document_date": "Factuurdatum",
            "total": "Bedrag",
            "due": "Openstaand bedrag",
            "currency": "Valuta",
        },
    ),
}


@pytest.mark.parametrize(
    ("kind", "headers", "expected"),
    [
        *(pytest.param(ImportKind.CUSTOMERS, *known, id=f"customers of {name}") for name, known in CUSTOMERS.items()),
        *(pytest.param(ImportKind.OPEN_INVOICES, *known, id=f"invoices of {name}") for name, known in INVOICES.items()),
    ],
)
def test_headers_of_other_programs(kind: ImportKind, headers: list[str], expected: dict[str, str]) -> None:
    found = proposed(KINDS[kind].fields, headers).columns
    assert {name: found.get(name) for name in expected} == expected
    assert len(set(found.values())) == len(found)


@pytest.mark.parametrize("kind", list(ImportKind))
def test_our_own_template_is_understood_and_its_example_read(kind: ImportKind) -> None:
    fields = KINDS[kind].fields
    assert proposed(fields, [one.name for one in fields]).columns == {one.name: one.name for one in fields}
    for one in fields:
        if one.example:
            one.read(one.example, Notation())
        assert one.example or not one.required, one.name


def test_files_with_the_same_headers_are_known_again() -> None:
    assert signature(["Naam", "BTW-nummer"]) == signature(["btw nummer", "naam"])
    assert signature(["Naam"]) != signature(["Naam", "Adres"])
    choices = Choices({"name": "Naam"}, {"currency": "EUR"}, "comma", "iso", "2026-01-01")
    assert Choices.of(choices.as_dict()) == choices


@pytest.mark.parametrize("kind", list(ImportKind))
def test_the_documentation_lists_these_fields_and_limits(kind: ImportKind) -> None:
    page = (ROOT / "docs" / "imports.md").read_text("utf-8")
    section = page.split(f"\n## `{kind.value}`\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `([a-z0-9_]+)` \| (.*?) \| (yes|) \| (.*?) \|$", section, re.MULTILINE)
    assert rows == [(one.name, str(one.label), "yes" if one.required else "", one.limit) for one in KINDS[kind].fields]
