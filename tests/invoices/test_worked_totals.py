"""The table of accounting.md 2 through the services: drafted, saved, posted, and read back from the database."""

from dataclasses import dataclass, field
from decimal import Decimal as D
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from fsm.core.db import session, writing
from fsm.core.db import total as sum_of
from fsm.documents.models import CashDiscountMode, TaxCalculation
from fsm.documents.values import LineValues
from fsm.home import checks
from fsm.invoices import drafts, services
from fsm.invoices.models import Invoice, InvoiceTax
from fsm.ledger.models import ItemKind, JournalLine, OpenItem
from tests import factories

pytestmark = pytest.mark.database


@dataclass(frozen=True)
class Worked:
    """Lines (quantity, price, rate or status), terms, and the document's net, VAT and total."""

    name: str
    lines: list[tuple[str, str, str]]
    wanted: tuple[str, str, str]
    terms: dict[str, Any] = field(default_factory=dict)


FIVE, TWO_CASH = {"discount_percentage": D(5)}, {"cash_discount_percentage": D(2), "cash_discount_days_valid": 8}
WITH_TAX = {"tax_included": True, "tax_calculation": TaxCalculation.ITEM}
BY_ITEM = {"tax_calculation": TaxCalculation.ITEM}
RATE_20, RATE_22 = {"tax_rate_1": D(20)}, {"tax_rate_1": D(22), "discount_percentage": D(4)}
FIFTY = [("1", "241.67", "20")] * 50
NEVER = {"cash_discount_mode": CashDiscountMode.NEVER}
ON_INVOICE = {"cash_discount_mode": CashDiscountMode.ON_INVOICE}
ROWS = [
    Worked("discount of 5 %", [("2", "100.00", "21")], ("190.00", "39.90", "229.90"), FIVE),
    Worked("price with VAT", [("8", "12.95", "21")], ("85.62", "17.98", "103.60"), WITH_TAX),
    Worked(
        "cash discount on the invoice",
        [("1", "1000.00", "21")],
        ("1000.00", "205.80", "1205.80"),
        TWO_CASH | ON_INVOICE,
    ),
    Worked("the API's sample, never", [("2", "100.00", "21")], ("190.00", "39.90", "229.90"), FIVE | TWO_CASH | NEVER),
    Worked(
        "the API's sample, on the invoice",
        [("2", "100.00", "21")],
        ("190.00", "39.10", "229.10"),
        FIVE | TWO_CASH | ON_INVOICE,
    ),
    Worked("two rates", [("1", "100.10", "21"), ("1", "50.10", "6")], ("142.69", "22.83", "165.52"), FIVE),
    Worked(
        "discount on prices with VAT",
        [("1", "500.00", "21"), ("1", "99.99", "6")],
        ("492.33", "89.66", "581.99"),
        WITH_TAX | {"discount_percentage": D(3)},
    ),
    Worked("rounded base", [("16", "348.35", "22")], ("5350.66", "1177.15", "6527.81"), RATE_22),
    Worked("fifty lines by total", FIFTY, ("12083.50", "2416.70", "14500.20"), RATE_20),
    Worked("fifty lines by item", FIFTY, ("12083.50", "2416.50", "14500.00"), RATE_20 | BY_ITEM),
    Worked("packaging", [("1", "100.00", "21"), ("1", "5.00", "DR")], ("105.00", "21.00", "126.00")),
]


def line_of(quantity: str, price: str, rate: str, *, with_tax: bool) -> LineValues:
    return LineValues(
        description="Work",
        quantity=D(quantity),
        amount=None if with_tax else D(price),
        amount_with_tax=D(price) if with_tax else None,
        tax_rate=D(rate) if rate.isdigit() else D(0),
        special_status="" if rate.isdigit() else rate,
        account_number="705000",
    )


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_what_is_posted_is_what_was_worked_out(database: Flask, row: Worked) -> None:
    lines = [line_of(*one, with_tax=bool(row.terms.get("tax_included"))) for one in row.lines]
    with writing():
        invoice = drafts.create_blank(factories.make_customer(is_business=False).id, actor_id=factories.office_id())
        terms = dict(row.terms)
        invoice.tax_rate_1 = terms.pop("tax_rate_1", invoice.tax_rate_1)  # as a company of another country has
        session.flush()
        drafts.save(invoice.id, factories.draft_values(invoice, **terms), lines, version=None)
        services.post([invoice.id], actor_id=factories.office_id(), today=factories.TODAY)
        invoice_id = invoice.id
    session.expire_all()
    posted = session.get_one(Invoice, invoice_id)
    net, tax, total = map(D, row.wanted)
    assert (posted.total_without_tax, posted.total_tax, posted.total_with_tax) == (net, tax, total)
    assert session.scalar(sa.select(sum_of(InvoiceTax.tax)).where(InvoiceTax.invoice_id == invoice_id)) == tax
    item = session.scalars(sa.select(OpenItem).where(OpenItem.source_id == invoice_id)).one()
    assert (item.kind, item.balance) == (ItemKind.INVOICE, total)
    debits = session.scalars(sa.select(JournalLine.debit).where(JournalLine.open_item_id == item.id)).all()
    assert sum(debits) == total
    assert checks.run() == []
