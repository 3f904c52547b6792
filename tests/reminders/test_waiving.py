"""A payment that leaves only claimed costs open asks whether to waive them; one click, and one back."""

from collections.abc import Callable
from decimal import Decimal as D

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from fsm.core.db import session, writing
from fsm.home import checks
from fsm.ledger.models import ItemKind, OpenItem, Standing
from fsm.payments.models import Payment
from fsm.reminders import services
from fsm.reminders.models import ClaimedCost
from fsm.users.models import Role
from tests.factories import TODAY, make_posted_invoice

pytestmark = pytest.mark.database


def item_of(invoice_id: int) -> OpenItem:
    session.rollback()
    query = sa.select(OpenItem).where(OpenItem.kind == ItemKind.INVOICE, OpenItem.source_id == invoice_id)
    return session.scalars(query).one()


def test_only_costs_are_left_and_waived_and_claimed_again(app: Flask, client_for: Callable[..., FlaskClient]) -> None:
    with writing(bulk=True):
        invoice_id = make_posted_invoice().id  # 1210.00
        for amount in (D(5), D(10)):
            services.claim_cost(invoice_id, amount, actor_id=None, today=TODAY)
    client, page, waive = (
        client_for(Role.OFFICE),
        f"/invoices/{invoice_id}",
        f"/reminders/of-invoice/{invoice_id}/costs",
    )
    assert "Only reminder costs" not in client.get(page).get_data(as_text=True)
    assert client.post(f"{waive}/waive").status_code == 409, "the invoice itself is still due"
    paid = {"settles": "typed", "amount": "1210.00", "paid_on": TODAY.isoformat(), "method": "", "bank_account_id": ""}
    answer = client.post(f"/payments/register?invoice_id={invoice_id}", data=paid)
    assert (answer.status_code, answer.location) == (303, page)
    payment = session.scalars(sa.select(Payment.id)).one()
    for asks in (page, f"/payments/{payment}"):
        assert f'action="{waive}/waive"' in client.get(asks).get_data(as_text=True)
    assert client.post(f"{waive}/waive").status_code == 303
    assert (item_of(invoice_id).balance, item_of(invoice_id).standing) == (D(0), Standing.SETTLED)
    assert "Only reminder costs" not in client.get(page).get_data(as_text=True)
    assert client.post(f"{waive}/waive").status_code == 409
    waived = session.scalars(sa.select(ClaimedCost.id).order_by(ClaimedCost.id)).all()
    assert "Claim again" in client.get(waive).get_data(as_text=True)
    assert client.post(f"{waive}/{waived[0]}/claim-again").status_code == 303
    assert client.post(f"{waive}/{waived[0]}/claim-again").status_code == 409, "once"
    assert (item_of(invoice_id).balance, item_of(invoice_id).standing) == (D(5), Standing.OPEN)
    session.rollback()
    assert checks.run() == []
