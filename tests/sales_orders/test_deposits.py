"""Deposits and final invoices: the rows of accounting.md 5, on both engines."""

from decimal import Decimal as D

import pytest
import sqlalchemy as sa

from fsm.core.db import session, writing
from fsm.core.errors import ConflictError, DomainError
from fsm.home import checks
from fsm.invoices import crediting, from_sales_orders
from fsm.invoices import services as invoices
from fsm.invoices.models import Invoice, InvoiceLine, InvoiceState
from fsm.ledger.models import Account, JournalLine
from fsm.sales_orders.models import SalesOrder, SalesOrderState
from tests import factories
from tests.factories import TODAY

pytestmark = [pytest.mark.database, pytest.mark.usefixtures("app")]


def lines_of(entry_id: int | None) -> list[tuple[str, D, D]]:
    query = (
        sa.select(Account.number, JournalLine.debit, JournalLine.credit)
        .join(Account, Account.id == JournalLine.account_id)
        .where(JournalLine.entry_id == entry_id)
        .order_by(Account.number)
    )
    return [(number, debit, credit) for number, debit, credit in session.execute(query)]


def posted(invoice: Invoice) -> list[tuple[str, D, D]]:
    """Posts a draft; gives (account, debit, credit) of its entry."""
    invoices.post([invoice.id], actor_id=1, today=TODAY)
    session.refresh(invoice)
    return lines_of(invoice.entry_id)


def deposit(order: SalesOrder, percentage: str) -> Invoice:
    return from_sales_orders.new_deposit(order.id, D(percentage), f"Deposit of {percentage} %", actor_id=1)


def test_deposit_of_thirty_percent_and_final_invoice() -> None:
    with writing():
        order = factories.make_sales_order(lines=[("1000.00", 21)])
        assert posted(deposit(order, "30")) == [
            ("400000", D("363.00"), D(0)),
            ("451000", D(0), D("63.00")),
            ("460000", D(0), D("300.00")),
        ]
        final = from_sales_orders.bill(order.id, actor_id=1)
        assert from_sales_orders.bill(order.id, actor_id=1).id == final.id, "pressed twice, the same draft"
        assert posted(final) == [
            ("400000", D("847.00"), D(0)),
            ("451000", D(0), D("147.00")),
            ("460000", D("300.00"), D(0)),
            ("705000", D(0), D("1000.00")),
        ]
        session.refresh(order)
        assert order.state is SalesOrderState.BILLED
        with pytest.raises(ConflictError, match="billed by FA-"):
            from_sales_orders.bill(order.id, actor_id=1)
    assert checks.run() == []


def test_nets_add_up_and_each_document_rounds_its_own_vat() -> None:
    with writing():
        order = factories.make_sales_order(lines=[("100.03", 21)])
        first = deposit(order, "30")
        posted(first)
        assert (first.total_without_tax, first.total_tax) == (D("30.01"), D("6.30"))
        final = from_sales_orders.bill(order.id, actor_id=1)
        assert (final.total_without_tax, final.total_tax) == (D("70.02"), D("14.70"))


def test_packaging_is_left_out_and_the_discount_counts_once() -> None:
    with writing():
        order = factories.make_sales_order(lines=[("100.00", 21), ("5.00", "DR")], discount_percentage=D(10))
        first = deposit(order, "50")
        posted(first)
        assert (first.total_without_tax, first.total_with_tax) == (D("45.00"), D("54.45"))
        final = from_sales_orders.bill(order.id, actor_id=1)
        assert (final.total_without_tax, final.total_tax) == (D("50.00"), D("9.45"))
        assert final.discount_total_without_tax == D("10.00")


def test_what_the_final_invoice_does_not_take_is_credited() -> None:
    """More deposit than is invoiced: the deduction ends at the rate's base, the rest goes back by a credit note."""
    with writing():
        order = factories.make_sales_order(lines=[("1000.00", 21)])
        first = deposit(order, "30")
        posted(first)
        final = from_sales_orders.bill(order.id, actor_id=1)
        work = session.scalars(sa.select(InvoiceLine).where(InvoiceLine.invoice_id == final.id)).first()
        assert work is not None
        factories.change_line(final, work.id, amount=D("250.00"))
        with pytest.raises(DomainError, match="more is deducted than is invoiced"):
            invoices.post([final.id], actor_id=1, today=TODAY)
        from_sales_orders.deduct_again(final.id)
        assert posted(final) == [
            ("400000", D(0), D(0)),
            ("460000", D("250.00"), D(0)),
            ("705000", D(0), D("250.00")),
        ]
        rest = crediting.draft_credit(first.id, None, releases_work=False, actor_id=1)
        assert posted(rest) == [
            ("400000", D(0), D("60.50")),
            ("451000", D("10.50"), D(0)),
            ("460000", D("50.00"), D(0)),
        ]
        with pytest.raises(DomainError, match="is left to credit"):
            crediting.draft_credit(first.id, None, releases_work=False, actor_id=1)
    assert checks.run() == []


def test_cancelled_order_gives_its_deposit_back() -> None:
    with writing():
        order = factories.make_sales_order(lines=[("1000.00", 21)])
        first = deposit(order, "30")
        posted(first)
        (credit,) = from_sales_orders.cancel(order.id, "The house was sold", actor_id=1)
        assert posted(credit) == [
            ("400000", D(0), D("363.00")),
            ("451000", D("63.00"), D(0)),
            ("460000", D("300.00"), D(0)),
        ]
        session.refresh(order)
        assert order.state is SalesOrderState.CANCELLED
        with pytest.raises(ConflictError, match="cancelled"):
            deposit(order, "10")
    assert checks.run() == []


def test_nothing_is_billed_before_the_order_was_sent() -> None:
    with writing():
        order = factories.make_sales_order(lines=[("1000.00", 21)], sent=False)
        with pytest.raises(ConflictError, match="must be sent"):
            from_sales_orders.bill(order.id, actor_id=1)
        with pytest.raises(ConflictError, match="must be sent"):
            deposit(order, "30")


def test_several_deposits_never_come_to_more_than_the_order() -> None:
    with writing():
        order = factories.make_sales_order(lines=[("100.03", 21), ("33.33", 6)])
        for percentage in ("33.33", "33.33"):
            posted(deposit(order, percentage))
        with pytest.raises(DomainError, match="At most") as refusal:
            deposit(order, "40")
        assert refusal.value.field == "percentage"
        posted(deposit(order, "33.34"))
        with pytest.raises(DomainError, match="whole order"):
            deposit(order, "1")
        final = from_sales_orders.bill(order.id, actor_id=1)
        assert final.total_without_tax == 0
        posted(final)
    assert checks.run() == []


def test_a_deduction_is_taken_once_and_given_back_with_its_invoice() -> None:
    with writing():
        order = factories.make_sales_order(lines=[("1000.00", 21)])
        first = deposit(order, "30")
        posted(first)
        final = from_sales_orders.bill(order.id, actor_id=1)
        posted(final)
        with pytest.raises(DomainError, match="credit the invoice that deducts it"):
            crediting.draft_credit(first.id, None, releases_work=False, actor_id=1)
        back = crediting.draft_credit(final.id, None, releases_work=False, actor_id=1)
        assert posted(back) == [
            ("400000", D(0), D("847.00")),
            ("451000", D("147.00"), D(0)),
            ("460000", D(0), D("300.00")),
            ("705000", D("1000.00"), D(0)),
        ]
        session.refresh(order)
        assert order.state is SalesOrderState.SENT, "to be billed again"
        again = from_sales_orders.bill(order.id, actor_id=1)
        assert again.state is InvoiceState.DRAFT
        assert again.total_with_tax == D("847.00")
    assert checks.run() == []
