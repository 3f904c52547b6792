"""6 % for works on dwellings, from the order to the printed clause (accounting.md 6)."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal as D
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from fsm.company.models import Language
from fsm.core.db import session, writing
from fsm.customers.models import Customer, Site
from fsm.documents.canonical import from_json
from fsm.documents.models import PrintedFacts
from fsm.documents.values import LineValues
from fsm.invoices import crediting, drafts, from_orders, services
from fsm.invoices.models import Invoice, InvoiceServiceOrder
from fsm.service_orders.models import OrderState
from fsm.users.models import Role, User
from tests.factories import (
    draft_values,
    make_customer,
    make_item,
    make_order,
    make_part,
    make_rate,
    make_site,
    make_time,
)

pytestmark = pytest.mark.database
DAY = dt.date(2026, 3, 20)
MORNING = dt.datetime(2026, 3, 18, 8, tzinfo=dt.UTC)
# The first words of the printed text, accounting.md 6
CLAUSE = "Btw-tarief: Bij gebrek aan schriftelijke betwisting binnen een termijn van één maand vanaf de ontvangst"


def consumer() -> Customer:
    return make_customer(name="Jan Maes", is_business=False, is_subject_to_vat=False, language=Language.DUTCH)


def draft_of_works(customer: Customer, **site: Any) -> Invoice:
    """An hour, a filter and a part marked "21 % in dwellings", billed from a Done order."""
    technician = session.scalars(sa.select(User).where(User.email == "technician@test.example")).one()
    order = make_order(
        make_site(customer, **{"is_private_dwelling": True, "first_occupied_year": 1998} | site),
        state=OrderState.DONE,
        done_at=MORNING,
        validated_at=MORNING,
    )
    make_time(order, technician, make_rate(), MORNING)
    make_part(order, technician, make_item())
    make_part(order, technician, make_item(code="BOIL", description="Gas boiler", has_normal_rate_in_dwellings=True))
    session.flush()
    return from_orders.draft_from_orders([order.id], actor_id=1)


def rates_of(invoice_id: int) -> list[tuple[D, str]]:
    return [(line.tax_rate, line.rate_reason) for line in drafts.lines_of(invoice_id)]


def legal_texts(invoice_id: int) -> tuple[str, ...]:
    facts = session.scalars(sa.select(PrintedFacts.facts).where(PrintedFacts.document_id == invoice_id)).one()
    return from_json(facts).legal_texts


def test_works_on_a_dwelling_are_proposed_at_the_lower_rate_and_print_the_clause(database: Flask) -> None:
    with writing():
        invoice = draft_of_works(consumer())
    assert rates_of(invoice.id) == [(D(6), "dwelling"), (D(6), "dwelling"), (D(21), "not_in_dwellings")]
    with writing():
        services.post([invoice.id], actor_id=1, today=DAY)
    (clause,) = legal_texts(invoice.id)
    assert clause.startswith(CLAUSE)
    assert clause.endswith("aansprakelijk voor de betaling van de verschuldigde belasting, interesten en geldboeten.")
    with writing():
        credit = crediting.draft_credit(invoice.id, None, releases_work=False, actor_id=1)
        services.post([credit.id], actor_id=1, today=DAY)
    assert [text[:9] for text in legal_texts(credit.id)] == ["BTW terug"]


def test_a_rate_changed_by_hand_says_so_and_takes_the_clause_away(database: Flask) -> None:
    with writing():
        invoice = draft_of_works(consumer())
        lines = [
            LineValues(line.description, line.quantity, line.amount, tax_rate=D(21), line_id=line.id)
            for line in drafts.lines_of(invoice.id)
        ]
        drafts.save(invoice.id, draft_values(invoice), lines, version=None)
    assert rates_of(invoice.id) == [(D(21), "by_hand"), (D(21), "by_hand"), (D(21), "not_in_dwellings")]
    with writing():
        services.post([invoice.id], actor_id=1, today=DAY)
    assert legal_texts(invoice.id) == ()


def test_the_first_invoice_for_the_works_decides_about_the_years(database: Flask) -> None:
    with writing():
        first = draft_of_works(consumer(), first_occupied_year=2016)
        (order_id,) = session.scalars(sa.select(InvoiceServiceOrder.service_order_id))
        assert {reason for _rate, reason in rates_of(first.id)} == {"dwelling", "not_in_dwellings"}
        hour = drafts.lines_of(first.id)[0]
        kept = LineValues(hour.description, hour.quantity, hour.amount, tax_rate=D(21), line_id=hour.id)
        drafts.save(first.id, draft_values(first, invoice_date=dt.date(2025, 12, 31)), [kept], version=None)
        services.post([first.id], actor_id=1, today=DAY)
        rest = from_orders.draft_from_orders([order_id], actor_id=1)
    assert rates_of(rest.id) == [(D(21), "young_dwelling"), (D(21), "young_dwelling")]


def test_the_pages_say_why_and_warn(database: Flask, client_for: Callable[..., FlaskClient]) -> None:
    with writing():
        invoice = draft_of_works(consumer())
        (order_id,) = session.scalars(sa.select(InvoiceServiceOrder.service_order_id))
    client = client_for(Role.OFFICE)
    sentence = "6\u00a0%: private dwelling first occupied in 1998, works for a consumer"
    review = f"/invoices/{invoice.id}/review"
    for path in (f"/invoices/{invoice.id}/edit", review):
        page = client.get(path).get_data(as_text=True)
        assert page.count(sentence) >= 2, path
        assert "21\u00a0%: marked as never at the lower rate in dwellings" in page
    assert "At the lower rate for dwellings" not in client.get(review).get_data(as_text=True)
    with writing():
        site = session.scalars(sa.select(Site)).one()
        site.first_occupied_year = 2020
    young = "At the lower rate for dwellings, but the dwelling is not old enough: lines 1, 2."
    assert young in client.get(review).get_data(as_text=True)
    with writing():
        drafts.delete_draft(invoice.id)
    preview = client.get(f"/service-orders/{order_id}/validate").get_data(as_text=True)
    assert "private dwelling first occupied in 2020, not old enough for the lower rate" in preview


def test_a_rate_set_by_hand_for_an_old_dwelling_of_a_landlord_prints_the_clause_too(database: Flask) -> None:
    with writing():
        invoice = draft_of_works(make_customer(name="Landlord", files_periodic_returns=False, language=Language.FRENCH))
        lines = drafts.lines_of(invoice.id)
        assert {line.rate_reason for line in lines} == {"no_consumer"}
        changed = [
            LineValues(line.description, line.quantity, line.amount, tax_rate=D(6), line_id=line.id) for line in lines
        ]
        drafts.save(invoice.id, draft_values(invoice), changed, version=None)
        assert {line.rate_reason for line in drafts.lines_of(invoice.id)} == {"dwelling_by_hand"}
        services.post([invoice.id], actor_id=1, today=DAY)
    assert [text[:13] for text in legal_texts(invoice.id)] == ["Taux de TVA :"]


def test_a_blank_draft_from_the_page_of_a_site_is_for_works_there(
    database: Flask, client_for: Callable[..., FlaskClient]
) -> None:
    with writing():
        customer, other = consumer(), make_customer(name="Other")
        site = make_site(customer, is_private_dwelling=True, first_occupied_year=1998)
        make_item()
        ids = customer.id, site.id, other.id
    client = client_for(Role.OFFICE)
    page = client.get(f"/customers/{ids[0]}/site/{ids[1]}").get_data(as_text=True)
    assert "Works here are proposed at 6\u00a0%." in page
    asked = f"/invoices/new?customer_id={ids[0]}&site_id={ids[1]}"
    assert asked.replace("&", "&amp;") in page
    assert "For works at Dorpsstraat 1." in client.get(asked).get_data(as_text=True)
    refused = client.post("/invoices/new", data={"customer_id": f"#{ids[2]}", "site_id": str(ids[1])})
    assert (refused.status_code, "nothing to do with that site" in refused.get_data(as_text=True)) == (422, True)
    made = client.post("/invoices/new", data={"customer_id": f"#{ids[0]}", "site_id": str(ids[1])})
    assert made.status_code == 303
    draft = made.headers["Location"].removesuffix("/edit")
    assert client.get(f"{draft}/items?q=filter").get_json()[0]["tax_rate"] == "6"
