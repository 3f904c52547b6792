"""The settings page of documents."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

import pytest
from flask import Flask
from flask.testing import FlaskClient

from fsm.core.db import session, writing
from fsm.core.errors import DomainError
from fsm.documents import custom_fields, late_interest, queries
from fsm.documents.models import CashDiscountMode, FieldPlace, TaxCalculation
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
    "automatic_reminders": "y",
    "shows_tax": "y",
    "deposit_percentage": "33,33",
    "quote_days_valid": "365",
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
    assert (row.automatic_reminders, row.shows_tax, row.quote_days_valid) == (True, True, 365)
    assert row.deposit_percentage == Decimal("33.33")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"days_due": "1000"}, "between 0 and 999"),
        ({"tax_calculation": "total"}, "Prices with VAT are calculated per item."),
        ({"note": "x" * 2001}, "longer than 2000"),
        ({"note_html": f"<p>{'x' * 1994}</p>"}, "At most 2000 characters."),
        ({"deposit_percentage": "0"}, "Between 0.01 and 100."),
        ({"deposit_percentage": "100.01"}, "Between 0.01 and 100."),
        ({"quote_days_valid": "366"}, "between 1 and 365"),
        ({"business_late_interest_rate_id": "77"}, "Not a valid choice"),
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


def test_own_fields_are_added_renamed_ordered_and_archived(app: Flask, client_for: Callable[..., FlaskClient]) -> None:
    client, url = client_for(Role.ADMINISTRATOR), f"{URL}/fields"
    for name in ("site_number", "ean"):
        sent = {"name": name, "description": f"The {name}", "place": "line"}
        assert client.post(url, data=sent).status_code == 303
    for name, sentence in (("ean", "There is such a field already"), ("Ean 2", "Small letters, digits and _")):
        answer = client.post(url, data={"name": name, "description": "Kept as typed", "place": "line"})
        assert answer.status_code == 422
        assert sentence in answer.get_data(as_text=True)
        assert "Kept as typed" in answer.get_data(as_text=True)
    first, second = custom_fields.of_place(FieldPlace.LINE)
    assert client.post(f"{url}/{second.id}/up").status_code == 303
    sent = {"version": str(first.version), "description": "Number of the site"}
    assert client.post(f"{url}/{first.id}/edit", data=sent | {"version": "0"}).status_code == 409
    client.post(f"{url}/{first.id}/edit", data=sent | {"version": "2"})
    client.post(f"{url}/{second.id}/archive")
    session.rollback()
    assert [(row.name, row.description) for row in custom_fields.of_place(FieldPlace.LINE)] == [
        ("site_number", "Number of the site")
    ]
    assert "Use again" in client.get(url).get_data(as_text=True)
    client.post(f"{url}/{second.id}/unarchive")
    session.rollback()
    assert [row.name for row in custom_fields.of_place(FieldPlace.LINE)] == ["site_number", "ean"]


def test_values_of_own_fields_at_their_limit_and_one_past_it(app: Flask) -> None:
    with writing():
        field = custom_fields.add(name="ean", description="EAN", place=FieldPlace.LINE)
        known = custom_fields.by_name(FieldPlace.LINE)
        assert custom_fields.check_values({"ean": "x" * 75}, known, {}) == {"ean": "x" * 75}
        assert custom_fields.check_values({"ean": "  "}, known, {}) == {}
        for values in ({"ean": "x" * 76}, {"no_such": "x"}, {"ean": "a\nb"}):
            with pytest.raises(DomainError):
                custom_fields.check_values(values, known, {})
        custom_fields.archive(field.id)
        assert custom_fields.check_values({"ean": "old"}, known, {"ean": "old"}) == {"ean": "old"}
        with pytest.raises(DomainError, match="archived"):
            custom_fields.check_values({"ean": "new"}, known, {"ean": "old"})


def test_an_interest_rate_has_a_percentage_for_each_day(app: Flask, client_for: Callable[..., FlaskClient]) -> None:
    client, url = client_for(Role.ADMINISTRATOR), f"{URL}/interest"
    rows = {
        "name": "Legal, business",
        "percentages-0-valid_from": "2025-07-01",
        "percentages-0-percentage": "10,5",
        "percentages-1-valid_from": "2025-01-01",
        "percentages-1-percentage": "11.5",
        "percentages-2-valid_from": "",
        "percentages-2-percentage": "",
    }
    answer = client.post(f"{url}/new", data=rows | {"percentages-2-percentage": "9"})
    assert answer.status_code == 422
    assert "A row needs its day and its percentage." in answer.get_data(as_text=True)
    answer = client.post(f"{url}/new", data=rows | {"percentages-1-valid_from": "2025-07-01"})
    assert "Two rows start on the same day." in answer.get_data(as_text=True)
    assert client.post(f"{url}/new", data=rows).status_code == 303
    (rate,) = late_interest.rates()
    days = [dt.date(2024, 12, 31), dt.date(2025, 6, 30), dt.date(2025, 7, 1)]
    assert [late_interest.percentage_on(rate, day) for day in days] == [0, Decimal("11.5"), Decimal("10.5")]
    client.post(URL, data=VALUES | {"business_late_interest_rate_id": str(rate.id)})
    session.rollback()
    assert queries.settings().business_late_interest_rate_id == rate.id
    assert client.post(f"{url}/{rate.id}/archive").status_code == 409
    sent = {
        "version": "1",
        "name": "By contract",
        "percentages-0-valid_from": "2025-01-01",
        "percentages-0-percentage": "8",
    }
    assert client.post(f"{url}/{rate.id}/edit", data=sent).status_code == 303
    assert client.post(f"{url}/{rate.id}/edit", data=sent).status_code == 409
    session.rollback()
    (rate,) = late_interest.rates()
    assert [(row.valid_from, row.percentage) for row in rate.percentages] == [(dt.date(2025, 1, 1), Decimal(8))]
