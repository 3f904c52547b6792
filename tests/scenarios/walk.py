"""A random walk over orders, invoices, payments, credits and undo: every step through the services, as people would.

Each step is either done or refused. After each, every invariant holds; what was refused has changed nothing.
"""

import datetime as dt
import functools
import random
from collections.abc import Callable
from decimal import Decimal as D
from typing import Any

import sqlalchemy as sa

from fsm.catalog.models import LaborRate, StockItem
from fsm.core.db import Base, is_sqlite, session, writing
from fsm.core.errors import DomainError
from fsm.customers.models import Customer, Site
from fsm.documents.values import LineValues
from fsm.home import checks
from fsm.invoices import crediting, drafts, from_orders, reuse, services, withdrawing
from fsm.invoices.models import Invoice, InvoiceKind, InvoiceState
from fsm.ledger.models import OpenItem
from fsm.payments import marking, write_offs
from fsm.payments import services as payments
from fsm.payments.models import Payment, PaymentMethod, WriteOff
from fsm.payments.receivables import PartValues as Paid
from fsm.service_orders import marks, parts, report, time_entries
from fsm.service_orders import services as orders
from fsm.service_orders.models import OrderState, PartUsed, ServiceOrder, TimeEntry
from fsm.users.models import Role
from tests import factories
from tests.conftest import user_of
from tests.factories import actor_of, draft_values

START = dt.date(2026, 2, 2)
RATES = (D(21), D(12), D(6), D(0))


class Walker:
    """One walk: a seeded choice of steps over a small company."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.today = START
        self.done: list[str] = []
        with writing():
            self.office = actor_of(user_of(Role.OFFICE))
            self.technician = actor_of(user_of(Role.TECHNICIAN))
            for place in range(3):
                factories.make_site(factories.make_customer(name=f"Customer {place}", is_business=place < 2))
            factories.make_rate()
            for place in range(2):
                factories.make_item(code=f"P{place}", sale_price=D("12.3450") * (place + 1))

    def walk(self, steps: int) -> None:
        """So many steps, checking after each."""
        before = contents()
        for place in range(steps):
            step = OPENING[place] if place < len(OPENING) else self.chance.choice(STEPS)
            try:
                with writing():
                    step(self)
            except DomainError as refusal:
                self.done.append(f"{step.__name__} refused: {refusal}")
                assert contents() == before, f"what was refused changed something: {self.done[-5:]}"
            else:
                self.done.append(step.__name__)
                found = checks.run()  # a refusal is proven harmless above, by the contents themselves
                assert found == [], f"after {self.done[-5:]}: {found}"
                before = contents()
            session.rollback()

    def pick(self, query: sa.Select[Any]) -> Any:
        """Any row of the query; a step without one is refused."""
        rows = session.scalars(query).all()
        if not rows:
            raise DomainError("there is none")
        return self.chance.choice(rows)

    def moment(self) -> dt.datetime:
        """Now, on the walk's day."""
        return dt.datetime.combine(self.today, dt.time(17, 0), dt.UTC)

    def order(self, *states: OrderState) -> ServiceOrder:
        """An order in one of these states."""
        found: ServiceOrder = self.pick(sa.select(ServiceOrder).where(ServiceOrder.state.in_(states)))
        return found

    def draft(self, kind: InvoiceKind | None = None) -> Invoice:
        """A draft."""
        query = sa.select(Invoice).where(Invoice.state == InvoiceState.DRAFT)
        found: Invoice = self.pick(query if kind is None else query.where(Invoice.kind == kind))
        return found

    def some_of(self, amount: D) -> D:
        """All of it, or a part with cents."""
        return amount if self.chance.random() < 0.6 else (amount * self.chance.randint(1, 99) / 100).quantize(D("0.01"))

    def at_the_bank(self, amount: D | None, currency: str) -> D | None:
        """What the bank shows of it in EUR; nothing to say of EUR."""
        return None if currency == "EUR" or amount is None else (amount * D("0.95")).quantize(D("0.01"))

    def amount(self) -> D:
        """Some amount with cents."""
        return D(self.chance.randint(-500, 20_000)) / 100


def contents() -> dict[str, list[Any]]:
    """Every row of every table, as the driver gives it: this is done after each step.

    PostgreSQL gives them all in one answer, each row as a text with all its columns.
    """
    session.rollback()
    cursor = session.connection().connection.cursor()
    found: dict[str, list[Any]] = {}
    if is_sqlite():
        for name, keys in _tables():
            cursor.execute(f'SELECT * FROM "{name}" ORDER BY {keys}')
            found[name] = cursor.fetchall()
    else:
        cursor.execute(_all_as_text())
        found = {name: [] for name, _keys in _tables()}
        for name, row in cursor.fetchall():
            found[name].append(row)
    cursor.close()
    session.rollback()
    return found


@functools.cache
def _tables() -> list[tuple[str, str]]:
    """By name, with the columns of the key."""
    return [
        (table.name, ", ".join(column.name for column in table.primary_key)) for table in Base.metadata.sorted_tables
    ]


@functools.cache
def _all_as_text() -> str:
    rows = (f"(SELECT '{name}', stored::text FROM \"{name}\" AS stored ORDER BY {keys})" for name, keys in _tables())
    return " UNION ALL ".join(rows)


def next_day(walker: Walker) -> None:
    walker.today += dt.timedelta(days=walker.chance.randint(1, 3))


def new_order(walker: Walker) -> None:
    site = walker.pick(sa.select(Site))
    values = orders.OrderValues(site_id=site.id, description="Boiler makes noise")
    orders.create(values, actor=walker.office, today=walker.today, moment=walker.moment())


def log_time(walker: Walker) -> None:
    order = walker.order(*OrderState)
    hour = walker.chance.randint(7, 14)
    start = dt.datetime.combine(walker.today, dt.time(hour, walker.chance.choice((0, 10, 45))), dt.UTC)
    values = time_entries.TimeValues(
        start_at=start,
        end_at=start + dt.timedelta(minutes=walker.chance.choice((10, 50, 150))),
        labor_rate_id=walker.pick(sa.select(LaborRate)).id,
        technician_id=walker.technician.id,
    )
    time_entries.log_time(order.id, values, actor=walker.office, moment=walker.moment())


def add_part(walker: Walker) -> None:
    order = walker.order(*OrderState)
    values = parts.PartValues(
        quantity=D(walker.chance.randint(-1, 500)) / 100, stock_item_id=walker.pick(sa.select(StockItem)).id
    )
    parts.add_part(order.id, values, actor=walker.office, moment=walker.moment())


def remove_work(walker: Walker) -> None:
    if walker.chance.random() < 0.5:
        entry = walker.pick(sa.select(TimeEntry))
        time_entries.remove_time(entry.service_order_id, entry.id, actor=walker.office)
    else:
        part = walker.pick(sa.select(PartUsed))
        parts.remove_part(part.service_order_id, part.id, actor=walker.office)


def correct_part(walker: Walker) -> None:
    part = walker.pick(sa.select(PartUsed))
    values = parts.PartValues(quantity=D(walker.chance.randint(0, 300)) / 100, stock_item_id=part.stock_item_id)
    parts.correct_part(part.service_order_id, part.id, values, actor=walker.office)


def not_to_bill(walker: Walker) -> None:
    part = walker.pick(sa.select(PartUsed))
    reason = walker.chance.choice(("warranty", ""))
    if reason:
        marks.mark_not_to_bill(part.service_order_id, "part", part.id, reason, actor=walker.office)
    else:
        marks.bill_again(part.service_order_id, "part", part.id, actor=walker.office)


def finish(walker: Walker) -> None:
    order = walker.order(OrderState.IN_PROGRESS)
    report.write_report(order.id, "Repaired", actor=walker.office)
    report.explain_no_signature(order.id, "nobody there", actor=walker.office)
    orders.finish(order.id, actor=walker.office, moment=walker.moment())


def validate(walker: Walker) -> None:
    orders.validate(walker.order(OrderState.DONE).id, actor=walker.office, moment=walker.moment())


def reopen(walker: Walker) -> None:
    orders.reopen(walker.order(OrderState.DONE).id, "something was forgotten", actor=walker.office)


def cancel(walker: Walker) -> None:
    orders.cancel(walker.order(*OrderState).id, "not needed", actor=walker.office)


def invoice_order(walker: Walker) -> None:
    order = walker.order(OrderState.DONE)
    first = from_orders.draft_from_orders([order.id], actor_id=walker.office.id)
    assert from_orders.draft_from_orders([order.id], actor_id=walker.office.id).id == first.id


def blank_invoice(walker: Walker) -> None:
    invoice = drafts.create_blank(walker.pick(sa.select(Customer)).id, actor_id=walker.office.id)
    save_lines(walker, invoice)


def edit_draft(walker: Walker) -> None:
    save_lines(walker, walker.draft())


def save_lines(walker: Walker, invoice: Invoice) -> None:
    kept = [
        LineValues(
            description=line.description,
            quantity=line.quantity,
            amount=line.amount,
            tax_rate=line.tax_rate,
            line_id=line.id,
        )
        for line in drafts.lines_of(invoice.id)
        if walker.chance.random() < 0.8
    ]
    new = [
        LineValues(
            description="Something",
            quantity=D(walker.chance.choice((-1, 1, 1, 2, 3))),
            amount=walker.amount(),
            tax_rate=walker.chance.choice(RATES),
        )
        for _place in range(walker.chance.randint(1, 3))
    ]
    values = draft_values(
        invoice,
        invoice_date=None if walker.chance.random() < 0.8 else walker.today,
        discount_percentage=D(walker.chance.choice((0, 0, 5, 33))),
        cash_discount_percentage=D(walker.chance.choice((0, 0, 2))),
        cash_discount_days_valid=8,
    )
    if not values.cash_discount_percentage:
        is_foreign = walker.chance.random() < 0.2
        values = draft_values(
            invoice,
            discount_percentage=values.discount_percentage,
            currency="USD" if is_foreign else "EUR",
            exchange_rate=D("0.92") if is_foreign else D(1),
        )
    drafts.save(invoice.id, values, [*kept, *new], version=None)


def delete_draft(walker: Walker) -> None:
    drafts.delete_draft(walker.draft().id)


def post(walker: Walker) -> None:
    ids = {walker.draft().id for _place in range(walker.chance.choice((1, 1, 2)))}
    services.post(sorted(ids), actor_id=walker.office.id, today=walker.today)


def posted(walker: Walker) -> Invoice:
    found: Invoice = walker.pick(sa.select(Invoice).where(Invoice.state == InvoiceState.POSTED))
    return found


def mark_sent(walker: Walker) -> None:
    services.mark_sent([posted(walker).id], how="by post", actor_id=walker.office.id)


def withdraw(walker: Walker) -> None:
    withdrawing.withdraw(posted(walker).id, actor_id=walker.office.id, today=walker.today)


def credit(walker: Walker) -> None:
    invoice = posted(walker)
    chosen = None
    if walker.chance.random() < 0.6:
        chosen = {
            entry.line.id: D(walker.chance.randint(0, max(int(entry.left_quantity * 100), 0))) / 100
            for entry in crediting.creditable(invoice.id)
        }
    crediting.draft_credit(invoice.id, chosen, releases_work=walker.chance.random() < 0.5, actor_id=walker.office.id)


def cancel_invoice(walker: Walker) -> None:
    """The red button: all that is left is credited, and posted at once."""
    releases = walker.chance.random() < 0.5
    made = crediting.draft_credit(posted(walker).id, None, releases_work=releases, actor_id=walker.office.id)
    services.post([made.id], actor_id=walker.office.id, today=walker.today)


def copy_invoice(walker: Walker) -> None:
    source = reuse.of_invoice(posted(walker).id)
    reuse.start(source, walker.pick(sa.select(Customer)).id, actor_id=walker.office.id)


def pay(walker: Walker) -> None:
    invoice = posted(walker)
    exact = walker.chance.random() < 0.5 and invoice.currency == "EUR"
    amount = None if exact else abs(walker.amount())
    values = payments.RegisterValues(
        paid_on=walker.today,
        parts=[Paid(invoice_id=invoice.id)],
        amount=amount,
        amount_eur=walker.at_the_bank(amount, invoice.currency),
        method=walker.chance.choice((None, PaymentMethod.CASH, PaymentMethod.BANCONTACT)),
        keep_rest_on_account=walker.chance.random() < 0.5,
        take_cash_discount=walker.chance.random() < 0.5,
        book_difference=walker.chance.random() < 0.3,
    )
    payments.register(values, actor_id=walker.office.id, today=walker.today)


def undo_payment(walker: Walker) -> None:
    payment = walker.pick(sa.select(Payment))
    payments.undo(payment.id, actor_id=walker.office.id, today=walker.today)


def move(walker: Walker) -> None:
    giver = walker.pick(sa.select(OpenItem).where(OpenItem.balance < 0))
    receiver = walker.pick(sa.select(OpenItem).where(OpenItem.balance > 0))
    amount = walker.some_of(min(-giver.balance, receiver.balance))
    payments.move(
        from_item_id=giver.id,
        to_item_id=receiver.id,
        amount=amount,
        on=walker.today,
        actor_id=walker.office.id,
        today=walker.today,
    )


def refund(walker: Walker) -> None:
    item = walker.pick(sa.select(OpenItem).where(OpenItem.balance < 0))
    amount = walker.some_of(-item.balance)
    values = payments.RefundValues(
        open_item_id=item.id,
        amount=amount,
        paid_on=walker.today,
        method=walker.chance.choice((None, PaymentMethod.CASH)),
        amount_eur=walker.at_the_bank(amount, item.currency),
    )
    payments.refund(values, actor_id=walker.office.id, today=walker.today)


def mark_paid(walker: Walker) -> None:
    marking.mark_paid(posted(walker).id, actor_id=walker.office.id, today=walker.today)


def mark_unpaid(walker: Walker) -> None:
    marking.mark_unpaid(posted(walker).id, actor_id=walker.office.id, today=walker.today)


def write_off(walker: Walker) -> None:
    item = walker.pick(sa.select(OpenItem).where(OpenItem.balance > 0))
    values = write_offs.WriteOffValues(
        open_item_id=item.id,
        written_off_on=walker.today,
        reason="bankrupt",
        reclaims_tax=walker.chance.random() < 0.5,
        amount=walker.some_of(item.balance),
    )
    write_offs.write_off(values, actor_id=walker.office.id, today=walker.today)


def undo_write_off(walker: Walker) -> None:
    row = walker.pick(sa.select(WriteOff))
    write_offs.undo(row.id, actor_id=walker.office.id, today=walker.today)


STEPS: tuple[Callable[[Walker], None], ...] = (
    next_day,
    new_order,
    log_time,
    log_time,
    add_part,
    add_part,
    remove_work,
    correct_part,
    not_to_bill,
    finish,
    finish,
    validate,
    validate,
    reopen,
    cancel,
    invoice_order,
    invoice_order,
    blank_invoice,
    edit_draft,
    delete_draft,
    post,
    post,
    post,
    mark_sent,
    withdraw,
    credit,
    cancel_invoice,
    copy_invoice,
    pay,
    pay,
    undo_payment,
    mark_paid,
    mark_unpaid,
    move,
    move,
    refund,
    write_off,
    undo_write_off,
)
# Chance alone may take long to finish a first order; with one bill there is something to walk on.
OPENING = (
    new_order,
    log_time,
    add_part,
    add_part,
    finish,
    validate,
    invoice_order,
    blank_invoice,
    post,
    new_order,
    add_part,
)
