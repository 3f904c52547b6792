"""Lost debts: what comes back of the VAT, what stands in the way, and the way back."""

import datetime as dt
from decimal import Decimal as D

import pytest
import sqlalchemy as sa
from flask import Flask

from fsm.core.db import session, writing
from fsm.core.errors import ConflictError, DomainError
from fsm.home import checks
from fsm.invoices.models import Invoice
from fsm.ledger.models import JournalLine, Standing
from fsm.payments import services, write_offs
from fsm.payments.models import WriteOff
from fsm.payments.receivables import PartValues
from fsm.payments.services import RegisterValues
from fsm.payments.write_offs import WriteOffValues
from tests.factories import TODAY, make_posted_credit, make_posted_invoice
from tests.payments.books import counts, item_of, lines_of

pytestmark = pytest.mark.database
ZERO = D(0)


def posted(*lines: tuple[str, int], **values: object) -> Invoice:
    with writing(bulk=True):
        return make_posted_invoice(lines=list(lines) or [("1000.00", 21)], **values)


def pay(invoice: Invoice, amount: str) -> None:
    values = RegisterValues(paid_on=TODAY, parts=[PartValues(invoice_id=invoice.id)], amount=D(amount))
    with writing():
        services.register(values, actor_id=1, today=TODAY)


def write_off(invoice: Invoice, amount: str | None = None, *, reclaims_tax: bool = True) -> WriteOff:
    values = WriteOffValues(
        item_of(invoice).id, TODAY, "bankrupt", reclaims_tax=reclaims_tax, amount=None if amount is None else D(amount)
    )
    with writing():
        return write_offs.write_off(values, actor_id=1, today=TODAY)


def undo(row: WriteOff) -> None:
    with writing():
        write_offs.undo(row.id, actor_id=1, today=TODAY)


def test_the_vat_stands_in_grid_62_and_the_invoice_is_written_off(database: Flask) -> None:
    invoice = posted()
    row = write_off(invoice)
    grids = session.execute(sa.select(JournalLine.grid, JournalLine.debit).where(JournalLine.entry_id == row.entry_id))
    assert sorted(grids) == [("", ZERO), ("", D("1000.00")), ("62", D("210.00"))]
    item = item_of(invoice)
    assert (item.written_off, item.paid, item.balance, item.standing) == (D(1210), ZERO, ZERO, Standing.WRITTEN_OFF)
    undo(row)
    assert (item_of(invoice).written_off, item_of(invoice).balance) == (ZERO, D("1210.00"))
    assert item_of(invoice).standing is Standing.OPEN
    assert checks.run() == []


def test_half_paid_gives_half_of_the_vat(database: Flask) -> None:
    invoice = posted(("1000.00", 21), ("1000.00", 6))  # 2270.00, of which 270.00 VAT
    pay(invoice, "1135.00")
    assert lines_of(write_off(invoice).entry_id) == [
        ("400000", ZERO, D("1135.00")),
        ("411000", D("135.00"), ZERO),
        ("642000", D("1000.00"), ZERO),
    ]


def test_what_was_credited_gives_no_vat_again(database: Flask) -> None:
    invoice = posted(("1000.00", 21), ("1000.00", 0))
    with writing(bulk=True):
        make_posted_credit(invoice, {invoice.lines[0].id: D(1)})
    before = counts()
    with pytest.raises(DomainError, match="no VAT in this debt") as refusal:
        write_off(invoice)
    assert (refusal.value.field, counts()) == ("reclaims_tax", before)
    assert lines_of(write_off(invoice, reclaims_tax=False).entry_id)[-1] == ("642000", D("1000.00"), ZERO)


def test_no_more_vat_comes_back_than_is_lost(database: Flask) -> None:
    """100.00 + 21 % less 110.00 without VAT: 11.00 due, of which the VAT would be 21.00."""
    invoice = posted(("100.00", 21), ("-110.00", 0), currency="USD", exchange_rate=D("0.92"))
    assert [write_off(invoice, "8.53").tax, write_off(invoice).tax] == [D("8.53"), D("2.47")]
    assert item_of(invoice).balance_eur == 0
    assert checks.run() == []


def test_in_parts_no_cent_of_vat_comes_back_twice(database: Flask) -> None:
    invoice = posted(("0.05", 21))  # 0.06, of which 0.01
    assert [write_off(invoice, "0.03").tax, write_off(invoice, "0.02", reclaims_tax=False).tax] == [D("0.01"), ZERO]
    with pytest.raises(DomainError, match="no VAT"):
        write_off(invoice, "0.01")


def test_dollars_are_given_up_at_the_rate_of_the_invoice(database: Flask) -> None:
    invoice = posted(currency="USD", exchange_rate=D("0.92"))
    assert lines_of(write_off(invoice).entry_id) == [
        ("400000", ZERO, D("1113.20")),
        ("411000", D("193.20"), ZERO),
        ("642000", D("920.00"), ZERO),
    ]
    assert item_of(invoice).balance_eur == 0
    assert checks.run() == []


def test_a_lost_debt_is_neither_paid_nor_credited_before_it_is_undone(database: Flask) -> None:
    invoice = posted()
    row = write_off(invoice)
    with pytest.raises(ConflictError, match="was written off: undo that first"):
        pay(invoice, "100.00")
    with pytest.raises(DomainError, match="was written off: undo that first"), writing(bulk=True):
        make_posted_credit(invoice)
    with pytest.raises(ConflictError, match="Nothing is due"):
        write_off(invoice)
    undo(row)
    with pytest.raises(ConflictError, match="undone already"):
        undo(row)
    pay(invoice, "1210.00")
    assert item_of(invoice).standing is Standing.SETTLED


@pytest.mark.parametrize(
    ("values", "field", "sentence"),
    [
        ({"amount": D("1210.01")}, "amount", "more than the 1,210.00 due"),
        ({"amount": D(0)}, "amount", "above 0"),
        ({"amount": D("1.001")}, "amount", "2 decimals"),
        ({"reason": "  "}, "reason", "why the debt is lost"),
        ({"reason": "x" * 251}, "reason", "250 characters"),
        ({"written_off_on": TODAY + dt.timedelta(days=1)}, "written_off_on", "after today"),
        ({"written_off_on": dt.date(2026, 3, 1)}, "written_off_on", "is dated"),
    ],
)
def test_refused_and_nothing_is_left(database: Flask, values: dict[str, object], field: str, sentence: str) -> None:
    invoice = posted()
    facts = {"open_item_id": item_of(invoice).id, "written_off_on": TODAY, "reason": "bankrupt"} | values
    before = counts()
    with pytest.raises(DomainError, match=sentence) as refusal, writing():
        write_offs.write_off(WriteOffValues(**facts), actor_id=1, today=TODAY)  # type: ignore[arg-type]  # by name
    assert (refusal.value.field, counts()) == (field, before)
