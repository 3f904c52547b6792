"""Invoices, credit notes and payments, each on its day."""

from collections.abc import Sequence
from dataclasses import fields, replace
from decimal import Decimal

from fsm.catalog import services as catalog
from fsm.core.db import session
from fsm.customers.models import Site
from fsm.demo.bills import CASH, Bill, Credit, Event, Receipt
from fsm.demo.catalog import FOSSIL
from fsm.demo.scene import Scene, tell_of
from fsm.documents.payment_reference import printed
from fsm.documents.values import LineValues
from fsm.invoices import crediting, drafts, from_orders, services
from fsm.invoices.models import Invoice, InvoiceLine
from fsm.invoices.values import DraftValues
from fsm.ledger.models import ItemKind
from fsm.ledger.queries import item_of
from fsm.payments import cash
from fsm.payments import services as payments
from fsm.payments.posting import is_by_bank
from fsm.payments.receivables import PartValues
from fsm.payments.services import RegisterValues
from fsm.service_orders.models import ServiceOrder

CASH_DISCOUNT_DAYS = 10
FULL_RATE, DWELLING_RATE = Decimal(21), Decimal(6)
PARTS_TO_FRANCE = (("FLT-MG", 2), ("TRV-15", 24), ("SAF-30", 6), ("GLY-10", 4))


def load(scene: Scene, events: Sequence[Event]) -> None:
    """Let each event happen on its day."""
    for event in events:
        if event.day is not None:
            tell_of(scene.at(event.day, "11:20"))
        match event:
            case Bill():
                _bill(scene, event)
            case Credit():
                _credit(scene, event)
            case Receipt():
                _receive(scene, event)
        session.expunge_all()  # what is done with need not be looked through at each flush


def _bill(scene: Scene, bill: Bill) -> None:
    ann = scene.people["ann"]
    if bill.orders:
        invoice = from_orders.draft_from_orders([scene.orders[key] for key in bill.orders], actor_id=ann.id)
        lines = [_at_its_rate(line) for line in drafts.lines_of(invoice.id)]
    elif bill.day is not None:
        invoice = drafts.create_blank(scene.customers["delattre"], actor_id=ann.id)
        lines = [_part_to_france(scene, code, quantity) for code, quantity in PARTS_TO_FRANCE]
    else:
        invoice = drafts.create_blank(scene.customers["maes"], actor_id=ann.id, site_id=scene.sites["maes_site"])
        lines = [
            LineValues("Site meeting and adapted heating plan", Decimal(3), Decimal(65), special_status="MC", unit="h")
        ]
    drafts.save(invoice.id, _terms(invoice, bill), lines, version=None)
    scene.invoices[bill.key] = invoice.id
    if bill.day is not None:
        _post(scene, invoice.id, bill.day, bill.sent)


def _terms(invoice: Invoice, bill: Bill) -> DraftValues:
    values = DraftValues(**{field.name: getattr(invoice, field.name) for field in fields(DraftValues)})
    if not bill.orders:
        values = replace(values, reference="Order 2207" if bill.day is not None else "WO-4431 Nevele")
    return replace(
        values,
        discount_percentage=bill.discount,
        cash_discount_percentage=bill.cash_discount,
        cash_discount_days_valid=CASH_DISCOUNT_DAYS if bill.cash_discount else 0,
        note=bill.note,
    )


def _at_its_rate(line: InvoiceLine) -> LineValues:
    """The line as it is proposed; the office knows that the syndic pays for consumers: their dwellings are at 6 % too."""
    site = session.get_one(Site, session.get_one(ServiceOrder, line.service_order_id).site_id)
    is_theirs = site.payer_id is not None and site.is_private_dwelling
    reduced = is_theirs and line.tax_rate == FULL_RATE and line.stockitem_code not in FOSSIL
    return LineValues(
        description=line.description,
        quantity=line.quantity,
        amount=line.amount,
        tax_rate=DWELLING_RATE if reduced else line.tax_rate,
        special_status=line.special_status,
        unit=line.unit,
        account_number=line.account_number,
        stockitem_code=line.stockitem_code,
        stock_item_id=line.stock_item_id,
        section=line.section,
        line_id=line.id,
    )


def _part_to_france(scene: Scene, code: str, quantity: int) -> LineValues:
    item = catalog.item(scene.items[code])
    return LineValues(
        description=item.description,
        quantity=Decimal(quantity),
        amount=item.sale_price,
        special_status="ICL",
        unit=item.unit,
        stockitem_code=item.code,
        stock_item_id=item.id,
    )


def _post(scene: Scene, invoice_id: int, day: int, sent: str) -> None:
    ann = scene.people["ann"]
    services.post([invoice_id], actor_id=ann.id, today=scene.day(day))
    if sent:
        services.mark_sent([invoice_id], how=sent, actor_id=ann.id)


def _credit(scene: Scene, credit: Credit) -> None:
    """All of it gives its work back, to be billed again."""
    quantities = None
    if credit.code:
        lines = drafts.lines_of(scene.invoices[credit.bill])
        quantities = {line.id: credit.quantity for line in lines if line.stockitem_code == credit.code}
    draft = crediting.draft_credit(
        scene.invoices[credit.bill],
        quantities,
        releases_work=quantities is None,
        actor_id=scene.people["ann"].id,
    )
    scene.invoices[credit.key] = draft.id
    if credit.day is not None:
        _post(scene, draft.id, credit.day, "mail")


def _receive(scene: Scene, receipt: Receipt) -> None:
    invoice_id, today = scene.invoices[receipt.bill], scene.day(receipt.day)
    item = item_of(ItemKind.INVOICE, invoice_id)
    if item is None:
        raise AssertionError  # the tables pay what they have posted
    amount = receipt.amount
    if receipt.method is CASH:
        amount = cash.rounded_amount(item.balance)
    elif receipt.over:
        amount = item.balance + receipt.over
    message = session.get_one(Invoice, invoice_id).structured_message
    payments.register(
        RegisterValues(
            paid_on=today,
            parts=[PartValues(invoice_id=invoice_id)],
            amount=amount,
            method=receipt.method,
            description=printed(message) if is_by_bank(receipt.method) else "",
            keep_rest_on_account=bool(receipt.over),
            take_cash_discount=receipt.takes_cash_discount,
            book_difference=receipt.method is CASH and amount != item.balance,
        ),
        actor_id=scene.people["ann"].id,
        today=today,
    )
