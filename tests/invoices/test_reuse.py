"""Invoices saved as models, begun from models and earlier invoices, lines imported into an open draft."""

from collections.abc import Callable
from decimal import Decimal as D

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from fsm.company.models import Company
from fsm.core.db import session, writing
from fsm.core.errors import ConflictError, DomainError
from fsm.documents.values import LineValues
from fsm.home import checks
from fsm.invoices import drafts, reuse
from fsm.invoices.models import Invoice, InvoiceState
from fsm.invoices.saved_models import InvoiceModel
from fsm.users.models import Role
from tests.factories import (
    draft_values,
    make_customer,
    make_invoice,
    make_item,
    make_posted_credit,
    make_posted_invoice,
)

pytestmark = pytest.mark.database
ClientFor = Callable[..., FlaskClient]
Line = tuple[str, D, D, D, str]


def lines_of(invoice: Invoice) -> list[Line]:
    return [
        (line.description, line.quantity, line.amount, line.tax_rate, line.special_status)
        for line in drafts.lines_of(invoice.id)
    ]


def saved(*lines: LineValues, **values: object) -> Invoice:
    """A draft for a customer of its own."""
    customer = make_customer()
    invoice = drafts.create_blank(customer.id, actor_id=1)
    drafts.save(invoice.id, draft_values(invoice, **values), list(lines), version=None)
    return invoice


def test_a_model_has_terms_and_lines_but_no_customer_number_or_day(database: Flask) -> None:
    with writing(bulk=True):
        item = make_item(code="FILTER", sale_price=D("12.3456"))
        before = saved(
            LineValues("Yearly service", D("1.5"), D("80.0000"), tax_rate=D(21), unit="h"),
            LineValues("Filter", D(2), D("12.3456"), tax_rate=D(6), stock_item_id=item.id, stockitem_code="FILTER"),
            LineValues("Crate", D(1), D("5.00"), special_status="DR", account_number="488000"),
            note="Thank you",
            reference="PO 17",
            discount_percentage=D(5),
            days_due=99,
        )
        reuse.save_as_model(before.id, "Yearly  service", replaces=False, actor_id=1)
    with writing(bulk=True):
        model = session.scalars(sa.select(InvoiceModel)).one()
        assert (model.name, model.line_count, model.total_without_tax) == ("Yearly service", 3, D("142.46"))
        customer = make_customer(name="Garage Maes", days_due=14)
        draft = reuse.start(reuse.of_model(model.id), customer.id, actor_id=1)
    assert lines_of(draft) == lines_of(before)
    assert (draft.customer_id, draft.client_name, draft.days_due) == (customer.id, "Garage Maes", 14)
    assert (draft.note, draft.discount_percentage, draft.reference) == ("Thank you", D(5), "")
    assert (draft.state, draft.number, draft.invoice_date) == (InvoiceState.DRAFT, None, None)
    assert draft.total_with_tax == before.total_with_tax
    assert drafts.lines_of(draft.id)[2].account_number == "488000"
    assert checks.run() == []


def test_a_rate_that_followed_from_the_customer_does_not_follow_the_line(database: Flask) -> None:
    with writing(bulk=True):
        session.get_one(Company, 1).is_co_contractor = True
        builder = make_customer(name="Bouw", vat_number="BE0428759497", files_periodic_returns=True)
        before = drafts.create_blank(builder.id, actor_id=1)
        line = LineValues("Works", D(1), D("100.00"), special_status="MC")
        own = LineValues("Book", D(1), D("10.00"), tax_rate=D(6))
        drafts.save(before.id, draft_values(before), [line, own], version=None)
        private = make_customer(name="An", is_business=False, is_subject_to_vat=False, vat_number="")
        draft = reuse.start(reuse.of_invoice(before.id), private.id, actor_id=1)
        back = reuse.start(reuse.of_invoice(draft.id), builder.id, actor_id=1)
    assert [line[3:] for line in lines_of(draft)] == [(D(21), ""), (D(6), "")]
    assert [line[3:] for line in lines_of(back)] == [(D(0), "MC"), (D(0), "MC")]


def test_prices_with_vat_stay_what_was_agreed(database: Flask) -> None:
    with writing(bulk=True):
        before = saved(
            LineValues("Service", D(1), amount_with_tax=D("500.00"), tax_rate=D(21)),
            tax_included=True,
            tax_calculation="item",
        )
        same = reuse.start(reuse.of_invoice(before.id), before.customer_id, actor_id=1)
        other = make_invoice(lines=(("1.00", 21),))
        reuse.import_lines(other.id, reuse.of_invoice(before.id), version=other.version)
    assert same.total_with_tax == D("500.00")
    assert [line.amount for line in drafts.lines_of(other.id)] == [D("1.0000"), D("413.2231")]


def test_lines_are_added_to_an_open_draft(database: Flask) -> None:
    with writing(bulk=True):
        earlier = make_posted_invoice(lines=[("100.00", 21), ("50.00", 6)])
        draft = make_invoice(lines=(("10.00", 21),))
        before = lines_of(draft)
        assert reuse.import_lines(draft.id, reuse.of_invoice(earlier.id), version=draft.version) == 2
    assert lines_of(draft) == before + lines_of(earlier)
    assert draft.total_without_tax == D("160.00")
    with pytest.raises(ConflictError), writing():  # posted meanwhile
        reuse.import_lines(earlier.id, reuse.of_invoice(draft.id), version=None)
    with writing(bulk=True):
        dollars = make_posted_invoice(currency="USD", exchange_rate=D("0.92"))
    with pytest.raises(DomainError, match="is in USD, this draft in EUR"), writing():
        reuse.import_lines(draft.id, reuse.of_invoice(dollars.id), version=None)
    with writing(bulk=True):
        credit = make_posted_credit(earlier)
    with pytest.raises(ConflictError, match="not used again"):
        reuse.of_invoice(credit.id)


def test_a_rate_or_an_account_that_is_no_more_gives_way_to_the_proposal(database: Flask) -> None:
    with writing(bulk=True):
        before = saved(LineValues("Service", D(1), D("100.00"), tax_rate=D(6)))
        model = reuse.save_as_model(before.id, "Service", replaces=False, actor_id=1)
        model.lines = [{**model.lines[0], "account_number": "999999", "tax_rate": "17", "gone": "x"}]
        session.flush()
        draft = reuse.start(reuse.of_model(model.id), before.customer_id, actor_id=1)
    (line,) = drafts.lines_of(draft.id)
    assert (line.account_number, line.tax_rate) == ("705000", D(21))


def post(client: FlaskClient, url: str, **fields: object) -> TestResponse:
    session.rollback()  # what this test has read is not to hold an old state of the database
    return client.post(url, data=fields)


def test_through_the_pages(app: Flask, client_for: ClientFor) -> None:
    with writing(bulk=True):
        invoice, draft = make_posted_invoice(), make_invoice(lines=())
    client, numbers = client_for(Role.OFFICE), (invoice.id, draft.id, draft.customer_id)
    assert "No models yet" in client.get("/invoices/models").get_data(as_text=True)
    url = f"/invoices/{numbers[0]}/save-as-model"
    assert f'href="{url}"' in client.get(f"/invoices/{numbers[0]}").get_data(as_text=True)
    assert post(client, url, name=" ").status_code == 422
    assert post(client, url, name="Réparation").status_code == 303
    refused = post(client, url, name="reparation")
    assert (refused.status_code, "tick to replace it" in refused.get_data(as_text=True)) == (422, True)
    assert post(client, url, name="reparation", replaces="y").status_code == 303
    model = session.scalars(sa.select(InvoiceModel)).one()
    assert model.name == "reparation"
    model_id, version = model.id, model.version
    imported = post(
        client, f"/invoices/{numbers[1]}/import-lines", source=f"model-{model_id}", version=str(draft.version)
    )
    assert imported.status_code == 303
    assert post(client, f"/invoices/{numbers[1]}/import-lines", source="model-999").status_code == 404
    assert post(client, f"/invoices/{numbers[1]}/import-lines").status_code == 422
    started = post(client, f"/invoices/models/{model_id}/start", customer_id=f"#{numbers[2]}")
    copied = post(client, f"/invoices/{numbers[0]}/copy", customer_id=f"#{numbers[2]}")
    assert (started.status_code, copied.status_code) == (303, 303)
    assert post(client, f"/invoices/models/{model_id}/rename", name="Repair", version=version).status_code == 303
    assert post(client, f"/invoices/models/{model_id}/rename", name="Other", version=version).status_code == 409
    assert "Repair" in client.get("/invoices/models?q=rep").get_data(as_text=True)
    assert post(client, f"/invoices/models/{model_id}/delete").status_code == 303
    session.rollback()
    query = sa.select(Invoice.total_with_tax).where(Invoice.state == InvoiceState.DRAFT)
    assert session.scalars(query).all() == [D("1210.00")] * 3
