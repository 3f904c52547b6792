"""A small sound company's books, and a hand that reaches past the guards of the database."""

import datetime as dt
import itertools
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from decimal import Decimal as D

import sqlalchemy as sa

from fsm.core.db import is_sqlite, session, writing
from fsm.invoices import drafts, from_orders, withdrawing
from fsm.invoices import services as invoices
from fsm.invoices.models import Invoice
from fsm.ledger.checks import _hashed_content
from fsm.ledger.models import Journal, JournalEntry, JournalHead
from fsm.ledger.posting import chain_hash, hash_content
from fsm.payments import services as payments
from fsm.payments.receivables import PartValues
from fsm.payments.services import RegisterValues
from fsm.service_orders.models import OrderState
from fsm.users.models import Role
from tests import factories
from tests.conftest import user_of

TODAY = dt.date(2026, 3, 20)
NOON = dt.datetime(2026, 3, 2, 11, tzinfo=dt.UTC)


def keep_books() -> None:
    """Two invoices of orders, one in dollars, a credit note, payments, money on account, a withdrawn invoice, a draft."""
    office = user_of(Role.OFFICE)
    technician = user_of(Role.TECHNICIAN)
    with writing(bulk=True):
        customer = factories.make_customer()
        site = factories.make_site(customer)
        rate, item = factories.make_rate(), factories.make_item()
        for hour in (0, 3):
            order = factories.make_order(site, state=OrderState.DONE, done_at=NOON, validated_at=NOON)
            start = NOON + dt.timedelta(hours=hour)
            factories.make_time(order, technician, rate, start)
            factories.make_part(order, technician, item, D(2))
            draft = from_orders.draft_from_orders([order.id], actor_id=office.id)
            invoices.post([draft.id], actor_id=office.id, today=TODAY)
        factories.make_part(factories.make_order(site, state=OrderState.DONE, done_at=NOON), technician, item)
    with writing(bulk=True):
        billed = factories.make_posted_invoice(customer, on=TODAY, lines=(("1000.00", 21), ("100.00", 6)))
        factories.make_posted_credit(billed, {drafts.lines_of(billed.id)[0].id: D("0.50")})
        dollars = factories.make_posted_invoice(customer, currency="USD", exchange_rate=D("0.92"), on=TODAY)
        pay(dollars, "403.33", amount_eur=D("383.16"))
        pay(billed, "800.00", keep_rest_on_account=True)
    with writing(bulk=True):
        wrong = factories.make_posted_invoice(customer, on=TODAY)
    with writing(bulk=True):
        withdrawing.withdraw(wrong.id, actor_id=office.id, today=TODAY)


def pay(invoice: Invoice, amount: str, **values: object) -> None:
    """A transfer of that amount for one invoice."""
    facts = RegisterValues(
        paid_on=TODAY,
        parts=(PartValues(invoice_id=invoice.id),),
        amount=D(amount),
        currency=invoice.currency,
        **values,  # type: ignore[arg-type]  # reason: a test's shorthand
    )
    payments.register(facts, actor_id=None, today=TODAY)


class _UndoneError(Exception):
    """Ends a forgery."""


@contextmanager
def forged(*statements: str, with_hashes: bool = False) -> Iterator[None]:
    """Books in which these statements went past the guards, until the block ends; each must touch a row."""
    with suppress(_UndoneError), writing(bulk=True):
        connection = session.connection()
        _lift_guards(connection)
        for statement in statements:
            touched = connection.execute(sa.text(statement)).rowcount
            assert touched > 0 or statement.startswith("DROP"), statement
        if with_hashes:
            _rehash(connection)
        session.expire_all()
        yield
        raise _UndoneError
    session.expire_all()


def _lift_guards(connection: sa.Connection) -> None:
    if not is_sqlite():
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        return
    connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
    names = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").scalars().all()
    for name in names:
        connection.exec_driver_sql(f'DROP TRIGGER "{name}"')


def _rehash(connection: sa.Connection) -> None:
    """Write every hash anew: who forges the books well forges the chain too, and other checks must speak."""
    last = dict.fromkeys(Journal, "")
    rows = connection.execute(_hashed_content()).all()
    for entry_id, lines in itertools.groupby(rows, key=lambda row: row.id):
        of_entry = list(lines)
        head = dict(of_entry[0]._mapping)
        content = hash_content(head, (tuple(row)[-6:] for row in of_entry))
        previous, last[head["journal"]] = last[head["journal"]], chain_hash(last[head["journal"]], content)
        connection.execute(
            sa.update(JournalEntry)
            .where(JournalEntry.id == entry_id)
            .values(previous_hash=previous, hash=last[head["journal"]])
        )
    for journal, value in last.items():
        connection.execute(sa.update(JournalHead).where(JournalHead.journal == journal).values(hash=value))
