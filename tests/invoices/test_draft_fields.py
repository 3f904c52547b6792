"""The draft form's rarer fields, and what its totals tell while one types."""

import re
from collections.abc import Callable
from decimal import Decimal as D
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from fsm.company.models import Company
from fsm.core.db import session, writing
from fsm.documents import custom_fields, queries
from fsm.documents.models import FieldPlace
from fsm.invoices.models import Invoice
from fsm.users.models import Role
from tests import factories

pytestmark = pytest.mark.database
Clients = Callable[..., FlaskClient]


def typed(*lines: dict[str, str], **values: str) -> dict[str, str]:
    """What the editor sends."""
    form = {"version": "", "client_name": "Klant", "days_due": "30", "prices": "total", "exchange_rate": "1", **values}
    usual = {"description": "Work", "quantity": "1", "amount": "100", "tax_rate": "21", "account": "705000"}
    rows = [usual | line for line in lines]
    return form | {f"lines-{place}-{name}": text for place, row in enumerate(rows) for name, text in row.items()}


def draft(**values: Any) -> int:
    """A blank one."""
    with writing():
        return factories.make_invoice(factories.make_customer(**values)).id


def test_another_calculation_tells_its_difference_before_it_is_saved(app: Flask, client_for: Clients) -> None:
    invoice_id, client = draft(), client_for(Role.OFFICE)
    with writing():
        session.get_one(Invoice, invoice_id).tax_rate_1 = D(20)
    lines = [{"amount": "241.67", "tax_rate": "20"}] * 50
    url = f"/invoices/{invoice_id}/totals"
    page = client.post(url, data=typed(*lines, prices="item")).get_data(as_text=True).replace("\xa0", " ")
    assert "VAT 2,416.70" in page
    assert "VAT 2,416.50" in page
    assert re.search(r"Difference: \S* ?-?\S*0\.20\.", page)
    assert "Difference" not in client.post(url, data=typed(*lines)).get_data(as_text=True)
    negative = client.post(url, data=typed({"amount": "-1"})).get_data(as_text=True)
    assert "The total is below 0" in negative


def test_euro_beside_another_currency(app: Flask, client_for: Clients) -> None:
    invoice_id, client = draft(), client_for(Role.OFFICE)
    sent = typed({"amount": "1000"}, currency="USD", exchange_rate="0.92")
    page = client.post(f"/invoices/{invoice_id}/totals", data=sent).get_data(as_text=True).replace("\xa0", " ")
    assert all(figure in page for figure in ("1,210.00", "920.00", "193.20", "EUR 1,113.20"))


def test_the_regime_is_switched_off_and_on_again(app: Flask, client_for: Clients) -> None:
    with writing():
        company = session.get_one(Company, 1)
        company.is_co_contractor = True
    invoice_id, client = draft(vat_number="BE0428759497"), client_for(Role.OFFICE)
    url = f"/invoices/{invoice_id}/edit"

    def saved(**values: str) -> list[tuple[D, str]]:
        session.rollback()
        version = str(session.get_one(Invoice, invoice_id).version)
        rows = session.get_one(Invoice, invoice_id).lines
        ids = [str(row.id) for row in rows]
        lines = [
            {"tax_rate": f"{row.tax_rate.normalize():f} {row.special_status}".strip(), "line_id": row_id}
            for row, row_id in zip(rows, ids, strict=True)
        ]
        answer = client.post(url, data=typed(*lines, **values, version=version))
        assert answer.status_code == 303, answer.get_data(as_text=True)
        session.rollback()
        session.expire_all()
        return [(row.tax_rate, row.special_status) for row in session.get_one(Invoice, invoice_id).lines]

    with writing():
        line = session.get_one(Invoice, invoice_id).lines[0]
        line.tax_rate, line.special_status, line.rate_reason = D(0), "MC", "co_contractor"
    assert saved() == [(D(0), "MC")]
    assert saved(without_co_contractor="y") == [(D(21), "")]
    assert saved() == [(D(0), "MC")]


def test_own_fields_and_addresses_are_typed_and_kept(app: Flask, client_for: Clients) -> None:
    with writing():
        custom_fields.add(name="site_number", description="Number of the site", place=FieldPlace.DOCUMENT)
        custom_fields.add(name="ean2", description="EAN code", place=FieldPlace.LINE)
    invoice_id, client = draft(), client_for(Role.OFFICE)
    url = f"/invoices/{invoice_id}/edit"
    page = client.get(url).get_data(as_text=True)
    assert "Number of the site" in page
    assert "EAN code" in page
    own = {"custom_site_number": "4711", "billing_address-street": "Kouter 1", "billing_address-country_code": "LU"}
    sent = typed({"custom_ean2": "54100", "code": "A1"}, **own, version="1")
    wrong = client.post(url, data=sent | {"lines-0-custom_ean2": "x" * 76, "structured_message": "123"})
    assert wrong.status_code == 422
    assert "longer than 75" in wrong.get_data(as_text=True)
    version = str(session.get_one(Invoice, invoice_id).version)
    session.rollback()
    refused = client.post(url, data=sent | {"version": version, "structured_message": "123"})
    assert "not a valid payment reference" in refused.get_data(as_text=True)
    assert client.post(url, data=sent | {"version": version}).status_code == 303
    session.rollback()
    invoice = session.get_one(Invoice, invoice_id)
    assert invoice.custom_values == {"site_number": "4711"}
    assert (invoice.lines[0].custom_values, invoice.lines[0].stockitem_code) == ({"ean2": "54100"}, "A1")
    assert (invoice.billing_address["street"], invoice.billing_address["country_code"]) == ("Kouter 1", "LU")


def test_no_vat_shown_means_no_vat_in_it(app: Flask, client_for: Clients) -> None:
    with writing():
        queries.settings().shows_tax = False
    invoice_id, client = draft(), client_for(Role.OFFICE)
    page = client.get(f"/invoices/{invoice_id}/review").get_data(as_text=True)
    assert "Documents show no VAT (a setting), but there is VAT of 210.00" in page
    assert client.post(f"/invoices/{invoice_id}/post").status_code in {409, 422}
