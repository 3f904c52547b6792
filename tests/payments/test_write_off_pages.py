"""Marking as paid in one click, writing off and undoing it, through the pages; who may."""

from collections.abc import Callable
from decimal import Decimal as D

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from fsm.core.db import session, writing
from fsm.invoices.models import Invoice, InvoiceFollowUp
from fsm.ledger.models import Standing
from fsm.payments.models import Payment, WriteOff
from fsm.users.models import Role
from tests.factories import make_posted_invoice
from tests.payments.books import item_of

pytestmark = pytest.mark.database
ClientFor = Callable[..., FlaskClient]


def posted(**values: object) -> Invoice:
    with writing(bulk=True):
        return make_posted_invoice(**values)


def post(client: FlaskClient, url: str, data: dict[str, object] | None = None) -> TestResponse:
    session.rollback()  # what this test has read is not to hold an old state of the database
    return client.post(url, data=data or {})


def test_a_debt_is_written_off_and_due_again(app: Flask, client_for: ClientFor) -> None:
    invoice, client = posted(), client_for(Role.MANAGER)
    item_id = item_of(invoice).id
    url = f"/payments/write-off?open_item_id={item_id}"
    assert f'href="{url}"' in client.get(f"/invoices/{invoice.id}").get_data(as_text=True)
    assert "EUR\u00a0210.00 of all that is due" in client.get(url).get_data(as_text=True)
    fields = {"amount": "1210", "written_off_on": "2026-03-20", "reason": ""}
    refused = post(client, url, fields)
    assert refused.status_code == 422
    assert "Say why the debt is lost." in refused.get_data(as_text=True)
    assert post(client, url, fields | {"reason": "Bankrupt", "reclaims_tax": "reclaimed"}).status_code == 303
    assert item_of(invoice).standing is Standing.WRITTEN_OFF
    page = client.get(f"/invoices/{invoice.id}").get_data(as_text=True)
    assert "Written off" in page
    assert "Cancel invoice" not in page
    row = session.scalars(sa.select(WriteOff)).one()
    assert (row.tax, row.reason) == (D("210.00"), "Bankrupt")
    shown = client.get(f"/payments/write-off/{row.id}").get_data(as_text=True)
    assert "Bankrupt" in shown
    undo_url = f"/payments/write-off/{row.id}/undo"
    assert post(client, undo_url).status_code == 303
    assert item_of(invoice).balance == D("1210.00")


def test_only_a_manager_gives_up_a_debt(app: Flask, client_for: ClientFor) -> None:
    invoice, client = posted(), client_for(Role.OFFICE)
    assert client.get(f"/payments/write-off?open_item_id={item_of(invoice).id}").status_code == 403
    assert "Write off" not in client.get(f"/invoices/{invoice.id}").get_data(as_text=True)


def test_marked_as_paid_in_one_click_and_as_unpaid_again(app: Flask, client_for: ClientFor) -> None:
    invoice, client = posted(), client_for(Role.OFFICE)
    invoice_id = invoice.id
    for _time in range(2):  # the second click finds nothing due, and pays nothing
        post(client, "/payments/mark-paid", {"invoice_id": invoice_id})
    assert item_of(invoice).standing is Standing.SETTLED
    assert session.scalars(sa.select(Payment.amount)).all() == [D("1210.00")]
    post(client, "/payments/mark-unpaid", {"invoice_id": invoice_id})
    assert item_of(invoice).standing is Standing.OPEN


def test_dollars_are_registered_not_marked(app: Flask, client_for: ClientFor) -> None:
    invoice, client = posted(currency="USD", exchange_rate=D("0.92")), client_for(Role.OFFICE)
    assert "Mark as paid" not in client.get(f"/invoices/{invoice.id}").get_data(as_text=True)
    invoice_id = invoice.id
    assert post(client, "/payments/mark-paid", {"invoice_id": invoice_id}).status_code == 422
    assert item_of(invoice).balance == D("1210.00")


def test_reminders_and_the_external_number_change_after_posting(app: Flask, client_for: ClientFor) -> None:
    invoice, client = posted(), client_for(Role.OFFICE)
    url = f"/invoices/{invoice.id}/follow-up"
    row = session.scalars(sa.select(InvoiceFollowUp).where(InvoiceFollowUp.invoice_id == invoice.id)).one()
    fields = {"automatic_reminders": "y", "external_invoice_id": "X-50", "version": row.version}
    assert 'maxlength="50"' in client.get(url).get_data(as_text=True)
    assert post(client, url, fields | {"external_invoice_id": "x" * 51}).status_code == 422
    assert post(client, url, fields).status_code == 303
    assert post(client, url, fields).status_code == 409  # made from an older state
    session.rollback()
    assert (row.automatic_reminders, row.external_invoice_id) == (True, "X-50")
    assert "X-50" in client.get(f"/invoices/{invoice.id}").get_data(as_text=True)
