"""A small set of final rows, and doors to the database that go around the program."""

import contextlib
import datetime as dt
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal as D
from typing import Any, TypeAlias

import psycopg
import pytest
import sqlalchemy as sa

from fsm.company.models import Language
from fsm.core.audit import AuditChange, TimelineNote, now
from fsm.core.db import Base, db, is_sqlite, session, writing
from fsm.customers.models import Customer
from fsm.documents.models import CashDiscountMode, FrozenPdf, PrintedFacts, TaxCalculation
from fsm.files.models import StoredFile
from fsm.invoices.models import Invoice, InvoiceLine, InvoiceState, InvoiceTax
from fsm.invoices.taken_over_models import TakenOver
from fsm.ledger import services as ledger
from fsm.ledger.models import (
    ItemKind,
    ItemMovement,
    Journal,
    JournalEntry,
    JournalLine,
    MovementRole,
    OpenItem,
)
from fsm.ledger.posting import EntryDraft, NewItem, credit, debit
from fsm.payments.models import Payment, PaymentPart, WriteOff
from fsm.reminders.models import ClaimedCost
from fsm.service_orders.models import WorkClaim
from tests import factories
from tests.conftest import MadeOnce

DAY = dt.date(2025, 3, 20)
Dump: TypeAlias = dict[str, list[Any]]
REFUSALS = (sqlite3.IntegrityError, psycopg.errors.IntegrityError)


@dataclass(slots=True)
class Books:
    """Ids of rows: final ones by table name, and drafts that an attack may use."""

    final: dict[str, int] = field(default_factory=dict)
    draft_entry: int = 0
    draft_invoice: int = 0
    draft_line: int = 0
    draft_tax: int = 0
    draft_payment: int = 0
    draft_part: int = 0
    draft_claim: int = 0
    draft_taken_over: int = 0
    draft_write_off: int = 0
    draft_claimed_cost: int = 0
    # The first of two posted invoices, and the entry of the last.
    earlier_invoice: int = 0
    invoice_entry: int = 0
    payment_entry: int = 0
    account_id: int = 0
    open_item: int = 0


class Door:
    """A connection of its own, each statement a transaction; ``?`` stands for a parameter on both engines."""

    def __init__(self, name: str, connection: Any) -> None:
        self.name, self.connection = name, connection

    def run(self, statement: str, *values: Any) -> list[Any]:
        """What the statement gives; the driver's own errors."""
        if isinstance(self.connection, sqlite3.Connection):
            return self.connection.execute(statement, values).fetchall()
        cursor = self.connection.execute(statement.replace("?", "%s"), values)
        return cursor.fetchall() if cursor.description else []


@pytest.fixture
def doors(books: Books) -> Iterator[list[Door]]:
    """SQLite: with the program's pragmas, and as any other tool opens the file. PostgreSQL: plainly."""
    del books  # they may come as a new file
    with contextlib.ExitStack() as stack:
        url = db.engine.url
        if is_sqlite():
            opened = []
            for name in ("the program's pragmas", "default pragmas"):
                connection = stack.enter_context(
                    contextlib.closing(sqlite3.connect(url.database or "", isolation_level=None))
                )
                if name != "default pragmas":
                    connection.execute("PRAGMA foreign_keys=ON")
                    connection.execute("PRAGMA recursive_triggers=ON")
                opened.append(Door(name, connection))
        else:
            plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
            opened = [Door("psycopg", stack.enter_context(psycopg.connect(plain, autocommit=True)))]
        yield opened


@pytest.fixture
def dump(doors: list[Door]) -> Callable[[], Dump]:
    """Every row of every table."""

    def take() -> Dump:
        names = [table.name for table in Base.metadata.sorted_tables]
        return {name: sorted(doors[0].run(f'SELECT * FROM "{name}"'), key=repr) for name in names}

    return take


@pytest.fixture
def refused(doors: list[Door], dump: Callable[[], Dump]) -> Iterator[Callable[..., None]]:
    """``refused(sql, *values)``: refused through every door, in a sentence that ends like this; nothing has changed."""
    before = dump()

    def check(statement: str, *values: Any, sentence: str = "", by_guard: bool = True) -> None:
        for door in doors:
            with pytest.raises(REFUSALS) as caught:
                door.run(statement, *values)
            if by_guard:
                _check_sentence(door, statement, _message(caught.value), sentence)

    yield check
    assert dump() == before


def _message(error: Exception) -> str:
    return (error.diag.message_primary or "") if isinstance(error, psycopg.Error) else str(error)


def _check_sentence(door: Door, statement: str, message: str, expected: str) -> None:
    where = f"{door.name}: {statement}: {message}"
    assert message.endswith("."), where
    assert message[0].isupper(), where
    assert not any(word in message for word in ("constraint", "UNIQUE", "NULL", "_", "failed", "violat")), where
    assert expected in message, where


@pytest.fixture
def books(made_once: MadeOnce) -> Books:
    """Posted data of each kind, and a draft beside it."""
    return made_once("guarded", make_books)


def make_books() -> Books:
    """In one transaction."""
    made = Books()
    with writing(bulk=True):
        customer = factories.make_customer()
        _make_invoices(made, customer)
        _make_entry(made)
        _make_payments(made, customer)
        _make_taken_over(made, customer)
        _make_write_offs(made, customer)
        _make_claimed_costs(made, customer)
        _make_claims(made, customer)
        _make_records(made)
    session.remove()
    return made


def _row(row: Any) -> int:
    session.add(row)
    session.flush()
    return int(row.id)


def invoice_of(customer: Customer) -> Invoice:
    """A draft."""
    return Invoice(
        customer_id=customer.id,
        client_name=customer.name,
        billing_address={},
        delivery_address={},
        site_address={},
        cash_discount_mode=CashDiscountMode.ON_INVOICE,
        language=Language.DUTCH,
        tax_calculation=TaxCalculation.TOTAL,
        tax_rate_1=D(21),
        tax_rate_2=D(12),
        tax_rate_3=D(6),
        created_by_id=1,
        created_at=now(),
    )


def _line(invoice_id: int) -> InvoiceLine:
    return InvoiceLine(
        invoice_id=invoice_id,
        position=1,
        description="Work",
        quantity=D(1),
        amount=D(200),
        amount_with_tax=D(242),
        tax_rate=D(21),
        account_number="705000",
    )


def _tax(invoice_id: int) -> InvoiceTax:
    zero = dict.fromkeys(("discount", "cash_discount", "cash_discount_tax"), D(0))
    return InvoiceTax(
        invoice_id=invoice_id,
        tax_rate=D(21),
        net=D(200),
        total=D(242),
        net_after_discount=D(200),
        base=D(200),
        tax=D(42),
        **zero,
    )


def sale(invoice: Invoice, number: str) -> EntryDraft:
    """The entry that issues it."""
    item = NewItem(ItemKind.INVOICE, invoice.id, number, invoice.customer_id, DAY, DAY, "EUR")
    return EntryDraft(
        journal=Journal.SALES,
        entry_date=DAY,
        narration="Invoice",
        source_kind="invoice",
        source_id=invoice.id,
        source_number=number,
        customer_id=invoice.customer_id,
        issues_document=True,
        lines=(
            debit("400000", D("242.00"), item=item, role=MovementRole.INVOICED),
            credit("705000", D("200.00"), grid="03"),
            credit("451000", D("42.00"), grid="54"),
        ),
    )


def _make_invoices(made: Books, customer: Customer) -> None:
    for counter in (1, 2):
        invoice = invoice_of(customer)
        _row(invoice)
        made.final["invoice_line"] = _row(_line(invoice.id))
        made.final["invoice_tax"] = _row(_tax(invoice.id))
        number = f"FA-25{counter:05d}"
        (entry_id,) = ledger.post([sale(invoice, number)], actor_id=1)
        session.execute(
            sa.update(Invoice)
            .where(Invoice.id == invoice.id)
            .values(
                state=InvoiceState.POSTED,
                number=number,
                number_series="invoice:1",
                number_period="25",
                number_counter=counter,
                invoice_date=DAY,
                entry_id=entry_id,
                total_with_tax=D(242),
            )
        )
        made.earlier_invoice = made.earlier_invoice or invoice.id
        made.final |= {"invoice": invoice.id, "journal_entry": entry_id}
        made.invoice_entry = entry_id
    draft = invoice_of(customer)
    made.draft_invoice = _row(draft)
    made.draft_line, made.draft_tax = _row(_line(draft.id)), _row(_tax(draft.id))
    lines = sa.select(JournalLine).where(JournalLine.entry_id == made.invoice_entry)
    made.final["journal_line"] = session.scalars(lines).all()[0].id
    moves = sa.select(ItemMovement).where(ItemMovement.entry_id == made.invoice_entry)
    made.final["item_movement"] = session.scalars(moves).one().id
    made.open_item = session.scalars(sa.select(OpenItem.id).order_by(OpenItem.id.desc())).all()[0]


def _make_entry(made: Books) -> None:
    """A draft entry with two lines that balance, and no number yet."""
    like = session.get_one(JournalEntry, made.invoice_entry)
    entry = JournalEntry(
        journal=Journal.MISCELLANEOUS,
        fiscal_year_id=like.fiscal_year_id,
        entry_date=DAY,
        narration="Draft",
        source_kind="test",
        source_id=1,
        source_number="1",
        currency="EUR",
    )
    made.draft_entry = _row(entry)
    made.account_id = session.get_one(JournalLine, made.final["journal_line"]).account_id
    for position, (to_debit, to_credit) in enumerate(((D(5), D(0)), (D(0), D(5))), start=1):
        line = JournalLine(
            entry_id=entry.id,
            position=position,
            account_id=made.account_id,
            debit=to_debit,
            credit=to_credit,
            currency_debit=to_debit,
            currency_credit=to_credit,
        )
        _row(line)


def _make_payments(made: Books, customer: Customer) -> None:
    def payment() -> Payment:
        return Payment(
            customer_id=customer.id,
            paid_on=DAY,
            amount=D(42),
            currency="EUR",
            amount_eur=D(42),
            registered_at=now(),
        )

    final, draft = payment(), payment()
    made.final["payment"], made.draft_payment = _row(final), _row(draft)
    made.final["payment_part"] = _row(PaymentPart(payment_id=final.id, open_item_id=made.open_item, amount=D(42)))
    made.draft_part = _row(PaymentPart(payment_id=draft.id, open_item_id=made.open_item, amount=D(42)))
    receipt = EntryDraft(
        journal=Journal.BANK,
        entry_date=DAY,
        narration="Payment",
        source_kind="payment",
        source_id=final.id,
        source_number="1",
        customer_id=customer.id,
        lines=(
            debit("550000", D(42)),
            credit("400000", D(42), item=made.open_item, role=MovementRole.PAID),
        ),
    )
    (made.payment_entry,) = ledger.post([receipt], actor_id=1)
    session.execute(sa.update(Payment).where(Payment.id == final.id).values(entry_id=made.payment_entry))


def _make_taken_over(made: Books, customer: Customer) -> None:
    def document(number: str) -> TakenOver:
        return TakenOver(
            customer_id=customer.id,
            number=number,
            document_date=DAY,
            taken_over_on=DAY,
            total=D(121),
            due=D(121),
            import_id=1,
            created_by_id=1,
            created_at=now(),
        )

    final, draft = document("2024-17"), document("2024-18")
    made.final["taken_over"], made.draft_taken_over = _row(final), _row(draft)
    item = NewItem(ItemKind.TAKEN_OVER, final.id, final.number, customer.id, DAY, DAY, "EUR")
    opening = EntryDraft(
        journal=Journal.SALES,  # a test numbers an entry of the miscellaneous one by hand
        entry_date=DAY,
        narration="Taken over",
        source_kind="taken_over",
        source_id=final.id,
        source_number=final.number,
        customer_id=customer.id,
        lines=(debit("400000", D(121), item=item, role=MovementRole.INVOICED), credit("499000", D(121))),
    )
    (entry_id,) = ledger.post([opening], actor_id=1)
    session.execute(sa.update(TakenOver).where(TakenOver.id == final.id).values(entry_id=entry_id))


def _make_write_offs(made: Books, customer: Customer) -> None:
    # On the item that was taken over: a test reverses what the others rest on.
    item_id = session.scalars(sa.select(OpenItem.id).where(OpenItem.kind == ItemKind.TAKEN_OVER)).one()

    def write_off() -> WriteOff:
        return WriteOff(
            open_item_id=item_id,
            customer_id=customer.id,
            written_off_on=DAY,
            currency="EUR",
            amount=D(20),
            amount_eur=D(20),
            reclaims_tax=False,
            tax=D(0),
            tax_eur=D(0),
            reason="bankrupt",
            registered_at=now(),
        )

    final, draft = write_off(), write_off()
    made.final["write_off"], made.draft_write_off = _row(final), _row(draft)
    loss = EntryDraft(
        journal=Journal.SALES,  # a test numbers an entry of the miscellaneous one by hand
        entry_date=DAY,
        narration="Write-off",
        source_kind="write_off",
        source_id=final.id,
        source_number="1",
        customer_id=customer.id,
        lines=(debit("642000", D(20)), credit("400000", D(20), item=item_id, role=MovementRole.WRITTEN_OFF)),
    )
    (entry_id,) = ledger.post([loss], actor_id=1)
    session.execute(sa.update(WriteOff).where(WriteOff.id == final.id).values(entry_id=entry_id))


def _make_claimed_costs(made: Books, customer: Customer) -> None:
    def cost() -> ClaimedCost:
        return ClaimedCost(
            invoice_id=made.earlier_invoice,
            amount=D(5),
            description="Reminder cost",
            claimed_on=DAY,
            claimed_at=now(),
        )

    final, draft = cost(), cost()
    made.final["claimed_cost"], made.draft_claimed_cost = _row(final), _row(draft)
    item_id = session.scalars(sa.select(OpenItem.id).where(OpenItem.kind == ItemKind.TAKEN_OVER)).one()
    claimed = EntryDraft(
        journal=Journal.SALES,  # a test numbers an entry of the miscellaneous one by hand
        entry_date=DAY,
        narration="Reminder cost",
        source_kind="claimed_cost",
        source_id=final.id,
        source_number="1",
        customer_id=customer.id,
        lines=(debit("400000", D(5), item=item_id, role=MovementRole.CLAIMED), credit("743000", D(5))),
    )
    (entry_id,) = ledger.post([claimed], actor_id=1)
    session.execute(sa.update(ClaimedCost).where(ClaimedCost.id == final.id).values(entry_id=entry_id))


def _make_claims(made: Books, customer: Customer) -> None:
    order = factories.make_order(factories.make_site(customer))
    technician = session.scalars(sa.select(factories.User)).first()
    assert technician is not None
    for is_final in (True, False):
        part = factories.make_part(order, technician, factories.make_item(code=f"P-{is_final}"))
        claim = WorkClaim(
            service_order_id=order.id,
            part_used_id=part.id,
            bill_kind="invoice",
            bill_id=made.final["invoice"],
            bill_line_id=made.final["invoice_line"],
            is_final=is_final,
        )
        if is_final:
            made.final["work_claim"] = _row(claim)
        else:
            made.draft_claim = _row(claim)


def _make_records(made: Books) -> None:
    facts = PrintedFacts(document_kind="invoice", document_id=made.final["invoice"], facts="{}", sha256="0" * 64)
    made.final["printed_facts"] = _row(facts)
    file = StoredFile(sha256="1" * 64, media_type="application/pdf", size=1, created_at=now())
    _row(file)
    made.final["frozen_pdf"] = _row(FrozenPdf(printed_facts_id=facts.id, file_id=file.id, made_at=now()))
    made.final["timeline_note"] = _row(
        TimelineNote(at=now(), subject_kind="invoice", subject_id=made.final["invoice"], sentence="Posted")
    )
    made.final["audit_change"] = session.scalars(sa.select(AuditChange.id).order_by(AuditChange.id)).all()[0]
