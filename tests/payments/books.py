"""What tests of payments look at in the books."""

from decimal import Decimal as D

import sqlalchemy as sa

from fsm.core.db import session
from fsm.invoices.models import Invoice, InvoiceKind
from fsm.ledger.models import ItemKind, JournalEntry, JournalLine, OpenItem
from fsm.payments.models import Payment

KINDS = {InvoiceKind.INVOICE: ItemKind.INVOICE, InvoiceKind.CREDIT_NOTE: ItemKind.CREDIT_NOTE}


def item_of(invoice: Invoice) -> OpenItem:
    """The document's own open item, fresh."""
    query = sa.select(OpenItem).where(OpenItem.kind == KINDS[invoice.kind], OpenItem.source_id == invoice.id)
    return session.scalars(query.execution_options(populate_existing=True)).one()


def on_account_of(payment: Payment) -> OpenItem:
    """The open item on which the rest of a payment waits, fresh."""
    query = sa.select(OpenItem).where(OpenItem.kind == ItemKind.ON_ACCOUNT, OpenItem.source_id == payment.id)
    return session.scalars(query.execution_options(populate_existing=True)).one()


def lines_of(entry_id: int | None) -> list[tuple[str, D, D]]:
    """(account, debit, credit) in EUR, sorted."""
    query = sa.select(JournalLine).where(JournalLine.entry_id == entry_id)
    return sorted((line.account.number, line.debit, line.credit) for line in session.scalars(query))


def entry_of(payment: Payment) -> JournalEntry:
    """The entry that a payment made."""
    assert payment.entry_id is not None
    return session.get_one(JournalEntry, payment.entry_id)


def counts() -> tuple[int, int]:
    """How many payments and entries there are."""
    return tuple(  # type: ignore[return-value]  # two tables, two numbers
        session.scalar(sa.select(sa.func.count()).select_from(table)) or 0 for table in (Payment, JournalEntry)
    )
