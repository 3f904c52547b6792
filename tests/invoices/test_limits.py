"""Each limit of product.md 6 at the limit and one past it, stored and read again on both databases."""

from dataclasses import replace
from decimal import Decimal as D
from typing import Any

import pytest
from flask import Flask

from fsm.core.db import session, writing
from fsm.core.errors import DomainError
from fsm.documents import custom_fields, late_interest
from fsm.documents.models import FieldPlace, TaxCalculation
from fsm.documents.values import LineValues
from fsm.invoices import drafts, follow_up
from fsm.invoices.models import Invoice
from fsm.invoices.values import FollowUpValues
from tests import factories

pytestmark = pytest.mark.database
LINE = LineValues("Work", amount=D(100), tax_rate=D(21))
ADDRESS = {"street": "Kouter 1", "street2": "", "postal_code": "9000", "city": "Gent", "country_code": "BE"}


def address(**parts: str) -> dict[str, str]:
    return ADDRESS | parts


# Changed values, the value at the limit, one past it, the field that then says so.
DOCUMENT: list[tuple[str, Any, Any, str]] = [
    ("client_name", "x" * 100, "x" * 101, "client_name"),
    ("client_name", "x", "  ", "client_name"),
    ("client_attention", "x" * 100, "x" * 101, "client_attention"),
    ("reference", "é" * 250, "é" * 251, "reference"),
    ("reference", "a b", "a\x00b", "reference"),
    ("days_due", 999, 1000, "days_due"),
    ("days_due", 0, -1, "days_due"),
    ("discount_percentage", D(100), D("100.01"), "discount_percentage"),
    ("discount_percentage", D("0.01"), D("0.001"), "discount_percentage"),
    ("discount_percentage", D(0), D("-0.01"), "discount_percentage"),
    ("note", "é" * 2000, "é" * 2001, "note"),
    ("note_html", f"<p>{'x' * 1993}</p>", f"<p>{'x' * 1994}</p>", "note_html"),
    ("structured_message", "278781035591", "278781035592", "structured_message"),
    ("structured_message", "+++278/7810/35591+++", "27878103559", "structured_message"),
    ("custom_values", {"site": "x" * 75}, {"site": "x" * 76}, "custom_site"),
    ("custom_values", {}, {"unknown": "x"}, "custom_values"),
    ("layout_id", None, 77, "layout_id"),
    ("late_interest_rate_id", None, 77, "late_interest_rate_id"),
    ("bank_account_id", None, 77, "bank_account_id"),
    *(
        (kind, address(**{part: "x" * most}), address(**{part: "x" * (most + 1)}), f"{kind}-{part}")
        for kind in ("billing_address", "delivery_address", "site_address")
        for part, most in (("street", 150), ("street2", 150), ("postal_code", 10), ("city", 50))
    ),
    ("billing_address", address(country_code="LU"), address(country_code="be"), "billing_address-country_code"),
    ("site_address", address(country_code="FR"), address(country_code=""), "site_address-country_code"),
]
TOGETHER: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    (
        {"cash_discount_percentage": D(100), "cash_discount_days_valid": 100},
        {"cash_discount_percentage": D("100.01"), "cash_discount_days_valid": 100},
        "cash_discount_percentage",
    ),
    (
        {"cash_discount_percentage": D("0.01"), "cash_discount_days_valid": 1},
        {"cash_discount_percentage": D("0.01"), "cash_discount_days_valid": 0},
        "cash_discount_days_valid",
    ),
    ({"cash_discount_days_valid": 0}, {"cash_discount_days_valid": 8}, "cash_discount_percentage"),
    (
        {"cash_discount_percentage": D(2), "cash_discount_days_valid": 100},
        {"cash_discount_percentage": D(2), "cash_discount_days_valid": 101},
        "cash_discount_days_valid",
    ),
    (
        {"currency": "USD", "exchange_rate": D("0.0000000001")},
        {"currency": "USD", "exchange_rate": D(0)},
        "exchange_rate",
    ),
    (
        {"currency": "USD", "exchange_rate": D("0.9234567891")},
        {"currency": "USD", "exchange_rate": D("0.92345678912")},
        "exchange_rate",
    ),
    ({"currency": "GBP", "exchange_rate": D("1.17")}, {"currency": "gbp", "exchange_rate": D("1.17")}, "currency"),
    ({"currency": "EUR", "exchange_rate": D(1)}, {"currency": "EUR", "exchange_rate": D("1.1")}, "exchange_rate"),
    (
        {"tax_included": True, "tax_calculation": TaxCalculation.ITEM},
        {"tax_included": True, "tax_calculation": TaxCalculation.TOTAL},
        "tax_calculation",
    ),
]
LINES: list[tuple[str, Any, Any, str]] = [
    ("description", "é" * 10_000, "é" * 10_001, "description"),
    ("description", "x", "  ", "description"),
    ("description_html", f"<p>{'x' * 9_993}</p>", f"<p>{'x' * 9_994}</p>", "description_html"),
    ("quantity", D("999999.99"), D("1000000.00"), "quantity"),
    ("quantity", D("-999999.99"), D("0.001"), "quantity"),
    ("amount", D("9999999.9999"), D("10000000.0000"), "amount"),
    ("amount", D("0.0001"), D("0.00001"), "amount"),
    ("unit", "aé34567890", "a1234567890", "unit"),
    ("unit", "h", "1h", "unit"),
    ("unit", "m²", "a b", "unit"),
    ("tax_rate", D(6), D(7), "tax_rate"),
    ("stockitem_code", "x" * 20, "x" * 21, "stockitem_code"),
    ("account_number", "705000", "705001", "account_number"),
    ("section", "x" * 250, "x" * 251, "section"),
    ("custom_values", {"ean": "x" * 75}, {"ean": "x" * 76}, "custom_ean"),
]
STATUSES = [
    ({"tax_rate": D(0), "special_status": "EX"}, {"tax_rate": D(21), "special_status": "EX"}, "special_status"),
    ({"tax_rate": D(0), "special_status": "DR"}, {"tax_rate": D(0), "special_status": "x" * 20}, "special_status"),
    ({"tax_rate": D(0)}, {"tax_rate": D(0), "special_status": "x" * 21}, "special_status"),
]


@pytest.fixture
def draft(app: Flask) -> Invoice:
    with writing():
        custom_fields.add(name="site", description="Site number", place=FieldPlace.DOCUMENT)
        custom_fields.add(name="ean", description="EAN", place=FieldPlace.LINE)
        return factories.make_invoice()


def _saved(invoice_id: int, lines: list[LineValues], **values: Any) -> Invoice:
    """Saved in a transaction of its own and read anew."""
    with writing():
        invoice = session.get_one(Invoice, invoice_id)
        drafts.save(invoice_id, factories.draft_values(invoice, **values), lines, version=None)
    session.expire_all()
    return session.get_one(Invoice, invoice_id)


def _refused(invoice_id: int, lines: list[LineValues], **values: Any) -> str | None:
    with pytest.raises(DomainError) as refusal:
        _saved(invoice_id, lines, **values)
    return refusal.value.field


def test_documents(draft: Invoice, subtests: pytest.Subtests) -> None:
    invoice_id = draft.id
    cases = [({name: at}, {name: past}, field) for name, at, past, field in DOCUMENT]
    for at, past, field in [*cases, *TOGETHER]:
        with subtests.test(field=field, at=str(at)[:60]):
            invoice = _saved(invoice_id, [LINE], **at)
            for name, value in at.items():
                if name == "structured_message":
                    assert invoice.structured_message == "278781035591"
                else:
                    assert getattr(invoice, name) == value
            assert _refused(invoice_id, [LINE], **past) == field
            _saved(invoice_id, [LINE], tax_included=False, currency="EUR", exchange_rate=D(1), **_PLAIN)


_PLAIN: dict[str, Any] = {
    "cash_discount_percentage": D(0),
    "cash_discount_days_valid": 0,
    "discount_percentage": D(0),
    "client_name": "Klant",
    "tax_calculation": TaxCalculation.TOTAL,
}


def test_lines(draft: Invoice, subtests: pytest.Subtests) -> None:
    invoice_id = draft.id
    cases = [({name: at}, {name: past}, field) for name, at, past, field in LINES]
    for at, past, field in [*cases, *STATUSES]:
        with subtests.test(field=field, at=str(at)[:60]):
            invoice = _saved(invoice_id, [replace(LINE, **at)])
            assert all(getattr(invoice.lines[0], name) == value for name, value in at.items())
            assert _refused(invoice_id, [LINE, replace(LINE, **past)]) == f"lines-1-{field}"


def test_a_thousand_lines_and_one_more(draft: Invoice) -> None:
    assert len(_saved(draft.id, [LINE] * 1000).lines) == 1000
    assert _refused(draft.id, [LINE] * 1001) == "lines"


def test_what_stays_changeable_after_posting(app: Flask) -> None:
    with writing():
        invoice_id = factories.make_posted_invoice(on=factories.TODAY).id
        values = FollowUpValues(external_invoice_id="é" * 50, automatic_reminders=True, outstanding_balance=D("100.00"))
        follow_up.change(invoice_id, values)
    session.expire_all()
    row = follow_up.follow_up_of(invoice_id)
    assert (row.external_invoice_id, row.automatic_reminders, row.outstanding_balance) == ("é" * 50, True, D("100.00"))
    for wrong, field in (
        (FollowUpValues(external_invoice_id="x" * 51), "external_invoice_id"),
        (FollowUpValues(outstanding_balance=D("0.001")), "outstanding_balance"),
        (FollowUpValues(outstanding_balance=D("1000000000.00")), "outstanding_balance"),
    ):
        with pytest.raises(DomainError) as refusal, writing():
            follow_up.change(invoice_id, wrong)
        assert refusal.value.field == field


def test_html_counts_and_makes_the_text(draft: Invoice) -> None:
    line = replace(
        LINE, description="other", description_html='<p onclick="x">Pump <b>replaced</b></p><script>x</script>'
    )
    invoice = _saved(draft.id, [line], note="other", note_html="<ul><li>25 € costs</li></ul>")
    assert (invoice.note, invoice.note_html) == ("- 25 € costs", "<ul><li>25 € costs</li></ul>")
    assert invoice.lines[0].description == "Pump replaced"
    assert invoice.lines[0].description_html == "<p>Pump <b>replaced</b></p>"


def test_defaults_come_from_settings_and_customer(app: Flask) -> None:
    with writing():
        business = late_interest.add("Legal, business", [(factories.TODAY, D("10.5"))])
        settings = drafts.Defaults().document
        settings.business_late_interest_rate_id = business.id
        settings.automatic_reminders = True
        settings.note, settings.note_html = "Thanks", "<b>Thanks</b>"
        of_business = factories.make_invoice(factories.make_customer(is_business=True))
        of_consumer = factories.make_invoice(
            factories.make_customer(name="An", is_business=False, automatic_reminders=False)
        )
    assert (of_business.late_interest_rate_id, of_consumer.late_interest_rate_id) == (business.id, None)
    assert (of_business.note, of_business.note_html) == ("Thanks", "<b>Thanks</b>")
    reminds = [follow_up.follow_up_of(row.id).automatic_reminders for row in (of_business, of_consumer)]
    assert reminds == [True, False]
