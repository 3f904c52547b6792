"""The settings page of documents."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from fsm.core.db import session
from fsm.documents import queries
from fsm.documents.models import CashDiscountMode, TaxCalculation
from fsm.users.models import Role

pytestmark = pytest.mark.database
URL = "/settings/documents"
VALUES = {
    "version": "1",
    "days_due": "14",
    "tax_calculation": "item",
    "tax_included": "y",
    "cash_discount_mode": "never",
    "note": "Merci !",
}


def test_settings_are_shown_and_saved(app: Flask, client_for: Callable[..., FlaskClient]) -> None:
    client = client_for(Role.ADMINISTRATOR)
    assert 'value="30"' in client.get(URL).get_data(as_text=True)
    assert client.post(URL, data=VALUES).status_code == 303
    session.rollback()
    row = queries.settings()
    assert (row.days_due, row.tax_calculation, row.tax_included) == (14, TaxCalculation.ITEM, True)
    assert (row.cash_discount_mode, row.makes_structured_message, row.note) == (
        CashDiscountMode.NEVER,
        False,
        "Merci !",
    )


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"days_due": "1000"}, "between 0 and 999"),
        ({"tax_calculation": "total"}, "Prices with VAT are calculated per item."),
        ({"note": "x" * 2001}, "longer than 2000"),
    ],
)
def test_what_cannot_be_is_refused_with_all_that_was_typed(
    app: Flask, client_for: Callable[..., FlaskClient], change: dict[str, str], sentence: str
) -> None:
    answer = client_for(Role.MANAGER).post(URL, data=VALUES | change)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert sentence in text
    assert "Merci !" in text or "note" in change
    session.rollback()
    assert queries.settings().days_due == 30


def test_a_stale_save_shows_what_is_stored(app: Flask, client_for: Callable[..., FlaskClient]) -> None:
    client = client_for(Role.ADMINISTRATOR)
    client.post(URL, data=VALUES)
    answer = client.post(URL, data=VALUES | {"days_due": "60"})
    assert answer.status_code == 409
    assert "Stored now" in answer.get_data(as_text=True)
    session.rollback()
    assert queries.settings().days_due == 14


def test_the_office_does_not_change_settings(app: Flask, client_for: Callable[..., FlaskClient]) -> None:
    assert client_for(Role.OFFICE).get(URL).status_code == 403
