"""The entries of accounting.md 5, from the draft to the journal, on both databases, in that document's own words.

Payments by method, cents, overpayments, moves and refunds are in tests/payments/test_entries.py. Deposits, reminder
costs, card settlements and taken-over items come with the features that book them.
"""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Sequence
from decimal import Decimal as D
from typing import NamedTuple

import pytest
import sqlalchemy as sa
from flask import Flask

from fsm.company.models import BankAccount, Company
from fsm.core.db import session, writing
from fsm.documents.models import CashDiscountMode
from fsm.documents.values import LineValues
from fsm.home import checks
from fsm.invoices import drafts, services, withdrawing
from fsm.invoices.models import Invoice
from fsm.ledger.models import Account, AccountRole, ItemKind, JournalEntry, JournalHead, JournalLine, OpenItem
from fsm.ledger.periods import load_chart
from fsm.payments import marking, write_offs
from fsm.payments import services as payments
from fsm.payments.models import PaymentMethod
from fsm.payments.receivables import PartValues
from fsm.payments.services import RegisterValues
from fsm.payments.write_offs import WriteOffValues
from tests.factories import TODAY, draft_values, make_customer, make_posted_credit

pytestmark = pytest.mark.database
ISSUED, IN_TIME = dt.date(2026, 3, 2), dt.date(2026, 3, 10)
IN_CASH_DISCOUNT = {"cash_discount_percentage": D(2), "cash_discount_days_valid": 8, "days_due": 30}
Line = tuple[str, str, int, str]


class Entry(NamedTuple):
    """A row of the table: debit and credit as written there, entries after one another parted by ";"."""

    event: str
    does: Callable[[], object]
    debit: str
    credit: str


def posted(*lines: Line, vat_number: str = "", **values: object) -> Invoice:
    """An invoice of (account, net of one, VAT rate, special status)."""
    customer = make_customer(vat_number=vat_number)
    invoice = drafts.create_blank(customer.id, actor_id=1)
    of_lines = [
        LineValues(description="Work", amount=D(net), tax_rate=D(rate), special_status=status, account_number=account)
        for account, net, rate, status in lines
    ]
    drafts.save(invoice.id, draft_values(invoice, invoice_date=ISSUED, **values), of_lines, version=None)
    services.post([invoice.id], actor_id=1, today=TODAY)
    session.refresh(invoice)
    return invoice


def paid(invoice: Invoice, amount: str, on: dt.date = TODAY, **values: object) -> Invoice:
    facts = RegisterValues(parts=[PartValues(invoice_id=invoice.id)], amount=D(amount), paid_on=on, **values)
    payments.register(facts, actor_id=1, today=TODAY)
    return invoice


def credited(invoice: Invoice, *quantities: str) -> Invoice:
    """By what is taken of each line, 0 for none; of all without."""
    ids = [line.id for line in drafts.lines_of(invoice.id)]
    chosen = {line_id: D(quantity) for line_id, quantity in zip(ids, quantities, strict=True)} if quantities else None
    return make_posted_credit(invoice, chosen)


def with_discount(
    mode: CashDiscountMode = CashDiscountMode.ON_INVOICE, rate: int = 21, account: str = "705000"
) -> Invoice:
    return posted((account, "1000.00", rate, ""), cash_discount_mode=mode, **IN_CASH_DISCOUNT)


def paid_by(method: PaymentMethod) -> Invoice:
    return paid(posted(("705000", "200.00", 21, "")), "242.00", method=method)


def undone() -> None:
    invoice = paid(posted(("705000", "200.00", 21, "")), "242.00")
    marking.mark_unpaid(invoice.id, actor_id=1, today=TODAY)


def withdrawn() -> None:
    withdrawing.withdraw(posted(("705000", "200.00", 21, "")).id, actor_id=1, today=TODAY)


def written_off(*, reclaims_tax: bool) -> int:
    invoice = posted(("705000", "1000.00", 21, ""))
    item = session.scalars(
        sa.select(OpenItem).where(OpenItem.kind == ItemKind.INVOICE, OpenItem.source_id == invoice.id)
    ).one()
    values = WriteOffValues(item.id, TODAY, "bankrupt", reclaims_tax=reclaims_tax)
    return write_offs.write_off(values, actor_id=1, today=TODAY).id


def packaging() -> Invoice:
    return posted(("700000", "100.00", 21, ""), ("", "5.00", 0, "DR"))


def in_dollars() -> Invoice:
    return posted(("705000", "1000.00", 21, ""), currency="USD", exchange_rate=D("0.92"))


TABLE = (
    Entry("invoice posted, 200 net, 21 %", lambda: posted(("705000", "200.00", 21, "")),
          "400000 242.00", "705000 200.00 · 451000 42.00"),
    Entry("by each line's account", lambda: posted(("705000", "150.00", 21, ""), ("700000", "50.00", 21, "")),
          "400000 242.00", "705000 150.00 · 700000 50.00 · 451000 42.00"),
    Entry("the same with 5 % discount", lambda: posted(("705000", "200.00", 21, ""), discount_percentage=D(5)),
          "400000 229.90", "705000 190.00 · 451000 39.90"),
    Entry("credit note posted, 100 net", lambda: credited(posted(("705000", "200.00", 21, "")), "0.5"),
          "705000 100.00 · 451000 21.00", "400000 121.00"),
    Entry("of it beyond the amount due: on its own open item",
          lambda: credited(paid(posted(("705000", "200.00", 21, "")), "192.00"), "0.5"),
          "705000 100.00 · 451000 21.00", "400000 50.00 · 400000 71.00"),
    Entry("payment: transfer", lambda: paid_by(PaymentMethod.TRANSFER), "550000 242.00", "400000 242.00"),
    Entry("payment: cash", lambda: paid_by(PaymentMethod.CASH), "570000 242.00", "400000 242.00"),
    Entry("payment: bancontact", lambda: paid_by(PaymentMethod.BANCONTACT), "580000 242.00", "400000 242.00"),
    Entry("payment undone: mark as unpaid", undone, "400000 242.00", "550000 242.00"),
    Entry("cash discount taken in time (on_invoice)",
          lambda: paid(with_discount(), "1185.80", IN_TIME, take_cash_discount=True),
          "550000 1185.80 · 657000 20.00", "400000 1205.80"),
    Entry("that invoice credited in full afterwards",
          lambda: credited(paid(with_discount(), "1185.80", IN_TIME, take_cash_discount=True)),
          "705000 1000.00 · 451000 205.80; 400000 20.00", "400000 1205.80; 657000 20.00"),
    Entry("half of it credited while unpaid", lambda: credited(with_discount(), "0.5"),
          "705000 500.00 · 451000 102.90", "400000 602.90"),
    Entry("overpayment", lambda: paid(posted(("705000", "200.00", 21, "")), "250.00", keep_rest_on_account=True),
          "550000 250.00", "400000 242.00 · 400000 8.00"),
    Entry("100.00 at 21 % + 5.00 refundable packaging", packaging,
          "400000 126.00", "700000 100.00 · 451000 21.00 · 488000 5.00"),
    Entry("packaging taken back", lambda: credited(packaging(), "0", "1"), "488000 5.00", "400000 5.00"),
    Entry("reverse charge, 0 %", lambda: posted(("705000", "1000.00", 0, "MC"), vat_number="BE0428759497"),
          "400000 1000.00", "705000 1000.00"),
    Entry("1210 USD at 0.92", in_dollars, "400000 1113.20", "705000 920.00 · 451000 193.20"),
    Entry("paid at 0.95", lambda: paid(in_dollars(), "1210.00", amount_eur=D("1149.50")),
          "550000 1149.50", "400000 1113.20 · 754000 36.30"),
    Entry("write-off of 1210.00, VAT reclaimed (bankruptcy)", lambda: written_off(reclaims_tax=True),
          "642000 1000.00 · 411000 210.00", "400000 1210.00"),
    Entry("write-off of 1210.00, VAT not reclaimed", lambda: written_off(reclaims_tax=False),
          "642000 1210.00", "400000 1210.00"),
    Entry("a write-off undone",
          lambda: write_offs.undo(written_off(reclaims_tax=True), actor_id=1, today=TODAY),
          "400000 1210.00", "642000 1000.00 · 411000 210.00"),
    Entry("withdrawn: the reversal, sides swapped", withdrawn, "705000 200.00 · 451000 42.00", "400000 242.00"),
)  # fmt: skip


def sides(text: str) -> list[Counter[tuple[str, D]]]:
    """Accounts and amounts of each entry, as written in the table."""
    return [
        Counter((account, D(amount)) for account, amount in (part.split() for part in entry.split(" · ")))
        for entry in text.split("; ")
    ]


def booked(entries: int) -> list[tuple[Counter[tuple[str, D]], Counter[tuple[str, D]]]]:
    """Debit and credit of the last entries."""
    query = sa.select(JournalEntry.id).order_by(JournalEntry.id.desc()).limit(entries)
    found = []
    for entry_id in sorted(session.scalars(query)):
        lines: Sequence[JournalLine] = session.scalars(
            sa.select(JournalLine).where(JournalLine.entry_id == entry_id)
        ).all()
        debit = Counter((line.account.number, line.debit) for line in lines if line.debit)
        credit = Counter((line.account.number, line.credit) for line in lines if line.credit)
        found.append((debit, credit))
    return found


def test_each_event_is_booked_as_the_table_says(database: Flask, subtests: pytest.Subtests) -> None:
    for event, does, debit, credit in TABLE:
        with subtests.test(event):
            with writing(bulk=True):
                does()
            expected = list(zip(sides(debit), sides(credit), strict=True))
            assert booked(len(expected)) == expected
            session.rollback()
    assert checks.run() == []
    session.rollback()


def test_cash_discount_taken_in_time_on_payment_in_france(database: Flask) -> None:
    """1000 net, 20 %, 2 %."""
    with writing(bulk=True):
        for model in (AccountRole, Account, JournalHead):
            session.execute(sa.delete(model))
        load_chart("fr_pcg")
        session.execute(sa.update(BankAccount).values(account_number="512000"))
        company = session.get_one(Company, 1)
        company.country_code, company.chart, company.default_tax_rate = "FR", "fr_pcg", D(20)
        company.tax_rate_1, company.tax_rate_2, company.tax_rate_3 = D(20), D(10), D("5.5")
    with writing(bulk=True):
        invoice = with_discount(CashDiscountMode.ON_PAYMENT, 20, "706000")
        assert invoice.cash_discount_total == D("24.00")
        paid(invoice, "1176.00", IN_TIME, take_cash_discount=True)
    expected = (sides("512000 1176.00 · 665000 20.00 · 445710 4.00")[0], sides("411000 1200.00")[0])
    assert booked(1) == [expected]
    assert checks.run() == []
