"""Imports through the pages: uploading, columns, the dry run, importing, and who may."""

import io
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from fsm.core.db import session
from fsm.customers.models import Customer
from fsm.imports.kinds import KINDS
from fsm.imports.models import ImportKind, ImportMapping, ImportRun, ImportState
from fsm.users.models import Role
from tests.imports import files
from tests.imports.doing import work

pytestmark = pytest.mark.database
Clients = Callable[..., FlaskClient]
OF_CUSTOMERS = {"external_id": "Klantnummer", "name": "Naam", "vat_number": "BTW-nummer", "email": "E-mail"}
OF_INVOICES = {
    "customer_external_id": "Klantnummer",
    "number": "Factuurnummer",
    "document_date": "Factuurdatum",
    "total": "Bedrag",
}
on_sqlite = pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)


def upload(client: FlaskClient, kind: str, data: bytes, name: str = "klanten.csv") -> Any:
    return client.post("/imports/new", data={"kind": kind, "file": (io.BytesIO(data), name)})


def columns(
    kind: ImportKind = ImportKind.CUSTOMERS, named: dict[str, str] | None = None, **more: str
) -> dict[str, str]:
    """All boxes of the page, as a browser sends them."""
    named = OF_CUSTOMERS if named is None else named
    empty = {f"column-{one.name}": "" for one in KINDS[kind].fields}
    formats = {"number_format": "", "date_format": "", "taken_over_on": ""}
    return empty | {f"column-{name}": header for name, header in named.items()} | formats | more


def test_from_the_file_to_the_customers(database: Flask, client_for: Clients) -> None:
    office, file = client_for(Role.OFFICE), files.customers(6)
    bad = files.customers(6)
    files.spoil(bad, files.CUSTOMER_FAULTS, 2)
    answer = upload(office, "customers", bad.data())
    assert answer.status_code == 303
    page = office.get(answer.location).get_data(as_text=True)
    assert "6 rows, 9 columns" in page
    assert '<option selected value="Naam">' in page
    missing = office.post(answer.location, data=columns() | {"column-name": ""})
    assert missing.status_code == 422
    assert "Choose the column of “Name”." in missing.get_data(as_text=True)
    shown = office.post(answer.location, data=columns())
    assert shown.status_code == 303
    assert "Dry run: 0 of 6 rows" in office.get(shown.location).get_data(as_text=True)
    assert "HX-Refresh" not in office.get(f"{shown.location}/progress").headers
    work()
    assert office.get(f"{shown.location}/progress").headers["HX-Refresh"] == "true"
    page = office.get(shown.location).get_data(as_text=True)
    assert "2 rows are in error" in page
    assert "BE0403170702 is not a valid VAT number" in page
    refused = office.post(f"{shown.location}/start")
    assert (refused.status_code, "Nothing is imported while rows are in error" in refused.get_data(as_text=True)) == (
        409,
        True,
    )
    errors = office.get(f"{shown.location}/errors.csv").get_data(as_text=True)
    assert errors.startswith("\ufeffKlantnummer;Naam;")
    assert len(errors.strip().splitlines()) == 3
    answer = upload(office, "customers", file.data())
    page = office.get(answer.location).get_data(as_text=True)
    assert '<option selected value="E-mail">' in page  # as it was chosen for the first file
    shown = office.post(answer.location, data=columns())
    work()
    assert "Import 6 rows" in office.get(shown.location).get_data(as_text=True)
    assert office.post(f"{shown.location}/start").status_code == 303
    work()
    page = office.get(shown.location).get_data(as_text=True)
    assert "6 new, 0 changed, 0 as they were" in page
    session.remove()
    assert session.scalar(sa.select(sa.func.count(Customer.id))) == 6
    assert session.scalar(sa.select(sa.func.count(ImportMapping.id))) == 1
    assert "klanten.csv" in office.get("/imports").get_data(as_text=True)


@on_sqlite
def test_what_is_no_file_gets_its_sentence_at_its_field(database: Flask, client_for: Clients) -> None:
    office = client_for(Role.OFFICE)
    for data, words in ((b"PK\x03\x04", "xlsx"), (b"", "no headers"), (b"a;b\n", "no row below")):
        answer = upload(office, "customers", data)
        assert answer.status_code == 422
        assert words in answer.get_data(as_text=True)
    assert "Choose a file." in office.post("/imports/new", data={"kind": "customers"}).get_data(as_text=True)
    assert session.scalar(sa.select(sa.func.count(ImportRun.id))) == 0


@on_sqlite
def test_formats_that_the_file_does_not_tell_are_asked_for(database: Flask, client_for: Clients) -> None:
    office = client_for(Role.OFFICE)
    answer = upload(office, "items", b"code;description;sale_price\nA;B;1.234\n")
    chosen = columns(ImportKind.ITEMS, {name: name for name in ("code", "description", "sale_price")})
    page = office.post(answer.location, data=chosen)
    assert page.status_code == 422
    assert "“1.234” can be read in two ways: choose." in page.get_data(as_text=True)
    again = office.post(answer.location, data=chosen | {"number_format": "point"})
    assert again.status_code == 303


@on_sqlite
def test_the_day_of_taking_over_is_asked_for(database: Flask, client_for: Clients) -> None:
    manager = client_for(Role.MANAGER)
    answer = upload(manager, "open_invoices", files.invoices(2, 1).data())
    page = manager.get(answer.location).get_data(as_text=True)
    assert "Day of taking over" in page
    chosen = columns(ImportKind.OPEN_INVOICES, OF_INVOICES, number_format="comma", date_format="day_first")
    for day, words in (
        ("", "Say on which day"),
        ("2099-01-01", "lies in the future"),
        ("2001-01-01", "before the first"),
    ):
        refused = manager.post(answer.location, data=chosen | {"taken_over_on": day})
        assert refused.status_code == 422
        assert words in refused.get_data(as_text=True)
    nobody = chosen | {"column-customer_external_id": "", "taken_over_on": "2026-01-01"}
    assert "which customer a row is about" in manager.post(answer.location, data=nobody).get_data(as_text=True)


@on_sqlite
def test_who_may_import_what(database: Flask, client_for: Clients) -> None:
    office, manager, administrator = (client_for(role) for role in (Role.OFFICE, Role.MANAGER, Role.ADMINISTRATOR))
    assert "open_invoices.csv" not in office.get("/imports").get_data(as_text=True)
    assert "customers.csv" not in administrator.get("/imports").get_data(as_text=True)
    assert upload(office, "open_invoices", files.invoices(1, 1).data()).status_code == 422
    run = upload(manager, "open_invoices", files.invoices(1, 1).data()).location
    assert office.get(run).status_code == 403
    assert administrator.get(run).status_code == 200
    assert office.get("/imports/template/open_invoices.csv").status_code == 404
    template = manager.get("/imports/template/open_invoices.csv")
    assert template.get_data(as_text=True).startswith("\ufeffcustomer_external_id;")
    for role in (Role.TECHNICIAN, Role.ACCOUNTANT):
        assert client_for(role).get("/imports").status_code == 403


@on_sqlite
def test_stopping_goes_back_to_the_columns(database: Flask, client_for: Clients) -> None:
    office = client_for(Role.OFFICE)
    location = upload(office, "customers", files.customers(2).data()).location
    office.post(location, data=columns())
    run = location.replace("/columns", "")
    assert office.post(f"{run}/stop").status_code == 303
    work()
    session.remove()
    assert session.scalars(sa.select(ImportRun.state)).one() is ImportState.MAPPING
    assert office.post(f"{run}/start").status_code == 409


def test_pages_cost_the_same_whatever_the_length(
    database: Flask, client_for: Clients, count_queries: Callable[[], Any]
) -> None:
    office, taken = client_for(Role.OFFICE), []
    for count in (3, 45):
        location = upload(office, "customers", files.customers(count).data()).location
        run = str(office.post(location, data=columns()).location)
        work()
        with count_queries() as statements:
            assert office.get(run).status_code == 200
            assert office.get("/imports").status_code == 200
        taken.append(len(statements))
    assert taken[0] == taken[1]
